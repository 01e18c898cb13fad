"""kill -9 at random moments of one export, then an export to the end."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from conftest import signed_in
from eccs_backup.ranges import RANGE
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.server import serve
from eccs_backup.sources.google_drive import GoogleDrive
from practice import check_sums

KILLS = 50
CONNECTIONS = GoogleDrive.pace.workers + GoogleDrive.pace.lanes


@pytest.mark.timeout(300)
def test_fifty_kills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = random.Random(50)
    world = worlds.plain(400, 20_000, 2_000_000, seed=3)
    world.put(worlds.large(160 << 20).files()[0])
    out = tmp_path / "out"
    with serve(world, latency=0.03, rate=400_000) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        server.log.clear()
        repeated = 0
        for _ in range(KILLS):
            run = student.start("drive-export", out)
            time.sleep(moments.uniform(0.4, 1.6))
            run.kill()
            run.communicate()
        asked = Counter((seen.path, seen.range) for seen in server.log if "alt=media" in seen.query)
        repeated = sum(asked.values()) - len(asked)
        print(f"{KILLS} kills: {sum(asked.values())} requests for bytes, {repeated} asked for again")
        assert repeated <= KILLS * CONNECTIONS
    with serve(world) as server:
        ...
    assert RANGE
