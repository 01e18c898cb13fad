"""Records that were lost or damaged, and labels that are alike."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from api_mail import export, mailbox, rows

from eccs_backup.rehearsal.mail.mailbox import Message
from practice import Student

LETTER = b"From: a@b.example\r\nSubject: hello\r\n\r\nbody\r\n"


def records(out: Path, *statements: str) -> None:
    """Change the vault's records by hand."""
    with sqlite3.connect(out / ".eccs-backup/manifest.sqlite") as database:
        for statement in statements:
            database.execute(statement)


def check_labels(student: Student, out: Path) -> None:
    """The labels written down are those of the mailbox."""
    box = mailbox(student)
    held = rows(out)
    for message in box.messages.values():
        wanted = {box.labels[each].name for each in message.labels}
        assert set(held[message.hex].facts["labels"]) == wanted, message.hex  # type: ignore[arg-type]


def test_records_of_the_listing_may_be_deleted(student: Student, tmp_path: Path) -> None:
    """docs/vault-format.md says so: labels are asked for again, and follow what changes online; nothing is fetched."""
    out = tmp_path / "out"
    export(student, out)
    titles = {id: entry.title for id, entry in rows(out).items()}
    records(out, "DELETE FROM logs", "DELETE FROM catalogue")
    student.server.reset()
    export(student, out)
    check_labels(student, out)
    assert {id: entry.title for id, entry in rows(out).items()} == titles
    assert "gmail.users.messages.get" not in student.server.mail_quota.state()["methods"]
    first = next(iter(mailbox(student).messages.values()))
    mailbox(student).relabel(first.id, add=["STARRED"], remove=["INBOX"])
    export(student, out)
    check_labels(student, out)


def test_a_message_that_is_brought_back_has_its_new_labels(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(student, out)
    box = mailbox(student)
    message = box.messages[box.order[0]]
    box.delete(message.id)
    export(student, out)
    message.labels = {"INBOX", "TRASH"}
    box.add(message)
    export(student, out)
    check_labels(student, out)


@pytest.mark.parametrize("wanted", ["Masse", "Ma\u00dfe"])
def test_labels_that_only_case_folding_makes_equal(student: Student, tmp_path: Path, wanted: str) -> None:
    box = mailbox(student)
    ids = {}
    for number, name in enumerate(("Masse", "Ma\u00dfe")):
        label = box.new_label(name)
        message = box.add(Message((1 << 60) + number, 1 << 60, 1_700_000_000_000, LETTER, {label.id}))
        ids[name] = message.hex
    export(student, tmp_path / "out", "--label", wanted)
    saved = {id for id, entry in rows(tmp_path / "out").items() if entry.sha256 and not id.startswith("settings")}
    assert saved == {ids[wanted]}
    found = student.run("mail-export", tmp_path / "other", "--label", "MASSE")
    assert found.exit_code == 2
    assert "Which label" in found.output


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entries SET facts = '{'",
        "UPDATE entries SET state = 'foo'",
        "UPDATE catalogue SET description = '[]'",
    ],
)
@pytest.mark.parametrize("command", ["mail-export", "status", "verify"])
def test_damaged_records_are_said_to_be_so(student: Student, tmp_path: Path, damage: str, command: str) -> None:
    out = tmp_path / "out"
    export(student, out)
    records(out, damage)
    found = student.run(command, out)
    assert found.exit_code in (0, 5), "no traceback"
    if command == "mail-export":
        assert found.exit_code == 5
        assert "manifest.sqlite" in found.output
