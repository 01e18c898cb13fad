"""How many of something there are, and the first of them by name: what two lists differ in may be all of a mailbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eccs_backup.manifest import Manifest, translated
from eccs_backup.model import Facts

NAMED = 20
"""How many are named."""


@dataclass(frozen=True)
class Some:
    """How many there are, and up to NAMED of them by name."""

    count: int = 0
    names: tuple[str, ...] = ()


class Counting:
    """Counts things as they come by."""

    def __init__(self) -> None:
        self._count, self._names = 0, list[str]()

    def add(self, name: str) -> None:
        """One more."""
        self._count += 1
        if self._count <= NAMED:
            self._names.append(name)

    @property
    def found(self) -> Some:
        """What came by so far."""
        return Some(self._count, tuple(self._names))


def select(manifest: Manifest, sql: str, *values: object) -> Iterator[tuple[Any, ...]]:
    """What a query finds, lazily. Raises Stop."""
    db = manifest.db
    try:
        yield from db.execute(sql, values)
    except db.DatabaseError as error:
        raise translated(error) from error


def told(facts: str) -> Facts:
    """The facts of a row as it stands in the records; none when they make no sense, which `verify` says."""
    try:
        found = json.loads(facts)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
