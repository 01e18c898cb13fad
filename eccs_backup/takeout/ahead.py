"""Reads a stream ahead in a thread of its own: unpacking and all the rest take a core each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from eccs_backup.mail.mbox_reading import BLOCK, Readable

BLOCKS = 16
"""Read ahead, at most."""


@contextmanager
def ahead(stream: Readable, meanwhile: Callable[[], bool]) -> Iterator[Readable]:
    """The same stream, read before it is asked for. Errors come where they would have come.

    Whoever has to wait for it does a step of something else, `meanwhile`, as long as that has a step to do.
    """
    with ThreadPoolExecutor(1, "reading ahead") as reader:
        try:
            yield _Ahead(stream, reader, meanwhile)
        finally:
            reader.shutdown(wait=True, cancel_futures=True)


class _Ahead:
    def __init__(self, stream: Readable, reader: ThreadPoolExecutor, meanwhile: Callable[[], bool]) -> None:
        self._stream, self._reader, self._meanwhile = stream, reader, meanwhile
        self._blocks = deque(reader.submit(stream.read, BLOCK) for _ in range(BLOCKS))

    def read(self, size: int) -> bytes:
        """The next block, of whatever size."""
        while not self._blocks[0].done() and self._meanwhile():
            pass
        block = self._blocks.popleft().result()
        self._blocks.append(self._reader.submit(self._stream.read, BLOCK))
        return block


class Again:
    """A stream whose first block has been looked at."""

    def __init__(self, first: bytes, stream: Readable) -> None:
        self._first, self._stream = first, stream

    def read(self, size: int) -> bytes:
        """The next bytes."""
        first, self._first = self._first, b""
        return first or self._stream.read(size)
