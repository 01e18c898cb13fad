"""Puts proven files in their places and writes their rows: names first, files second, rows third."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from eccs_backup import disk
from eccs_backup.digest import digests
from eccs_backup.errors import of_disk
from eccs_backup.likeness import twins
from eccs_backup.model import Entry, Item, Kind, Proof, State
from eccs_backup.takeout.records import SOURCE, Records
from eccs_backup.takeout.staging import Staged
from eccs_backup.vault import Vault

BATCH = 2_000
"""Files whose names are made to last together."""
COMMIT_EVERY = 1.0
"""Seconds that finished files wait for others: they share the wait for the disk, and a kill costs at most these."""
RESPITE = 4
"""A disk that takes its time is left alone for so many times as long as it took."""


class Keeper:
    """The vault, as the listing of that number fills it."""

    def __init__(self, vault: Vault, number: int) -> None:
        self.vault, self.number = vault, number
        self.records = Records(vault.manifest)
        self._ready: list[Staged] = []
        self._backlog: deque[Iterator[None]] = deque()
        self.outdated: set[str] = set()
        """SHA-256 of messages that were taken for whole, and are not: they give way."""
        self.mailboxes: set[str] = set()
        """Names of the mailboxes that this import has met."""
        self.rivals: list[str] = []
        """Ids of messages that came twice in this import, with different bytes: the first one was kept."""
        self._folders: dict[str, Path] = {}
        self._placed = False
        self._due = time.monotonic() + COMMIT_EVERY

    def later(self, steps: Iterator[None]) -> None:
        """Something to be done step by step, after all that was put off before."""
        self._backlog.append(steps)

    def work(self) -> bool:
        """One step of what was put off; whether there was one. Raises Stop."""
        while self._backlog:
            for _ in self._backlog[0]:
                return True
            self._backlog.popleft()
        return False

    def drain(self) -> None:
        """Everything that was put off. Raises Stop."""
        while self.work():
            pass

    def settle(self, staged: Staged) -> None:
        """A proven file: it is put in its place soon. Raises Stop."""
        self._ready.append(staged)
        if len(self._ready) >= BATCH:
            self.flush()

    def wrote(self) -> None:
        """Something else was put into the vault that the next rows rely on."""
        self._placed = True

    def note(self, entry: Entry) -> None:
        """A row of this listing that is no new file; it lasts no sooner than the files that were settled before it.
        Raises Stop."""
        if self._ready:
            self.flush()
        self.vault.manifest.put(replace(entry, seen=self.number))

    def flush(self) -> None:
        """Put everything that is proven in its place. Raises Stop."""
        ready, self._ready = self._ready, []
        try:
            files = [each for each in ready if each.item.key.source == SOURCE and not self._stands_elsewhere(each)]
            paths = [self.vault.place(each.item) for each in files]
            if paths:
                self._commit()  # names before files
            for each, path in zip(files, paths, strict=True):
                self._place(each, path)
            for each in ready:
                if each.item.key.source != SOURCE:
                    self._place(each, self.vault.own_place(each.item))
        except OSError as error:
            raise of_disk(error) from error
        if time.monotonic() >= self._due:
            self.record()

    def record(self) -> None:
        """Make the files last that were put in their places, then their rows. Raises Stop."""
        if self._ready:
            self.flush()
        began = time.monotonic()
        try:
            self._commit()
        except OSError as error:
            raise of_disk(error) from error
        now = time.monotonic()
        self._due = now + max(COMMIT_EVERY, (now - began) * RESPITE)

    def _commit(self) -> None:
        """Make rows last, and before them the files that they describe. Raises OSError."""
        if self._placed:
            disk.sync(self.vault.root)
            self._placed = False
        self.vault.manifest.commit()

    def _stands_elsewhere(self, staged: Staged) -> bool:
        """Whether the vault holds the very file under another key: then it is not kept twice."""
        item = staged.item
        for each in twins(self.vault.manifest, item.name, staged.sha256, staged.size):
            held = None if each.key == item.key else self.vault.manifest.get(each.key)
            if held and self.vault.is_true(held):  # its size alone may hide damage
                staged.part.unlink()
                self.note(elsewhere(item, each.path, sha256=staged.sha256))
                return True
        return False

    def _place(self, staged: Staged, path: str) -> None:
        item = staged.item
        folder, _, name = path.rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = self.vault.path(folder)
            disk.make_folder(self._folders[folder])
        target = os.path.join(self._folders[folder], name)  # noqa: PTH118 - the hot path of a quick road
        known = self.vault.manifest.get(item.key)
        if known and self._gives_not_way(staged, known):
            staged.part.unlink()
            self.rivals.append(item.key.id)
            return
        if os.path.lexists(target) and not _is_ours(Path(target), staged.sha256, known):
            disk.set_aside(Path(target))
        os.replace(staged.part, target)  # noqa: PTH105
        self._placed = True
        entry = saved(staged, path, self._seen(item, known))
        self.vault.manifest.put(entry)

    def _gives_not_way(self, staged: Staged, known: Entry) -> bool:
        """A message never changes: the copy that came first stays, whatever a second one of the same id says."""
        if known.state is not State.SAVED or known.sha256 in (staged.sha256, *self.outdated):
            return False
        return staged.item.key.source != SOURCE and self.vault.holds(known)

    def _seen(self, item: Item, known: Entry | None) -> int:
        """A message is listed by Gmail, not by an export."""
        if item.key.source == SOURCE:
            return self.number
        return known.seen if known else 0


def saved(staged: Staged, path: str, seen: int) -> Entry:
    """The row of a file in its place."""
    item = staged.item
    modified = item.modified.timestamp() if item.modified else None
    return Entry(
        item.key, State.SAVED, item.name, None, None, item.revision, path, staged.size, staged.sha256,
        Proof.DIGEST, modified, item.facts, seen,
    )  # fmt: skip


def elsewhere(item: Item, path: str, **facts: str) -> Entry:
    """The row of something that the vault holds at `path`, under another key."""
    reason = f"kept already: {path}"
    return Entry(
        item.key, State.EXPLAINED, item.name, Kind.ELSEWHERE, reason, item.revision,
        facts={**item.facts, "as": path, **facts},
    )  # fmt: skip


def _is_ours(target: Path, newer: str, known: Entry | None) -> bool:
    """Whether what lies there is the version that our row describes, or the very one that came: else it stays."""
    older = known.sha256 if known else None
    return target.is_file() and not target.is_symlink() and digests(target, "sha256")["sha256"] in (older, newer)
