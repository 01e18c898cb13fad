"""What exists in a practice world, who sees it, and the log of every change."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from eccs_backup.rehearsal.content import Content, Noise
from eccs_backup.rehearsal.mail.mailbox import Mailbox
from eccs_backup.rehearsal.things import FOLDER, Account, Change, File, Json, Policy, SharedDrive


def now() -> str:
    """The present time as Drive writes times (RFC 3339, UTC, milliseconds)."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class World:
    """Accounts and their Drives. Every method may be called while the server runs.

    `page_limit` is the most a page of a listing holds, however many are asked for: the real service too may
    answer fewer than asked while more follow. https://developers.google.com/workspace/drive/api/reference/rest/v3/files/list
    """

    def __init__(
        self, accounts: Sequence[Account], drives: Iterable[SharedDrive] = (), *, page_limit: int = 1000
    ) -> None:
        self.lock = threading.RLock()
        self.accounts = {account.address: account for account in accounts}
        self.drives = {drive.id: drive for drive in drives}
        self.files: dict[str, File] = {}
        self.order: list[str | None] = []
        self.children: dict[str, dict[str, None]] = {}
        self.changes: list[Change] = []
        self.comments: dict[str, list[str]] = {}
        self.policy = Policy()
        self.page_limit = page_limit
        self.mail: dict[str, Mailbox] = {}
        self.apps: dict[str, list[dict[str, Json]]] = {}
        """Address -> the apps connected with that person's Drive, as the API shows them."""
        self.tokens: dict[str, list[dict[str, Json]]] = {}
        """Address -> what that person lets apps do, as the Directory API shows it to administrators."""
        self.administrators: set[str] = set()
        """Addresses of those who administer their domain."""
        for account in accounts:
            self.admit(account)
        for drive in self.drives.values():
            self.files[drive.id] = File(drive.id, "Drive", FOLDER, drive=drive.id)

    @property
    def person(self) -> Account:
        """The account that this world is about."""
        return next(iter(self.accounts.values()))

    def admit(self, account: Account) -> None:
        """Add an account with an empty Drive and an empty mailbox, unless it is there already."""
        with self.lock:
            self.accounts.setdefault(account.address, account)
            self.mail.setdefault(account.address, Mailbox(account.address))
            root = File(account.root, "My Drive", FOLDER, owner=account.address)
            self.files.setdefault(account.root, root)

    def join(self, drive: SharedDrive) -> None:
        """Add a shared drive, or change who its members are."""
        with self.lock:
            before = self.drives.get(drive.id)
            self.drives[drive.id] = drive
            self.files.setdefault(drive.id, File(drive.id, "Drive", FOLDER, drive=drive.id))
            people = {*drive.members, *(before.members if before else ())}
            self.changes.append(Change(drive.id, now(), frozenset(people), drive=True))

    def put(self, file: File) -> File:
        """Add a file, or replace the one that has its id."""
        with self.lock:
            before = self._logs(file.id)
            known = self.files.get(file.id)
            if known is not None:
                self._unlink(known)
                file.serial, file.version = known.serial, known.version + 1
            else:
                file.serial = len(self.order)
                self.order.append(file.id)
            self._link(file)
            self._note(file.id, before)
            return file

    def fill(self, files: Iterable[File]) -> None:
        """Add many new files without log entries: how the account stood before anyone looked."""
        with self.lock:
            for file in files:
                file.serial = len(self.order)
                self.order.append(file.id)
                self._link(file)

    def edit(self, id: str, content: Content | None = None) -> File:
        """Give a file new bytes: those named, or others of the same size. A Google document just changes."""
        file = self.files[id]
        if content is None and file.content is not None:
            content = Noise((file.revision << 32) | file.serial, file.content.size)
        return self._alter(replace(file, content=content, revision=file.revision + 1, modified=now()))

    def rename(self, id: str, name: str) -> File:
        """Give a file another name."""
        return self._alter(replace(self.files[id], name=name))

    def move(self, id: str, parent: str | None) -> File:
        """Put a file, with all that is in it, into another folder, which may be in another drive."""
        with self.lock:
            file = self.files[id]
            drive = self.files[parent].drive if parent in self.files else file.drive
            owner = None if drive else file.owner or self.person.address
            moved = self._alter(replace(file, parent=parent, drive=drive, owner=owner))
            for child in list(self.children.get(id, ())):
                if self.files[child].drive != drive:
                    self.move(child, id)
            return moved

    def trash(self, id: str, *, back: bool = False) -> File:
        """Put a file into the trash, or take it out again.

        Only the file itself is logged: whether Drive also logs what lies in a trashed folder is not documented.
        """
        return self._alter(replace(self.files[id], trashed=not back))

    def delete(self, id: str) -> None:
        """Remove a file for good, with all that is in it."""
        with self.lock:
            for child in list(self.children.get(id, ())):
                self.delete(child)
            before = self._logs(id)
            file = self.files.pop(id)
            self.order[file.serial] = None
            self._unlink(file)
            self._note(id, before)

    def sees(self, address: str, file: File) -> bool:
        """Whether this person may see the file at all; `anyone` among the readers stands for who has the link."""
        if "anyone" in file.readers:
            return True
        if file.drive:
            drive = self.drives.get(file.drive)
            return (drive is not None and address in drive.members) or address in file.readers
        return file.owner == address or address in file.readers

    def in_trash(self, file: File) -> bool:
        """Whether the file or a folder above it was trashed."""
        seen = 0
        at: File | None = file
        while at is not None and seen < 1000:
            if at.trashed:
                return True
            at = self.files.get(at.parent) if at.parent else None
            seen += 1
        return False

    def listed(self) -> Iterator[File]:
        """All files in the order of the listing, without the roots."""
        return (self.files[id] for id in self.order if id is not None)

    def warm(self) -> None:
        """Compute every checksum now, on all cores, so that the first listing does not have to wait for it."""
        contents = [file.content for file in self.files.values() if file.content is not None]
        with ThreadPoolExecutor() as pool:
            for _ in pool.map(lambda content: content.digests(), contents, chunksize=64):
                pass

    def _alter(self, file: File) -> File:
        with self.lock:
            before = self._logs(file.id)
            self._unlink(self.files[file.id])
            file.version += 1
            self._link(file)
            self._note(file.id, before)
            return file

    def _link(self, file: File) -> None:
        self.files[file.id] = file
        if file.parent:
            self.children.setdefault(file.parent, {})[file.id] = None

    def _unlink(self, file: File) -> None:
        if file.parent:
            self.children.get(file.parent, {}).pop(file.id, None)

    def _logs(self, id: str) -> set[str]:
        file = self.files.get(id)
        if file is None:
            return set()
        if file.drive:
            return {file.drive, *file.readers}
        return {*file.readers, *([file.owner] if file.owner else ())}

    def _note(self, id: str, before: set[str]) -> None:
        self.changes.append(Change(id, now(), frozenset(before | self._logs(id))))
