"""Runs the IMAP service on loopback in a thread of its own, and ends it at once."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from eccs_backup.rehearsal.identity.grants import Grants
from eccs_backup.rehearsal.ledger import World
from eccs_backup.rehearsal.mail.imap import certificate
from eccs_backup.rehearsal.mail.imap.conversation import Conversation
from eccs_backup.rehearsal.mail.imap.limits import ImapFaults, ImapLimits, ImapLog
from eccs_backup.rehearsal.mail.imap.wire import LONGEST_LINE, Wire
from eccs_backup.rehearsal.running import listen

_HIGH_WATER = 1 << 20


class Imap:
    """A running service and everything a test may want to look at or to turn."""

    host = "127.0.0.1"

    def __init__(self, world: World, grants: Grants, limits: ImapLimits, faults: ImapFaults) -> None:
        self.world, self.grants, self.limits, self.faults = world, grants, limits, faults
        self.log = ImapLog()
        self.identity = certificate.make()
        self.port = 0
        self.latency = 0.0
        self.language = "ja"
        self.chatty = False
        self.seed = 0
        self._lines: set[asyncio.StreamWriter] = set()

    @property
    def ca(self) -> str:
        """The authority that a client has to trust, in PEM."""
        return self.identity.ca

    def exceeded(self, address: str | None) -> bool:
        """Whether a person has read more today than is allowed."""
        return address is not None and self.log.today[address] > self.limits.bytes_per_day

    def next_day(self) -> None:
        """Everybody may read as many bytes again as on any day."""
        self.log.today.clear()

    def reset(self) -> None:
        """Counters to zero; connections that are open stay counted."""
        self.log.clear()

    def state(self) -> dict[str, object]:
        """The counters as plain data."""
        return self.log.state()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        writer.transport.set_write_buffer_limits(high=_HIGH_WATER)
        wire = Wire(reader, writer, self.log)
        self._lines.add(writer)
        self.log.opened()
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await Conversation(self, wire).run()
        finally:
            self._lines.discard(writer)
            self.log.closed(wire.address)
            writer.close()

    def hang_up(self) -> None:
        """Break every line at once, whoever is speaking. To be called in the service's own thread."""
        for writer in list(self._lines):
            writer.transport.abort()


@contextmanager
def serve_imap(
    world: World,
    grants: Grants,
    *,
    latency: float = 0.0,
    limits: ImapLimits | None = None,
    faults: ImapFaults | None = None,
    language: str = "ja",
    chatty: bool = False,
    seed: int = 0,
    port: int = 0,
) -> Iterator[Imap]:
    """Serve the world's mailboxes by IMAP over TLS on 127.0.0.1 until the block is left.

    `latency` in seconds from each command to its answer; commands under way at once wait together. `language` ("ja" or
    "en") names Gmail's own folders. `chatty` lets the server say things that nobody asked for. `seed` chooses which
    answers change their order. Port 0 takes a free one.
    """
    imap = Imap(world, grants, limits or ImapLimits(), faults or ImapFaults())
    imap.latency, imap.language, imap.chatty, imap.seed = latency, language, chatty, seed
    with listen(port) as listener:
        imap.port = listener.getsockname()[1]
        loop = asyncio.new_event_loop()
        leave = asyncio.Event()
        thread = threading.Thread(target=_run, args=(loop, imap, listener, leave), name="rehearsal-imap", daemon=True)
        thread.start()
        try:
            yield imap
        finally:
            with suppress(RuntimeError):  # it has just ended by itself
                loop.call_soon_threadsafe(leave.set)
            thread.join(10)


def _run(loop: asyncio.AbstractEventLoop, imap: Imap, listener: socket.socket, leave: asyncio.Event) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(_serve(imap, listener, leave))


async def _serve(imap: Imap, listener: socket.socket, leave: asyncio.Event) -> None:
    server = await asyncio.start_server(
        imap.talk, sock=listener, ssl=imap.identity.context(), limit=LONGEST_LINE, backlog=256
    )
    await leave.wait()
    server.close()
    imap.hang_up()
    await asyncio.sleep(0)  # the transports close their sockets in the loop's next turn
