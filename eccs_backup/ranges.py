"""A large file over several connections, with a journal of what is finished."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import BinaryIO

from eccs_backup.errors import Transient
from eccs_backup.model import Item
from eccs_backup.retry import Patience
from eccs_backup.sources import Opener

RANGE = 16 << 20
"""Bytes in one range: what a kill costs a connection at most."""


class RangesIgnored(Exception):
    """The service sends the whole file whatever range is asked for."""


class Journal:
    """Which ranges of a part are on the disk; a line each, written after the range's bytes.

    Shared by the lanes of one download. The file's name is the part's with ".ranges" added.
    """

    def __init__(self, part: Path, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._file = self._path(part).open("a+", encoding="ascii", errors="replace")
        self._file.seek(0)
        done = {int(line) for line in self._file if line.endswith("\n") and line.strip().isdigit()}
        count = -(-size // RANGE)
        self.held = sum(self._length(number) for number in done if number < count)  # bytes
        self._missing = [number for number in range(count - 1, -1, -1) if number not in done]

    def __len__(self) -> int:
        """How many ranges nobody has taken yet."""
        return len(self._missing)

    def take(self) -> tuple[int, int, int] | None:
        """(number, start, stop) of a range to fetch, in bytes; None when none is left."""
        with self._lock:
            if not self._missing:
                return None
            number = self._missing.pop()
            return number, number * RANGE, number * RANGE + self._length(number)

    def finish(self, number: int) -> None:
        """The range's bytes are on the disk."""
        with self._lock:
            self._file.write(f"{number}\n")
            self._file.flush()

    def abandon(self) -> None:
        """One lane failed: the others stop after their range."""
        with self._lock:
            self._missing.clear()

    def close(self) -> None:
        """Close the file; it stays for the next run."""
        self._file.close()

    @staticmethod
    def forget(part: Path) -> None:
        """Remove the journal of a part."""
        Journal._path(part).unlink(missing_ok=True)

    @staticmethod
    def started(part: Path) -> bool:
        """Whether the part is being put together from ranges."""
        return Journal._path(part).exists()

    @staticmethod
    def _path(part: Path) -> Path:
        return part.with_name(f"{part.name}.ranges")

    def _length(self, number: int) -> int:
        return min(RANGE, self._size - number * RANGE)


def receive_ranges(
    source: Opener,
    item: Item,
    part: Path,
    lanes: Executor,
    crew: int,
    patience: Callable[[], Patience],
    on_bytes: Callable[[int], object],
) -> None:
    """Fill `part` with every range that its journal misses, over up to `crew` further connections.

    Raises RangesIgnored when the service will not serve ranges; Transient, ItemError and Stop as `source.open` does.
    """
    assert item.size is not None
    if part.exists() and part.stat().st_size != item.size:  # not one of ours: begin afresh
        part.unlink()
        Journal.forget(part)
    if not part.exists():
        Journal.forget(part)
        with part.open("wb") as file:
            file.truncate(item.size)
    journal = Journal(part, item.size)
    on_bytes(journal.held)

    def lane() -> None:
        with part.open("rb+", buffering=0) as file:
            try:
                while wanted := journal.take():
                    number, start, stop = wanted
                    _receive_range(source, item, file, start, stop, patience(), on_bytes)
                    os.fsync(file.fileno())
                    journal.finish(number)
            except BaseException:
                journal.abandon()
                raise

    try:
        _together(lane, lanes, min(crew, len(journal) - 1))
    finally:
        journal.close()


def _receive_range(
    source: Opener,
    item: Item,
    file: BinaryIO,
    start: int,
    stop: int,
    patience: Patience,
    on_bytes: Callable[[int], object],
) -> None:
    at, ignored = start, 0
    while at < stop:
        try:
            with source.open(item, at, stop) as stream:
                if stream.start != at:
                    ignored += 1
                    if ignored > 1:  # once may be a passing fault of one of the service's machines
                        raise RangesIgnored
                    raise Transient(f"{item.name}: another part was sent than was asked for.", after=0.0)
                file.seek(at)
                for block in stream.chunks:
                    taken = block[: stop - at]
                    file.write(taken)
                    at += len(taken)
                    on_bytes(len(taken))
                    patience.restore()
                    if at == stop:
                        break
            if at < stop:
                raise Transient(f"{item.name} ended after {at} of {item.size} bytes.")
        except Transient as error:
            patience.wait_or_raise(error)


def _together(lane: Callable[[], None], lanes: Executor, extra: int) -> None:
    """Run `lane` here and up to `extra` times elsewhere until all are through; the first error counts."""
    others: list[Future[None]] = [lanes.submit(lane) for _ in range(max(0, extra))]
    try:
        lane()
    finally:
        started = [other for other in others if not other.cancel()]
        errors = [error for other in started if (error := other.exception())]
    if errors:
        raise errors[0]
