"""Proof by a message: sent to the old address - what is inserted or imported is not forwarded - and looked for."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum
from typing import NamedTuple

from eccs_backup.errors import Transient
from eccs_backup.forwarding.addresses import same
from eccs_backup.forwarding.mailbox import Mailbox
from eccs_backup.forwarding.watch import Watch

POLL = 5.0


class Probe(NamedTuple):
    """A message that is like no other: its Message-ID, its subject, and its bytes."""

    id: str
    subject: str
    body: bytes


class Place(StrEnum):
    """Where the copy lies: only in the inbox will the person find it by itself."""

    INBOX = "inbox"
    SPAM = "spam"
    TRASH = "trash"
    ARCHIVED = "archived"


class Arrival(NamedTuple):
    """The copy at the destination: where it lies, and which address its headers say it was sent on to."""

    place: Place
    forwarded_to: str | None


def probe(sender: str, account: str, now: datetime | None = None) -> Probe:
    """A message to the old address."""
    mark = secrets.token_hex(8)
    message = EmailMessage()
    message["From"], message["To"] = sender, account
    message["Subject"] = subject = f"eccs-backup forwarding test {mark}"
    message["Date"] = format_datetime(now or datetime.now(UTC))
    message["Message-ID"] = id = f"<{mark}@forwarding-test.invalid>"
    message.set_content("This message was sent to see whether mail is forwarded. It can be deleted.")
    return Probe(id, subject, message.as_bytes())


def await_copy(mailbox: Mailbox, sent: Probe, watch: Watch) -> Arrival | None:
    """The copy that arrived in `mailbox`, spam and trash included; None when none did in time. What was sent from there
    itself does not count. Raises Transient when the last look failed, Stop."""
    watch.start()
    while True:
        pause = POLL
        try:
            for id in mailbox.find(sent.id.strip("<>")):
                labels, headers = mailbox.headers(id)
                if "SENT" not in labels:
                    return Arrival(place(labels), headers.get("x-forwarded-to"))
        except Transient as error:
            if not watch.left():
                raise
            pause = max(POLL, error.after or 0.0)
        if not watch.left():
            return None
        watch.rest(pause)


def place(labels: Collection[str]) -> Place:
    """Where a message with those labels lies."""
    for label, found in (("TRASH", Place.TRASH), ("SPAM", Place.SPAM), ("INBOX", Place.INBOX)):
        if label in labels:
            return found
    return Place.ARCHIVED


def came_by_forwarding(arrival: Arrival, to: str) -> bool:
    """Whether the headers say that it was forwarded to that address."""
    return same(arrival.forwarded_to, to)
