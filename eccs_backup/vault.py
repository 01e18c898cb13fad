"""The output folder: where files, parts and records lie, and who may write there."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from eccs_backup import manifest as records
from eccs_backup import paths
from eccs_backup.errors import Unusable, WrongAccount, of_disk
from eccs_backup.manifest import Manifest
from eccs_backup.model import Entry, Item, Key, Step

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
        return f"{folder}/{self._claim(folder, item.key.source, leaf)}"

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

    def move(self, entry: Entry, relative: str) -> Entry:
        """The item was renamed or moved at the service: so is its file. The row is the caller's to write."""
        assert entry.path is not None
        if self._dry:
            return replace(entry, path=relative)
        source, target = self.path(entry.path), self.path(relative)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                set_aside(target)
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
        if path.exists():
            set_aside(path)

    def keep_folder(self, item: Item) -> None:
        """Make the item's folder, which may stay empty."""
        path = self.path(self.place(item))
        if not self._dry:
            try:
                path.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise of_disk(error) from error

    def settled(self, key: Key, relative: str) -> None:
        """The item's file lies at `relative` now: give up the names it had elsewhere."""
        folder, _, name = relative.rpartition("/")
        self.manifest.release_names(key.source, key.id, folder, name)

    def sweep(self) -> None:
        """Drop the parts that no pending item could go on with: call it after a run that finished everything."""
        for part in (self._inner / "partial").iterdir():
            part.unlink(missing_ok=True)

    def write_sums(self) -> None:
        """Write SHA256SUMS: `sha256sum -c` proves the vault without us. Format: coreutils' text lines."""
        target, draft = self.root / SUMS, self._inner / "sums"
        try:
            with draft.open("w", encoding="utf-8", newline="\n") as file:
                for entry in self.manifest.entries(held=True):
                    if entry.sha256:
                        file.write(f"{entry.sha256}  {entry.path}\n")
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
            if hasattr(os, "sync"):
                os.sync()  # the folders' entries too: from here on the disk may be unplugged
        except OSError as error:
            raise of_disk(error) from error

    def _folder(self, folder: str, source: str, step: Step) -> str:
        known = self._folders.get((folder, step))
        if known is None:
            known = f"{folder}/{self._claim(folder, source, step)}"
            if len(known.encode()) > paths.LONGEST_FOLDER:
                known = f"{source}/~deep/{hashlib.sha256(known.encode()).hexdigest()[:16]}"
            self._folders[folder, step] = known
        return known

    def _claim(self, folder: str, source: str, step: Step) -> str:
        known = self.manifest.name_of(source, step.id, folder, step.name)
        if known is not None:
            return known
        name = wish = paths.safe(step.name)
        length = 6
        while (holder := self.manifest.name_holder(folder, paths.fold(name))) or self._exists(folder, name):
            if holder and holder[:2] == (
                source,
                step.id,
            ):  # renamed to something that is the same name on a disk
                name = holder[2]
                break
            name = paths.distinct(wish, step.id, length)
            length += 4
        self.manifest.claim_name(folder, paths.fold(name), source, step.id, step.name, name)
        return name

    def _exists(self, folder: str, name: str) -> bool:
        return os.path.lexists(self.root / folder / name)


@contextmanager
def opened(root: Path) -> Iterator[Vault]:
    """The vault at `root`, made when it is new, held against other runs. Raises Stop."""
    root = _long(root)
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
    root = _long(root)
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


def set_aside(path: Path) -> Path:
    """Rename a file that is not as we left it, so that nothing of the person's is overwritten."""
    number = 1
    while (other := path.with_name(f"{path.stem} (set aside {number}){path.suffix}")).exists():
        number += 1
    return path.rename(other)


def synchronised(root: Path) -> str | None:
    """The name of the service that synchronises `root` with a cloud, when its path shows one.

    Files saved there would be uploaded again, and vanish with the account. The names are those the services' own
    programs give: OneDrive sets `OneDrive*` in the environment on Windows; macOS keeps them in Library/CloudStorage.
    """
    whole = Path(os.path.abspath(root))  # noqa: PTH100 - resolve() would follow links to folders that do not exist yet
    for name, value in os.environ.items():
        if name.startswith("OneDrive") and value and whole.is_relative_to(Path(value)):
            return "OneDrive"
    marks = {"onedrive": "OneDrive", "google drive": "Google Drive", "googledrive": "Google Drive",
             "dropbox": "Dropbox", "mobile documents": "iCloud", "box sync": "Box"}  # fmt: skip
    for part in whole.parts:
        for mark, service in marks.items():
            if part.casefold() == mark or part.casefold().startswith((f"{mark} -", f"{mark}-")):
                return service
    return None


def _long(root: Path) -> Path:
    """On Windows, the form of the path that may be longer than 260 characters.
    https://learn.microsoft.com/windows/win32/fileio/maximum-file-path-limitation"""
    if sys.platform != "win32" or str(root).startswith("\\\\"):
        return root
    return Path("\\\\?\\" + os.path.abspath(root))  # noqa: PTH100 - resolve() follows links


def _must_exist(root: Path) -> None:
    if not (root / INNER / "manifest.sqlite").is_file():
        raise Unusable(f"{root} is not a folder made by eccs-backup.", hint="Name the folder of an earlier export.")
