"""What an export's own index page says is in it against what its parts hold, and what Google could not export.

The page (archive_browser.html) is in the account's language, and so are the folders: a product is found only by the
name of its folder as it stands in the archive. Where fewer files are found than the page counts, those that it lists
and nobody found are named, by their own names: of the folders that they lie in the page shows too little.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from eccs_backup.errors import VaultDamaged
from eccs_backup.takeout import index_page, mailbox
from eccs_backup.takeout.counted import Counting, Some, select
from eccs_backup.takeout.index_page import Claim
from eccs_backup.takeout.looking import INDEX, LARGEST_INDEX
from eccs_backup.vault import Vault

MOST_FOLDERS = 10_000
"""Top folders that are counted each by itself; Google has some hundred products."""
_EXPORTS = """
    SELECT DISTINCT json_extract(facts, '$.export') AS export FROM entries
    WHERE source = 'takeout' AND seen = ? AND export IS NOT NULL ORDER BY export"""
_FILES = """
    SELECT json_extract(facts, '$.export') AS export, title, coalesce(size, -1), revision,
           coalesce(json_extract(facts, '$.product'), '')
    FROM entries WHERE source = 'takeout' AND seen = ? AND export IS NOT NULL AND instr(title, '/') > 0
    AND coalesce(kind, '') <> 'folder'"""
_PAGES = f"""
    SELECT json_extract(facts, '$.export') AS export, coalesce(path, json_extract(facts, '$.as'), '')
    FROM entries WHERE source = 'takeout' AND seen = ? AND export IS NOT NULL AND instr(title, '/') = 0
    AND (title = '{INDEX}' OR json_extract(facts, '$.product') = 'index') ORDER BY export, id"""

_NAMES = """
    SELECT takeout_name(title) AS name FROM entries
    WHERE source = 'takeout' AND seen = ? AND json_extract(facts, '$.export') = ? AND coalesce(kind, '') <> 'folder'
    AND substr(title, 1, instr(title, '/') - 1) IN (SELECT value FROM json_each(?)) ORDER BY name"""
_UNSURE = re.compile(r"(?:[^\w.]|_)+")


@dataclass(frozen=True)
class Product:
    """A product that the page names, by the name of its folder.

    `files` and `bytes` are what the page says, None where it says nothing exact; `found` and `found_bytes` what the
    parts hold: None where no folder is called so, or the size of a file is not known. `missing` are files that the page
    lists and the parts do not hold, looked for where too few were found; `failed` is what Google could not export.
    `series`: files that go on with a mailbox, which the page may count as one.
    """

    name: str
    files: int | None
    found: int | None
    bytes: int | None
    found_bytes: int | None
    missing: Some
    failed: Some
    series: int = 0

    @property
    def agrees(self) -> bool:
        """Whether the parts hold what the page says; a product without files needs no folder."""
        if self.found is None:
            return self.files == 0
        sizes = self.bytes is None or self.found_bytes is None or self.bytes == self.found_bytes
        return sizes and (self.files is None or self.files in (self.found, self.found - self.series))


@dataclass(frozen=True)
class Page:
    """What the page of one export says. `trouble` tells why nothing is compared, and is empty when it is; `others` are
    folders that the page does not name, with their files."""

    export: str
    products: tuple[Product, ...] = ()
    others: tuple[tuple[str, int], ...] = ()
    trouble: str = ""


@dataclass
class _Folder:
    files: int = 0
    bytes: int | None = 0
    series: int = 0

    def add(self, title: str, size: int | None, product: str) -> None:
        self.files += 1
        self.bytes = None if self.bytes is None or size is None else self.bytes + size
        place = mailbox.series(title) if product == "mail" else None
        self.series += place is not None and place.number > 1


@dataclass
class _Export:
    folders: dict[str, _Folder] = field(default_factory=dict)
    pages: list[str] = field(default_factory=list)


def compare(place: Vault, number: int) -> tuple[Page, ...]:
    """The comparison for each export, by its stamp; `number` is that of the exports' listing. Raises Stop."""
    exports = {str(stamp): _Export() for (stamp,) in select(place.manifest, _EXPORTS, number)}
    for stamp, title, size, revision, product in select(place.manifest, _FILES, number):
        folders, top = exports[str(stamp)].folders, title.partition("/")[0]
        if top in folders or len(folders) < MOST_FOLDERS:
            folders.setdefault(top, _Folder()).add(title, _size(size, revision), product)
    for stamp, path in select(place.manifest, _PAGES, number):
        exports[str(stamp)].pages.append(str(path))
    place.manifest.db.create_function("takeout_name", 1, _leaf, deterministic=True)
    return tuple(_Judge(place, number, stamp, found).page() for stamp, found in exports.items())


def folded(name: str) -> str:
    """A folder's name as it is compared: width, composition, case and blanks do not matter."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


class _Judge:
    """One export and its page."""

    def __init__(self, place: Vault, number: int, stamp: str, found: _Export) -> None:
        self._place, self._number, self._stamp, self._found = place, number, stamp, found

    def page(self) -> Page:
        """What the page says, and whether it is so."""
        if not self._found.pages:
            return Page(self._stamp, trouble=f"no part that was read holds its index page ({INDEX})")
        claims = list(_joined(_claims(self._place, dict.fromkeys(self._found.pages))))
        if not claims:
            return Page(self._stamp, trouble="its index page cannot be read, or names no product")
        folders = self._found.folders
        by_name: dict[str, list[str]] = {}
        for top in folders:
            by_name.setdefault(folded(top), []).append(top)
        products = tuple(self._product(claim, by_name.pop(_name(claim), [])) for claim in claims)
        others = sorted((top, folders[top].files) for tops in by_name.values() for top in tops)
        return Page(self._stamp, products, tuple(others))

    def _product(self, claim: Claim, tops: list[str]) -> Product:
        folders = [self._found.folders[top] for top in tops]
        sizes = [each.bytes for each in folders if each.bytes is not None]
        files, series = sum(each.files for each in folders), sum(each.series for each in folders)
        fewer = tops and claim.files is not None and files < claim.files
        return Product(
            claim.name, claim.files, files if tops else None,
            claim.bytes, sum(sizes) if tops and len(sizes) == len(tops) else None,
            self._missing(claim, tops) if fewer else Some(), _some(claim.failed), series,
        )  # fmt: skip

    def _missing(self, claim: Claim, tops: list[str]) -> Some:
        rows = select(self._place.manifest, _NAMES, self._number, self._stamp, json.dumps(tops))
        held = (str(name) for (name,) in rows)
        missing, here = Counting(), next(held, None)
        for name, path in sorted((_leaf(path), path) for path in claim.listed):
            while here is not None and here < name:
                here = next(held, None)
            if here == name:
                here = next(held, None)
            else:
                missing.add(path)
        return missing.found


def _claims(place: Vault, paths: Iterable[str]) -> Iterator[Claim]:
    for path in paths:
        if content := _content(place, path):
            yield from index_page.claims(content).products


def _joined(claims: Iterable[Claim]) -> Iterator[Claim]:
    """Each product once, for every part may hold the page. Where two pages say different numbers, neither counts."""
    for _, same in groupby(sorted(claims, key=_name), _name):
        first, *more = same
        files = first.files if all(each.files == first.files for each in more) else None
        size = first.bytes if all(each.bytes == first.bytes for each in more) else None
        failed = dict.fromkeys(name for each in (first, *more) for name in each.failed)
        yield Claim(first.name, files, size, list(failed), max((each.listed for each in (first, *more)), key=len))


def _name(claim: Claim) -> str:
    return folded(claim.name)


def _leaf(path: str) -> str:
    """A file's own name, folded as Takeout may change it."""
    return _UNSURE.sub("_", folded(path[path.rfind("/") + 1 :]))


def _some(names: Iterable[str]) -> Some:
    counted = Counting()
    for name in names:
        counted.add(name)
    return counted.found


def _size(size: int, revision: str) -> int | None:
    """Bytes of a member; what was not kept as a file has its size in its revision, where its archive told one."""
    told = revision.rpartition("-")[2]
    return size if size >= 0 else int(told) if told.isascii() and told.isdigit() else None


def _content(place: Vault, path: str) -> bytes:
    """A saved page; empty when it is not there, or no page for its size."""
    try:
        with place.path(path).open("rb") as file:
            found = file.read(LARGEST_INDEX + 1)
    except (OSError, VaultDamaged):
        return b""
    return found if len(found) <= LARGEST_INDEX else b""
