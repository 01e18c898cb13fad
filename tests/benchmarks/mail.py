"""Ratios of `mail-export`, measured against bare readers in the same run.

    python tests/benchmarks/mail.py [NAME ...]

Both are whole runs against the same practice server, which has a process of its own. The bare readers read the same
bodies over the same number of connections, and do nothing else.
"""

from __future__ import annotations

import imaplib
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests
from measuring import Practice, main, pool, practice, run

from eccs_backup.sources.gmail.api_road import ApiRoad
from eccs_backup.sources.gmail.imap_line import TOGETHER
from eccs_backup.sources.gmail.imap_road import ImapRoad

UNITS_PER_MINUTE = 6_000
A_MINUTE = 300
"""Messages that today's quota allows."""


def bare_api(server: Practice, connections: int) -> tuple[float, int]:
    """(seconds, messages) of a bare pool that reads every message once by the API."""
    headers = {"Authorization": f"Bearer {server.token}", "Accept-Encoding": "identity"}
    messages = f"{server.url}/gmail/v1/users/me/messages"

    def ids() -> Iterator[str]:
        page = ""
        while True:
            answer = requests.get(
                f"{messages}?maxResults=500&includeSpamTrash=true&pageToken={page}", headers=headers, timeout=60
            ).json()
            yield from (each["id"] for each in answer["messages"])
            page = answer.get("nextPageToken", "")
            if not page:
                return

    def read(following: Callable[[], str]) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while True:
                session.get(f"{messages}/{following()}?format=raw", headers=headers, timeout=60).raise_for_status()

    return pool(connections, ids(), read)


def bare_imap(server: Practice, connections: int) -> tuple[float, int]:
    """(seconds, messages) of bare imaplib connections that read every message of "all mail" once, in groups."""
    at = requests.get(f"{server.url}/rehearsal/imap", timeout=10).json()
    line, folder = _imap(server, at)
    line.select(folder, readonly=True)
    uids = line.uid("SEARCH", "ALL")[1][0].split()
    line.logout()
    groups = [b",".join(uids[start : start + TOGETHER]).decode() for start in range(0, len(uids), TOGETHER)]

    def read(following: Callable[[], str]) -> None:
        line, folder = _imap(server, at)
        line.select(folder, readonly=True)
        while True:
            line.uid("FETCH", following(), "(BODY.PEEK[])")

    seconds, _ = pool(connections, groups, read)
    return seconds, len(uids)


def _imap(server: Practice, at: dict[str, Any]) -> tuple[imaplib.IMAP4_SSL, str]:
    """A signed-in connection, and the folder that holds all mail."""
    context = ssl.create_default_context(cadata=at["ca"])
    line = imaplib.IMAP4_SSL(at["host"], at["port"], ssl_context=context)
    line.authenticate("XOAUTH2", lambda _: f"user={server.person}\1auth=Bearer {server.token}\1\1".encode())
    found = next(each for each in line.list()[1] if isinstance(each, bytes) and b"\\All" in each)
    return line, found.decode().partition(' "/" ')[2]


def quota(folder: Path, count: int = 1500) -> None:
    """(a) The 2026 quota: a minute's units at once, then 300 messages a minute."""
    with practice(f"mail:{count}:6000", "--latency", "0.06", "--mail-quota", "2026") as server:
        server.reset()
        taken = run(server, "mail-export", folder / "quota")
        state = server.state()["mail_quota"]
        rest = taken.seconds - 60  # what a full bucket gives at once is a minute's worth
        rate = (count - A_MINUTE) / (taken.seconds / 60)
        least = (state["spent"] - UNITS_PER_MINUTE) / (UNITS_PER_MINUTE / 60)
        print(
            f"quota: {count} messages in {taken.seconds:.1f} s ({rest:.1f} beyond the first minute), after the first "
            f"{A_MINUTE} {rate:.1f} a minute ({rate / A_MINUTE:.1%} of {A_MINUTE}; at least 97 %), least possible "
            f"{least:.1f} s, refused {state['refused']} ({state['refused'] / count:.2%}; below 1 %), units per message "
            f"{state['spent'] / count:.2f} (at most 20.1), exit {taken.status}"
        )


def api(folder: Path, count: int = 1000) -> None:
    """(b) The API at 30 ms latency, quota off; then (d) a run that finds nothing new."""
    with practice(f"mail:{count}:6000", "--latency", "0.03") as server:
        connections = ApiRoad.workers
        reading, found = bare_api(server, connections)
        taken = run(server, "mail-export", folder / "api", "--road", "api", "--quota", "none")
        print(
            f"api: bare {reading:.2f} s ({found / reading:.0f}/s), export {taken.seconds:.2f} s "
            f"({found / taken.seconds:.0f}/s), {connections} connections, ratio {taken.seconds / reading:.2f} "
            f"(at most 1.5), peak {taken.peak / 1e6:.0f} MB, exit {taken.status}"
        )
        before = server.state()["requests"]
        again = run(server, "mail-export", folder / "api", "--quota", "none")
        asked = server.state()["requests"] - before - 1  # the question for the state is one, too
        print(f"calm: {asked} requests (at most 5), {again.seconds:.2f} s (at most 1), exit {again.status}")


def imap(folder: Path, count: int = 20_000) -> None:
    """(c) IMAP at 30 ms latency, messages of 20 kB."""
    with practice(f"mail:{count}:20000", "--latency", "0.03", purposes=["imap"]) as server:
        connections = ImapRoad.workers
        reading, found = bare_imap(server, connections)
        taken = run(server, "mail-export", folder / "imap", "--road", "imap")
        rate = count / taken.seconds
        print(
            f"imap: bare {reading:.2f} s ({found / reading:.0f}/s), export {taken.seconds:.2f} s ({rate:.0f}/s), "
            f"{connections} connections, ratio {taken.seconds / reading:.2f} (at most 1.5), "
            f"{rate / (A_MINUTE / 60):.0f} times the API under the quota (at least 10), "
            f"peak {taken.peak / 1e6:.0f} MB, exit {taken.status}"
        )


def memory(folder: Path) -> None:
    """(e) From 2,000 messages to 200,000: memory; and what a run that finds nothing new takes."""
    for count in (2_000, 200_000):
        with practice(f"mail:{count}:1000", purposes=["imap"]) as server:
            taken = run(server, "mail-export", folder / f"memory{count}", "--road", "imap")
            again = run(server, "mail-export", folder / f"memory{count}")
            print(
                f"memory: {count:,} messages in {taken.seconds:.0f} s, peak {taken.peak / 1e6:.0f} MB (below 200), "
                f"exit {taken.status}; again {again.seconds:.2f} s, peak {again.peak / 1e6:.0f} MB, exit {again.status}"
            )
            time.sleep(1)


BENCHMARKS = {each.__name__: each for each in (api, imap, quota, memory)}

if __name__ == "__main__":
    main(BENCHMARKS, __doc__)
