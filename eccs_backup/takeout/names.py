"""What the name of a part tells: of which export it is, which number it has, and which parts are missing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

LINKS_LIVE = 7
"""Days that the links to a finished export live.
https://technology.kenyon.edu/knowledge-base-item/f4a37b6e-3cad-4384-be7f-df430cca564f/0332"""
SIZES = (1, 2, 4, 10, 50)
"""Gigabytes of a part that can be chosen. https://support.google.com/accounts/answer/3024190"""
_COPY = r"(?:\s*\(\d+\)|\s+-\s+[\w ]{1,20}(?:\s*\(\d+\))?|_\d)?"
_PART = re.compile(
    rf"takeout-(\d{{8}}T\d{{6}}Z)-(?:(\d{{1,3}})-)?(\d{{3,5}}){_COPY}\.(zip|tgz|tar\.gz)(?:\.zip)?", re.IGNORECASE
)
_UNFINISHED = re.compile(r"\.(crdownload|part|partial|download|opdownload|tmp)\Z", re.IGNORECASE)
_DRIVE = re.compile(r".+-\d{8}T\d{6}Z-\d+-\d{3}\.zip\Z", re.IGNORECASE)


class PartName(NamedTuple):
    """A part: the export's stamp ("20261101T101010Z"), the group, which older exports have not, the number from 1, and
    the kind of archive: "zip" or "tgz"."""

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
        """By export, group and number."""
        return self.stamp, self.group or 0, self.number


class Chosen(NamedTuple):
    """Exports by their stamps: those that are read, and those of which too little is here."""

    taken: list[str]
    foreign: list[str]


def parsed(file_name: str) -> PartName | None:
    """What a file's name tells; None when it is no part's. Copies that browsers number are the same part."""
    found = _PART.fullmatch(file_name)
    if found is None or not int(found[3]):
        return None
    suffix = "zip" if found[4].lower() == "zip" else "tgz"
    return PartName(found[1].upper(), int(found[2]) if found[2] else None, int(found[3]), suffix)


def stranger(file_name: str) -> str:
    """Why a file is no part by its name, and what to do."""
    if _UNFINISHED.search(file_name) or file_name.lower().startswith("unconfirmed"):
        return "The browser has not finished this download. Wait for it, or download that part again."
    if _DRIVE.fullmatch(file_name):
        return "It is a folder that was downloaded from Google Drive, no Takeout: drive-export saves Drive with proof."
    return "It is not called as a part of a Takeout (takeout-20261101T101010Z-001.zip). Give it its own name back."


def gaps(found: Iterable[PartName], last: int | None = None) -> list[PartName]:
    """The parts of one export that have to exist, and are not among those found.

    In each group they count from 1. A group that is absent although a later one is here lacks at least its first part.
    `last` is the number of the last part of the last group, as the download page tells it.
    """
    groups: dict[int | None, set[int]] = {}
    example: PartName | None = None
    for name in found:
        groups.setdefault(name.group, set()).add(name.number)
        example = name
    if example is None:
        return []
    newest = max(groups, key=lambda group: group or 0)
    for absent in range(1, newest or 0):
        groups.setdefault(absent, {0})
    missing = []
    for group, numbers in sorted(groups.items(), key=lambda each: each[0] or 0):
        most = max(max(numbers), (last or 0) if group == newest else 1)
        lacking = sorted(set(range(1, most + 1)) - numbers)
        missing += [PartName(example.stamp, group, number, example.suffix) for number in lacking]
    return missing


def chosen(exports: Mapping[str, Collection[PartName]], wanted: str | None) -> Chosen:
    """Which of several exports are read: those without gaps; of those with gaps, the one with the most parts.

    Another one that has gaps, too, is most likely a file that slipped in among the others: it is read only when it is
    `wanted`, and then nothing else is.
    """
    if wanted is not None:
        return Chosen([each for each in exports if each == wanted], [each for each in exports if each != wanted])
    whole = {stamp for stamp, parts in exports.items() if not gaps(parts)}
    broken = sorted(set(exports) - whole, key=lambda stamp: (len(exports[stamp]), stamp), reverse=True)
    most = max((len(exports[stamp]) for stamp in whole), default=0)
    main = [stamp for stamp in broken[:1] if len(exports[stamp]) > 1 or not most]
    return Chosen(sorted([*whole, *main]), sorted(set(broken) - set(main)))


def moment(stamp: str) -> datetime | None:
    """When an export was made, by its stamp; None when no calendar has that time."""
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def perhaps_more(sizes: Mapping[PartName, int]) -> bool:
    """Whether the sizes in bytes tell of parts behind the last one.

    Nothing in an archive says how many there are. Parts are filled up to a size that was chosen, and the last one holds
    the rest: where it is as large as the largest other, or as one of the sizes, more may follow.
    """
    if not sizes:
        return False
    last = max(sizes, key=lambda name: name.order)
    others = [size for name, size in sizes.items() if name != last]
    full = any(0.95 * unit * each <= sizes[last] <= unit * each for each in SIZES for unit in (10**9, 1 << 30))
    return full or (bool(others) and sizes[last] >= 0.9 * max(others) and max(others) > 10**8)
