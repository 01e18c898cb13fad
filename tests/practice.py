"""Running the commands against a practice account, as a person would."""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from eccs_backup.cli import cli
from eccs_backup.rehearsal import browser
from eccs_backup.rehearsal.server import Rehearsal

BROWSER = browser.COMMAND.format(python=shlex.quote(sys.executable))


@dataclass
class Student:
    """The practice server, and a home that is signed in to it."""

    server: Rehearsal
    home: Path

    def run(self, *command: str | Path) -> Result:
        """A command inside this process; errors that are no errors of ours are raised."""
        result = CliRunner().invoke(cli, [str(word) for word in command], catch_exceptions=True)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def start(self, *command: str | Path) -> subprocess.Popen[str]:
        """A command in a process of its own."""
        words = [sys.executable, "-m", "eccs_backup", *(str(word) for word in command)]
        return subprocess.Popen(words, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def check_sums(out: Path) -> int:
    """What `sha256sum -c` does; the number of files."""
    lines = (out / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    for line in lines:
        wanted, _, name = line.partition("  ")
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == wanted, name
    return len(lines)
