"""A small source for the engine's tests: a shelf of files behind a real HTTP server that fails exactly as told."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from eccs_backup import backup, survey
from eccs_backup.choice import Choice
from eccs_backup.errors import Changed, SignInNeeded, Transient, Unavailable
from eccs_backup.http import Wire, blocks
from eccs_backup.model import Digest, Entry, Item, Key, Kind, Obstacle, Step, Stream
from eccs_backup.pace import Pace
from eccs_backup.retry import Halt, Patience
from eccs_backup.vault import opened


@dataclass(frozen=True)
class Fault:
    """What to do wrong, once, to the next request for one file."""

    status: int | None = None
    cut_after: int | None = None
    ignore_range: bool = False
    garble: bool = False
    replace_with: bytes | None = None
    delete: bool = False
    forbid: bool = False


@dataclass
class World:
    """Files by id, faults by id, and the (id, range) of every request for a file."""

    files: dict[str, bytes]
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    seen: list[tuple[str, str | None]] = field(default_factory=list)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    obstacles: dict[str, str] = field(default_factory=dict)
    with_md5: bool = True
    listing_breaks: bool = False

    def revision(self, id: str) -> str:
        return hashlib.sha1(self.files[id]).hexdigest()


class Handler(BaseHTTPRequestHandler):
    world: World
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        id, world = self.path.rpartition("/")[2], self.world
        world.seen.append((id, self.headers.get("Range")))
        queue = world.faults.get(id)
        fault = queue.pop(0) if queue else Fault()
        if fault.replace_with is not None:
            world.files[id] = fault.replace_with
        if fault.forbid:
            world.obstacles[id] = "its owner forbids it now"
        if fault.delete:
            del world.files[id]
        if fault.status:
            return self._send(fault.status, b"", {})
        if id not in world.files:
            return self._send(404, b"", {})
        data, status, headers = world.files[id], 200, {}
        wanted = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted and not fault.ignore_range:
            start, stop = int(wanted[1]), min(len(data), int(wanted[2] or len(data)) + 1)
            if start >= len(data):
                return self._send(416, b"", {})
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
            data, status = data[start:stop], 206
        if fault.garble and data:
            data = data[:-1] + bytes([data[-1] ^ 1])
        return self._send(status, data, headers, fault.cut_after)

    def _send(self, status: int, body: bytes, headers: dict[str, str], cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:cut])
        if cut is not None and cut < len(body):
            self.wfile.flush()
            self.close_connection = True


class Shelf:
    """The source."""

    name: ClassVar[str] = "shelf"
    pace: ClassVar[Pace] = Pace(workers=4, lanes=3, units_per_minute=1e9, prices={})

    def __init__(self, world: World, url: str, account: str = "taro@example.ac.jp") -> None:
        self.halt = Halt()
        self._world, self._url, self._wire, self.account = world, url, Wire(), account

    def items(self) -> Iterator[Item]:
        for id in sorted({*self._world.files, *self._world.obstacles}):
            yield self._item(id)
        if self._world.listing_breaks:
            raise SignInNeeded("The service no longer accepts our sign-in.")

    def refresh(self, item: Item) -> Item:
        if item.key.id not in self._world.files:
            raise Unavailable("It is gone.", kind=Kind.GONE)
        return self._item(item.key.id)

    @contextmanager
    def open(self, item: Item, start: int = 0, stop: int | None = None) -> Iterator[Stream]:
        headers = {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"} if start or stop else {}
        with self._wire.send("GET", f"{self._url}/{item.key.id}", headers=headers, stream=True) as response:
            match response.status_code:
                case 401:
                    raise SignInNeeded("The service no longer accepts our sign-in.")
                case 403:
                    raise Unavailable("Its owner does not allow it.", kind=Kind.VIEW_ONLY)
                case 404:
                    raise Unavailable("It is gone.", kind=Kind.GONE)
                case 416:
                    raise Changed("It is shorter now.")
                case 429 | 503:
                    raise Transient("busy")
            yield Stream(start if response.status_code == 206 else 0, blocks(response))

    def close(self) -> None:
        self._wire.close()

    def _item(self, id: str) -> Item:
        world = self._world
        path = tuple(Step(f"{id}/{number}", name) for number, name in enumerate(world.names.get(id, (f"{id}.bin",))))
        item = Item(Key(self.name, id), path, "", facts={"id": id})
        if id in world.obstacles:
            item = replace(item, obstacle=Obstacle(Kind.NO_EXPORT, world.obstacles[id]))
        if id not in world.files:
            return item
        data = world.files[id]
        digest = Digest("md5", hashlib.md5(data).hexdigest()) if world.with_md5 else None
        return replace(item, revision=world.revision(id), size=len(data), digest=digest)


@contextmanager
def served(world: World) -> Iterator[str]:
    """The shelf's address."""
    handler = type("ShelfHandler", (Handler,), {"world": world})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def hasty(**_: object) -> Patience:
    """Patience that does not wait."""
    return Patience(sleep=lambda seconds: None)


def save(world: World, root: Path, *, choice: Choice | None = None) -> list[Entry]:
    """One whole run; the entries of what was fetched."""
    with served(world) as url, opened(root) as vault:
        shelf = Shelf(world, url)
        try:
            found = survey.survey(shelf, vault, choice or Choice(), "{}")
            entries = list(backup.run(shelf, vault, found, patience=hasty))
            vault.write_sums()
            return entries
        finally:
            shelf.close()
