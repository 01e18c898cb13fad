"""A student with saved mail and a private account, and what the private mailbox holds afterwards."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eccs_backup import manifest
from eccs_backup.model import Entry
from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message
from eccs_backup.rehearsal.world import SECOND, STUDENT
from practice import Student

PRIVATE = SECOND.address


def ready(student: Student, out: Path) -> None:
    """Export the student's mail, and let the private account be restored into."""
    result = student.run("mail-export", out)
    assert result.exit_code == 0, result.output
    allow(student)


def allow(student: Student) -> None:
    """Sign in to the private account for restoring."""
    result = student.run("auth", "--for", "restore", "--account", PRIVATE)
    assert result.exit_code == 0, result.output


def restore(student: Student, out: Path, *more: str, expected: int = 0) -> dict[str, Any]:
    """Restore everything without being asked; the balance."""
    result = student.run("mail-restore", out, "--account", PRIVATE, "--yes", "--json", *more)
    assert result.exit_code == expected, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    wanted = found["in_the_vault"] - found["left_out"]
    assert wanted == found["restored"] + found["already_there"] + len(found["failed"]) + len(found["damaged"])
    return found


def private(student: Student) -> Mailbox:
    """The private mailbox."""
    return student.server.world.mail[PRIVATE]


def hashes(mailbox: Mailbox) -> Counter[str]:
    """SHA-256 of every message -> how often it is there."""
    return Counter(hashlib.sha256(bytes(message.body)).hexdigest() for message in mailbox.messages.values())


def saved(out: Path) -> Iterator[Entry]:
    """The rows of the messages in a vault."""
    held = manifest.Manifest(out / ".eccs-backup/manifest.sqlite")
    try:
        yield from (each for each in held.entries("mail", held=True) if not each.key.id.startswith("settings/"))
    finally:
        held.close()


def sent(student: Student) -> int:
    """Requests that put a message somewhere."""
    return sum(seen.method == "POST" and "/messages" in seen.path for seen in student.server.log)


def only(student: Student, *messages: Message) -> None:
    """The student's mailbox holds these messages and no others."""
    mailbox = student.server.world.mail[STUDENT.address]
    for id in list(mailbox.messages):
        mailbox.delete(id)
    for message in messages:
        mailbox.add(message)


def letter(number: int, labels: set[str], *, body: str = "hello", head: str | None = None, at: int = 0) -> Message:
    """A message of the student's; `number` is its Message-ID, `at` tells apart those that share one."""
    if head is None:
        head = f"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <m{number}@example.org>\r\n"
    raw = f"From: a@example.org\r\nSubject: number {number}\r\n{head}\r\n{body}\r\n".encode()
    id = 1 << 60 | at << 20 | number
    return Message(id, id, 1_700_000_000_000, raw, labels)


def labels_of(mailbox: Mailbox) -> list[set[str]]:
    """The names of the labels of each message."""
    return [{mailbox.labels[id].name for id in message.labels} for message in mailbox.messages.values()]
