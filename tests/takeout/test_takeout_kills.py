"""An import that is killed at any moment, and run again, gives the same vault."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from importing import balanced, everything, imported

from dying import needs_fork, run_and_die
from practice import check_sums
from takeout import exports

KILLS = 20


def killed_after(seconds: float, out: Path, parts: Sequence[Path]) -> bool:
    """Import in a child that dies after so many seconds; whether it died of that."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        assert code in (0, -signal.SIGKILL)
        return code != 0
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()
    try:
        imported(out, parts)
        os._exit(0)
    finally:
        os._exit(1)


def check_same(killed: Path, quiet: Path) -> None:
    """The same rows, the same files, nothing left over."""
    assert balanced(killed).whole
    assert list(everything(killed)) == list(everything(quiet))
    assert check_sums(killed) == check_sums(quiet)
    assert files(killed) == files(quiet)


def files(out: Path) -> set[Path]:
    partial = out / ".eccs-backup" / "partial"
    return {path.relative_to(out) for path in out.rglob("*") if path.is_file() and partial not in path.parents}


@needs_fork
@pytest.mark.parametrize("suffix", ["zip", "tgz"])
def test_killed_at_random_moments(tmp_path: Path, suffix: str) -> None:
    """Twenty kills in all, one after the other on the same vault, each at another moment of what an import takes."""
    export = exports.build(tmp_path / "parts", language="ja", parts=6, mails=90, suffix=suffix, split_mid_message=True)
    quiet, killed = tmp_path / "quiet", tmp_path / "killed"
    began = time.monotonic()
    imported(quiet, export.parts)
    takes = time.monotonic() - began
    rng = random.Random(suffix)
    deaths = [
        killed_after(takes * (number + rng.random()) / (KILLS // 2), killed, export.parts)
        for number in range(KILLS // 2)
    ]
    assert sum(deaths) >= KILLS // 4, "most were done before they were killed"
    imported(killed, export.parts)
    check_same(killed, quiet)


@needs_fork
@pytest.mark.parametrize("suffix", ["zip", "tgz"])
def test_killed_at_every_seventh_touch_of_the_disk(tmp_path: Path, suffix: str) -> None:
    """Each on a new vault: what one death leaves is not mended by the next."""
    export = exports.build(
        tmp_path / "parts", language="en", parts=2, mails=14, suffix=suffix, split_mid_message=True, only=["mailbox"]
    )
    quiet = tmp_path / "quiet"
    imported(quiet, export.parts)
    step, died = 1, True
    while died:
        out = tmp_path / f"at {step}"
        died = run_and_die(lambda out=out: imported(out, export.parts), out, step)  # type: ignore[misc]
        imported(out, export.parts)
        check_same(out, quiet)
        step += 7
    assert step > 50, sys.platform
