"""Parts as a browser finishes them: a folder is looked at until no more is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from eccs_backup.errors import Unusable
from eccs_backup.takeout import names

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
    folder: Path, clock: Callable[[], float], sleep: Callable[[float], object], *, until: Callable[[], bool]
) -> Iterator[Path]:
    """Every part in the folder, once it is whole as far as a folder can tell; again when it is replaced.

    It has a name and a size, has not changed for SETTLED seconds by `clock`, and nothing unfinished of its name lies
    beside it. Ends when `until` says so. Folders in the folder are not looked into. Raises Unusable when the folder
    cannot be read.
    """
    since: dict[str, tuple[_State, float]] = {}
    given: dict[str, _State] = {}
    while True:
        now = clock()
        for name, state in sorted(_parts(folder).items()):
            if since.get(name, (None,))[0] != state:
                since[name] = (state, now)
            elif given.get(name) != state and now - since[name][1] >= SETTLED:
                given[name] = state
                yield folder / name
        if until():
            return
        sleep(PAUSE)


def _parts(folder: Path) -> dict[str, _State]:
    try:
        there = {path.name for path in folder.iterdir()}
    except OSError as error:
        hint = "Name the folder of your downloads."
        raise Unusable(f"{folder} cannot be read ({error.strerror}).", hint=hint) from error
    found = {}
    for name in there:
        if names.parsed(name) is None or any(f"{name}{ending}" in there for ending in BESIDE):
            continue
        try:
            about = (folder / name).stat()
        except OSError:  # gone since the folder was read, or a link to nothing
            continue
        if about.st_size:
            found[name] = _State(about.st_size, about.st_mtime_ns)
    return found
