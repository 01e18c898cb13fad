"""Tasks in a pool of threads, and what comes back from them, for the main thread to write down."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Generic, ParamSpec, TypeVar

from eccs_backup.errors import BackupError, Halted, ItemError, Transient, Unfinished

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")
AHEAD = 4
"""Tasks handed out per worker, so that none waits for the main thread."""


class Crew(Generic[T, R]):
    """Hands tasks to `workers`, each with a tag, at most `most` at once."""

    def __init__(self, workers: ThreadPoolExecutor, most: int) -> None:
        self._workers, self._most = workers, most
        self._under_way: dict[Future[R], T] = {}
        self._done: SimpleQueue[Future[R]] = SimpleQueue()

    @property
    def room(self) -> int:
        """How many more tasks may be handed out."""
        return self._most - len(self._under_way)

    @property
    def busy(self) -> bool:
        """Whether anything is still under way."""
        return bool(self._under_way)

    def submit(self, tag: T, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> None:
        """Hand out one task."""
        future = self._workers.submit(call, *args, **kwargs)
        self._under_way[future] = tag
        future.add_done_callback(self._done.put)

    def finished(self, until: float | None = None) -> list[tuple[T, Future[R]]]:
        """What came back. With `until` (a time of the monotonic clock) at least one, and more if they come before."""
        done: list[Future[R]] = []
        while len(done) < len(self._under_way):
            try:
                if until is None:
                    done.append(self._done.get_nowait())
                elif not done:
                    done.append(self._done.get(timeout=1))  # wakes up so that Ctrl-C works on Windows
                elif len(done) >= self._most // 2:
                    break
                else:
                    done.append(self._done.get(timeout=max(0.0, until - time.monotonic())))
            except Empty:
                if done or until is None:
                    break
        return [(self._under_way.pop(future), future) for future in done]


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
