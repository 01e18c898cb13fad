"""Which of the files that a person named are parts, of which exports, and which of these are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from eccs_backup.errors import Unusable
from eccs_backup.takeout import names
from eccs_backup.takeout.names import PartName

UNFINISHED = ("takeout-", "unconfirmed ", "未確認 ")
"""How the names of parts begin whose download goes on, or was broken off."""


class Stranger(NamedTuple):
    """A file that is no part, or none of an export that is read, and why in a sentence."""

    path: Path
    why: str


class Picked(NamedTuple):
    """The parts to read, in their order, and what is left alone."""

    parts: dict[PartName, Path]
    strangers: list[Stranger]


def found(given: Iterable[Path]) -> Picked:
    """The parts among files, and in folders, that a person named. Raises Unusable for what is not there."""
    parts: dict[PartName, Path] = {}
    strangers: list[Stranger] = []
    for path, named in _files(given):
        name = names.parsed(path.name)
        if name is None:
            if named or path.name.lower().startswith(UNFINISHED):  # of what else lies in a folder nothing is said
                strangers.append(Stranger(path, names.stranger(path.name)))
        elif name in parts and parts[name].stat().st_size != path.stat().st_size:
            worse, better = sorted((path, parts[name]), key=lambda each: each.stat().st_size)
            parts[name] = better
            strangers.append(Stranger(worse, f"A second file of the same part; {better.name} is larger, and is taken."))
        else:
            parts.setdefault(name, path)
    return Picked(dict(sorted(parts.items(), key=lambda each: each[0].order)), strangers)


def picked(parts: dict[PartName, Path], known: Iterable[PartName], wanted: str | None) -> Picked:
    """The parts of the exports that are to be read; `known` were read before, `wanted` is the stamp of the only export
    that the person wants. Raises Unusable when there is none."""
    exports: dict[str, set[PartName]] = {}
    for name in (*parts, *known):
        exports.setdefault(name.stamp, set()).add(name)
    if wanted and wanted not in exports:
        there = ", ".join(sorted(exports)) or "none"
        raise Unusable(f"No part belongs to the export {wanted}.", hint=f"Exports that are here: {there}.")
    chosen = names.chosen(exports, wanted)
    taken = {name: path for name, path in parts.items() if name.stamp in chosen.taken}
    foreign = [
        Stranger(path, f"It belongs to another export, which is not read. To read it: --export {name.stamp}")
        for name, path in parts.items()
        if name.stamp not in chosen.taken
    ]
    return Picked(taken, foreign)


def _files(given: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Every file, and whether the person named it by itself."""
    for path in given:
        if path.is_dir():
            yield from ((each, False) for each in sorted(path.iterdir()) if each.is_file())
        elif path.is_file():
            yield path, True
        else:
            raise Unusable(f"There is no file {path}.", hint="Name the parts, or the folder that they lie in.")
