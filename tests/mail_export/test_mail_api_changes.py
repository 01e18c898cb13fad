"""A second export: what changed comes by Gmail's log of changes, and no message is fetched twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_mail import HISTORY, LIST, calls, check_true, clear, export, hurry, mailbox, raw_gets, rows

from conftest import signed_in
from eccs_backup import vault
from eccs_backup.catalogue import ManifestCatalogue
from eccs_backup.rehearsal.faults import Fault
from eccs_backup.rehearsal.mail.mailbox import Message
from eccs_backup.rehearsal.mail.plain import plain_mail
from eccs_backup.rehearsal.mail.student_mail import MAIL_IDS, many_labels
from eccs_backup.rehearsal.server import serve
from practice import Student, check_sums

NEW = 1_760_000_000_000


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Student]:
    """A practice account with 60 ordinary messages."""
    with serve(plain_mail(60, 1_000)) as server:
        yield signed_in(server, tmp_path / "home", monkeypatch)


def letter(number: int, *labels: str) -> Message:
    id = NEW + number * 1000 << 20 | 7
    return Message(id, id, NEW + number * 1000, b"Subject: new\r\n\r\n%d\r\n" % number, {*labels, "INBOX"})


def case(name: str) -> int:
    return int(MAIL_IDS[name], 16)


def test_a_calm_run_asks_five_times_at_most(student: Student, out: Path) -> None:
    export(student, out)
    clear(student)
    assert export(student, out)["whole"]
    assert len(student.server.log) <= 5, [f"{seen.method} {seen.path}" for seen in student.server.log]
    assert calls(student) == 0


def test_every_kind_of_change(student: Student, out: Path) -> None:
    export(student, out)
    box = mailbox(student)
    box.add(letter(1, "UNREAD"))
    box.add(letter(2, "Label_2"))
    gone = box.messages[case("Ordinary1")]
    box.delete(gone.id)
    box.relabel(case("Ordinary2"), add=["Label_3", "STARRED"], remove=["INBOX"])
    box.relabel(case("Unread"), remove=["UNREAD"])
    box.relabel(case("Ordinary3"), add=["TRASH"], remove=["INBOX"])
    box.relabel(case("SpamStarred"), add=["INBOX"], remove=["SPAM"])
    box.relabel(case("Archived"), add=["Label_1"])
    box.relabel(case("Archived"), remove=["Label_1"])
    box.labels["Label_1"].name = "改名/研究室"
    box.drop_label("Label_11")
    for number in range(3, 6):  # came and went, and came and changed
        box.add(letter(number))
    box.delete(letter(3).id)
    box.relabel(letter(4).id, add=["STARRED"], remove=["INBOX"])
    clear(student)
    found = export(student, out)
    assert sorted(raw_gets(student)) == sorted(letter(number).hex for number in (1, 2, 4, 5))
    assert calls(student) == 4
    assert found["whole"]
    assert found["kept"] == 1
    check_true(student, out)
    entry = rows(out)[gone.hex]
    assert (out / str(entry.path)).read_bytes() == bytes(gone.body)
    assert entry.seen < rows(out)[letter(1).hex].seen
    assert letter(3).hex not in rows(out)
    status = student.run("status", out)
    assert status.exit_code == 0
    assert "and 1 files kept here" in status.stdout, status.stdout
    assert check_sums(out) == found["saved"] + found["kept"]
    assert all(each["gmail"] == each["here"] for each in found["labels"])


def test_many_pages_of_changes(plain: Student, out: Path) -> None:
    export(plain, out)
    box = mailbox(plain)
    ids = list(box.messages)
    for turn in range(20):
        for id in ids:
            box.relabel(id, **{"add" if turn % 2 else "remove": ["INBOX", f"Label_{1 + turn % 5}"]})
    clear(plain)
    plain.server.faults.add("/history", None, Fault(500))  # in the middle of them
    assert export(plain, out)["whole"]
    assert calls(plain, HISTORY) >= 3
    assert calls(plain) == 0
    check_true(plain, out)


def test_a_log_that_ends_in_the_middle_goes_on_there(
    plain: Student, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch)
    export(plain, out)
    box = mailbox(plain)
    for turn in range(20):
        for id in list(box.messages):
            box.relabel(id, **{"add" if turn % 2 else "remove": ["INBOX", "STARRED"]})
    plain.server.faults.add("/history", None, *[Fault(500)] * 8)
    assert plain.run("mail-export", out).exit_code == 3
    clear(plain)
    export(plain, out)
    assert calls(plain) == 0
    check_true(plain, out)


@pytest.mark.parametrize("labels", [0, 2_000], ids=["label by label", "one by one"])
def test_a_forgotten_log_of_changes(plain: Student, out: Path, labels: int) -> None:
    box = mailbox(plain)
    many_labels(box, labels)
    export(plain, out)
    change(plain)
    clear(plain)
    found = export(plain, out)
    assert raw_gets(plain) == [letter(1).hex]
    one_by_one = [seen for seen in plain.server.log if "/batch" in seen.path]
    assert calls(plain) == (1 + 59 if labels else 1)  # 59 known, 1 new
    assert calls(plain, LIST) == (1 if labels else 1 + len(box.labels))
    assert len(one_by_one) < 60
    assert found["whole"]
    check_true(plain, out)
    clear(plain)
    export(plain, out)
    assert len(plain.server.log) <= 5


def change(student: Student) -> None:
    """Changes of which the log tells nothing."""
    box = mailbox(student)
    ids = list(box.messages)
    box.add(letter(1))
    box.delete(ids[0])
    for id in ids[1:20]:
        box.relabel(id, add=["STARRED", "Label_1"], remove=["INBOX", "UNREAD"])
    box.forget_history()


@pytest.mark.parametrize("where", [r"/messages\?", "labelIds=INBOX", "labelIds=Label_3"])
def test_labels_are_right_after_a_run_that_broke_off(
    plain: Student, out: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new listing was written, and then the labels of what is known could not be had."""
    hurry(monkeypatch)
    export(plain, out)
    change(plain)
    plain.server.faults.add(where, *[Fault(500)] * 8)
    assert plain.run("mail-export", out).exit_code == 3
    with vault.reading(out) as place:
        assert ManifestCatalogue(place.manifest, "mail").token("stale labels") is not None
    plain.server.faults._script.clear()
    clear(plain)
    export(plain, out)
    assert raw_gets(plain) == [letter(1).hex]
    check_true(plain, out)
    with vault.reading(out) as place:
        assert ManifestCatalogue(place.manifest, "mail").token("stale labels") is None


def test_one_by_one_after_a_run_that_broke_off(plain: Student, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    many_labels(mailbox(plain), 2_000)
    export(plain, out)
    change(plain)
    plain.server.faults.add("format=minimal", *[None] * 50, *[Fault(500)] * 500)
    assert plain.run("mail-export", out).exit_code == 3
    plain.server.faults._script.clear()
    export(plain, out)
    check_true(plain, out)


def test_the_log_is_forgotten_twice(plain: Student, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the run that broke off and the next one, too."""
    hurry(monkeypatch)
    export(plain, out)
    change(plain)
    plain.server.faults.add("labelIds=Label_3", *[Fault(500)] * 8)
    assert plain.run("mail-export", out).exit_code == 3
    plain.server.faults._script.clear()
    mailbox(plain).relabel(max(mailbox(plain).messages), add=["IMPORTANT"])
    mailbox(plain).forget_history()
    export(plain, out)
    check_true(plain, out)


@pytest.mark.parametrize("where", [r"/messages\?.*pageToken", "pageToken=.*labelIds=INBOX"])
def test_a_page_token_that_is_refused(tmp_path: Path, out: Path, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(plain_mail(1_200, 900)) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        for one in mailbox(student).messages.values():
            one.labels.add("INBOX")
        server.faults.add(where, Fault(404, "notFound"))
        found = export(student, out, "--label", "INBOX", "--dry-run")
        assert sum(server.faults.counts.values()) == 1
        assert found["to_fetch"] == 1_200 + 9


def test_a_label_that_goes_while_it_is_asked_for(plain: Student, out: Path) -> None:
    """Gmail takes the question for its messages as a mistake; the next run knows."""
    export(plain, out)
    change(plain)
    plain.server.faults.add("labelIds=Label_3", Fault(400, "invalidArgument"))
    result = plain.run("mail-export", out)
    assert result.exit_code == 3
    assert "could not be listed" in result.stderr
    mailbox(plain).drop_label("Label_3")
    export(plain, out)
    assert raw_gets(plain).count(letter(1).hex) == 1
    check_true(plain, out)
