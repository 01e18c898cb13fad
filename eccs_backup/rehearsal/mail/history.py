"""`users.history.list`: what happened in a mailbox since a moment that the client remembers.

https://developers.google.com/workspace/gmail/api/guides/sync
"""

from __future__ import annotations

import bisect
import re

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.drive.paging import Page
from eccs_backup.rehearsal.mail.mailbox import Event
from eccs_backup.rehearsal.mail.question import Question, not_found
from eccs_backup.rehearsal.reply import Reply
from eccs_backup.rehearsal.things import Json

_FIELDS = {
    "messageAdded": "messagesAdded",
    "messageDeleted": "messagesDeleted",
    "labelAdded": "labelsAdded",
    "labelRemoved": "labelsRemoved",
}


def list_history(question: Question) -> Reply:
    """The changes after `startHistoryId`, oldest first; 404 when they are no longer known."""
    mailbox = question.mailbox
    start, page, size = _start(question), question.page(), question.size()
    if not mailbox.forgotten <= start <= mailbox.history:
        raise not_found()
    kinds, label = frozenset(question.query.get("historyTypes", _FIELDS)), question.one("labelId")
    found: list[Event] = []
    first = bisect.bisect_right(mailbox.events, max(start, page.position), key=lambda event: event.history)
    for at in range(first, len(mailbox.events)):
        event = mailbox.events[at]
        if event.kind in kinds and (not label or label in event.after or label in event.labels):
            found.append(event)
            if len(found) > size:
                break
    answer: dict[str, Json] = {"historyId": str(mailbox.history)}
    if found:
        answer["history"] = [_record(event) for event in found[:size]]
    if len(found) > size:
        answer["nextPageToken"] = question.token(Page(found[size - 1].history, page.number + 1))
    return question.answer(answer)


def _start(question: Question) -> int:
    text = question.one("startHistoryId")
    if not text:
        raise refusals.missing("startHistoryId")
    if not re.fullmatch("[0-9]{1,20}", text):
        raise refusals.parameter("startHistoryId")
    return int(text)


def _record(event: Event) -> Json:
    bare: dict[str, Json] = {"id": f"{event.message:x}", "threadId": f"{event.thread:x}"}
    what: dict[str, Json] = {"message": {**bare, "labelIds": [*sorted(event.after)]}}
    if event.labels:
        what["labelIds"] = [*sorted(event.labels)]
    return {"id": str(event.history), "messages": [bare], _FIELDS[event.kind]: [what]}
