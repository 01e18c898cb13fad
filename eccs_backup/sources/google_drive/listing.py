"""Everything Drive lists: full listings of each corpus, and the logs of changes that keep them up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from eccs_backup.errors import BackupError, ItemError, Transient, Unavailable, Unfinished
from eccs_backup.model import Json
from eccs_backup.sources import Catalogue, Row

USER = "user"
ROOT = "root"
FIELDS = (
    "id,name,mimeType,parents,driveId,size,md5Checksum,sha256Checksum,createdTime,modifiedTime,trashed,"
    "explicitlyTrashed,ownedByMe,owners(emailAddress,displayName),shared,sharedWithMeTime,"
    "sharingUser(emailAddress,displayName),description,starred,properties,appProperties,shortcutDetails,webViewLink,"
    "capabilities(canDownload),copyRequiresWriterPermission,downloadRestrictions,headRevisionId,originalFilename,"
    "clientEncryptionDetails,"
    "permissions(type,role,emailAddress,displayName,domain,allowFileDiscovery,expirationTime)"
)
TOGETHER = 50
"""Questions sent as one request; Google takes 100 and advises fewer."""
RESTARTS = 3
"""How often a listing is begun afresh when its page token is refused."""


class About(NamedTuple):
    """What Drive says of the account."""

    address: str
    export_formats: dict[str, list[str]]
    root: str
    drives: dict[str, str]


class _StartAgain(Exception):
    """The token of a page was refused."""


class Listing:
    """Brings the catalogue up to date.

    `ask` executes a request of Drive's client at a price in quota units; `ask_together` several as one.
    """

    def __init__(
        self,
        drive: Any,
        catalogue: Catalogue,
        ask: Callable[[Any, str], dict[str, Any]],
        ask_together: Callable[[list[Any], str], list[dict[str, Any] | BackupError]],
        on_listed: Callable[[int], object],
    ) -> None:
        self._on_listed = on_listed
        self._drive, self._catalogue, self._ask, self._ask_together = drive, catalogue, ask, ask_together
        self._drives: frozenset[str] = frozenset()

    def about(self) -> About:
        """The account, its conversion table and its shared drives: two requests, three the first time."""
        fields = "user(emailAddress),exportFormats"
        answer = self._ask(self._drive.about().get(fields=fields), "read")
        root = self._catalogue.token(ROOT)
        if root is None:
            root = str(self._ask(self._drive.files().get(fileId="root", fields="id"), "read")["id"])
            self._catalogue.replace(ROOT, (), root)  # My Drive's id never changes
        return About(
            str(answer["user"]["emailAddress"]),
            answer.get("exportFormats", {}),
            root,
            dict(self._shared_drives()),
        )

    def refresh(self, drives: dict[str, str]) -> None:
        """List what was never listed, and read every log of changes since the last time.

        One pass over what the person owns or was given - single files of shared drives they are no member of among
        it - then one over each shared drive: asking for all drives at once may silently leave some out
        (`incompleteSearch`). https://developers.google.com/workspace/drive/api/guides/enable-shareddrives
        """
        self._drives = frozenset(drives)
        for gone in set(self._catalogue.logs()) - {USER, ROOT, *drives}:
            self._catalogue.forget(gone)
        known = {log: token for log in (USER, *drives) if (token := self._catalogue.token(log))}
        news = self._first_pages(known)
        for log in (USER, *drives):
            if log not in known or not self._follow(log, known[log], news.get(log)):
                self._list(log, drives.get(log, "My Drive"))

    def _first_pages(self, tokens: dict[str, str]) -> dict[str, dict[str, Any]]:
        """The first page of each log's changes, asked for together; what was refused is left out, and asked again."""
        logs = list(tokens)
        pages: dict[str, dict[str, Any]] = {}
        for start in range(0, len(logs), TOGETHER):
            some = logs[start : start + TOGETHER]
            answers = self._ask_together([self._changes(log, tokens[log]) for log in some], "list")
            pages |= {log: answer for log, answer in zip(some, answers, strict=True) if isinstance(answer, dict)}
        return pages

    def _changes(self, log: str, token: str) -> Any:
        fields = f"nextPageToken,newStartPageToken,changes(changeType,fileId,removed,file({FIELDS}))"
        return self._drive.changes().list(pageToken=token, pageSize=1000, fields=fields, **_corpus(log))

    def _shared_drives(self) -> Iterator[tuple[str, str]]:
        token = None
        while True:
            request = self._drive.drives().list(pageSize=100, pageToken=token, fields="nextPageToken,drives(id,name)")
            page = self._ask(request, "list")
            for drive in page.get("drives", ()):
                yield str(drive["id"]), str(drive.get("name", ""))
            token = page.get("nextPageToken")
            if not token:
                return

    def _list(self, log: str, name: str) -> None:
        """The whole corpus, then what changed while it was being listed."""
        for _ in range(RESTARTS):
            try:
                drive = {} if log == USER else {"driveId": log}
                request = self._drive.changes().getStartPageToken(supportsAllDrives=True, **drive)
                start = str(self._ask(request, "read")["startPageToken"])
                self._catalogue.replace(log, self._rows(log), start)
                self._follow(log, start)
                return
            except _StartAgain:
                continue
            except (ItemError, Transient) as error:
                raise Unfinished(f"{name} could not be listed: {error}", hint=error.hint) from error
        raise Unfinished(f"{name} could not be listed: Drive refused its own page tokens.")

    def _rows(self, log: str) -> Iterator[Row]:
        token = None
        while True:
            request = self._drive.files().list(
                pageSize=1000,
                pageToken=token,
                fields=f"nextPageToken,incompleteSearch,files({FIELDS})",
                corpora="user" if log == USER else "drive",
                **_corpus(log),
            )
            try:
                page = self._ask(request, "list")
            except Unavailable as error:
                if token:
                    raise _StartAgain from error
                raise
            if page.get("incompleteSearch"):
                raise Transient("Drive did not search everything.")
            self._on_listed(len(page.get("files", ())))
            yield from (
                Row(str(file["id"]), _slim(file)) for file in page.get("files", ()) if self._log_of(file) == log
            )
            token = page.get("nextPageToken")
            if not token:
                return

    def _follow(self, log: str, token: str, page: dict[str, Any] | None = None) -> bool:
        """Read the log of changes from `token` on, `page` being its first; False when Drive forgot the token."""
        changed: dict[str, Row] = {}
        removed: set[str] = set()
        position = token
        while True:
            try:
                page = page or self._ask(self._changes(log, position), "list")
            except Unavailable:
                return False
            except (ItemError, Transient) as error:
                raise Unfinished(
                    f"The changes since the last run could not be read: {error}", hint=error.hint
                ) from error
            for change in page.get("changes", ()):
                self._take(change, log, changed, removed)
            position = str(page.get("nextPageToken") or page["newStartPageToken"])
            if "nextPageToken" not in page:
                break
            page = None
        if changed or removed or position != token:
            self._catalogue.update(log, changed.values(), removed, position)
        return True

    def _take(self, change: dict[str, Any], log: str, changed: dict[str, Row], removed: set[str]) -> None:
        """Later news of a file replaces earlier news of it."""
        id, file = str(change.get("fileId", "")), change.get("file")
        if not id or change.get("changeType") == "drive":
            return
        changed.pop(id, None)
        removed.discard(id)
        if change.get("removed") or file is None or self._log_of(file) != log:  # or moved to another log
            removed.add(id)
        else:
            changed[id] = Row(id, _slim(file))

    def _log_of(self, file: dict[str, Any]) -> str:
        """Where a file is kept: with its shared drive if the person is a member of that, else with the person's own."""
        drive = file.get("driveId")
        return str(drive) if drive in self._drives else USER


def _corpus(log: str) -> dict[str, object]:
    """What makes `files.list` and `changes.list` speak of one shared drive, or of what the person owns or was given."""
    drive = {} if log == USER else {"driveId": log}
    return {**drive, "supportsAllDrives": True, "includeItemsFromAllDrives": True}


def _slim(file: dict[str, Json]) -> dict[str, Json]:
    """The description without its empty fields: an account of 200,000 files is kept in one database."""
    return {
        name: value for name, value in file.items() if value not in (None, False, "", [], {}) or name == "ownedByMe"
    }
