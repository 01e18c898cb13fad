"""Takes a client's commands in turn: reads ahead, waits out the line's delay, answers in order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from eccs_backup.rehearsal.mail.imap import limits as rules
from eccs_backup.rehearsal.mail.imap.grammar import BadCommand, parse, tag_of
from eccs_backup.rehearsal.mail.imap.outcomes import Ended, Exceeded, Refused
from eccs_backup.rehearsal.mail.imap.session import Session
from eccs_backup.rehearsal.mail.imap.wire import Malformed, Wire

if TYPE_CHECKING:
    from eccs_backup.rehearsal.mail.imap.server import Imap

_AHEAD = 1000
"""Commands that are read before the first of them is answered."""
_TALKS = (b"AUTHENTICATE", b"IDLE")
"""Commands whose own lines follow: nothing is read ahead until they are done."""


@dataclass(frozen=True, slots=True)
class _Received:
    """A command as it came, or why it is none; `at` in seconds of the loop's clock."""

    at: float
    raw: bytes
    malformed: str = ""


class Conversation:
    """One connection from its greeting to its end."""

    def __init__(self, imap: Imap, wire: Wire) -> None:
        self.imap, self.wire = imap, wire
        self.session = Session(imap, wire)
        self.answered = 0
        self._queue: asyncio.Queue[_Received | None] = asyncio.Queue(_AHEAD)

    async def run(self) -> None:
        """Talk until the client leaves or is shown out. Raises ConnectionError when the line breaks."""
        self.wire.line("* OK Gimap ready for requests from 127.0.0.1 rehearsal")
        await self.wire.flush()
        reading = asyncio.create_task(self._read())
        try:
            await self._answer()
        except Ended:
            await self.wire.flush()
        finally:
            reading.cancel()

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                raw = await self.wire.read_command(self._queue)
                await self._queue.put(_Received(loop.time(), raw))
                if raw.upper().split(b" ")[1:2] and raw.upper().split(b" ")[1] in _TALKS:
                    await self._queue.join()
        except Malformed as error:
            await self._queue.put(_Received(loop.time(), b"", str(error)))
        except (asyncio.IncompleteReadError, OSError):
            await self._queue.put(None)

    async def _answer(self) -> None:
        while (received := await self._queue.get()) is not None:
            await self._wait(received.at)
            await self._one(received)
            await self.wire.flush()
            self._queue.task_done()
            self.answered += 1
            if self.answered == self.imap.limits.fail_after:
                self.wire.line(f"* BYE {rules.EXPIRED}")
                raise Ended

    async def _wait(self, since: float) -> None:
        """The delay of a line: it runs for all commands under way at once."""
        left = since + self.imap.latency - asyncio.get_running_loop().time()
        if left > 0:
            await asyncio.sleep(left)

    async def _one(self, received: _Received) -> None:
        if received.malformed:
            self._bye(received.malformed)
        log = self.imap.log
        tag = tag_of(received.raw)
        try:
            command = parse(received.raw)
            log.commands[command.name] += 1
            words = await self.session.execute(command)
        except Malformed as error:  # in a line that belongs to the command
            self._bye(str(error))
        except BadCommand as error:
            log.refusals["bad"] += 1
            words = f"BAD {error}"
        except Refused as error:
            words = f"NO {error}"
        except Exceeded:
            log.refusals["exceeded"] += 1
            self.wire.line(f"{tag} NO {self.imap.limits.exceeded}")
            self.wire.line(f"* BYE {self.imap.limits.exceeded}")
            raise Ended from None
        self.wire.line(f"{tag} {words}")
        if self.session.leaving:
            raise Ended

    def _bye(self, words: str) -> NoReturn:
        self.imap.log.refusals["bad"] += 1
        self.wire.line(f"* BYE {words}")
        raise Ended
