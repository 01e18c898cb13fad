"""Reads the members of a tgz in one pass and in bounded memory, to the very end of the file.

Python's tarfile compares no checksum of a gzip that it reads as a stream, takes headers of any size into memory, and
keeps every member.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from eccs_backup.takeout import tar_headers
from eccs_backup.takeout.gzips import UNPACKED, Unpacked
from eccs_backup.takeout.members import Limits, Member, Refused, decoded, unsafe
from eccs_backup.takeout.tar_headers import Header

_FILE, _LINK, _FOLDER, _DEVICE = b"0\0" + b"7", b"12", b"5", b"346"


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Tgz]:
    """A tgz. Whether it is whole shows only when all members have been read. Raises OSError."""
    with path.open("rb") as file:
        yield Tgz(Unpacked(path.name, file, limits), limits)


class Tgz:
    """A tgz, which can be walked through once."""

    sealed = False
    count = None
    size = None

    def __init__(self, content: Unpacked, limits: Limits) -> None:
        self._content, self._limits = content, limits
        self._current: tuple[Member, _Content] | None = None

    def members(self) -> Iterator[Member | Refused]:
        """In the archive's order. Raises Corrupt with the file's name, at the latest at the end; OSError."""
        total = 0
        while header := tar_headers.following(self._content):
            self._content.mark()
            self._check(header)
            total += header.size
            if self._limits.total is not None and total > self._limits.total:
                raise self._content.broken(f"would unpack to more than {self._limits.total:,} bytes")
            member, content = _member(header), _Content(self._content, header.size)
            self._current = (member, content) if isinstance(member, Member) else None
            yield member
            self._current = None
            content.finish()
            self._content.skip(tar_headers.padding(header.size))
        self._check_rest()

    def open(self, member: Member) -> _Content:
        """The bytes of the member that came last; once."""
        if not self._current or self._current[0] is not member:
            raise ValueError("not the member that came last, or opened before")
        content, self._current = self._current[1], None
        return content

    def place(self) -> int:
        """How far the file has been read."""
        return self._content.packed

    def _check(self, header: Header) -> None:
        """Some programs write no bytes for what has a size and is no file, others do: where does the next one begin?"""
        if header.size and header.kind in _LINK + _DEVICE + _FOLDER:
            raise self._content.broken("is damaged: a link, folder or device in it claims to hold bytes")

    def _check_rest(self) -> None:
        """Behind the last member only zeros may stand; the checksum comes behind those."""
        while block := self._content.some(UNPACKED):
            if block.count(0) != len(block):
                raise self._content.broken("is damaged: something else follows its last file")


class _Content:
    """A member's bytes; not proven before the end of the whole archive."""

    def __init__(self, content: Unpacked, size: int) -> None:
        self._content, self._left = content, size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end. Raises Corrupt with the archive's name, OSError."""
        most = min(size, self._left)
        block = self._content.some_of(most) if most else b""
        self._left -= len(block)
        return block

    def finish(self) -> None:
        """Pass over what has not been read."""
        self._content.skip(self._left)
        self._left = 0


def _member(header: Header) -> Member | Refused:
    path, kind = decoded(header.name), header.kind
    folder = kind == _FOLDER or path.endswith("/")
    why = _foreign(kind) or unsafe(path)
    if folder and header.size:
        why = why or "It is called a folder, but holds bytes."
    return Refused(path, why) if why else Member(path, header.size, 0, None, header.modified, folder)


def _foreign(kind: bytes) -> str | None:
    """What nothing in an export is, in one sentence."""
    if kind in _FILE + _FOLDER:
        return None
    if kind in _LINK:
        return "It is a link to another file; links are not followed."
    if kind in _DEVICE:
        return "It is a device, not a file."
    if kind == tar_headers.SPARSE:
        return "It is stored with holes, in a way that nothing from Takeout is."
    return f"It is of a kind that is not known here ({kind!r})."
