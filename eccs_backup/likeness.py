"""Whether two services gave the same file: it has the same bytes, and the same place below the top folder."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from eccs_backup.manifest import Manifest, translated
from eccs_backup.model import Key

_UNSURE = re.compile(r"[^\w.]+|_+")
"""What Takeout writes as "_" in a name, and what disks do not take."""


class Alike(NamedTuple):
    """A file in the vault with certain bytes: its key, its path at the service, and its path in the vault."""

    key: Key
    title: str
    path: str


def twins(manifest: Manifest, title: str, sha256: str, size: int) -> list[Alike]:
    """Files, but no mails, that may stand for the one at `title` with these bytes: they have the same folders and name
    below the top folder, whose own name follows the service and the language."""
    wanted = below_top(title)
    return [each for each in _alike(manifest, sha256, size) if below_top(each.title) == wanted]


def below_top(title: str) -> tuple[str, ...]:
    """The folders and the name below the top folder, equal for what Takeout and an API call by one name."""
    steps = title.split("/")
    return tuple(_UNSURE.sub("_", unicodedata.normalize("NFKC", each).casefold()) for each in steps[1:] or steps)


def _alike(manifest: Manifest, sha256: str, size: int) -> list[Alike]:
    sql = (
        "SELECT source, id, title, path FROM entries"
        " WHERE sha256 = ? AND size = ? AND path IS NOT NULL AND source <> 'mail' ORDER BY source, id"
    )
    db = manifest.db
    try:
        return [Alike(Key(source, id), title, path) for source, id, title, path in db.execute(sql, (sha256, size))]
    except db.DatabaseError as error:
        raise translated(error) from error
