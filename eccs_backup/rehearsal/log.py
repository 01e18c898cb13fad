"""What a practice server was asked, and what it answered."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from typing import NamedTuple


class Seen(NamedTuple):
    """One request and the answer's status. `range` is the request's header; `fault_name` empty when all went well."""

    method: str
    path: str
    query: str
    range: str
    status: int
    fault_name: str


class Log:
    """The requests in the order of their answers, and counts that go on when `limit` says to keep only the last."""

    def __init__(self) -> None:
        self._seen: deque[Seen] = deque()
        self.requests = 0
        self.statuses: Counter[int] = Counter()

    def add(self, seen: Seen) -> None:
        """Note one request."""
        self._seen.append(seen)
        self.requests += 1
        self.statuses[seen.status] += 1

    def limit(self, kept: int) -> None:
        """Remember only the last `kept` requests one by one, so that a long-lived server does not grow."""
        self._seen = deque(self._seen, maxlen=kept)

    def clear(self) -> None:
        """Forget all, counters too."""
        self._seen.clear()
        self.requests = 0
        self.statuses.clear()

    def __iter__(self) -> Iterator[Seen]:
        return iter(list(self._seen))

    def __len__(self) -> int:
        return len(self._seen)

    def __getitem__(self, index: int) -> Seen:
        return self._seen[index]
