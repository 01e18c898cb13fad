"""A mailbox as Takeout writes it: from an mbox to messages with the very bytes that Gmail holds, and what Takeout adds.

Takeout puts two lines of its own before each message, X-GM-THRID and X-Gmail-Labels, and an empty line behind it; they
are taken off again. The number in the separator is Gmail's id, the time there the message's internal date.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from eccs_backup.mail.mbox_reading import (
    BLOCK,
    EMPTY_LINE,
    LONGEST_SEPARATOR,
    Readable,
    Separator,
    holds_separator,
    pieces,
)

LARGEST_MAIL = 64 << 20
"""Bytes: within so many a separator comes in every file of a mailbox, as Gmail takes no larger message."""
_SERIES = re.compile(r"(?P<stem>.*?)(?:-(?P<number>\d{3,5}))?\.mbox\Z", re.IGNORECASE | re.DOTALL)
_OWN_LINES = re.compile(rb"(?:X-GM-THRID|X-Gmail-Labels):[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE)
_DATE = re.compile(rb"(\w{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d) (\d{4})")
_MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}


class Head(NamedTuple):
    """What Takeout says of a message: Gmail's id and its thread in hex, the thread's empty when it is not told; the
    internal date in Unix seconds; the value of X-Gmail-Labels; and all that as it stands before the message."""

    id: str
    thread: str
    date: int | None
    labels: bytes
    raw: bytes


class Chunk(NamedTuple):
    """Bytes of a message: `head` comes with the first, `last` ends it; most messages are one chunk.

    A message without a head belongs to the last one of the file before. `end`: the file ends here, and the next one may
    go on with this message; `cut` is the empty line that was taken off.
    """

    head: Head | None
    data: bytes
    last: bool
    end: bool
    cut: bytes


class Message:
    """One message, read once, before the next. `end` and `cut` are known when its last block has been read."""

    def __init__(self, first: Chunk, rest: Iterator[Chunk]) -> None:
        self.head = first.head
        self._chunk, self._rest = first, rest

    @property
    def whole(self) -> bytes | None:
        """All of it, when it came in one chunk."""
        return self._chunk.data if self._chunk.last else None

    @property
    def end(self) -> bool:
        """Whether the file ends with it, as far as it is read."""
        return self._chunk.end

    @property
    def cut(self) -> bytes:
        """The empty line behind it, as far as it is read."""
        return self._chunk.cut

    def blocks(self) -> Iterator[bytes]:
        """Its bytes."""
        yield self._chunk.data
        while not self._chunk.last:
            self._chunk = next(self._rest)
            yield self._chunk.data


class Series(NamedTuple):
    """The place of a file in a mailbox of several: what their names have in common, and its number, from 1."""

    name: str
    number: int


def series(path: str) -> Series | None:
    """Where a member belongs, "All mail-002.mbox" to "All mail"; None when it is no mbox by its name."""
    found = _SERIES.match(path)
    return Series(found["stem"], int(found["number"] or 1)) if found else None


def messages(stream: Readable, name: str) -> Iterator[Message]:
    """Every message of a file of Takeout's, in one pass; each has to be read before the next. Raises what the stream
    raises."""
    found = _chunks(stream, name)
    for first in found:
        message = Message(first, found)
        yield message
        for _ in message.blocks() if message.whole is None else ():
            pass


def _chunks(stream: Readable, name: str) -> Iterator[Chunk]:
    begun = False  # what belongs to a message of the file before stays as it is: it is put together with that
    for separator, data, last, end in pieces(stream, name, continued=True):
        head = None
        if separator:
            begun = True
            head, data = _head(separator, data)
        cut = b""
        if last and begun and (data.endswith(EMPTY_LINE) or (head and data in (b"\n", b"\r\n"))):
            cut = b"\r\n" if data.endswith(b"\r\n") else b"\n"
            data = data[: -len(cut)]
        yield Chunk(head, data, last, end, cut)


def _head(separator: Separator, data: bytes) -> tuple[Head, bytes]:
    """The two lines are Takeout's own where they stand first, each once: a mail may hold the same lines."""
    at = 0
    values = {b"x-gm-thrid": b"", b"x-gmail-labels": b""}
    while found := _OWN_LINES.match(data, at):
        name, _, value = found[0].partition(b":")
        if values.get(name.lower(), b"?") != b"":
            break
        values[name.lower()] = value.strip() or b" "
        at = found.end()
    thread = values[b"x-gm-thrid"].strip()
    number = int(thread) if thread.isdigit() and len(thread) <= 20 else None
    told = f"{number:x}" if number is not None else ""
    head = Head(separator.id, told, _seconds(separator.date), values[b"x-gmail-labels"], separator.line + data[:at])
    return head, data[at:]


@lru_cache(1024)
def _day(year: int, month: int, day: int) -> int:
    return calendar.timegm((year, month, day, 0, 0, 0))


def _seconds(date: bytes) -> int | None:
    found = _DATE.fullmatch(date)
    if not found or found[1] not in _MONTHS:
        return None
    day, hour, minute, second, hours, minutes, year = map(int, found.group(2, 3, 4, 5, 7, 8, 9))
    try:
        start = _day(year, _MONTHS[found[1]], day)
    except (ValueError, OverflowError):
        return None
    offset = (hours * 60 + minutes) * 60
    return start + hour * 3600 + minute * 60 + second - (-offset if found[6] == b"-" else offset)


def to_separator(first: bytes, stream: Readable) -> bytes:
    """The beginning of a file that may go on with a mailbox, as far as its first separator."""
    blocks, size, last = [first], len(first), first
    while size < LARGEST_MAIL and not holds_separator(last) and (block := stream.read(BLOCK)):
        blocks.append(block)
        size, last = size + len(block), last[-LONGEST_SEPARATOR:] + block
    return b"".join(blocks)
