"""Google Drive: everything the account owns or was given, and every shared drive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar, Self, TypeVar, cast

from eccs_backup.accounts import google_api
from eccs_backup.errors import BackupError, Throttled, WrongAccount
from eccs_backup.model import Item, Stream
from eccs_backup.pace import NO_LIMIT, Bucket, Pace
from eccs_backup.retry import Patience, patiently
from eccs_backup.sources import Setup
from eccs_backup.sources.google_drive import answers
from eccs_backup.sources.google_drive.account import About, about
from eccs_backup.sources.google_drive.answers import Answer
from eccs_backup.sources.google_drive.content import REAL, Content
from eccs_backup.sources.google_drive.documents import SHORTCUT, Formats
from eccs_backup.sources.google_drive.items import DriveOptions, Items, Row, locked, target
from eccs_backup.sources.google_drive.listing import FIELDS, ROOT, USER, Listing
from eccs_backup.sources.google_drive.tree import FOLDER, MY_DRIVE, Tree

T = TypeVar("T")
AT_FIRST = 4
"""Attempts before anything has been answered: a network that is down is said so after some seconds, not minutes."""


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
        _ = drive._items  # a wish for an unknown format is said before anything is listed
        return drive

    @property
    def account(self) -> str:
        """The address of the signed-in account."""
        return self._about.address

    def items(self) -> Iterator[Item]:
        """Everything in Drive; the first pass brings the catalogue up to date, later ones only read it."""
        if not self._listed:
            self._listing.refresh(self._about.drives)
        tree = Tree(self._about.root, self._about.drives)
        targets: dict[str, str] = {}
        closed: list[str] = []
        for log, row in self._rows():
            if row.get("mimeType") == FOLDER:
                tree.add(row)
            elif row.get("mimeType") == SHORTCUT:
                targets[target(row)] = ""
            elif locked(row) and not self._listing.is_fresh(log):
                closed.append(str(row["id"]))
        if closed and not self._listed:  # a right that is given need not show in the log of changes
            self._listing.look_again(closed)
        self._listed = True
        if targets:
            self._find(targets, tree)
        for _, row in self._rows():
            yield from self._items.listed(row, tree, targets)

    def open(self, item: Item, start: int = 0, stop: int | None = None) -> AbstractContextManager[Stream]:
        """The file's bytes, or a document's export: those always come from the start."""
        return self._content.document(item) if item.format else self._content.blob(item, start, stop)

    def refresh(self, item: Item) -> Item:
        """The item by a fresh look at the file; it keeps the path it was listed under."""
        id = item.key.id.rpartition("#")[0] if item.format else item.key.id
        request = self._drive.files().get(fileId=id, fields=FIELDS, supportsAllDrives=True)
        return self._items.now(answers.file(self._ask_once(request, "read")).description, item)

    @cached_property
    def _about(self) -> About:
        return about(self._drive, self._catalogue, self._ask)

    @cached_property
    def _items(self) -> Items:
        return Items(self.name, self._options, Formats(self._about.export_formats, self._options.formats))

    def _rows(self) -> Iterator[tuple[str, Row]]:
        """Everything in the catalogue, with the log it is kept in; the tops of the drives are no items."""
        tops = {self._about.root, *self._about.drives}
        for log in self._catalogue.logs():
            if log != ROOT:
                for id, row in self._catalogue.rows(log):
                    if id not in tops and not (log == USER and row.get("driveId") in self._about.drives):
                        yield log, row

    def _find(self, targets: dict[str, str], tree: Tree) -> None:
        """Fill in where the things that shortcuts point at lie; those that are not listed stay empty."""
        for id, name in ((self._about.root, MY_DRIVE.name), *self._about.drives.items()):
            if id in targets:
                targets[id] = name
        for _, row in self._rows():
            if row["id"] in targets:
                targets[str(row["id"])] = "/".join(step.name for step in tree.path(row, str(row.get("name", ""))))

    def _ask(self, request: Any, price: str, read: Callable[[Answer], T]) -> T:
        """Execute a metadata request and make sense of its answer, patiently."""
        return patiently(lambda: read(self._ask_once(request, price)), self._patience())

    def _patience(self) -> Patience:
        return Patience(self._attempts, sleep=self.halt.sleep)

    def _ask_once(self, request: Any, price: str) -> Answer:
        self._bucket.spend(price)
        try:
            return google_api.execute(request)
        except Throttled as error:
            self._bucket.refused(error.after)
            raise

    def _ask_together(self, requests: list[Any], price: str) -> list[Answer | BackupError]:
        """Execute several as one request, patiently; each is paid for."""

        def once() -> list[Answer | BackupError]:
            for _ in requests:
                self._bucket.spend(price)
            try:
                found = google_api.execute_together(requests, self._batch)
            except Throttled as error:
                self._bucket.refused(error.after)
                raise
            for refusal in found:
                if isinstance(refusal, Throttled):
                    self._bucket.refused(refusal.after)
            return found

        return patiently(once, self._patience()) if requests else []
