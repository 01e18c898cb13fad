"""The engine: fetch everything that the survey left pending, and write it down."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import cast

from eccs_backup import delivery, disk, download
from eccs_backup.crew import AHEAD, Crew, Verdicts
from eccs_backup.errors import Halted
from eccs_backup.likeness import twins
from eccs_backup.model import Entry, Item, Kind, Proof, State
from eccs_backup.retry import Patience
from eccs_backup.sources import Courier, Opener, Source
from eccs_backup.survey import COMMIT_EVERY, Survey, failure
from eccs_backup.vault import Vault


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
        halt = source.halt

        def tick(count: int) -> None:
            halt.check()
            on_bytes(count)

        try:
            if isinstance(source, Courier):
                yield from delivery.run(source, vault, found.number, lambda: patience(sleep=halt.sleep), tick)
            else:
                yield from _run(cast(Opener, source), vault, found.number, lambda: patience(sleep=halt.sleep), tick)
        finally:
            vault.manifest.commit()
    vault.manifest.end_listing(found.number)
    vault.manifest.commit()


def _run(
    source: Opener,
    vault: Vault,
    number: int,
    patience: Callable[[], Patience],
    on_bytes: Callable[[int], object],
) -> Iterator[Entry]:
    pace = source.pace
    with (
        ThreadPoolExecutor(pace.lanes, "lane") as lanes,
        ThreadPoolExecutor(pace.workers, "worker") as workers,
    ):
        tools = download.Tools(vault.part, patience, lanes, pace.lanes, on_bytes)
        crew = _Fetching(source, vault, tools, workers, number)
        try:
            yield from crew.work(item for item in source.items() if vault.manifest.is_pending(item.key))
        except BaseException:
            source.halt.set()
            raise
        finally:
            workers.shutdown(wait=True, cancel_futures=True)
            crew.record()


class _Fetching:
    """Hands items to the workers and writes down what comes back: all in the main thread."""

    def __init__(
        self, source: Opener, vault: Vault, tools: download.Tools, workers: ThreadPoolExecutor, number: int
    ) -> None:
        self._source, self._vault, self._tools, self._number = source, vault, tools, number
        self._crew: Crew[Entry] = Crew(workers, source.pace.workers * AHEAD)
        self._items: dict[Future[Entry], Item] = {}
        self._verdicts = Verdicts(source.pace.workers)

    def work(self, items: Iterator[Item]) -> Iterator[Entry]:
        """Names are claimed and committed before files are put there; rows are written after the files."""
        committed = time.monotonic()
        while True:
            self._hand_out(list(islice(items, self._crew.room)))
            if not self._crew.busy:
                return
            entries = self.record(committed + COMMIT_EVERY)
            self._vault.manifest.commit()
            committed = time.monotonic()
            yield from entries

    def record(self, until: float | None = None) -> list[Entry]:
        """Write the rows of what came back. Raises Stop, after all the rows are written."""
        entries = []
        for future in self._crew.collected(until):
            assert isinstance(future, Future)
            item = self._items.pop(future)
            if future.cancelled() or isinstance(future.exception(), Halted):
                continue
            error = self._verdicts.judge(future.exception())
            if future.exception() and not error:
                continue
            entry = failure(item, error, self._vault, self._number) if error else future.result()
            entry = replace(entry, seen=self._number)
            self._vault.manifest.put(entry)
            if entry.path and not error:
                self._vault.settled(entry.key, entry.path)
            entries.append(entry)
        self._verdicts.check()
        return entries

    def _hand_out(self, items: list[Item]) -> None:
        placed = [(item, self._vault.place(item)) for item in items]
        self._vault.manifest.commit()  # names before files
        tasks = [(item, path, self._older(item, path)) for item, path in placed]
        self._vault.manifest.commit()
        for item, path, known in tasks:
            target = self._vault.path(path)
            if known is None or known.path is None:
                self._bring_from_export(item, path, target)
            future = self._crew.submit(download.fetch, self._source, item, target, path, known, self._tools)
            self._items[future] = item

    def _bring_from_export(self, item: Item, path: str, target: Path) -> None:
        """The very file may lie here already, out of a Takeout: it moves to its place, where it is read and adopted."""
        if not item.digest or item.digest.algorithm != "sha256" or item.size is None or os.path.lexists(target):
            return
        for each in twins(self._vault.manifest, item.name, item.digest.hex, item.size):
            held = self._vault.manifest.get(each.key)
            if held and each.key.source == "takeout" and held.state is State.SAVED and self._vault.holds(held):
                self._vault.move(held, path)
                if item.modified:
                    disk.date(target, item.modified)
                facts = {**held.facts, "as": path, "sha256": held.sha256}
                self._vault.manifest.put(
                    replace(
                        held, state=State.EXPLAINED, kind=Kind.ELSEWHERE, reason=f"kept already: {path}", path=None,
                        size=None, sha256=None, proof=Proof.NONE, facts=facts,
                    )
                )  # fmt: skip
                return

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
