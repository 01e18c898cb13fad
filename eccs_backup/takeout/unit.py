"""What waits for one checksum: staged files that are trusted together, or not at all.

The members of a tgz have no checksum of their own, and the messages of a mailbox share that of their file. Up to its
end nothing of it is known to be true, and half a million messages may wait: they are listed on the disk.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from eccs_backup.errors import of_disk
from eccs_backup.model import Item, Key, Step
from eccs_backup.takeout.staging import Staged


class Unit:
    """Staged files of one checksum. `path` is where the list lies meanwhile: a file that is there is written anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._list: TextIO | None = None

    def add(self, staged: Staged) -> None:
        """A file in its part. Raises Stop."""
        try:
            if self._list is None:
                self._list = self._path.open("w", encoding="utf-8")
            self._list.write(_line(staged))
        except OSError as error:
            raise of_disk(error) from error

    def release(self, settle: Callable[[Staged], object]) -> Iterator[None]:
        """The checksum matched: hand everything on, step by step, in the order in which it came. Raises Stop."""
        for staged in self._all():
            settle(staged)
            yield

    def drop(self) -> None:
        """The checksum did not match: take everything away."""
        for staged in self._all():
            staged.part.unlink(missing_ok=True)

    def _all(self) -> Iterator[Staged]:
        if self._list is None:
            return
        try:
            self._list.close()
            with self._path.open(encoding="utf-8") as lines:
                yield from map(_staged, lines)
            self._path.unlink()
        except OSError as error:
            raise of_disk(error) from error
        self._list = None


def _line(staged: Staged) -> str:
    item = staged.item
    modified = item.modified.timestamp() if item.modified else None
    return json.dumps([item.key, item.path, item.revision, modified, item.facts, str(staged.part), *staged[2:]]) + "\n"


def _staged(line: str) -> Staged:
    key, path, revision, modified, facts, part, size, sha256 = json.loads(line)
    when = None if modified is None else datetime.fromtimestamp(modified, UTC)
    item = Item(Key(*key), tuple(Step(*each) for each in path), revision, modified=when, facts=facts)
    return Staged(item, Path(part), size, sha256)
