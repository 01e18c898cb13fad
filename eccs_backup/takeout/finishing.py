"""What can be said of a file only when all are there: its product by its neighbours, and what a sidecar says of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from eccs_backup import disk
from eccs_backup.model import Entry, Facts, Json, Key
from eccs_backup.takeout import photos
from eccs_backup.takeout.products import Folders, Product
from eccs_backup.takeout.records import SOURCE, Records
from eccs_backup.vault import Vault

PHOTO, ALBUM = "photo", "album"
"""The facts of a photo: what its sidecar says, and the title of the album in whose folder it lies."""


class _File(NamedTuple):
    name: str
    id: str
    product: str


def finish(vault: Vault, records: Records, *, times: bool) -> None:
    """Complete the facts of everything that exports have brought; `times`: and the times of photos' files. What is
    complete is not written again. Raises Stop."""
    _products(vault, records)
    for folder in _folders(records):
        _photos(vault, folder, times=times)


def _products(vault: Vault, records: Records) -> None:
    folders = Folders()
    for _, title, product in records.products():
        if product:
            folders.saw(title, Product(product))
    for id, title, product in records.products():
        found = folders.of(title, Product(product) if product else None)
        if found not in (Product.OTHER, product):
            known = vault.manifest.get(Key(SOURCE, id))
            assert known is not None
            vault.manifest.put(replace(known, facts={**known.facts, "product": str(found)}))


def _folders(records: Records) -> Iterator[list[_File]]:
    """The files of one folder after the other. A folder's files come in the order of their titles, with those of the
    folders in it in between: so several are open at a time."""
    open_ones: list[tuple[str, list[_File]]] = []
    for id, title, product in records.products():
        folder, _, name = title.rpartition("/")
        while open_ones and not f"{folder}/".startswith(f"{open_ones[-1][0]}/"):
            yield open_ones.pop()[1]
        if not open_ones or open_ones[-1][0] != folder:
            open_ones.append((folder, []))
        open_ones[-1][1].append(_File(name, id, product))
    while open_ones:
        yield open_ones.pop()[1]


def _photos(vault: Vault, folder: list[_File], *, times: bool) -> None:
    found = [each for each in folder if each.product == Product.PHOTOS and each.name.lower().endswith(".json")]
    if not found:
        return
    said: dict[str, photos.Sidecar] = {}
    albums: list[str] = []
    for each in found:
        content = _content(vault, each.id)
        if sidecar := photos.sidecar(content):
            said[each.name] = sidecar
        elif album := photos.album(content):
            albums.append(album.title)
    ids = {each.name: each.id for each in folder if each not in found or each.name in said}
    pairs = photos.joined(list(ids), {name: sidecar.title for name, sidecar in said.items()})
    for name, id in ids.items():
        facts: dict[str, Json] = {ALBUM: albums[0]} if albums and name not in said else {}
        sidecar = said.get(pairs.get(name) or "")
        if sidecar:
            facts[PHOTO] = photos.facts(sidecar)
        if facts:
            _tell(vault, id, facts, sidecar.taken if sidecar and times else None)


def _tell(vault: Vault, id: str, facts: Facts, taken: int | None) -> None:
    known = vault.manifest.get(Key(SOURCE, id))
    assert known is not None
    told = replace(known, facts={**known.facts, **facts})
    if taken is not None and known.path:
        told = replace(told, modified=float(taken))
        if told.modified != known.modified:
            disk.date(vault.path(known.path), datetime.fromtimestamp(taken, UTC))
    if told != known:
        vault.manifest.put(told)


def _content(vault: Vault, id: str) -> bytes:
    """A sidecar's bytes; none when it is not there any more, or no sidecar for its size."""
    known: Entry | None = vault.manifest.get(Key(SOURCE, id))
    path = known.path or str(known.facts.get("as", "")) if known else ""
    if not known or not path:
        return b""
    try:
        with vault.path(path).open("rb") as file:
            return file.read(photos.LARGEST)
    except OSError:
        return b""
