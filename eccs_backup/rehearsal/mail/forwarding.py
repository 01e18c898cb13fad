"""Forwarding addresses and the forwarding of all mail: their state, and what a person does with them by hand.

https://developers.google.com/workspace/gmail/api/guides/forwarding_settings
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from eccs_backup.rehearsal.ledger import World
from eccs_backup.rehearsal.mail import filters
from eccs_backup.rehearsal.mail.confirmation import Confirmation, mail
from eccs_backup.rehearsal.mail.mailbox import Mailbox
from eccs_backup.rehearsal.mail.question import Question, not_found
from eccs_backup.rehearsal.mail.sending import PostOffice
from eccs_backup.rehearsal.mail.settings import Row, rows, setting
from eccs_backup.rehearsal.things import Json

REAL = "https://mail-settings.google.com"
DISPOSITIONS = ("leaveInInbox", "markRead", "archive", "trash")
SETTINGS = "gmail.users.settings."
ADDRESSES = SETTINGS + "forwardingAddresses."
ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")


class NotPossible(ValueError):
    """What the settings page does not let a person do; the argument is what it says."""


@dataclass(slots=True)
class _Waiting:
    """Something that the person does once the program has looked often enough."""

    mailbox: Mailbox
    looks: frozenset[str]
    """The methods that count as looking."""
    left: int
    ready: Callable[[], bool]
    act: Callable[[], None]


class _Asked(NamedTuple):
    mailbox: Mailbox
    to: str
    confirmation: Confirmation


class Forwarding:
    """The forwarding of every mailbox in a world; the state itself is in the mailboxes' settings."""

    def __init__(self, world: World, office: PostOffice) -> None:
        self.world, self.office = world, office
        self.origin = REAL
        """Where the links in confirmation mails lead to, unless a request said how the server is reached."""
        self._asked: list[_Asked] = []
        self._waiting: list[_Waiting] = []

    def add_by_hand(self, address: str, to: str, origin: str | None = None) -> str:
        """Add a forwarding address as a person does on the page; what is its state now.

        The confirmation mail goes out, unless the address is of the same organisation or the person's own.
        `origin` begins the links in it. Raises NotPossible.
        """
        mailbox = self.world.mail[address]
        self._by_hand()
        if not ADDRESS.fullmatch(to):
            raise NotPossible("Please enter a valid email address.")
        if self.knows(mailbox, to):
            raise NotPossible("This forwarding address has been added already.")
        return str(self.add(mailbox, to, origin)["verificationStatus"])

    def accept(self, address: str = "", to: str | None = None, *, after_polls: int = 0) -> None:
        """Whoever reads the confirmation mail agrees: now, or once the addresses were listed or got so often.

        `to` None is every address that waits. The first `after_polls` answers after that address was added still say
        pending; it may be added later than this is called.
        """
        mailbox = self._mailbox(address)

        def pending() -> list[Row]:
            return [row for row in rows(mailbox, "forwardingAddresses") if _waits(row, to)]

        def act() -> None:
            for row in pending():
                row["verificationStatus"] = "accepted"

        looks = frozenset({ADDRESSES + "list", ADDRESSES + "get"})
        self._later(_Waiting(mailbox, looks, after_polls, lambda: bool(pending()), act))

    def switch_on(self, address: str, to: str, disposition: str = "leaveInInbox", *, after_polls: int = 0) -> None:
        """Forward all mail from now on, or once the setting was got so often since the address was accepted.

        Raises NotPossible when it is to be now and cannot be.
        """
        mailbox = self._mailbox(address)
        if disposition not in DISPOSITIONS:
            raise ValueError(disposition)
        if not after_polls:
            self._by_hand()
            if not filters.accepted(mailbox, to):
                raise NotPossible("Please choose a forwarding address.")

        def act() -> None:
            found = self.row(mailbox, to)["forwardingEmail"]
            auto: Row = {"enabled": True, "emailAddress": found, "disposition": disposition}
            mailbox.settings["autoForwarding"] = auto

        looks = frozenset({SETTINGS + "getAutoForwarding"})
        self._later(_Waiting(mailbox, looks, after_polls, lambda: filters.accepted(mailbox, to), act))

    def switch_off(self, address: str) -> None:
        """Forward no longer everything; filters go on."""
        self._by_hand()
        self._mailbox(address).settings["autoForwarding"] = {"enabled": False}

    def remove(self, address: str, to: str) -> None:
        """Remove a forwarding address; all mail is no longer forwarded to it."""
        self._by_hand()
        self.drop(self._mailbox(address), to)

    def confirmations(self, address: str) -> list[Confirmation]:
        """The confirmation mails that were sent for a mailbox and are still of use, oldest first."""
        mailbox = self._mailbox(address)
        return [asked.confirmation for asked in self._asked if asked.mailbox is mailbox]

    def asked(self, token: str) -> tuple[str, str] | None:
        """Which mailbox would forward, and to where, by either link of a confirmation mail; None when it is void."""
        found = self._by_token(token)
        return None if found is None else (found.mailbox.address, found.to)

    def confirm(self, token: str) -> bool:
        """The button behind the link that agrees; False when the link is void."""
        found = self._by_token(token)
        if found is None or token != found.confirmation.agree:
            return False
        self.accept(found.mailbox.address, found.to)
        return True

    def confirm_code(self, address: str, to: str, code: str) -> bool:
        """The number typed into the settings page; False when it is wrong."""
        mailbox = self._mailbox(address)
        for asked in self._asked:
            if asked.mailbox is mailbox and asked.to.lower() == to.lower() and asked.confirmation.code == code.strip():
                self.accept(address, to)
                return True
        return False

    def cancel(self, token: str) -> bool:
        """The link that refuses: the address disappears; False when the link is void."""
        found = self._by_token(token)
        if found is None or token != found.confirmation.refuse:
            return False
        self.drop(found.mailbox, found.to)
        return True

    def add(self, mailbox: Mailbox, to: str, origin: str | None) -> Row:
        """Add an address that is new, and send the confirmation mail if there has to be one."""
        own = _belongs(mailbox, to)
        row: Row = {"forwardingEmail": to, "verificationStatus": "accepted" if own else "pending"}
        with mailbox.lock:
            rows(mailbox, "forwardingAddresses").append(row)
        if not own:
            token = secrets.token_urlsafe
            code = f"{secrets.randbelow(900_000_000) + 100_000_000}"
            confirmation = Confirmation(code, "vf-" + token(32), "uf-" + token(32))
            self._asked.append(_Asked(mailbox, to, confirmation))
            japanese = str(setting(mailbox, "language").get("displayLanguage", "")).startswith("ja")
            self.office.carry(to, mail(mailbox.address, to, confirmation, origin or self.origin, japanese=japanese))
        return dict(row)

    def drop(self, mailbox: Mailbox, to: str) -> None:
        """Remove an address; links that were sent for it are void, and all mail goes there no longer."""
        with mailbox.lock:
            held = rows(mailbox, "forwardingAddresses")
            held[:] = [row for row in held if str(row["forwardingEmail"]).lower() != to.lower()]
            if str(setting(mailbox, "autoForwarding").get("emailAddress") or "").lower() == to.lower():
                mailbox.settings["autoForwarding"] = {"enabled": False}
        self._asked = [one for one in self._asked if one.mailbox is not mailbox or one.to.lower() != to.lower()]

    def knows(self, mailbox: Mailbox, to: str) -> bool:
        """Whether an address was added, whatever its state."""
        return any(str(row["forwardingEmail"]).lower() == to.lower() for row in rows(mailbox, "forwardingAddresses"))

    def row(self, mailbox: Mailbox, to: str) -> Row:
        """What the API shows of an address. Raises `Refused` (404)."""
        for row in rows(mailbox, "forwardingAddresses"):
            if str(row["forwardingEmail"]).lower() == to.lower():
                return row
        raise not_found()

    def _mailbox(self, address: str) -> Mailbox:
        return self.world.mail[address or self.world.person.address]

    def _by_token(self, token: str) -> _Asked | None:
        return next((one for one in self._asked if token in (one.confirmation.agree, one.confirmation.refuse)), None)

    def _by_hand(self) -> None:
        if self.office.disabled:
            raise NotPossible("Forwarding has been switched off by your administrator.")

    def _later(self, waiting: _Waiting) -> None:
        if not waiting.left:
            if waiting.ready():
                waiting.act()
        else:
            self._waiting.append(waiting)

    def look(self, question: Question) -> None:
        """A program looks at the state, which may be what the person waited for."""
        for waiting in list(self._waiting):
            if waiting.mailbox is not question.mailbox or question.method not in waiting.looks or not waiting.ready():
                continue
            if waiting.left:
                waiting.left -= 1
            else:
                self._waiting.remove(waiting)
                waiting.act()


def _waits(row: Row, to: str | None) -> bool:
    named = to is None or str(row["forwardingEmail"]).lower() == to.lower()
    return named and row.get("verificationStatus") == "pending"


def _belongs(mailbox: Mailbox, to: str) -> bool:
    """Whether an address needs no confirmation: the person's own, or of the same domain or one below it."""
    aliases = [str(row["sendAsEmail"]).lower() for row in rows(mailbox, "sendAs") if _proven(row)]
    domain, own = to.lower().rpartition("@")[2], mailbox.address.lower().rpartition("@")[2]
    return to.lower() in aliases or domain == own or domain.endswith("." + own)


def _proven(row: Mapping[str, Json]) -> bool:
    return bool(row.get("isPrimary")) or row.get("verificationStatus") == "accepted"
