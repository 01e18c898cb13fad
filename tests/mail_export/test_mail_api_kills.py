"""kill -9 at random moments of one mail export, then an export to the end; and mail that comes and goes meanwhile."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from api_mail import GET, RAW, SETTINGS, calls, check_true, clear, export, mailbox, raw_gets, rows

from conftest import signed_in
from eccs_backup.model import Kind, State
from eccs_backup.rehearsal.faults import Fault, Faults
from eccs_backup.rehearsal.mail.mailbox import Message
from eccs_backup.rehearsal.mail.plain import plain_mail
from eccs_backup.rehearsal.server import serve
from practice import check_sums

KILLS = 10
COUNT = 400
ARRIVED = 1_790_000_000_000


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def letter(number: int) -> Message:
    id = ARRIVED + number << 20 | 7
    return Message(id, id, ARRIVED + number, b"Subject: new\r\n\r\n%d\r\n" % number, {"INBOX", "UNREAD"})


@pytest.mark.timeout(300)
def test_ten_kills(tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill costs the messages under way, and those whose rows waited for the next commit."""
    moments = random.Random(10)
    with serve(plain_mail(COUNT, 2_000), latency=0.1) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        clear(student)
        for _ in range(KILLS):
            before = len(raw_gets(student))
            run = student.start("mail-export", out, "--road", "api")
            while len(raw_gets(student)) == before:
                assert run.poll() is None
                time.sleep(0.005)
            time.sleep(moments.uniform(0.0, 0.5))
            run.send_signal(signal.SIGKILL)
            assert run.wait() == -9
            run.communicate()
        server.app.latency = 0.005
        assert export(student, out)["whole"]
        again = calls(student) - COUNT
        print(f"{KILLS} kills, {again} of {calls(student)} messages fetched for the second time")
        assert again <= KILLS * (10 + 40)  # ten under way, and 0.25 s of a hundred messages a second, with room
        assert set(Counter(raw_gets(student))) == {one.hex for one in mailbox(student).messages.values()}
        assert student.run("verify", out, "--online").exit_code == 0
        check_true(student, out)
    assert check_sums(out) == COUNT + len(SETTINGS)
    assert not list((out / ".eccs-backup/partial").iterdir())


def test_kills_while_everything_changes(tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while the log of changes is forgotten: afterwards every label is right."""
    chance = random.Random(3)
    with serve(plain_mail(120, 1_000), latency=0.02) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        export(student, out)
        box = mailbox(student)
        for turn in range(6):
            for id in chance.sample(sorted(box.messages), 30):
                box.relabel(id, add=[f"Label_{1 + turn % 5}"], remove=["INBOX"])
            box.add(letter(turn))
            if turn % 2:
                box.forget_history()
            server.log.clear()
            run = student.start("mail-export", out, "--road", "api")
            while len(server.log) < 3:
                assert run.poll() is None
                time.sleep(0.005)
            time.sleep(chance.uniform(0.0, 0.5))
            run.kill()
            run.communicate()
        clear(student)
        assert export(student, out)["whole"]
        check_true(student, out)
        assert calls(student, GET) <= 6


def test_mail_that_comes_while_it_is_listed(tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes between two pages is found by the log of changes, in the same run."""
    slow = {r"/messages\?.*pageToken": [Fault(pause=0.3)]}
    with serve(plain_mail(600, 900), faults=Faults(slow)) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        box = mailbox(student)
        oldest = min(box.messages)

        def meanwhile() -> None:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                if any(seen.path.endswith("/messages") for seen in server.log):
                    box.add(letter(1))
                    box.add(letter(2))
                    box.delete(letter(2).id)
                    box.delete(oldest)
                    return
                time.sleep(0.01)

        thread = threading.Thread(target=meanwhile)
        thread.start()
        found = export(student, out)
        thread.join()
        assert found["whole"]
        assert found["listed"] == 600 + len(SETTINGS)
        assert not found["explained"]
        check_true(student, out)
        assert len(rows(out)) == 600


def test_mail_that_comes_and_goes_while_it_is_fetched(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = {RAW: [*[None] * 20, Fault(pause=0.3)]}
    with serve(plain_mail(200, 900), faults=Faults(slow), latency=0.01) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        box = mailbox(student)
        gone = max(box.messages)  # messages are fetched by id: this one is the last

        def meanwhile() -> None:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                if len(raw_gets(student)) > 10:
                    box.add(letter(1))
                    box.relabel(min(box.messages), add=["STARRED"], remove=["INBOX"])
                    box.delete(gone)
                    return
                time.sleep(0.005)

        thread = threading.Thread(target=meanwhile)
        thread.start()
        result = student.run("mail-export", out, "--road", "api")
        thread.join()
        assert result.exit_code == 0, result.output
        entry = rows(out)[f"{gone:x}"]
        assert (entry.state, entry.kind) == (State.EXPLAINED, Kind.GONE)
        assert "Gmail counts" in result.stdout
        assert " of STARRED; " in result.stdout
        clear(student)
        found = export(student, out)
        assert raw_gets(student) == [letter(1).hex]
        assert found["whole"]
        assert not found["explained"]
        check_true(student, out)
        assert all(each["gmail"] == each["here"] for each in found["labels"])
        assert {each["label"] for each in found["labels"]} == {
            "all messages",
            *(one.name for one in box.labels.values()),
        }
