"""Trouble as data: what goes wrong with which request, scripted or by chance."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

OWN = ("/rehearsal/",)
SIGN_IN = ("/o/", "/token", "/revoke", "/v1/")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one request. Without any of these it is answered well."""

    status: int | None = None
    """Refuse with this status, and `reason` in the body."""
    reason: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    """Send so many bytes of the body, then close the connection."""
    chunked: bool = False
    """Send no length, so that only the missing last chunk tells of a cut."""
    ignore_range: bool = False
    """Answer a request for a range with 200 and the whole."""
    garble: bool = False
    """Right length, wrong bytes."""
    change: bool = False
    """The file is edited at the moment its bytes are asked for."""
    expire: bool = False
    """The access token ends now."""
    pause: float = 0.0
    """Seconds to wait before the answer begins."""
    name: str = ""

    @property
    def label(self) -> str:
        """The name, or what it does."""
        if self.name:
            return self.name
        if self.status is not None:
            return f"{self.status} {self.reason or ''}".strip()
        flags = ("ignore_range", "garble", "change", "expire")
        return "cut" if self.cut_after is not None else next((flag for flag in flags if getattr(self, flag)), "pause")


class Faults:
    """Decides about each request. `script` maps a pattern, searched in `path?query`, to what happens in turn.

    None in a script is a request that is answered well; after the end of a script all are. Requests whose path
    begins with one of `spare` are never touched.
    """

    def __init__(
        self, script: Mapping[str, Iterable[Fault | None]] | None = None, *, spare: tuple[str, ...] = OWN
    ) -> None:
        self.spare = spare
        self.counts: dict[str, int] = {}
        """How often each fault happened, by name."""
        self._lock = threading.Lock()
        self._script: list[tuple[re.Pattern[str], deque[Fault | None]]] = []
        self._chance: Random | None = None
        self._rate = 0.0
        self._streaks: dict[str, int] = {}
        for pattern, faults in (script or {}).items():
            self.add(pattern, *faults)

    @classmethod
    def random(cls, rate: float = 0.05, seed: int = 0) -> Faults:
        """A bad day: each request goes wrong with this chance, never more than twice in a row for one address.

        Signing in is spared.
        """
        faults = cls(spare=OWN + SIGN_IN)
        faults._chance, faults._rate = Random(seed), rate
        return faults

    def add(self, pattern: str, *faults: Fault | None) -> None:
        """More to happen, in turn, to requests that match."""
        with self._lock:
            self._script.append((re.compile(pattern), deque(faults)))

    def next(self, path: str, query: str, *, inner: bool = False) -> Fault | None:
        """What happens to this request, or, `inner`, to this call of a batch."""
        if path.startswith(self.spare):
            return None
        with self._lock:
            fault = self._scripted(f"{path}?{query}")
            if fault is None and self._chance is not None:
                fault = self._by_chance(self._chance, path, query, inner)
            if fault is not None:
                self.counts[fault.label] = self.counts.get(fault.label, 0) + 1
            return fault

    def spared(self, fault: Fault) -> None:
        """Count a fault out again: it could not befall the request it was meant for."""
        with self._lock:
            self.counts[fault.label] -= 1

    def _scripted(self, target: str) -> Fault | None:
        for pattern, faults in self._script:
            if faults and pattern.search(target):
                return faults.popleft()
        return None

    def _by_chance(self, chance: Random, path: str, query: str, inner: bool) -> Fault | None:
        if chance.random() >= self._rate or self._streaks.get(path, 0) >= 2:
            self._streaks.pop(path, None)
            return None
        self._streaks[path] = self._streaks.get(path, 0) + 1
        return chance.choice(_choices(query, chance, inner))


def _choices(query: str, chance: Random, inner: bool) -> list[Fault]:
    every = [
        Fault(403, "userRateLimitExceeded", name="403 user rate"),
        Fault(403, "rateLimitExceeded", name="403 rate"),
        *(Fault(429, "rateLimitExceeded", wait, name=f"429 {form}") for form, wait in _waits().items()),
        Fault(500, name="500"),
        Fault(503, name="503"),
        Fault(expire=True, name="401 in the middle"),
    ]
    if inner:
        every.append(Fault(cut_after=chance.randrange(1, 200), name="cut part"))
    elif "alt=media" in query:
        after = chance.randrange(1, 1 << 17)
        every += [
            Fault(cut_after=after, name="cut body"),
            Fault(cut_after=0, name="cut at once"),
            Fault(garble=True, name="garbled"),
            Fault(ignore_range=True, name="range ignored"),
            Fault(change=True, name="changed"),
        ]
    else:
        every.append(Fault(cut_after=chance.randrange(1, 200), chunked=True, name="cut answer"))
    return every


def _waits() -> dict[str, dict[str, str]]:
    """One second, in the four ways a service may say how long to wait. RFC 9110, 10.2.3"""
    then = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    return {
        "seconds": {"Retry-After": "1"},
        "HTTP date": {"Retry-After": format_datetime(then, usegmt=True)},
        "ISO date": {"Retry-After": then.isoformat().replace("+00:00", "Z")},
        "no wait": {},
    }
