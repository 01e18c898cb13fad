"""What a source listed last time, in the manifest's database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from eccs_backup.errors import VaultDamaged
from eccs_backup.manifest import Manifest, translated
from eccs_backup.model import Json
from eccs_backup.paths import storable
from eccs_backup.sources import Row


class ManifestCatalogue:
    """The `Catalogue` of one source; every operation is one transaction.

    Raises VaultFull, VaultUnwritable, VaultBusy, VaultDamaged.
    """

    def __init__(self, manifest: Manifest, source: str) -> None:
        self._manifest = manifest
        self._source = source
        self._db = manifest.db

    def token(self, log: str) -> str | None:
        """Where to go on in `log`."""
        sql = "SELECT token FROM logs WHERE source = ? AND log = ?"
        rows = self._select(sql, self._source, log)
        return rows[0][0] if rows else None

    def logs(self) -> list[str]:
        """The logs that were listed to their end at least once."""
        sql = "SELECT log FROM logs WHERE source = ? ORDER BY log"
        return [row[0] for row in self._select(sql, self._source)]

    def replace(self, log: str, rows: Iterable[Row], token: str) -> None:
        """A listing from the start; `rows` are written as they come, and count only once all are there."""
        with self._manifest.transaction():
            self._db.execute("DELETE FROM catalogue WHERE source = ? AND log = ?", (self._source, log))
            self._write(log, rows)
            self._set_token(log, token)

    def update(self, log: str, changed: Iterable[Row], removed: Iterable[str], token: str) -> None:
        """News since the last token."""
        with self._manifest.transaction():
            self._write(log, changed)
            self._db.executemany(
                "DELETE FROM catalogue WHERE source = ? AND log = ? AND id = ?",
                ((self._source, log, id) for id in removed),
            )
            self._set_token(log, token)

    def forget(self, log: str) -> None:
        """Drop a log with its rows."""
        with self._manifest.transaction():
            for table in ("catalogue", "logs"):
                self._db.execute(f"DELETE FROM {table} WHERE source = ? AND log = ?", (self._source, log))

    def rows(self, log: str) -> Iterator[Row]:
        """Every row of `log` by id. Reads in pages: the table may be written between two rows."""
        sql = "SELECT id, description FROM catalogue WHERE source = ? AND log = ? AND id > ? ORDER BY id LIMIT 1000"
        last = ""
        while page := self._select(sql, self._source, log, last):
            for id, description in page:
                yield Row(id, _described(description))
            last = page[-1][0]

    def get(self, log: str, id: str) -> Row | None:
        """One row of `log`."""
        sql = "SELECT description FROM catalogue WHERE source = ? AND log = ? AND id = ?"
        found = self._select(sql, self._source, log, id)
        return Row(id, _described(found[0][0])) if found else None

    def note(self, log: str, row: Row) -> None:
        """Write one row with the next commit."""
        self._manifest.begin()
        try:
            self._write(log, [row])
        except self._db.DatabaseError as error:
            raise translated(error) from error

    def _select(self, sql: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(sql, values).fetchall()
        except self._db.DatabaseError as error:
            raise translated(error) from error

    def _write(self, log: str, rows: Iterable[Row]) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO catalogue VALUES (?, ?, ?, ?)",
            ((self._source, log, row.id, _text(row.description)) for row in rows),
        )

    def _set_token(self, log: str, token: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO logs VALUES (?, ?, ?)", (self._source, log, token))


def _described(text: str) -> dict[str, Json]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise VaultDamaged(
            "The vault's records of what the service listed cannot be read.",
            hint="Keep the files. Move .eccs-backup/manifest.sqlite away and export again; what has a checksum stays.",
        )
    return found


def _text(description: dict[str, Json]) -> str:
    return storable(json.dumps(description, ensure_ascii=False, separators=(",", ":")))
