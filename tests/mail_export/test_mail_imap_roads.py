"""Which road is taken, why, and what is said when the quick one is closed or used up."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from imap_mail import by_api, by_imap, check_true, export, having, imap, run

from conftest import signed_in
from eccs_backup import vault
from eccs_backup.accounts import tokens
from eccs_backup.catalogue import ManifestCatalogue
from eccs_backup.rehearsal.mail.imap import Imap, certificate
from eccs_backup.rehearsal.mail.imap.limits import DOMAIN_DISABLED, NOT_ENABLED
from eccs_backup.rehearsal.mail.plain import plain_mail
from eccs_backup.rehearsal.server import serve
from eccs_backup.rehearsal.world import STUDENT
from eccs_backup.sources.gmail import crossroads, imap_road


@pytest.fixture
def _worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few messages there are, IMAP is thought of."""
    monkeypatch.setattr(crossroads, "WORTH_IT", 0.0)


def spent(out: Path) -> int:
    """The bytes that the vault remembers as spent."""
    with vault.reading(out) as place:
        row = ManifestCatalogue(place.manifest, "mail").get(imap_road.SPENT, "day")
    assert row
    return int(str(row.description["bytes"]))


def test_few_messages_go_by_the_api_without_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with having(tmp_path / "home", monkeypatch, 20) as student:
        result = run(student, tmp_path / "out", road="auto")
        assert result.exit_code == 0
        assert "IMAP" not in result.stderr
        assert not imap(student).log.commands


@pytest.mark.usefixtures("_worth_it")
def test_many_messages_go_by_imap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with having(tmp_path / "home", monkeypatch, 20) as student:
        result = run(student, tmp_path / "out", road="auto")
        assert result.exit_code == 0
        assert "by IMAP" in result.stderr
        assert by_imap(student) == 20


@pytest.mark.usefixtures("_worth_it")
def test_without_the_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(plain_mail(20, 1_000)) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        result = run(student, tmp_path / "out", road="auto")
        assert result.exit_code == 0
        assert f"IMAP is quicker, if you allow it: eccs-backup auth --for imap --account {STUDENT.address}" in (
            result.stderr
        )
        result = run(student, tmp_path / "other", road="imap")
        assert result.exit_code == 4
        assert "eccs-backup auth --for imap" in result.stderr
        assert not imap(student).log.commands


@pytest.mark.usefixtures("_worth_it")
@pytest.mark.parametrize("words", [NOT_ENABLED, DOMAIN_DISABLED])
def test_closed_by_the_administrator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    with having(tmp_path / "home", monkeypatch, 20) as student:
        imap(student).limits.enabled, imap(student).limits.disabled = False, words
        result = run(student, tmp_path / "out", road="imap")
        assert result.exit_code == 8
        assert "does not allow IMAP" in result.stderr
        assert "--road api" in result.stderr
        result = run(student, tmp_path / "out", road="auto")
        assert result.exit_code == 0
        assert "The quicker road is closed" in result.stderr
        assert by_api(student) == 20
        check_true(student, tmp_path / "out")


@pytest.mark.usefixtures("_worth_it")
def test_a_token_that_is_good_for_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with having(tmp_path / "home", monkeypatch, 20) as student:
        imap(student).limits.scope_needed = "https://mail.example/other"
        result = run(student, tmp_path / "out", road="imap")
        assert result.exit_code == 4
        assert "eccs-backup auth --for imap" in result.stderr
        assert run(student, tmp_path / "out", road="auto").exit_code == 0
        check_true(student, tmp_path / "out")


@pytest.mark.usefixtures("_worth_it")
def test_too_many_other_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with having(tmp_path / "home", monkeypatch, 20) as student:
        imap(student).limits.connections = 0
        result = run(student, tmp_path / "out", road="imap")
        assert result.exit_code == 3
        assert "too many programs" in result.stderr
        assert run(student, tmp_path / "out", road="auto").exit_code == 0
        check_true(student, tmp_path / "out")


def _other_certificate(service: Imap) -> None:
    service.identity = certificate.make()


def _nobody_there(service: Imap) -> None:
    service.port = 9


def _goodbye(service: Imap) -> None:
    service.limits.fail_after = 2


@pytest.mark.usefixtures("_worth_it")
@pytest.mark.parametrize(
    ("trouble", "words"),
    [(_other_certificate, "REQUESTS_CA_BUNDLE"), (_nobody_there, "No connection to 127.0.0.1:9"), (_goodbye, "IMAP")],
)
def test_no_way_to_imap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Callable[[Imap], None], words: str
) -> None:
    with having(tmp_path / "home", monkeypatch, 20) as student:
        trouble(imap(student))
        result = run(student, tmp_path / "out", road="imap")
        assert result.exit_code == 3
        assert words in result.stderr
        result = run(student, tmp_path / "out", road="auto")
        assert result.exit_code == 0
        assert "The quicker road is closed" in result.stderr
        assert words in result.stderr
        check_true(student, tmp_path / "out")


def test_an_access_token_that_ended_is_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with having(tmp_path / "home", monkeypatch, 20) as student:
        student.server.grants.expire_all()
        export(student, tmp_path / "out")
        assert by_imap(student) == 20
        assert imap(student).log.refusals["credentials"] == 1


def test_a_permission_that_was_withdrawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with having(tmp_path / "home", monkeypatch, 20) as student:
        known = tokens.load("google", STUDENT.address, "imap")
        assert known
        student.server.grants.refreshes.pop(known.credentials["refresh_token"])
        student.server.grants.expire(known.credentials["token"])
        result = run(student, tmp_path / "out", road="imap")
        assert result.exit_code == 4
        assert "eccs-backup auth --for imap" in result.stderr
        student.server.grants.revoke_all()
        assert run(student, tmp_path / "out", road="auto").exit_code == 4


@pytest.mark.usefixtures("_worth_it")
def test_the_days_bytes_end_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with having(tmp_path / "home", monkeypatch, 300, 4_000) as student:
        imap(student).limits.bytes_per_day = 400_000
        result = run(student, tmp_path / "out", "--without-label", "SENT")
        assert result.exit_code == 0, result.output
        assert result.stderr.count("gives no more mail today") == 1
        assert 20 < by_imap(student) < 120
        assert spent(tmp_path / "out") == imap_road.BYTES_A_DAY
        student.server.reset()
        result = run(student, tmp_path / "out", road="auto")
        assert result.exit_code == 0, result.output
        assert "tomorrow it is quick again" in result.stderr
        assert not imap(student).log.commands
        assert by_api(student) == 60
        check_true(student, tmp_path / "out")


@pytest.mark.usefixtures("_worth_it")
@pytest.mark.parametrize("road", ["imap", "auto"])
def test_the_days_bytes_are_spent_already(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, road: str) -> None:
    with having(tmp_path / "home", monkeypatch, 30) as student:
        imap(student).limits.bytes_per_day = -1
        result = run(student, tmp_path / "out", "--without-label", "SENT", road=road)
        assert result.exit_code == 0, result.output
        assert "tomorrow it is quick again" in result.stderr
        assert spent(tmp_path / "out") == imap_road.BYTES_A_DAY
        student.server.reset()
        assert run(student, tmp_path / "out", road=road).exit_code == 0
        assert not imap(student).log.commands
        check_true(student, tmp_path / "out")


def test_our_own_budget_is_kept_before_gmail_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with having(tmp_path / "home", monkeypatch, 300, 4_000) as student:
        monkeypatch.setattr(imap_road, "BYTES_A_DAY", 500_000)
        monkeypatch.setattr(imap_road, "BUNDLE_BYTES", 100_000)
        result = run(student, tmp_path / "out")
        assert result.exit_code == 0, result.output
        assert "more than today's share" in result.stderr
        assert result.stderr.count("gives no more mail today") == 1
        assert 60 <= by_imap(student) <= 125
        check_true(student, tmp_path / "out")


def test_tomorrow_there_are_bytes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with having(tmp_path / "home", monkeypatch, 60) as student:
        imap(student).limits.bytes_per_day = -1
        assert run(student, tmp_path / "out", "--without-label", "SENT").exit_code == 0
        imap(student).limits.bytes_per_day = 1_000_000
        student.server.reset()
        later = time.time() + 24 * 3600 + 1
        monkeypatch.setattr(imap_road.Budget.__init__, "__defaults__", (lambda: later,))
        export(student, tmp_path / "out")
        assert by_imap(student) == 12
        assert 0 < spent(tmp_path / "out") < 200_000


def test_blocked_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The administrator closes IMAP after the folders were looked at: what is left comes by the API."""
    with having(tmp_path / "home", monkeypatch, 300, 4_000) as student:
        imap(student).faults.cut_after_bytes = [300_000]
        look = imap_road.ImapRoad.look

        def looked(self: imap_road.ImapRoad, *more: object) -> None:
            look(self, *more)  # type: ignore[arg-type]
            imap(student).limits.enabled = False

        monkeypatch.setattr(imap_road.ImapRoad, "look", looked)
        result = run(student, tmp_path / "out")
        assert result.exit_code == 0, result.output
        assert "does not allow IMAP" in result.stderr
        assert by_api(student) > 100
        check_true(student, tmp_path / "out")
