"""Gmail's units: two tables of prices, and finding out which of them applies to the person's client."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from eccs_backup.pace import NO_LIMIT, Bucket, Pace

TODAY = Pace(
    workers=10,
    lanes=0,
    units_per_minute=6_000,
    prices={"get": 20, "list": 5, "history": 2, "other": 1},
)
"""Projects made since 1 May 2026: 300 messages a minute.

https://developers.google.com/workspace/gmail/api/reference/quota . Ten requests of one person at once are taken; more
are refused ("Too many concurrent requests for user").
"""
OLDER = Pace(
    workers=10,
    lanes=0,
    units_per_minute=15_000,
    prices={"get": 5, "list": 5, "history": 2, "other": 1},
)
"""Projects that used the API before: 3,000 messages a minute."""
NONE = Pace(workers=10, lanes=0, units_per_minute=NO_LIMIT, prices=TODAY.prices)
TABLES = {"2026": TODAY, "older": OLDER, "none": NONE}
AUTO = "auto"


class Quota:
    """Spends units. Starts with today's table, and tries a little more than it allows, once.

    Whoever is refused then has today's table; whoever is not has the older one. What was found out is kept by the
    caller (`found`, a name in TABLES or None).
    """

    TRIAL = 0.1
    """The share of a minute's units that is tried beyond the table."""

    TOO_OFTEN = 3 * TODAY.workers

    def __init__(
        self,
        table: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.found = None if table == AUTO else table
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._bucket = self._new(TABLES[self.found or "2026"])
        self._began: float | None = None
        self._refusals = 0
        self._spent = 0
        if self.found is None:
            self._bucket.lend(TODAY.units_per_minute * self.TRIAL)

    def spend(self, operation: str) -> None:
        """Pay for one call, waiting until there are enough units."""
        if self.found is None:
            self._judge(TODAY.prices[operation])
        self._bucket.spend(operation)

    def refused(self, after: float | None = None) -> None:
        """The service says that its quota is spent. Too often for the older table: then today's holds after all."""
        with self._lock:
            self._refusals += 1
            if self.found is None:
                self.found = "2026"
            elif self.found == "older" and self._refusals > self.TOO_OFTEN:
                self.found, self._bucket = "2026", self._new(TODAY)
        self._bucket.refused(after)

    def minutes_for(self, messages: int) -> float:
        """About how long so many messages take."""
        table = TABLES[self.found or "2026"]
        return messages * table.prices["get"] / table.units_per_minute

    def _judge(self, units: int) -> None:
        """Nobody with today's table gets as far beyond it without a refusal."""
        with self._lock:
            now = self._clock()
            if self._began is None:
                self._began = now
            self._spent += units
            allowed = TODAY.units_per_minute * (1 + (now - self._began) / 60)
            if self.found is None and self._spent > allowed + TODAY.units_per_minute * self.TRIAL:
                self.found = "older"
                self._bucket = self._new(OLDER)

    def _new(self, pace: Pace) -> Bucket:
        return Bucket(pace, clock=self._clock, sleep=self._sleep)
