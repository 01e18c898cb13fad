"""The practice server's front: latency, trouble and bandwidth around every answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from typing import Any, NamedTuple

from starlette.applications import Starlette

from eccs_backup.rehearsal import directory, refusals
from eccs_backup.rehearsal.content import Piece
from eccs_backup.rehearsal.directory import Directory
from eccs_backup.rehearsal.drive import batch
from eccs_backup.rehearsal.drive.api import PREFIX, Drive
from eccs_backup.rehearsal.drive.batch import Inner
from eccs_backup.rehearsal.drive.pages import Pages
from eccs_backup.rehearsal.faults import Fault, Faults
from eccs_backup.rehearsal.log import Log, Seen
from eccs_backup.rehearsal.mail.api import BATCHES, Gmail
from eccs_backup.rehearsal.reply import Reply

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
_FILE = re.compile(re.escape(PREFIX) + r"files/([^/]+)")
_NONE = Fault()
_SMALL = 1 << 17
"""Bodies up to this many bytes go out in one piece."""


class _Asked(NamedTuple):
    method: str
    path: str
    query: str
    headers: dict[bytes, bytes]


class App:
    """An ASGI application; plain, as the bytes of files and messages are the part that has to be fast."""

    def __init__(self, drive: Drive, gmail: Gmail, pages: Pages, others: Starlette, faults: Faults) -> None:
        self.drive, self.gmail, self.pages, self.others, self.faults = drive, gmail, pages, others, faults
        self.directory = Directory(drive.world, drive.signed_in)
        self.log = Log()
        self.latency = 0.0
        self.rate: float | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request."""
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        asked = _Asked(scope["method"], path, query, dict(scope["headers"]))
        try:
            person = self.gmail.enter(path, asked.headers)
        except refusals.Refused as refused:
            await self._send(send, refused.reply, _NONE)
            self.log.add(Seen(asked.method, path, query, "", refused.reply.status, ""))
            return
        try:
            await self._serve(asked, scope, receive, send)
        finally:
            if person is not None:
                self.gmail.quota.leave(person)

    async def _serve(self, asked: _Asked, scope: Message, receive: Receive, send: Send) -> None:
        fault = self.faults.next(asked.path, asked.query)
        delay = self.latency + (fault.pause if fault else 0.0)
        if delay:
            await asyncio.sleep(delay)
        range_asked = asked.headers.get(b"range", b"").decode("latin-1")
        if fault is not None:
            fault = self._before(fault, asked)
        reply = await self._reply(asked, receive, fault)
        if reply is None:
            status = await self._others(scope, receive, send)
        else:
            status = reply.status
            await self._send(send, reply, fault or _NONE)
        name = fault.label if fault else ""
        self.log.add(Seen(asked.method, asked.path, asked.query, range_asked, status, name))

    def _before(self, fault: Fault, asked: _Asked) -> Fault | None:
        """What has to go wrong before the request is looked at; None when this fault cannot befall it."""
        if fault.ignore_range:
            asked.headers.pop(b"range", None)
        if fault.expire:
            self._expire(asked.headers)
        if not (fault.change or fault.garble):
            return fault
        found = _FILE.fullmatch(asked.path)
        file = self.drive.world.files.get(found[1]) if found and "alt=media" in asked.query else None
        if file is None or file.content is None or not file.sums:
            self.faults.spared(fault)
            return None  # without a checksum nobody could notice
        if fault.change:
            self.drive.world.edit(file.id)
        return fault

    async def _reply(self, asked: _Asked, receive: Receive, fault: Fault | None) -> Reply | None:
        """The answer; None when it is for the other pages to give."""
        if fault is not None and fault.status is not None:
            return _refusal(fault.status, fault)
        if self.gmail.serves(asked.path):
            body = b"" if asked.method == "GET" else await _body(receive)
            return self.gmail.answer(asked.method, asked.path, asked.query, asked.headers, body)
        if asked.path.startswith(PREFIX):
            return self.drive.answer(asked.method, asked.path, asked.query, asked.headers)
        if asked.path.startswith(directory.PREFIX):
            return self.directory.answer(asked.method, asked.path, asked.query, asked.headers)
        if asked.path.startswith(("/docs", "/download/")):
            return self.pages.answer(asked.path, asked.query, asked.headers)
        if asked.path in (*BATCHES, "/batch/drive/v3"):
            return batch.answer(self._inner, await _body(receive), asked.headers)
        return None

    def _inner(self, call: Inner) -> Reply:
        """The answer to one call of a batch, with the trouble that was meant for it."""
        fault = self.faults.next(call.path, call.query, inner=True) or _NONE
        if fault.expire:
            self._expire(call.headers)
        if fault.status is not None:
            return _refusal(fault.status, fault)
        if self.gmail.serves(call.path):
            reply = self.gmail.crowded(call.number) or self.gmail.answer(
                call.method, call.path, call.query, call.headers, call.body
            )
        else:
            reply = self.drive.answer(call.method, call.path, call.query, call.headers)
        if fault.cut_after is not None:
            reply.body = reply.body[: fault.cut_after]
        elif fault is not _NONE and not fault.expire:
            self.faults.spared(fault)  # what is left can only befall a whole request
        return reply

    def _expire(self, headers: Mapping[bytes, bytes]) -> None:
        self.drive.grants.expire(headers.get(b"authorization", b"").decode("latin-1").partition(" ")[2])

    async def _others(self, scope: Message, receive: Receive, send: Send) -> int:
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        await self.others(scope, receive, watch)
        return status

    async def _send(self, send: Send, reply: Reply, fault: Fault) -> None:
        headers = list(reply.headers)
        if not (fault.chunked or reply.chunked):
            headers.append((b"content-length", b"%d" % reply.length))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        left = reply.length if fault.cut_after is None else min(fault.cut_after, reply.length)
        pieces = _pieces(reply)
        if fault.garble:
            pieces = _garbled(pieces)
        if self.rate is None and left == reply.length <= _SMALL:
            await send({"type": "http.response.body", "body": b"".join(pieces)})
            return
        await self._stream(send, pieces, left)
        if left == reply.length and fault.cut_after is None:
            await send({"type": "http.response.body", "body": b""})
        # Otherwise the answer stays unfinished, and the server closes the connection.

    async def _stream(self, send: Send, pieces: Iterator[Piece], left: int) -> None:
        clock = asyncio.get_running_loop().time
        begun, sent = clock(), 0
        for piece in pieces:
            for part in self._parts(memoryview(piece)[:left]):
                sent += len(part)
                if self.rate is not None:
                    await asyncio.sleep(max(0.0, begun + sent / self.rate - clock()))
                await send({"type": "http.response.body", "body": part, "more_body": True})
            left -= min(left, len(piece))
            if not left:
                return

    def _parts(self, piece: memoryview) -> Iterator[memoryview]:
        step = len(piece) if self.rate is None else max(1 << 14, int(self.rate / 20))
        for at in range(0, len(piece), step or 1):
            yield piece[at : at + step]


def _refusal(status: int, fault: Fault) -> Reply:
    named = [(name.lower().encode(), value.encode()) for name, value in fault.headers.items()]
    return refusals.for_fault(status, fault.reason, named)


def _pieces(reply: Reply) -> Iterator[Piece]:
    if reply.content is None:
        return iter((reply.body,))
    return reply.content.read(reply.start, reply.stop)


def _garbled(pieces: Iterator[Piece]) -> Iterator[Piece]:
    for piece in pieces:
        wrong = bytearray(piece)
        if wrong:
            wrong[len(wrong) // 2] ^= 0x55
        yield bytes(wrong)


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)
