"""The disk against the manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import NamedTuple

from eccs_backup.digest import digests
from eccs_backup.model import Entry, State
from eccs_backup.vault import Vault

READERS = 4
"""Files hashed at once; hashing releases the interpreter, so every core works."""


class Damage(NamedTuple):
    """A file that is not what its row says: its path in the vault, and what is wrong."""

    path: str
    what: str


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
