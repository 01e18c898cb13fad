"""IMAP at its worst: lines that break, messages that do not come, a server that is gone; all is there in the end."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import pytest
from imap_mail import SETTINGS, by_api, by_imap, check_true, export, having, imap, mailbox, rows, run

from eccs_backup.model import State
from eccs_backup.rehearsal.mail.imap import ImapLimits, ImapLog


@pytest.mark.parametrize("seed", range(4))
def test_lines_that_break_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    dice = random.Random(seed)
    with having(tmp_path / "home", monkeypatch, 300, 4_000) as student:
        imap(student).chatty, imap(student).seed = True, seed
        imap(student).faults.cut_after_bytes = [dice.randrange(1, 120_000) for _ in range(12)]
        export(student, tmp_path / "out")
        assert imap(student).log.refusals["cut"] >= 5
        check_true(student, tmp_path / "out")
        assert by_api(student) + by_imap(student) >= 300
        assert by_api(student) < 30


def test_what_imap_does_not_give_rightly_comes_by_the_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with having(tmp_path / "home", monkeypatch, 200) as student:
        ids = sorted(mailbox(student).messages)
        faults = imap(student).faults
        faults.vanish, faults.wrong_size, faults.refuse = set(ids[::9]), set(ids[4::13]), set(ids[7::11])
        doubtful = faults.vanish | faults.wrong_size | faults.refuse
        export(student, tmp_path / "out")
        check_true(student, tmp_path / "out")
        assert by_api(student) == len(doubtful)
        assert by_imap(student) == 200 - len(faults.vanish | faults.refuse)


def test_a_message_at_which_every_line_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with having(tmp_path / "home", monkeypatch, 30) as student:
        imap(student).faults.cut_after_bytes = [1] * 3
        result = run(student, tmp_path / "out")
        assert result.exit_code == 0, result.output
        check_true(student, tmp_path / "out")
        assert 1 <= by_api(student) <= 3
        assert by_imap(student) >= 27


def test_lines_that_always_break(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with having(tmp_path / "home", monkeypatch, 60) as student:
        imap(student).faults.cut_after_bytes = [1] * 1000
        result = run(student, tmp_path / "out")
        assert result.exit_code == 0, result.output
        assert result.stderr.count("the API goes on, more slowly") == 1
        assert by_api(student) == 60
        check_true(student, tmp_path / "out")


@pytest.mark.parametrize("commands", [5, 6, 9])
def test_a_server_that_says_goodbye(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commands: int) -> None:
    with having(tmp_path / "home", monkeypatch, 150) as student:
        imap(student).limits.fail_after = commands
        export(student, tmp_path / "out")
        check_true(student, tmp_path / "out")
        assert by_api(student) < 150


@dataclass
class GoneAfterACut:
    """The rules of a service that lets nobody in any more once a line was cut."""

    log: ImapLog
    rules: ImapLimits

    def __getattr__(self, name: str) -> object:
        return getattr(self.rules, name)

    @property
    def fail_after(self) -> int | None:
        """After how many commands the service says goodbye."""
        return 1 if self.log.refusals["cut"] else None


def test_a_server_that_goes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It tells where the messages lie, and sends some of them."""
    with having(tmp_path / "home", monkeypatch, 400) as student:
        service = imap(student)
        service.faults.cut_after_bytes = [200_000]
        service.limits = GoneAfterACut(service.log, service.limits)  # type: ignore[assignment]
        result = run(student, tmp_path / "out")
        assert result.exit_code == 0, result.output
        assert "the API goes on, more slowly" in result.stderr
        check_true(student, tmp_path / "out")
        assert by_imap(student) > 30
        assert by_api(student) > 200


def test_a_message_that_no_road_brings_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with having(tmp_path / "home", monkeypatch, 40) as student:
        bad = sorted(mailbox(student).messages)[17]
        mailbox(student).messages[bad].trouble = "refused"
        imap(student).faults.wrong_size = {bad}
        found = export(student, tmp_path / "out", expected=3)
        assert found["saved"] == 39 + SETTINGS
        assert by_imap(student) == 40  # what was in doubt once is not asked of it again
        assert rows(tmp_path / "out")[f"{bad:x}"].state is State.FAILED
        check_true(student, tmp_path / "out", but=(f"{bad:x}",))
        imap(student).faults.wrong_size = set()
        export(student, tmp_path / "out")
        check_true(student, tmp_path / "out")


def test_fewer_connections_than_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with having(tmp_path / "home", monkeypatch, 3_000, 1_000) as student:
        imap(student).limits.connections = 2
        imap(student).latency = 0.02
        result = run(student, tmp_path / "out")
        assert result.exit_code == 0, result.output
        assert imap(student).log.refusals["too_many"] >= 1
        assert by_api(student) == 0
        assert by_imap(student) == 3_000
