"""Reads an mbox from any stream, message after message, in one pass and in bounded memory.

A message begins at the beginning of the file, or behind an empty line, with "From ". Takeout writes the message's
number there, "From 1628424719502045299@xxx Tue Mar 19 09:13:51 +0000 2019", and does not quote lines of text that
begin with "From ": where the first separator has that form, only separators of that form count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from eccs_backup.errors import Unusable

BLOCK = 1 << 20
_ANY = re.compile(rb"From [^\n]{0,990}\n")
_TAKEOUT = re.compile(rb"From (\d{1,20})@xxx \w{3} (\w{3} [ \d]\d [\d:]{8} [+-]\d{4} \d{4})\r?\n")
EMPTY_LINE = (b"\n\n", b"\n\r\n")
LONGEST_SEPARATOR = 1_000
"""Bytes; a longer line that begins with "From " is text."""
SMALLEST_ID = 1 << 59
"""Gmail's ids are milliseconds since 1970, times 2 to the 20: no message is older than Gmail."""
_BEFORE = 3
"""Bytes before a separator that show the empty line."""


class Readable(Protocol):
    """What is needed of a stream."""

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at its end."""


class Separator(NamedTuple):
    """The line before a message; Gmail's number and the time as Takeout writes them, which other mboxes have not."""

    line: bytes
    number: int | None = None
    date: bytes = b""

    @property
    def id(self) -> str:
        """Gmail's id in hex, empty when there is none."""
        return "" if self.number is None else f"{self.number:x}"


class Piece(NamedTuple):
    """Bytes of a message, with the empty line behind it. `separator` comes with its first piece; `last` ends it, and
    `end` says that the file ends with it.

    What stands before the first separator, in a file that goes on with a message of the file before, has none.
    """

    separator: Separator | None
    data: bytes
    last: bool = False
    end: bool = False


class Found(NamedTuple):
    """A message: Gmail's id in hex where the separator tells it, its place in the file, and its first bytes."""

    id: str
    number: int
    head: bytes


def is_takeout(head: bytes) -> bool:
    """Whether an mbox that begins so is one of Gmail's in a Takeout.

    Google Groups has separators of the same form, with other numbers:
    https://github.com/dcarrero/mboxshell
    """
    found = _TAKEOUT.match(head)
    return found is not None and int(found[1]) >= SMALLEST_ID


def holds_separator(data: bytes) -> bool:
    """Whether one of Takeout's separators is in the data, at the beginning of a line."""
    return any(int(found[1]) >= SMALLEST_ID for found in re.finditer(rb"(?m:^)" + _TAKEOUT.pattern, data))


def messages(stream: Readable, name: str, longest: int) -> Iterator[Found]:
    """Every message with at most `longest` of its first bytes. Raises Unusable when it is no mbox, OSError."""
    id, number, head = "", 0, b""
    for piece in pieces(stream, name):
        if piece.separator:
            id, number, head = piece.separator.id, number + 1, b""
        head += piece.data[: longest - len(head)]
        if piece.last:
            yield Found(id, number, head)


def pieces(stream: Readable, name: str, *, continued: bool = False) -> Iterator[Piece]:
    """Every byte of every message, in pieces of some BLOCK at most; one piece for most messages.

    `continued`: it may go on with a message of the file before, and is one of Takeout's in any case. Raises Unusable
    when it is no mbox, and what the stream raises.
    """
    held = _first_line(stream)
    pattern = _TAKEOUT if continued or _TAKEOUT.match(held) else _ANY
    begin = pattern.match(held)
    if begin is None and not continued:
        raise Unusable(f"{name} is no mbox: it does not begin with 'From '.", hint="Name a file that ends in .mbox")
    separator = _separator(begin)
    at = look = begin.end() if begin else 0
    if begin:
        look -= 1  # the end of that line may be the end of the empty line before the next, of an empty message
    while True:
        place = held.find(b"\nFrom ", look)
        found = pattern.match(held, place + 1) if place >= 0 else None
        if found and held.endswith(EMPTY_LINE, max(0, place - 2), place + 1):
            yield Piece(separator, held[at : place + 1], True)
            separator, at, look = _separator(found), found.end(), found.end() - 1
            continue
        if place >= 0 and (found or len(held) - place > LONGEST_SEPARATOR):
            look = place + 1
            continue
        more = stream.read(BLOCK)
        if not more:
            if place >= 0:  # a line that is cut off, and text that follows it
                look = place + 1
                continue
            yield Piece(separator, held[at:], True, True)
            return
        cut = max(at, (place if place >= 0 else len(held)) - LONGEST_SEPARATOR)
        if cut - at >= BLOCK:
            yield Piece(separator, held[at:cut])
            separator, at = None, cut
        back = max(0, at - _BEFORE)
        look = max(at - 1, (place if place >= 0 else len(held) - _BEFORE - len(b"\nFrom "))) - back
        held, at, look = held[back:] + more, at - back, max(look, 0)


def _first_line(stream: Readable) -> bytes:
    held = b""
    while b"\n" not in held and len(held) < LONGEST_SEPARATOR and (more := stream.read(BLOCK)):
        held += more
    return held


def _separator(line: re.Match[bytes] | None) -> Separator | None:
    if line is None:
        return None
    return Separator(line[0], int(line[1]), line[2]) if line.re is _TAKEOUT else Separator(line[0])
