"""The mailbox that messages are put into: Gmail's methods for it, at their price."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from eccs_backup.accounts import google_api
from eccs_backup.accounts.google_answers import explain
from eccs_backup.errors import BackupError, Stop, Throttled, Transient
from eccs_backup.http import Wire
from eccs_backup.model import Json
from eccs_backup.pace import Bucket, Pace
from eccs_backup.retry import Halt, Patience, patiently
from eccs_backup.sources import Row
from eccs_backup.sources.gmail import answers

T = TypeVar("T")
REAL = "https://gmail.googleapis.com"
PACE = Pace(
    workers=8,
    lanes=0,
    units_per_minute=6_000,
    prices={"put": 25, "get": 20, "list": 5, "history": 2, "label": 5, "other": 1},
)
"""https://developers.google.com/workspace/gmail/api/reference/quota : 240 messages a minute."""
PER_MINUTE = PACE.units_per_minute / PACE.prices["put"]
WAYS = {
    "import": "messages/import?internalDateSource=dateHeader&neverMarkSpam=true&processForCalendar=false",
    "insert": "messages?internalDateSource=dateHeader",
}
"""How a message is put in, the better way first.

`import` treats it as mail that arrives: it joins conversations; it may put header fields of its own on top; one whose
Message-ID is there already is merged with it; and odd From fields are refused. `insert` does none of these.
https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/import ,
https://github.com/GAM-team/got-your-back/issues/266 , https://github.com/GAM-team/got-your-back/issues/61
"""
LARGE = 5_000_000
"""Bytes above which a message is uploaded as it is; in JSON it grows by a third."""
PAGE = 500
_LARGE_AT_ONCE = 2
_UNFIT = frozenset({400, 404})
"""Statuses that say that the request is not right: another form of it may be."""


class Placed(NamedTuple):
    """Where a message is now: its id and its conversation in the new mailbox."""

    id: str
    thread: str


class Found(NamedTuple):
    """A message of the new mailbox, as it is there."""

    placed: Placed
    body: bytes
    labels: frozenset[str]


class _Refusal(NamedTuple):
    status: int
    error: BackupError


class Mailbox:
    """The signed-in account's mailbox; `put` may be called by many threads."""

    def __init__(
        self, wire: Wire, endpoint: str | None, halt: Halt, patience: Callable[..., Patience] = Patience
    ) -> None:
        self._wire, self._endpoint = wire, endpoint or REAL
        self._users = google_api.service("gmail", "v1", wire, f"{endpoint}/" if endpoint else None).users()
        self._bucket = Bucket(PACE, sleep=halt.sleep)
        self._make_patience, self._halt = patience, halt
        self._large = threading.Semaphore(_LARGE_AT_ONCE)

    def profile(self) -> answers.Profile:
        """Whose mailbox it is, and where its log of changes stands. Raises ItemError, Transient, Stop."""
        return self._ask(self._users.getProfile(userId="me"), "other", answers.profile)

    def labels(self) -> list[Row]:
        """Every label, as Gmail describes it. Raises ItemError, Transient, Stop."""
        return self._ask(self._users.labels().list(userId="me"), "other", answers.labels)

    def make_label(self, about: dict[str, Json]) -> str:
        """A new label; its id. Raises Unavailable when Gmail does not take it, Transient, Stop."""
        return self._ask(self._users.labels().create(userId="me", body=about), "label", lambda a: answers.word(a, "id"))

    def added(self, start: str) -> Iterator[str]:
        """The ids of what was put in since `start`, a place in the log of changes. Raises Unavailable if that is too
        old, Transient, Stop."""
        token, position = None, start
        while True:
            request = self._users.history().list(
                userId="me", startHistoryId=start, historyTypes=["messageAdded"], maxResults=PAGE, pageToken=token
            )
            read = _history_reader(token, position)
            page = self._ask(request, "history", read)
            yield from (change.id for change in page.changes)
            position, token = page.position, page.following
            if not token:
                return

    def search(self, words: str) -> Iterator[str]:
        """The ids of the messages that a search finds, newest first, spam and trash included; without words all.

        Raises ItemError, Transient, Stop.
        """
        token = None
        while True:
            request = self._users.messages().list(
                userId="me", q=words, includeSpamTrash=True, maxResults=PAGE, pageToken=token
            )
            page = self._ask(request, "list", _page_reader(token))
            yield from (row.id for row in page.rows)
            token = page.following
            if not token:
                return

    def fetch(self, id: str) -> Found | None:
        """A message of the mailbox; None when it is gone. Raises ItemError, Transient, Stop."""

        def once() -> Found | None:
            self._bucket.spend("get")
            response = self._wire.send("GET", f"{self._endpoint}/gmail/v1/users/me/messages/{id}?format=raw")
            if response.status_code == 404:
                return None
            if not response.ok:
                raise self._noted(explain(response.status_code, response.content, response.headers))
            raw = answers.message(response.content, id)
            return Found(Placed(id, raw.thread), raw.body, frozenset(raw.labels))

        return patiently(once, self._patience())

    def put(self, body: bytes, labels: Sequence[str], thread: str | None, ways: Sequence[str]) -> Placed:
        """Put a message in, in the first of `ways` that is taken; `labels` are ids.

        Raises ItemError when Gmail refuses it, Throttled when it was not taken for lack of quota - and Transient when
        nobody knows whether it was: it is never sent a second time then. Raises Stop.
        """
        about: dict[str, Json] = {"labelIds": list(labels)}
        refusal: _Refusal | None = None
        for way in ways:
            for more in ({"threadId": thread}, {}) if thread else ({},):
                answer = self._put(body, {**about, **more}, way)
                if isinstance(answer, Placed):
                    return answer
                refusal = refusal or answer  # the first says what is wrong with the message itself
                if answer.status not in _UNFIT:
                    raise answer.error
        assert refusal is not None
        raise refusal.error

    def _put(self, body: bytes, about: dict[str, Json], way: str) -> Placed | _Refusal:
        if 0 < len(body) <= LARGE:
            raw = base64.urlsafe_b64encode(body).decode("ascii")
            data = json.dumps({**about, "raw": raw}).encode()
            return self._send(f"{self._endpoint}/gmail/v1/users/me/{WAYS[way]}", "application/json", data)
        with self._large:
            kind, data = _multipart(body, about)
            url = f"{self._endpoint}/upload/gmail/v1/users/me/{WAYS[way]}&uploadType=multipart"
            return self._send(url, kind, data)

    def _send(self, url: str, kind: str, data: bytes) -> Placed | _Refusal:
        """Send it, again only while Gmail says that the quota is spent. Raises Throttled, Transient, Stop."""
        patience = self._patience()
        while True:
            self._bucket.spend("put")
            response = self._wire.send("POST", url, headers={"Content-Type": kind}, data=data)
            if response.ok:
                return _placed(response.content)
            error = self._noted(explain(response.status_code, response.content, response.headers))
            if isinstance(error, Throttled):
                patience.wait_or_raise(error)
            elif isinstance(error, Transient | Stop):
                raise error
            else:
                return _Refusal(response.status_code, error)

    def _ask(self, request: Any, price: str, read: Callable[[dict[str, Any]], T]) -> T:
        def once() -> T:
            self._bucket.spend(price)
            try:
                return read(google_api.execute(request))
            except Throttled as error:
                raise self._noted(error) from error

        return patiently(once, self._patience())

    def _patience(self) -> Patience:
        return self._make_patience(sleep=self._halt.sleep)

    def _noted(self, error: BackupError) -> BackupError:
        if isinstance(error, Throttled):
            self._bucket.refused(error.after)
        return error


def since(moment: float) -> str:
    """A search for what is dated after that moment, in seconds since 1970."""
    return f"after:{int(moment)}"


def around(moment: int, slack: int = 86_400) -> str:
    """A search for what carries about that date, in milliseconds since 1970; `slack` is in seconds."""
    return f"after:{max(0, moment // 1000 - slack)} before:{max(1, moment // 1000 + slack)}"


def with_id(message_id: str) -> str:
    """A search for a Message-ID. https://support.google.com/mail/answer/7190"""
    return f"rfc822msgid:{message_id}"


def _placed(answer: bytes) -> Placed:
    """Where it is. Raises Transient when the answer does not tell: the message may be there all the same."""
    try:
        found = json.loads(answer)
    except ValueError as error:
        raise Transient("Gmail's answer was not JSON, or not all of it.") from error
    answers.must(isinstance(found, dict), "no object")
    return Placed(answers.word(found, "id"), answers.word(found, "threadId"))


def _multipart(body: bytes, about: dict[str, Json]) -> tuple[str, bytes]:
    """Content type and body of an upload: what is said of the message, then its very bytes.

    https://developers.google.com/workspace/gmail/api/guides/uploads#multipart
    """
    line = f"eccs-backup-{secrets.token_hex(16)}"
    head = f"--{line}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{json.dumps(about)}\r\n"
    middle = f"--{line}\r\nContent-Type: message/rfc822\r\n\r\n"
    data = b"".join((head.encode(), middle.encode(), body, f"\r\n--{line}--\r\n".encode()))
    return f"multipart/related; boundary={line}", data


def _history_reader(token: str | None, start: str) -> Callable[[dict[str, Any]], answers.History]:
    return lambda answer: answers.history(answer, token, start)


def _page_reader(token: str | None) -> Callable[[dict[str, Any]], answers.Page]:
    return lambda answer: answers.messages(answer, token)
