"""A mailbox exported by IMAP, and what the practice server and the folder show afterwards."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from conftest import signed_in
from eccs_backup import vault
from eccs_backup.model import Entry, State
from eccs_backup.rehearsal.ledger import World
from eccs_backup.rehearsal.mail.imap import Imap
from eccs_backup.rehearsal.mail.mailbox import Mailbox
from eccs_backup.rehearsal.mail.plain import plain_mail
from eccs_backup.rehearsal.server import serve
from eccs_backup.rehearsal.world import STUDENT
from eccs_backup.retry import Halt
from practice import Student

GET = "gmail.users.messages.get"
SETTINGS = 9


def permit(student: Student) -> Student:
    """Give the permission for IMAP, a sign-in of its own."""
    result = student.run("auth", "--for", "imap", "--client", student.server.client_file(student.home))
    assert result.exit_code == 0, result.output
    student.server.reset()
    return student


@contextmanager
def having(
    home: Path, patch: pytest.MonkeyPatch, count: int = 60, size: int = 3_000, world: World | None = None
) -> Iterator[Student]:
    """Somebody with ordinary mail, or a world's, who permitted IMAP; pauses between attempts pass at once."""
    hurry(patch)
    with serve(world or plain_mail(count, size)) as server:
        yield permit(signed_in(server, home, patch))


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pauses between attempts pass at once; who is to stop still stops."""
    monkeypatch.setattr(Halt, "sleep", lambda self, seconds: self.check())


def imap(student: Student) -> Imap:
    """The practice IMAP service."""
    assert student.server.imap
    return student.server.imap


def mailbox(student: Student) -> Mailbox:
    """The student's mailbox."""
    return student.server.world.mail[STUDENT.address]


def run(student: Student, out: Path, *more: str, road: str = "imap") -> Result:
    """Export without minding quotas."""
    return student.run("mail-export", out, "--road", road, "--quota", "none", "--json", *more)


def export(student: Student, out: Path, *more: str, road: str = "imap", expected: int = 0) -> dict[str, Any]:
    """The same; the balance."""
    result = run(student, out, *more, road=road)
    assert result.exit_code == expected, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    assert found["whole"] == (expected == 0)
    return found


def rows(out: Path) -> dict[str, Entry]:
    """The vault's rows of messages, by id."""
    with vault.reading(out) as place:
        found = {entry.key.id: entry for entry in place.manifest.entries("mail")}
    return {id: entry for id, entry in found.items() if not id.startswith("settings/")}


def check_true(student: Student, out: Path, *, but: tuple[str, ...] = ()) -> None:
    """Every message is here with its very bytes, its labels and its thread, in its month, and nothing was touched."""
    box, found = mailbox(student), rows(out)
    names = {label.id: label.name for label in box.labels.values()}
    for message in box.messages.values():
        if message.hex in but:
            continue
        entry = found[message.hex]
        assert entry.state is State.SAVED, (message.hex, entry.reason)
        assert entry.path == f"mail/{datetime.fromtimestamp(message.date / 1000, UTC):%Y/%m}/{message.hex}.eml"
        assert (out / entry.path).read_bytes() == bytes(message.body), message.hex
        assert Counter(entry.facts["labels"]) == Counter(names[id] for id in message.labels), message.hex  # type: ignore[arg-type]
        assert entry.facts["thread"] == f"{message.thread:x}"
        assert entry.facts["internalDate"] in (message.date, message.date // 1000 * 1000)
    assert imap(student).log.flags_changed == 0
    assert not imap(student).log.commands["SELECT"]
    assert not student.server.leaks


def by_api(student: Student) -> int:
    """How many messages were asked of the API."""
    return student.server.mail_quota.methods[GET]


def by_imap(student: Student) -> int:
    """How many messages IMAP sent whole."""
    return imap(student).log.messages_sent
