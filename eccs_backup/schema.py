"""The tables of a vault's records, as steps from one version to the next; docs/vault-format.md explains them."""

from __future__ import annotations

MIGRATIONS = [
    """
    CREATE TABLE entries (
        source TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, title TEXT NOT NULL, kind TEXT, reason TEXT,
        revision TEXT NOT NULL, path TEXT, size INTEGER, sha256 TEXT, proof TEXT NOT NULL, modified REAL,
        facts TEXT NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY (source, id)
    ) STRICT;
    CREATE UNIQUE INDEX entries_by_path ON entries (path) WHERE path IS NOT NULL;
    CREATE TABLE names (
        folder TEXT NOT NULL, folded TEXT NOT NULL, source TEXT NOT NULL, id TEXT NOT NULL,
        wanted TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (folder, folded)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX names_by_id ON names (source, id, folder);
    CREATE TABLE listings (
        number INTEGER PRIMARY KEY, source TEXT NOT NULL, choices TEXT NOT NULL, started REAL NOT NULL,
        finished REAL, listed INTEGER, ended REAL
    ) STRICT;
    CREATE TABLE accounts (source TEXT PRIMARY KEY, address TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE logs (
        source TEXT NOT NULL, log TEXT NOT NULL, token TEXT NOT NULL, PRIMARY KEY (source, log)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE catalogue (
        source TEXT NOT NULL, log TEXT NOT NULL, id TEXT NOT NULL, description TEXT NOT NULL,
        PRIMARY KEY (source, log, id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE INDEX entries_by_content ON entries (sha256) WHERE path IS NOT NULL AND source <> 'mail'
    """,
]
