"""Ratios of `drive-export`, measured against a bare reader in the same run.

    python tests/benchmarks/drive.py [NAME ...]

Both are whole runs against the same practice server, which has a process of its own. The bare reader reads the same
bodies over the number of connections that is named, and does nothing else.
"""

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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

from eccs_backup.accounts import google
from eccs_backup.rehearsal.browser import COMMAND
from eccs_backup.sources.google_drive import GoogleDrive

PYTHON = sys.executable
UNITS_PER_MINUTE, DOWNLOAD, LIST = 325_000, 200, 100


@dataclass
class Practice:
    """A practice server of its own process, and a home that is signed in to it."""

    url: str
    home: Path

    @property
    def env(self) -> dict[str, str]:
        browser = COMMAND.format(python=PYTHON)
        return {
            **os.environ,
            "ECCS_BACKUP_HOME": str(self.home),
            "ECCS_BACKUP_REHEARSAL": self.url,
            "BROWSER": browser,
        }

    def quota(self) -> dict[str, float]:
        """What the server counted: units spent, requests served and refused."""
        found: dict[str, float] = requests.get(f"{self.url}/rehearsal/state", timeout=10).json()["quota"]
        return found

    def reset(self) -> None:
        requests.post(f"{self.url}/rehearsal/reset", timeout=10).raise_for_status()


@contextmanager
def practice(world: str, *options: str) -> Iterator[Practice]:
    """Serve `world`, and sign in."""
    command = [PYTHON, "-m", "eccs_backup.rehearsal.server", "--world", world, "--seconds", "1800", *options]
    with tempfile.TemporaryDirectory(prefix="eccs-bench-") as home:
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            ready = json.loads(server.stdout.readline())
            found = Practice(ready["url"], Path(home))
            client = Path(home) / "client_secret.json"
            client.write_text(json.dumps(ready["client"]))
            words = [PYTHON, "-m", "eccs_backup", "auth", "--client", str(client)]
            subprocess.run(words, env=found.env, check=True, capture_output=True)
            yield found
        finally:
            server.kill()
            server.wait()


@dataclass
class Run:
    """What one run took: wall seconds, CPU seconds, peak resident bytes, and its exit status."""

    seconds: float
    cpu: float
    peak: int
    status: int


def export(server: Practice, out: Path, *options: str) -> Run:
    """The whole command, measured from outside."""
    command = [PYTHON, "-m", "eccs_backup", "drive-export", str(out), *options]
    started = time.monotonic()
    process = subprocess.Popen(command, env=server.env, stdout=subprocess.DEVNULL)
    watched, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        try:
            peak = max(peak, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.02)
    seconds = time.monotonic() - started
    times = os.times()
    return Run(seconds, times.children_user + times.children_system, peak, process.wait())


def bare(server: Practice, connections: int) -> tuple[float, int]:
    """(seconds, files) of a bare pool that only reads every body once."""
    os.environ.update(server.env)
    tokens, _ = google.account(None, google.SCOPES["drive"])
    headers = {"Authorization": f"Bearer {tokens.current()}", "Accept-Encoding": "identity"}
    ids: queue.SimpleQueue[str] = queue.SimpleQueue()
    page, count = "", 0
    while True:
        url = f"{server.url}/drive/v3/files?pageSize=1000&fields=nextPageToken,files(id,mimeType)"
        answer = requests.get(url + (f"&pageToken={page}" if page else ""), headers=headers, timeout=60).json()
        for file in answer["files"]:
            if "google-apps" not in file["mimeType"]:
                ids.put(file["id"])
                count += 1
        page = answer.get("nextPageToken", "")
        if not page:
            break

    def read() -> None:
        with requests.Session() as session:
            session.trust_env = False
            while True:
                try:
                    id = ids.get_nowait()
                except queue.Empty:
                    return
                url = f"{server.url}/drive/v3/files/{id}?alt=media"
                with session.get(url, headers=headers, stream=True, timeout=60) as response:
                    response.raise_for_status()
                    while response.raw.read1(1 << 18):
                        pass

    started = time.monotonic()
    threads = [threading.Thread(target=read) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - started, count


def small(folder: Path) -> None:
    """(a) Many small files at 60 ms latency, quota off."""
    with practice("plain:10000:1024:65536", "--latency", "0.06") as server:
        connections = GoogleDrive.pace.workers
        reading, count = bare(server, connections)
        run = export(server, folder / "small", "--units-per-minute", "0")
        print(
            f"small: bare {reading:.1f} s ({count / reading:.0f} files/s), export {run.seconds:.1f} s "
            f"({count / run.seconds:.0f} files/s), {connections} connections, ratio {run.seconds / reading:.2f} "
            f"(at most 1.5), peak {run.peak / 1e6:.0f} MB, exit {run.status}"
        )


def quota(folder: Path, count: int = 5000) -> None:
    """(b) The 2026 quota: a minute's units at once, then 27.08 downloads a second."""
    with practice(f"plain:{count}:1024:65536", "--latency", "0.06", "--quota") as server:
        server.reset()
        run = export(server, folder / "quota")
        state = server.quota()
        spent = float(state["spent"])
        least = max(0.0, spent - UNITS_PER_MINUTE) / (UNITS_PER_MINUTE / 60)
        print(
            f"quota: {count} files, {spent:.0f} units, least possible {least:.1f} s, export {run.seconds:.1f} s, "
            f"ratio {run.seconds / least:.3f} (at most 1.02), refused {state['refused']:.0f} of {state['served']:.0f}, "
            f"peak {run.peak / 1e6:.0f} MB, exit {run.status}"
        )


def large(folder: Path) -> None:
    """(c) One file of 2 GB where a connection gets 200 Mbit/s."""
    with practice("large:2000000000", "--latency", "0.06", "--rate", "25000000") as server:
        one, _ = bare(server, 1)
        run = export(server, folder / "large")
        print(
            f"large: one bare connection {one:.1f} s, export {run.seconds:.1f} s, "
            f"ratio {one / run.seconds:.2f} (at least 3.5), peak {run.peak / 1e6:.0f} MB, exit {run.status}"
        )


def listing(folder: Path) -> None:
    """(d) A listing of 200,000 items: memory."""
    with practice("listing:200000") as server:
        run = export(server, folder / "listing", "--dry-run")
        peak = f"peak {run.peak / 1e6:.0f} MB (below 250)"
        print(f"listing: 200,000 items in {run.seconds:.1f} s, {peak}, exit {run.status}")


def start(folder: Path) -> None:
    """(e) `--help`: time, and which vendors' modules it loads."""
    command = [PYTHON, "-m", "eccs_backup", "--help"]
    times = []
    for _ in range(11):
        started = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.monotonic() - started)
    code = """
import sys
from click.testing import CliRunner
from eccs_backup.cli import cli
CliRunner().invoke(cli, ["--help"])
print([name for name in ("googleapiclient", "google", "google_auth_oauthlib", "starlette") if name in sys.modules])
"""
    loaded = subprocess.run([PYTHON, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    print(f"start: --help in {sorted(times)[5]:.3f} s (median of 11; at most 0.2), vendors' modules loaded: {loaded}")


BENCHMARKS = {each.__name__: each for each in (start, small, quota, large, listing)}


def main() -> None:
    """Run the benchmarks named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="which; all when none is named")
    names = parser.parse_args().names or list(BENCHMARKS)
    with tempfile.TemporaryDirectory(prefix="eccs-bench-out-") as folder:
        for name in names:
            BENCHMARKS[name](Path(folder))


if __name__ == "__main__":
    main()
