"""The directory at the end of a zip: found, checked, and read record after record, never held in memory.

The format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12 to 4.3.16 and 4.5.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO, NamedTuple

from eccs_backup.errors import Corrupt
from eccs_backup.takeout.members import AGAIN, decoded, plausible

_RECORD = struct.Struct("<4sxB2xHHHHLLLHHH4xLL")
_END = struct.Struct("<4s6xHLLH")
_WIDE_END = struct.Struct("<4sQ20xQQQ")
_LOCATOR = struct.Struct("<4s4xQ4x")
_MOST = 0xFFFF
"""Bytes of the comment at the end; and members, as far as writers without zip64 count."""
_FULL = 0xFFFFFFFF
"""What stands in a field whose value is in the zip64 field."""
_ZIP64, _TIME = 0x0001, 0x5455
NAME = 0x7075
"""The extra field with the name in Unicode; its id is the letters "up"."""
_UNIX = (3, 19)
"""Systems whose file modes stand in the directory: Unix and macOS (4.4.2)."""
_NO_TIME = (0x21, 0)
"""The beginning of 1980, which writers put who know no time."""


class Record(NamedTuple):
    """What the directory says of a member. `system` wrote it, `offset` is where its own header stands in the file."""

    system: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed: int
    size: int
    attributes: int
    offset: int
    name: bytes
    fields: dict[int, bytes]

    @property
    def path(self) -> str:
        """The name, decoded."""
        return path(self.name, self.fields) if self.fields else decoded(self.name)

    @property
    def kind(self) -> int:
        """The bits of the file mode that tell a link from a file, as in `stat`; 0 when they are not known."""
        return stat.S_IFMT(self.attributes >> 16) if self.system in _UNIX else 0

    @property
    def modified(self) -> float | None:
        """Unix seconds. The extended timestamp is in UTC; the other, whose zone nobody knows, is taken to be."""
        field = self.fields.get(_TIME, b"")
        if len(field) >= 5 and field[0] & 1:
            return plausible(int.from_bytes(field[1:5], "little", signed=True))
        return None if (self.date, self.time) == _NO_TIME else _dos_time(self.date, self.time)


class Directory:
    """`start` and `end` are its place in the file, `size` the file's bytes.

    Raises Corrupt with the file's name, here and when records are read.
    """

    def __init__(self, name: str, file: BinaryIO) -> None:
        self._name, self._file = name, file
        self.size = file.seek(0, 2)
        end = self._find_end()
        self.start, self.end, self._count = self._find_wide_end(end) or self._read_end(end)

    def records(self) -> Iterator[Record]:
        """From its beginning to its end. One at a time: they all read the same file."""
        self._file.seek(self.start)
        place, number = self.start, 0
        while place < self.end:
            head = self._file.read(_RECORD.size)
            if len(head) < _RECORD.size or not head.startswith(b"PK\1\2"):
                raise self.damaged()
            numbers = _RECORD.unpack(head)
            name_size, extra_size, comment_size = numbers[9:12]
            size = name_size + extra_size + comment_size
            rest = self._file.read(size)
            place += _RECORD.size + size
            if place > self.end or len(rest) < size:
                raise self.damaged()
            fields = extra_fields(rest[name_size : name_size + extra_size]) if extra_size else {}
            record = Record._make((*numbers[1:9], *numbers[12:], rest[:name_size], fields))
            yield _widened(record) if _ZIP64 in fields else record
            number += 1
        if self._count not in (number, number & _MOST):
            raise self.damaged()

    def damaged(self, what: str = "its list of contents is not whole") -> Corrupt:
        """The error that says so."""
        return Corrupt(f"{self._name} is damaged: {what}.", hint=AGAIN)

    def _find_end(self) -> int:
        """Where the end record begins. It must end with the file: what ends earlier is the end of a member's own."""
        self._file.seek(max(0, self.size - _END.size - _MOST))
        tail = self._file.read()
        found = tail.rfind(b"PK\5\6")
        while found >= 0:
            comment = tail[found + _END.size - 2 :]
            if len(comment) >= 2 and int.from_bytes(comment[:2], "little") == len(comment) - 2:
                return self.size - len(tail) + found
            found = tail.rfind(b"PK\5\6", 0, found + 3)
        raise Corrupt(f"{self._name} is cut off: its end, with the list of contents, is missing.", hint=AGAIN)

    def _read_end(self, end: int) -> tuple[int, int, int]:
        self._file.seek(end)
        _, count, length, start, _ = _END.unpack(self._file.read(_END.size))
        return self._checked(start, length, end), end, count

    def _find_wide_end(self, end: int) -> tuple[int, int, int] | None:
        """The zip64 record before the end record.

        How many disks there are is not looked at: OneDrive gets it wrong
        (https://www.bitsgalore.org/2020/03/11/does-microsoft-onedrive-export-large-ZIP-files-that-are-corrupt).
        """
        last = end - _LOCATOR.size - _WIDE_END.size
        if last < 0:
            return None
        self._file.seek(end - _LOCATOR.size)
        mark, place = _LOCATOR.unpack(self._file.read(_LOCATOR.size))
        if mark != b"PK\6\7" or place > last:
            return None
        self._file.seek(place)
        mark, size, count, length, start = _WIDE_END.unpack(self._file.read(_WIDE_END.size))
        if mark != b"PK\6\6" or place + 12 + size != end - _LOCATOR.size:
            return None
        return self._checked(start, length, place), place, count

    def _checked(self, start: int, length: int, end: int) -> int:
        """The start. A directory that does not end where it should is one of a zip inside, or something stands
        before the first member."""
        if start + length != end:
            raise self.damaged("its list of contents does not belong to what stands before it")
        return start


def extra_fields(extra: bytes) -> dict[int, bytes]:
    """The extra fields by their ids; of two with one id the first counts, and what is no field is let be."""
    found: dict[int, bytes] = {}
    place = 0
    while place + 4 <= len(extra):
        id, size = struct.unpack_from("<HH", extra, place)
        if place + 4 + size <= len(extra):
            found.setdefault(id, extra[place + 4 : place + 4 + size])
        place += 4 + size
    return found


def path(name: bytes, fields: dict[int, bytes]) -> str:
    """A member's name, decoded. The field with the Unicode name counts when it was made for this very name (4.6.9)."""
    field = fields.get(NAME, b"")
    if field[:1] == b"\1" and int.from_bytes(field[1:5], "little") == zlib.crc32(name):
        return decoded(field[5:])
    return decoded(name)


def _widened(record: Record) -> Record:
    """With what stands in the zip64 field: the numbers whose own field is full, in this order (4.5.3)."""
    wide, place = record.fields[_ZIP64], 0
    found = []
    for number in (record.size, record.packed, record.offset):
        if number == _FULL and place + 8 <= len(wide):
            number = int.from_bytes(wide[place : place + 8], "little")
            place += 8
        found.append(number)
    return record._replace(size=found[0], packed=found[1], offset=found[2])


def _dos_time(date: int, time: int) -> float | None:
    day = (1980 + (date >> 9), date >> 5 & 15, date & 31)
    try:
        when = datetime(*day, time >> 11, time >> 5 & 63, time * 2 & 62, tzinfo=UTC)
    except ValueError:
        return None
    return plausible(when.timestamp())
