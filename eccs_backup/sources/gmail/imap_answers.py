"""Reads IMAP's FETCH answers from the bytes of the line; written for speed, as they are most of the traffic."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from imapclient.imap_utf7 import decode

from eccs_backup.errors import Transient

LINE = 1 << 20
"""Bytes of one line at most: some 10,000 labels."""
LARGEST = 1 << 28
"""Bytes that one literal may have: several times what Gmail takes as one message."""
LABELS = 10_000
"""Of one mailbox at most; each is read once."""
DIGITS = 20
"""Of the largest number of 64 bits."""
_LITERAL = re.compile(rb"\{(\d{1,10})\}\r?\n\Z")
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|([()])|\{(\d+)\}|([^\s()"{}]+)', re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_DATE = re.compile(rb" ?(\d{1,2})-([A-Z][a-z]{2})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}

Value: TypeAlias = bytes | list["Value"]


class Fetched(NamedTuple):
    """One message of a FETCH answer: values by the attribute's name ("UID", "X-GM-LABELS", "BODY[]")."""

    values: dict[bytes, Value]

    def number(self, name: bytes) -> int | None:
        """A number of 64 bits; None when there is none, or something else."""
        value = self.values.get(name)
        if not isinstance(value, bytes) or not value.isdigit() or len(value) > DIGITS:
            return None
        found = int(value)
        return found if found < 1 << 64 else None

    def words(self, name: bytes) -> list[bytes]:
        """A list of words; empty when there is none."""
        value = self.values.get(name)
        return [each for each in value if isinstance(each, bytes)] if isinstance(value, list) else []

    @property
    def body(self) -> bytes | None:
        """The message, or None when it was not in the answer."""
        value = self.values.get(b"BODY[]")
        return value if isinstance(value, bytes) else None


class Said(NamedTuple):
    """One answer of the server: a message, or any other line with the tag it begins with ("*" when it has none)."""

    tag: bytes
    text: bytes
    fetched: Fetched | None = None


def said(readline: Callable[[int], bytes], read: Callable[[int], bytes]) -> Said:
    """The next answer, with the literals in it. Raises Transient when the line ends in the middle of it."""
    line = _line(readline)
    tag, _, text = line.partition(b" ")
    number, _, rest = text.partition(b" ")
    if tag != b"*" or not number.isdigit() or rest[:6].upper() != b"FETCH ":
        _skip_literals(line, readline, read)
        return Said(tag, text.rstrip(b"\r\n"))
    return Said(tag, b"", Fetched(_attributes(rest[6:], readline, read)))


@lru_cache(LABELS)
def label(word: bytes) -> str:
    """A label as it is named: IMAP writes names in a UTF-7 of its own (RFC 3501, 5.1.3)."""
    try:
        return str(decode(word))
    except (UnicodeDecodeError, ValueError):
        return word.decode("utf-8", "replace")


def milliseconds(value: Value | None) -> int | None:
    """An INTERNALDATE in milliseconds since 1970, exact to the second; None when it makes no sense."""
    found = _DATE.fullmatch(value) if isinstance(value, bytes) else None
    if not found:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        zone = timezone(-offset if sign == b"-" else offset) if offset else UTC
        when = datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=zone)
    except (KeyError, ValueError):
        return None
    return int(when.timestamp()) * 1000


def ranges(uids: list[int]) -> Iterator[str]:
    """Ascending numbers as IMAP writes sets of them: "5:9", "12"."""
    start = last = None
    for uid in uids:
        if last is not None and uid == last + 1:
            last = uid
            continue
        if start is not None:
            yield f"{start}:{last}" if start != last else f"{start}"
        start = last = uid
    if start is not None:
        yield f"{start}:{last}" if start != last else f"{start}"


def _line(readline: Callable[[int], bytes]) -> bytes:
    line = readline(LINE)
    if not line.endswith(b"\n"):
        raise Transient("Gmail's IMAP ended in the middle of an answer." if line else "Gmail's IMAP hung up.")
    return line


def _skip_literals(line: bytes, readline: Callable[[int], bytes], read: Callable[[int], bytes]) -> None:
    while found := _LITERAL.search(line):
        _exactly(int(found[1]), read)
        line = _line(readline)


def _exactly(size: int, read: Callable[[int], bytes]) -> bytes:
    if size > LARGEST:
        raise Transient(f"Gmail's IMAP made no sense (a message of {size:,} bytes).")
    body = read(size)
    if len(body) != size:
        raise Transient(f"Gmail's IMAP ended after {len(body)} of {size} bytes of a message.")
    return body


def _attributes(line: bytes, readline: Callable[[int], bytes], read: Callable[[int], bytes]) -> dict[bytes, Value]:
    """The pairs within the brackets of one FETCH answer; each literal stands in the text as the number of its place."""
    literals: list[bytes] = []
    text = b""
    while found := _LITERAL.search(line):
        text += line[: found.start()] + b"{%d}" % len(literals)
        literals.append(_exactly(int(found[1]), read))
        line = _line(readline)
    values = _nested(text + line, literals)
    pairs = values[0] if values and isinstance(values[0], list) else []
    names, rest = pairs[::2], pairs[1::2]
    return {name.upper(): value for name, value in zip(names, rest, strict=False) if isinstance(name, bytes)}


def _nested(text: bytes, literals: list[bytes]) -> list[Value]:
    found: list[Value] = []
    open_lists: list[list[Value]] = [found]
    for quoted, bracket, literal, atom in _TOKEN.findall(text):
        if bracket == b"(":
            inner: list[Value] = []
            open_lists[-1].append(inner)
            open_lists.append(inner)
        elif bracket:
            if len(open_lists) == 1:
                break
            open_lists.pop()
        elif literal and int(literal) < len(literals):
            open_lists[-1].append(literals[int(literal)])
        elif atom == b"NIL":
            open_lists[-1].append([])
        else:
            open_lists[-1].append(atom or (_ESCAPED.sub(rb"\1", quoted) if b"\\" in quoted else quoted))
    return found
