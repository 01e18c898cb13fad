"""Runs an ASGI application on loopback in a thread, and ends it at once when it is no longer wanted."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn

_TICK = 0.1


class _Server(uvicorn.Server):
    """As uvicorn's own, but it is told to leave instead of looking every tenth of a second, and waits for nobody."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._leave = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def leave(self) -> None:
        """End; to be called from another thread."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # it has just ended by itself
                self._loop.call_soon_threadsafe(self._leave.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._leave.wait(), _TICK)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()


@contextmanager
def running(app: Any, listener: socket.socket) -> Iterator[None]:
    """Serve an ASGI application on a listening socket until the block is left."""
    logger = logging.getLogger("uvicorn.error")
    if _worth_telling not in logger.filters:
        logger.addFilter(_worth_telling)
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level=logging.ERROR,
        access_log=False,
        lifespan="off",
        server_header=False,
        ws="none",
        timeout_keep_alive=120,
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="rehearsal", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.leave()
        thread.join(10)


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 takes a free one.

    The protocol is named because asyncio switches Nagle's algorithm off only on sockets that say they are TCP; with
    it on, each answer waits some 40 ms for the client's acknowledgement.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(256)
    return listener


def _worth_telling(record: logging.LogRecord) -> bool:
    """Answers cut short are faults that were ordered; answers cancelled belong to a server that is leaving."""
    cancelled = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not cancelled and "without completing response" not in record.getMessage()
