"""Which files of an export are which that Drive lists, by their names: an export tells no ids.

They meet by folders and names below the top folder, whose own name follows the service and the language, as far as an
export keeps names: Takeout writes "_" for many a character, "x(1).txt" for a second "x.txt" in a folder, converts
documents - there may be an x.docx for "x" - and puts "x.docx-info.json" beside a file.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from eccs_backup.sources.google_drive.documents import MIMES

DOCUMENTS = frozenset(MIMES)
"""Suffixes that a converted document may have."""
_KINDS = (
    {"docx", "odt", "rtf", "epub", "md", "txt", "html", "zip", "pdf"},
    {"xlsx", "ods", "csv", "tsv", "html", "zip", "pdf"},
    {"pptx", "odp", "txt", "pdf"},
    {"svg", "png", "jpg", "pdf"},
    {"json", "zip"},
)
"""What one and the same document may become."""
_UNSURE = re.compile(r"(?:[^\w.]|_)+")
_NUMBER = re.compile(r" ?\(\d{1,3}\)\Z")
_INFO = re.compile(r"-info(?: ?\(\d{1,3}\))?\.json\Z")


class Listed(NamedTuple):
    """A file that Drive lists. `native`: a document of Google's own; `saved`: the vault has it by the API; `sha256` is
    empty where it is not known."""

    title: str
    native: bool
    saved: bool
    sha256: str


class Held(NamedTuple):
    """A file in an export, or in several: the SHA-256 of its `versions`, empty where it is not known."""

    title: str
    versions: frozenset[str]


def key(title: str) -> str:
    """What files have in common that may be the same one; what differs in it never is."""
    folder, name = _below_top(title)
    name = _INFO.sub("", name) or name
    stem, suffix = _split(name)
    for _ in range(3):  # a document that is called "x.docx" may come as "x.docx.docx" or "x.docx(1).docx"
        shorter = _unnumbered(stem if suffix.lower() in DOCUMENTS else name)
        if shorter == name:
            break
        name = shorter
        stem, suffix = _split(name)
    return _folded(f"{folder}{_unnumbered(stem)}.{suffix}" if suffix else folder + name)


def exact(title: str) -> str:
    """The path below the top folder, folded as Takeout and disks may change it."""
    return _folded("".join(_below_top(title)))


def paired(listed: list[Listed], held: list[Held]) -> tuple[list[tuple[Listed, Held | None]], list[Held]]:
    """Every listed file with the one of an export that it is, and what is left of those, all of one key; what tells of
    another file is not left."""
    if len(listed) == len(held) == 1 and exact(listed[0].title) == exact(held[0].title):  # as most are
        return [(listed[0], held[0])], []
    pool = _Pool(held)
    crowded = Counter(exact(each.title) for each in listed)
    first = [(each, pool.exactly(each.title)) for each in sorted(listed, key=lambda each: each.native)]
    pairs: list[tuple[Listed, Held | None]] = []
    for each, found in first:  # only when all have been looked for under their own names
        if found is None and each.native:
            found = pool.document(each.title, numbered=len(listed) > 1)
        elif found is None and crowded[exact(each.title)] > 1:
            found = pool.numbered(each.title)
        pairs.append((each, found))
    known = {_plain(title) for title in (*(each.title for each in listed), *(each.title for each in held))}
    return pairs, [each for each in pool.rest() if not _tells_of(each.title, known)]


class _Pool:
    """Files of an export that nothing has been found for yet."""

    def __init__(self, held: Iterable[Held]) -> None:
        self._by_name: dict[str, list[Held]] = {}
        for each in held:
            self._by_name.setdefault(exact(each.title), []).append(each)
        self._by_plain: dict[str, list[str]] = {}
        self._documents: dict[str, list[str]] = {}
        for name, (each, *_) in self._by_name.items():
            if (plain := _plain(each.title)) != name:
                self._by_plain.setdefault(plain, []).append(name)
            if not _INFO.search(each.title):
                self._documents.setdefault(_suffix(each.title), []).append(name)

    def exactly(self, title: str) -> Held | None:
        """One of that very name."""
        return self._take(exact(title))

    def numbered(self, title: str) -> Held | None:
        """One that has a number besides."""
        return self._any(self._by_plain.get(exact(title), []))

    def document(self, title: str, *, numbered: bool) -> Held | None:
        """One that the document may have become."""
        suffix = _suffix(title)
        for kin in sorted({suffix}.union(*(each for each in _KINDS if suffix in each))):
            names = self._documents.get(kin, [])
            if found := self._any(names if numbered else [each for each in names if not self._is_numbered(each)]):
                return found
        return None

    def rest(self) -> list[Held]:
        """What is left."""
        return [each for some in self._by_name.values() for each in some]

    def _is_numbered(self, name: str) -> bool:
        some = self._by_name[name]
        return bool(some) and _plain(some[0].title) != name

    def _any(self, names: list[str]) -> Held | None:
        while names:
            if found := self._take(names[-1]):
                return found
            names.pop()
        return None

    def _take(self, name: str) -> Held | None:
        some = self._by_name.get(name)
        return some.pop() if some else None


def _tells_of(title: str, known: set[str]) -> bool:
    """Whether it is what Takeout tells of another file."""
    base = _INFO.sub("", title)
    return base != title and _plain(base) in known


def _plain(title: str) -> str:
    """As `exact`, without a number."""
    folder, name = _below_top(title)
    stem, suffix = _split(name)
    return _folded(f"{folder}{_unnumbered(stem)}.{suffix}" if suffix else folder + _unnumbered(name))


def _below_top(title: str) -> tuple[str, str]:
    folder, slash, name = title.partition("/")[2].rpartition("/")
    return folder + slash, name


def _split(name: str) -> tuple[str, str]:
    stem, _, suffix = name.rpartition(".")
    return (stem, suffix) if stem else (name, "")


def _suffix(title: str) -> str:
    return _split(_below_top(title)[1])[1].lower()


def _unnumbered(name: str) -> str:
    return (_NUMBER.sub("", name) or name) if name.endswith(")") else name


def _folded(path: str) -> str:
    text = path if path.isascii() else unicodedata.normalize("NFKC", path)
    return _UNSURE.sub("_", text.casefold())
