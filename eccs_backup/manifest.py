"""The vault's records in SQLite: entries, names, accounts, listings; `catalogue` keeps the sources' part."""

from __future__ import annotations

import functools
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from eccs_backup.errors import Stop, VaultBusy, VaultDamaged, VaultFull, VaultUnwritable
from eccs_backup.model import Entry, Key, Kind, Proof, State
from eccs_backup.paths import storable
from eccs_backup.schema import MIGRATIONS

_REBUILD = "Keep the files. Move .eccs-backup/manifest.sqlite away and export again: what has a checksum is kept."
UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR)


class Listing(NamedTuple):
    """One listing of a source. `choices` are the person's options in words; times are Unix seconds."""

    number: int
    source: str
    choices: str
    started: float
    finished: float | None
    listed: int | None
    ended: float | None


P = ParamSpec("P")
R = TypeVar("R")


def _stops(call: Callable[Concatenate[Manifest, P], R]) -> Callable[Concatenate[Manifest, P], R]:
    """SQLite's errors become ours."""

    @functools.wraps(call)
    def wrapped(self: Manifest, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return call(self, *args, **kwargs)
        except sqlite3.DatabaseError as error:
            raise translated(error) from error

    return wrapped


class Manifest:
    """The vault's records. One thread uses it; `commit` makes what was written since the last one last.

    Raises VaultFull, VaultUnwritable, VaultBusy, VaultDamaged.
    """

    def __init__(self, path: Path | str) -> None:
        try:
            self.db = sqlite3.connect(path, isolation_level=None, timeout=5)
            # A journal beside the file, and not WAL: vaults lie on USB sticks and network folders as well.
            self.db.execute("PRAGMA journal_mode = TRUNCATE")
            self.db.execute("PRAGMA synchronous = FULL")
            self.db.execute("PRAGMA cache_size = -16384")  # KiB: rows are put in no order, by ids and by paths
            self._migrate()
        except sqlite3.DatabaseError as error:
            raise translated(error) from error

    def _migrate(self) -> None:
        version = self.db.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise VaultDamaged("This folder was written by a newer version of eccs-backup.", hint="Update eccs-backup.")
        for number, step in enumerate(MIGRATIONS[version:], start=version + 1):
            self.db.executescript(f"BEGIN; {step}; PRAGMA user_version = {number}; COMMIT")

    @_stops
    def begin(self) -> None:
        """Open a transaction unless one is open."""
        if not self.db.in_transaction:
            self.db.execute("BEGIN IMMEDIATE")

    @_stops
    def commit(self) -> None:
        """Make everything written so far last."""
        if self.db.in_transaction:
            self.db.execute("COMMIT")

    def close(self) -> None:
        """Commit and close."""
        self.commit()
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside, or nothing of it; what was written before is committed first."""
        self.commit()
        self.begin()
        try:
            yield
        except sqlite3.DatabaseError as error:
            self.db.rollback()
            raise translated(error) from error
        except BaseException:
            self.db.rollback()
            raise
        self.commit()

    @_stops
    def copy_to(self, other: Manifest) -> None:
        """Fill `other` with everything we have, for a trial that changes nothing."""
        self.db.backup(other.db)

    # -- entries ------------------------------------------------------------------------------------------------

    @_stops
    def get(self, key: Key) -> Entry | None:
        """The entry of that key."""
        row = self.db.execute("SELECT * FROM entries WHERE source = ? AND id = ?", key).fetchone()
        return _entry(row) if row else None

    @_stops
    def put(self, entry: Entry) -> None:
        """Write or rewrite a row; its file must be in place."""
        self.begin()
        facts = storable(json.dumps(entry.facts, ensure_ascii=False, separators=(",", ":")))
        reason = storable(entry.reason) if entry.reason else entry.reason
        row = (
            *entry.key, entry.state, storable(entry.title), entry.kind, reason, entry.revision, entry.path, entry.size,
            entry.sha256, entry.proof, entry.modified, facts, entry.seen,
        )  # fmt: skip
        self.db.execute(f"INSERT OR REPLACE INTO entries VALUES ({','.join('?' * len(row))})", row)

    @_stops
    def saw(self, key: Key, number: int) -> None:
        """The listing of that number showed an entry that is otherwise as it was."""
        self.begin()
        self.db.execute("UPDATE entries SET seen = ? WHERE source = ? AND id = ?", (number, *key))

    def entries(self, source: str | None = None, *, held: bool = False) -> Iterator[Entry]:
        """All entries by path, lazily; only those with a file when `held`."""
        where = "(source = ?1 OR ?1 IS NULL)" + (" AND path IS NOT NULL" if held else "")
        for row in self._select(f"SELECT * FROM entries WHERE {where} ORDER BY path, title, id", source):
            yield _entry(row)

    def listed(self, source: str, number: int, *states: State) -> Iterator[Entry]:
        """The entries that the listing of that number showed and that are in one of `states`, by title, lazily."""
        marks = ",".join("?" * len(states))
        sql = f"SELECT * FROM entries WHERE source = ? AND seen = ? AND state IN ({marks}) ORDER BY title, id"
        for row in self._select(sql, source, number, *states):
            yield _entry(row)

    def counts(self, source: str) -> Iterator[tuple[bool, State, Kind | None, str | None, Proof, int, int]]:
        """(the newest listing shows it, state, kind, reason if left out, proof, how many, bytes on the disk)."""
        sql = """
            SELECT seen = (SELECT max(number) FROM listings WHERE source = ?1) AS shown, state, kind,
                   CASE state WHEN 'left-out' THEN reason END AS choice, proof, count(*), coalesce(sum(size), 0)
            FROM entries WHERE source = ?1 GROUP BY shown, state, kind, choice, proof"""
        for shown, state, kind, reason, proof, number, size in self._select(sql, source):
            try:
                words = State(state), Kind(kind) if kind else None, reason, Proof(proof)
            except ValueError as error:
                raise VaultDamaged("The vault's records make no sense.", hint=_REBUILD) from error
            yield bool(shown), *words, number, size

    @_stops
    def is_pending(self, key: Key) -> bool:
        """Whether the item still has to be fetched."""
        sql = "SELECT 1 FROM entries WHERE source = ? AND id = ? AND state = 'pending'"
        return self.db.execute(sql, key).fetchone() is not None

    # -- names --------------------------------------------------------------------------------------------------

    @_stops
    def name_of(self, source: str, id: str, folder: str, wanted: str) -> str | None:
        """What a node that asks for `wanted` is called in `folder` of the vault."""
        sql = "SELECT name FROM names WHERE source = ? AND id = ? AND folder = ? AND wanted = ?"
        row = self.db.execute(sql, (source, id, folder, wanted)).fetchone()
        return row[0] if row else None

    @_stops
    def name_holder(self, folder: str, folded: str) -> tuple[str, str, str] | None:
        """(source, id, name) of the node whose name in that folder folds to `folded`."""
        sql = "SELECT source, id, name FROM names WHERE folder = ? AND folded = ?"
        row: tuple[str, str, str] | None = self.db.execute(sql, (folder, folded)).fetchone()
        return row

    @_stops
    def claim_name(self, folder: str, folded: str, source: str, id: str, wanted: str, name: str) -> None:
        """Give a node a name in a folder. Commit before a file is put there."""
        self.begin()
        row = (folder, folded, source, id, wanted, name)
        self.db.execute("INSERT OR REPLACE INTO names VALUES (?,?,?,?,?,?)", row)

    @_stops
    def release_names(self, source: str, id: str, folder: str, name: str) -> None:
        """Give up every name of a node but this one, once its file lies there."""
        self.begin()
        sql = "DELETE FROM names WHERE source = ? AND id = ? AND NOT (folder = ? AND name = ?)"
        self.db.execute(sql, (source, id, folder, name))

    # -- accounts and listings ----------------------------------------------------------------------------------

    @_stops
    def account(self, source: str) -> str | None:
        """Whose data of that source the vault holds."""
        row = self.db.execute("SELECT address FROM accounts WHERE source = ?", (source,)).fetchone()
        return row[0] if row else None

    @_stops
    def set_account(self, source: str, address: str) -> None:
        """Remember whose data it is."""
        self.begin()
        self.db.execute("INSERT OR REPLACE INTO accounts VALUES (?, ?)", (source, address))

    @_stops
    def begin_listing(self, source: str, choices: str) -> int:
        """A new listing's number. `choices` are the person's options, in words."""
        self.begin()
        sql = "INSERT INTO listings (source, choices, started) VALUES (?, ?, ?)"
        number = self.db.execute(sql, (source, choices, time.time())).lastrowid
        assert number is not None
        return number

    @_stops
    def finish_listing(self, number: int, listed: int) -> None:
        """Everything was listed: `listed` things, counted as they came."""
        self.begin()
        sql = "UPDATE listings SET finished = ?, listed = ? WHERE number = ?"
        self.db.execute(sql, (time.time(), listed, number))

    @_stops
    def end_listing(self, number: int) -> None:
        """Everything that was listed has been tried."""
        self.begin()
        self.db.execute("UPDATE listings SET ended = ? WHERE number = ?", (time.time(), number))

    @_stops
    def last_listing(self, source: str) -> Listing | None:
        """The newest listing of a source, finished or not."""
        sql = "SELECT * FROM listings WHERE source = ? ORDER BY number DESC LIMIT 1"
        row = self.db.execute(sql, (source,)).fetchone()
        return Listing(*row) if row else None

    @_stops
    def sources(self) -> list[str]:
        """The names of the sources that were ever listed into this vault."""
        return [row[0] for row in self.db.execute("SELECT DISTINCT source FROM listings ORDER BY source")]

    def _select(self, sql: str, *values: object) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self.db.execute(sql, values)
        except sqlite3.DatabaseError as error:
            raise translated(error) from error


def lock(path: Path) -> sqlite3.Connection:
    """Hold `path` against other runs until the connection is closed. Raises VaultBusy.

    A killed process leaves the lock free: the operating system drops SQLite's lock with the process.
    """
    try:
        held = sqlite3.connect(path, isolation_level=None, timeout=0)
        held.execute("BEGIN EXCLUSIVE")
    except sqlite3.DatabaseError as error:
        raise translated(error) from error
    return held


def _entry(row: tuple[Any, ...]) -> Entry:
    (source, id, state, title, kind, reason, revision, path, size, sha256, proof, modified, facts, seen) = row
    try:
        told = json.loads(facts)
        return Entry(
            Key(source, id), State(state), title, Kind(kind) if kind else None, reason, revision, path, size,
            sha256, Proof(proof), modified, told if isinstance(told, dict) else {}, seen,
        )  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise VaultDamaged(f"The vault's record of {title or id} makes no sense.", hint=_REBUILD) from error


def translated(error: sqlite3.DatabaseError) -> Stop:
    """The error of ours for one of SQLite's."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code; the rest is detail
    if code == sqlite3.SQLITE_FULL:
        return VaultFull("The disk is full: the vault's records could not be written.")
    if code in UNWRITABLE:
        return VaultUnwritable(f"The vault's records cannot be written ({error}).")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return VaultBusy("Another run is using this vault.")
    return VaultDamaged(
        f"The vault's records cannot be read ({error}).",
        hint=_REBUILD,
    )
