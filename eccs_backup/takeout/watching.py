"""Parts as a browser finishes them: a folder is looked at until no more is wanted."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from eccs_backup.errors import Unusable
from eccs_backup.takeout import names
from eccs_backup.takeout.names import PartName

PAUSE = 1.0
"""Seconds between two looks."""
SETTLED = 3.0
"""Seconds for which a file has to stay as it is: some browsers give a download its name before its end."""
BESIDE = (".crdownload", ".part", ".partial", ".download", ".opdownload", ".tmp")
"""What browsers put behind the name of a download that is not finished."""


class _State(NamedTuple):
    size: int
    modified: int


def finished(
    folder: Path,
    clock: Callable[[], float],
    sleep: Callable[[float], object],
    *,
    until: Callable[[], bool],
    settle: float = SETTLED,
) -> Iterator[Path]:
    """Every part in the folder, once it is whole as far as a folder can tell; again when it is replaced.

    It has a name and a size, has not changed for `settle` seconds by `clock`, and nothing unfinished of its name lies
    beside it. Ends when `until` says so, which is asked after every part and every look. Folders in the folder are not
    looked into. Raises Unusable when the folder cannot be read, or no more.
    """
    since: dict[str, tuple[_State, float]] = {}
    given: dict[str, _State] = {}
    while True:
        now = clock()
        there = _parts(folder)
        since = {name: since[name] if since.get(name, (None,))[0] == state else (state, now) for name, state in there}
        for name, (state, first) in since.items():
            if now - first < settle or given.get(name) == state or _state(folder / name) != state:
                continue
            given[name] = state
            yield folder / name
            if until():
                return
        if until():
            return
        sleep(PAUSE)


def _parts(folder: Path) -> list[tuple[str, _State]]:
    """Files that are called as parts, in the order of the parts."""
    try:
        there = {path.name for path in folder.iterdir()}
    except OSError as error:
        hint = "Name the folder into which your browser downloads."
        raise Unusable(f"{folder} cannot be read ({error.strerror}).", hint=hint) from error
    named: list[tuple[PartName, str]] = []
    for name in there:
        part = names.parsed(name)
        if part and not any(f"{name}{ending}" in there for ending in BESIDE):
            named.append((part, name))
    states = ((name, _state(folder / name)) for _, name in sorted(named, key=lambda each: (each[0].order, each[1])))
    return [(name, state) for name, state in states if state]


def _state(path: Path) -> _State | None:
    """None when it is gone since the folder was read, is no file, or has nothing in it yet."""
    try:
        about = path.stat()
    except OSError:
        return None
    return _State(about.st_size, about.st_mtime_ns) if stat.S_ISREG(about.st_mode) and about.st_size else None
