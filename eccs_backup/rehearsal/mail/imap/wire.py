"""One connection's line: whole commands come in, answers go out in large pieces and are counted."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from eccs_backup.rehearsal.mail.imap.limits import ImapLog

_LITERAL = re.compile(rb"\{(\d{1,10})(\+?)\}\r\n\Z")
_ENDS = re.compile(r"[\r\n\0]")
_LARGEST_LITERAL = 1 << 20
_LARGEST_WITHOUT_ASKING = 4096
"""LITERAL-: a longer literal must wait for the server's word. RFC 7888, 5"""
LONGEST_LINE = 1 << 18
_PIECE = 1 << 18
"""Bytes that are gathered before they are encrypted and sent together."""


class Malformed(Exception):
    """What came is no command, and what follows it cannot be told apart from it."""


class Wire:
    """Reads commands and writes answers; `address` is set once the person has signed in."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, log: ImapLog) -> None:
        self.reader, self.writer, self.log = reader, writer, log
        self.address: str | None = None
        self._waiting: list[bytes] = []
        self._size = 0

    @property
    def full(self) -> bool:
        """Whether enough is gathered for a `flush`."""
        return self._size >= _PIECE

    def write(self, *parts: bytes) -> None:
        """Gather bytes for the client; they go out with the next `flush`."""
        size = sum(map(len, parts))
        self._waiting += parts
        self._size += size
        if self.address is not None:
            self.log.sends(self.address, size)

    def line(self, text: str) -> None:
        """Gather one line; what a client put into it cannot end it early."""
        self.write(_ENDS.sub(" ", text).encode("utf-8", "replace"), b"\r\n")

    async def flush(self) -> None:
        """Send what is gathered; waits while the client reads more slowly than we write."""
        if self._waiting:
            piece = b"".join(self._waiting)
            self._waiting.clear()
            self._size = 0
            self.writer.write(piece)
        await self.writer.drain()
        await asyncio.sleep(0)  # drain alone gives no turn to the other connections

    async def read_line(self) -> bytes:
        """One line without its CRLF. Raises Malformed, or asyncio.IncompleteReadError at the end."""
        return (await self._line())[:-2]

    async def read_command(self, idle: asyncio.Queue[Any]) -> bytes:
        """One command with its literals, without the last CRLF.

        The word to go on with a literal waits until everything in `idle` is answered, so that it cannot be taken for
        the answer to an earlier command.
        """
        parts = [await self._line()]
        while match := _LITERAL.search(parts[-1]):
            size, unasked = int(match[1]), bool(match[2])
            if size > (_LARGEST_WITHOUT_ASKING if unasked else _LARGEST_LITERAL):
                raise Malformed("Literal too large")
            if not unasked:
                await idle.join()
                self.line("+ go ahead")
                await self.flush()
            parts += [await self.reader.readexactly(size), await self._line()]
        return b"".join(parts)[:-2]

    async def _line(self) -> bytes:
        try:
            line = await self.reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            raise Malformed("Command line too long") from error
        if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
            raise Malformed("Lines end with CRLF")
        return line
