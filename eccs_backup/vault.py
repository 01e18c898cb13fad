"""The output folder: where files, parts and records lie, and who may write there."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from eccs_backup import disk, paths
from eccs_backup import manifest as records
from eccs_backup.digest import digests
from eccs_backup.errors import Unusable, WrongAccount, of_disk
from eccs_backup.manifest import Manifest
from eccs_backup.model import Entry, Item, Key, Kind, Step

INNER = ".eccs-backup"
SUMS = "SHA256SUMS"


class Vault:
    """A folder of ours. Open it with `opened` to write, with `reading` to look."""

    def __init__(self, root: Path, manifest: Manifest, *, dry: bool = False) -> None:
        self.root = root
        self._dry = dry
        self.manifest = manifest
        self._inner = root / INNER
        self._folders: dict[tuple[str, Step], str] = {}

    def check_account(self, source: str, address: str) -> None:
        """Refuse another account's data; the first one to come is remembered. Raises WrongAccount."""
        known = self.manifest.account(source)
        if known is None:
            self.manifest.set_account(source, address)
        elif known.casefold() != address.casefold():
            raise WrongAccount(f"{self.root} holds {source} data of {known}, but {address} is signed in.")

    def place(self, item: Item) -> str:
        """The item's path in the vault, relative, with "/"; the same in every run.

        Names are claimed in the manifest: commit before a file is put there.
        """
        folder = item.key.source
        for step in item.path[:-1]:
            folder = self._folder(folder, item.key.source, step)
        leaf = Step(item.key.id, item.path[-1].name)
        is_folder = item.obstacle is not None and item.obstacle.kind is Kind.FOLDER
        fits = Path.is_dir if is_folder else partial(_has_size, item.size)
        return f"{folder}/{self._claim(folder, item.key.source, leaf, fits)}"

    def own_place(self, item: Item) -> str:
        """The path of an item whose names nobody else's can equal, as they hold its id: nothing has to be claimed."""
        return "/".join((item.key.source, *(paths.safe(step.name) for step in item.path)))

    def path(self, relative: str) -> Path:
        """Where a path of the manifest lies on this disk. Raises VaultDamaged when it would leave the vault."""
        return paths.inside(self.root, relative)

    def part(self, item: Item) -> Path:
        """The unfinished download, named after key and revision: a stale part is never found, let alone extended."""
        name = hashlib.sha256(repr((*item.key, item.revision)).encode()).hexdigest()[:32]
        return self._inner / "partial" / name

    def holds(self, entry: Entry) -> bool:
        """Whether the entry's file lies there with the size it had."""
        if entry.path is None:
            return False
        try:
            return os.stat(self.path(entry.path)).st_size == entry.size  # noqa: PTH116 - the hot path of a calm run
        except OSError:
            return False

    def is_true(self, entry: Entry) -> bool:
        """Whether the entry's file lies there with the content it had: the whole file is read."""
        try:
            return self.holds(entry) and digests(self.path(entry.path or ""), "sha256")["sha256"] == entry.sha256
        except OSError:
            return False

    def move(self, entry: Entry, relative: str) -> Entry:
        """The item was renamed or moved at the service: so is its file.

        The name must be claimed and committed; the row is the caller's to write. Until that is committed nobody else
        gets the old name, so after a kill the file lies in one of its two places and nothing else does.
        """
        assert entry.path is not None
        if self._dry:
            return replace(entry, path=relative)
        source, target = self.path(entry.path), self.path(relative)
        try:
            disk.make_folder(target.parent)
            if os.path.lexists(target):
                disk.set_aside(target)
            source.rename(target)
        except OSError as error:
            raise of_disk(error) from error
        with suppress(OSError):  # a folder that is not empty stays
            for folder in source.relative_to(self.root).parents[:-2]:
                (self.root / folder).rmdir()
        return replace(entry, path=relative)

    def set_aside(self, entry: Entry) -> None:
        """The entry's file was changed by hand and is not ours any more: keep it under a name that says so."""
        path = self.path(entry.path or "")
        if os.path.lexists(path):
            disk.set_aside(path)

    def keep_folder(self, item: Item) -> None:
        """Make the item's folder, which may stay empty."""
        path = self.path(self.place(item))
        if not self._dry:
            try:
                disk.make_folder(path)
            except OSError as error:
                raise of_disk(error) from error

    def settled(self, key: Key, relative: str) -> None:
        """The item's file lies at `relative` now: give up the names it had elsewhere."""
        folder, _, name = relative.rpartition("/")
        self.manifest.release_names(key.source, key.id, folder, name)

    def sweep(self) -> None:
        """Empty the folder of parts: call it after a run that finished everything."""
        for part in (self._inner / "partial").iterdir():
            if part.is_dir() and not part.is_symlink():
                shutil.rmtree(part, ignore_errors=True)
            else:
                part.unlink(missing_ok=True)

    def room(self) -> int:
        """Bytes that may still be written: what is free, and what unfinished downloads take already."""
        try:
            return shutil.disk_usage(self.root).free + disk.allocated(self._inner / "partial")
        except OSError as error:
            raise of_disk(error) from error

    def write_sums(self) -> None:
        """Write SHA256SUMS: `sha256sum -c` proves the vault without us. Format: coreutils' text lines."""
        if self._dry:
            return
        target, draft = self.root / SUMS, self._inner / "sums"
        try:
            with draft.open("w", encoding="utf-8", newline="\n") as file:
                for entry in self.manifest.entries(held=True):
                    if entry.sha256:
                        file.write(f"{entry.sha256}  {entry.path}\n")
                file.flush()
                os.fsync(file.fileno())
            self._keep_strange_sums(target, draft)
            draft.replace(target)
            if hasattr(os, "sync"):
                os.sync()  # the folders' entries too: from here on the disk may be unplugged
        except OSError as error:
            raise of_disk(error) from error

    def _keep_strange_sums(self, target: Path, draft: Path) -> None:
        """A SHA256SUMS that is not the one we wrote is the person's."""
        mark = self._inner / "sums.sha256"
        known = mark.read_text(encoding="ascii").split() if mark.exists() else []
        if os.path.lexists(target) and (target.is_dir() or digests(target, "sha256")["sha256"] not in known):
            disk.set_aside(target)
        now = digests(draft, "sha256")["sha256"]
        mark.write_text("\n".join([*known[-1:], now]), encoding="ascii")  # either may lie there after a kill

    def _folder(self, folder: str, source: str, step: Step) -> str:
        known = self._folders.get((folder, step))
        if known is None:
            known = f"{folder}/{self._claim(folder, source, step, Path.is_dir)}"
            if paths.too_long(known):
                known = f"{source}/~deep/{hashlib.sha256(known.encode()).hexdigest()[:16]}"
            self._folders[folder, step] = known
        return known

    def _claim(self, folder: str, source: str, step: Step, fits: Callable[[Path], bool]) -> str:
        """A name in `folder` that nobody holds; what lies there already may stay if it `fits`."""
        known = self.manifest.name_of(source, step.id, folder, step.name)
        if known is not None:
            return known
        name = wish = paths.safe(step.name)
        length = 6
        while (holder := self.manifest.name_holder(folder, paths.fold(name))) or self._in_the_way(folder, name, fits):
            if holder and holder[:2] == (source, step.id):  # renamed to what is the same name on a disk
                name = holder[2]
                break
            name = paths.distinct(wish, step.id, length)
            length += 4
        self.manifest.claim_name(folder, paths.fold(name), source, step.id, step.name, name)
        return name

    def _in_the_way(self, folder: str, name: str, fits: Callable[[Path], bool]) -> bool:
        path = self.root / folder / name
        return os.path.lexists(path) and not fits(path)


@contextmanager
def opened(root: Path) -> Iterator[Vault]:
    """The vault at `root`, made when it is new, held against other runs. Raises Stop."""
    root = disk.long_path(root)
    inner = root / INNER
    try:
        (inner / "partial").mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise Unusable(f"{root} is a file.", hint="Name a folder.") from error
    except OSError as error:
        raise of_disk(error) from error
    held = records.lock(inner / "lock")
    try:
        manifest = Manifest(inner / "manifest.sqlite")
        try:
            yield Vault(root, manifest)
        finally:
            manifest.close()
    finally:
        held.close()


@contextmanager
def existing(root: Path) -> Iterator[Vault]:
    """A vault that must be there already, held against other runs."""
    _must_exist(root)
    with opened(root) as vault:
        yield vault


@contextmanager
def reading(root: Path) -> Iterator[Vault]:
    """A vault to look at while another run may write to it."""
    _must_exist(root)
    root = disk.long_path(root)
    manifest = Manifest(root / INNER / "manifest.sqlite")
    try:
        yield Vault(root, manifest)
    finally:
        manifest.close()


@contextmanager
def trial(root: Path) -> Iterator[Vault]:
    """The vault as it is, or as it would be, with records that are thrown away: for a dry run."""
    manifest = Manifest("")  # SQLite's name for a database that lies in a temporary file of its own
    try:
        if (root / INNER / "manifest.sqlite").exists():
            with reading(root) as vault:
                vault.manifest.copy_to(manifest)
        yield Vault(root, manifest, dry=True)
    finally:
        manifest.close()


def _has_size(size: int | None, path: Path) -> bool:
    """Whether it may be the very file, left from records that were lost: its digest will tell."""
    return size is not None and path.is_file() and not path.is_symlink() and path.stat().st_size == size


def _must_exist(root: Path) -> None:
    if not (root / INNER / "manifest.sqlite").is_file():
        raise Unusable(f"{root} is not a folder made by eccs-backup.", hint="Name the folder of an earlier export.")
