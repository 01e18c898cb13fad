"""The headers of a tar: what stands before each member, and what headers before that say of it.

https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "ustar Interchange Format" and "pax Header Block";
https://www.gnu.org/software/tar/manual/html_node/Standard.html for GNU's long names, large numbers and sparse files.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from eccs_backup.errors import Corrupt
from eccs_backup.takeout.gzips import Unpacked
from eccs_backup.takeout.members import plausible

BLOCK = 512
LONGEST = 1 << 20
"""Bytes of a header that says more of the next member; its name is the longest of what we need."""
SPARSE = b"S"
_END = bytes(BLOCK)
_PAX, _PAX_FOR_ALL, _LONG_NAME, _LONG_LINK = b"xX", b"g", b"L", b"K"
_OCTAL = re.compile(rb" *([0-7]*)[ \0]*\Z")
_RECORD = re.compile(rb"([1-9]\d{0,7}) ([^=\n]+)=")
_SECONDS = re.compile(rb"-?\d{1,15}(?:\.\d{0,20})?\Z")
_SIZE = re.compile(rb"\d{1,20}\Z")
_HOLES = b"GNU.sparse"
"""The beginning of the keys that tell of holes."""
_WANTED = {b"path", b"size", b"mtime", _HOLES}


class Header(NamedTuple):
    """A member's header. `kind` is the type flag, `size` the bytes that follow it in the archive."""

    kind: bytes
    name: bytes
    size: int
    modified: float | None


def following(content: Unpacked) -> Header | None:
    """The next member's header, with what the headers before it say; None at the end. Raises Corrupt, OSError."""
    more: dict[bytes, bytes] = {}
    while (block := content.exactly(BLOCK)) != _END:
        header = _parsed(content, block)
        if header.kind in _PAX:
            more |= _records(content, _body(content, header.size))
        elif header.kind == _PAX_FOR_ALL:
            _check_for_all(content, _records(content, _body(content, header.size)))
        elif header.kind == _LONG_NAME:
            more.setdefault(b"path", _body(content, header.size).partition(b"\0")[0])
        elif header.kind == _LONG_LINK:
            _body(content, header.size)
        else:
            return _widened(content, header, more) if more else header
    if more:
        raise _damaged(content)
    return None


def padding(size: int) -> int:
    """Bytes that fill up the last block of so many bytes."""
    return -size % BLOCK


def _parsed(content: Unpacked, block: bytes) -> Header:
    kind, size = block[156:157], _number(block[124:136])
    if size is None or sum(block) - sum(block[148:156]) + 8 * 0x20 != _number(block[148:156]):
        raise _damaged(content)
    name = _text(block[:100])
    if block[257:263] == b"ustar\0" and block[345]:
        name = _text(block[345:500]) + b"/" + name
    if kind == SPARSE:
        _pass_over_map(content, block)
    return Header(kind, name, size, plausible(_number(block[136:148]) or 0))


def _widened(content: Unpacked, header: Header, more: dict[bytes, bytes]) -> Header:
    """With what pax records and long names say."""
    name, size, seconds = more.get(b"path") or header.name, more.get(b"size"), more.get(b"mtime", b"")
    if size and not _SIZE.match(size):
        raise _damaged(content)
    return Header(
        SPARSE if _HOLES in more else header.kind,
        name,
        int(size) if size else header.size,
        plausible(float(seconds)) if _SECONDS.match(seconds) else header.modified,
    )


def _body(content: Unpacked, size: int) -> bytes:
    if size > LONGEST:
        raise content.broken(f"is damaged: a header in it claims {size:,} bytes")
    body = content.exactly(size)
    content.skip(padding(size))
    return body


def _records(content: Unpacked, body: bytes) -> dict[bytes, bytes]:
    """Pax records: "LENGTH KEY=VALUE\n", where the length is that of the record. An empty value takes back."""
    found, place = {}, 0
    while place < len(body):
        head = _RECORD.match(body, place)
        end = place + int(head[1]) if head else 0
        if not head or body[end - 1 : end] != b"\n":
            raise _damaged(content)
        key = _HOLES if head[2].startswith(_HOLES) else head[2]
        if key in _WANTED:
            found[key] = body[head.end() : end - 1]
        place = end
    return found


def _check_for_all(content: Unpacked, records: dict[bytes, bytes]) -> None:
    if records.keys() - {b"mtime"}:
        raise content.broken("is damaged: a header in it gives all files one name or size")


def _pass_over_map(content: Unpacked, block: bytes) -> None:
    """The blocks behind the header of an old sparse file, which say where its holes are."""
    goes_on = block[482]
    while goes_on:
        goes_on = content.exactly(BLOCK)[504]


def _number(field: bytes) -> int | None:
    """An octal number, or a binary one, as GNU writes large ones. None when it is neither, or negative."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    found = _OCTAL.match(field)
    return int(found[1] or b"0", 8) if found else None


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _damaged(content: Unpacked) -> Corrupt:
    return content.broken("is damaged: a header in it is not whole")
