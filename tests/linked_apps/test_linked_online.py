"""`linked-apps --online` against the practice account: what it finds, what it asks for, and what that costs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import signed_in
from eccs_backup.accounts.google_purposes import TOKENS
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.faults import Faults
from eccs_backup.rehearsal.server import serve
from eccs_backup.retry import Halt
from practice import Student

ME = worlds.STUDENT.address


@pytest.fixture
def subscriber(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Student]:
    """A student to whom services write."""
    with serve(worlds.student(services=True)) as server:
        yield signed_in(server, tmp_path / "home", monkeypatch)


def services(student: Student, *words: str, expected: int = 0) -> dict[str, dict[str, object]]:
    result = student.run("linked-apps", "--json", *words)
    assert result.exit_code == expected, result.output
    return {row["id"]: row for row in json.loads(result.stdout)["services"]}


def test_what_it_finds_and_what_it_costs(subscriber: Student) -> None:
    subscriber.server.log.clear()
    found = services(subscriber, "--online")
    asked = [seen for seen in subscriber.server.log if seen.path.startswith("/gmail/v1/")]
    assert {seen.method for seen in asked} == {"GET"}
    looks = [seen for seen in asked if "/messages/" in seen.path]
    assert all("format=metadata" in seen.query for seen in looks)  # no whole mail, ever
    searches = sum(seen.path.endswith("/messages") for seen in asked)
    assert len(looks) + searches + 1 == len(asked)
    units = 20 * len(looks) + 5 * searches + 1
    assert f"for {units} units" in subscriber.run("linked-apps", "--online").stderr
    assert units <= 3_000
    expected = {"github", "orcid", "overleaf", "slack", "amazon", "rakuten", "spotify", "zoom", "mynavi", "notion"}
    assert expected <= set(found)
    assert found["notion"]["way"] == "registered"
    assert "grant" in found["notion"]["ways"]
    assert not [row for row in found.values() if row["confidence"] == "possible" and row["way"] == "google"]


def test_as_the_saved_mailbox_shows_it(subscriber: Student, tmp_path: Path) -> None:
    """Nothing that the whole mails show is missing by searches, and forged mail is in neither."""
    online = services(subscriber, "--online")
    assert subscriber.run("mail-export", tmp_path / "out", "--road", "api").exit_code == 0
    for path in (subscriber.home / "rehearsal" / "linked-apps").glob("*.json"):
        path.unlink()
    saved = services(subscriber, "--mail", str(tmp_path / "out"))
    strong = {id for id, row in saved.items() if row["way"] != "newsletter"}
    assert strong <= set(online)
    assert set(online) <= set(saved)


def test_a_saved_mail_that_is_missing_is_told(subscriber: Student, tmp_path: Path) -> None:
    assert subscriber.run("mail-export", tmp_path / "out", "--road", "api").exit_code == 0
    assert subscriber.run("linked-apps", "--mail", tmp_path / "out").exit_code == 0
    next((tmp_path / "out" / "mail").rglob("*.eml")).unlink()
    result = subscriber.run("linked-apps", "--mail", tmp_path / "out")
    assert result.exit_code == 3
    assert "could not be read" in result.stderr


def test_a_search_without_an_end(subscriber: Student, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eccs_backup.linked_apps.mail.gmail.MOST_PAGES", 1)
    monkeypatch.setattr("eccs_backup.linked_apps.mail.gmail.PAGE", 5)
    result = subscriber.run("linked-apps", "--online")
    assert result.exit_code == 3
    assert "more than 5 mails" in result.stderr


def test_budget(subscriber: Student, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the units are spent it says what was not looked at, and goes on there."""
    monkeypatch.setattr("eccs_backup.linked_apps.mail.searching.UNITS_FOR_A_SMALL_MAILBOX", 350)
    first = subscriber.run("linked-apps", "--online")
    assert first.exit_code == 3
    assert "were not looked at yet" in first.stderr
    before = 0
    for _ in range(12):
        result = subscriber.run("linked-apps", "--online", "--json")
        now = len(json.loads(result.stdout)["services"])
        assert now >= before
        before = now
        if result.exit_code == 0:
            break
    assert result.exit_code == 0, result.stderr
    monkeypatch.undo()


def test_apps_of_drive(subscriber: Student) -> None:
    assert "auth --for apps" in subscriber.run("linked-apps", "--online").stderr
    assert subscriber.run("auth", "--for", "apps", "--account", ME).exit_code == 0
    found = services(subscriber, "--online")
    authorized = [app for app in subscriber.server.world.apps[ME] if app["authorized"]]
    readers = [row for row in found.values() for each in row["evidence"] if each["reader"] == "drive-apps"]
    assert len(readers) == len({app["name"] for app in authorized})


def test_tokens_of_the_directory(subscriber: Student) -> None:
    missing = subscriber.run("linked-apps", "--tokens")
    assert missing.exit_code == 4
    assert "--for tokens" in missing.stderr
    subscriber.server.world.policy.delegated.add(TOKENS)
    key = subscriber.server.service_account_file(subscriber.home)
    admin = worlds.ADMIN.address
    made = subscriber.run("auth", "--service-account", key, "--subject", admin, "--for", "tokens")
    assert made.exit_code == 0, made.output
    found = services(subscriber, "--tokens", "--account", ME)
    assert {each["reader"] for row in found.values() for each in row["evidence"]} == {"tokens"}
    assert len(found) >= 6


def test_watch(subscriber: Student) -> None:
    services(subscriber, "--online")
    assert subscriber.run("linked-apps", "mark", "github", "moved").exit_code == 0
    assert subscriber.run("linked-apps", "watch", "--online").exit_code == 0
    for path in (subscriber.home / "rehearsal" / "linked-apps").glob("*.json"):
        kept = json.loads(path.read_text(encoding="utf-8"))
        kept["marks"]["github"]["when"] = 1_000_000_000
        path.write_text(json.dumps(kept), encoding="utf-8")
    came = subscriber.run("linked-apps", "watch", "--online")
    assert came.exit_code == 3
    assert "GitHub [github]:" in came.stdout


def test_bad_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Halt, "sleep", lambda self, seconds: self.check())
    found = []
    for rate in (0.0, 0.08):
        with serve(worlds.student(services=True), faults=Faults.random(rate=rate, seed=7)) as server:
            student = signed_in(server, tmp_path / f"home-{rate}", monkeypatch)
            found.append(set(services(student, "--online")))
            assert bool(sum(server.faults.counts.values())) == bool(rate)
    assert found[0] == found[1]


def test_not_signed_in(monkeypatch: pytest.MonkeyPatch, subscriber: Student, tmp_path: Path) -> None:
    monkeypatch.setenv("ECCS_BACKUP_HOME", str(tmp_path / "elsewhere"))
    result = subscriber.run("linked-apps", "--online", "--account", ME)
    assert result.exit_code == 4
    assert "eccs-backup auth" in result.stderr
