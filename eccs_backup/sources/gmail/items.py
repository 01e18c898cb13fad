"""What a message becomes: one item, whose path tells the month it came in, and whose facts are its labels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

from eccs_backup.errors import BackupError
from eccs_backup.model import Digest, Item, Json, Key, Kind, Obstacle, Step
from eccs_backup.sources import Row

SETTINGS = "settings"
UNDATED = "undated"


def message(source: str, row: Row, known: Row | None, names: Mapping[str, str]) -> Item:
    """A message: what the listing says, and what is known since it was fetched; `names` are labels by id.

    Nothing of a message but its labels ever changes, so its revision is always the same.
    """
    key = Key(source, row.id)
    if known is None:
        return Item(key, (Step(row.id, f"{row.id}.eml"),), "1")
    date = known.description.get("internalDate")
    when = moment(date) if isinstance(date, int) else None
    return Item(key, _path(row.id, when), "1", modified=when, facts=_facts(row, known, names))


def setting(source: str, name: str, found: Json | BackupError) -> Item:
    """One of the mailbox's settings, as a JSON file."""
    key = Key(source, f"{SETTINGS}/{name}")
    path = (Step(SETTINGS, SETTINGS), Step(key.id, f"{name}.json"))
    if isinstance(found, BackupError):
        return Item(key, path, "", obstacle=Obstacle(Kind.VIEW_ONLY, f"{found} {found.hint}"))
    body = text(found)
    digest = Digest("sha256", sha256(body).hexdigest())
    return Item(key, path, digest.hex, len(body), digest, format="json", facts={"setting": name})


def text(setting: Json) -> bytes:
    """A setting as it is written to its file: the same words give the same bytes."""
    return json.dumps(setting, ensure_ascii=False, indent=1, sort_keys=True).encode(errors="replace") + b"\n"


def moment(milliseconds: int) -> datetime | None:
    """The time of so many milliseconds since 1970, or None when no calendar has it."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _path(id: str, when: datetime | None) -> tuple[Step, ...]:
    if when is None:
        return (Step(UNDATED, UNDATED), Step(id, f"{id}.eml"))
    year, month = f"{when.year:04}", f"{when.month:02}"
    return (Step(year, year), Step(f"{year}-{month}", month), Step(id, f"{id}.eml"))


def _facts(row: Row, known: Row, names: Mapping[str, str]) -> dict[str, Json]:
    held = known.description.get("labelIds")
    labels: list[Json] = [names.get(str(each), str(each)) for each in held] if isinstance(held, list) else []
    return {
        "labels": labels,
        "thread": row.description.get("threadId"),
        "internalDate": known.description.get("internalDate"),
    }
