"""What the vault remembers of exports: which parts were read, what each held, and what lies open between two files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eccs_backup.catalogue import ManifestCatalogue
from eccs_backup.manifest import Manifest, translated
from eccs_backup.model import Json
from eccs_backup.sources import Row
from eccs_backup.takeout.names import PartName, parsed

SOURCE = "takeout"
PARTS, ENDS, ALSO, LASTS = "parts", "ends", "also", "lasts"
"""Logs of the catalogue: part -> what it is and held; file of a mailbox -> its ends; message that was here already when
an export brought it -> which one; export -> how many parts it has, as the person said."""


class Records:
    """The rows of one vault. Writes last with the manifest's next commit. Raises the manifest's errors."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self._catalogue = ManifestCatalogue(manifest, SOURCE)

    def rows(self, log: str) -> Iterator[Row]:
        """Every row of a log, by id."""
        return self._catalogue.rows(log)

    def get(self, log: str, id: str) -> dict[str, Json] | None:
        """One row of a log."""
        row = self._catalogue.get(log, id)
        return row.description if row else None

    def note(self, log: str, id: str, description: dict[str, Json]) -> None:
        """Write one row of a log."""
        self._catalogue.note(log, Row(id, description))

    def parts(self) -> dict[PartName, dict[str, Json]]:
        """What is known of every part that was read, whole or damaged."""
        named = ((parsed(str(row.description["name"])), row.description) for row in self.rows(PARTS))
        return {name: about for name, about in named if name}

    def saw_part(self, part: str, number: int) -> None:
        """Everything in a part is listed again, by the listing of that number; 0: nothing of it is."""
        sql = "UPDATE entries SET seen = ? WHERE source = ? AND id > ? AND id < ?"
        self.manifest.begin()
        self._execute(sql, number, SOURCE, f"{part}/", f"{part}0")  # "0" comes behind "/"

    def products(self) -> Iterator[tuple[str, str, str]]:
        """(id, title, product or "") of every file of an export, by title, lazily. Rows may be rewritten meanwhile: no
        index is by title, so SQLite has sorted all of them, on the disk if need be, before the first one comes."""
        sql = (
            "SELECT id, title, coalesce(json_extract(facts, '$.product'), '') FROM entries WHERE source = ? AND"
            " json_extract(facts, '$.member') IS NOT NULL ORDER BY title, id"
        )
        db = self.manifest.db
        try:
            yield from db.execute(sql, (SOURCE,))
        except db.DatabaseError as error:
            raise translated(error) from error

    def _execute(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        db = self.manifest.db
        try:
            return db.execute(sql, values).fetchall()
        except db.DatabaseError as error:
            raise translated(error) from error
