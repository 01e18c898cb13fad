"""The bytes of a practice file, made from a seed and an offset so that no file has to be kept in memory."""

from __future__ import annotations

import hashlib
import random
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple, Protocol

BLOCK = 1 << 20
"""Bytes handed out at a time, at most."""
_HEAD = struct.Struct(">QQ")
_NOISE = memoryview(random.Random("eccs-backup rehearsal").randbytes(2 * BLOCK))

Piece = bytes | memoryview


class Digests(NamedTuple):
    """The three checksums Drive publishes, in lower-case hexadecimal."""

    md5: str
    sha1: str
    sha256: str


class Content(Protocol):
    """Bytes that can be read from anywhere."""

    @property
    def size(self) -> int:
        """The length in bytes."""
        ...

    def read(self, start: int, stop: int) -> Iterator[Piece]:
        """The bytes from `start` up to but not including `stop`, in pieces of at most `BLOCK`."""
        ...

    def digests(self) -> Digests:
        """Checksums of all of it; computed at the first call."""
        ...


class Literal:
    """Content that is held as it is."""

    __slots__ = ("_digests", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._digests: Digests | None = None

    @property
    def size(self) -> int:
        """The length in bytes."""
        return len(self.data)

    def read(self, start: int, stop: int) -> Iterator[Piece]:
        """The bytes from `start` up to but not including `stop`."""
        view = memoryview(self.data)
        for at in range(start, min(stop, len(view)), BLOCK):
            yield view[at : min(at + BLOCK, stop)]

    def digests(self) -> Digests:
        """Checksums of all of it; computed at the first call."""
        if self._digests is None:
            self._digests = _hash(self)
        return self._digests


class Noise:
    """Pseudo-random bytes: each block is a window of one fixed block, behind a head that names seed and block."""

    __slots__ = ("_digests", "seed", "size")

    def __init__(self, seed: int, size: int) -> None:
        self.seed = seed
        self.size = size
        self._digests: Digests | None = None

    def read(self, start: int, stop: int) -> Iterator[Piece]:
        """The bytes from `start` up to but not including `stop`, in pieces of at most `BLOCK`."""
        stop = min(stop, self.size)
        while start < stop:
            block, within = divmod(start, BLOCK)
            end = min(BLOCK, within + stop - start)
            head = _HEAD.pack(self.seed, block)
            if within < len(head):
                yield head[within:end]
            if end > len(head):
                window = zlib.crc32(head) % BLOCK
                yield _NOISE[window + max(within, len(head)) : window + end]
            start = block * BLOCK + end

    def digests(self) -> Digests:
        """Checksums of all of it; computed at the first call."""
        if self._digests is None:
            self._digests = _hash(self)
        return self._digests


def _hash(content: Content) -> Digests:
    md5, sha1, sha256 = hashlib.md5(), hashlib.sha1(), hashlib.sha256()
    for piece in content.read(0, content.size):
        md5.update(piece)
        sha1.update(piece)
        sha256.update(piece)
    return Digests(md5.hexdigest(), sha1.hexdigest(), sha256.hexdigest())
