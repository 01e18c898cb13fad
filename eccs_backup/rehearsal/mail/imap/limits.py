"""What the practice IMAP service allows, what goes wrong on order, and what it counted."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

MAIL_SCOPE = "https://mail.google.com/"
EXCEEDED = "[OVERQUOTA] Account exceeded command or bandwidth limits."
"""How a running command ends, and the goodbye too. https://github.com/ljmerza/ha-email-sensor/issues/16"""
EXCEEDED_AT_SIGN_IN = "[ALERT] Account exceeded command or bandwidth limits. (Failure)"
"""The answer on which Sitebricks' mail client gives up: https://github.com/dhanji/sitebricks (MailClientHandler)."""
NOT_FETCHED = "Some messages could not be FETCHed (Failure)"
"""Known to the same client: the other messages of the batch were sent."""
TOO_MANY = "[ALERT] Too many simultaneous connections. (Failure)"
"""https://github.com/zone-eu/wildduck/issues/35"""
NOT_ENABLED = (
    "[ALERT] Your account is not enabled for IMAP use. "
    "Please visit your Gmail settings page and enable your account for IMAP access. (Failure)"
)
DOMAIN_DISABLED = "[ALERT] IMAP access is disabled for your domain. Please contact your domain administrator. (Failure)"
"""The other words that a client meets, after https://github.com/mozilla-b2g/gaia-email-libs-and-more"""
WRONG_CREDENTIALS = "[AUTHENTICATIONFAILED] Invalid credentials (Failure)"
"""https://github.com/google/gmail-oauth2-tools/issues/78"""
EXPIRED = "Session expired, please login again."
"""https://github.com/emailjs/emailjs-imap-client/issues/142 , https://github.com/joeyates/imap-backup/issues/92"""


@dataclass(slots=True)
class ImapLimits:
    """The rules of the service. They may be changed while it runs.

    2,500 MB a day: https://support.google.com/a/answer/1071518 ; 15 connections:
    https://github.com/imapsync/imapsync/issues/61 ; off by the administrator:
    https://support.google.com/a/answer/105694
    """

    bytes_per_day: int = 2_500_000_000
    """Bytes sent to one person before everything is refused until `next_day`."""
    connections: int = 15
    """Signed-in connections of one person at the same time."""
    enabled: bool = True
    scope_needed: str = MAIL_SCOPE
    fail_after: int | None = None
    """Each connection is ended with a goodbye after so many answered commands."""
    exceeded: str = EXCEEDED
    disabled: str = NOT_ENABLED


@dataclass(slots=True)
class ImapFaults:
    """What goes wrong on order."""

    cut_after_bytes: list[int] = field(default_factory=list)
    """After so many more bytes of FETCH answers the connection ends within a literal; then the next number counts."""
    wrong_size: set[int] = field(default_factory=set)
    """Message ids whose RFC822.SIZE says one byte more than the body has."""
    vanish: set[int] = field(default_factory=set)
    """Message ids for which a FETCH of the body answers nothing, and OK all the same."""

    refuse: set[int] = field(default_factory=set)
    """Message ids whose body is left out of a FETCH, which then ends with NO."""

    def cut(self, head: int, body: int) -> int | None:
        """Where an answer of `head` bytes and then a literal of `body` bytes is to end; None when it may go on."""
        if not self.cut_after_bytes or body < 2:
            return None
        self.cut_after_bytes[0] -= head + body
        over = self.cut_after_bytes[0]
        if over >= 0:
            return None
        del self.cut_after_bytes[0]
        return head + min(max(body + over, 1), body - 1)


class ImapLog:
    """What was asked and sent. Sizes in bytes."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.connections = 0
        """Connections open now."""
        self.most_connections = 0
        self.signed_in: Counter[str] = Counter()
        """Address -> signed-in connections open now."""
        self.sent: Counter[str] = Counter()
        """Address -> bytes sent since the beginning."""
        self.today: Counter[str] = Counter()
        """Address -> bytes sent since the last `next_day`."""
        self.commands: Counter[str] = Counter()
        """Name ("UID FETCH") -> how often."""
        self.refusals: Counter[str] = Counter()
        """credentials, too_many, not_enabled, exceeded, not_fetched, bad, cut."""
        self.flags_changed = 0
        """Messages that a client marked as read; a backup must leave this at 0."""
        self.messages_sent = 0
        """FETCH answers that held a whole body."""

    def clear(self) -> None:
        """Everything to zero but the connections that are open."""
        for counter in (self.sent, self.today, self.commands, self.refusals):
            counter.clear()
        self.flags_changed = self.messages_sent = 0
        self.most_connections = self.connections

    def opened(self) -> None:
        """A connection came."""
        with self.lock:
            self.connections += 1
            self.most_connections = max(self.most_connections, self.connections)

    def closed(self, address: str | None) -> None:
        """A connection went; `address` when it was signed in."""
        with self.lock:
            self.connections -= 1
            if address:
                self.signed_in[address] -= 1

    def sends(self, address: str, size: int) -> None:
        """Bytes went out to a person."""
        self.sent[address] += size
        self.today[address] += size

    def state(self) -> dict[str, object]:
        """The counters as plain data."""
        return {
            "connections": self.connections,
            "most_connections": self.most_connections,
            "sent": dict(self.sent),
            "today": dict(self.today),
            "commands": dict(self.commands),
            "refusals": dict(self.refusals),
            "flags_changed": self.flags_changed,
            "messages_sent": self.messages_sent,
        }
