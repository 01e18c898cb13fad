"""What a listed thing of Drive becomes: one item, or one per format of a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from eccs_backup.errors import Unavailable
from eccs_backup.model import Digest, Facts, Item, Json, Key, Kind, Obstacle, Step
from eccs_backup.sources.google_drive.documents import NATIVE, SHORTCUT, Formats, why_not
from eccs_backup.sources.google_drive.tree import FOLDER, SHARED_WITH_ME, TRASH, Tree

Row = Mapping[str, Json]
"""A file as Drive describes it."""
Path = tuple[Step, ...]
FACTS = (
    "mimeType", "owners", "permissions", "shared", "sharedWithMeTime", "sharingUser", "ownedByMe", "description",
    "starred", "createdTime", "properties", "appProperties", "webViewLink", "originalFilename", "driveId", "parents",
    "trashed", "explicitlyTrashed", "shortcutDetails", "clientEncryptionDetails", "headRevisionId",
)  # fmt: skip


@dataclass(frozen=True)
class DriveOptions:
    """What the person wants of Drive.

    `formats` are suffixes ("docx") in order of preference; `units_per_minute` is the quota of the person's client where
    it is another than the usual, 0 when it has none.
    """

    trash: bool = False
    shared_with_me: bool = False
    owned_only: bool = False
    formats: tuple[str, ...] = ()
    units_per_minute: int | None = None


@dataclass(frozen=True)
class Items:
    """Makes the items of one source."""

    source: str
    options: DriveOptions
    formats: Formats

    def listed(self, row: Row, tree: Tree, targets: Mapping[str, str]) -> Iterator[Item]:
        """The items of a listed thing; `targets` says where the things lie that shortcuts point at."""
        path = tree.path(row, str(row.get("name", "")))
        left_out = self._left_out(row, path)
        for item in self._of(row, path, targets):
            yield replace(item, obstacle=left_out) if left_out else item

    def now(self, row: Row, listed: Item) -> Item:
        """A listed item as the service has it now, under the path it was listed under.

        Whether it is left out is not judged again: a look at one file does not tell whose folder it lies in. Raises
        Unavailable when it is no longer what it was.
        """
        for item in self._of(row, listed.path, {}):
            if item.key == listed.key:
                return replace(item, path=listed.path)
        raise Unavailable("It is no longer what it was when it was listed.", kind=Kind.GONE)

    def _of(self, row: Row, path: Path, targets: Mapping[str, str]) -> Iterator[Item]:
        mime, name = str(row.get("mimeType", "")), str(row.get("name", ""))
        whole = self._item(row, path)
        if mime == SHORTCUT:
            yield replace(whole, obstacle=_shortcut(targets.get(target(row), "")))
        elif not mime.startswith(NATIVE) or mime == FOLDER:
            yield whole
        elif suffixes := self.formats.of(mime):
            for suffix in suffixes:
                named = name if name.casefold().endswith(f".{suffix}") else f"{name}.{suffix}"
                key = Key(self.source, f"{row['id']}#{suffix}")
                here = (*path[:-1], Step(str(row["id"]), named))
                yield replace(whole, key=key, path=here, size=None, digest=None, format=suffix)
        else:
            sentence = why_not(mime, str(row.get("webViewLink", "")))
            yield replace(whole, obstacle=whole.obstacle or Obstacle(Kind.NO_EXPORT, sentence))

    def _item(self, row: Row, path: Path) -> Item:
        digest = _digest(row)
        head = row.get("headRevisionId") or row.get("modifiedTime") or ""
        return Item(
            Key(self.source, str(row["id"])),
            path,
            revision=f"{digest.algorithm}:{digest.hex}" if digest else str(head),
            size=int(str(row["size"])) if "size" in row else None,
            digest=digest,
            modified=_time(row.get("modifiedTime")),
            obstacle=_obstacle(row),
            facts=_facts(row),
        )

    def _left_out(self, row: Row, path: Path) -> Obstacle | None:
        trashed = path[0] == TRASH
        if row.get("mimeType") == FOLDER and not trashed:
            return None
        if trashed and not self.options.trash:
            return Obstacle(Kind.LEFT_OUT, "in the trash (--trash saves it)")
        if row.get("ownedByMe") is True:
            return None
        if self.options.owned_only:
            return Obstacle(Kind.LEFT_OUT, "owned by somebody else (--owned-only)")
        if SHARED_WITH_ME in path[:2] and not self.options.shared_with_me:
            return Obstacle(Kind.LEFT_OUT, "shared with you by somebody else (--shared-with-me saves it)")
        return None


def locked(row: Row) -> bool:
    """Whether the service said that it may not be downloaded."""
    capabilities = row.get("capabilities")
    return isinstance(capabilities, dict) and capabilities.get("canDownload") is False


def target(row: Row) -> str:
    """The id of what a shortcut points at."""
    details = row.get("shortcutDetails")
    return str(details.get("targetId", "")) if isinstance(details, dict) else ""


def _obstacle(row: Row) -> Obstacle | None:
    """What keeps a listed thing from becoming a file, as far as the listing tells."""
    if row.get("mimeType") == FOLDER:
        return Obstacle(Kind.FOLDER, "kept as a folder")
    return Obstacle(Kind.VIEW_ONLY, _forbidden(row)) if locked(row) else None


def _forbidden(row: Row) -> str:
    if row.get("ownedByMe") is True:
        return (
            "A rule forbids downloading it, though it is yours. Open its sharing settings, or ask your administrator."
        )
    return f"{_owner(row)} does not allow downloading it. Ask for a copy, or for the right."


def _shortcut(place: str) -> Obstacle:
    """Shortcuts are never followed (they may form cycles): `place` is where the target is listed, if it is."""
    if place:
        return Obstacle(Kind.SHORTCUT, f"a shortcut to {place}")
    return Obstacle(
        Kind.GONE, "A shortcut to something your Drive does not list: it is gone, or somebody else's. Open it to see."
    )


def _owner(row: Row) -> str:
    owners = row.get("owners")
    first = owners[0] if isinstance(owners, list) and owners else {}
    name = first.get("emailAddress") or first.get("displayName") if isinstance(first, dict) else None
    return str(name or "The shared drive")


def _digest(row: Row) -> Digest | None:
    """The strongest checksum; only uploaded files have one."""
    for field, algorithm in (("sha256Checksum", "sha256"), ("md5Checksum", "md5")):
        if value := row.get(field):
            return Digest(algorithm, str(value).lower())
    return None


def _time(value: Json) -> datetime | None:
    """An RFC 3339 time of the API; None for what no computer can reckon with, such as the ends of the calendar."""
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return time if time.tzinfo and 1 < time.year < 9999 else None


def _facts(row: Row) -> Facts:
    facts = {name: row[name] for name in FACTS if name in row}
    if _time(row.get("modifiedTime")) is None and "modifiedTime" in row:
        facts["modifiedTime"] = row["modifiedTime"]
    return facts
