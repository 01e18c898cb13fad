"""Google Drive: everything the account owns or was given, and every shared drive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Self, cast

from eccs_backup.accounts import google_api
from eccs_backup.errors import BackupError, Throttled, Unavailable, WrongAccount
from eccs_backup.model import Digest, Facts, Item, Json, Key, Kind, Obstacle, Stream
from eccs_backup.pace import NO_LIMIT, Bucket, Pace
from eccs_backup.retry import Patience, patiently
from eccs_backup.sources import Setup
from eccs_backup.sources.google_drive.content import REAL, Content
from eccs_backup.sources.google_drive.documents import NATIVE, SHORTCUT, Formats, why_not
from eccs_backup.sources.google_drive.listing import FIELDS, ROOT, About, Listing
from eccs_backup.sources.google_drive.tree import FOLDER, MY_DRIVE, SHARED_WITH_ME, TRASH, Tree

Row = Mapping[str, Json]
FACTS = (
    "mimeType", "owners", "permissions", "shared", "sharedWithMeTime", "sharingUser", "ownedByMe", "description",
    "starred", "createdTime", "properties", "appProperties", "webViewLink", "originalFilename", "driveId", "parents",
    "trashed", "explicitlyTrashed", "shortcutDetails", "clientEncryptionDetails", "headRevisionId",
)  # fmt: skip
AT_FIRST = 4
"""Attempts before anything has been answered: a network that is down is said so after some seconds, not minutes."""


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


class GoogleDrive:
    """One account's Drive.

    Quota of projects made since 1 May 2026, in units per user and minute:
    https://developers.google.com/workspace/drive/api/guides/limits
    """

    name: ClassVar[str] = "drive"
    pace: ClassVar[Pace] = Pace(
        workers=24, lanes=8, units_per_minute=325_000, prices={"read": 5, "list": 100, "download": 200}
    )

    def __init__(self, setup: Setup) -> None:
        self._options = DriveOptions(**cast("dict[str, Any]", dict(setup.options)))
        self._catalogue = setup.catalogue
        self.halt = setup.halt
        units = self._options.units_per_minute
        pace = self.pace if units is None else replace(self.pace, units_per_minute=units or NO_LIMIT)
        self._bucket = Bucket(pace, sleep=self.halt.sleep)
        self._drive = google_api.service(
            "drive", "v3", setup.wire, f"{setup.endpoint}/drive/v3/" if setup.endpoint else None
        )
        self._batch = f"{setup.endpoint or REAL}/batch/drive/v3"
        self._listing = Listing(self._drive, setup.catalogue, self._ask, self._ask_together, setup.on_listed)
        self._content = Content(setup.wire, self._bucket, self._drive, self._ask_once, setup.endpoint, self.halt.sleep)
        self._listed = False
        self._attempts = AT_FIRST

    @classmethod
    def connect(cls, setup: Setup) -> Self:
        """Learn whose Drive it is. Raises Stop: WrongAccount when it is not `setup.address`."""
        drive = cls(setup)
        if setup.address and drive.account.casefold() != setup.address.casefold():
            raise WrongAccount(f"{setup.address} was expected, but {drive.account} answered.")
        drive._attempts = Patience.attempts
        _ = drive._formats  # a wish for an unknown format is said before anything is listed
        return drive

    @property
    def account(self) -> str:
        """The address of the signed-in account."""
        return self._about.address

    def items(self) -> Iterator[Item]:
        """Everything in Drive; the first pass brings the catalogue up to date, later ones only read it."""
        if not self._listed:
            self._listing.refresh(self._about.drives)
            self._listed = True
        tree = Tree(self._about.root, self._about.drives)
        targets: dict[str, str] = {}
        for row in self._rows():
            if row.get("mimeType") == FOLDER:
                tree.add(row)
            elif row.get("mimeType") == SHORTCUT:
                targets[_target(row)] = ""
        if targets:
            self._find(targets, tree)
        for row in self._rows():
            yield from self._items(row, tree, targets)

    def open(self, item: Item, start: int = 0, stop: int | None = None) -> AbstractContextManager[Stream]:
        """The file's bytes, or a document's export: those always come from the start."""
        return self._content.document(item) if item.format else self._content.blob(item, start, stop)

    def refresh(self, item: Item) -> Item:
        """The item by a fresh look at the file; it keeps the path it was listed under."""
        id = item.key.id.rpartition("#")[0] if item.format else item.key.id
        request = self._drive.files().get(fileId=id, fields=FIELDS, supportsAllDrives=True)
        row = self._ask_once(request, "read")
        for now in self._items(row, Tree(self._about.root, self._about.drives), {}):
            if now.key == item.key:
                return replace(now, path=item.path)
        raise Unavailable("It is no longer what it was when it was listed.", kind=Kind.GONE)

    @cached_property
    def _about(self) -> About:
        return self._listing.about()

    @cached_property
    def _formats(self) -> Formats:
        return Formats(self._about.export_formats, self._options.formats)

    def _rows(self) -> Iterator[Row]:
        for log in self._catalogue.logs():
            if log != ROOT:
                yield from (row.description for row in self._catalogue.rows(log))

    def _find(self, targets: dict[str, str], tree: Tree) -> None:
        """Fill in where the things that shortcuts point at lie; those that are not listed stay empty."""
        for id, name in ((self._about.root, MY_DRIVE.name), *self._about.drives.items()):
            if id in targets:
                targets[id] = name
        for row in self._rows():
            if row["id"] in targets:
                targets[str(row["id"])] = "/".join(step.name for step in tree.path(row, str(row.get("name", ""))))

    def _items(self, row: Row, tree: Tree, targets: Mapping[str, str]) -> Iterator[Item]:
        """The items that one listed thing becomes: one, or one per format of a document."""
        mime, name = str(row.get("mimeType", "")), str(row.get("name", ""))
        whole = self._item(row, tree, name)
        if mime == SHORTCUT and (whole.obstacle is None or whole.obstacle.kind is not Kind.LEFT_OUT):
            whole = replace(whole, obstacle=_shortcut(targets.get(_target(row), "")))
        if mime.startswith(NATIVE) and mime not in (FOLDER, SHORTCUT):
            for suffix in self._formats.of(mime):
                named = name if name.casefold().endswith(f".{suffix}") else f"{name}.{suffix}"
                item = self._item(row, tree, named)
                key = Key(self.name, f"{row['id']}#{suffix}")
                yield replace(item, key=key, size=None, digest=None, format=suffix)
            if self._formats.of(mime):
                return
            if whole.obstacle is None:
                sentence = why_not(mime, str(row.get("webViewLink", "")))
                whole = replace(whole, obstacle=Obstacle(Kind.NO_EXPORT, sentence))
        yield whole

    def _item(self, row: Row, tree: Tree, name: str) -> Item:
        modified = _time(row.get("modifiedTime"))
        digest = _digest(row)
        head = row.get("headRevisionId") or row.get("modifiedTime") or ""
        path = tree.path(row, name)
        item = Item(
            Key(self.name, str(row["id"])),
            path,
            revision=f"{digest.algorithm}:{digest.hex}" if digest else str(head),
            size=int(str(row["size"])) if "size" in row else None,
            digest=digest,
            modified=modified,
            facts=_facts(row),
        )
        return replace(item, obstacle=self._left_out(row, item) or _obstacle(row))

    def _left_out(self, row: Row, item: Item) -> Obstacle | None:
        trashed = item.path[0] == TRASH
        if row.get("mimeType") == FOLDER and not trashed:
            return None
        if trashed and not self._options.trash:
            return Obstacle(Kind.LEFT_OUT, "in the trash (--trash saves it)")
        if row.get("ownedByMe") is True:
            return None
        if self._options.owned_only:
            return Obstacle(Kind.LEFT_OUT, "owned by somebody else (--owned-only)")
        if SHARED_WITH_ME in item.path[:2] and not self._options.shared_with_me:
            return Obstacle(Kind.LEFT_OUT, "shared with you by somebody else (--shared-with-me saves it)")
        return None

    def _ask(self, request: Any, price: str) -> dict[str, Any]:
        """Execute a metadata request, patiently."""
        return patiently(lambda: self._ask_once(request, price), self._patience())

    def _patience(self) -> Patience:
        return Patience(self._attempts, sleep=self.halt.sleep)

    def _ask_once(self, request: Any, price: str) -> dict[str, Any]:
        self._bucket.spend(price)
        try:
            return google_api.execute(request)
        except Throttled as error:
            self._bucket.refused(error.after)
            raise

    def _ask_together(self, requests: list[Any], price: str) -> list[dict[str, Any] | BackupError]:
        """Execute several as one request, patiently; each is paid for."""

        def once() -> list[dict[str, Any] | BackupError]:
            for _ in requests:
                self._bucket.spend(price)
            return google_api.execute_together(requests, self._batch)

        return patiently(once, self._patience()) if requests else []


def _obstacle(row: Row) -> Obstacle | None:
    """What keeps a listed thing from becoming a file, as far as the listing tells."""
    mime = row.get("mimeType")
    if mime == FOLDER:
        return Obstacle(Kind.FOLDER, "kept as a folder")
    capabilities = row.get("capabilities")
    if isinstance(capabilities, dict) and capabilities.get("canDownload") is False:
        return Obstacle(Kind.VIEW_ONLY, _forbidden(row))
    return None


def _forbidden(row: Row) -> str:
    if row.get("ownedByMe") is True:
        return (
            "A rule forbids downloading it, though it is yours. Open its sharing settings, or ask your administrator."
        )
    return f"{_owner(row)} does not allow downloading it. Ask for a copy, or for the right."


def _target(row: Row) -> str:
    """The id of what a shortcut points at."""
    details = row.get("shortcutDetails")
    return str(details.get("targetId", "")) if isinstance(details, dict) else ""


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
    """An RFC 3339 time of the API."""
    try:
        return datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def _facts(row: Row) -> Facts:
    return {name: row[name] for name in FACTS if name in row}
