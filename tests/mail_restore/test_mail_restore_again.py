"""What the other mailbox holds already, from runs that nobody remembers: it is found, and nothing is doubled."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from restoring import PRIVATE, hashes, labels_of, letter, only, private, ready, restore, saved, sent

from eccs_backup import vault
from eccs_backup.accounts import google
from eccs_backup.accounts.google_purposes import PURPOSES
from eccs_backup.catalogue import ManifestCatalogue
from eccs_backup.errors import QuotaExhausted
from eccs_backup.http import Wire
from eccs_backup.rehearsal.faults import Fault
from eccs_backup.rehearsal.mail import imports
from eccs_backup.rehearsal.mail.mailbox import Message, header
from eccs_backup.rehearsal.mail.question import Question
from eccs_backup.rehearsal.reply import Reply
from eccs_backup.rehearsal.world import STUDENT
from eccs_backup.restore import headers, letters
from eccs_backup.restore.labels import Labels
from eccs_backup.restore.ledger import Ledger
from eccs_backup.restore.mailbox import Mailbox
from eccs_backup.restore.run import Restoring
from eccs_backup.retry import Halt
from practice import Student

LOG = f"restore:{PRIVATE}"
GETS = "/gmail/v1/users/me/messages/"
TOP = b"Delivered-To: hanako@example.com\r\nReceived: by 2002:ab0 with SMTP id x;\r\n\tSun, 1 Nov 2026\r\n"


def forget(out: Path) -> None:
    """The vault's records no longer know of any restoring."""
    with vault.existing(out) as place:
        ManifestCatalogue(place.manifest, "mail").forget(LOG)


def same(student: Student) -> bool:
    return hashes(private(student)) == hashes(student.server.world.mail[STUDENT.address])


def test_a_vault_whose_records_were_lost_doubles_nothing(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    only(student, *(letter(number, {"INBOX"}) for number in range(40)))
    ready(student, out)
    assert restore(student, out, "--label", "inbox")["restored"] == 40
    (out / ".eccs-backup/manifest.sqlite").rename(tmp_path / "away")
    student.server.world.mail[STUDENT.address].add(letter(41, {"INBOX"}))
    assert student.run("mail-export", out).exit_code == 0
    result = student.run("mail-restore", out, "--account", PRIVATE, "--dry-run")
    assert "1 messages" in result.stdout
    assert "40 more are there already" in result.stdout
    found = restore(student, out)
    assert (found["restored"], found["already_there"], found["may_be_doubled"]) == (1, 40, [])
    assert same(student)
    student.server.log.clear()
    restore(student, out)
    assert not any(seen.path.startswith(GETS) or "rfc822msgid" in seen.query for seen in student.server.log)


def test_a_second_vault_of_the_same_mailbox_doubles_nothing(student: Student, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    ready(student, one)
    restore(student, one)
    assert student.run("mail-export", two).exit_code == 0
    found = restore(student, two)
    there = len(private(student).messages)
    assert found["restored"] == len(found["may_be_doubled"]) == there - len(list(saved(one)))
    for path in found["may_be_doubled"]:
        body = (two / path).read_bytes()
        assert not headers.message_id(body)
        assert headers.date(body) is None


def test_an_empty_mailbox_costs_one_listing(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    only(student, *(letter(number, {"INBOX"}) for number in range(5)))
    ready(student, out)
    student.server.log.clear()
    restore(student, out)
    searches = [seen for seen in student.server.log if seen.path.endswith("/messages") and seen.method == "GET"]
    assert len(searches) <= 2  # the other one tells what Gmail dated by itself
    assert not any("rfc822msgid" in seen.query for seen in searches)


def test_a_dry_run_remembers_nothing_of_what_it_found(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    only(student, letter(1, {"INBOX"}))
    ready(student, out)
    restore(student, out)
    forget(out)
    result = student.run("mail-restore", out, "--account", PRIVATE, "--dry-run", "--json")
    assert json.loads(result.stdout)["already_there"] == 1
    with vault.reading(out) as place:
        assert not list(ManifestCatalogue(place.manifest, "mail").rows(LOG))


def test_gmails_own_header_fields_in_front(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    mine, other = letter(1, {"INBOX"}), letter(2, {"INBOX"})
    only(student, mine, other)
    ready(student, out)
    private(student).add(Message(5, 5, mine.date, TOP + bytes(mine.body)))
    private(student).add(Message(6, 6, mine.date, b"X-Mine: no field of Gmail's\r\n" + bytes(other.body)))
    found = restore(student, out)
    assert (found["restored"], found["already_there"]) == (1, 1)


def test_without_a_message_id_the_date_tells_and_without_both_it_is_said(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    dated = letter(1, {"INBOX"}, head="Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n")
    bare = letter(2, {"INBOX"}, head="X-Nothing: here\r\n")
    only(student, dated, bare)
    ready(student, out)
    restore(student, out)
    forget(out)
    result = student.run("mail-restore", out, "--account", PRIVATE, "--dry-run")
    assert "1 cannot be searched for there, and may be doubled" in result.stdout
    found = restore(student, out)
    assert (found["restored"], found["already_there"], len(found["may_be_doubled"])) == (1, 1, 1)


def test_what_was_damaged_is_looked_for_when_it_is_mended(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    only(student, letter(1, {"INBOX"}), letter(2, {"INBOX"}))
    ready(student, out)
    restore(student, out)
    forget(out)
    path = out / str(next(saved(out)).path)
    body = path.read_bytes()
    path.write_bytes(body[::-1])
    assert restore(student, out, expected=5)["already_there"] == 1
    path.write_bytes(body)
    assert restore(student, out)["already_there"] == 2
    assert same(student)


@pytest.mark.parametrize("row", ["{}", '{"state":"done"}', '{"state":"done","as":[],"thread":5}', '{"state":7}', "[]"])
def test_damaged_rows_are_no_traceback_and_double_nothing(student: Student, tmp_path: Path, row: str) -> None:
    out = tmp_path / "out"
    only(student, letter(1, {"INBOX"}))
    ready(student, out)
    restore(student, out)
    with vault.existing(out) as place:
        place.manifest.begin()
        place.manifest.db.execute("UPDATE catalogue SET description = ? WHERE log = ?", (row, LOG))
        place.manifest.commit()
    result = student.run("mail-restore", out, "--account", PRIVATE, "--yes")
    assert result.exit_code in ((0,) if row != "[]" else (0, 5)), result.output
    assert "cannot be read" in result.stderr
    assert same(student)


@pytest.mark.parametrize("first", [0, 1], ids=["the first unclear", "the second unclear"])
def test_twins_keep_their_labels_after_an_unclear_answer(student: Student, tmp_path: Path, first: int) -> None:
    out = tmp_path / "out"
    box = student.server.world.mail[STUDENT.address]
    one, other = box.new_label("One").id, box.new_label("Other").id
    only(student, letter(1, {one}, at=1), letter(1, {other}, at=2))
    ready(student, out)
    faults = [Fault(cut_after=0), Fault(500)]
    student.server.faults.add(r"/messages(/import)?\?internal", *(faults if first else reversed(faults)))
    assert restore(student, out)["restored"] == 2
    assert sorted(map(sorted, labels_of(private(student)))) == [["One"], ["Other"]]


def test_twins_are_found_again_with_their_labels(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    box = student.server.world.mail[STUDENT.address]
    one, other = box.new_label("One").id, box.new_label("Other").id
    only(student, letter(1, {one}, at=1), letter(1, {other}, at=2))
    ready(student, out)
    restore(student, out)
    forget(out)
    lost = next(each for each in private(student).messages.values() if "One" in _names(student, each))
    private(student).delete(lost.id)
    assert restore(student, out)["restored"] == 1
    assert sorted(map(sorted, labels_of(private(student)))) == [["One"], ["Other"]]


def _names(student: Student, message: Message) -> set[str]:
    return {private(student).labels[id].name for id in message.labels}


def answers(student: Student, answer: Callable[[Question], Reply | None], *methods: str) -> None:
    """The practice Gmail gives these answers to what is put in; None is its usual one."""
    for method in methods:
        student.server.app.gmail._unlocked[f"gmail.users.messages.{method}"] = lambda question: (
            answer(question) or imports.put(question)
        )


def merged(question: Question) -> Reply | None:
    """Gmail's import as it has been seen: a message with a known Message-ID is the one that is there."""
    known = header(imports._upload(question).raw, b"Message-ID").strip("<>")
    for id in question.mailbox.with_message_id(known):
        time.sleep(0.2)
        message = question.mailbox.messages[id]
        return question.answer({"id": message.hex, "threadId": f"{message.thread:x}"})
    return None


def test_a_service_that_always_answers_a_known_id_ends(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    label = student.server.world.mail[STUDENT.address].new_label("First").id
    only(student, letter(1, {label}, at=1), letter(1, {"INBOX"}, at=2, body="another"))
    ready(student, out)
    restore(student, out, "--label", "First")
    answers(student, merged, "import", "insert")
    before = sent(student)
    found = restore(student, out, expected=3)
    assert "another message" in found["failed"][0]["reason"]
    assert sent(student) - before <= 6
    student.server.app.gmail._unlocked.pop("gmail.users.messages.insert")
    assert restore(student, out)["restored"] == 1
    assert same(student)


def test_what_was_merged_while_the_run_ends_is_not_uncertain(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    label = student.server.world.mail[STUDENT.address].new_label("First").id
    firsts = [letter(number, {label}, at=1) for number in range(8)]
    only(student, *firsts, *(letter(number, {"INBOX"}, at=2, body="another") for number in range(8)))
    ready(student, out)
    restore(student, out, "--label", "First")
    answers(student, merged, "import")
    student.server.faults.add("/messages/import", Fault(403, "dailyLimitExceeded"))
    tokens, _ = google.account(PRIVATE, PURPOSES["restore"].scopes, group="restore")
    wire, halt = Wire(tokens), Halt()  # this one cuts no connection: the answers under way come in
    mailbox = Mailbox(wire, student.server.url, halt)
    with vault.existing(out) as place:
        ledger, every = Ledger(place.manifest, PRIVATE), letters.letters(place)
        run = Restoring(place, mailbox, ledger, Labels(mailbox, {}), halt)
        with pytest.raises(QuotaExhausted):
            run.run(every, every, mailbox.profile().history)
        assert len(ledger.uncertain) == 1, "only the one that was refused"
    wire.close()
    assert restore(student, out)["restored"] == 8
    assert same(student)
