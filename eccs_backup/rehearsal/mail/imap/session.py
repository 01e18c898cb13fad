"""What one client may ask in which state: signing in, opening a folder, asking, leaving."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from eccs_backup.rehearsal.mail.imap import folders, listing, signin
from eccs_backup.rehearsal.mail.imap import limits as rules
from eccs_backup.rehearsal.mail.imap.delivery import Delivery, Opened
from eccs_backup.rehearsal.mail.imap.folders import Folder, View
from eccs_backup.rehearsal.mail.imap.grammar import BadCommand, Command, Node
from eccs_backup.rehearsal.mail.imap.outcomes import Exceeded, Refused
from eccs_backup.rehearsal.mail.imap.search import Question
from eccs_backup.rehearsal.mail.imap.wire import Wire
from eccs_backup.rehearsal.mail.mailbox import Mailbox

if TYPE_CHECKING:
    from eccs_backup.rehearsal.mail.imap.server import Imap

BEFORE = "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 SASL-IR AUTH=XOAUTH2 AUTH=OAUTHBEARER"
"""https://github.com/jstedfast/MailKit/issues/1396 shows both lists; here without the mechanisms for passwords."""
AFTER = (
    "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS ENABLE MOVE CONDSTORE ESEARCH "
    "UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584"
)
"""Without COMPRESS=DEFLATE, which is not spoken here."""
_FLAGS = "\\Answered \\Flagged \\Draft \\Deleted \\Seen $NotPhishing $Phishing"
_QUIET = ("FETCH", "SEARCH", "UID FETCH", "UID SEARCH")
"""No message may disappear while these are answered. RFC 3501, 7.4.1"""


class Session:
    """A client's state: who it is, and which folder it has open."""

    def __init__(self, imap: Imap, wire: Wire) -> None:
        self.imap, self.wire = imap, wire
        self.mailbox: Mailbox | None = None
        self.folder: Folder | None = None
        self.view = View([], [], 1)
        self.read_only = True
        self.leaving = False

    async def execute(self, command: Command) -> str:
        """Do it; the words of the tagged answer. Raises BadCommand, Refused, Exceeded, Ended."""
        method = _COMMANDS.get(command.name)
        if method is None:
            raise BadCommand(f"Unknown command {command.name}")
        if command.name not in _ANYONE and self.mailbox is None:
            raise BadCommand(f"{command.name} not allowed before signing in")
        if command.name in _OPENED and self.folder is None:
            raise BadCommand(f"{command.name} not allowed without an open folder")
        if command.name != "LOGOUT" and self.imap.exceeded(self.wire.address):
            raise Exceeded
        words = await method(self, command)
        if self.folder is not None and command.name not in _QUIET:
            self._news()
        return words

    async def capability(self, command: Command) -> str:
        """What is offered now."""
        self._no_arguments(command)
        self.wire.line(f"* CAPABILITY {AFTER if self.mailbox else BEFORE}")
        return "OK Thats all she wrote! rehearsal"

    async def identify(self, command: Command) -> str:
        """ID. RFC 2971"""
        self.wire.line('* ID ("name" "GImap" "vendor" "Google, Inc." "remote-host" "127.0.0.1")')
        return "OK Success"

    async def noop(self, command: Command) -> str:
        """NOOP and CHECK."""
        self._no_arguments(command)
        return "OK Success"

    async def logout(self, command: Command) -> str:
        """LOGOUT."""
        self._no_arguments(command)
        self.wire.line("* BYE LOGOUT Requested")
        self.leaving = True
        return "OK 73 good day (Success)"

    async def namespace(self, command: Command) -> str:
        """NAMESPACE. RFC 2342"""
        self._no_arguments(command)
        self.wire.line('* NAMESPACE (("" "/")) NIL NIL')
        return "OK Success"

    async def enable(self, command: Command) -> str:
        """ENABLE: nothing is switched on, and UTF8=ACCEPT is refused, as names stay in modified UTF-7."""
        if "UTF8=ACCEPT" in [str(each).upper() for each in command.arguments]:
            raise Refused("[CANNOT] UTF8=ACCEPT is not spoken here (Failure)")
        self.wire.line("* ENABLED")
        return "OK Success"

    async def authenticate(self, command: Command) -> str:
        """AUTHENTICATE with an access token, in one line (SASL-IR) or in two."""
        mechanism = str(command.arguments[0]).upper() if command.arguments else ""
        if self.mailbox is not None or mechanism not in signin.MECHANISMS or len(command.arguments) > 2:
            raise BadCommand("Unknown SASL mechanism" if self.mailbox is None else "Already signed in")
        if len(command.arguments) == 2:
            answer = str(command.arguments[1]).encode("utf-8", "surrogateescape")
        else:
            answer = await self._asked(b"")
        claimed = signin.claim(mechanism, answer)
        if claimed is None:
            raise BadCommand("Invalid SASL argument. rehearsal")
        limits, log = self.imap.limits, self.imap.log
        address = signin.person(self.imap.world, self.imap.grants, limits.scope_needed, *claimed)
        if address is None:
            log.refusals["credentials"] += 1
            await self._asked(signin.challenge(limits.scope_needed))
            raise Refused(rules.WRONG_CREDENTIALS)
        try:
            signin.admit(address, limits, log)
        except signin.Denied as denied:
            log.refusals[denied.kind] += 1
            raise Refused(denied.words) from denied
        self.mailbox, self.wire.address = self.imap.world.mail[address], address
        self.wire.line(f"* CAPABILITY {AFTER}")
        return f"OK {address} authenticated (Success)"

    async def list_folders(self, command: Command) -> str:
        """LIST, LSUB and XLIST."""
        mailbox = self._mailbox()
        wish = listing.wish(command.arguments)
        for line in listing.lines(mailbox, folders.folders(mailbox, self.imap.language), wish, command.name):
            self.wire.line(line)
        return "OK Success"

    async def status(self, command: Command) -> str:
        """STATUS."""
        if len(command.arguments) != 2:
            raise BadCommand("Could not parse command")
        folder, wanted = self._find(command.arguments[0]), listing.status_items(command.arguments[1])
        self.wire.line(listing.status(folder, folders.view(self._mailbox(), folder), wanted, self._mailbox()))
        return "OK Success"

    async def select(self, command: Command) -> str:
        """SELECT and EXAMINE."""
        self.folder = None
        if len(command.arguments) != 1:
            raise BadCommand("Could not parse command")
        folder = self._find(command.arguments[0])
        self.view = folders.view(self._mailbox(), folder)
        self.read_only = command.name == "EXAMINE"
        permanent = "" if self.read_only else f"{_FLAGS} \\*"
        for line in (
            f"FLAGS ({_FLAGS})",
            f"OK [PERMANENTFLAGS ({permanent})] Flags permitted.",
            f"OK [UIDVALIDITY {folder.validity}] UIDs valid.",
            f"{len(self.view.ids)} EXISTS",
            "0 RECENT",
            f"OK [UIDNEXT {self.view.next}] Predicted next UID.",
        ):
            self.wire.line(f"* {line}")
        self.folder = folder
        mode = "READ-ONLY" if self.read_only else "READ-WRITE"
        return f"OK [{mode}] {folder.spelled} selected. (Success)"

    async def unselect(self, command: Command) -> str:
        """CLOSE and UNSELECT; nothing is ever marked as deleted here, so they do the same."""
        self._no_arguments(command)
        self.folder = None
        return "OK Returned to authenticated state. (Success)"

    async def idle(self, command: Command) -> str:
        """IDLE: waits for DONE. RFC 2177"""
        self._no_arguments(command)
        if (await self._asked(b"idling")).upper() != b"DONE":
            raise BadCommand("Expected DONE")
        return "OK IDLE terminated (Success)"

    async def search(self, command: Command) -> str:
        """SEARCH and UID SEARCH, with or without RETURN."""
        question = Question(self._mailbox(), self.view, command.arguments)
        uid = command.name.startswith("UID")
        found = [self.view.uids[place] if uid else place + 1 for place in question.positions()]
        self.wire.line(question.answer(found, command.tag, uid=uid))
        return "OK SEARCH completed (Success)"

    async def fetch(self, command: Command) -> str:
        """FETCH and UID FETCH."""
        assert self.folder is not None
        opened = Opened(self._mailbox(), self.folder, self.view, self.read_only)
        await Delivery(self.imap, self.wire, opened).run(command)
        return "OK Success"

    def _news(self) -> None:
        """Tell what left the open folder and what came."""
        assert self.folder is not None
        before, self.view = self.view, folders.view(self._mailbox(), self.folder)
        if before is self.view:
            return
        now = set(self.view.uids)
        for place in reversed(range(len(before.uids))):
            if before.uids[place] not in now:
                self.wire.line(f"* {place + 1} EXPUNGE")
        self.wire.line(f"* {len(self.view.ids)} EXISTS")

    async def _asked(self, words: bytes) -> bytes:
        self.wire.write(b"+ ", words, b"\r\n")
        await self.wire.flush()
        line = await self.wire.read_line()
        await asyncio.sleep(self.imap.latency)
        return line

    def _find(self, name: Node) -> Folder:
        if not isinstance(name, str):
            raise BadCommand("Could not parse command")
        found = folders.find(self._mailbox(), self.imap.language, name)
        if found is None:
            raise Refused(f"[NONEXISTENT] Unknown Mailbox: {name} (Failure)")
        return found

    def _mailbox(self) -> Mailbox:
        assert self.mailbox is not None
        return self.mailbox

    def _no_arguments(self, command: Command) -> None:
        if command.arguments:
            raise BadCommand("Could not parse command")


_Method = Callable[[Session, Command], Awaitable[str]]
_ANYONE: dict[str, _Method] = {
    "CAPABILITY": Session.capability, "ID": Session.identify, "NOOP": Session.noop, "LOGOUT": Session.logout,
    "AUTHENTICATE": Session.authenticate,
}  # fmt: skip
_OPENED: dict[str, _Method] = {
    "CLOSE": Session.unselect, "UNSELECT": Session.unselect, "CHECK": Session.noop, "SEARCH": Session.search,
    "UID SEARCH": Session.search, "FETCH": Session.fetch, "UID FETCH": Session.fetch,
}  # fmt: skip
_COMMANDS: dict[str, _Method] = {
    **_ANYONE, **_OPENED, "NAMESPACE": Session.namespace, "ENABLE": Session.enable, "IDLE": Session.idle,
    "LIST": Session.list_folders, "LSUB": Session.list_folders, "XLIST": Session.list_folders, "STATUS": Session.status,
    "SELECT": Session.select, "EXAMINE": Session.select,
}  # fmt: skip
