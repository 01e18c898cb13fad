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
_ANY = rb"(?m:^)From [^\n]{0,990}\n"
_TAKEOUT = rb"(?m:^)From (\d{1,20})@xxx \w{3} \w{3} [ \d]\d [\d:]{8} [+-]\d{4} \d{4}\r?\n"
EMPTY_LINE = (b"\n\n", b"\n\r\n")
LONGEST_SEPARATOR = 1_000
"""Bytes; a longer line that begins with "From " is text."""


class Readable(Protocol):
    """What is needed of a stream."""

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at its end."""


class Found(NamedTuple):
    """A message: Gmail's id in hex where the separator tells it, its place in the file, and its first bytes."""

    id: str
    number: int
    head: bytes


def messages(stream: Readable, name: str, longest: int) -> Iterator[Found]:
    """Every message with at most `longest` of its first bytes. Raises Unusable when it is no mbox, OSError."""
    held = b""
    while b"\n" not in held and len(held) < LONGEST_SEPARATOR and (more := stream.read(BLOCK)):
        held += more
    first = re.match(_TAKEOUT, held) or re.match(_ANY, held)
    if first is None:
        raise Unusable(f"{name} is no mbox: it does not begin with 'From '.", hint="Name a file that ends in .mbox")
    pattern = first.re
    number, id, head, at, look = 1, _id(first), b"", first.end(), first.end()
    while True:
        found = pattern.search(held, look)
        if found and not held.endswith(EMPTY_LINE, max(0, found.start() - 3), found.start()):
            look = found.end()
            continue
        if found:
            yield Found(id, number, (head + held[at : found.start()][:longest])[:longest])
            number, id, head, at, look = number + 1, _id(found), b"", found.end(), found.end()
            continue
        more = stream.read(BLOCK)
        if not more:
            yield Found(id, number, (head + held[at : at + longest])[:longest])
            return
        cut = max(at, len(held) - LONGEST_SEPARATOR)  # a separator may begin before the end of what is held
        head = (head + held[at : min(cut, at + longest)])[:longest]
        back = max(0, cut - 3)  # the empty line before it
        held, at, look = held[back:] + more, cut - back, cut - back


def _id(separator: re.Match[bytes]) -> str:
    return f"{int(separator[1]):x}" if separator.re.groups else ""
