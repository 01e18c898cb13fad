"""Proof by a message: sent to the old address - what is inserted or imported is not forwarded - and looked for."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import NamedTuple

from eccs_backup.forwarding.mailbox import Mailbox
from eccs_backup.forwarding.steps import same

POLL = 5.0


class Probe(NamedTuple):
    """A message that is like no other: its Message-ID, its subject, and its bytes."""

    id: str
    subject: str
    body: bytes


class Arrival(NamedTuple):
    """The copy at the destination: whether it lies in spam, and which address its headers say it was sent on to."""

    spam: bool
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


def await_copy(
    mailbox: Mailbox,
    sent: Probe,
    *,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Arrival | None:
    """The copy that arrived in `mailbox`, spam included; None when none did in time. What was sent from there itself
    does not count."""
    until = clock() + seconds
    while True:
        for id in mailbox.find(sent.id.strip("<>")):
            labels, headers = mailbox.headers(id)
            if "SENT" not in labels:
                return Arrival("SPAM" in labels, headers.get("x-forwarded-to"))
        if clock() >= until:
            return None
        sleep(min(POLL, max(until - clock(), 0.0)))


def came_by_forwarding(arrival: Arrival, to: str) -> bool:
    """Whether the headers say that it was forwarded to that address."""
    return same(arrival.forwarded_to, to)
