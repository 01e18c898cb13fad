"""Does a person at a terminal get the question, and is "n" a no and "y" a yes?"""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest
from forward_account import FIXTURE, OLD, TO, Account

ACCOUNT = FIXTURE


@pytest.mark.parametrize(("key", "status"), [("n", 2), ("", 2), ("y", 0)])
def test_a_question_at_a_terminal(account: Account, key: str, status: int) -> None:
    account.sign_in("--for", "forward", "--account", OLD)
    account.accepted()
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "eccs_backup", "forward", "--to", TO, "--account", OLD, "--by-filter"]
    try:
        os.write(ours, f"{key}\n".encode())
        done = subprocess.run(
            words, env=os.environ, stdin=theirs, capture_output=True, text=True, timeout=60, check=False
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == status, done.stderr
    assert "[y/N]" in done.stderr
    assert bool(account.filters()) is (key == "y")
    assert ("Confirmed by Gmail" in done.stdout) is (key == "y")
