"""kill -9 and Ctrl-C at any moment of a restore: afterwards each message is there once."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest
from restoring import PRIVATE, hashes, private, ready, restore, sent

from conftest import signed_in
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.server import serve
from eccs_backup.restore.run import GRACE

COUNT = 300
KILLS = 10


@pytest.mark.timeout(300)
def test_ten_kills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kill comes while messages are on their way; none is lost and none arrives twice."""
    moments, out = random.Random(10), tmp_path / "out"
    with serve(worlds.plain_mail(COUNT, 1200)) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        ready(student, out)
        server.app.latency = 0.1
        for number in range(KILLS):
            before = len(private(student).messages)
            run = student.start("mail-restore", out, "--account", PRIVATE, "--yes")
            while len(private(student).messages) == before:  # until the first of this run's messages is there
                assert run.poll() is None, run.communicate()
                time.sleep(0.01)
            time.sleep(moments.uniform(0.0, 0.2 if number else 0.1))
            run.kill()
            assert run.wait() == -9, "the restore ended before its last kill: make it longer"
            run.communicate()
        assert 0 < len(private(student).messages) < COUNT
        server.app.latency = 0.0
        found = restore(student, out)
        assert found["restored"] + found["already_there"] == COUNT
        assert hashes(private(student)) == hashes(server.world.mail[worlds.STUDENT.address])
        assert restore(student, out)["already_there"] == COUNT
        print(f"{KILLS} kills, {sent(student)} requests for {COUNT} messages; {GRACE} s of waiting after each")


def test_ctrl_c_ends_soon_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    with serve(worlds.plain_mail(COUNT, 1200)) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        ready(student, out)
        server.app.latency = 0.1
        run = student.start("mail-restore", out, "--account", PRIVATE, "--yes")
        while len(private(student).messages) < 20:
            assert run.poll() is None
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=20)
        assert run.returncode == 130, errors
        assert "Traceback" not in errors
        server.app.latency = 0.0
        restore(student, out)
        assert hashes(private(student)) == hashes(server.world.mail[worlds.STUDENT.address])
