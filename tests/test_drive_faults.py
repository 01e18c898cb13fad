"""A bad day: one request in twenty goes wrong, in every way that is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import signed_in
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.faults import Fault, Faults
from eccs_backup.rehearsal.server import serve
from practice import Student, check_sums

MEDIA = r"/files/1Thesis\?.*alt=media"
WAIT = {"Retry-After": "0"}
ONE_FILE = {
    "user rate": Fault(403, "userRateLimitExceeded"),
    "rate": Fault(403, "rateLimitExceeded"),
    "too many": Fault(429, "rateLimitExceeded", WAIT),
    "500": Fault(500),
    "503": Fault(503),
    "cut": Fault(cut_after=1000),
    "garbled": Fault(garble=True),
    "changed": Fault(change=True),
    "token ended": Fault(expire=True),
}


def bytes_of(student: Student, id: str) -> bytes:
    content = student.server.world.files[id].content
    assert content is not None
    return b"".join(bytes(piece) for piece in content.read(0, content.size))


@pytest.mark.parametrize("fault", ONE_FILE.values(), ids=ONE_FILE)
def test_a_file_comes_through(fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(worlds.student(), faults=Faults({MEDIA: [fault]})) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        result = student.run("drive-export", tmp_path / "out", "--include", "卒業論文.pdf", "--json")
        assert result.exit_code == 0, result.stderr
        assert [path.read_bytes() for path in (tmp_path / "out/drive").rglob("*.pdf")] == [bytes_of(student, "1Thesis")]
        assert server.faults is not None
        assert sum(server.faults.counts.values()) == 1


def test_a_bad_day_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, out = worlds.plain(600, 1_000, 200_000, seed=11), tmp_path / "out"
    faults = Faults.random(rate=0.05, seed=8)
    with serve(world, faults=faults) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        result = student.run("drive-export", out, "--json")
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout)["proofs"] == {"digest": 600}
        assert student.run("verify", out).exit_code == 0
        assert check_sums(out) == 600
        retried = {name.split(" ")[0] for name in faults.counts}
        assert {"403", "429", "500", "503", "401", "cut", "garbled", "changed"} <= retried
        faults.counts.clear()
        server.app.faults = Faults()
        assert student.run("drive-export", out).exit_code == 0  # a file that changed after it was fetched
        assert student.run("verify", out, "--online").exit_code == 0


def test_the_nasty_account_on_a_bad_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    with serve(worlds.student(), faults=Faults.random(rate=0.05, seed=5)) as server:
        server.next_day()
        student = signed_in(server, tmp_path / "home", monkeypatch)
        result = student.run("drive-export", out, "--trash", "--shared-with-me", "--json")
        assert result.exit_code == 0, result.stdout + result.stderr
        assert json.loads(result.stdout)["failed"] == 0
        assert student.run("verify", out).exit_code == 0
        assert check_sums(out)
        assert server.leaks == []


LISTING = {
    "a page fails": {r"/drive/v3/files\?": [None, Fault(500), Fault(503)]},
    "a page is cut": {r"/drive/v3/files\?": [None, Fault(cut_after=500, chunked=True)]},
    "a page is cut, with a length": {r"/drive/v3/files\?": [None, Fault(cut_after=500)]},
    "the start token fails": {r"startPageToken": [Fault(500)]},
    "the token ends in the middle": {r"/drive/v3/files\?": [None, Fault(expire=True)]},
    "the drives fail": {r"/drive/v3/drives\?": [Fault(429, "rateLimitExceeded", WAIT)]},
    "about fails": {r"/drive/v3/about": [Fault(403, "userRateLimitExceeded", WAIT)]},
}


@pytest.mark.parametrize("script", LISTING.values(), ids=LISTING)
def test_a_listing_comes_through(
    script: dict[str, list[Fault | None]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(worlds.student(), faults=Faults(script)) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        result = student.run("drive-export", tmp_path / "out", "--dry-run", "--json", "--trash", "--shared-with-me")
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout)["listed"] == 168
        assert server.faults is not None
        assert server.faults.counts


def test_a_token_that_is_revoked_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    with serve(worlds.plain(300, 1_000, 2_000, seed=1), latency=0.01) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        run = student.start("drive-export", out)
        while sum("alt=media" in seen.query for seen in server.log) < 50:
            assert run.poll() is None
        server.grants.expire_all()
        server.grants.revoke_all()
        _, errors = run.communicate(timeout=60)
        assert run.returncode == 4, errors
        assert "eccs-backup auth" in errors
        assert student.run("auth", "--client", server.client_file(student.home)).exit_code == 0
        server.log.clear()
        assert student.run("drive-export", out).exit_code == 0
        assert sum("alt=media" in seen.query for seen in server.log) <= 250
        assert check_sums(out) == 300


STOPS = {
    "API off": ("drive_disabled", 8, "https://console"),
    "administrator": ("domain_policy", 8, "administrator"),
}


@pytest.mark.parametrize(("policy", "status", "words"), STOPS.values(), ids=STOPS)
def test_a_closed_door_is_explained(student: Student, tmp_path: Path, policy: str, status: int, words: str) -> None:
    setattr(student.server.world.policy, policy, True)
    result = student.run("drive-export", tmp_path / "out")
    assert result.exit_code == status
    assert words in result.stderr


def test_another_account_is_refused(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert student.run("drive-export", out, "--include", "卒業論文.pdf").exit_code == 0
    assert student.run("auth", "--account", worlds.SECOND.address).exit_code == 0
    result = student.run("drive-export", out, "--account", worlds.SECOND.address)
    assert result.exit_code == 9
    assert worlds.SECOND.address in result.stderr
    assert student.run("drive-export", tmp_path / "second").exit_code == 0
    again = student.run("drive-export", out, "--include", "卒業論文.pdf")
    assert again.exit_code == 0, "the folder's own account is meant when none is named"
    assert student.server.world.person.address in again.output


def test_two_runs_at_once(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    student.server.app.latency = 0.05
    first = student.start("drive-export", out)
    while not (out / ".eccs-backup/manifest.sqlite").exists():
        assert first.poll() is None
    second = student.run("drive-export", out)
    assert second.exit_code == 6
    assert "another run" in second.stderr.lower()
    first.communicate(timeout=60)
    assert first.returncode == 3  # one file is handed out too often today


def test_nobody_is_signed_in(tmp_path: Path, student: Student, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECCS_BACKUP_HOME", str(tmp_path / "fresh"))
    result = student.run("drive-export", tmp_path / "out")
    assert result.exit_code == 4
    assert "eccs-backup auth" in result.stderr
    assert not (tmp_path / "out/drive").exists()
