"""Which file of a folder of Google Photos a sidecar belongs to, by their names.

Takeout names a sidecar `<file>.supplemental-metadata.json`, before 2024 `<file>.json`, and cuts the name before
".json" to 46 characters: the suffix shrinks to ".supple", ".s" and ".", and then the file's own name does. Of a second
file of one name the number goes elsewhere: `IMG(1).jpg` has `IMG.jpg.supplemental-metadata(1).json`. Variants that were
edited and the moving halves of live photos have none of their own; a file that was uploaded without a suffix has one
in the export, and its sidecar has none.

The cut counts UTF-16 units, as a name of emoji shows (https://github.com/simulot/immich-go/issues/35); the file's own
name is cut to 47 of them before its suffix, or 48 where a character would be torn. Shorter cuts are reported, too. So
no length is relied upon where one name begins with the other. The rules, not the code, were learnt from
https://github.com/simulot/immich-go/blob/main/docs/misc/google-takeout.md and its issues 12, 39, 68, 613, 652, 673,
674, 698 and 756; https://github.com/TheLastGimbus/GooglePhotosTakeoutHelper, issues 8, 59, 175, 188 and 353;
https://github.com/ente/ente/pull/4956; https://github.com/Xentraxx/GooglePhotosTakeoutHelper_Neo/issues/29;
https://github.com/papa-vova/gphotos-321sync/blob/main/Google_Takeout_Structure.md
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TypeAlias

SUPPLEMENT = "supplemental-metadata"
FULL = 46
"""UTF-16 units to which a sidecar's name is cut."""
CUT = 44
"""UTF-16 units from which on a sidecar's name may have been cut."""
_WORDS = """
-edited -effects -smile -mix -cropped -edytowane -edytowano -bearbeitet -bewerkt -編集済み -modificato -modificado
-modifié -editado -editat -отредактировано -изменено -відредаговано -编辑 -已编辑 -已修改 -편집됨 -muokattu -redigeret
-redigert -redigerad -upravené -düzenlendi -diedit -संपादित -แก้ไขแล้ว
"""
"""What an edited variant's name ends with. immich-go confirms French, German and Italian; Japanese, Polish, Dutch,
Spanish and Catalan were reported to GooglePhotosTakeoutHelper; of the others some peer or other is convinced."""
_MOVING = {"", ".mp4", ".mov", ".m4v", ".3gp", ".mp", ".mv"}
"""Suffixes of the moving half of a live photo: IMG.HEIC + IMG.MP4, PXL.MP.jpg + PXL.MP, MVIMG.jpg + MVIMG."""
_NUMBER = re.compile(r"\(([0-9]{1,6})\)\Z")
_SUFFIX = re.compile(r"(?<=.)\.[\w~]{1,6}\Z", re.DOTALL)
_UNWRITABLE = str.maketrans(dict.fromkeys("\t\r\n\\/:*?\"<>|&'%", "_"))
"""Characters of a title that the file's name has "_" for."""

_Key: TypeAlias = tuple[str, str]
"""A file's name, and its number among the files of that name, empty for the first."""
_Index: TypeAlias = Mapping[_Key, list[tuple[str, bool]]]
"""Sidecars by the file that they may be of, each with whether it is named in the new way."""


def joined(names: Collection[str], titles: Mapping[str, str] = MappingProxyType({})) -> Mapping[str, str | None]:
    """Of the files of one folder, every file's name -> its sidecar's name; None when it has none, or it is not clear.

    `names`: all of them, without JSON that is no sidecar, such as an album's. `titles`: sidecar's name -> title; they
    decide where names alone do not. Takes time in proportion to the names.
    """
    return _Folder(names, titles).joined()


def unmatched(names: Iterable[str], pairs: Mapping[str, str | None]) -> list[str]:
    """The sidecars that no file was joined to, in their order."""
    used = set(pairs.values())
    return [name for name in names if _is_sidecar(name) and name not in used]


class _Folder:
    """One folder's files and sidecars, joined in rounds: the surest rule first.

    In a round a file gets the sidecar that is the only one for it, and for which it is the only file. Where two are
    equally good, neither those files nor those sidecars take part in weaker rounds, but in that of the titles.
    """

    def __init__(self, names: Collection[str], titles: Mapping[str, str]) -> None:
        self._media = {name: _folded(name) for name in names if not _is_sidecar(name)}
        self._bases = {name: name[: -len(".json")] for name in names if _is_sidecar(name)}
        self._titles = titles
        self._pairs: dict[str, str] = {}
        self._unclear: set[str] = set()
        self._barred: set[str] = set()

    def joined(self) -> dict[str, str | None]:
        """Every file, in the order of the names, and its sidecar."""
        self._round(_index(self._bases.items()), _readings)
        folded = _index((name, _folded(base)) for name, base in self._bases.items())
        self._round(folded, lambda name: _readings(self._media[name]))
        self._round(folded, lambda name: _without_suffix(self._media[name]))
        self._round_of_cuts()
        self._round_of_titles()
        stems = _index(((name, _folded(self._bases[name])) for name in self._free()), of=_stem)
        self._round(stems, lambda name: _readings(_stem(self._media[name])))
        self._share(folded)
        return {name: self._pairs.get(name) for name in self._media}

    def _free(self) -> list[str]:
        taken = self._barred.union(self._pairs.values())
        return [name for name in self._bases if name not in taken]

    def _open(self) -> set[str]:
        return self._media.keys() - self._pairs.keys() - self._unclear

    def _round(self, index: _Index, keys: Callable[[str], Iterable[_Key]]) -> None:
        free = set(self._free())
        alive: dict[_Key, list[str]] = {}
        claims: dict[str, list[str]] = defaultdict(list)
        contested: set[_Key] = set()
        for name in self._open():
            wanted = [key for key in keys(name) if key in index]
            for key in wanted:
                if key not in alive:
                    alive[key] = _newest(each for each in index[key] if each[0] in free)
            found = [alive[key] for key in wanted if alive[key]]
            if any(len(each) > 1 for each in found) or len({each[0] for each in found}) > 1:
                self._unclear.add(name)
                contested.update(wanted)
            elif found:
                claims[found[0][0]].append(name)
        self._barred.update(each for key in contested for each in alive[key])
        for sidecar, media in claims.items():
            self._settle(sidecar, media)

    def _settle(self, sidecar: str, media: list[str]) -> None:
        """Join it to the only file that claims it, or the only one that will not share another's later."""
        own = media if len(media) == 1 else [name for name in media if not _moves(name) and not _variant(name)]
        if len(own) == 1 and sidecar not in self._barred:
            self._pairs[own[0]] = sidecar
        else:
            self._unclear.update(media)
            self._barred.add(sidecar)

    def _round_of_cuts(self) -> None:
        """Sidecars whose names are the beginnings of files' names; the longest for what a name can stand for."""
        cut = [(name, _folded(self._bases[name])) for name in self._free() if _units(self._bases[name]) >= CUT]
        index = _index(cut)
        lengths = sorted({len(name) for name, _ in index if len(name) < 256}, reverse=True)

        def keys(name: str) -> list[_Key]:
            readings = _readings(self._media[name])[-1 if _is_cut_and_numbered(name) else 0 :]
            hits = ([key for size in lengths if (key := (whole[:size], number)) in index] for whole, number in readings)
            return [found[0] for found in hits if found]

        self._round(index, keys)

    def _round_of_titles(self) -> None:
        """Whatever is not joined, the unclear above all, by the titles of sidecars that no file has."""
        index: dict[_Key, list[tuple[str, bool]]] = defaultdict(list)
        for name in sorted(self._titles.keys() & self._bases.keys() - set(self._pairs.values())):
            number = _NUMBER.search(self._bases[name])
            numbers = {number[1] if number else ""} | ({""} if _units(self._bases[name]) >= CUT else set())
            for key in ((title, each) for title in _as_file(self._titles[name]) for each in numbers):
                index[key].append((name, False))
        if index:
            unclear, barred = self._unclear, self._barred
            self._unclear, self._barred = set(), set()
            self._round(index, lambda name: _readings(self._media[name].translate(_UNWRITABLE)))
            self._unclear |= unclear
            self._barred |= barred

    def _share(self, folded: _Index) -> None:
        """Edited variants and moving halves have the sidecar of another file."""
        known, stems = self._known()
        for name in self._open():
            whole = self._media[name]
            found = next(_of_originals(name, known, stems, folded), None)
            if not found and _moves(name):
                found = stems.get(whole) or stems.get(_stem(whole))
            if not found and _is_cut_and_numbered(name):
                found = known.get(_readings(whole)[-1][0])  # "-edited" was cut off, and a number put there
            if found:
                self._pairs[name] = found

    def _known(self) -> tuple[dict[str, str | None], dict[str, str | None]]:
        """The sidecar by a file's name, and by a still file's name without suffix; None when there is none, or two."""
        known: dict[str, str | None] = {}
        stems: dict[str, str | None] = {}
        for name, whole in self._media.items():
            found = self._pairs.get(name)
            known[whole] = found if known.get(whole, found) == found else None
            if found and not _moves(name):
                stem = _stem(whole)
                stems[stem] = found if stems.get(stem, found) == found else None
        return known, stems


def _of_originals(
    name: str, known: Mapping[str, str | None], stems: Mapping[str, str | None], folded: _Index
) -> Iterator[str | None]:
    """For an edited variant, the sidecar of what it was made from: of the file with its number, if there is one."""
    if not (found := _variant(name)):
        return
    stem, number, suffix = map(_folded, found)
    for first in (f"{stem}({number})", stem) if number else (stem,):
        original = first + suffix
        if original in known:
            yield known[original]
        elif first in stems:
            yield stems[first]
        else:
            keys = (*_readings(original), *_readings(first))
            named = {each for key in keys for each, _ in folded.get(key, [])[:2]}
            if named:
                yield named.pop() if len(named) == 1 else None


def _variant(name: str) -> tuple[str, str, str] | None:
    """Of an edited variant, the original's name without suffix, the variant's number, and its suffix."""
    stem, suffix = _split(name)
    number = _NUMBER.search(stem)
    bare = stem[: number.start()] if number else stem
    first, dash, rest = bare.rpartition("-")
    word = _folded(dash + rest)
    if word not in _EDITED and (len(word) < 3 or _units(bare) < FULL or word not in _BEGUN):
        return None
    return (first, number[1] if number else "", suffix) if first else None


def _index(sidecars: Iterable[tuple[str, str]], of: Callable[[str], str] = str) -> _Index:
    """Sidecars by the file that they may be of, or by what `of` makes of its name."""
    index: dict[_Key, list[tuple[str, bool]]] = defaultdict(list)
    for name, base in sidecars:
        found = _NUMBER.search(base)
        for whole, number in ((base, ""), *([(base[: found.start()], found[1])] if found else [])):
            stem, _, tail = whole.rpartition(".")
            if stem and SUPPLEMENT.startswith(tail.lower()):
                index[of(stem), number].append((name, True))
            index[of(whole), number].append((name, False))
    return dict(index)


def _newest(sidecars: Iterable[tuple[str, bool]]) -> list[str]:
    """Where old and new names stand side by side, those in the new way."""
    names: dict[bool, list[str]] = {True: [], False: []}
    for name, new in sidecars:
        names[new].append(name)
    return names[True] or names[False]


def _readings(name: str) -> list[_Key]:
    """What a file's name can stand for: itself, and the name without a number that Takeout may have put into it."""
    stem, suffix = _split(name)
    for whole, rest in ((stem, suffix), (name, "")):
        if whole.endswith(")") and (found := _NUMBER.search(whole)):
            return [(name, ""), (whole[: found.start()] + rest, found[1])]
    return [(name, "")]


def _without_suffix(name: str) -> list[_Key]:
    """For a file that was uploaded without a suffix, and one whose number stays where it is, and is added too."""
    return [*_readings(_stem(name)), *((name, number) for _, number in _readings(name)[1:])]


def _is_cut_and_numbered(name: str) -> bool:
    """Whether its number is Takeout's: nothing of the file's own name fits behind so much."""
    first, number = _readings(name)[-1]
    return bool(number) and _units(_stem(first)) >= FULL


def _as_file(title: str) -> set[str]:
    """The names that a file of that title may have in an export, folded."""
    stem, suffix = _split(title)
    units = stem.encode("utf-16-le", "surrogatepass")
    cuts = (units[: 2 * size].decode("utf-16-le", "ignore") for size in (FULL, FULL + 1, FULL + 2))
    return {_folded(each + suffix).translate(_UNWRITABLE) for each in (stem, *cuts)}


def _moves(name: str) -> bool:
    suffix = _split(name)[1].lower()
    return suffix in _MOVING or suffix.startswith(".mp~")


def _split(name: str) -> tuple[str, str]:
    """Name and suffix with its dot, as Takeout sees them; a leading dot begins no suffix."""
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem else (name, "")


def _stem(name: str) -> str:
    """The name without what looks like the suffix of a format."""
    return _SUFFIX.sub("", name)


def _folded(name: str) -> str:
    """Equal for names that differ in case or composition only; the beginning of a name stays its beginning."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


def _units(name: str) -> int:
    return len(name) if name.isascii() else len(name.encode("utf-16-le", "surrogatepass")) // 2


def _is_sidecar(name: str) -> bool:
    return name[-5:].lower() == ".json"


_EDITED = frozenset(map(_folded, [*_WORDS.split(), "-ha editado", "-đã chỉnh sửa", "-تم التعديل"]))
_BEGUN = frozenset(word[:size] for word in _EDITED for size in range(2, len(word)))
"""What is left of those words where the name was cut."""
