"""Sends the answers of a FETCH, with the faults that were ordered, until the day's bytes are used up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eccs_backup.rehearsal.mail.imap.fetch import Answers, flags, items, lot
from eccs_backup.rehearsal.mail.imap.folders import Folder, View
from eccs_backup.rehearsal.mail.imap.grammar import BadCommand, Command, Node, ranges
from eccs_backup.rehearsal.mail.imap.limits import NOT_FETCHED
from eccs_backup.rehearsal.mail.imap.outcomes import Ended, Exceeded, Refused
from eccs_backup.rehearsal.mail.imap.wire import Wire
from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message

if TYPE_CHECKING:
    from eccs_backup.rehearsal.mail.imap.server import Imap


@dataclass(frozen=True, slots=True)
class Opened:
    """A folder that a client has open."""

    mailbox: Mailbox
    folder: Folder
    view: View
    read_only: bool


class Delivery:
    """One FETCH or UID FETCH."""

    def __init__(self, imap: Imap, wire: Wire, opened: Opened) -> None:
        self.imap, self.wire, self.opened = imap, wire, opened
        self.mailbox, self.view = opened.mailbox, opened.view
        self.refused = 0

    async def run(self, command: Command) -> None:
        """Answer it, message by message. Raises BadCommand, Refused, Exceeded, Ended."""
        if len(command.arguments) != 2:
            raise BadCommand("Could not parse command")
        uid = command.name.startswith("UID")
        places = self._by_uid(command.arguments[0]) if uid else self._by_number(command.arguments[0])
        wanted = items(command.arguments[1], uid=uid)
        answers = Answers(self.mailbox, self.opened.folder, wanted, self.imap.seed, self.imap.faults.wrong_size)
        for place in places:
            if self.imap.exceeded(self.wire.address):
                raise Exceeded
            message = self.mailbox.messages.get(self.view.ids[place])
            if message is not None and not (answers.bodies and self._withheld(message)):
                self._send(answers, place, message)
            if self.wire.full:
                await self.wire.flush()
        if self.refused:
            self.imap.log.refusals["not_fetched"] += 1
            raise Refused(NOT_FETCHED)

    def _withheld(self, message: Message) -> bool:
        refused = message.id in self.imap.faults.refuse
        self.refused += refused
        return refused or message.id in self.imap.faults.vanish

    def _send(self, answers: Answers, place: int, message: Message) -> None:
        if answers.marks and not self.opened.read_only and "UNREAD" in message.labels:
            self._mark(place, message)
        head, literal, tail = answers.answer(place + 1, self.view.uids[place], message)
        if literal is None:
            self.wire.write(head)
        else:
            end = self.imap.faults.cut(len(head), len(literal))
            if end is not None:
                self.wire.write((head + literal)[:end])
                self.imap.log.refusals["cut"] += 1
                raise Ended
            self.wire.write(head, literal, tail)
            self.imap.log.messages_sent += answers.whole
        if self.imap.chatty:
            self._chat(message)

    def _mark(self, place: int, message: Message) -> None:
        """The body was asked for without PEEK: the message counts as read, and the client is told."""
        self.mailbox.relabel(message.id, remove=["UNREAD"])
        self.imap.log.flags_changed += 1
        self.wire.line(f"* {place + 1} FETCH (UID {self.view.uids[place]} FLAGS {flags(message)})")

    def _chat(self, message: Message) -> None:
        """What a server may say at any time: how many there are, and another message's flags."""
        turn = lot(message.id, self.imap.seed, 8)
        if turn == 1:
            self.wire.line(f"* {len(self.view.ids)} EXISTS")
        elif turn in (2, 3):
            other = self.mailbox.messages.get(self.view.ids[0])
            uid = f"UID {self.view.uids[0]} " if turn == 2 else ""
            if other is not None:
                self.wire.line(f"* 1 FETCH ({uid}FLAGS {flags(other)})")

    def _by_uid(self, text: Node) -> list[int]:
        return self.view.by_uid(ranges(text, self.view.uids[-1] if self.view.uids else 0))

    def _by_number(self, text: Node) -> list[int]:
        spans = ranges(text, max(len(self.view.ids), 1))
        if any(high > len(self.view.ids) for _, high in spans):
            raise BadCommand("Bad message sequence number")
        return self.view.by_number(spans)
