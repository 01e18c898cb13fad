"""What the name of a part tells: of which export it is, which number it has, and which parts are missing.

Google numbers the parts of older exports through (takeout-20250206T053943Z-016.zip). In newer ones every product, or a
few of them together, is a group with numbers of its own (takeout-20260416T000738Z-7-001.zip), and the numbers of the
groups have holes. The index page then comes alone in a small part without a group, whose stamp may differ; and the
later parts of a large group may have a later stamp than the first. https://github.com/tinycld/google-takeout-import
(tests), https://github.com/Aeroverra/Aero-immich (server/src/takeout), https://github.com/mmornati/gphoto2proton
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import NamedTuple

LINKS_LIVE = 7
"""Days that the links to a finished export live.
https://technology.kenyon.edu/knowledge-base-item/f4a37b6e-3cad-4384-be7f-df430cca564f/0332"""
SIZES = (1, 2, 4, 10, 50)
"""Gigabytes of a part that can be chosen. https://support.google.com/accounts/answer/3024190"""
APART = timedelta(days=1)
"""Time within which the stamps of one export lie: 8 hours have been seen."""
LONGEST = 255
"""Characters of a file's name, and of what is looked at."""
MOST = 99_999
"""Parts of one export."""

# What stands behind the number of a copy: "(1)" and "_2" by browsers, "-2" by Safari, "-002" by Google Drive when it
# hands out a folder, and words by the desktops: " copy", " - Copy (2)", " - コピー", "のコピー", " 2".
_COPY = r"(?:\s*\([0-9]{1,3}\)|_[0-9]{1,2}|-[0-9]{1,3}|(?:\s|の)[\w -]{1,30}(?:\([0-9]{1,3}\))?)?"
_PART = re.compile(
    rf"takeout-([0-9]{{8}}T[0-9]{{6}}Z)-(?:([1-9][0-9]{{0,2}})-)?([0-9]{{3,5}}){_COPY}\.(zip|tgz|tar\.gz)(?:\.zip)?",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(r"unconfirmed [0-9]+.*|.*\.(?:crdownload|part|partial|download|opdownload|tmp)", re.IGNORECASE)
_DRIVE = re.compile(rf".+-[0-9]{{8}}T[0-9]{{6}}Z-(?:[0-9]{{1,3}}-)?[0-9]{{3}}{_COPY}\.zip", re.IGNORECASE)
_BESIDE = re.compile(r".+-[0-9]{3}\.(?!zip\Z|tgz\Z|gz\Z)\w{1,8}", re.IGNORECASE)


class PartName(NamedTuple):
    """A part: the stamp ("20261101T101010Z"), the group, which the parts of older exports and the index of newer ones
    have not, the number from 1, and the kind of archive: "zip" or "tgz"."""

    stamp: str
    group: int | None
    number: int
    suffix: str

    @property
    def name(self) -> str:
        """The name as Google writes it."""
        group = "" if self.group is None else f"{self.group}-"
        return f"takeout-{self.stamp}-{group}{self.number:03}.{self.suffix}"

    @property
    def order(self) -> tuple[str, int, int]:
        """By stamp, group and number: what to sort by."""
        return self.stamp, self.group or 0, self.number


class Chosen(NamedTuple):
    """Exports by their stamps: those that are read, and those of which too little is here."""

    taken: list[str]
    foreign: list[str]


def parsed(file_name: str) -> PartName | None:
    """What a file's name tells; None when it is no part's. Copies that browsers and desktops number are the same."""
    found = _PART.fullmatch(file_name) if len(file_name) <= LONGEST else None
    if found is None or not int(found[3]):
        return None
    suffix = "zip" if found[4].lower() == "zip" else "tgz"
    return PartName(found[1].upper(), int(found[2]) if found[2] else None, int(found[3]), suffix)


def stranger(file_name: str) -> str:
    """Why a file is no part by its name, and what to do."""
    name = file_name[-LONGEST:]
    called_so = name.lower().startswith("takeout-")
    if _UNFINISHED.fullmatch(name):
        return "The browser has not finished this download. Wait for it, or download that part again."
    if _DRIVE.fullmatch(name) and not called_so:
        return "It is a folder that was downloaded from Google Drive, no Takeout: drive-export saves Drive with proof."
    if _BESIDE.fullmatch(name) and not called_so:  # https://github.com/bestia-dev/google_backup
        return "It is no archive. If it came with the Takeout, it was too large for a part: keep it beside the folder."
    return "It is not called as a part of a Takeout (takeout-20261101T101010Z-001.zip). Give it its own name back."


def by_export(found: Iterable[PartName]) -> dict[str, list[PartName]]:
    """Parts, sorted, by the export that they are of, which is called by the first stamp of its parts, the index apart.

    An export is the parts of one stamp; those of a later stamp with which its groups go on, number by number; and the
    index whose stamp is the nearest.
    """
    stamps: dict[str, list[PartName]] = {}
    for name in sorted(set(found), key=lambda each: each.order):
        stamps.setdefault(name.stamp, []).append(name)
    exports: dict[str, list[PartName]] = {}
    for stamp, parts in stamps.items():
        if not _index(parts):
            before = (each for each in reversed(exports) if _goes_on(exports[each], parts))
            exports.setdefault(next(before, stamp), []).extend(parts)
    for stamp, parts in stamps.items():
        if _index(parts):
            exports.setdefault(_nearest(stamp, exports) or stamp, []).extend(parts)
    return {stamp: sorted(parts, key=lambda each: each.order) for stamp, parts in sorted(exports.items())}


def missing(found: Iterable[PartName], last: int | None = None) -> list[PartName]:
    """The parts that are missing of all exports; `last` (see `gaps`) is said of the newest."""
    exports = by_export(found)
    newest = max(exports, default="")
    return [gap for stamp, parts in exports.items() for gap in gaps(parts, last if stamp == newest else None)]


def gaps(found: Iterable[PartName], last: int | None = None) -> list[PartName]:
    """The parts of one export that have to exist, and are not among those found.

    In each group they count from 1. A group of which nothing is here cannot be told from one that does not exist.
    `last` is how many parts there are, as the download page lists them, the index among them: how the parts beyond
    those found are called is then a guess. Without it nothing tells of parts behind the last one: see `perhaps_more`.
    """
    groups = _groups(found)
    inner = [
        _named(parts, number) for parts in groups.values() for number in range(1, max(parts)) if number not in parts
    ]
    beyond = min(last or 0, MOST) - sum(map(len, groups.values())) - len(inner)
    return [*inner, *(_beyond(groups, beyond) if groups and beyond > 0 else ())]


def chosen(exports: Mapping[str, Collection[PartName]], wanted: str | None) -> Chosen:
    """Which of several exports, by their stamps, are read: those without gaps, and of the others the one with the most
    parts; the newest of several.

    Another one with gaps is most likely a file that slipped in among the others, and so is a single part with gaps
    beside a whole export: it is read only when it is `wanted`, and then nothing else is. A first part alone has no
    gaps: a small export is just that, and to read it does no harm.
    """
    found = by_export(chain.from_iterable(exports.values()))
    if wanted is not None:
        return _told(found, [each for each in found if any(name.stamp == wanted for name in found[each])])
    whole = [each for each, parts in found.items() if not gaps(parts)]
    broken = sorted(found.keys() - set(whole), key=lambda each: (len(found[each]), each), reverse=True)
    alone = not any(not _index(found[each]) for each in whole)
    return _told(found, whole + [each for each in broken[:1] if alone or len(found[each]) > 1])


def moment(stamp: str) -> datetime | None:
    """When an export was made, by its stamp; None when no calendar has that time."""
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def perhaps_more(sizes: Mapping[PartName, int]) -> bool:
    """Whether the sizes, in bytes, of one export's parts tell of parts behind the last one of a group.

    Nothing in an archive says how many there are. Parts are filled up to a size that was chosen, and the last one holds
    the rest: where it is as large as the largest other, or as one of the sizes, more may follow. Both are guesses: the
    rest may happen to be as large, and a part may be cut early before a large file. An export of less than 0.1 GB is
    not judged: its parts are small for other reasons.
    """
    return any(_full_to_the_end(parts, sizes) for parts in _groups(sizes).values())


def _full_to_the_end(parts: Mapping[int, PartName], sizes: Mapping[PartName, int]) -> bool:
    last = max(parts)
    size, largest = sizes[parts[last]], max((sizes[parts[each]] for each in parts if each != last), default=0)
    full = any(0.95 * unit * each <= size <= unit * each for each in SIZES for unit in (10**9, 1 << 30))
    return full or (largest > 10**8 and size >= 0.9 * largest)


def _groups(found: Iterable[PartName]) -> dict[int, dict[int, PartName]]:
    """Parts by group and number; those without a group are in 0."""
    groups: dict[int, dict[int, PartName]] = {}
    for name in sorted(found, key=lambda each: each.order[1:]):
        groups.setdefault(name.group or 0, {})[name.number] = name
    return groups


def _named(parts: Mapping[int, PartName], number: int) -> PartName:
    """A part of the same group, with the stamp of the one before it, or else of the first."""
    before = [each for each in parts if each < number]
    return parts[max(before) if before else min(parts)]._replace(number=number)


def _beyond(groups: Mapping[int, dict[int, PartName]], count: int) -> Iterator[PartName]:
    """So many parts beyond those that are known: the index first, for it is in no group, then further ones of the last
    group."""
    group = groups[max(groups)]
    last = max(group)
    if 0 not in groups:
        yield group[last]._replace(group=None, number=1)
        count -= 1
    for number in range(last + 1, last + 1 + count):
        yield group[last]._replace(number=number)


def _index(parts: Collection[PartName]) -> bool:
    """Whether it may be the index of an export in groups: a first part of no group, and nothing else of its stamp."""
    return all((each.group, each.number) == (None, 1) for each in parts)


def _goes_on(first: Collection[PartName], then: Collection[PartName]) -> bool:
    """Whether `then`, of a later stamp, has the next parts of the export that `first` is of.

    In a group that both have the numbers go on; at least one there is. Nothing is joined over a gap, nor without
    groups: it may as well be another export, and what is missing of that has to be said.
    """
    known, new = _groups(first), _groups(then)
    both = known.keys() & new.keys() - {0}
    return bool(both) and _near(first, then) and all(max(known[each]) + 1 == min(new[each]) for each in both)


def _near(first: Iterable[PartName], then: Iterable[PartName]) -> bool:
    before, after = (moment(max(each.stamp for each in parts)) for parts in (first, then))
    return before is not None and after is not None and after - before <= APART


def _nearest(stamp: str, exports: Mapping[str, Collection[PartName]]) -> str | None:
    """The export in groups whose stamp is the nearest to that of an index."""
    here = moment(stamp)
    near = []
    for export, parts in exports.items():
        times = {moment(each.stamp) for each in parts if each.group is not None} if here else set()
        near += [(abs(time - here), export) for time in times if time and here and abs(time - here) <= APART]
    return min(near)[1] if near else None


def _told(found: Mapping[str, Collection[PartName]], taken: Collection[str]) -> Chosen:
    """By stamps, of which an export may have several."""
    stamps = {True: set[str](), False: set[str]()}
    for export, parts in found.items():
        stamps[export in taken].update(each.stamp for each in parts)
    return Chosen(sorted(stamps[True]), sorted(stamps[False]))
