"""The engine: fetch everything that the survey left pending, and write it down."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from queue import Empty, SimpleQueue

from eccs_backup import download
from eccs_backup.errors import Halted, ItemError, Transient, Unavailable, Unfinished
from eccs_backup.model import Entry, Item, Kind, Obstacle, State
from eccs_backup.retry import Patience
from eccs_backup.sources import Source
from eccs_backup.survey import Survey, news
from eccs_backup.vault import Vault

COMMIT_EVERY = 0.1
"""Seconds that a finished row may wait for others before it is committed."""
AHEAD = 4
"""Items handed out per worker, so that none waits for the main thread."""


def run(
    source: Source,
    vault: Vault,
    found: Survey,
    *,
    patience: Callable[..., Patience] = Patience,
    on_bytes: Callable[[int], object] = lambda count: None,
) -> Iterator[Entry]:
    """Fetch everything the survey left pending; yields each entry once its row is written.

    Raises Stop, after what is finished has been written down.
    """
    if found.counts[State.PENDING]:
        yield from _run(source, vault, found.number, patience, on_bytes)
    vault.manifest.end_listing(found.number)
    vault.manifest.commit()


def _run(
    source: Source,
    vault: Vault,
    number: int,
    patience: Callable[..., Patience],
    on_bytes: Callable[[int], object],
) -> Iterator[Entry]:
    halt = source.halt

    def tick(count: int) -> None:
        halt.check()
        on_bytes(count)

    pace = source.pace
    with (
        ThreadPoolExecutor(pace.lanes, "lane") as lanes,
        ThreadPoolExecutor(pace.workers, "worker") as workers,
    ):
        tools = download.Tools(vault.part, lambda: patience(sleep=halt.sleep), lanes, pace.lanes, tick)
        crew = _Crew(source, vault, tools, workers, number)
        try:
            yield from crew.work(item for item in source.items() if vault.manifest.is_pending(item.key))
        finally:
            halt.set()
            workers.shutdown(wait=True, cancel_futures=True)
            crew.record(crew.finished())
            vault.manifest.commit()


class _Crew:
    """Hands items to the workers and writes down what comes back: all in the main thread."""

    def __init__(
        self, source: Source, vault: Vault, tools: download.Tools, workers: ThreadPoolExecutor, number: int
    ) -> None:
        self._source, self._vault, self._tools = source, vault, tools
        self._workers, self._number = workers, number
        self._under_way: dict[Future[Entry], Item] = {}
        self._done: SimpleQueue[Future[Entry]] = SimpleQueue()
        self._most = source.pace.workers * AHEAD
        self._in_vain = 0

    def work(self, items: Iterator[Item]) -> Iterator[Entry]:
        """Names are claimed and committed before files are put there; rows are written after the files."""
        committed = time.monotonic()
        while True:
            self._hand_out(list(islice(items, self._most - len(self._under_way))))
            if not self._under_way:
                return
            entries = self.record(self.finished(until=committed + COMMIT_EVERY))
            self._vault.manifest.commit()
            committed = time.monotonic()
            yield from entries

    def finished(self, until: float | None = None) -> list[Future[Entry]]:
        """What came back. With `until` (a time of the monotonic clock) at least one, and more if they come before."""
        done: list[Future[Entry]] = []
        while len(done) < len(self._under_way):
            try:
                if until is None:
                    done.append(self._done.get_nowait())
                elif not done:
                    done.append(self._done.get(timeout=1))  # wakes up so that Ctrl-C works on Windows
                elif len(done) >= self._most // 2:
                    break
                else:
                    done.append(self._done.get(timeout=max(0.0, until - time.monotonic())))
            except Empty:
                if done or until is None:
                    break
        return done

    def record(self, done: list[Future[Entry]]) -> list[Entry]:
        """Write the rows of what came back. Raises Stop, after all the rows are written."""
        entries, stops = [], []
        for future in done:
            item = self._under_way.pop(future)
            error = None if future.cancelled() else future.exception()
            if future.cancelled() or isinstance(error, Halted):
                continue
            self._in_vain = self._in_vain + 1 if isinstance(error, Transient) else 0
            if error is not None and not isinstance(error, (ItemError, Transient)):
                stops.append(error)
                continue
            entry = self._failure(item, error) if error else replace(future.result(), seen=self._number)
            self._vault.manifest.put(entry)
            if entry.path and not error:
                self._vault.settled(entry.key, entry.path)
            entries.append(entry)
        if self._in_vain >= self._source.pace.workers * 2:  # not the items': the service or the network is down
            stops.append(Unfinished("The service has stopped answering."))
        if stops:
            raise stops[0]
        return entries

    def _hand_out(self, items: list[Item]) -> None:
        placed = [(item, self._vault.place(item)) for item in items]
        self._vault.manifest.commit()  # names before files
        tasks = [(item, path, self._older(item, path)) for item, path in placed]
        self._vault.manifest.commit()
        for item, path, known in tasks:
            target = self._vault.path(path)
            future = self._workers.submit(download.fetch, self._source, item, target, path, known, self._tools)
            self._under_way[future] = item
            future.add_done_callback(self._done.put)

    def _older(self, item: Item, path: str) -> Entry | None:
        """The entry so far; its file is moved to where the new version will take its place."""
        known = self._vault.manifest.get(item.key)
        if known and known.path not in (None, path):
            if not self._vault.holds(known):
                self._vault.set_aside(known)
                return known
            known = self._vault.move(known, path)
            self._vault.manifest.put(known)
            self._vault.settled(known.key, path)
        return known

    def _failure(self, item: Item, error: ItemError | Transient) -> Entry:
        known = self._vault.manifest.get(item.key)
        reason = f"{error} {error.hint}"
        if isinstance(error, Unavailable) and error.obstacle.kind is not Kind.REFUSED:
            return news(item, known, State.EXPLAINED, self._number, Obstacle(error.obstacle.kind, reason))
        return replace(news(item, known, State.FAILED, self._number), reason=reason)
