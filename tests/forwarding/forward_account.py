"""A signed-in student whose mailbox forwards nothing yet, and what the practice server saw of changes."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from eccs_backup.accounts.google_purposes import SETTINGS, SHARING
from eccs_backup.rehearsal.log import Seen
from eccs_backup.rehearsal.mail.forwarding import Forwarding
from eccs_backup.rehearsal.mail.mailbox import Mailbox
from eccs_backup.rehearsal.server import Rehearsal
from eccs_backup.rehearsal.world import SECOND, STUDENT
from eccs_backup.retry import Halt
from practice import Student

OLD, TO = STUDENT.address, SECOND.address
OTHER = "hanako@later.example.net"
INBOX, ARCHIVE = "leaveInInbox", "archive"
LONG, SHORT = ("--time-limit", "60"), ("--time-limit", "1")


@dataclass
class Account:
    """The student's account, and the person at the keyboard of both mailboxes."""

    student: Student

    @property
    def server(self) -> Rehearsal:
        """The practice server."""
        return self.student.server

    @property
    def hand(self) -> Forwarding:
        """What the person does on Gmail's pages."""
        return self.server.forwarding

    @property
    def box(self) -> Mailbox:
        """The old mailbox."""
        return self.server.world.mail[OLD]

    @property
    def new(self) -> Mailbox:
        """The mailbox of the destination."""
        return self.server.world.mail[TO]

    def run(self, *words: str | Path, to: str = TO) -> Result:
        """`forward --to` with further words; the browser stays closed."""
        return self.student.run("forward", "--to", to, "--account", OLD, "--no-browser", "--language", "en", *words)

    def sign_in(self, *words: str | Path) -> None:
        """Sign in for one further purpose; the log begins after it."""
        result = self.student.run("auth", *words)
        assert result.exit_code == 0, result.output
        self.server.log.clear()

    def delegate(self) -> None:
        """A service account takes over."""
        self.server.world.policy.delegated |= {SETTINGS, SHARING}
        key = self.server.service_account_file(self.student.home)
        self.sign_in("--service-account", key, "--subject", OLD, "--for", "forward-all")

    def accepted(self, to: str = TO) -> None:
        """The address is among the forwarding addresses, and agreed."""
        self.hand.add_by_hand(OLD, to)
        self.hand.accept(OLD, to)

    def on(self, to: str = TO, keep: str = INBOX) -> None:
        """All mail is forwarded."""
        self.accepted(to)
        self.hand.switch_on(OLD, to, keep)

    def auto(self) -> dict[str, Any]:
        """Forward-all, as the API shows it."""
        found: Any = self.box.settings["autoForwarding"]
        return dict(found)

    def addresses(self) -> dict[str, str]:
        """The forwarding addresses and their states."""
        held: Any = self.box.settings["forwardingAddresses"]
        return {row["forwardingEmail"]: row["verificationStatus"] for row in held.get("forwardingAddresses", [])}

    def filters(self) -> list[dict[str, Any]]:
        """The filters."""
        held: Any = self.box.settings["filters"]
        return list(held.get("filter", []))

    def state(self) -> object:
        """Everything that could be changed."""
        sent = [message.hex for box in (self.box, self.new) for message in box.messages.values()]
        set_up = [self.auto(), self.addresses(), self.filters(), self.box.settings["vacation"]]
        return copy.deepcopy((set_up, sent, len(self.server.gmail.office.left)))

    def changes(self) -> list[Seen]:
        """The requests since the log was cleared that could change anything; questions in batches only read."""
        asking = ("/batch/", "/token")
        return [
            seen for seen in self.server.log if seen.method not in ("GET", "HEAD") and not seen.path.startswith(asking)
        ]


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pauses between two questions pass nearly at once; who is to stop still stops."""
    monkeypatch.setattr(Halt, "sleep", lambda self, seconds: self._event.wait(0.002) and self.check())


@pytest.fixture(name="account")
def account_without_forwarding(student: Student, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """Signed in to read; nothing is forwarded so far."""
    hurry(monkeypatch)
    found = Account(student)
    found.box.settings |= {"forwardingAddresses": {}, "autoForwarding": {"enabled": False}, "filters": {}}
    student.server.log.clear()
    yield found
    assert not [seen for seen in student.server.log if "/mail/vf-" in seen.path or "/mail/uf-" in seen.path]


def told(result: Result) -> dict[str, Any]:
    """What was printed as JSON; nothing else was printed there."""
    found: dict[str, Any] = json.loads(result.stdout)
    return found


FIXTURE = account_without_forwarding
