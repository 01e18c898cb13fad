"""`users.labels`: listing, counting and making labels.

https://developers.google.com/workspace/gmail/api/guides/labels
"""

from __future__ import annotations

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.mail.mailbox import SYSTEM_LABELS, Label
from eccs_backup.rehearsal.mail.question import Question, invalid, not_found
from eccs_backup.rehearsal.reply import Reply
from eccs_backup.rehearsal.things import Json

MOST_LABELS = 10_000
LONGEST_NAME = 225
RESERVED = frozenset(
    {name.lower() for name in SYSTEM_LABELS}
    | {"all mail", "bin", "chats", "drafts", "junk", "muted", "scheduled", "sent mail", "snoozed", "[gmail]"}
)
"""Names in lower case that nobody may give to a label. Google publishes no list; these stand on its own pages."""


def list_labels(question: Question) -> Reply:
    """All labels, without counts; this listing has no pages."""
    return question.answer({"labels": [_shown(label) for label in question.mailbox.labels.values()]})


def get_label(question: Question) -> Reply:
    """One label with its counts."""
    mailbox = question.mailbox
    label = mailbox.labels.get(question.ids["id"])
    if label is None:
        raise not_found()
    held = [message for message in mailbox.messages.values() if label.id in message.labels]
    unread = [message for message in held if "UNREAD" in message.labels]
    counts: dict[str, Json] = {
        "messagesTotal": len(held),
        "messagesUnread": len(unread),
        "threadsTotal": len({message.thread for message in held}),
        "threadsUnread": len({message.thread for message in unread}),
    }
    return question.answer(_shown(label) | counts)


def create_label(question: Question) -> Reply:
    """A new label. Names are the same when they differ only by case."""
    mailbox, body = question.mailbox, question.json()
    name = body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise invalid("Invalid label name")
    if len(name) > LONGEST_NAME or name.strip().lower() in RESERVED:
        raise invalid("Invalid label name")
    with mailbox.lock:
        if any(label.name.lower() == name.lower() for label in mailbox.labels.values()):
            reply = refusals.body(409, "aborted", "Label name exists or conflicts", word="ABORTED")
            raise refusals.Refused(reply)
        if sum(label.user for label in mailbox.labels.values()) >= MOST_LABELS:
            raise invalid("Too many labels")
        label = mailbox.new_label(name)
        kept = ("color", "labelListVisibility", "messageListVisibility")
        label.more |= {field: body[field] for field in kept if field in body}
    return question.answer(_shown(label))


def _shown(label: Label) -> dict[str, Json]:
    return {**label.more, "id": label.id, "name": label.name, "type": "user" if label.user else "system"}
