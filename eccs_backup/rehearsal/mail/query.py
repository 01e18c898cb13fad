"""Reads Gmail's search language into a tree: words, phrases, operators, and how they are joined.

https://support.google.com/mail/answer/7190
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from eccs_backup.rehearsal import refusals

OPERATORS = frozenset(
    {"from", "to", "cc", "bcc", "deliveredto", "subject", "list", "has", "in", "is", "label", "category", "size"}
    | {"larger", "smaller", "older", "newer", "before", "after", "older_than", "newer_than", "rfc822msgid"}
)
_OPERATOR = re.compile(r"([A-Za-z]\w*):")
_JOIN = re.compile(r"(OR|AND)(?=[\s(){}]|$)")
_VALUE = re.compile(r'"([^"]*)"?|[^\s(){}"]+')
_LONG_VALUE = re.compile(r'"([^"]*)"(?!\S)|\S+')
_CLOSING = {"(": ")", "{": "}"}
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Term:
    """One word or phrase, of an operator's or, with an empty name, from anywhere."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    """What the part does not match."""

    part: Node


@dataclass(frozen=True, slots=True)
class All:
    """What every part matches; without parts, everything."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """What at least one part matches."""

    parts: tuple[Node, ...]


Node = Term | Not | All | Either


@lru_cache(maxsize=256)
def parse(text: str) -> Node:
    """Read a search. Raises `Refused` (501) for what the rehearsal does not know and for brackets that do not close.

    OR joins the terms on its two sides more tightly than the "and" between terms does: `a b OR c` is `a (b OR c)`.
    """
    return _Reader(text).whole()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0

    def whole(self) -> Node:
        return _joined(self._list("", ""))

    def _list(self, name: str, end: str) -> list[Node]:
        """The terms up to the closing bracket `end`, or to the end of the text; words in it belong to `name`."""
        found: list[Node] = []
        alternative = False
        while self._more(end):
            if join := _JOIN.match(self.text, self.at):
                alternative = join[1] == "OR" and bool(found)
                self.at = join.end()
                continue
            node = self._item(name)
            if alternative:
                found[-1] = _either(found[-1], node)
            else:
                found.append(node)
            alternative = False
        return found

    def _more(self, end: str) -> bool:
        """Whether another term follows; a closing bracket is read over."""
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1
        next = self.text[self.at : self.at + 1]
        if next == end:
            self.at += 1
            return False
        if not next or next in ")}":
            raise unknown(self.text)
        return True

    def _item(self, name: str) -> Node:
        if self.text[self.at] == "-":
            self.at += 1
            if self._at_space():
                raise unknown("-")
            return Not(self._item(name))
        if operator := _OPERATOR.match(self.text, self.at):
            inner = operator[1].lower()
            if name or inner not in OPERATORS:
                raise unknown(operator[0])
            self.at = operator.end()
            if self._at_space():
                raise unknown(operator[0])
            return self._value(inner)
        return self._value(name)

    def _value(self, name: str) -> Node:
        opening = self.text[self.at]
        if opening in _CLOSING:
            return self._group(name, opening)
        whole = name == "rfc822msgid" and not self.depth  # such an id may hold brackets and quotation marks
        found = (_LONG_VALUE if whole else _VALUE).match(self.text, self.at)
        if found is None:
            raise unknown(self.text)
        self.at = found.end()
        return Term(name, found[0] if found[1] is None else found[1])

    def _group(self, name: str, opening: str) -> Node:
        self.at += 1
        self.depth += 1
        if self.depth > _DEEPEST:
            raise unknown(self.text)
        parts = self._list(name, _CLOSING[opening])
        self.depth -= 1
        return _either(*parts) if opening == "{" and parts else _joined(parts)

    def _at_space(self) -> bool:
        return not self.text[self.at : self.at + 1].strip()


def _joined(parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _either(*parts: Node) -> Node:
    flat: list[Node] = []
    for part in parts:
        flat += part.parts if isinstance(part, Either) else (part,)
    return flat[0] if len(flat) == 1 else Either(tuple(flat))


def unknown(what: str) -> refusals.Refused:
    """The refusal (501) of a search that the rehearsal cannot do."""
    return refusals.refuse(501, "notImplemented", f"The rehearsal cannot search for {what[:80]!r}.")
