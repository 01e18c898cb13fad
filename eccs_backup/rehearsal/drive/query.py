"""The search language of `files.list`, as far as a backup needs it.

https://developers.google.com/workspace/drive/api/guides/ref-search-terms
"""

from __future__ import annotations

import re
from collections.abc import Callable

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.drive.view import View
from eccs_backup.rehearsal.things import File

Test = Callable[[View, File], bool]
_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:\\.|[^'\\])*')|(?P<word>[A-Za-z]+)|(?P<sign><=|>=|!=|=|<|>|\(|\)))")
_FLAGS = ("trashed", "starred", "sharedWithMe")
_TEXTS = {"name": "name", "mimeType": "mimeType"}
_TIMES = ("modifiedTime", "createdTime", "viewedByMeTime", "sharedWithMeTime")


def parse(text: str) -> Test:
    """Whether a file fits the query. Raises `Refused` (400 invalid) for what is not a query."""
    return _Parser(text).whole()


def folder_of(text: str) -> str | None:
    """The folder, when the query asks for nothing but the children of one folder (and perhaps `trashed`)."""
    found = re.search(r"'([^'\\]+)' in parents", text)
    return found[1] if found and " or " not in text and "not " not in text else None


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = self._split(text)
        self.at = 0

    @staticmethod
    def _split(text: str) -> list[tuple[str, str]]:
        tokens: list[tuple[str, str]] = []
        place = 0
        text = text.rstrip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None or found.lastgroup is None:
                raise _wrong()
            tokens.append((found.lastgroup, found[found.lastgroup]))
            place = found.end()
        return tokens

    def whole(self) -> Test:
        test = self._either()
        if self.at != len(self.tokens):
            raise _wrong()
        return test

    def _peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def _next(self, kind: str) -> str:
        if self.at >= len(self.tokens) or self.tokens[self.at][0] != kind:
            raise _wrong()
        self.at += 1
        return self.tokens[self.at - 1][1]

    def _either(self) -> Test:
        tests = [self._both()]
        while self._peek() == "or":
            self.at += 1
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda view, file: any(test(view, file) for test in tests)

    def _both(self) -> Test:
        tests = [self._single()]
        while self._peek() == "and":
            self.at += 1
            tests.append(self._single())
        return tests[0] if len(tests) == 1 else lambda view, file: all(test(view, file) for test in tests)

    def _single(self) -> Test:
        if self._peek() == "not":
            self.at += 1
            inner = self._single()
            return lambda view, file: not inner(view, file)
        if self._peek() == "(":
            self.at += 1
            inner = self._either()
            if self._next("sign") != ")":
                raise _wrong()
            return inner
        return self._term()

    def _term(self) -> Test:
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "text":
            value = _plain(self._next("text"))
            if self._next("word") != "in":
                raise _wrong()
            return _member(value, self._next("word"))
        return self._comparison(self._next("word"))

    def _comparison(self, name: str) -> Test:
        if name == "sharedWithMe" and self._peek() not in ("=", "!="):
            return _flag(name, True)
        sign = self._next("word") if self._peek() == "contains" else self._next("sign")
        if name in _FLAGS and sign in ("=", "!="):
            return _flag(name, (self._next("word") == "true") == (sign == "="))
        value = _plain(self._next("text"))
        if name in _TEXTS and sign in ("=", "!=", "contains"):
            return _text(_TEXTS[name], sign, value)
        if name in _TIMES and sign in ("<", "<=", "=", "!=", ">", ">="):
            return _time(name, sign, value)
        raise _wrong()


def _member(value: str, field: str) -> Test:
    if field == "parents":
        return lambda view, file: (
            (view.field(file, "parents") or [])
            == [view.world.accounts[view.address].root if value == "root" else value]
        )
    if field == "owners":
        return lambda view, file: file.owner == (view.address if value == "me" else value)
    raise _wrong()


def _folder_id(view: View, value: str) -> str:
    return view.world.accounts[view.address].root if value == "root" else value


def _flag(name: str, wanted: bool) -> Test:
    if name == "sharedWithMe":
        return lambda view, file: (view.field(file, "sharedWithMeTime") is not None) == wanted
    return lambda view, file: bool(view.field(file, name)) == wanted


def _text(name: str, sign: str, value: str) -> Test:
    if sign == "contains":
        return lambda view, file: value.casefold() in str(view.field(file, name)).casefold()
    return lambda view, file: (view.field(file, name) == value) == (sign == "=")


def _time(name: str, sign: str, value: str) -> Test:
    def test(view: View, file: File) -> bool:
        held = view.field(file, name)
        if held is None:
            return False
        length = min(len(str(held)), len(value), 19)
        one, other = str(held)[:length], value[:length]
        return {
            "<": one < other,
            "<=": one <= other,
            "=": one == other,
            "!=": one != other,
            ">": one > other,
        }.get(sign, one >= other)

    return test


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _wrong() -> refusals.Refused:
    return refusals.parameter("q", "Invalid Value", "invalid")
