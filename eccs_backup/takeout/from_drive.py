"""The parts of an export that Google delivered into the person's own Drive: which there are, and how they come here.

Drive is listed as for an export of it. To ask for names that contain "takeout" would be quicker, but is answered from
an index that lags behind what was just delivered: a last part that is not found would be missed by nobody.
https://github.com/kopia/kopia/issues/90 https://github.com/googleapis/google-api-python-client/issues/884
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from eccs_backup import download
from eccs_backup.errors import VaultFull, of_disk
from eccs_backup.model import Entry, Item, Kind
from eccs_backup.retry import Patience
from eccs_backup.sources import Opener
from eccs_backup.sources.google_drive.tree import TRASH
from eccs_backup.takeout import names
from eccs_backup.takeout.names import PartName
from eccs_backup.vault import INNER, Vault

SOURCE = "drive"
FOLDER = f"{INNER}/takeout-parts"
"""In the vault: where a part lies while it is being read."""
MINE: Mapping[str, object] = {"owned_only": True}
"""What is wanted of Drive: Google delivers an export to nobody but its owner."""
FETCHABLE = (None, Kind.VIEW_ONLY)
"""Obstacles with which a file is a part all the same: that it cannot be had is said when it is asked for."""


class Offer(Protocol):
    """A part that can be had; `size` in bytes."""

    @property
    def name(self) -> PartName:
        """Which part it is."""

    @property
    def size(self) -> int:
        """Bytes."""

    def fetch(self, on_bytes: Callable[[int], object]) -> Path:
        """The part, whole and proven; `on_bytes` hears, in another thread, of what comes over the network.

        Raises ItemError when this part cannot be had, Transient when patience is used up, Stop.
        """

    def release(self) -> None:
        """The part has been read, or need not be: it is taken off the disk if it came here for that, now or earlier."""


@dataclass(frozen=True)
class Saved:
    """A part that the vault holds as a file of Drive's; it stays."""

    name: PartName
    entry: Entry
    path: Path

    @property
    def size(self) -> int:
        """Bytes."""
        return self.entry.size or 0

    def fetch(self, on_bytes: Callable[[int], object]) -> Path:
        """Where it lies."""
        return self.path

    def release(self) -> None:
        """Nothing is to be done."""


@dataclass(frozen=True)
class Delivered:
    """A part that lies in Drive only; `lanes` fetches it, over `crew` further connections where it is large."""

    name: PartName
    item: Item
    vault: Vault
    source: Opener
    lanes: ThreadPoolExecutor
    crew: int

    @property
    def size(self) -> int:
        """Bytes."""
        return self.item.size or 0

    def fetch(self, on_bytes: Callable[[int], object]) -> Path:
        """Bring it here, from where an earlier run had come to. Raises ItemError, Transient, Stop; VaultFull."""
        halt = self.source.halt
        path = f"{FOLDER}/{self.name.name}"
        target = self.vault.path(path)
        self._make_room(target)
        tools = download.Tools(self.vault.part, lambda: Patience(sleep=halt.sleep), self.lanes, self.crew, on_bytes)
        coming = self.lanes.submit(download.fetch, self.source, self.item, target, path, None, tools)
        while not wait([coming], timeout=1).done:  # wakes up so that Ctrl-C works on Windows
            pass
        coming.result()
        return target

    def release(self) -> None:
        """Take it off the disk again. Raises Stop."""
        target = self.vault.path(f"{FOLDER}/{self.name.name}")
        try:
            target.unlink(missing_ok=True)
        except OSError as error:
            raise of_disk(error) from error
        with suppress(OSError):  # others lie there
            target.parent.rmdir()

    def _make_room(self, target: Path) -> None:
        """What a killed run left there is adopted if it is this part, and makes room if it cannot be."""
        try:
            if target.is_file() and target.stat().st_size == self.size:
                return
            target.unlink(missing_ok=True)
        except OSError as error:
            raise of_disk(error) from error
        free = self.vault.room()
        if self.size > free:
            raise VaultFull(f"{self.name.name} has {self.size:,} bytes; the disk has room for {free:,}.")


@contextmanager
def offered(vault: Vault, source: Opener, tell: Callable[[str], object]) -> Iterator[list[Offer]]:
    """Every part that can be had from Drive, each once, those that the vault holds as files of Drive's among them.

    `source` lists with the options MINE; `tell` hears what is left aside and why. Raises Stop.
    """
    there, aside = _copies(source.items())
    held = _saved(vault)
    for sentence in (*_notices(held, there), *_left_aside(aside, {*held, *there})):
        tell(sentence)
    with ThreadPoolExecutor(source.pace.lanes, "lane") as lanes:
        new = (
            Delivered(name, copies[0], vault, source, lanes, source.pace.lanes - 1)
            for name, copies in there.items()
            if name not in held
        )
        try:
            yield [*held.values(), *new]
        except BaseException:
            source.halt.set()
            raise


def _saved(vault: Vault) -> dict[PartName, Saved]:
    """The parts of the person's own among the files that were exported from Drive; of two, the newer one."""
    found: dict[PartName, Saved] = {}
    for entry in vault.manifest.entries(SOURCE, held=True):
        name = names.parsed(entry.title.rpartition("/")[2])
        if name is None or entry.path is None or entry.facts.get("ownedByMe") is not True or not vault.holds(entry):
            continue
        if name not in found or (entry.modified or 0.0) > (found[name].entry.modified or 0.0):
            found[name] = Saved(name, entry, vault.path(entry.path))
    return found


def _copies(items: Iterable[Item]) -> tuple[dict[PartName, list[Item]], dict[PartName, Item]]:
    """The files of each part, the best first; and one of each part that are left aside.

    The best is the newest with a checksum.
    """
    there: dict[PartName, list[Item]] = {}
    aside: dict[PartName, Item] = {}
    for item in items:
        name = names.parsed(item.path[-1].name)
        kind = item.obstacle.kind if item.obstacle else None
        if name and kind in FETCHABLE:
            there.setdefault(name, []).append(item)
        elif name and kind is Kind.LEFT_OUT:
            aside[name] = item
    for copies in there.values():
        copies.sort(key=_worth, reverse=True)
    return there, aside


def _worth(item: Item) -> tuple[bool, float]:
    return item.digest is not None, item.modified.timestamp() if item.modified else 0.0


def _notices(held: Mapping[PartName, Saved], there: Mapping[PartName, list[Item]]) -> Iterator[str]:
    """Where several files claim to be one part, and are not the same."""
    for name, copies in there.items():
        revisions = {copy.revision for copy in copies}
        if name in held:
            if revisions != {held[name].entry.revision}:
                yield f"Drive holds another file {name.name} than the one saved here: the saved one is read."
        elif len(revisions) > 1:
            yield f"Drive holds {len(copies)} files {name.name} that differ: the newest is read."


def _left_aside(aside: Mapping[PartName, Item], offers: set[PartName]) -> Iterator[str]:
    """The parts that are in Drive and of no use there, unless they can be had from elsewhere."""
    trash = [name.name for name, item in aside.items() if name not in offers and item.path[0] == TRASH]
    others = [name.name for name, item in aside.items() if name not in offers and item.path[0] != TRASH]
    if trash:
        yield f"Not read, as they lie in Drive's trash: {', '.join(sorted(trash))}."
    if others:
        yield f"Not read, as they are not your own: {', '.join(sorted(others))}."
