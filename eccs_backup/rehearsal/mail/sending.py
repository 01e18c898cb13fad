"""Sending, delivering and forwarding: how a message gets from one practice mailbox into others.

https://developers.google.com/workspace/gmail/api/guides/sending , https://support.google.com/mail/answer/10957
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import formatdate, getaddresses

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.ledger import World
from eccs_backup.rehearsal.mail import filters, imports
from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message, header
from eccs_backup.rehearsal.mail.question import Question, invalid
from eccs_backup.rehearsal.mail.settings import Row, rows, setting
from eccs_backup.rehearsal.reply import Reply
from eccs_backup.rehearsal.things import Json

DISABLED = "Forwarding features disabled by administrator"
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_DISPOSITIONS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "archive": (frozenset(), frozenset({"INBOX"})),
    "trash": (frozenset({"TRASH"}), frozenset({"INBOX"})),
    "markRead": (frozenset(), frozenset({"UNREAD"})),
}
"""The labels that are put on the copy that stays behind, and those that are taken away."""


@dataclass(frozen=True, slots=True)
class Left:
    """A message that went to an address outside the practice world."""

    to: str
    body: bytes


class PostOffice:
    """Brings mail to the mailboxes of a world. It never holds the locks of two mailboxes at a time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.left: list[Left] = []
        """What went to addresses where nobody lives, oldest first."""
        self.refused = 0
        """403 or 400 while the administrator has switched forwarding off; 0 when he has not.

        `world.policy.forwarding_disabled` does the same with 403, or with the status that it is set to.
        """
        self.know()

    @property
    def disabled(self) -> int:
        """The status that whoever asks for forwarding is refused with; 0 while it is allowed."""
        told = int(getattr(self.world.policy, "forwarding_disabled", 0))
        return self.refused or (403 if told == 1 else told)

    def know(self) -> None:
        """Take charge of every mailbox, also of those that were added lately."""
        for mailbox in list(self.world.mail.values()):
            mailbox.office = self

    def check_enabled(self) -> None:
        """Raise `Refused` while the administrator has switched forwarding off."""
        if status := self.disabled:
            reason = "forbidden" if status == 403 else "failedPrecondition"
            word = "PERMISSION_DENIED" if status == 403 else "FAILED_PRECONDITION"
            raise refusals.Refused(refusals.body(status, reason, DISABLED, word=word))

    def send(self, question: Question) -> Reply:
        """`users.messages.send`: into the person's SENT, and to everyone in To, Cc and Bcc.

        Mail to oneself is one message with both labels, which counts as arriving, and so is forwarded.
        """
        mailbox, upload = question.mailbox, imports._upload(question)
        people = recipients(upload.raw)
        if not people:
            raise invalid("Recipient address required")
        body = _completed(upload.raw, mailbox.address)
        with mailbox.lock:
            thread = imports._thread(mailbox, upload.about)
            message = _new(mailbox, body, {"SENT"}, thread)
            if mailbox.address.lower() not in people:
                mailbox.add(message)
        if mailbox.address.lower() in people:
            message.labels |= {"INBOX", "UNREAD"}
            self.deliver(mailbox, message)
        for person in people:
            if person != mailbox.address.lower():
                self.carry(person, b"Delivered-To: %s\r\n%s" % (person.encode(), without_bcc(body)))
        answer: dict[str, Json] = {"id": message.hex, "threadId": f"{message.thread:x}"}
        return question.answer(answer | {"labelIds": [*sorted(message.labels)]})

    def carry(self, to: str, body: bytes, *, forwarded: bool = False) -> Message | None:
        """Bring a message to an address; None when nobody has it here, and then it is among those that `left`."""
        self.know()
        mailbox = next((one for one in list(self.world.mail.values()) if one.address.lower() == to.lower()), None)
        if mailbox is None:
            self.left.append(Left(to, body))
            return None
        with mailbox.lock:
            message = _new(mailbox, body, {"SPAM"} if forwarded and mailbox.forwards_are_spam else set())
        return self.deliver(mailbox, message)

    def deliver(self, mailbox: Mailbox, message: Message) -> Message:
        """A message arrives: filters and the forwarding of all mail do their work, and the own copy is filed.

        Spam is not forwarded, unless a filter says that it is none. https://support.google.com/a/answer/2491924
        """
        message.labels.add("UNREAD")
        with mailbox.lock:
            fitting = [row for row in rows(mailbox, "filters") if filters.matches(row.get("criteria"), message)]
            if any("SPAM" in filters.changes(row)[1] for row in fitting):
                message.labels.discard("SPAM")
            onward: list[str] = []
            if "SPAM" not in message.labels:
                message.labels.add("INBOX")
                onward = [] if self.disabled else [*dict.fromkeys(self._onward(mailbox, message, fitting))]
                self._file(message, fitting)
            mailbox.add(message)
        raw = bytes(message.body)
        for to in onward:
            self.carry(to, _forwarded(raw, mailbox.address, to), forwarded=True)
        return message

    def _onward(self, mailbox: Mailbox, message: Message, fitting: list[Row]) -> Iterator[str]:
        """Where the message goes on to; what happens to the own copy when all mail is forwarded."""
        if mailbox.address.lower() in _forwarders(bytes(message.body)):
            return  # two accounts that forward to one another must not keep the rehearsal busy for ever
        auto = setting(mailbox, "autoForwarding")
        to = str(auto.get("emailAddress") or "")
        if auto.get("enabled") and filters.accepted(mailbox, to):
            add, remove = _DISPOSITIONS.get(str(auto.get("disposition")), (frozenset(), frozenset()))
            message.labels |= add
            message.labels -= remove
            yield to.lower()
        for row in fitting:
            to = filters.destination(row)
            if to and filters.accepted(mailbox, to):
                yield to.lower()

    def _file(self, message: Message, fitting: list[Row]) -> None:
        for row in fitting:
            add, remove = filters.changes(row)
            message.labels |= add
            message.labels -= remove


def recipients(raw: bytes) -> list[str]:
    """The addresses in To, Cc and Bcc, in lower case, each once."""
    fields = [header(raw, name) for name in (b"To", b"Cc", b"Bcc")]
    return [*dict.fromkeys(address.lower() for _, address in getaddresses(fields) if "@" in address)]


def without_bcc(raw: bytes) -> bytes:
    """The message as others get it."""
    end = _END_OF_HEAD.search(raw)
    cut = end.start() if end else len(raw)
    head = re.sub(rb"(?im)^bcc:(?:[^\n]|\n[ \t])*\n?", b"", raw[:cut] + b"\n")
    return head[:-1] + raw[cut:]


def _completed(raw: bytes, address: str) -> bytes:
    """With the header fields that Gmail adds when they are not there."""
    fields = (
        (b"From", address),
        (b"Date", formatdate()),
        (b"Message-ID", f"<CA{secrets.token_hex(16)}@mail.gmail.com>"),
    )
    added = [b"%s: %s\r\n" % (name, value.encode()) for name, value in fields if not header(raw, name)]
    return b"".join(added) + raw


def _forwarded(raw: bytes, source: str, to: str) -> bytes:
    """The copy that goes on: the sender stays in From, and the header says by whose mailbox it came."""
    head = (
        f"Delivered-To: {to}\r\nX-Forwarded-Encrypted: i=1; {secrets.token_urlsafe(24)}\r\n"
        f"X-Forwarded-To: {to}\r\nX-Forwarded-For: {source} {to}\r\nDelivered-To: {source}\r\n"
    )
    return head.encode() + without_bcc(raw)


def _forwarders(raw: bytes) -> set[str]:
    """Whose mailboxes have forwarded a message already, in lower case."""
    end = _END_OF_HEAD.search(raw)
    head = raw[: end.start()] if end else raw
    return {found.decode("latin-1").lower() for found in re.findall(rb"(?im)^x-forwarded-for:[ \t]*(\S+)", head)}


def _new(mailbox: Mailbox, body: bytes, labels: set[str], thread: int | None = None) -> Message:
    now = int(time.time() * 1000)
    id = imports._new_id(mailbox, now)
    if mailbox.order and mailbox.order[-1] >> 20 == now:
        id = max(id, mailbox.order[-1] + 1)  # of two in one millisecond, the later is the newer
    return Message(id, thread or id, now, body, labels)
