"""Everything Drive lists: full listings of each corpus, and the logs of changes that keep them up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

from eccs_backup.errors import BackupError, ItemError, Transient, Unavailable, Unfinished
from eccs_backup.sources import Catalogue, Row
from eccs_backup.sources.google_drive import answers
from eccs_backup.sources.google_drive.answers import Answer, Change, Changes

T = TypeVar("T")
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
CHANGE = f"changes(changeType,fileId,driveId,removed,file({FIELDS}))"
TOGETHER = 50
"""Questions sent as one request; Google takes 100 and advises fewer."""
RESTARTS = 3
"""How often a listing is begun afresh when its page token is refused."""
ROUNDS = 4
"""How often all logs are read before what is still leaving one of them is looked for one by one."""


class Ask(Protocol):
    """Executes a request of Drive's client at a price in quota units, patiently, until `read` can make sense of it."""

    def __call__(self, request: Any, price: str, read: Callable[[Answer], T]) -> T: ...


class _StartAgain(Exception):
    """The token of a page was refused, or the shared drive itself changed."""


@dataclass
class _News:
    """What a log of changes told so far; later news of a file replaces earlier news of it."""

    changed: dict[str, Row] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    drives: set[str] = field(default_factory=set)

    def take(self, change: Change, here: bool) -> None:
        """One line of the log; `here` says that the file is kept with this log, and not with another."""
        if change.drive:
            self.drives.add(change.id)
            return
        self.changed.pop(change.id, None)
        self.removed.discard(change.id)
        if change.file is not None and here:
            self.changed[change.id] = change.file
        else:
            self.removed.add(change.id)


class Listing:
    """Brings the catalogue up to date. `ask_together` executes several requests as one."""

    def __init__(
        self,
        drive: Any,
        catalogue: Catalogue,
        ask: Ask,
        ask_together: Callable[[list[Any], str], list[Answer | BackupError]],
        on_listed: Callable[[int], object],
    ) -> None:
        self._on_listed = on_listed
        self._drive, self._catalogue, self._ask, self._ask_together = drive, catalogue, ask, ask_together
        self._drives: Mapping[str, str] = {}
        self._fresh: set[str] = set()

    def refresh(self, drives: Mapping[str, str]) -> None:
        """List what was never listed, and read every log of changes since the last time.

        One pass over what the person owns or was given - single files of shared drives they are no member of among
        it - then one over each shared drive: asking for all drives at once may silently leave some out
        (`incompleteSearch`). https://developers.google.com/workspace/drive/api/guides/enable-shareddrives

        What left one log may have entered another that had been read before: all are read until none loses anything.
        """
        self._drives = drives
        self._forget_others()
        for _ in range(ROUNDS):
            listed, left = self._round()
            if not drives or not (listed or left):
                return
        if listed:
            raise Unfinished("Shared drives kept changing while Drive was being listed.")
        self.look_again(left)

    def look_again(self, ids: Iterable[str]) -> None:
        """Ask for each of these files, and write down those that are there, as they are now."""
        rows: dict[str, list[Row]] = {}
        for found in self._ask_for(list(ids)):
            rows.setdefault(self.log_of(found.description), []).append(found)
        for log, some in rows.items():
            if token := self._catalogue.token(log):
                self._catalogue.update(log, some, (), token)

    def log_of(self, file: Mapping[str, object]) -> str:
        """Where a file is kept: with its shared drive if the person is a member of that, else with the person's own."""
        drive = file.get("driveId")
        return str(drive) if drive in self._drives else USER

    def is_fresh(self, log: str) -> bool:
        """Whether it was listed from the start in this run."""
        return log in self._fresh

    def _forget_others(self) -> None:
        """Forget the logs of drives that are gone.

        A file of a shared drive may be shared with the person too: it is kept with the drive while the person is a
        member, else with what the person was given. So that is listed anew when the set of drives has changed, and
        forgotten first, lest a run that ends here leaves it as it was.
        """
        held = set(self._catalogue.logs()) - {USER, ROOT}
        if held != set(self._drives):
            self._catalogue.forget(USER)
        for gone in held - set(self._drives):
            self._catalogue.forget(gone)

    def _round(self) -> tuple[bool, set[str]]:
        """Bring every log up to date once: whether one was listed from the start, and which files left one."""
        logs = (USER, *self._drives)
        known = {log: token for log in logs if (token := self._catalogue.token(log))}
        news = self._first_pages(known)
        listed, left = False, set[str]()
        for log in logs:
            if log in known and self._catalogue.token(log):  # not forgotten since
                with suppress(_StartAgain):
                    left |= self._follow(log, known[log], news.get(log))
                    continue
            self._list(log)
            listed = True
        return listed, left

    def _first_pages(self, tokens: dict[str, str]) -> dict[str, Changes]:
        """The first page of each log's changes, asked for together; what was refused is left out, and asked again."""
        logs = list(tokens)
        pages: dict[str, Changes] = {}
        for start in range(0, len(logs), TOGETHER):
            some = logs[start : start + TOGETHER]
            found = self._ask_together([self._changes(log, tokens[log]) for log in some], "list")
            for log, answer in zip(some, found, strict=True):
                if isinstance(answer, dict):
                    with suppress(Transient):
                        pages[log] = answers.changes(answer, tokens[log])
        return pages

    def _changes(self, log: str, token: str) -> Any:
        fields = f"kind,nextPageToken,newStartPageToken,{CHANGE}"
        return self._drive.changes().list(pageToken=token, pageSize=1000, fields=fields, **_corpus(log))

    def _ask_for(self, ids: list[str]) -> Iterator[Row]:
        """Those of the files that are there."""
        for start in range(0, len(ids), TOGETHER):
            some = ids[start : start + TOGETHER]
            found = self._ask_together([self._file(id) for id in some], "read")
            for id, answer in zip(some, found, strict=True):
                if not isinstance(answer, Unavailable):
                    with suppress(Unavailable):
                        yield self._row(id, answer)

    def _row(self, id: str, answer: Answer | BackupError) -> Row:
        if isinstance(answer, dict):
            with suppress(Transient):
                return answers.file(answer)
        try:
            return self._ask(self._file(id), "read", answers.file)
        except Unavailable:
            raise
        except (ItemError, Transient) as error:
            raise Unfinished(f"A file could not be looked at: {error}", hint=error.hint) from error

    def _file(self, id: str) -> Any:
        return self._drive.files().get(fileId=id, fields=FIELDS, supportsAllDrives=True)

    def _list(self, log: str) -> None:
        """The whole corpus, then what changed while it was being listed."""
        name = self._drives.get(log, "My Drive")
        for _ in range(RESTARTS):
            try:
                drive = {} if log == USER else {"driveId": log}
                request = self._drive.changes().getStartPageToken(supportsAllDrives=True, **drive)
                start = self._ask(request, "read", lambda answer: answers.word(answer, "startPageToken"))
                self._catalogue.replace(log, self._rows(log), start)
                self._follow(log, start)
                self._fresh.add(log)
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
                fields=f"kind,nextPageToken,incompleteSearch,files({FIELDS})",
                corpora="user" if log == USER else "drive",
                **_corpus(log),
            )
            try:
                page = self._ask(request, "list", partial(answers.files, token=token))
            except Unavailable as error:
                if token:
                    raise _StartAgain from error
                raise
            self._on_listed(len(page.rows))
            yield from (row for row in page.rows if self.log_of(row.description) == log)
            token = page.following
            if not token:
                return

    def _follow(self, log: str, token: str, page: Changes | None = None) -> set[str]:
        """Read the log of changes from `token` on, `page` being its first; the ids of what is kept there no longer.

        A shared drive that changed is listed afresh: what a person may do in it is told by no file's change. Raises
        _StartAgain, also when Drive forgot the token.
        """
        news, position = _News(), token
        while True:
            page = page or self._change_page(log, position)
            for change in page.changes:
                news.take(change, change.file is not None and self.log_of(change.file.description) == log)
            position = page.position
            if not page.more:
                break
            page = None
        for drive in news.drives & set(self._drives):
            self._catalogue.forget(drive)
        if log in news.drives:
            raise _StartAgain
        if news.changed or news.removed or position != token:
            self._catalogue.update(log, news.changed.values(), news.removed, position)
        return news.removed

    def _change_page(self, log: str, token: str) -> Changes:
        try:
            return self._ask(self._changes(log, token), "list", partial(answers.changes, token=token))
        except Unavailable as error:
            raise _StartAgain from error
        except (ItemError, Transient) as error:
            raise Unfinished(f"The changes since the last run could not be read: {error}", hint=error.hint) from error


def _corpus(log: str) -> dict[str, object]:
    """What makes `files.list` and `changes.list` speak of one shared drive, or of what the person owns or was given."""
    drive = {} if log == USER else {"driveId": log}
    return {**drive, "supportsAllDrives": True, "includeItemsFromAllDrives": True}
