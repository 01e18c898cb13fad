"""A bad day at Gmail: what is refused once is asked for again, what is refused always is named."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_mail import RAW, SETTINGS, check_true, clear, export, hurry, mailbox, raw_gets, rows

from conftest import signed_in
from eccs_backup.model import Kind, State
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.faults import Fault, Faults
from eccs_backup.rehearsal.mail.plain import plain_mail
from eccs_backup.rehearsal.server import serve
from practice import Student, check_sums

NOW = {"Retry-After": "0"}
REFUSALS = {
    "user rate": Fault(403, "userRateLimitExceeded", NOW),
    "rate": Fault(403, "rateLimitExceeded", NOW),
    "too many": Fault(429, "rateLimitExceeded", NOW),
    "500": Fault(500),
    "503": Fault(503),
    "cut": Fault(cut_after=100),
    "cut, of unknown length": Fault(cut_after=100, chunked=True),
    "nothing": Fault(cut_after=0),
    "token ended": Fault(expire=True),
}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Student]:
    """A practice account with 100 ordinary messages."""
    with serve(plain_mail(100, 1_000)) as server:
        yield signed_in(server, tmp_path / "home", monkeypatch)


@pytest.mark.parametrize("fault", REFUSALS.values(), ids=REFUSALS)
def test_messages_come_through(plain: Student, out: Path, fault: Fault) -> None:
    plain.server.faults.add(RAW, *[*[None] * 10, fault, *[None] * 60 * fault.expire] * 3)
    assert export(plain, out)["whole"]
    assert plain.server.faults.counts[fault.label] > 1
    check_true(plain, out)


PLACES = ["settings/pop", "settings/filters", "/users/me/labels", "/labels/INBOX", "/profile", r"/messages\?", "/batch"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("fault", REFUSALS.values(), ids=REFUSALS)
def test_questions_come_through(plain: Student, out: Path, place: str, fault: Fault) -> None:
    plain.server.faults.add(place, fault, *[] if fault.expire else [fault])
    found = export(plain, out)
    assert found["whole"]
    assert found["saved"] == 100 + len(SETTINGS)
    assert all(each["gmail"] == each["here"] for each in found["labels"])
    assert len(found["labels"]) == 1 + len(mailbox(plain).labels)


def bad_day(seed: int) -> Faults:
    """One request in twenty goes wrong, and one call in a batch, too; but no sign-in ends."""
    chance = random.Random(seed)
    kinds = [fault for fault in REFUSALS.values() if not fault.expire]
    faults = [chance.choice(kinds) if chance.random() < 0.05 else None for _ in range(3_000)]
    return Faults({"/gmail/v1": faults})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_bad_day(tmp_path: Path, out: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(plain_mail(600, 1_000), faults=bad_day(seed)) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        assert export(student, out)["whole"]
        check_true(student, out)
        assert {"403", "429", "500", "503", "cut"} <= {name.split()[0] for name in server.faults.counts}
        mailbox(student).forget_history()
        assert export(student, out)["whole"]
        check_true(student, out)
        assert check_sums(out) == 600 + len(SETTINGS)


def test_the_nasty_mailbox_on_a_bad_day(tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(worlds.student(), faults=bad_day(4)) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        assert export(student, out)["whole"]
        check_true(student, out)
        assert student.run("verify", out, "--online").exit_code == 0
        assert server.leaks == []


TROUBLES = ["refused", "garbled", "no-raw", "other"]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_message_that_never_comes_is_named(plain: Student, out: Path, trouble: str) -> None:
    message = mailbox(plain).messages[sorted(mailbox(plain).messages)[50]]
    message.trouble = trouble
    result = plain.run("mail-export", out)
    assert result.exit_code == 3
    assert message.hex in result.stdout
    assert "Not safe to lose: 1 of 109 is missing" in result.stdout
    check_true(plain, out, but=(message.hex,))
    assert rows(out)[message.hex].state is State.FAILED
    assert not list(out.rglob(f"{message.hex}.eml"))
    status = plain.run("status", out)
    assert status.exit_code == 3
    assert message.hex in status.stdout
    message.trouble = ""
    clear(plain)
    found = export(plain, out)
    assert found["whole"]
    assert set(raw_gets(plain)) == {message.hex}
    check_true(plain, out)
    assert all(each["gmail"] == each["here"] for each in found["labels"])


def test_a_message_that_goes_before_it_is_fetched(plain: Student, out: Path) -> None:
    message = mailbox(plain).messages[sorted(mailbox(plain).messages)[50]]
    message.trouble = "gone"
    result = plain.run("mail-export", out)
    assert result.exit_code == 0, result.output
    assert message.hex in result.stdout
    entry = rows(out)[message.hex]
    assert (entry.state, entry.kind) == (State.EXPLAINED, Kind.GONE)
    check_true(plain, out, but=(message.hex,))
    assert plain.run("verify", out, "--online").exit_code == 0
    mailbox(plain).delete(message.id)
    found = export(plain, out)
    assert found["whole"]
    assert not found["explained"]


def test_a_service_that_stops_answering_ends_the_run_soon(plain: Student, out: Path) -> None:
    plain.server.faults.add(RAW, *[None] * 20, *[Fault(500)] * 10_000)
    result = plain.run("mail-export", out)
    assert result.exit_code == 3
    assert "stopped answering" in result.stderr
    assert len(raw_gets(plain)) < 600
    plain.server.faults._script.clear()
    assert sum(entry.state is State.SAVED for entry in rows(out).values()) == 20
    clear(plain)
    assert export(plain, out)["whole"]
    assert len(raw_gets(plain)) == 80


def test_a_setting_that_is_refused_is_explained(plain: Student, out: Path) -> None:
    plain.server.faults.add("settings/pop", Fault(403, "forbidden"))
    found = export(plain, out)
    assert found["whole"]
    assert sum(found["explained"].values()) == 1
    assert not (out / "mail/settings/pop.json").exists()
    assert export(plain, out)["saved"] == 100 + len(SETTINGS)


def test_answers_of_which_some_are_missing(plain: Student, out: Path) -> None:
    """The whole batch is answered, but one of its parts is half of an answer."""
    plain.server.faults.add("settings/language", Fault(cut_after=3))
    plain.server.faults.add("/labels/SPAM", Fault(cut_after=9))
    plain.server.faults.add("/users/me/labels", Fault(cut_after=40))
    assert export(plain, out)["whole"]
    assert sum(plain.server.faults.counts.values()) == 3
