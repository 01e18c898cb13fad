"""The search index: an SQLite file beside the vault's records that can be thrown away at any time.

`letters` says which messages there are and which content of theirs is indexed, `texts` holds the words in the form
in which they are compared, and `words` tells which messages hold any three characters in a row: it narrows a search
down, and the texts decide. That index is a third as large as one that knows the places of the characters, too.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from eccs_backup.digest import digests
from eccs_backup.errors import BackupError, Unusable, VaultBusy, VaultFull
from eccs_backup.mail import content
from eccs_backup.mail import letters as saved
from eccs_backup.mail.content import Content
from eccs_backup.mail.letters import Letter
from eccs_backup.paths import inside
from eccs_backup.vault import INNER

Index: TypeAlias = sqlite3.Connection
NAME = "mail-index.sqlite"
VERSION = 2
NEEDED = (3, 34)
"""The SQLite that brought the trigram tokenizer. https://www.sqlite.org/fts5.html#the_trigram_tokenizer"""
BATCH = 500
"""Messages between two commits: what a killed run has to read again."""
_SCHEMA = f"""
    BEGIN;
    CREATE TABLE letters (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, path TEXT NOT NULL, size INTEGER NOT NULL,
        sha256 TEXT NOT NULL, date REAL NOT NULL, labels TEXT NOT NULL, deleted INTEGER NOT NULL,
        listed INTEGER NOT NULL, indexed TEXT, sender TEXT NOT NULL DEFAULT '', subject TEXT NOT NULL DEFAULT ''
    );
    CREATE TABLE texts (
        number INTEGER PRIMARY KEY, sender TEXT NOT NULL, recipients TEXT NOT NULL, subject TEXT NOT NULL,
        text TEXT NOT NULL, names TEXT NOT NULL
    );
    CREATE VIRTUAL TABLE words USING fts5 (
        sender, recipients, subject, text, names, content='texts', content_rowid='number', tokenize='trigram',
        detail=none, columnsize=0
    );
    INSERT INTO words (words, rank) VALUES ('hashsize', 16000000);
    CREATE TABLE state (stamp TEXT NOT NULL);
    PRAGMA user_version = {VERSION};
    COMMIT"""
_CJK = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef"
_WRAP = re.compile(rf"(?<=[{_CJK}])[ \t]*\r?\n[ \t]*(?=[{_CJK}])")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ufffe\uffff]+")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR)


class Unwritable(BackupError):
    """The index cannot be kept in the vault."""


class Damaged(BackupError):
    """The index is no index of ours: it has to be made anew."""


class Where(Enum):
    """Where the index lies: in the vault, or in a temporary file, made from a copy of that one or from nothing."""

    VAULT = 1
    COPY = 2
    NEW = 3


class Watch(NamedTuple):
    """Who is told how far the index is: `total` how many messages are to be read, `read` after each of them."""

    total: Callable[[int], object] = lambda total: None
    read: Callable[[], object] = lambda: None


def comparable(text: str) -> str:
    """Text as it is stored and looked for: NFKC, without case, with single spaces.

    Lines of Japanese that a program broke in the middle of a word are joined; what has no width is taken out.
    """
    return _BLANK.sub(" ", _UNSEEN.sub("", saved.same(_WRAP.sub("", text)))).strip()


@contextmanager
def opened(root: Path, where: Where = Where.VAULT) -> Iterator[Index]:
    """The index of the vault at `root`, made when it is not there. SQLite's errors inside the block become ours.

    Raises Unusable (SQLite is too old), VaultBusy, VaultFull, Unwritable, Damaged.
    """
    if sqlite3.sqlite_version_info[:2] < NEEDED:
        raise Unusable(
            f"Searching needs SQLite 3.34; this Python comes with {sqlite3.sqlite_version}.",
            hint="Install a newer Python, or search in a mail program: eccs-backup mail-convert",
        )
    path = root / INNER / NAME
    with _errors(), closing(_connected(path if where is Where.VAULT else "")) as db:
        if where is Where.COPY and path.is_file():
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as kept:
                kept.backup(db)
        _prepare(db)
        yield db


def remove(root: Path) -> None:
    """Throw the index away."""
    for name in (NAME, f"{NAME}-journal"):
        with suppress(OSError):
            (root / INNER / name).unlink()


def lies_in(root: Path) -> bool:
    """Whether the vault holds an index, good or not."""
    return os.path.lexists(root / INNER / NAME)


def update(db: Index, root: Path, watch: Watch) -> int:
    """Read what is new or changed since the last time; how many messages could not be read.

    A killed run leaves what it had read in the index. Raises Stop.
    """
    stamp = _stamp(root)
    if db.execute("SELECT 1 FROM state WHERE stamp = ?", (stamp,)).fetchone() is None:
        with saved.place(root) as vault, closing(saved.letters(vault)) as letters:
            _enter(db, letters, stamp)
    waiting = "FROM letters WHERE indexed IS NOT sha256"
    watch.total(db.execute(f"SELECT count(*) {waiting}").fetchone()[0])
    unread, after = 0, 0
    sql = f"SELECT number, path, size, sha256 {waiting} AND number > ? ORDER BY number LIMIT ?"
    while rows := db.execute(sql, (after, BATCH)).fetchall():
        db.execute("BEGIN IMMEDIATE")
        for number, path, size, sha256 in rows:
            found = _read(inside(root, path), size, sha256)
            unread += found is None
            if found is not None:
                _index(db, number, sha256, found)
            watch.read()
        db.execute("COMMIT")
        after = rows[-1][0]
    return unread


def _stamp(root: Path) -> str:
    """Differs when the vault's records do: SQLite counts its changes in bytes 24 to 27 of the file.
    https://www.sqlite.org/fileformat.html#file_change_counter"""
    path = root / INNER / "manifest.sqlite"
    with path.open("rb") as file:
        counter = file.read(28)[24:].hex()
    found = path.stat()
    return f"{counter} {found.st_size} {found.st_mtime_ns}"


def _connected(path: Path | str) -> Index:
    return sqlite3.connect(path, isolation_level=None, timeout=2)


def _prepare(db: Index) -> None:
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA cache_size = -65536")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == 0 and not db.execute("SELECT 1 FROM sqlite_master").fetchone():
        db.executescript(_SCHEMA)
    elif version != VERSION:
        raise Damaged("The search index was made by another version.")
    db.execute("BEGIN IMMEDIATE")  # says now whether it can be written
    db.execute("COMMIT")


def _enter(db: Index, letters: Iterable[Letter], stamp: str) -> None:
    """Bring `letters` up to date: which messages there are, where they lie, what they are labelled with."""
    db.execute("BEGIN IMMEDIATE")
    round = db.execute("SELECT coalesce(max(listed), 0) + 1 FROM letters").fetchone()[0]
    sql = """
        INSERT INTO letters (id, path, size, sha256, date, labels, deleted, listed) VALUES (?,?,?,?,?,?,?,?)
        ON CONFLICT (id) DO UPDATE SET path = excluded.path, size = excluded.size, sha256 = excluded.sha256,
            date = excluded.date, labels = excluded.labels, deleted = excluded.deleted, listed = excluded.listed"""
    db.executemany(sql, (_row(letter, round) for letter in letters))
    gone = db.execute("SELECT number FROM letters WHERE listed <> ?", (round,)).fetchall()
    for (number,) in gone:
        _forget(db, number)
        db.execute("DELETE FROM letters WHERE number = ?", (number,))
    db.execute("DELETE FROM state")
    db.execute("INSERT INTO state VALUES (?)", (stamp,))
    db.execute("COMMIT")


def _row(letter: Letter, round: int) -> tuple[Any, ...]:
    labels = json.dumps(letter.labels)
    return (letter.id, letter.path, letter.size, letter.sha256, letter.date, labels, letter.deleted, round)


def _read(path: Path, size: int, sha256: str) -> Content | None:
    """What the message says; None when its file is not as it was saved, so that it is read anew when it is again."""
    try:
        if path.stat().st_size != size or (sha256 and digests(path, "sha256")["sha256"] != sha256):
            return None
        return content.read(path)
    except OSError:
        return None


def _index(db: Index, number: int, sha256: str, found: Content) -> None:
    _forget(db, number)
    row = (number, *map(comparable, found))
    db.execute("INSERT INTO texts VALUES (?,?,?,?,?,?)", row)
    db.execute("INSERT INTO words (rowid, sender, recipients, subject, text, names) VALUES (?,?,?,?,?,?)", row)
    sender, subject = (_UNSEEN.sub("", each) for each in (found.sender.partition("\n")[0], found.subject))
    sql = "UPDATE letters SET indexed = ?, sender = ?, subject = ? WHERE number = ?"
    db.execute(sql, (sha256, sender, subject, number))


def _forget(db: Index, number: int) -> None:
    row = db.execute("SELECT * FROM texts WHERE number = ?", (number,)).fetchone()
    if row:
        sql = "INSERT INTO words (words, rowid, sender, recipients, subject, text, names) VALUES ('delete',?,?,?,?,?,?)"
        db.execute(sql, row)
        db.execute("DELETE FROM texts WHERE number = ?", (number,))


@contextmanager
def _errors() -> Iterator[None]:
    """SQLite's errors become ours."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise VaultFull("The disk is full: the search index could not be written.") from error
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise VaultBusy("Another search is bringing the index up to date.") from error
        if code in UNWRITABLE:
            raise Unwritable(f"The search index cannot be written ({error}).") from error
        raise Damaged(f"The search index is damaged ({error}).") from error
