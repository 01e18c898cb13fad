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
from eccs_backup.rehearsal.mail.mailbox import Mailbox
from eccs_backup.rehearsal.world import SECOND
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
