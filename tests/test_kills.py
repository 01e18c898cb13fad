"""kill -9 at random moments of one export, then an export to the end."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from conftest import signed_in
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.server import serve
from eccs_backup.sources.google_drive import GoogleDrive
from practice import check_sums

KILLS = 50
CONNECTIONS = GoogleDrive.pace.workers + GoogleDrive.pace.lanes


@pytest.mark.timeout(300)
def test_fifty_kills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No kill costs a connection more than the one range that it was reading."""
    moments, out = random.Random(50), tmp_path / "out"
    world = worlds.plain(1_200, 20_000, 900_000, seed=3)
    big = next(file for file in worlds.large(200 << 20).files.values() if file.content is not None)
    big.parent = next(file.parent for file in world.files.values() if file.content is not None)
    big.owner = world.person.address
    world.put(big)
    with serve(world, latency=0.03, rate=1_000_000) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        server.log.clear()
        for _ in range(KILLS):
            run = student.start("drive-export", out)
            time.sleep(moments.uniform(0.3, 1.8))
            run.kill()
            assert run.wait() == -9, "the export ended before its last kill: make the world larger"
            run.communicate()
        server.app.rate = None
        assert student.run("drive-export", out).exit_code == 0
        asked = Counter((seen.path, _range(seen.range)) for seen in server.log if "alt=media" in seen.query)
        again = sum(asked.values()) - len(asked)
        print(f"{KILLS} kills, {sum(asked.values())} downloads or ranges begun, {again} of them for the second time")
        assert again <= KILLS * CONNECTIONS
        assert again / sum(asked.values()) < 0.5, "it is more than the kills explain"
        assert student.run("verify", out, "--online").exit_code == 0
    files = [file for file in world.files.values() if file.content is not None]
    assert check_sums(out) == len(files)
    assert not list((out / ".eccs-backup/partial").iterdir())


def _range(header: str) -> str:
    """The range of a large file by its end; a small file counts as one, wherever it was resumed."""
    return header.partition("-")[2]


def test_ctrl_c_ends_soon_and_keeps_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    with serve(worlds.plain(300, 20_000, 50_000, seed=4), latency=0.05, rate=100_000) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        run = student.start("drive-export", out)
        while sum("alt=media" in seen.query for seen in server.log) < 30:
            assert run.poll() is None
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=20)
        assert run.returncode == 130, errors
        assert "Run the same command again" in errors
        assert "Traceback" not in errors
        assert student.run("status", out).exit_code == 3
        assert student.run("verify", out).exit_code == 0
        server.app.rate = None
        server.log.clear()
        assert student.run("drive-export", out).exit_code == 0
        assert sum("alt=media" in seen.query for seen in server.log) < 300
    assert check_sums(out) == 300
