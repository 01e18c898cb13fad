"""The survey: list everything, decide what each item needs, and do what needs no download."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from eccs_backup.choice import Choice
from eccs_backup.errors import BackupError, ItemError, Unavailable, Unfinished, VaultFull
from eccs_backup.model import Entry, Item, Key, Kind, Obstacle, State
from eccs_backup.sources import Courier, Source
from eccs_backup.vault import Vault

BATCH = 500
"""Files moved between two commits."""
COMMIT_EVERY = 0.1
"""Seconds that a finished row may wait for others before it is committed."""


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
    moving = not isinstance(source, Courier)  # what never changes is never renamed
    for item in source.items():
        item = choice.apply(item)
        entry = _judge(item, vault, found.number, moving)
        if isinstance(source, Courier) and entry.state is State.SAVED and not item.facts:
            source.held(item, entry.facts)
        if moving and entry.state is State.SAVED and (path := vault.place(item)) != entry.path:
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
    if isinstance(source, Courier) and source.freshen():
        return survey(source, vault, choice, words)
    return found


def check_room(vault: Vault, found: Survey) -> None:
    """Raise VaultFull when the disk cannot take what is still to fetch; a twentieth is kept for the rest."""
    free = vault.room()
    if found.bytes + (found.bytes // 20) > free:
        raise VaultFull(f"{found.bytes:,} bytes are to be fetched; the disk has room for {free:,}.")


def news(item: Item, known: Entry | None, state: State, number: int, obstacle: Obstacle | None = None) -> Entry:
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


def failure(item: Item, error: BackupError, vault: Vault, number: int) -> Entry:
    """The row of an item that could not be had: explained when the service says why, else failed."""
    known = vault.manifest.get(item.key)
    reason = f"{error} {error.hint}"
    if isinstance(error, Unavailable) and error.obstacle.kind is not Kind.REFUSED:
        return news(item, known, State.EXPLAINED, number, Obstacle(error.obstacle.kind, reason))
    return replace(news(item, known, State.FAILED, number), reason=reason)


def _judge(item: Item, vault: Vault, number: int, moving: bool) -> Entry:
    """Decide, do what needs no download, and write the row."""
    known = _found(item, vault) if moving else vault.manifest.get(item.key)
    match decide(item, known, held=known is not None and vault.holds(known)):
        case Action.KEEP:
            assert known is not None
            return _keep(item, known, vault, number)
        case Action.NOTE:
            assert item.obstacle is not None
            state = State.LEFT_OUT if item.obstacle.kind is Kind.LEFT_OUT else State.EXPLAINED
            entry = news(item, known, state, number, item.obstacle)
            if item.obstacle.kind is Kind.FOLDER:
                try:
                    vault.keep_folder(item)
                except ItemError as error:
                    entry = replace(entry, state=State.FAILED, kind=None, reason=f"{error} {error.hint}")
        case Action.FETCH:
            entry = news(item, known, State.PENDING, number)
    vault.manifest.put(entry)
    return entry


def _keep(item: Item, known: Entry, vault: Vault, number: int) -> Entry:
    entry = replace(
        known,
        state=State.SAVED,
        kind=None,
        reason=None,
        title=item.name,
        facts=item.facts or known.facts,
        seen=known.seen,
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
    if moved.path == known.path or not vault.is_true(moved):  # the size alone may be a stranger's
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


def _refuse_sudden_emptiness(source: Source, vault: Vault, found: Survey) -> None:
    if not found.listed and next(vault.manifest.entries(source.name, held=True), None):
        raise Unfinished(
            f"{source.account} listed nothing at all, although this folder holds files of it.",
            hint="Look into the account with a browser; if it is empty indeed, what you hold is all there was.",
        )
