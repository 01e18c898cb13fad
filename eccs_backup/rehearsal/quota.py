"""Quotas kept per person, each a bucket that refills all the time, and what Drive's methods cost in 2026.

https://developers.google.com/workspace/drive/api/guides/limits
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from eccs_backup.rehearsal.things import Json

PER_MINUTE = 325_000
LIST, DOWNLOAD, EDIT, OTHER = 100, 200, 50, 5


def price(method: str, media: bool) -> int:
    """Units that one call of a method costs, for instance `drive.files.list`."""
    action = method.rpartition(".")[2]
    if media or method in ("drive.files.export", "drive.files.download"):
        return DOWNLOAD
    if action == "list":
        return LIST
    return EDIT if action in ("create", "update", "delete", "copy") else OTHER


class Quota:
    """`capacity` units per person, refilled evenly within a minute. Counts even when it does not limit."""

    def __init__(
        self,
        capacity: float = PER_MINUTE,
        *,
        limits: bool = True,
        reason: str = "userRateLimitExceeded",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.capacity = capacity
        self.limits = limits
        self.reason = reason
        """How it refuses: `userRateLimitExceeded` (403) or `rateLimitExceeded` (429)."""
        self._clock = clock
        self._lock = threading.Lock()
        self._levels: dict[str, tuple[float, float]] = {}
        self.spent = 0
        """Units of the calls that were served."""
        self.served = 0
        """Calls served."""
        self.refused = 0
        """Calls refused because the bucket was too low."""

    def take(self, person: str, units: int) -> bool:
        """Pay for one call; False when there is not enough, and then nothing is taken."""
        with self._lock:
            if self.limits and not self._pay(person, units):
                self.refused += 1
                return False
            self.spent += units
            self.served += 1
            return True

    def _pay(self, person: str, units: int) -> bool:
        now = self._clock()
        level, then = self._levels.get(person, (self.capacity, now))
        level = min(self.capacity, level + (now - then) * self.capacity / 60)
        enough = level >= units
        self._levels[person] = (level - units if enough else level, now)
        return enough

    def clear(self) -> None:
        """Counters to zero and buckets full."""
        with self._lock:
            self.spent = self.served = self.refused = 0
            self._levels.clear()

    def state(self) -> Mapping[str, Json]:
        """The counters, for reading from outside."""
        return {
            "spent": self.spent,
            "served": self.served,
            "refused": self.refused,
            "capacity": self.capacity,
        }
