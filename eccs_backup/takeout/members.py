"""The words for what is in one part: members, what is refused and why, and how far a part is trusted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from eccs_backup.mail.mbox_reading import Readable

AGAIN = "Download this part again from takeout.google.com, put it where this file is, and run the same command again."
"""The hint for a part that is not what Google sent."""
_CLIMBS = re.compile(r"(?:^|[/\\])\s*\.\.\s*(?:[/\\]|$)")
_DRIVE = re.compile(r"\s*[A-Za-z]:")
_LAST = 1 << 32
"""The year 2106, where zip's own dates end as well."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a part may unpack to; a bomb promises terabytes, and holds kilobytes.

    `ratio`: a member may unpack to so many times its packed size, or to `floor` bytes if that is more; so may the whole
    part. Deflate ends at 1032:1 (https://zlib.net/zlib_tech.html), where only bytes that are all alike come to. As
    measured, histories in JSON and HTML come to 10:1 and 25:1, tables of nothing but "0.0" to 184:1: 250 leaves room,
    and is what documents are allowed, too.
    `total`: bytes of all members of the part together; None when there is no limit, and the caller sees to it that
    the disk has room.
    """

    ratio: int = 250
    floor: int = 1 << 30
    total: int | None = None

    def most(self, packed: int) -> int:
        """Bytes that so many packed bytes may unpack to."""
        return max(self.floor, self.ratio * packed)

    def room(self, packed: int) -> int:
        """Bytes that a part of so many bytes may unpack to."""
        return self.most(packed) if self.total is None else min(self.total, self.most(packed))


@dataclass(slots=True)
class Member:
    """A file or folder in a part.

    `path` is its name as the archive has it: not yet safe, but it neither climbs nor is it absolute. `size` is the
    bytes it promises, `packed` those it takes in the archive (0 when unknown: tgz), `crc` its CRC-32 (None when it has
    none: tgz). `modified` is in Unix seconds, or None; a zip that gives no time zone is read as UTC.
    """

    path: str
    size: int
    packed: int
    crc: int | None
    modified: float | None
    is_folder: bool


class Refused(NamedTuple):
    """A member that is not read, and why, in one sentence."""

    path: str
    why: str


class Archive(Protocol):
    """One part, open for reading, its members one after the other.

    `sealed`: every member has a checksum of its own (zip). Where it has not (tgz), nothing may be trusted before
    `members` has ended without an error. `count`: how many members are listed, None when only reading tells.
    """

    @property
    def sealed(self) -> bool: ...

    @property
    def count(self) -> int | None: ...

    @property
    def size(self) -> int | None:
        """Bytes that the members unpack to together, at most; None when only reading tells."""

    def members(self) -> Iterator[Member | Refused]:
        """In the archive's order, each once; two may have the same path. Raises Corrupt, OSError."""

    def open(self, member: Member) -> AbstractContextManager[Readable]:
        """A member's bytes. In a tgz only the member that came last can be opened, and only once.

        Opening and reading raise Corrupt as soon as the bytes are seen not to be those that were promised: the last
        of a zip's member come only after its size and checksum have matched. Raise OSError.
        """

    def place(self) -> int:
        """How many bytes of the archive's file have been read so far, for a progress bar."""


def unsafe(path: str) -> str | None:
    r"""Why a member of that name is refused, None when it is not: "..", "/x", "\x", "C:\x", "\\host\x"."""
    if not path:
        return "It has no name."
    if path[0] in "/\\" or _DRIVE.match(path):
        return "Its name says where on the disk it wants to be; members must stay in their folder."
    if ".." in path and _CLIMBS.search(path):
        return 'Its name climbs out of its folder with "..".'
    return None


def decoded(name: bytes) -> str:
    """A name whose encoding is not told: UTF-8, else Japanese as Windows writes it, else as DOS wrote it."""
    for encoding in ("utf-8", "cp932"):
        try:
            return name.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name.decode("cp437")


def plausible(seconds: float) -> float | None:
    """Unix seconds of a date that a file can have, else None: zero is what writers put who know none."""
    return seconds if 0 < seconds < _LAST else None
