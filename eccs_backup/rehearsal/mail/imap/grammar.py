"""Reads IMAP commands: tags, atoms, quoted strings, literals, lists and sequence sets (RFC 3501, 9)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

_TAG = re.compile(rb"[A-Za-z0-9!#$&',\-./:;<=>?@^_`|~\[]+")
_PLAIN = re.compile(rb"[^\x00-\x20\x7f-\xff()\"{\[]+")
_QUOTED = re.compile(rb'"((?:[^"\\\r\n\x00\x80-\xff]|\\["\\])*)"')
_LITERAL = re.compile(rb"\{(\d{1,10})\+?\}\r\n")
_BRACKET = re.compile(rb"\[[^\]\r\n\"\x00\x80-\xff]*\]")
_DEEPEST = 20
"""Lists within lists."""
_RANGE = re.compile(r"(\d{1,10}|\*)(?::(\d{1,10}|\*))?")


class BadCommand(Exception):
    """The command is not what the grammar allows; the words are for the tagged BAD."""


class Atom(str):
    """A word that was sent without quotes."""

    __slots__ = ()


Node: TypeAlias = "Atom | str | list[Node]"


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `name` is in capitals; "UID FETCH" is one name."""

    tag: str
    name: str
    arguments: list[Node]
    raw: bytes


def tag_of(raw: bytes) -> str:
    """The tag with which a refusal of the command is answered, or "*"."""
    found = _TAG.match(raw)
    return found[0].decode("ascii") if found else "*"


def parse(raw: bytes) -> Command:
    """Read one whole command without its last CRLF; literals are in place. Raises BadCommand."""
    found = _TAG.match(raw)
    if found is None or raw[found.end() : found.end() + 1] != b" ":
        raise BadCommand("Could not parse command")
    nodes = _Scanner(raw, found.end() + 1).everything()
    name, nodes = _word(nodes), nodes[1:]
    if name == "UID":
        name, nodes = f"UID {_word(nodes)}", nodes[1:]
    return Command(found[0].decode("ascii"), name, nodes, raw)


def _word(nodes: Sequence[Node]) -> str:
    if not nodes or not isinstance(nodes[0], Atom):
        raise BadCommand("Could not parse command")
    return nodes[0].upper()


class _Scanner:
    """A position in a command's bytes."""

    def __init__(self, raw: bytes, at: int) -> None:
        self.raw, self.at, self.depth = raw, at, 0

    def everything(self) -> list[Node]:
        """All arguments, one space between them."""
        found = [self.node()]
        while self.at < len(self.raw):
            self._expect(b" ")
            found.append(self.node())
        return found

    def node(self) -> Node:
        """The argument that begins here."""
        first = self.raw[self.at : self.at + 1]
        if first == b"(":
            return self._list()
        if first == b'"':
            return self._string()
        if first == b"{":
            return self._literal()
        return self._atom()

    def _list(self) -> list[Node]:
        self._expect(b"(")
        self.depth += 1
        if self.depth > _DEEPEST:
            raise BadCommand("Too many brackets")
        found: list[Node] = []
        while self.raw[self.at : self.at + 1] != b")":
            if found:
                self._expect(b" ")
            found.append(self.node())
        self._expect(b")")
        self.depth -= 1
        return found

    def _string(self) -> str:
        found = _QUOTED.match(self.raw, self.at)
        if found is None:
            raise BadCommand("Could not parse command")
        self.at = found.end()
        return re.sub(rb"\\(.)", rb"\1", found[1]).decode("ascii")

    def _literal(self) -> str:
        found = _LITERAL.match(self.raw, self.at)
        if found is None or found.end() + int(found[1]) > len(self.raw):
            raise BadCommand("Could not parse command")
        self.at = found.end() + int(found[1])
        return self.raw[found.end() : self.at].decode("utf-8", "surrogateescape")

    def _atom(self) -> Atom:
        """A word; brackets belong to it with all that they hold, as in BODY[HEADER.FIELDS (DATE FROM)]<0.99>."""
        begin = self.at
        while found := _PLAIN.match(self.raw, self.at) or _BRACKET.match(self.raw, self.at):
            self.at = found.end()
        if self.at == begin:
            raise BadCommand("Could not parse command")
        return Atom(self.raw[begin : self.at].decode("ascii"))

    def _expect(self, mark: bytes) -> None:
        if self.raw[self.at : self.at + 1] != mark:
            raise BadCommand("Could not parse command")
        self.at += 1


def ranges(text: Node, largest: int) -> list[tuple[int, int]]:
    """A sequence set such as "1:5,9,12:*" as pairs (lowest, highest); `*` is `largest`. Raises BadCommand."""
    if not isinstance(text, Atom):
        raise BadCommand("Could not parse command")
    found = []
    for part in text.split(","):
        match = _RANGE.fullmatch(part)
        if match is None:
            raise BadCommand("Could not parse command")
        ends = [largest if end == "*" else int(end) for end in (match[1], match[2] or match[1])]
        if "0" in (match[1], match[2]):
            raise BadCommand("Invalid message number")
        found.append((min(ends), max(ends)))
    return found
