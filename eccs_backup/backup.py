"""The engine: list everything, decide what each item needs, do it, write it down."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from itertools import islice
from queue import Empty, SimpleQueue

from eccs_backup import download
from eccs_backup.choice import Choice
from eccs_backup.errors import Halted, ItemError, Transient, Unavailable, Unfinished, VaultFull
from eccs_backup.model import Entry, Item, Key, Kind, Obstacle, State
from eccs_backup.retry import Patience
from eccs_backup.sources import Source
from eccs_backup.vault import Vault

COMMIT_EVERY = 0.1
"""Seconds that a finished row may wait for others before it is committed."""
BATCH = 500
"""Files moved between two commits."""
AHEAD = 4
"""Items handed out per worker, so that none waits for the main thread."""


class Action(Enum):
    """What an item needs."""

    KEEP = auto()
    NOTE = auto()
    FETCH = auto()


def decide(item: Item, known: Entry | None, held: bool) -> Action:
    """The whole policy. Pure, so that every case is one line of a table test.

    `held` says that the known entry's file lies on the disk. What was saved stays saved as long as it is the newest,
    also when the person leaves it out now or its owner has forbidden downloading since.
    """
    newest = known is not None and known.sha256 is not None and known.revision == item.revision and held
    if newest:
        return Action.KEEP
    return Action.NOTE if item.obstacle else Action.FETCH


@dataclass
class Survey:
    """What a listing showed: `counts` by state, bytes still to fetch, and how many of those have no known size."""

    number: int
    counts: Counter[State] = field(default_factory=Counter)
    bytes: int = 0
    unsized: int = 0

    @property
    def listed(self) -> int:
        """Everything the service listed."""
        return self.counts.total()


def survey(source: Source, vault: Vault, choice: Choice, words: str) -> Survey:
    """List everything and write down what each item needs; nothing is fetched yet.

    From here on the balance is honest: what was listed and not saved is a row too. Raises Stop; Unusable when the
    person's globs name nothing at all.
    """
    vault.check_account(source.name, source.account)
    found = Survey(vault.manifest.begin_listing(source.name, words))
    vault.manifest.commit()
    moves: list[tuple[Key, str]] = []
    for item in source.items():
        item = choice.apply(item)
        entry = _judge(item, vault, found.number)
        if entry.state is State.SAVED and (path := vault.place(item)) != entry.path:
            moves.append((item.key, path))
        found.counts[entry.state] += 1
        if entry.state is State.PENDING:
            found.bytes += item.size or 0
            found.unsized += item.size is None
    _refuse_sudden_emptiness(source, vault, found)
    choice.refuse_slips()
    vault.manifest.finish_listing(found.number, found.listed)
    vault.manifest.commit()
    if moves:
        _carry_out(moves, source, vault)
    return found


def check_room(vault: Vault, found: Survey) -> None:
    """Raise VaultFull when the disk cannot take what is still to fetch; a twentieth is kept for the rest."""
    free = vault.room()
    if found.bytes + (found.bytes // 20) > free:
        raise VaultFull(f"{found.bytes:,} bytes are to be fetched; the disk has room for {free:,}.")


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
            return _news(item, known, State.EXPLAINED, self._number, Obstacle(error.obstacle.kind, reason))
        return replace(_news(item, known, State.FAILED, self._number), reason=reason)


def _judge(item: Item, vault: Vault, number: int) -> Entry:
    """Decide, do what needs no download, and write the row."""
    known = _found(item, vault)
    match decide(item, known, held=known is not None and vault.holds(known)):
        case Action.KEEP:
            assert known is not None
            return _keep(item, known, vault, number)
        case Action.NOTE:
            assert item.obstacle is not None
            state = State.LEFT_OUT if item.obstacle.kind is Kind.LEFT_OUT else State.EXPLAINED
            entry = _news(item, known, state, number, item.obstacle)
            if item.obstacle.kind is Kind.FOLDER:
                try:
                    vault.keep_folder(item)
                except ItemError as error:
                    entry = replace(entry, state=State.FAILED, kind=None, reason=f"{error} {error.hint}")
        case Action.FETCH:
            entry = _news(item, known, State.PENDING, number)
    vault.manifest.put(entry)
    return entry


def _keep(item: Item, known: Entry, vault: Vault, number: int) -> Entry:
    entry = replace(
        known, state=State.SAVED, kind=None, reason=None, title=item.name, facts=item.facts, seen=known.seen
    )
    if entry == known:
        vault.manifest.saw(known.key, number)
    else:
        vault.manifest.put(replace(entry, seen=number))
    return entry


def _found(item: Item, vault: Vault) -> Entry | None:
    """The entry so far. Its file may lie where the item belongs now: a run was killed after it had moved it."""
    known = vault.manifest.get(item.key)
    if known is None or known.path is None or vault.holds(known):
        return known
    moved = replace(known, path=vault.place(item))
    if moved.path == known.path or not vault.holds(moved):
        return known
    vault.manifest.put(moved)
    vault.settled(moved.key, moved.path or "")
    return moved


def _carry_out(moves: list[tuple[Key, str]], source: Source, vault: Vault) -> None:
    """Files follow their items, whose new names are committed already."""
    try:
        for number, (key, path) in enumerate(moves, start=1):
            known = vault.manifest.get(key)
            assert known is not None
            with suppress(ItemError):  # a name that this disk refuses: the file stays where it is, and is held
                vault.manifest.put(vault.move(known, path))
                vault.settled(key, path)
            if number % BATCH == 0:
                vault.manifest.commit()
        for item in source.items():  # what the moves left empty may be a folder that is empty online, too
            if item.obstacle and item.obstacle.kind is Kind.FOLDER:
                with suppress(ItemError):
                    vault.keep_folder(item)
    finally:
        vault.manifest.commit()
        vault.write_sums()


def _news(item: Item, known: Entry | None, state: State, number: int, obstacle: Obstacle | None = None) -> Entry:
    """What we hold stays described as it is; only the news of the item is new."""
    return replace(
        known or Entry(item.key, state),
        state=state,
        title=item.name,
        kind=obstacle.kind if obstacle else None,
        reason=obstacle.sentence if obstacle else None,
        facts=item.facts,
        seen=number,
    )


def _refuse_sudden_emptiness(source: Source, vault: Vault, found: Survey) -> None:
    if not found.listed and next(vault.manifest.entries(source.name, held=True), None):
        raise Unfinished(
            f"{source.account} listed nothing at all, although this folder holds files of it.",
            hint="Look into the account with a browser; if it is empty indeed, what you hold is all there was.",
        )
