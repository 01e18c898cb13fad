"""Items that come whole, many at a time, become verified files."""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from eccs_backup import disk
from eccs_backup.crew import AHEAD, Crew, Verdicts
from eccs_backup.digest import digests
from eccs_backup.errors import Corrupt, ItemError, Transient, of_disk
from eccs_backup.model import Entry, Item, Key, Proof, State
from eccs_backup.retry import Patience
from eccs_backup.sources import Courier, Parcel
from eccs_backup.survey import failure
from eccs_backup.vault import Vault

COMMIT_EVERY = 0.25
"""Seconds that a finished row may wait for others: they share the wait for the disk, and a kill costs at most these."""
RESPITE = 4
"""A disk that takes its time is left alone for so many times as long as it took."""
ASKS = 2
"""How often the service has to refuse an item before it is believed."""

Refusal = tuple[Item, ItemError | Transient]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A whole item in a part, on its way to its place. `sha256` is of what was read back from it."""

    item: Item
    part: Path
    size: int
    sha256: str
    proof: Proof


def run(
    source: Courier,
    vault: Vault,
    number: int,
    patience: Callable[[], Patience],
    on_bytes: Callable[[int], object],
) -> Iterator[Entry]:
    """Fetch everything pending; yields each entry once its row is written. Raises Stop, after the rows are written."""
    with ThreadPoolExecutor(source.pace.workers, "courier") as workers:
        crew: Crew[Arrival | Refusal | None] = Crew(workers, source.pace.workers * AHEAD)
        desk = _Desk(source, vault, number, crew, _Worker(source, vault.part, patience, on_bytes, crew.report))
        try:
            yield from desk.work()
        except BaseException:
            source.halt.set()
            raise
        finally:
            workers.shutdown(wait=True, cancel_futures=True)
            desk.record()


@dataclass(frozen=True)
class _Worker:
    """Brings one bundle into parts; used by many threads."""

    source: Courier
    part: Callable[[Item], Path]
    patience: Callable[[], Patience]
    on_bytes: Callable[[int], object]
    report: Callable[[Arrival | Refusal], object]

    def fetch(self, bundle: Sequence[Item]) -> None:
        """Report what came of each item, at once; nobody is left out. Raises Stop."""
        missing = {item.key: item for item in bundle}
        asked: Counter[Key] = Counter()
        patience = self.patience()
        while missing:
            refusals: dict[Key, ItemError | Transient] = {}
            trouble = self._ask_for(missing, refusals, patience)
            for key, error in refusals.items():
                asked[key] += isinstance(error, ItemError)
                if asked[key] >= ASKS:
                    self.report((missing.pop(key), error))
                elif isinstance(error, Transient):
                    trouble = error
            if trouble and missing:
                try:
                    patience.wait_or_raise(trouble)
                except Transient as error:
                    for key, item in missing.items():
                        self.report((item, refusals.get(key, error)))
                    return

    def _ask_for(
        self,
        missing: dict[Key, Item],
        refusals: dict[Key, ItemError | Transient],
        patience: Patience,
    ) -> Transient | None:
        """One question for everything that is missing; what is wrong with the whole of the answer."""
        before = len(missing)
        try:
            for each in self.source.deliver(list(missing.values())):
                if isinstance(each, Parcel):
                    try:
                        self.report(self._keep(each))
                        del missing[each.item.key]
                        patience.restore()
                    except Corrupt as error:
                        refusals[each.item.key] = error
                else:
                    refusals[each[0].key] = each[1]
        except Transient as error:
            return error
        if len(missing) == before and not refusals:
            return Transient("The service left a question without an answer.")
        return None

    def _keep(self, parcel: Parcel) -> Arrival:
        """Write the bytes into a part, and hash what can be read back. Raises Corrupt, Stop."""
        item, body, proof = parcel
        part = self.part(item)
        try:
            if not disk.write_whole(part, body, item.modified):
                raise Corrupt(f"{item.name} could not be read back as it was written.")
        except OSError as error:
            with suppress(OSError):  # room for the last rows
                part.unlink()
            raise of_disk(error) from error
        self.on_bytes(len(body))
        return Arrival(item, part, len(body), hashlib.sha256(body).hexdigest(), proof)


class _Desk:
    """Hands out bundles, puts what came in its place, and writes the rows: all in the main thread."""

    def __init__(
        self, source: Courier, vault: Vault, number: int, crew: Crew[Arrival | Refusal | None], worker: _Worker
    ) -> None:
        self._source, self._vault, self._number, self._worker = source, vault, number, worker
        self._crew = crew
        self._verdicts = Verdicts(source.pace.workers)
        self._folders: dict[str, Path] = {}
        self._entries: list[Entry] = []

    def work(self) -> Iterator[Entry]:
        """Everything that the survey left pending."""
        pending = (item for item in self._source.items() if self._vault.manifest.is_pending(item.key))
        bundles = self._source.bundles(pending)
        due = time.monotonic() + COMMIT_EVERY
        while True:
            for bundle in islice(bundles, self._crew.room):
                self._crew.submit(self._worker.fetch, bundle)
            if not self._crew.busy:
                break
            self._settle(due)
            if (began := time.monotonic()) >= due:
                yield from self.record()
                now = time.monotonic()
                due = now + max(COMMIT_EVERY, (now - began) * RESPITE)
        yield from self.record()

    def record(self) -> list[Entry]:
        """Make the files last that came, then their rows. Raises Stop, after all the rows are written."""
        self._settle()
        if self._entries:
            try:
                disk.sync(self._vault.root)  # the files first, their rows second
            except OSError as error:
                raise of_disk(error) from error
        self._vault.manifest.commit()
        entries, self._entries = self._entries, []
        self._verdicts.check()
        return entries

    def _settle(self, until: float | None = None) -> None:
        """Put what came back in its place, and write its rows; not yet for good."""
        for each in self._crew.collected(until):
            if isinstance(each, Arrival):
                self._verdicts.judge(None)
                self._entries.append(self._place(each))
                self._source.settled(each.item)
            elif isinstance(each, Future):
                if not each.cancelled() and each.exception():
                    self._verdicts.judge(each.exception())
            elif each is not None:
                item, error = each
                self._entries.append(failure(item, self._verdicts.judge(error) or error, self._vault, self._number))
            else:
                continue
            if not isinstance(each, Future):
                self._vault.manifest.put(self._entries[-1])

    def _place(self, arrival: Arrival) -> Entry:
        item = arrival.item
        path = self._vault.own_place(item)
        folder, _, name = path.rpartition("/")
        try:
            if folder not in self._folders:
                self._folders[folder] = self._vault.path(folder)
                disk.make_folder(self._folders[folder])
            target = os.path.join(self._folders[folder], name)  # noqa: PTH118 - the hot path of a quick road
            if os.path.lexists(target) and not self._is_ours(item, Path(target), arrival.sha256):
                disk.set_aside(Path(target))
            os.replace(arrival.part, target)  # noqa: PTH105
        except OSError as error:
            raise of_disk(error) from error
        modified = item.modified.timestamp() if item.modified else None
        return Entry(
            item.key, State.SAVED, item.name, None, None, item.revision, path, arrival.size, arrival.sha256,
            arrival.proof, modified, item.facts, self._number,
        )  # fmt: skip

    def _is_ours(self, item: Item, target: Path, newer: str) -> bool:
        """Whether what lies there is the version that our row describes, or the very one that came: else it stays."""
        known = self._vault.manifest.get(item.key)
        older = known.sha256 if known else None
        return target.is_file() and not target.is_symlink() and digests(target, "sha256")["sha256"] in (older, newer)
