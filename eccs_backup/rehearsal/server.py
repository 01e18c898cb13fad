"""Runs the practice services on loopback: in a thread for tests, or as a process of its own."""

from __future__ import annotations

import argparse
import gc
import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.app import App
from eccs_backup.rehearsal.drive.api import Drive
from eccs_backup.rehearsal.drive.pages import Pages
from eccs_backup.rehearsal.faults import Faults
from eccs_backup.rehearsal.identity import keys
from eccs_backup.rehearsal.identity.desk import Desk
from eccs_backup.rehearsal.identity.grants import CLIENT_ID, CLIENT_SECRET, Grants
from eccs_backup.rehearsal.identity.token import SERVICE_ACCOUNT, TokenDesk
from eccs_backup.rehearsal.ledger import World
from eccs_backup.rehearsal.log import Log
from eccs_backup.rehearsal.mail.api import Gmail
from eccs_backup.rehearsal.mail.imap import Imap, serve_imap
from eccs_backup.rehearsal.mail.prices import LISTS, MailQuota
from eccs_backup.rehearsal.person import Person
from eccs_backup.rehearsal.quota import Quota
from eccs_backup.rehearsal.running import listen, running
from eccs_backup.rehearsal.things import Json, Trouble

DRIVE_READONLY = "https://www.googleapis.com/auth/drive.readonly"
MAIL = "https://mail.google.com/"
_KEPT = 1000
"""Requests that a long-lived server remembers one by one."""


class Rehearsal:
    """A practice server and everything a test may want to look at or to turn."""

    def __init__(self, world: World, url: str, faults: Faults | None, quota: Quota, mail_quota: MailQuota) -> None:
        self.world, self.url, self.quota, self.mail_quota = world, url, quota, mail_quota
        self.faults = faults or Faults()
        self.grants = Grants()
        self.person = Person()
        drive = Drive(world, self.grants, quota, url)
        self.gmail = Gmail(world, drive.signed_in, mail_quota)
        self.forwarding = self.gmail.forwarding
        self.forwarding.origin = url
        self.imap: Imap | None = None
        self.pages = Pages(drive)
        desk = Desk(world, self.grants, TokenDesk(world, self.grants, url))
        own = [
            Route("/rehearsal/state", self._state),
            Route("/rehearsal/imap", self._imap),
            Route("/rehearsal/reset", self._reset, methods=["POST"]),
        ]
        self.app = App(drive, self.gmail, self.pages, Starlette(routes=[*desk.routes(), *own]), self.faults)

    @property
    def log(self) -> Log:
        """The requests so far."""
        return self.app.log

    @property
    def leaks(self) -> list[str]:
        """Paths on another host to which a token was carried; must stay empty."""
        return self.pages.leaks

    def access_token(self, scopes: Iterable[str] = (DRIVE_READONLY,), address: str | None = None) -> str:
        """A token without the ceremony, for whoever tests something else than signing in."""
        return self.grants.new_access(address or self.world.person.address, scopes)

    def client(self) -> dict[str, Json]:
        """What the client's file holds (an "installed" client)."""
        return {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "project_id": "practice-project",
            "auth_uri": f"{self.url}/o/oauth2/v2/auth",
            "token_uri": f"{self.url}/token",
            "redirect_uris": ["http://localhost"],
        }

    def client_file(self, folder: Path) -> Path:
        """Write the file that Google's console gives for a Desktop client."""
        path = folder / f"client_secret_{CLIENT_ID}.json"
        path.write_text(json.dumps({"installed": self.client()}), encoding="utf-8")
        return path

    def service_account_file(self, folder: Path) -> Path:
        """Write the file that Google's console gives for a service account's key."""
        path = folder / "practice-project-key.json"
        account = {
            "type": "service_account",
            "project_id": "practice-project",
            "private_key_id": "practice",
            "private_key": keys.pem(),
            "client_email": SERVICE_ACCOUNT,
            "client_id": "100000000000000000009",
            "auth_uri": f"{self.url}/o/oauth2/v2/auth",
            "token_uri": f"{self.url}/token",
        }
        path.write_text(json.dumps(account), encoding="utf-8")
        return path

    def next_day(self) -> None:
        """What was handed out too often today may be downloaded again."""
        for file in self.world.files.values():
            if file.trouble is Trouble.BUSY:
                file.trouble = Trouble.NONE

    def reset(self) -> None:
        """Counters to zero, buckets full, log empty."""
        self.quota.clear()
        self.mail_quota.clear()
        if self.imap:
            self.imap.reset()
        self.log.clear()
        self.leaks.clear()

    def state(self) -> dict[str, Json]:
        """The counters, as `/rehearsal/state` shows them."""
        return {
            "quota": dict(self.quota.state()),
            "mail_quota": dict(self.mail_quota.state()),
            "imap": cast(Json, self.imap.state() if self.imap else {}),
            "requests": self.log.requests,
            "statuses": {str(status): count for status, count in sorted(self.log.statuses.items())},
            "faults": {name: count for name, count in self.faults.counts.items() if count},
            "leaks": list(self.leaks),
        }

    async def _imap(self, request: Request) -> Response:
        """Where the mailboxes are served by IMAP, and which authority to trust there."""
        if self.imap is None:
            return JSONResponse({}, 404)
        return JSONResponse({"host": self.imap.host, "port": self.imap.port, "ca": self.imap.ca})

    async def _state(self, request: Request) -> Response:
        return JSONResponse(self.state())

    async def _reset(self, request: Request) -> Response:
        self.reset()
        return JSONResponse(self.state())


@contextmanager
def serve(
    world: World,
    *,
    faults: Faults | None = None,
    quota: Quota | None = None,
    mail_quota: MailQuota | None = None,
    latency: float = 0.0,
    rate: float | None = None,
    port: int = 0,
) -> Iterator[Rehearsal]:
    """Serve a world on 127.0.0.1 until the block is left.

    `latency` in seconds for each request, `rate` in bytes per second for each answer. Without a `quota`, calls of Drive
    are counted and never refused; without a `mail_quota`, those of Gmail. Port 0 takes a free one.
    """
    with listen(port) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        quota, mail_quota = quota or Quota(limits=False), mail_quota or MailQuota(limits=False)
        rehearsal = Rehearsal(world, url, faults, quota, mail_quota)
        rehearsal.app.latency, rehearsal.app.rate = latency, rate
        with running(rehearsal.app, listener), serve_imap(world, rehearsal.grants, latency=latency) as rehearsal.imap:
            yield rehearsal


def build(description: str) -> World:
    """A world by name: `student`, `services` (the student, with mails from services), `large:SIZE`, `listing:COUNT`,
    `plain:COUNT:SMALLEST:LARGEST[:SEED]`, `mail:COUNT:SIZE[:SEED]`.
    """
    name, *numbers = description.split(":")
    sizes = [int(number) for number in numbers]
    if name == "student":
        return worlds.student()
    if name == "services":
        return worlds.student(services=True)
    makers: dict[str, Callable[..., World]]
    makers = {"plain": worlds.plain, "large": worlds.large, "listing": worlds.listing, "mail": _mail}
    if name not in makers or not sizes:
        raise ValueError(f"No world is called {description!r}.")
    return makers[name](*sizes)


def _mail(count: int, size: int, seed: int = 0) -> World:
    from eccs_backup.rehearsal.mail.plain import plain_mail  # its pool of bytes is made when it is imported

    return plain_mail(count, size, seed)


def main() -> None:
    """Run as a process: one line of JSON when ready; ends after `--seconds` or when stdin closes."""
    options = _options()
    world: World = options.world
    world.warm()
    gc.freeze()  # a large world need not be walked again and again while it is being listed
    faults = Faults.random(options.trouble, options.seed) if options.trouble else None
    quota = Quota() if options.quota else None
    mail_quota = MailQuota(options.mail_quota) if options.mail_quota else None
    numbers = {"latency": options.latency, "rate": options.rate, "port": options.port}
    with serve(world, faults=faults, quota=quota, mail_quota=mail_quota, **numbers) as rehearsal:
        rehearsal.log.limit(_KEPT)
        ready = {
            "url": rehearsal.url,
            "person": world.person.address,
            "access_token": rehearsal.access_token((DRIVE_READONLY, MAIL)),
            "client": {"installed": rehearsal.client()},
            "files": len(world.files),
            "messages": len(world.mail[world.person.address].messages),
        }
        print(json.dumps(ready), flush=True)
        _wait(options.seconds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Practice accounts on loopback.")
    parser.add_argument("--world", type=build, default="student", help=build.__doc__)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--rate", type=float, default=None, help="bytes per second of each answer")
    parser.add_argument("--quota", action="store_true", help="refuse what goes over Drive's quota")
    parser.add_argument("--mail-quota", choices=sorted(LISTS), help="refuse what goes over Gmail's quota")
    parser.add_argument("--trouble", type=float, default=0.0, help="share of requests that go wrong, 0 to 1")
    parser.add_argument("--seed", type=int, default=0, help="which trouble")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=600.0, help="end after so long")
    return parser.parse_args()


def _wait(seconds: float) -> None:
    closed = threading.Event()

    def watch() -> None:
        while sys.stdin.buffer.read(1024):
            pass
        closed.set()

    threading.Thread(target=watch, daemon=True).start()
    closed.wait(seconds)


if __name__ == "__main__":
    main()
