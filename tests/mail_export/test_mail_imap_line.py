"""One IMAP connection, many of them together, and the way there through a proxy."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from imap_mail import by_api, check_true, having, imap, permit, run

from conftest import signed_in
from eccs_backup.errors import BlockedByAdministrator, SignInNeeded, Transient
from eccs_backup.http import Wire
from eccs_backup.rehearsal.identity.grants import Grants
from eccs_backup.rehearsal.mail.imap import Imap, serve_imap
from eccs_backup.rehearsal.mail.imap.limits import MAIL_SCOPE
from eccs_backup.rehearsal.mail.plain import plain_mail
from eccs_backup.rehearsal.server import serve
from eccs_backup.rehearsal.world import STUDENT
from eccs_backup.sources.gmail import crossroads, imap_line
from eccs_backup.sources.gmail.imap_line import DaySpent, Line, Lines, NotFetched, Place, TooMany
from test_tunnel import Passing


class Fixed:
    """Tokens that were handed out by hand; `renewed` counts."""

    def __init__(self, *given: str) -> None:
        self.given, self.renewed = list(given), 0

    def current(self) -> str:
        return self.given[0]

    def renew(self, stale: str) -> str:
        self.renewed += 1
        return self.given[min(self.renewed, len(self.given) - 1)]


@pytest.fixture
def service() -> Iterator[Imap]:
    with serve_imap(plain_mail(30, 1_000), Grants()) as found:
        yield found


def dial(service: Imap, *given: str) -> Line:
    """A connection, signed in with a good token unless others are given."""
    tokens = given or (service.grants.new_access(STUDENT.address, [MAIL_SCOPE]),)
    return Line(Wire(), Place(service.host, service.port, service.ca), STUDENT.address, Fixed(*tokens))


@pytest.mark.parametrize(("language", "name"), [("ja", "[Gmail]/すべてのメール"), ("en", "[Gmail]/All Mail")])
def test_folders_by_what_they_are_for(service: Imap, language: str, name: str) -> None:
    service.language = language
    found = dial(service).folders()
    assert found[0] == (name, None)
    assert [folder.label for folder in found] == [None, "SPAM", "TRASH"]


def test_tokens_are_renewed_once(service: Imap) -> None:
    good = service.grants.new_access(STUDENT.address, [MAIL_SCOPE])
    dial(service, "ended", good)
    with pytest.raises(SignInNeeded, match="sign-in"):
        dial(service, "ended", "ended", good)
    assert service.log.refusals["credentials"] == 3


def test_refusals_by_their_words(service: Imap) -> None:
    service.limits.enabled = False
    with pytest.raises(BlockedByAdministrator):
        dial(service)
    service.limits.enabled, service.limits.connections = True, 0
    with pytest.raises(TooMany):
        dial(service)
    service.limits.connections, service.limits.bytes_per_day = 5, -1
    with pytest.raises(DaySpent):
        dial(service)


def test_the_days_bytes_end_at_any_command(service: Imap) -> None:
    line = dial(service)
    folder = line.folders()[0].name
    service.limits.bytes_per_day = 1
    with pytest.raises(DaySpent):
        list(line.fetch(folder, ["1:*"], "UID"))


def test_what_is_refused_does_not_spoil_the_line(service: Imap) -> None:
    line = dial(service)
    folder = line.folders()[0].name
    ids = sorted(service.world.mail[STUDENT.address].messages)
    service.faults.refuse = {ids[3]}
    found = []
    answers = line.fetch(folder, ["1:10", "11:*"], "UID X-GM-MSGID BODY.PEEK[]")
    with pytest.raises(NotFetched):
        found.extend(each.number(b"X-GM-MSGID") for each in answers)
    held = {each.number(b"X-GM-MSGID") for each in line.fetch(folder, ["1:*"], "UID X-GM-MSGID")}
    assert set(found) == held - {ids[3]}
    assert service.log.commands["EXAMINE"] == 1
    assert not service.log.commands["SELECT"]


def test_a_server_that_falls_silent(service: Imap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_line, "TIMEOUT", (1, 0.2))
    line = dial(service)
    service.latency = 3.0
    with pytest.raises(Transient, match="broke"):
        line.folders()


def test_a_folder_that_is_gone(service: Imap) -> None:
    with pytest.raises(Transient, match="refused"):
        list(dial(service).fetch("nowhere", ["1:*"], "UID"))


def together(count: int, work: Callable[[], None]) -> None:
    """Do it in many threads at once; raises what one of them met with."""
    met: list[BaseException] = []

    def safely() -> None:
        try:
            work()
        except Transient as error:
            met.append(error)

    threads = [threading.Thread(target=safely, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    if met:
        raise met[0]


@pytest.mark.parametrize(("allowed", "most", "used"), [(15, 3, 3), (2, 5, 2), (1, 5, 1)])
def test_lines_are_shared(service: Imap, allowed: int, most: int, used: int) -> None:
    service.limits.connections = allowed
    lines = Lines(lambda: dial(service), most)

    def work() -> None:
        for _ in range(6):
            with lines.one() as line:
                assert len(line.folders()) == 3
                time.sleep(0.01)

    together(8, work)
    assert service.log.signed_in[STUDENT.address] == used
    assert service.log.commands["LIST"] == 48


def test_a_line_that_met_with_trouble_is_replaced(service: Imap) -> None:
    lines = Lines(lambda: dial(service), 1)
    for _ in range(3):
        with pytest.raises(Transient), lines.one() as line:
            list(line.fetch("nowhere", ["1:*"], "UID"))
    with lines.one() as line:
        line.folders()
    assert service.log.commands["AUTHENTICATE"] == 4


def test_nobody_waits_for_lines_that_there_cannot_be(service: Imap) -> None:
    service.limits.connections = 0
    lines = Lines(lambda: dial(service), 3)

    def work() -> None:
        with lines.one():
            pass

    with pytest.raises(TooMany):
        together(6, work)


def test_through_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with having(tmp_path / "home", monkeypatch, 30) as student, Passing().running() as address:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{address}")
        assert run(student, tmp_path / "out").exit_code == 0
        check_true(student, tmp_path / "out")
        assert by_api(student) == 0


def test_a_proxy_that_lets_only_the_web_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crossroads, "WORTH_IT", 0.0)
    with (
        having(tmp_path / "home", monkeypatch, 30) as student,
        Passing(refusal="403 Forbidden").running() as address,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{address}")
        result = run(student, tmp_path / "out")
        assert result.exit_code == 3
        assert f"The proxy did not connect to 127.0.0.1:{imap(student).port} (it does not allow that)" in result.stderr
        result = run(student, tmp_path / "out", road="auto")
        assert result.exit_code == 0
        assert "The quicker road is closed: The proxy did not connect" in result.stderr
        check_true(student, tmp_path / "out")


def test_interrupted_while_imap_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(plain_mail(30, 1_000)) as server:
        student = permit(signed_in(server, tmp_path / "home", monkeypatch))
        imap(student).latency = 60.0
        run_ = student.start("mail-export", tmp_path / "out", "--road", "imap")
        with run_:
            while not imap(student).log.connections and run_.poll() is None:
                time.sleep(0.01)
            run_.send_signal(signal.SIGINT)
            began = time.monotonic()
            assert run_.wait(20) == 130
            assert time.monotonic() - began < 3
