"""Tasks in a pool of threads, and what comes back from them, for the main thread to write down."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Generic, ParamSpec, TypeVar

from eccs_backup.errors import BackupError, Halted, ItemError, Transient, Unfinished

P = ParamSpec("P")
R = TypeVar("R")
AHEAD = 4
"""Tasks handed out per worker, so that none waits for the main thread."""


class Crew(Generic[R]):
    """Hands tasks to `workers`, at most `most` at once, and collects what they report and that they are done."""

    def __init__(self, workers: ThreadPoolExecutor, most: int) -> None:
        self._workers, self._most, self._under_way = workers, most, 0
        self._queue: SimpleQueue[R | Future[R]] = SimpleQueue()

    @property
    def room(self) -> int:
        """How many more tasks may be handed out."""
        return self._most - self._under_way

    @property
    def busy(self) -> bool:
        """Whether anything is still under way."""
        return self._under_way > 0

    def submit(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Hand out one task; its future is collected when it is done."""
        future = self._workers.submit(call, *args, **kwargs)
        self._under_way += 1
        future.add_done_callback(self._queue.put)
        return future

    def report(self, thing: R) -> None:
        """Something to collect before the task is done. For the workers."""
        self._queue.put(thing)

    def collected(self, until: float | None = None) -> Iterator[R | Future[R]]:
        """What came back. With `until` (a time of the monotonic clock) at least one, and more if they come before.

        Ends early when half of the workers' store is used up, so that more can be handed out.
        """
        count = 0
        while self.busy:
            try:
                if until is None:
                    thing = self._queue.get_nowait()
                elif not count:
                    thing = self._queue.get(timeout=1)  # wakes up so that Ctrl-C works on Windows
                elif self._under_way <= self._most // 2:
                    return
                else:
                    thing = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                if count or until is None:
                    return
                continue
            self._under_way -= isinstance(thing, Future)
            count += 1
            yield thing


class Verdicts:
    """Tells errors of single items from those that end the run."""

    def __init__(self, workers: int) -> None:
        self._most = workers * 2
        self._in_vain = 0
        self._stops: list[BaseException] = []

    def judge(self, error: BaseException | None) -> BackupError | None:
        """The error to write down for the item; None when it was fetched, or when the run ends."""
        if isinstance(error, Halted):
            return None
        self._in_vain = self._in_vain + 1 if isinstance(error, Transient) else 0
        if self._in_vain >= self._most:  # not the items': the service or the network is down
            self._stops.append(Unfinished("The service has stopped answering."))
        if isinstance(error, (ItemError, Transient)):
            return error
        if error is not None:
            self._stops.append(error)
        return None

    def check(self) -> None:
        """Raise what ends the run, once everything that came back has been written down."""
        if self._stops:
            raise self._stops[0]
