"""`users.messages.import` and `.insert`: messages put into the mailbox, their bytes kept as they came.

https://developers.google.com/workspace/gmail/api/guides/uploads
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
import time
from dataclasses import dataclass
from email.message import Message as Mail
from email.utils import parsedate_to_datetime

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message, header
from eccs_backup.rehearsal.mail.question import Question, invalid
from eccs_backup.rehearsal.reply import Reply
from eccs_backup.rehearsal.things import Json

LARGEST = 157_286_400
"""Bytes of one upload, as the discovery document says."""
_DEFAULT_DATE = {"gmail.users.messages.import": "dateHeader", "gmail.users.messages.insert": "receivedTime"}


@dataclass(slots=True)
class _Upload:
    raw: bytes
    about: dict[str, Json]


def put(question: Question) -> Reply:
    """Take one message in. With `deleted` it goes where only the administrator sees it, so the mailbox stays."""
    mailbox, upload = question.mailbox, _upload(question)
    labels, thread = _labels(mailbox, upload.about), _thread(mailbox, upload.about)
    with mailbox.lock:
        now = int(time.time() * 1000)
        id = _new_id(mailbox, now)
        source = question.one("internalDateSource", _DEFAULT_DATE[question.method])
        date = _date(upload.raw, now) if source == "dateHeader" else now
        message = Message(id, thread or id, date, upload.raw, labels)
        if not question.flag("deleted"):
            mailbox.add(message)
    answer: dict[str, Json] = {"id": message.hex, "threadId": f"{message.thread:x}"}
    if labels:
        answer["labelIds"] = [*sorted(labels)]
    return question.answer(answer)


def _upload(question: Question) -> _Upload:
    if len(question.body) > LARGEST:
        raise refusals.refuse(413, "uploadTooLarge", "Request Too Large")
    kind = question.one("uploadType") if question.upload else "json"
    content_type = question.headers.get(b"content-type", b"")
    if kind == "media":
        _check_type(content_type)
        return _Upload(question.body, {})
    if kind == "multipart":
        return _multipart(content_type, question.body)
    if kind == "json":
        about = question.json()
        return _Upload(_decoded(about.get("raw")), about)
    if kind == "resumable":
        raise refusals.refuse(501, "notImplemented", "The rehearsal does not play resumable uploads.")
    raise invalid("Invalid upload type")


def _decoded(raw: Json) -> bytes:
    if not isinstance(raw, str) or not raw:
        message = "'raw' RFC822 payload message string or uploading message via /upload/* URL required"
        raise invalid(message)
    try:
        return base64.b64decode(raw.rstrip("=") + "=" * (-len(raw.rstrip("=")) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid("Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed") from error


def _multipart(kind: bytes, body: bytes) -> _Upload:
    """Split by hand: a mail parser would read the message too, and not give back the same bytes."""
    head = Mail()
    head["Content-Type"] = kind.decode("latin-1")
    boundary = re.escape(str(head.get_boundary("")).encode("latin-1"))
    opening = re.search(rb"(?:^|\n)--" + boundary + rb"[ \t]*(\r?\n)", body)
    if not boundary or opening is None:
        raise invalid("Invalid multipart request with 0 mime parts.")
    end = opening[1]  # the client's line end; the message may have others, and keeps them
    rest = body[opening.end() - len(end) :]
    parts = re.split(re.escape(end) + rb"--" + boundary + rb"(?:--)?[ \t]*(?=\r?\n|$)", rest)
    if len(parts) < 3:
        raise invalid(f"Invalid multipart request with {len(parts) - 1} mime parts.")
    (_, _, first), (head_of_second, _, second) = (part.partition(end * 2) for part in parts[:2])
    named = re.search(rb"(?i)\ncontent-type:[ \t]*(\S+)", head_of_second)
    _check_type(named[1] if named else b"")
    try:
        about = json.loads(first or b"{}")
    except ValueError as error:
        raise refusals.refuse(400, "parseError", "Parse Error") from error
    return _Upload(second, about if isinstance(about, dict) else {})


def _check_type(kind: bytes) -> None:
    if not kind.lower().startswith(b"message/"):
        shown = kind.decode("latin-1").partition(";")[0]
        message = f"Media type '{shown}' is not supported. Valid media types: [message/*]"
        raise refusals.refuse(400, "badContent", message)


def _labels(mailbox: Mailbox, about: dict[str, Json]) -> set[str]:
    asked = about.get("labelIds", [])
    if not isinstance(asked, list):
        raise invalid("Invalid value at 'message.label_ids'")
    for id in asked:
        if not isinstance(id, str) or id not in mailbox.labels:
            raise invalid(f"Invalid label: {id}")
    return {str(id) for id in asked}


def _thread(mailbox: Mailbox, about: dict[str, Json]) -> int | None:
    asked = about.get("threadId")
    if not asked:
        return None
    try:
        thread = int(str(asked), 16)
    except ValueError as error:
        raise invalid("Invalid thread_id value") from error
    if not any(message.thread == thread for message in list(mailbox.messages.values())):
        raise invalid("Invalid thread_id value")
    return thread


def _new_id(mailbox: Mailbox, now: int) -> int:
    while True:
        id = now << 20 | secrets.randbelow(1 << 20)
        if id not in mailbox.messages:
            return id


def _date(raw: bytes, now: int) -> int:
    try:
        return int(parsedate_to_datetime(header(raw, b"Date")).timestamp() * 1000)
    except (ValueError, OverflowError, OSError, TypeError):
        return now
