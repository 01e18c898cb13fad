"""`users.messages` for reading, and the profile: listing, searching, and the messages themselves.

https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from email.parser import BytesHeaderParser

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.drive.paging import Page
from eccs_backup.rehearsal.mail import search
from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message
from eccs_backup.rehearsal.mail.question import Question, invalid, not_found
from eccs_backup.rehearsal.mail.readable import snippet
from eccs_backup.rehearsal.reply import Reply
from eccs_backup.rehearsal.things import Json

_AUTH = "https://www.googleapis.com/auth/gmail."
_WHOLE = frozenset({"https://mail.google.com/", _AUTH + "readonly", _AUTH + "modify"})
"""The permissions with which bodies can be read, and searched."""
_HIDDEN = frozenset({"SPAM", "TRASH"})
_HEX = re.compile("[0-9a-f]{1,16}")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n|\r\r")
_MORE = 201
"""The estimate that Gmail likes to give when there is another page."""


def profile(question: Question) -> Reply:
    """Whose mailbox it is, how much it holds, and the moment from which its history can be asked for."""
    mailbox = question.mailbox
    answer: dict[str, Json] = {
        "emailAddress": mailbox.address,
        "messagesTotal": len(mailbox.messages),
        "threadsTotal": len({message.thread for message in mailbox.messages.values()}),
        "historyId": str(mailbox.history),
    }
    return question.answer(answer)


def list_messages(question: Question) -> Reply:
    """Ids of messages, newest first. A page goes on below the last id, whatever has arrived meanwhile."""
    page, size = question.page(), question.size()
    found: list[Message] = []
    for message in _listed(question, page.position):
        found.append(message)
        if len(found) > size:
            break
    rows: list[Json] = [{"id": one.hex, "threadId": f"{one.thread:x}"} for one in found[:size]]
    answer: dict[str, Json] = {"messages": rows} if rows else {}
    if len(found) > size:
        answer["nextPageToken"] = question.token(Page(found[size - 1].id, page.number + 1))
    return question.answer({**answer, "resultSizeEstimate": max(_MORE, size + 1) if len(found) > size else len(rows)})


def _listed(question: Question, below: int) -> Iterator[Message]:
    mailbox, labels = question.mailbox, frozenset(question.query.get("labelIds", ()))
    if unknown := labels - mailbox.labels.keys():
        raise invalid(f"Invalid label: {min(unknown)}")
    text = question.one("q")
    if text and _WHOLE.isdisjoint(question.scopes):
        raise refusals.refuse(403, "forbidden", "Metadata scope does not support 'q' parameter")
    found = search.find(mailbox, text, on=bool(below)) if text.strip() else None
    everywhere = question.flag("includeSpamTrash") or bool(labels & _HIDDEN) or (found is not None and found.everywhere)
    for message in _candidates(mailbox, found, below):
        if labels <= message.labels and (everywhere or not _HIDDEN & message.labels):
            yield message


def _candidates(mailbox: Mailbox, found: search.Found | None, below: int) -> Iterator[Message]:
    if found is None:
        return mailbox.newest_first(below or None)
    return (mailbox.messages[id] for id in found.ids if not below or id < below)


def get(question: Question) -> Reply:
    """One message, in one of four forms, unless it is in trouble."""
    message = _find(question.mailbox, question.ids["id"])
    if message.trouble == "gone":
        raise not_found()
    if message.trouble == "refused":
        raise refusals.refuse(500, "backendError", "Backend Error")
    if message.trouble == "other":
        message = next((one for one in question.mailbox.newest_first() if one is not message), message)
    form = question.one("format", "full")
    if form in ("raw", "full") and _WHOLE.isdisjoint(question.scopes):
        raise refusals.refuse(403, "forbidden", f"Metadata scope doesn't allow format {form.upper()}")
    reply = _shown(question, message, form)
    if message.trouble == "garbled":
        reply.body = reply.body[: len(reply.body) // 2]
    return reply


def _find(mailbox: Mailbox, id: str) -> Message:
    if not _HEX.fullmatch(id):
        raise invalid("Invalid id value")
    message = mailbox.messages.get(int(id, 16))
    if message is None:
        raise not_found()
    return message


def _shown(question: Question, message: Message, form: str) -> Reply:
    body = bytes(message.body)
    value: dict[str, Json] = {
        "id": message.hex,
        "threadId": f"{message.thread:x}",
        "labelIds": [*sorted(message.labels)],
        "snippet": snippet(body),
        "sizeEstimate": len(body),
        "historyId": str(message.history),
        "internalDate": str(message.date),
    }
    if not message.labels:
        del value["labelIds"]
    if form in ("full", "metadata"):
        value["payload"] = _payload(body, {name.lower() for name in question.query.get("metadataHeaders", ())})
    reply = question.answer(value)
    mask = question.mask
    if form == "raw" and message.trouble != "no-raw" and (mask is None or "raw" in mask or "*" in mask):
        # Put in as bytes: a large message need not go through the JSON encoder.
        comma = b"" if reply.body == b"{}" else b","
        reply.body = b'%s%s"raw":"%s"}' % (reply.body[:-1], comma, base64.urlsafe_b64encode(body))
    return reply


def _payload(body: bytes, wanted: set[str]) -> Json:
    end = _END_OF_HEAD.search(body)
    size = len(body) - end.end() if end else 0
    parsed = BytesHeaderParser().parsebytes(body[: end.end()] if end else body)
    named = [(name, str(value)) for name, value in parsed.raw_items()]
    headers: list[Json] = [
        {"name": _clean(name), "value": _clean(value)} for name, value in named if not wanted or name.lower() in wanted
    ]
    kind = _clean(parsed.get_content_type())
    return {"partId": "", "mimeType": kind, "filename": "", "headers": headers, "body": {"size": size}}


def _clean(text: str) -> str:
    """As JSON can hold it: bytes that are no UTF-8 are replaced, folded lines joined."""
    whole = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return re.sub(r"\r?\n(?=[ \t])", "", whole)
