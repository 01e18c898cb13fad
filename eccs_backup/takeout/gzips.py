"""Unpacks a gzip as a stream of bytes, to its very end, with its checksums (https://www.rfc-editor.org/rfc/rfc1952)."""

from __future__ import annotations

import zlib
from typing import BinaryIO

from eccs_backup.errors import Corrupt
from eccs_backup.takeout.members import AGAIN, Limits

MAGIC = b"\x1f\x8b"
BLOCK = 1 << 16
UNPACKED = 1 << 18
"""Bytes that are unpacked at once."""
_GZIP = 16 + zlib.MAX_WBITS
"""For zlib: a header is expected, and the CRC-32 and the length behind the bytes are compared."""


class Unpacked:
    """The bytes of one or several gzips behind each other, as `gzip -c` writes them to the end of a file.

    Everything here raises Corrupt with the file's name, and again whenever it is called again; and OSError.
    """

    def __init__(self, name: str, file: BinaryIO, limits: Limits) -> None:
        self._name, self._file, self._limits = name, file, limits
        self._unpacker = zlib.decompressobj(_GZIP)
        self._rest, self._block, self._place = b"", b"", 0
        self._failed, self._ended = "", False
        self._size, self._marked = 0, (0, 0)

    @property
    def packed(self) -> int:
        """Bytes of the file that have been read."""
        return self._file.tell()

    def mark(self) -> None:
        """A new member begins: from here on it has to keep to the limits by itself, too."""
        self._marked = (self.packed, self._size)

    def some(self, most: int) -> bytes:
        """The next bytes, at most so many; none when everything has been read and every checksum has matched."""
        if self._failed:
            raise Corrupt(self._failed, hint=AGAIN)
        if self._place == len(self._block) and not self._fill():
            return b""
        found = self._block[self._place : self._place + most]
        self._place += len(found)
        return found

    def some_of(self, most: int) -> bytes:
        """The next bytes, of so many that must come; `most` is more than 0."""
        found = self.some(most)
        if not found:
            raise self.broken("is cut off: its end is missing")
        return found

    def exactly(self, size: int) -> bytes:
        """So many bytes; those that are missing are an error."""
        found = self.some_of(size) if size else b""
        while len(found) < size:
            found += self.some_of(size - len(found))
        return found

    def skip(self, size: int) -> None:
        """Pass over so many bytes."""
        while size:
            size -= len(self.some_of(size))

    def broken(self, sentence: str) -> Corrupt:
        """The error that says what is wrong with the file, in the words that follow its name."""
        self._failed = f"{self._name} {sentence}."
        return Corrupt(self._failed, hint=AGAIN)

    def _fill(self) -> bool:
        """Unpack the next block; False at the end."""
        try:
            self._block, self._place = b"" if self._ended else self._unpack(), 0
        except zlib.error as error:
            raise self.broken("is damaged: it cannot be unpacked, or does not match its checksum") from error
        self._size += len(self._block)
        self._check_limits()
        return bool(self._block)

    def _unpack(self) -> bytes:
        while not self._unpacker.eof or self._next_gzip():
            packed = self._unpacker.unconsumed_tail or self._read()
            if block := self._unpacker.decompress(packed, UNPACKED):
                return block
            if not packed and not self._unpacker.eof:
                raise self.broken("is cut off: its end is missing")
        self._ended = True
        return b""

    def _next_gzip(self) -> bool:
        """Whether another one follows. Zeros, which fill up a block of a tape or a disk, may end the file."""
        rest = self._unpacker.unused_data or self._read()
        while rest and rest.count(0) == len(rest):
            rest = self._read()
        if not rest:
            return False
        if not MAGIC.startswith(rest[: len(MAGIC)]):
            raise self.broken("is damaged: something else follows its end")
        self._unpacker, self._rest = zlib.decompressobj(_GZIP), rest
        return True

    def _read(self) -> bytes:
        packed, self._rest = self._rest or self._file.read(BLOCK), b""
        return packed

    def _check_limits(self) -> None:
        packed, size = self._marked
        most = self._limits.most
        if self._size > most(self.packed) or self._size - size > most(self.packed - packed):
            raise self.broken(f"would unpack to more than {self._size:,} bytes, far more than it can honestly hold")
