"""The memory of what mail-convert has written where: only what still lies there exactly so is ever replaced.

Each result has one record in the vault, with the SHA-256 of its every file. A mark in the result itself would not do:
an mbox has no room for one that readers do not take for mail, and a mark does not tell what was added since.
"""

from __future__ import annotations

import hashlib
import json
import os
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from eccs_backup.digest import digests
from eccs_backup.errors import Unusable
from eccs_backup.vault import INNER

FOLDER = "converted"
NO_ONES = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""What Finder and Explorer leave in a folder that somebody has looked at."""
Made: TypeAlias = dict[str, str]
"""SHA-256 in hex by path relative to the result, with "/"; the path of an mbox that is all of the result is ""."""


def is_free(target: Path) -> bool:
    """Whether nothing lies there, or an empty folder."""
    return not os.path.lexists(target) or (target.is_dir() and not target.is_symlink() and not any(target.iterdir()))


def refuse_strange(root: Path, target: Path) -> None:
    """Raise Unusable, naming a file, unless `target` is as a conversion of the vault at `root` has left it.

    Every file is read to its end.
    """
    if is_free(target):
        return
    made = _recalled(root, target)
    strange = target if made is None else _strange(target, made)
    if strange:
        raise Unusable(
            f"{strange} was not made by mail-convert, or was changed since, and is not replaced.",
            hint="Name another place.",
        )


def remember(root: Path, target: Path, made: Made) -> bool:
    """Note what lies at `target` now; whether that was possible."""
    record = _record(root, target)
    draft = record.with_suffix(".draft")
    try:
        record.parent.mkdir(exist_ok=True)
        record.unlink(missing_ok=True)
        files = {_same(path): sha256 for path, sha256 in made.items()}
        draft.write_text(json.dumps({"target": str(target), "files": files}), encoding="ascii")
        draft.replace(record)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        return False
    return True


def _record(root: Path, target: Path) -> Path:
    """Where the record lies: named after the way from the vault to the target, as the two may move together."""
    way = os.path.abspath(target)  # noqa: PTH100 - the target's own name, also when it is a link
    with suppress(ValueError):  # another drive of Windows'
        way = os.path.relpath(way, os.path.abspath(root))  # noqa: PTH100
    return root / INNER / FOLDER / f"{hashlib.sha256(_same(way).encode()).hexdigest()[:32]}.json"


def _recalled(root: Path, target: Path) -> Made | None:
    try:
        files = json.loads(_record(root, target).read_bytes())["files"]
        return {path: str(sha256) for path, sha256 in files.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):  # then it is not known
        return None


def _strange(target: Path, made: Made) -> Path | None:
    """A file that was added, or else one that was changed or taken away; None when all is as it was made."""
    found = {_same(path.relative_to(target).as_posix() if path != target else ""): path for path in _files(target)}
    for name in sorted(found.keys() - made.keys()):
        return found[name]
    for name, sha256 in sorted(made.items()):
        if name not in found or not _holds(found[name], sha256):
            return target / name
    return None


def _files(target: Path) -> Iterator[Path]:
    """Everything at `target` that is no folder; links are not followed."""
    if target.is_symlink() or not target.is_dir():
        yield target
        return
    for entry in os.scandir(target):
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))
        elif entry.name not in NO_ONES:
            yield Path(entry.path)


def _holds(path: Path, sha256: str) -> bool:
    try:
        return not path.is_symlink() and path.is_file() and digests(path, "sha256")["sha256"] == sha256
    except OSError:
        return False


def _same(path: str) -> str:
    """A path as it is in every locale and on file systems that take names apart (HFS+)."""
    return unicodedata.normalize("NFC", os.fsencode(path).decode("utf-8", "backslashreplace"))
