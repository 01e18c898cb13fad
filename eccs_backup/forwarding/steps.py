"""How forwarding stands, what is wished for, and the step that comes next: pure, each case one line of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from eccs_backup.model import Json

ACCEPTED, PENDING = "accepted", "pending"


class Keep(StrEnum):
    """What becomes of the copy in the old mailbox: Gmail's word for it.
    https://developers.google.com/workspace/gmail/api/reference/rest/v1/AutoForwarding#Disposition"""

    INBOX = "leaveInInbox"
    ARCHIVE = "archive"
    TRASH = "trash"
    READ = "markRead"


@dataclass(frozen=True)
class Filter:
    """A filter that forwards: its id, its criteria as Gmail's API has them, and where it forwards to."""

    id: str
    criteria: Mapping[str, Json]
    to: str


@dataclass(frozen=True)
class Standing:
    """What the service says. `addresses` are forwarding addresses with their verification, `to` and `keep` are of
    forward-all when it is on. `blocked`: the administrator has switched forwarding off."""

    addresses: Mapping[str, str] = field(default_factory=dict)
    on: bool = False
    to: str | None = None
    keep: str | None = None
    filters: tuple[Filter, ...] = ()
    blocked: bool = False


@dataclass(frozen=True)
class Wish:
    """What the person wants. `by_filter`: by a filter that takes in everything, instead of forward-all; `instead`: the
    person has agreed that it takes the place of another address; `delegated`: we may do all of it ourselves."""

    to: str
    keep: Keep | None = None
    by_filter: bool = False
    instead: bool = False
    delegated: bool = False


class Step(Enum):
    """What comes next."""

    ON = "forward-all is on"
    ON_BY_FILTER = "a filter forwards everything"
    BLOCKED = "the administrator has switched forwarding off"
    ELSEWHERE = "mail is forwarded to another address: ask"
    CANCELLED = "the request was cancelled by the wrong link, or the address was removed"
    ADD = "add the address"
    ASK_TO_ADD = "the person adds the address in the browser"
    AWAIT = "the person accepts at the destination"
    SWITCH_ON = "switch forward-all on"
    ASK_TO_SWITCH_ON = "the person switches forward-all on in the browser"
    FILTER = "make the filter"


ENDS = frozenset({Step.ON, Step.ON_BY_FILTER, Step.BLOCKED, Step.ELSEWHERE, Step.CANCELLED})


def decide(now: Standing, wish: Wish, pending_seen: bool = False) -> Step:
    """The next step. `pending_seen` says that the address was waiting for its acceptance earlier in this run."""
    if now.blocked:
        return Step.BLOCKED
    address = _status(now, wish.to)
    if now.on and same(now.to, wish.to) and address == ACCEPTED:
        if wish.keep in (None, now.keep):
            return Step.ON
        return Step.SWITCH_ON if wish.delegated else Step.ASK_TO_SWITCH_ON
    if now.on and not same(now.to, wish.to) and not wish.instead and not wish.by_filter:
        return Step.ELSEWHERE
    if wish.by_filter and address == ACCEPTED and forwards_all(now, wish.to):
        return Step.ON_BY_FILTER
    if address is None and pending_seen:
        return Step.CANCELLED
    if address is None:
        return Step.ADD if wish.delegated else Step.ASK_TO_ADD
    if address != ACCEPTED:
        return Step.AWAIT
    if wish.by_filter:
        return Step.FILTER
    return Step.SWITCH_ON if wish.delegated else Step.ASK_TO_SWITCH_ON


def forwarded(now: Standing, to: str) -> bool:
    """Whether mail is being forwarded to that address now, in whichever way."""
    if now.blocked:
        return False
    return _status(now, to) == ACCEPTED and ((now.on and same(now.to, to)) or forwards_all(now, to))


def forwards_all(now: Standing, to: str) -> bool:
    """Whether a filter takes in all mail and forwards it to that address."""
    return any(same(each.to, to) and takes_in_all(each.criteria) for each in now.filters)


def works(now: Standing, each: Filter) -> bool:
    """Whether a filter forwards what it takes in: only to an address that is accepted."""
    return not now.blocked and _status(now, each.to) == ACCEPTED


ALL_MAIL: tuple[Mapping[str, Json], ...] = (
    {"size": 1, "sizeComparison": "larger"},
    {"query": "larger:1"},
    {"query": "-is:chat"},
)
"""Criteria that every message meets, the likeliest first: which of them Gmail takes has to be tried."""


def takes_in_all(criteria: Mapping[str, Json]) -> bool:
    """Whether these criteria are ones that every message meets; what Gmail adds by itself is passed over."""
    told = {name: value for name, value in criteria.items() if value not in (None, False, "", 0)}
    return any(told == dict(each) for each in ALL_MAIL)


def same(one: str | None, other: str | None) -> bool:
    """Whether two addresses are one: Gmail passes over case, but "ß" is not "ss"."""
    return one is not None and other is not None and one.lower() == other.lower()


def _status(now: Standing, to: str) -> str | None:
    return next((status for address, status in now.addresses.items() if same(address, to)), None)
