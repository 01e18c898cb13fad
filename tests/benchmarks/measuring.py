"""What every benchmark needs: a practice server of its own process, and commands measured from outside."""

from __future__ import annotations

import argparse
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
import requests

from eccs_backup.rehearsal.browser import COMMAND

T = TypeVar("T")
PYTHON = sys.executable


@dataclass
class Practice:
    """A practice server of its own process, and a home that is signed in to it."""

    url: str
    home: Path
    person: str
    token: str
    """An access token that may read everything, for bare readers."""

    @property
    def env(self) -> dict[str, str]:
        browser = COMMAND.format(python=PYTHON)
        return {
            **os.environ,
            "ECCS_BACKUP_HOME": str(self.home),
            "ECCS_BACKUP_REHEARSAL": self.url,
            "BROWSER": browser,
        }

    def state(self) -> dict[str, Any]:
        """What the server counted."""
        found: dict[str, Any] = requests.get(f"{self.url}/rehearsal/state", timeout=10).json()
        return found

    def reset(self) -> None:
        requests.post(f"{self.url}/rehearsal/reset", timeout=10).raise_for_status()


@contextmanager
def practice(world: str, *options: str, purposes: Iterable[str] = ()) -> Iterator[Practice]:
    """Serve `world`, and sign in, for further purposes as well."""
    command = [PYTHON, "-m", "eccs_backup.rehearsal.server", "--world", world, "--seconds", "1800", *options]
    with tempfile.TemporaryDirectory(prefix="eccs-bench-") as home:
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            ready = json.loads(server.stdout.readline())
            found = Practice(ready["url"], Path(home), ready["person"], ready["access_token"])
            client = Path(home) / "client_secret.json"
            client.write_text(json.dumps(ready["client"]))
            words = [PYTHON, "-m", "eccs_backup", "auth", "--client", str(client)]
            for more in ([], *(["--for", purpose] for purpose in purposes)):
                subprocess.run([*words, *more], env=found.env, check=True, capture_output=True)
            yield found
        finally:
            server.kill()
            server.wait()


@dataclass
class Run:
    """What one run took: wall seconds, peak resident bytes, and its exit status."""

    seconds: float
    peak: int
    status: int


def run(server: Practice, *words: str | Path) -> Run:
    """A whole command, measured from outside."""
    command = [PYTHON, "-m", "eccs_backup", *map(str, words)]
    started = time.monotonic()
    process = subprocess.Popen(command, env=server.env, stdout=subprocess.DEVNULL)
    watched, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        try:
            peak = max(peak, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.02)
    return Run(time.monotonic() - started, peak, process.wait())


def pool(connections: int, things: Iterable[T], work: Callable[[Callable[[], T]], None]) -> tuple[float, int]:
    """(seconds, things) that `connections` threads take for `things`.

    Each runs `work` once, which takes the next thing by a call, until that raises queue.Empty.
    """
    waiting: queue.SimpleQueue[T] = queue.SimpleQueue()
    for thing in things:
        waiting.put(thing)
    count = waiting.qsize()

    def take() -> None:
        try:
            work(waiting.get_nowait)
        except queue.Empty:
            return

    started = time.monotonic()
    threads = [threading.Thread(target=take) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - started, count


def main(benchmarks: dict[str, Callable[[Path], None]], description: str | None) -> None:
    """Run the benchmarks that the command line names, or all."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("names", nargs="*", choices=[*benchmarks, []], help="which; all when none is named")
    names = parser.parse_args().names or list(benchmarks)
    with tempfile.TemporaryDirectory(prefix="eccs-bench-out-") as folder:
        for name in names:
            benchmarks[name](Path(folder))
