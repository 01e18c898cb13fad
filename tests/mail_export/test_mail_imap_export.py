"""The student's mailbox by IMAP: what the API brings, and nothing changed online."""

from __future__ import annotations

from pathlib import Path

import pytest
from imap_mail import SETTINGS, by_api, by_imap, check_true, export, having, imap, mailbox, permit, rows, run

from eccs_backup.model import Proof
from eccs_backup.rehearsal.mail.mailbox import Message
from eccs_backup.rehearsal.mail.student_mail import MAIL_CASES
from eccs_backup.sources.gmail import imap_road
from practice import Student, check_sums


@pytest.mark.parametrize(("language", "chatty", "seed"), [("ja", False, 0), ("en", True, 5), ("ja", True, 77)])
def test_both_roads_bring_the_same(student: Student, tmp_path: Path, language: str, chatty: bool, seed: int) -> None:
    service = imap(permit(student))
    service.language, service.chatty, service.seed = language, chatty, seed
    found = export(student, tmp_path / "imap")
    assert found["listed"] == found["saved"] == len(MAIL_CASES) + SETTINGS
    assert all(each["gmail"] == each["here"] for each in found["labels"])
    assert by_imap(student) + by_api(student) == len(MAIL_CASES)
    assert by_imap(student) >= len(MAIL_CASES) - 2
    check_true(student, tmp_path / "imap")
    assert check_sums(tmp_path / "imap") == len(MAIL_CASES) + SETTINGS
    assert student.run("verify", tmp_path / "imap").exit_code == 0
    if seed:
        return
    export(student, tmp_path / "api", road="api")
    here, there = rows(tmp_path / "imap"), rows(tmp_path / "api")
    assert here.keys() == there.keys()
    for id, entry in here.items():
        other = there[id]
        assert (entry.path, entry.sha256, entry.size) == (other.path, other.sha256, other.size)
        assert sorted(entry.facts["labels"]) == sorted(other.facts["labels"])  # type: ignore[arg-type, type-var]
        assert entry.facts["thread"] == other.facts["thread"]
        assert entry.proof is Proof.SIZE or entry.sha256 == other.sha256


def test_what_was_fetched_is_not_fetched_again(student: Student, tmp_path: Path) -> None:
    permit(student)
    export(student, tmp_path / "out")
    student.server.reset()
    export(student, tmp_path / "out")
    assert by_imap(student) == by_api(student) == 0
    assert not imap(student).log.commands["AUTHENTICATE"]


def test_one_mailbox_by_two_roads(student: Student, tmp_path: Path) -> None:
    permit(student)
    export(student, tmp_path / "out", "--label", "INBOX", road="api")
    first = by_api(student)
    assert 0 < first < len(MAIL_CASES)
    export(student, tmp_path / "out")
    assert by_api(student) + by_imap(student) == len(MAIL_CASES) + 1, "the empty message is asked for twice"
    assert by_imap(student) >= len(MAIL_CASES) - first - 2
    check_true(student, tmp_path / "out")


def test_labels_that_look_like_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("NIL", "\\Inbox2", "\\back", "UID 5", "BODY[] {3}", ") (", "{0}", '"', "", "x" * 225, "&", "&-", "~&AOQ-")
    with having(tmp_path / "home", monkeypatch, 3, 1_000) as student:
        box = mailbox(student)
        ids = [box.new_label(name).id for name in names if name]
        for message in list(box.messages.values())[:2]:
            message.labels = message.labels | set(ids)
        export(student, tmp_path / "out")
        check_true(student, tmp_path / "out")
        assert by_api(student) == 0


def test_mail_that_comes_while_it_is_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came, went or got a new label since the folders were looked at."""
    with having(tmp_path / "home", monkeypatch, 40) as student:
        export(student, tmp_path / "out")
        box = mailbox(student)
        newest = max(box.messages)
        one = box.messages[newest]
        box.add(Message(newest + 99, newest + 99, one.date + 5, one.body, {"INBOX", "UNREAD"}))
        box.relabel(newest, add=[box.new_label("just made").id], remove=["UNREAD"])
        student.server.reset()
        export(student, tmp_path / "out")
        assert by_imap(student) == 1
        check_true(student, tmp_path / "out")


def test_a_label_that_is_made_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its id is not known yet: the API tells it, and the next run its name."""
    with having(tmp_path / "home", monkeypatch, 20) as student:
        box = mailbox(student)
        look = imap_road.ImapRoad.look

        def looked(self: imap_road.ImapRoad, *more: object) -> None:
            look(self, *more)  # type: ignore[arg-type]
            if not any(label.name == "just made" for label in box.labels.values()):
                box.relabel(max(box.messages), add=[box.new_label("just made").id])

        monkeypatch.setattr(imap_road.ImapRoad, "look", looked)
        export(student, tmp_path / "out")
        assert by_api(student) == 1
        box.relabel(max(box.messages), remove=["UNREAD", "STARRED"])
        export(student, tmp_path / "out")
        check_true(student, tmp_path / "out")


def test_an_empty_folder_and_an_empty_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with having(tmp_path / "home", monkeypatch, 5) as student:
        box = mailbox(student)
        for message in list(box.messages.values()):
            message.labels = message.labels - {"SPAM", "TRASH"}
        next(iter(box.messages.values())).body = b""
        export(student, tmp_path / "out")
        check_true(student, tmp_path / "out")


def test_nothing_is_fetched_in_a_dry_run(student: Student, tmp_path: Path) -> None:
    permit(student)
    result = run(student, tmp_path / "out", "--dry-run")
    assert result.exit_code == 0, result.output
    assert by_imap(student) == by_api(student) == 0
