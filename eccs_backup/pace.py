"""The only module that limits: quota units per minute, spent and refilled."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

NO_LIMIT = 1e12
"""Units a minute that nobody can spend: only refusals slow such a bucket down."""


@dataclass(frozen=True)
class Pace:
    """A service's limits as data.

    `workers` connections fetch items, up to `lanes` more help with large files; `units_per_minute` is the documented
    ceiling, `prices` are units per operation.
    """

    workers: int
    lanes: int
    units_per_minute: float
    prices: Mapping[str, int]


class Bucket:
    """Quota units of one account at one service; shared by all threads.

    It starts with one minute's units and refills evenly. A refusal says that the service's own bucket is empty: ours
    is emptied too, and everybody waits as long as was asked (at least `PAUSE`). One refusal may be chance; each that
    follows within `PATIENCE` lowers the rate by a tenth, and each such time without one undoes one fall.
    """

    PAUSE = 0.5
    LONGEST = 60.0
    FALL = 0.9
    PATIENCE = 30.0
    LAG = 0.5
    """Seconds of refill that our bucket holds less than the service's: that one begins to refill only when our first
    request has arrived, and begins anew whenever it was full."""

    def __init__(
        self,
        pace: Pace,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._prices = pace.prices
        self._ceiling = self._rate = pace.units_per_minute / 60
        self._capacity = self._units = pace.units_per_minute - self.LAG * self._ceiling
        self._clock, self._sleep = clock, sleep
        self._filled = clock()
        self._judged = self._filled - self.PATIENCE
        self._lock = threading.Lock()

    @property
    def rate(self) -> float:
        """Units a second at which the bucket refills now."""
        return self._rate

    def spend(self, operation: str) -> None:
        """Take the price of `operation`, waiting until it is there. Each caller reserves its turn: nobody starves."""
        with self._lock:
            self._refill()
            self._units -= self._prices[operation]
            pause = -self._units / self._rate
        if pause > 0:
            self._sleep(pause)

    def lend(self, units: float) -> None:
        """So many units more than there are, once."""
        with self._lock:
            self._capacity += units
            self._units += units

    def refused(self, after: float | None = None) -> None:
        """The service said that its quota is spent, and asked for a pause of `after` seconds."""
        with self._lock:
            now = self._refill()
            if self.PAUSE < now - self._judged < self.PATIENCE:  # those of requests under way together are one refusal
                self._rate = max(self._ceiling / 50, self._rate * self.FALL)
            self._judged = now
            pause = min(self.LONGEST, max(after or 0.0, self.PAUSE))  # whoever was refused waits the rest by himself
            self._units = min(self._units, -pause * self._rate)

    def _refill(self) -> float:
        now = self._clock()
        self._units = min(self._capacity, self._units + (now - self._filled) * self._rate)
        self._filled = now
        if self._rate < self._ceiling and now - self._judged > self.PATIENCE:
            self._rate = min(self._ceiling, self._rate / self.FALL)
            self._judged = now
        return now
