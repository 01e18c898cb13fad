"""Drive's files in exports against Drive as it was listed last: what no export holds, and what only exports hold."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from eccs_backup.manifest import Manifest
from eccs_backup.sources.google_drive.tree import MY_DRIVE
from eccs_backup.takeout.counted import Counting, Some, select
from eccs_backup.takeout.pairing import Held, Listed, exact, key, paired

DRIVE = "drive"
_TOP = "substr(title, 1, instr(title, '/') - 1)"
_FOLDERS = f"""
    SELECT DISTINCT {_TOP} FROM entries WHERE source = 'takeout' AND seen = ?1 AND instr(title, '/') > 0
    AND json_extract(facts, '$.product') = 'drive'"""
_ALIKE = """
    SELECT t.title, d.title FROM entries d JOIN entries t ON t.sha256 = d.sha256
    WHERE d.source = 'drive' AND d.path IS NOT NULL AND t.path IS NOT NULL AND t.source = 'takeout' AND t.seen = ?1
    UNION ALL
    SELECT t.title, d.title FROM entries t JOIN entries d ON d.path = json_extract(t.facts, '$.as')
    WHERE d.source = 'drive' AND t.source = 'takeout' AND t.seen = ?1 AND t.kind = 'elsewhere'"""
_LISTED = f"""
    SELECT takeout_key(title) AS key, title, id, state, revision, sha256 FROM entries
    WHERE source = 'drive' AND seen = ?1 AND state IN ('saved', 'pending', 'failed')
    AND substr(title, 1, {len(MY_DRIVE.name) + 1}) = '{MY_DRIVE.name}/' AND json_extract(facts, '$.ownedByMe') = 1
    ORDER BY key, title, id"""
_HELD = f"""
    SELECT takeout_key(title) AS key, title, json_extract(facts, '$.export'),
           coalesce(sha256, json_extract(facts, '$.sha256'))
    FROM entries
    WHERE source = 'takeout' AND seen = ?1 AND {_TOP} IN (SELECT value FROM json_each(?2))
    AND (path IS NOT NULL OR kind = 'elsewhere') ORDER BY key, title, id"""
_HOLDS = "SELECT 1 FROM entries WHERE sha256 = ? AND path IS NOT NULL AND source <> 'mail' AND source = ? LIMIT 1"


@dataclass(frozen=True)
class Drive:
    """`listed` files of the person's own in My Drive = `both` in Drive and in an export + `saved` by drive-export alone
    + `changed` (exports have other versions, and this one is not saved) + `lacking`.

    Nothing else of Drive is expected in an export: what is others', in shared drives or in the trash is not, and of
    what lies in no folder, has no file form or was left out nothing is known. `only_export`: files in Drive's folder of
    an export that Drive does not list.
    """

    listed: int
    both: int
    saved: Some
    changed: Some
    lacking: Some
    only_export: Some


def compare(manifest: Manifest, number: int) -> Drive | str:
    """The comparison, or why there is none, in a sentence; `number` is that of the exports' listing. Raises Stop."""
    folders = _folders(manifest, number)
    if not folders:
        return "No folder of the exports is known to hold Drive's files."
    listing = manifest.last_listing(DRIVE)
    if listing is None or listing.listed is None:
        return "Drive was never listed to its end into this folder. To compare its files, run: eccs-backup drive-export"
    manifest.db.create_function("takeout_key", 1, key, deterministic=True)
    found = _Found(manifest)
    listed = groupby(select(manifest, _LISTED, listing.number), itemgetter(0))
    held = groupby(select(manifest, _HELD, number, json.dumps(folders)), itemgetter(0))
    for some, others in _merged(listed, held):
        found.take(_listed(some), _held(others))
    return found.drive


def _folders(manifest: Manifest, number: int) -> list[str]:
    """The top folders that hold Drive's files: by what is in them, else by what Drive has under the same names."""
    if found := [top for (top,) in select(manifest, _FOLDERS, number)]:
        return found
    alike = Counter(
        title.partition("/")[0] for title, other in select(manifest, _ALIKE, number) if exact(title) == exact(other)
    )
    return [top for top, _ in alike.most_common(1)]


_Groups = Iterator[tuple[str, Iterator[tuple[Any, ...]]]]


def _merged(ones: _Groups, others: _Groups) -> Iterator[tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]]:
    """What has the same key, from both; each comes in the order of its keys."""
    one, other = next(ones, None), next(others, None)
    while one or other:
        first = min(each[0] for each in (one, other) if each)
        here, there = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
        if one and one[0] == first:
            here, one = list(one[1]), next(ones, None)
        if other and other[0] == first:
            there, other = list(other[1]), next(others, None)
        yield here, there


def _listed(rows: Iterable[tuple[Any, ...]]) -> list[Listed]:
    """Files that Drive lists; a document in several formats is one."""
    found: dict[str, Listed] = {}
    for _, title, row, state, revision, sha256 in rows:
        id, native, _ = row.partition("#")
        told = revision.removeprefix("sha256:") if revision.startswith("sha256:") else ""
        each = Listed(title, bool(native), state == "saved", "" if native else told or (sha256 or ""))
        if id not in found or each.saved:
            found[id] = each
    return list(found.values())


def _held(rows: Iterable[tuple[Any, ...]]) -> list[Held]:
    """Files in exports: as many of one name as the export has that has most of it."""
    counts: dict[str, Counter[str]] = {}
    versions: dict[str, set[str]] = {}
    titles: dict[str, str] = {}
    for _, title, export, sha256 in rows:
        name = exact(title)
        counts.setdefault(name, Counter())[str(export)] += 1
        versions.setdefault(name, set()).add(sha256 or "")
        titles.setdefault(name, title)
    return [
        Held(titles[name], frozenset(versions[name]))
        for name, exports in counts.items()
        for _ in range(max(exports.values()))
    ]


class _Found:
    """The comparison as it grows."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._both = 0
        self._saved, self._changed, self._lacking, self._only = Counting(), Counting(), Counting(), Counting()

    def take(self, listed: list[Listed], held: list[Held]) -> None:
        """All that has one key."""
        pairs, rest = paired(listed, held)
        for each, other in pairs:
            self._judge(each, other)
        for left in rest:
            if not any(self._holds(sha256, DRIVE) for sha256 in left.versions):
                self._only.add(left.title)

    def _judge(self, each: Listed, other: Held | None) -> None:
        same = other is not None and (not each.sha256 or not all(other.versions) or each.sha256 in other.versions)
        if same or self._holds(each.sha256, "takeout"):
            self._both += 1
        elif each.saved:
            self._saved.add(each.title)
        else:
            (self._changed if other else self._lacking).add(each.title)

    def _holds(self, sha256: str, source: str) -> bool:
        """Whether the vault has the very bytes from there, under whatever name."""
        return bool(sha256) and any(select(self._manifest, _HOLDS, sha256, source))

    @property
    def drive(self) -> Drive:
        saved, changed, lacking = self._saved.found, self._changed.found, self._lacking.found
        listed = self._both + saved.count + changed.count + lacking.count
        return Drive(listed, self._both, saved, changed, lacking, self._only.found)
