"""A process that is gone at once at its n-th step that touches the disk."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.truncate", "os.utime", "sqlite3.connect", "socket.connect"}
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork: elsewhere the kill test stands for it")


def run_and_die(work: Callable[[], object], root: Path, step: int) -> bool:
    """Do `work` in a child that dies at its `step`-th touch of the disk below `root`; whether it died of that."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) in (0, -signal.SIGKILL)
        return os.waitstatus_to_exitcode(status) != 0
    left = step

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        ours = event in STEPS and (event != "open" or str(root) in str(args[0]))
        left -= ours
        if ours and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    try:
        work()
        os._exit(0)
    finally:
        os._exit(1)
