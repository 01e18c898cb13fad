"""How forwarding stands, what is wished for, and the step that comes next: pure, each case one line of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from eccs_backup.forwarding.addresses import same
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
    """A filter that forwards: its id, its criteria as Gmail's API has them, where it forwards to, and what else it does
    (the API's words)."""

    id: str
    criteria: Mapping[str, Json]
    to: str
    more: tuple[str, ...] = ()

    def __str__(self) -> str:
        """What it takes in, what else it does, and where to."""
        taken = " ".join(f"{name}:{value}" for name, value in self.criteria.items())
        return f"[{taken}] -> {', '.join((self.to, *self.more))}"


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
    if address == ACCEPTED and forwards_all(now, wish.to) and wish.keep is None:
        return Step.ON_BY_FILTER
    if now.on and not same(now.to, wish.to) and not wish.instead and not wish.by_filter:
        return Step.ELSEWHERE
    if address is None and pending_seen:
        return Step.CANCELLED
    if address is None:
        return Step.ADD if wish.delegated else Step.ASK_TO_ADD
    if address != ACCEPTED:
        return Step.AWAIT
    if wish.by_filter:
        return Step.FILTER
    return Step.SWITCH_ON if wish.delegated else Step.ASK_TO_SWITCH_ON


def goes_to(now: Standing) -> list[str]:
    """Where all mail is being forwarded to now, by forward-all or by a filter; each address once."""
    found: list[str] = [now.to] if now.on and now.to else []
    found += [each.to for each in now.filters if takes_in_all(each.criteria)]
    working = [to for to in found if not now.blocked and _status(now, to) == ACCEPTED]
    return [to for place, to in enumerate(working) if not any(same(to, each) for each in working[:place])]


def forwarded(now: Standing, to: str) -> bool:
    """Whether all mail is being forwarded to that address now, in whichever way."""
    return any(same(each, to) for each in goes_to(now))


def some_goes_to(now: Standing, to: str) -> list[Filter]:
    """The working filters that forward only some mail to that address."""
    return [each for each in now.filters if same(each.to, to) and works(now, each) and not takes_in_all(each.criteria)]


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
    told = {name: value for name, value in criteria.items() if value not in (None, False, "", 0, "unspecified")}
    return any(told == dict(each) for each in ALL_MAIL)


def _status(now: Standing, to: str) -> str | None:
    return next((status for address, status in now.addresses.items() if same(address, to)), None)
