"""Gmail's JSON, checked once where it enters: an answer that makes no sense is asked for again, never guessed at."""

from __future__ import annotations

import binascii
import json
import re
from typing import Any, NamedTuple

from eccs_backup.errors import Transient
from eccs_backup.model import Json
from eccs_backup.sources import Row

Answer = dict[str, Any]
_ID = re.compile(r"[0-9a-f]{1,16}")
_RAW = re.compile(rb'"raw"\s*:\s*"')
"""Found in the bytes of an answer, so that 50 MB need not become text first. What follows ends at the next quote."""
_STEP = 1 << 22
"""Characters decoded at once; a multiple of four."""


class Profile(NamedTuple):
    """Whose mailbox it is, how much is in it, and where its log of changes stands."""

    address: str
    messages: int
    history: str


class Page(NamedTuple):
    """Some of a listing, and the token of what follows."""

    rows: list[Row]
    following: str | None


class Change(NamedTuple):
    """One line of the log of changes: what became of a message. `labels` were put on or taken off, or came with it."""

    kind: str
    id: str
    row: Row
    labels: tuple[str, ...] = ()


class History(NamedTuple):
    """Some of the log of changes; `position` is where to go on, at once with `following`."""

    changes: list[Change]
    position: str
    following: str | None


class Raw(NamedTuple):
    """A message as it is, and what Gmail says of it. `date` is in milliseconds since 1970."""

    body: bytes
    thread: str
    labels: list[str]
    date: int | None


def profile(answer: Answer) -> Profile:
    """The mailbox. Raises Transient."""
    total = answer.get("messagesTotal", 0)
    must(isinstance(total, int), "a number that is none")
    return Profile(word(answer, "emailAddress"), total, number(answer, "historyId"))


def messages(answer: Answer, token: str | None) -> Page:
    """A page of `messages.list`, asked for with `token`. Raises Transient."""
    things = answer.get("messages")
    if things is None:
        # Nothing found is told by the estimate, and by a missing list
        must("resultSizeEstimate" in answer, "no messages")
        things = []
    return Page([_row(each) for each in _objects(things, "messages")], _following(answer, token))


def history(answer: Answer, token: str | None, start: str) -> History:
    """A page of `history.list`, asked for from `start` on. Raises Transient."""
    changes = []
    position = start
    for record in _objects(answer.get("history") or [], "history"):
        position = number(record, "id")
        for kind in ("messagesAdded", "messagesDeleted", "labelsAdded", "labelsRemoved"):
            for each in _objects(record.get(kind) or [], kind):
                must(isinstance(each.get("message"), dict), "a change of no message")
                row = _row(each["message"])
                told = each["message"] if kind == "messagesAdded" else each
                changes.append(Change(kind, row.id, row, tuple(_words(told.get("labelIds") or []))))
    following = _following(answer, token)
    return History(changes, position if following else number(answer, "historyId"), following)


def labels(answer: Answer) -> list[Row]:
    """Every label. Raises Transient."""
    found = []
    for each in _objects(answer.get("labels"), "labels"):
        word(each, "name")
        found.append(Row(word(each, "id"), each))
    must(found, "no labels")  # every mailbox has INBOX
    return found


def count(answer: Answer) -> int:
    """How many messages a label holds, by `labels.get`. Raises Transient."""
    total = answer.get("messagesTotal", 0)
    must(isinstance(total, int) and isinstance(answer.get("id"), str), "no number of messages")
    return int(total)


def label_ids(answer: Answer, id: str) -> list[str]:
    """The labels of the message `id`, by `messages.get`. Raises Transient."""
    must(_normal(answer.get("id")) == id, "another message than was asked for")
    return _words(answer.get("labelIds") or [])


def message(body: bytes, id: str) -> Raw:
    """A message's answer in the raw format, in full: its JSON ends, and it is of the message `id`. Raises Transient."""
    found = _RAW.search(body)
    start = found.end() if found else 0
    end = max(start, body.find(b'"', start)) if found else 0
    rest = body[:start] + body[end:]
    try:
        answer = json.loads(rest)
    except (ValueError, RecursionError) as error:
        raise Transient("Gmail's answer was not JSON, or not all of it.") from error
    must(isinstance(answer, dict) and _normal(answer.get("id")) == id, "another message than was asked for")
    date = answer.get("internalDate")
    must(date is None or (isinstance(date, str) and re.fullmatch(r"-?\d{1,18}", date)), "a date that is none")
    text = _decoded(memoryview(body)[start:end])
    must(text or not answer.get("sizeEstimate"), "a message without its text")
    return Raw(text, word(answer, "threadId"), _words(answer.get("labelIds") or []), _date(date))


def word(answer: Answer, name: str) -> str:
    """A text that has to be there. Raises Transient."""
    value = answer.get(name)
    must(isinstance(value, str) and value, f"no {name}")
    return str(value)


def number(answer: Answer, name: str) -> str:
    """A number that is written as a text and has to be there. Raises Transient."""
    value = str(answer.get(name, ""))
    must(re.fullmatch(r"\d{1,20}", value), f"no {name}")
    return value


def must(holds: object, what: str) -> None:
    """Raise Transient unless it holds."""
    if not holds:
        raise Transient(f"Gmail's answer made no sense ({what}).")


def _row(answer: Answer) -> Row:
    id = _normal(answer.get("id"))
    must(id, "a message without an id")
    thread: Json = answer.get("threadId") if isinstance(answer.get("threadId"), str) else ""
    return Row(str(id), {"threadId": thread})


def _normal(id: object) -> str | None:
    """A message's id without leading zeros, so that the three ways in which it is written are one."""
    return f"{int(id, 16):x}" if isinstance(id, str) and _ID.fullmatch(id) else None


def _date(text: str | None) -> int | None:
    return None if text is None else int(text)


def _following(answer: Answer, token: str | None) -> str | None:
    following = answer.get("nextPageToken") or None
    must(following is None or isinstance(following, str), "a page token that is none")
    must(following is None or following != token, "a page that is followed by itself")
    return following


def _objects(value: object, name: str) -> list[Answer]:
    must(isinstance(value, list) and all(isinstance(each, dict) for each in value), f"no {name}")
    return value  # type: ignore[return-value]


def _words(value: object) -> list[str]:
    must(isinstance(value, list) and all(isinstance(each, str) for each in value), "labels that are none")
    return value  # type: ignore[return-value]


def _decoded(raw: memoryview) -> bytes:
    """Base64 in the alphabet for addresses (RFC 4648, 5), with or without padding.

    Some of Google's servers write "=" as \\u003d; no other character of it needs escaping.
    """
    padding = _PADDING.search(bytes(raw[-12:]))
    end = len(raw) - (len(padding[0]) if padding else 0)
    pieces = []
    for start in range(0, end, _STEP):
        piece = bytes(raw[start : min(end, start + _STEP)]).translate(_TO_BASE64)
        try:
            pieces.append(binascii.a2b_base64(piece + b"=" * (-len(piece) % 4), strict_mode=True))
        except binascii.Error as error:
            raise Transient("Gmail's answer made no sense (a message in no base64).") from error
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


_PADDING = re.compile(rb"(?:=|\\u003[dD])*\Z")
_TO_BASE64 = bytes.maketrans(b"-_", b"+/")
