"""Ratios of `drive-export`, measured against a bare reader in the same run.

    python tests/benchmarks/drive.py [NAME ...]

Both are whole runs against the same practice server, which has a process of its own. The bare reader reads the same
bodies over the number of connections that is named, and does nothing else.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import requests
from measuring import PYTHON, Practice, main, pool, practice, run

from eccs_backup.sources.google_drive import GoogleDrive

UNITS_PER_MINUTE = 325_000


def bare(server: Practice, connections: int) -> tuple[float, int]:
    """(seconds, files) of a bare pool that only reads every body once."""
    headers = {"Authorization": f"Bearer {server.token}", "Accept-Encoding": "identity"}

    def read(following: Callable[[], str]) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while True:
                url = f"{server.url}/drive/v3/files/{following()}?alt=media"
                with session.get(url, headers=headers, stream=True, timeout=60) as response:
                    response.raise_for_status()
                    while response.raw.read1(1 << 18):
                        pass

    return pool(connections, _ids(server, headers), read)


def _ids(server: Practice, headers: dict[str, str]) -> Iterator[str]:
    page = ""
    while True:
        url = f"{server.url}/drive/v3/files?pageSize=1000&fields=nextPageToken,files(id,mimeType)"
        answer = requests.get(url + (f"&pageToken={page}" if page else ""), headers=headers, timeout=60).json()
        yield from (file["id"] for file in answer["files"] if "google-apps" not in file["mimeType"])
        page = answer.get("nextPageToken", "")
        if not page:
            return


def small(folder: Path) -> None:
    """(a) Many small files at 60 ms latency, quota off."""
    with practice("plain:10000:1024:65536", "--latency", "0.06") as server:
        connections = GoogleDrive.pace.workers
        reading, count = bare(server, connections)
        taken = run(server, "drive-export", folder / "small", "--units-per-minute", "0")
        print(
            f"small: bare {reading:.1f} s ({count / reading:.0f} files/s), export {taken.seconds:.1f} s "
            f"({count / taken.seconds:.0f} files/s), {connections} connections, ratio {taken.seconds / reading:.2f} "
            f"(at most 1.5), peak {taken.peak / 1e6:.0f} MB, exit {taken.status}"
        )


def quota(folder: Path, count: int = 5000) -> None:
    """(b) The 2026 quota: a minute's units at once, then 27.08 downloads a second."""
    with practice(f"plain:{count}:1024:65536", "--latency", "0.06", "--quota") as server:
        server.reset()
        taken = run(server, "drive-export", folder / "quota")
        state = server.state()["quota"]
        spent = float(state["spent"])
        least = max(0.0, spent - UNITS_PER_MINUTE) / (UNITS_PER_MINUTE / 60)
        print(
            f"quota: {count} files, {spent:.0f} units, least possible {least:.1f} s, export {taken.seconds:.1f} s, "
            f"ratio {taken.seconds / least:.3f} (at most 1.02), refused {state['refused']:.0f} of "
            f"{state['served']:.0f}, "
            f"peak {taken.peak / 1e6:.0f} MB, exit {taken.status}"
        )


def large(folder: Path) -> None:
    """(c) One file of 2 GB where a connection gets 200 Mbit/s."""
    with practice("large:2000000000", "--latency", "0.06", "--rate", "25000000") as server:
        one, _ = bare(server, 1)
        taken = run(server, "drive-export", folder / "large")
        print(
            f"large: one bare connection {one:.1f} s, export {taken.seconds:.1f} s, "
            f"ratio {one / taken.seconds:.2f} (at least 3.5), peak {taken.peak / 1e6:.0f} MB, exit {taken.status}"
        )


def listing(folder: Path) -> None:
    """(d) A listing of 200,000 items: memory."""
    with practice("listing:200000") as server:
        taken = run(server, "drive-export", folder / "listing", "--dry-run")
        peak = f"peak {taken.peak / 1e6:.0f} MB (below 250)"
        print(f"listing: 200,000 items in {taken.seconds:.1f} s, {peak}, exit {taken.status}")


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


if __name__ == "__main__":
    main(BENCHMARKS, __doc__)
