"""Names, dates and numbers that nobody would write: no wrong file, no traceback, and nothing for the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_mail import check_true, export, mailbox, rows

from conftest import signed_in
from eccs_backup.model import State
from eccs_backup.rehearsal.mail.mailbox import Message
from eccs_backup.rehearsal.mail.plain import plain_mail
from eccs_backup.rehearsal.server import serve
from eccs_backup.retry import Halt
from practice import Student, check_sums

NEW = 1_760_000_000_000 << 20
STRANGE = ["\x1b[2J\x07", "../../up", "a\nb", "\u202efdp", "%s {0}", "INBOX ", "x" * 5_000]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Student]:
    """A practice account with 20 ordinary messages."""
    with serve(plain_mail(20, 1_000)) as server:
        yield signed_in(server, tmp_path / "home", monkeypatch)


def test_labels_with_strange_names(plain: Student, out: Path) -> None:
    box = mailbox(plain)
    first, *_ = box.messages.values()
    for number, name in enumerate(STRANGE):
        box.new_label(name, f"Label_{number}/../{name[:3]}")
    box.relabel(first.id, add=list(box.labels))
    found = export(plain, out)
    assert found["whole"]
    assert len(rows(out)[first.hex].facts["labels"]) == len(box.labels)  # type: ignore[arg-type]
    assert {"../../up", "a\nb", "INBOX "} <= set(rows(out)[first.hex].facts["labels"])  # type: ignore[arg-type]
    assert json.loads((out / "mail/settings/labels.json").read_bytes())
    box.messages[first.id].labels.clear()  # Gmail counts otherwise, and says nothing of it in its log
    box.add(Message(NEW, NEW, NEW >> 20, b"new", set()))
    shown = plain.run("mail-export", out)
    assert shown.exit_code == 0, shown.output
    assert "Gmail counts 0 of" in shown.stdout
    assert "\x1b" not in shown.stdout
    assert plain.run("status", out).exit_code == 0
    assert plain.run("mail-export", out, "--label", "\ud800").exit_code == 2
    assert check_sums(out)
    for path in out.rglob("*"):
        assert path.resolve().is_relative_to(out.resolve())


@pytest.mark.parametrize("date", [10**17, -(10**17), -(10**13) * 7])
def test_a_date_that_no_calendar_has(plain: Student, out: Path, date: int) -> None:
    mailbox(plain).add(Message(NEW, NEW, date, b"Subject: when?\r\n\r\n", {"INBOX"}))
    assert export(plain, out)["whole"]
    assert (out / f"mail/undated/{NEW:x}.eml").read_bytes() == b"Subject: when?\r\n\r\n"
    check_true(plain, out, but=(f"{NEW:x}",))


def test_a_date_of_too_many_digits(plain: Student, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no date at all: the message is named, and no file is written for it."""
    monkeypatch.setattr(Halt, "sleep", lambda self, seconds: self.check())
    mailbox(plain).add(Message(NEW, NEW, 1 - 10**18, b"Subject: when?\r\n\r\n", {"INBOX"}))
    next(iter(mailbox(plain).messages.values())).date = -(10**18)
    export(plain, out, expected=3)
    failed = [id for id, entry in rows(out).items() if entry.state is State.FAILED]
    assert len(failed) == 1
    assert not list(out.rglob(f"{failed[0]}.eml"))


def test_an_empty_message_is_an_empty_file(plain: Student, out: Path) -> None:
    mailbox(plain).add(Message(NEW, NEW, NEW >> 20, b"", {"INBOX"}))
    assert export(plain, out)["whole"]
    check_true(plain, out)
    assert next(out.rglob(f"{NEW:x}.eml")).stat().st_size == 0
    assert plain.run("verify", out, "--online").exit_code == 0


def test_a_large_message(plain: Student, out: Path) -> None:
    body = b"Subject: large\r\n\r\n" + bytes(range(256)) * 80_000  # 20 MB
    for number in range(4):
        mailbox(plain).add(Message(NEW + number, NEW, NEW >> 20, body + b"%d" % number, {"INBOX"}))
    assert export(plain, out)["whole"]
    check_true(plain, out)


def test_a_mailbox_without_mail(plain: Student, out: Path) -> None:
    for id in list(mailbox(plain).messages):
        mailbox(plain).delete(id)
    found = export(plain, out)
    assert found["whole"]
    assert found["saved"] == 9
    assert rows(out) == {}
    assert export(plain, out)["whole"]


def test_mail_that_is_all_deleted_stays_here(plain: Student, out: Path) -> None:
    export(plain, out)
    for id in list(mailbox(plain).messages):
        mailbox(plain).delete(id)
    found = export(plain, out)
    assert found["whole"]
    assert found["kept"] == 20
    assert check_sums(out) == 29


def test_a_sudden_emptiness_is_no_news(plain: Student, out: Path) -> None:
    """The log of changes is forgotten, and a listing shows nothing."""
    export(plain, out)
    box = mailbox(plain)
    kept, order = dict(box.messages), list(box.order)
    box.messages.clear()
    box.order.clear()
    box.forget_history()
    result = plain.run("mail-export", out)
    assert result.exit_code == 3
    assert "no message at all" in result.stderr
    box.messages.update(kept)
    box.order.extend(order)
    assert export(plain, out)["whole"]
    check_true(plain, out)


def test_labels_that_are_missing_once_are_asked_for_again(
    plain: Student, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = mailbox(plain)
    labels = dict(box.labels)
    box.labels.clear()
    monkeypatch.setattr(Halt, "sleep", lambda self, seconds: box.labels.update(labels))
    assert export(plain, out)["whole"]
    check_true(plain, out)
