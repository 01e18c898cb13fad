"""The disk against the manifest, and the vault against the service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import NamedTuple, cast

from eccs_backup.balance import EXPORTS
from eccs_backup.digest import digests
from eccs_backup.errors import ItemError, Transient, Unavailable, VaultDamaged
from eccs_backup.manifest import Manifest
from eccs_backup.model import Entry, Item, Kind, State
from eccs_backup.retry import Patience, patiently
from eccs_backup.sources import SOURCES, Courier, Opener, Parcel, Source
from eccs_backup.vault import Vault

UNTOLD = (Kind.ABUSE, Kind.NO_EXPORT, Kind.GONE)
"""What shows only when an item is to be fetched: no listing tells it."""
READERS = 4
"""Files hashed at once; hashing releases the interpreter, so every core works."""


class Damage(NamedTuple):
    """A file that is not what its row says: its path in the vault, and what is wrong."""

    path: str
    what: str


def refuse_lost_records(vault: Vault) -> None:
    """Raise VaultDamaged when files lie in a source's folder and the records have never heard of any."""
    if vault.manifest.sources():
        return
    for name in (*SOURCES, EXPORTS):
        if any(path.is_file() for path in (vault.root / name).rglob("*")):
            raise VaultDamaged(
                f"The records of {vault.root} are empty, but files lie in its folder {name}.",
                hint="Keep the files. If an export put them there, export again: what has a checksum is kept.",
            )


def extent(vault: Vault) -> tuple[int, int]:
    """How many files the manifest knows, and their bytes. Raises VaultDamaged when one would lie outside the vault."""
    number = size = 0
    outside: list[VaultDamaged] = []
    for entry in vault.manifest.entries(held=True):
        number, size = number + 1, size + (entry.size or 0)
        try:
            vault.path(entry.path or "")
        except VaultDamaged as error:  # raised later: a reading that is left half-way complains when it is cleared up
            outside.append(error)
    if outside:
        raise outside[0]
    return number, size


def files(vault: Vault, on_file: Callable[[Entry], object] = lambda entry: None) -> Iterator[Damage]:
    """Hash every file of the manifest; yields what is missing or different.

    A damaged file's row is marked, so that the next export fetches the file again.
    """
    damaged: list[Entry] = []
    with ThreadPoolExecutor(READERS, "reader") as readers:
        entries = vault.manifest.entries(held=True)
        while batch := list(islice(entries, READERS * 64)):
            for entry, fault in zip(batch, readers.map(partial(_fault, vault), batch), strict=True):
                on_file(entry)
                if fault:
                    damaged.append(replace(entry, state=State.FAILED, kind=None, reason=fault, revision=""))
                    yield Damage(entry.path or "", fault)
    for entry in damaged:  # not while the rows are being read
        vault.manifest.put(entry)
    vault.manifest.commit()


def strangers(vault: Vault) -> Iterator[str]:
    """Files in the sources' folders that no row knows: the person's own, or set aside. Paths in the vault."""
    known = {entry.path for entry in vault.manifest.entries(held=True)}
    for source in vault.manifest.sources():
        for path in sorted((vault.root / source).rglob("*")):
            relative = path.relative_to(vault.root).as_posix()
            if not path.is_dir() and relative not in known:
                yield relative


def missing(source: Source, held: Manifest, now: Manifest, number: int) -> list[str]:
    """The titles of what the listing of that number in `now` shows, and `held` has neither saved nor explained.

    What was refused when it was to be fetched looks like a file in every listing, and may be one by now: it is asked
    for again, and stays explained only if it is refused again. Raises Stop.
    """
    pending = {entry.key: entry.title for entry in now.listed(source.name, number, State.PENDING)}
    before = ((key, held.get(key)) for key in pending)
    refused = {key for key, entry in before if entry and entry.state is State.EXPLAINED}
    for item in source.items() if refused else ():
        if item.key in refused and _refuses(source, item):
            del pending[item.key]
    return list(pending.values())


def _refuses(source: Source, item: Item) -> bool:
    """Whether the service will not hand the item over. Nothing of it is read."""

    def ask() -> None:
        if isinstance(source, Courier):
            for each in source.deliver([item]):
                if not isinstance(each, Parcel):
                    raise each[1]
        else:
            with cast(Opener, source).open(item):
                pass

    try:
        patiently(ask, Patience(sleep=source.halt.sleep))
    except Unavailable as error:
        return error.obstacle.kind in UNTOLD
    except (ItemError, Transient):
        pass
    return False


def _fault(vault: Vault, entry: Entry) -> str | None:
    path = vault.path(entry.path or "")
    try:
        size = path.stat().st_size
        if size != entry.size:
            return f"has {size} bytes instead of {entry.size}"
        if digests(path, "sha256")["sha256"] != entry.sha256:
            return "its content is not what was saved"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None
