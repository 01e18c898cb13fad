"""What Gmail's methods cost, by two price lists, and the bucket of units that each person has.

https://developers.google.com/workspace/gmail/api/reference/quota
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from eccs_backup.rehearsal.quota import Quota
from eccs_backup.rehearsal.things import Json

_USERS = "gmail.users."
_CONCURRENT = 10


@dataclass(frozen=True, slots=True)
class PriceList:
    """Units for each person and minute, and units for each call; methods are named without `gmail.users.`."""

    per_minute: int
    calls: Mapping[str, int]

    def price(self, method: str) -> int:
        """Units that one call of a method costs, for instance `gmail.users.messages.get`."""
        name = method.removeprefix(_USERS)
        if name in self.calls:
            return self.calls[name]
        action = name.rpartition(".")[2]
        return 1 if action.startswith(("get", "list")) else 5


_BOTH = {
    "drafts.list": 5,
    "drafts.create": 10,
    "drafts.update": 15,
    "drafts.delete": 10,
    "drafts.send": 100,
    "history.list": 2,
    "messages.batchDelete": 50,
    "messages.batchModify": 50,
    "messages.import": 25,
    "messages.insert": 25,
    "messages.list": 5,
    "messages.send": 100,
    "settings.delegates.create": 100,
    "settings.forwardingAddresses.create": 100,
    "settings.sendAs.create": 100,
    "settings.sendAs.update": 100,
    "settings.sendAs.patch": 100,
    "settings.sendAs.verify": 100,
    "stop": 50,
    "threads.list": 10,
    "watch": 100,
}
LISTS: Mapping[str, PriceList] = {
    "2026": PriceList(
        6_000,
        _BOTH
        | {
            "drafts.get": 20,
            "messages.attachments.get": 20,
            "messages.delete": 20,
            "messages.get": 20,
            "messages.trash": 20,
            "messages.untrash": 20,
            "threads.delete": 40,
            "threads.get": 40,
            "threads.modify": 10,
            "threads.trash": 40,
            "threads.untrash": 40,
        },
    ),
    "older": PriceList(
        15_000,
        _BOTH
        | {
            "drafts.get": 5,
            "messages.attachments.get": 5,
            "messages.delete": 10,
            "messages.get": 5,
            "threads.delete": 20,
            "threads.get": 10,
            "threads.modify": 10,
            "threads.trash": 10,
            "threads.untrash": 10,
        },
    ),
}
"""`2026` is for projects made since 1 May 2026, `older` for those that used the API before."""


class MailQuota(Quota):
    """The bucket of each person, how many of their requests may be under way at once, and how often what was asked."""

    def __init__(
        self,
        prices: str = "2026",
        *,
        limits: bool = True,
        reason: str = "rateLimitExceeded",
        concurrent: int = _CONCURRENT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.prices = LISTS[prices]
        super().__init__(self.prices.per_minute, limits=limits, reason=reason, clock=clock)
        self.concurrent = concurrent
        """Requests of one person under way at once, at most. https://github.com/gauteh/lieer"""
        self.methods: Counter[str] = Counter()
        """Calls of each method that were served."""
        self.too_many = 0
        """Requests and calls in batches refused because too many were under way."""
        self.most = 0
        """The most requests of one person that were under way together."""
        self._under_way: Counter[str] = Counter()

    def charge(self, person: str, method: str) -> bool:
        """Pay for one call; False when there is not enough."""
        if not self.take(person, self.prices.price(method)):
            return False
        with self._lock:
            self.methods[method] += 1
        return True

    def enter(self, person: str) -> bool:
        """One request more is under way; False when that is one too many, and then it is not counted in."""
        with self._lock:
            if self._under_way[person] >= self.concurrent:
                self.too_many += 1
                return False
            self._under_way[person] += 1
            self.most = max(self.most, self._under_way[person])
            return True

    def leave(self, person: str) -> None:
        """One request less."""
        with self._lock:
            self._under_way[person] -= 1

    def crowded(self) -> None:
        """Count a call in a batch that was refused because too many ran together."""
        with self._lock:
            self.too_many += 1

    def clear(self) -> None:
        """Counters to zero and buckets full; what is under way stays so."""
        super().clear()
        with self._lock:
            self.methods.clear()
            self.too_many = self.most = 0

    def state(self) -> Mapping[str, Json]:
        """The counters, for reading from outside."""
        with self._lock:
            methods: dict[str, Json] = dict(sorted(self.methods.items()))
        return {**super().state(), "too_many": self.too_many, "most": self.most, "methods": methods}
