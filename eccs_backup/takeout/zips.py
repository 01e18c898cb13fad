"""Reads the members of a zip in bounded memory; each is trusted by its own size and checksum.

The directory at the file's end decides, and the header before each member must agree with it. Python's zipfile does not
compare the two as strictly, and keeps 800 bytes in memory for each member.
"""

from __future__ import annotations

import stat
import struct
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from eccs_backup.errors import Corrupt
from eccs_backup.takeout import zip_directory
from eccs_backup.takeout.members import AGAIN, Limits, Member, Refused, unsafe
from eccs_backup.takeout.zip_directory import Directory, Record

MOST_MEMBERS = 4_000_000
"""One part may list; they take eight bytes of memory each, and 40 for a moment when they are in no order."""
AHEAD = 1 << 17
"""Bytes read from the disk at once: small members lie behind each other."""
BLOCK = 1 << 17
_HEADER = struct.Struct("<4s4xH16xHH")
_LOCKED = 0x0001 | 0x0040 | 0x2000
_STORED, _DEFLATED = 0, 8


@dataclass(slots=True)
class _Listed(Member):
    """`limit`: its packed bytes must end before that place in the file."""

    name: bytes
    method: int
    offset: int
    limit: int


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Zip]:
    """A zip whose directory is whole. Raises Corrupt with the file's name, OSError."""
    with path.open("rb", AHEAD) as directory, path.open("rb", AHEAD) as content:
        yield Zip(Directory(path.name, directory), content, limits)


class Zip:
    """A zip. Its directory and its members are read through files of their own, as two threads may read them."""

    sealed = True

    def __init__(self, directory: Directory, content: BinaryIO, limits: Limits) -> None:
        self._directory, self._content, self._limits = directory, content, limits
        self._offsets, size = _survey(directory, limits)
        self.count = len(self._offsets)
        self.size = min(size, limits.room(directory.size))

    def members(self) -> Iterator[Member | Refused]:
        """In the directory's order, one such walk at a time. Raises Corrupt, OSError."""
        room = self._limits.room(self._directory.size)
        for record in self._directory.records():
            member = self._member(record)
            if isinstance(member, Member):
                if member.size > room:
                    member = Refused(member.path, "All members together would unpack to more than is allowed.")
                else:
                    room -= member.size
            yield member

    def open(self, member: Member) -> _Content:
        """Its bytes; what is wrong with them is raised here, or by reading."""
        if not isinstance(member, _Listed):
            raise TypeError("a member of another archive")
        return _Content(self._content, member, _content_place(self._content, member))

    def place(self) -> int:
        """How far the file has been read; the directory at its end does not count."""
        return self._content.tell()

    def _member(self, record: Record) -> _Listed | Refused:
        path, limit, kind = record.path, self._limit(record.offset), record.kind
        folder = path.endswith("/") or kind == stat.S_IFDIR
        why = _foreign(record, kind) or self._lie(record, limit, folder) or unsafe(path)
        if why:
            return Refused(path, why)
        return _Listed(
            path,
            record.size,
            record.packed,
            record.crc,
            record.modified,
            folder,
            record.name,
            record.method,
            record.offset,
            limit,
        )

    def _limit(self, offset: int) -> int:
        """Where the next member begins. Two in one place leave no room to each other."""
        place = bisect_right(self._offsets, offset)
        if place > 1 and self._offsets[place - 2] == offset:
            return offset
        return self._offsets[place] if place < len(self._offsets) else self._directory.start

    def _lie(self, record: Record, limit: int, folder: bool) -> str | None:
        """What cannot be true, in one sentence."""
        if record.offset + _HEADER.size + len(record.name) + record.packed > limit:
            return "It shares bytes with another member, as bombs do."
        if record.method == _STORED and record.size != record.packed:
            return "The archive gives it two sizes that contradict each other."
        if folder and record.size:
            return "It is called a folder, but holds bytes."
        if record.size > self._limits.most(record.packed):
            return f"It would unpack from {record.packed:,} to {record.size:,} bytes, as bombs do."
        return None


class _Content:
    """A member's bytes. The last of them come only after size and checksum have matched."""

    def __init__(self, file: BinaryIO, member: _Listed, place: int) -> None:
        self._file, self._place = file, place
        self._packed, self._left, self._promised = member.packed, member.size, member.crc
        self._crc = 0
        self._unpacker = zlib.decompressobj(-zlib.MAX_WBITS) if member.method else None
        self._wrong, self._ended = "", False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end. Raises Corrupt, again whenever it is called again; OSError."""
        if self._wrong:
            raise Corrupt(self._wrong, hint=AGAIN)
        if self._ended:
            return b""
        try:
            return self._next(min(size, self._left))
        except zlib.error as error:
            raise self._fault("Its bytes in the archive are damaged.") from error

    def _next(self, size: int) -> bytes:
        block = b""
        if size:
            block = self._unpacked(size) if self._unpacker else self._from_file(size)
            if not block:
                raise self._fault("It ends before the size that the archive promises.")
        self._crc = zlib.crc32(block, self._crc)
        self._left -= len(block)
        if not self._left:
            self._check_end()
        return block

    def _unpacked(self, size: int) -> bytes:
        """None where deflate says that it ends."""
        assert self._unpacker
        while not self._unpacker.eof:
            packed = self._unpacker.unconsumed_tail or self._from_file(BLOCK)
            block = self._unpacker.decompress(packed, size)
            if block:
                return block
            if not packed:
                raise self._fault("Its bytes in the archive are cut off.")
        return b""

    def _from_file(self, size: int) -> bytes:
        self._file.seek(self._place)
        block = self._file.read(min(size, self._packed))
        self._place += len(block)
        self._packed -= len(block)
        return block

    def _check_end(self) -> None:
        if self._unpacker and self._unpacked(1):
            raise self._fault("More comes than the size that the archive promises.")
        if self._packed or (self._unpacker and self._unpacker.unused_data):
            raise self._fault("It ends before its bytes in the archive do.")
        if self._crc != self._promised:
            raise self._fault("It does not match its checksum.")
        self._ended = True

    def _fault(self, sentence: str) -> Corrupt:
        self._wrong = sentence
        return Corrupt(sentence, hint=AGAIN)


def _survey(directory: Directory, limits: Limits) -> tuple[array[int], int]:
    """Where all members begin, sorted; and what those promise together that are no bombs.

    Raises Corrupt when the directory is not whole.
    """
    offsets, size = array("Q"), 0
    last, ascending = -1, True
    for record in directory.records():
        if record.offset >= directory.start or len(offsets) == MOST_MEMBERS:
            raise directory.damaged()
        ascending = ascending and record.offset > last
        last = record.offset
        offsets.append(last)
        size += record.size if record.size <= limits.most(record.packed) else 0
    if not ascending:
        offsets = array("Q", sorted(offsets))
    if offsets and offsets[0]:
        raise directory.damaged("its beginning is missing")
    return offsets, size


def _foreign(record: Record, kind: int) -> str | None:
    """What nothing in an export is, in one sentence."""
    if record.flags & _LOCKED:
        return "It is locked with a password, which nothing from Takeout is."
    if record.method not in (_STORED, _DEFLATED):
        return f"It is packed in a way that is not known here (method {record.method})."
    if kind == stat.S_IFLNK:
        return "It is a link to another file; links are not followed."
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "It is a device, not a file."
    return None


def _content_place(file: BinaryIO, member: _Listed) -> int:
    """Where a member's bytes begin: behind its own header, which must agree with the directory. Raises Corrupt."""
    file.seek(member.offset)
    head = file.read(_HEADER.size)
    if len(head) < _HEADER.size or not head.startswith(b"PK\3\4"):
        raise Corrupt("It is not where the archive's list of contents says.", hint=AGAIN)
    _, method, name_size, extra_size = _HEADER.unpack(head)
    rest = file.read(name_size + extra_size)
    if method != member.method or rest[:name_size] != member.name or _renamed(member, rest[name_size:]):
        raise Corrupt("The archive's list of contents tells of another file in its place.", hint=AGAIN)
    place: int = member.offset + _HEADER.size + name_size + extra_size
    if place + member.packed > member.limit:
        raise Corrupt("It shares bytes with another member, as bombs do.", hint=AGAIN)
    return place


def _renamed(member: _Listed, extra: bytes) -> bool:
    """Whether the header has another Unicode name."""
    if b"up" not in extra:
        return False
    fields = zip_directory.extra_fields(extra)
    return zip_directory.NAME in fields and zip_directory.path(member.name, fields) != member.path
