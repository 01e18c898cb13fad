"""Brings bytes into parts of the vault and reads them back: what stands in a row is what lies on the disk."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple, TypeAlias

from eccs_backup import disk
from eccs_backup.errors import VaultUnwritable, of_disk
from eccs_backup.model import Item
from eccs_backup.vault import INNER, Vault

WORKERS = 2
BLOCK = 1 << 20
BATCH, BATCH_BYTES = 64, 1 << 20
"""Small files go to a worker together: handing one over costs as much as writing it."""
IN_FLIGHT = 24 << 20
"""Bytes that wait for the workers, at most."""
FLUSH_EVERY = 64 << 20
"""Bytes after which the disk is set to work, by a thread of its own: else it waits for the end, and we for it."""
_ZEROS = bytes(BLOCK)


class Staged(NamedTuple):
    """A whole item in a part of its own; `size` in bytes, `sha256` of what was read back."""

    item: Item
    part: Path
    size: int
    sha256: str


Then: TypeAlias = Callable[[Staged], object]


class _Small(NamedTuple):
    item: Item
    part: Path
    body: bytes


class Staging:
    """Hands bodies to two workers, and calls back in the main thread, in the order in which they were put."""

    def __init__(self, vault: Vault) -> None:
        self._root = vault.root
        self._flusher = ThreadPoolExecutor(1, "flushing")
        self._flushing: Future[None] | None = None
        self._unflushed = 0
        self._folder = vault.root / INNER / "partial"
        self._numbers = count()
        self._workers = ThreadPoolExecutor(WORKERS, "staging")
        self._batch: list[_Small] = []
        self._thens: list[Then] = []
        self._size = 0
        self._flying: deque[tuple[Future[list[Staged]], list[Then], int]] = deque()
        self._in_flight = 0

    def put(self, item: Item, body: bytes, then: Then) -> None:
        """A small body. Raises Stop when the disk does not take this one or one before."""
        self._batch.append(_Small(item, self._part(), body))
        self._thens.append(then)
        self._size += len(body)
        if self._size >= BATCH_BYTES or len(self._batch) == BATCH:
            self._hand_out()

    def stream(self, item: Item, blocks: Iterable[bytes], then: Then) -> None:
        """A body of any size, written here and now, and read back by a worker. Raises what the blocks raise, Stop."""
        part = self._part()
        try:
            size, crc = _write(part, blocks)
        except OSError as error:
            with suppress(OSError):  # room for the last rows
                part.unlink()
            raise of_disk(error) from error
        self._hand_out()
        self._fly(self._workers.submit(_read_back, item, part, size, crc), [then], 0)

    def finish(self) -> None:
        """Wait for everything that was put. Raises Stop."""
        self._hand_out()
        while self._flying:
            self._take_back()

    def close(self) -> None:
        """Let go of the workers; what was not taken back is left in its part."""
        self._workers.shutdown(wait=True, cancel_futures=True)
        self._flusher.shutdown(wait=True, cancel_futures=True)

    def _part(self) -> Path:
        """Two items of one key may be under way: no name is given twice in a run."""
        return self._folder / f"takeout-{next(self._numbers)}"

    def _hand_out(self) -> None:
        if self._batch:
            self._fly(self._workers.submit(_write_all, self._batch), self._thens, self._size)
            self._batch, self._thens, self._size = [], [], 0

    def _fly(self, future: Future[list[Staged]], thens: list[Then], size: int) -> None:
        self._flying.append((future, thens, size))
        self._in_flight += size
        while self._flying and (self._flying[0][0].done() or self._in_flight > IN_FLIGHT):
            self._take_back()

    def _take_back(self) -> None:
        future, thens, size = self._flying.popleft()
        self._in_flight -= size
        try:
            found = future.result()
        except OSError as error:
            raise of_disk(error) from error
        for then, staged in zip(thens, found, strict=True):
            self._unflushed += staged.size
            then(staged)
        if self._unflushed >= FLUSH_EVERY and (self._flushing is None or self._flushing.done()):
            self._flushing, self._unflushed = self._flusher.submit(disk.sync, self._root), 0


def _write_all(batch: list[_Small]) -> list[Staged]:
    found = []
    for item, part, body in batch:
        if not disk.write_whole(part, body, item.modified):
            raise VaultUnwritable(f"{item.name} could not be read back as it was written.")
        found.append(Staged(item, part, len(body), hashlib.sha256(body).hexdigest()))
    return found


def _write(part: Path, blocks: Iterable[bytes]) -> tuple[int, int]:
    """Size and CRC-32 of what was written. Zeros become holes: they take no room, and are read back as zeros."""
    size = crc = 0
    with part.open("wb", buffering=0) as file:
        for block in blocks:
            crc = zlib.crc32(block, crc)
            size += len(block)
            if len(block) == BLOCK and block == _ZEROS:
                file.seek(BLOCK, os.SEEK_CUR)
            else:
                _write_block(file.fileno(), block)
        file.truncate(size)
        if not disk.SYNCS_TOGETHER:
            os.fsync(file.fileno())
    return size, crc


def _write_block(file: int, block: bytes) -> None:
    left = memoryview(block)
    while left:
        left = left[os.write(file, left) :]


def _read_back(item: Item, part: Path, size: int, crc: int) -> list[Staged]:
    sha256, found_size, found_crc = hashlib.sha256(), 0, 0
    with part.open("rb", buffering=0) as file:
        while block := file.read(BLOCK):
            sha256.update(block)
            found_crc = zlib.crc32(block, found_crc)
            found_size += len(block)
    if (found_size, found_crc) != (size, crc):
        raise VaultUnwritable(f"{item.name} could not be read back as it was written.")
    if item.modified:
        disk.date(part, item.modified)
    return [Staged(item, part, size, sha256.hexdigest())]
