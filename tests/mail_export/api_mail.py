"""A mailbox exported by the API, and what the practice server and the folder show afterwards."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eccs_backup import vault
from eccs_backup.model import Entry, State
from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message
from eccs_backup.rehearsal.world import STUDENT
from eccs_backup.retry import Halt
from practice import Student

GET = "gmail.users.messages.get"
LIST = "gmail.users.messages.list"
HISTORY = "gmail.users.history.list"
SETTINGS = (
    "labels", "filters", "forwardingAddresses", "autoForwarding", "sendAs", "vacation", "imap", "pop", "language",
)  # fmt: skip
RAW = r"/messages/[0-9a-f]+\?format=raw"


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pauses between attempts pass at once; who is to stop still stops."""
    monkeypatch.setattr(Halt, "sleep", lambda self, seconds: self.check())


def mailbox(student: Student) -> Mailbox:
    """The student's mailbox."""
    return student.server.world.mail[STUDENT.address]


def export(student: Student, out: Path, *more: str, expected: int = 0) -> dict[str, Any]:
    """Export by the API; the balance."""
    result = student.run("mail-export", out, "--road", "api", "--json", *more)
    assert result.exit_code == expected, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def rows(out: Path) -> dict[str, Entry]:
    """The vault's rows of messages, by id."""
    with vault.reading(out) as place:
        found = {entry.key.id: entry for entry in place.manifest.entries("mail")}
    return {id: entry for id, entry in found.items() if not id.startswith("settings/")}


def path_of(message: Message) -> str:
    """Where a message belongs, by its date in UTC."""
    when = datetime.fromtimestamp(message.date / 1000, UTC)
    return f"mail/{when:%Y/%m}/{message.hex}.eml"


def check_true(student: Student, out: Path, *, but: tuple[str, ...] = ()) -> None:
    """Every message of the mailbox is here with its very bytes, its labels, its thread and its date."""
    box, found = mailbox(student), rows(out)
    names = {label.id: label.name for label in box.labels.values()}
    for message in box.messages.values():
        if message.hex in but:
            continue
        entry = found[message.hex]
        assert entry.state is State.SAVED, (message.hex, entry.reason)
        assert entry.path == path_of(message)
        assert (out / path_of(message)).read_bytes() == bytes(message.body), message.hex
        assert Counter(entry.facts["labels"]) == Counter(names[id] for id in message.labels), message.hex  # type: ignore[arg-type]
        assert entry.facts["thread"] == f"{message.thread:x}"
        assert entry.facts["internalDate"] == message.date


def calls(student: Student, method: str = GET) -> int:
    """How often a method was answered since the server's counters were cleared."""
    return student.server.mail_quota.methods[method]


def raw_gets(student: Student) -> list[str]:
    """The ids of messages whose bytes were asked for, in order."""
    return [seen.path.rpartition("/")[2] for seen in student.server.log if "format=raw" in seen.query]


def clear(student: Student) -> None:
    """Forget what was asked so far."""
    student.server.reset()
