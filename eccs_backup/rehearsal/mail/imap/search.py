"""SEARCH: the few keys that a backup may want, strictly read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from eccs_backup.rehearsal.mail.imap.folders import View
from eccs_backup.rehearsal.mail.imap.grammar import Atom, BadCommand, Node, ranges
from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message

Test = Callable[[int, Message], bool]
"""Whether the message at a position of the view is wanted."""
_MONTHS = {
    name: place + 1
    for place, name in enumerate(["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"])
}
_DATE = re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})")
_MOST_JOINED = 50
_RETURNS = ("MIN", "MAX", "COUNT", "ALL")


class Question:
    """A search's criteria over one view."""

    def __init__(self, mailbox: Mailbox, view: View, arguments: list[Node]) -> None:
        self.mailbox, self.view = mailbox, view
        self.returns: list[str] | None = None
        self._depth = 0
        words = self._options(list(arguments))
        self._words = iter(words)
        self.tests = list(self._tests())
        if not self.tests:
            raise BadCommand("Could not parse command")

    def positions(self) -> list[int]:
        """Where in the view the messages are that pass every test, ascending."""
        found = []
        for place, id in enumerate(self.view.ids):
            message = self.mailbox.messages.get(id)
            if message is not None and all(test(place, message) for test in self.tests):
                found.append(place)
        return found

    def answer(self, found: list[int], tag: str, *, uid: bool) -> str:
        """The line that holds the numbers found; as ESEARCH when RETURN was said. RFC 4731"""
        if self.returns is None:
            return " ".join(["* SEARCH", *map(str, found)])
        words = [f'* ESEARCH (TAG "{tag}")', *(["UID"] if uid else [])]
        if found:
            values = {"MIN": str(found[0]), "MAX": str(found[-1]), "ALL": ",".join(map(str, found))}
            words += [f"{name} {values[name]}" for name in ("MIN", "MAX", "ALL") if name in self.returns]
        return " ".join(words + ([f"COUNT {len(found)}"] if "COUNT" in self.returns else []))

    def _options(self, words: list[Node]) -> list[Node]:
        if words and isinstance(words[0], Atom) and words[0].upper() == "RETURN":
            if len(words) < 2 or not isinstance(words[1], list):
                raise BadCommand("Could not parse command")
            self.returns = [str(word).upper() for word in words[1]] or ["ALL"]
            if not set(self.returns) <= set(_RETURNS):
                raise BadCommand("Unknown argument")
            words = words[2:]
        if len(words) > 1 and isinstance(words[0], Atom) and words[0].upper() == "CHARSET":
            if str(words[1]).upper() not in ("UTF-8", "US-ASCII"):
                raise BadCommand("Unknown charset")
            words = words[2:]
        return words

    def _tests(self) -> Iterator[Test]:
        for word in self._words:
            yield self._test(word)

    def _next(self) -> Node:
        for word in self._words:
            return word
        raise BadCommand("Could not parse command")

    def _test(self, word: Node) -> Test:
        if not isinstance(word, Atom):
            raise BadCommand("Could not parse command")
        key = word.upper()
        if key == "ALL":
            return lambda place, message: True
        self._depth += key in ("NOT", "OR")
        if self._depth > _MOST_JOINED:
            raise BadCommand("Too many terms")
        if key == "NOT":
            inner = self._test(self._next())
            return lambda place, message: not inner(place, message)
        if key == "OR":
            one, other = self._test(self._next()), self._test(self._next())
            return lambda place, message: one(place, message) or other(place, message)
        if key[0].isdigit() or key[0] == "*":
            wanted = set(self.view.by_number(ranges(word, len(self.view.uids))))
            return lambda place, message: place in wanted
        return self._flag(key) or self._with_argument(key, self._next())

    def _flag(self, key: str) -> Test | None:
        label = {"UNSEEN": "UNREAD", "FLAGGED": "STARRED", "DRAFT": "DRAFT"}.get(key)
        if label is not None:
            return lambda place, message: label in message.labels
        without = {"SEEN": "UNREAD", "UNFLAGGED": "STARRED", "UNDRAFT": "DRAFT"}.get(key)
        if without is not None:
            return lambda place, message: without not in message.labels
        return None

    def _with_argument(self, key: str, value: Node) -> Test:
        if key == "UID":
            wanted = set(self.view.by_uid(ranges(value, self.view.uids[-1] if self.view.uids else 0)))
            return lambda place, message: place in wanted
        if not isinstance(value, str):
            raise BadCommand("Could not parse command")
        if key in ("SINCE", "BEFORE", "ON"):
            return _by_day(key, value)
        if key in ("X-GM-MSGID", "X-GM-THRID", "LARGER", "SMALLER"):
            return _by_number(key, value)
        if key == "X-GM-RAW":
            return self._raw(value)
        raise BadCommand(f"Unknown argument {key}")

    def _raw(self, text: str) -> Test:
        """Gmail's own search words: nothing, in:anywhere, label:NAME and rfc822msgid:ID are known here."""
        if text.strip() in ("", "in:anywhere"):
            return lambda place, message: True
        key, _, value = text.strip().partition(":")
        if key == "label":
            ids = {label.id for label in list(self.mailbox.labels.values()) if label.name.lower() == value.lower()}
            return lambda place, message: bool(ids & message.labels)
        if key == "rfc822msgid":
            mark = re.compile(
                rb"^message-id:\s*<?" + re.escape(value.strip("<>").encode("utf-8", "surrogateescape")) + rb">?\s*$",
                re.I | re.M,
            )
            return lambda place, message: mark.search(bytes(message.body)) is not None
        raise BadCommand("Could not parse command")


def _by_day(key: str, text: str) -> Test:
    match = _DATE.fullmatch(text)
    if match is None or match[2].upper() not in _MONTHS:
        raise BadCommand("Could not parse command")
    try:
        day = date(int(match[3]), _MONTHS[match[2].upper()], int(match[1]))
    except ValueError as error:
        raise BadCommand("Could not parse command") from error
    if key == "SINCE":
        return lambda place, message: _day(message) >= day
    if key == "BEFORE":
        return lambda place, message: _day(message) < day
    return lambda place, message: _day(message) == day


def _by_number(key: str, text: str) -> Test:
    if not text.isdecimal():
        raise BadCommand("Could not parse command")
    number = int(text)
    if key == "X-GM-MSGID":
        return lambda place, message: message.id == number
    if key == "X-GM-THRID":
        return lambda place, message: message.thread == number
    if key == "LARGER":
        return lambda place, message: len(message.body) > number
    return lambda place, message: len(message.body) < number


def _day(message: Message) -> date:
    return date(1970, 1, 1) + timedelta(days=message.date // 86_400_000)
