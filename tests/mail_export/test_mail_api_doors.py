"""Doors that are closed, accounts that are others', disks that are full: a clear sentence, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_mail import SETTINGS, check_true, clear, export, mailbox, raw_gets, rows

from conftest import signed_in
from eccs_backup.model import State
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.faults import Fault
from eccs_backup.rehearsal.mail.mailbox import Message
from eccs_backup.rehearsal.mail.plain import plain_mail
from eccs_backup.rehearsal.server import serve
from practice import Student, check_sums

ARRIVED = 1_760_000_000_000
needs_mount = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small disk takes root on Linux"
)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Student]:
    """A practice account with 60 ordinary messages."""
    with serve(plain_mail(60, 1_000)) as server:
        yield signed_in(server, tmp_path / "home", monkeypatch)


STOPS = {
    "API off": ("mail_switched_off", 8, "https://console.developers.google.com/apis/api/gmail.googleapis.com"),
    "administrator": ("domain_policy", 8, "administrator"),
    "no mailbox": ("mail_disabled", 8, "no mailbox"),
}


@pytest.mark.parametrize(("policy", "status", "words"), STOPS.values(), ids=STOPS)
def test_a_closed_door_is_explained(plain: Student, out: Path, policy: str, status: int, words: str) -> None:
    setattr(plain.server.world.policy, policy, True)
    result = plain.run("mail-export", out)
    assert result.exit_code == status, result.output
    assert words in result.stderr
    assert "owner" not in result.stderr


def test_a_permission_that_was_not_ticked(plain: Student, out: Path) -> None:
    plain.server.faults.add("/profile", Fault(403, "insufficientPermissions"))
    result = plain.run("mail-export", out)
    assert result.exit_code == 4, result.output
    assert "eccs-backup auth" in result.stderr
    assert not (out / "mail").exists()


def test_nobody_is_signed_in(plain: Student, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECCS_BACKUP_HOME", str(tmp_path / "fresh"))
    result = plain.run("mail-export", out)
    assert result.exit_code == 4
    assert not out.exists()


def stranger(student: Student, number: int = 3) -> None:
    """Mail in the other account, whose log of changes is longer."""
    box = student.server.world.mail[worlds.SECOND.address]
    for step in range(number):
        id = ARRIVED + step << 20 | 9
        box.add(Message(id, id, ARRIVED + step, b"Subject: theirs\r\n\r\n", {"INBOX"}))


@pytest.mark.parametrize("more", [[], ["--dry-run"]], ids=["export", "dry run"])
@pytest.mark.parametrize("number", [3, 300])
def test_another_account_is_refused_and_leaves_no_trace(
    plain: Student, out: Path, number: int, more: list[str]
) -> None:
    stranger(plain, number)
    export(plain, out)
    before = mailbox(plain)
    first = min(before.messages)
    before.relabel(first, add=["STARRED"])
    before.delete(max(before.messages))
    before.add(Message(7, 7, ARRIVED, b"new", {"INBOX"}))
    assert plain.run("auth", "--account", worlds.SECOND.address).exit_code == 0
    result = plain.run("mail-export", out, "--account", worlds.SECOND.address, *more)
    assert result.exit_code == 9, result.output
    assert worlds.SECOND.address in result.stderr
    assert worlds.STUDENT.address in result.stderr
    clear(plain)
    found = export(plain, out)  # the folder's own account is meant when none is named
    assert found["whole"]
    assert found["listed"] == 60 + len(SETTINGS)
    assert raw_gets(plain) == ["7"]
    check_true(plain, out)


def test_a_token_that_is_revoked_in_the_middle(tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(plain_mail(300, 1_000), latency=0.01) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        run = student.start("mail-export", out)
        while len(raw_gets(student)) < 80:
            assert run.poll() is None
        server.grants.expire_all()
        server.grants.revoke_all()
        _, errors = run.communicate(timeout=60)
        assert run.returncode == 4, errors
        assert "eccs-backup auth" in errors
        assert "Traceback" not in errors
        kept = sum(entry.state is State.SAVED for entry in rows(out).values())
        assert kept >= 70
        assert student.run("verify", out).exit_code == 0
        assert student.run("auth", "--client", server.client_file(student.home)).exit_code == 0
        clear(student)
        assert export(student, out)["whole"]
        assert len(raw_gets(student)) == 300 - kept
        check_true(student, out)
        assert check_sums(out) == 300 + len(SETTINGS)


@needs_mount
def test_a_disk_that_fills_up_keeps_what_is_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=True)
    try:
        with serve(plain_mail(100, 40_000), latency=0.1) as server:
            student = signed_in(server, tmp_path / "home", monkeypatch)
            result = student.run("mail-export", disk / "out")
            assert result.exit_code == 7, result.output
            assert "disk is full" in result.stderr
            subprocess.run(["mount", "-o", "remount,size=40m", disk], check=True)
            server.app.latency = 0.0
            assert student.run("verify", disk / "out").exit_code in (0, 3)
            kept = sum(entry.state is State.SAVED for entry in rows(disk / "out").values())
            clear(student)
            assert export(student, disk / "out")["whole"]
            assert kept > 0
            assert len(raw_gets(student)) <= 110 - kept
            check_true(student, disk / "out")
            assert check_sums(disk / "out") == 100 + len(SETTINGS)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_verify_online_names_new_mail(plain: Student, out: Path) -> None:
    export(plain, out)
    result = plain.run("verify", out, "--online")
    assert result.exit_code == 0
    clear(plain)
    mailbox(plain).add(Message(7, 7, ARRIVED, b"new", {"INBOX"}))
    result = plain.run("verify", out, "--online")
    assert result.exit_code == 3
    assert "not saved yet: 7.eml" in result.stdout
    assert raw_gets(plain) == []
    assert export(plain, out)["whole"]
    assert plain.run("verify", out, "--online").exit_code == 0


def test_a_damaged_message_is_found_and_fetched_again(plain: Student, out: Path) -> None:
    export(plain, out)
    first, second, third = sorted(rows(out))[:3]
    damaged = [out / str(rows(out)[id].path) for id in (first, second, third)]
    whole = [path.read_bytes() for path in damaged]
    damaged[0].write_bytes(whole[0][:-1] + b"?")  # of the same size
    damaged[1].write_bytes(whole[1][:-1])
    damaged[2].unlink()
    result = plain.run("verify", out)
    assert result.exit_code == 5
    assert all(path.name in result.stdout for path in damaged)
    clear(plain)
    assert export(plain, out)["whole"]
    assert sorted(raw_gets(plain)) == [first, second, third]
    assert [path.read_bytes() for path in damaged] == whole
    assert plain.run("verify", out).exit_code == 0
