"""Gmail: every message of a mailbox, its labels and its settings, by the road that is quickest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from hashlib import sha256
from itertools import chain
from typing import Any, ClassVar, Self, cast

from eccs_backup.errors import (
    BlockedByAdministrator,
    ItemError,
    Transient,
    Unavailable,
    Unfinished,
    Unusable,
    WrongAccount,
)
from eccs_backup.model import Facts, Item, Json, Kind, Obstacle
from eccs_backup.pace import Pace
from eccs_backup.retry import Patience
from eccs_backup.sources import Parcel, Row, Setup
from eccs_backup.sources.gmail import answers, items
from eccs_backup.sources.gmail.api_road import ApiRoad
from eccs_backup.sources.gmail.asking import Asking
from eccs_backup.sources.gmail.counts import COUNTS, Count, compare
from eccs_backup.sources.gmail.crossroads import Crossroads
from eccs_backup.sources.gmail.imap_road import SPENT, ImapRoad
from eccs_backup.sources.gmail.listing import KNOWN, MESSAGES, OUTDATED, STALE, Listing
from eccs_backup.sources.gmail.quota import AUTO, TODAY, Quota
from eccs_backup.sources.gmail.roads import Letter, Road
from eccs_backup.sources.gmail.settings import Settings

AT_FIRST = 4
"""Attempts before anything has been answered: a network that is down is said so after some seconds, not minutes."""
QUOTA = "quota"
NO_MAILBOX = (
    "Open https://mail.google.com with this account. If there is no mail, there is none to save; "
    "if there is, ask your administrator to let this program read it."
)


@dataclass(frozen=True)
class MailOptions:
    """What the person wants: only mail with one of `label`, without mail with one of `without_label` (names as Gmail
    shows them); `road` is one of crossroads.ROADS; `quota` is a table of prices (see quota.TABLES), or "auto"."""

    label: tuple[str, ...] = ()
    without_label: tuple[str, ...] = ()
    road: str = AUTO
    quota: str = AUTO


class Gmail:
    """One account's mailbox."""

    name: ClassVar[str] = "mail"

    def __init__(self, setup: Setup) -> None:
        wanted = {key: tuple(value) if isinstance(value, list) else value for key, value in setup.options.items()}
        self._options = MailOptions(**cast("dict[str, Any]", wanted))
        self._catalogue, self.halt = setup.catalogue, setup.halt
        remembered = self._catalogue.get(QUOTA, "table")
        table = self._options.quota
        if table == AUTO and remembered:
            table = str(remembered.description["name"])
        self._noted = table if remembered else None
        self._quota = Quota(table, sleep=self.halt.sleep)
        self._asking = Asking(setup.wire, setup.endpoint, self._quota, self.halt, AT_FIRST)
        try:
            request = self._asking.users.getProfile(userId="me")
            self._profile = self._asking.ask(request, "other", answers.profile)
        except Unavailable as error:  # 400 failedPrecondition: "Mail service not enabled"
            raise BlockedByAdministrator("Gmail has no mailbox for this account to show.", hint=NO_MAILBOX) from error
        except ItemError as error:
            raise Unfinished(f"Gmail does not open this mailbox: {error}", hint=error.hint) from error
        self._asking.attempts = Patience.attempts
        self._listing = Listing(self._asking, self._catalogue, setup.on_listed)
        self._settings = Settings(self._asking)
        self._crossroads = Crossroads(setup, self._asking, self._listing, self._settings, self.account)
        self._road: Road = ApiRoad(self._asking)
        self._listed = False
        self._left_out: dict[str, str] = {}
        self._learnt: dict[str, dict[str, Json]] = {}
        self._outdated = False
        self._spent = 0
        self._lost = False

    @classmethod
    def connect(cls, setup: Setup) -> Self:
        """Learn whose mailbox it is. Raises Stop: WrongAccount when it is not `setup.address`."""
        mail = cls(setup)
        if setup.address and mail.account.casefold() != setup.address.casefold():
            raise WrongAccount(f"{setup.address} was expected, but {mail.account} answered.")
        return mail

    @property
    def account(self) -> str:
        """The address of the mailbox."""
        return self._profile.address

    @property
    def pace(self) -> Pace:
        """Gmail's limits on the road that is taken."""
        return replace(TODAY, workers=self._road.workers)

    def items(self) -> Iterator[Item]:
        """Every message, and the settings; the first pass brings the catalogue up to date, later ones only read it."""
        if not self._listed:
            self._refresh()
            self._listed = True
        names = self._settings.names
        for name, found in self._settings.found.items():
            yield items.setting(self.name, name, found)
        for row, known in _joined(self._catalogue.rows(MESSAGES), self._catalogue.rows(KNOWN)):
            item = items.message(self.name, row, known, names)
            why = self._left_out.get(row.id)
            yield replace(item, obstacle=Obstacle(Kind.LEFT_OUT, why)) if why else item

    def bundles(self, pending: Iterator[Item]) -> Iterator[Sequence[Item]]:
        """Settings each by itself, as they come first; messages as the road has it."""
        for item in pending:
            if not item.format:
                yield from self._road.bundles(chain((item,), pending))
                return
            yield [item]

    def deliver(self, bundle: Sequence[Item]) -> Iterator[Parcel | tuple[Item, ItemError | Transient]]:
        """What was asked for, with its labels and its date as they are now."""
        if bundle[0].format:
            yield self._settings.parcel(bundle[0])
            return
        for each in self._road.deliver(bundle):
            yield self._parcel(each) if isinstance(each, Letter) else each

    def held(self, item: Item, facts: Facts) -> None:
        """The catalogue has lost a message that was saved: what was written down of it, its labels to be asked for."""
        if not item.format:
            self._catalogue.note(KNOWN, Row(item.key.id, {"labelIds": [], "internalDate": facts.get("internalDate")}))
            self._catalogue.note(STALE, OUTDATED)  # in the same commit: a kill must not hide it
            self._lost = True

    def freshen(self) -> bool:
        """Ask for the labels of messages that the catalogue had lost. Raises Stop."""
        if not self._lost:
            return False
        try:
            self._listing.relabel()
        except (ItemError, Transient) as error:
            raise Unfinished(f"Labels could not be asked for: {error}", hint=error.hint) from error
        self._lost = False
        return True

    def settled(self, item: Item) -> None:
        """Keep the labels and the date of a message that was saved; which prices hold; what IMAP has given today."""
        if learnt := self._learnt.pop(item.key.id, None):
            self._catalogue.note(KNOWN, Row(item.key.id, learnt))
            if not self._outdated:
                self._catalogue.note(COUNTS, OUTDATED)
                self._outdated = True
        if self._quota.found != self._noted and self._options.quota == AUTO and self._quota.found:
            self._noted = self._quota.found
            self._catalogue.note(QUOTA, Row("table", {"name": self._noted}))
        if isinstance(self._road, ImapRoad) and self._crossroads.budget.spent != self._spent:
            self._spent = self._crossroads.budget.spent
            self._catalogue.note(SPENT, self._crossroads.budget.row())

    def counts(self) -> list[Count]:
        """For every label, and for all messages, how many Gmail counts and how many are listed here. Raises Stop.

        Nothing is compared when mail was left out by choice: its labels are not known.
        """
        if self._left_out:
            return []
        joined = _joined(self._catalogue.rows(MESSAGES), self._catalogue.rows(KNOWN))
        labels = (_labels(known) for _, known in joined)
        state = f"{self._catalogue.token(MESSAGES)} {sha256(repr(self._settings.names).encode()).hexdigest()[:16]}"
        try:
            return compare(self._asking, self._catalogue, self._settings.names, labels, state)
        except (ItemError, Transient) as error:
            raise Unfinished(f"Gmail's own counts could not be had: {error}", hint=error.hint) from error

    def set_out(self, messages: int) -> str:
        """Choose the road for so many messages; why, in a sentence. Raises Stop."""
        self._road, why = self._crossroads.choose(self._options.road, messages)
        return why

    def _refresh(self) -> None:
        try:
            self._settings.refresh()
            self._listing.refresh(self._profile)
            self._left_out = self._chosen()
        except (ItemError, Transient) as error:
            raise Unfinished(f"The mailbox could not be listed: {error}", hint=error.hint) from error

    def _parcel(self, letter: Letter) -> Parcel:
        id = letter.item.key.id
        self._learnt[id] = {"labelIds": list(letter.labels), "internalDate": letter.date}
        row, known = Row(id, {"threadId": letter.thread}), Row(id, self._learnt[id])
        item = items.message(self.name, row, known, self._settings.names)
        return Parcel(item, letter.body, letter.proof)

    def _chosen(self) -> dict[str, str]:
        """Message id -> why it is left out."""
        options = self._options
        ids = {name: self._label(name) for name in (*options.label, *options.without_label)}
        only = {id for name in options.label for id in self._listing.ids(ids[name])}
        found: dict[str, str] = {}
        for name in options.without_label:
            found |= dict.fromkeys(self._listing.ids(ids[name]), f"--without-label {name}")
        if options.label:
            for row in self._catalogue.rows(MESSAGES):
                if row.id not in only:
                    found.setdefault(row.id, "not named by --label")
        return found

    def _label(self, name: str) -> str:
        """The id of the label that the person named; case does not count, unless only it tells two labels apart."""
        known = {label: id for id, label in self._settings.names.items()}
        if id := known.get(name):
            return id
        alike = [label for label in known if label.casefold() == name.casefold()]
        if len(alike) == 1:
            return known[alike[0]]
        if alike:
            raise Unusable(f"Which label is '{name}'?", hint=f"Write it exactly: {', '.join(alike)}.")
        near = get_close_matches(name, known, 3, 0.5) or sorted(known)[:20]
        raise Unusable(f"There is no label '{name}'.", hint=f"Labels are, for example: {', '.join(near)}.")


def _labels(known: Row | None) -> list[str]:
    held = known.description.get("labelIds") if known else None
    return [str(each) for each in held] if isinstance(held, list) else []


def _joined(rows: Iterator[Row], others: Iterator[Row]) -> Iterator[tuple[Row, Row | None]]:
    """Each row with the other of its id, if there is one; both come by id."""
    other = next(others, None)
    for row in rows:
        while other is not None and other.id < row.id:
            other = next(others, None)
        yield row, other if other is not None and other.id == row.id else None
