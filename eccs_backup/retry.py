"""When to try again, and after what pause."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from eccs_backup.errors import Halted, Transient

T = TypeVar("T")
LONGEST = 900.0
"""Seconds: a service that asks for a longer pause is not waited for."""


class Halt:
    """Tells every thread of a run to stop, also those that are waiting."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Stop."""
        self._event.set()

    def check(self) -> None:
        """Raise Halted when the run is to stop."""
        if self._event.is_set():
            raise Halted("Interrupted.")

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Halted when the run is to stop, at once."""
        if self._event.wait(seconds):
            raise Halted("Interrupted.")


@dataclass
class Patience:
    """Counts fruitless attempts; progress restores it, and the service's own delay wins.

    `base` and `ceiling` are seconds; the pauses double from the one to the other, each shortened or lengthened by
    up to a half so that many workers do not come back at once.
    https://developers.google.com/workspace/drive/api/guides/limits asks for exactly this, up to 32 or 64 seconds.
    """

    attempts: int = 8
    base: float = 0.5
    ceiling: float = 64.0
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    spent: int = field(default=0, init=False)

    def restore(self) -> None:
        """Forget the failures: something arrived."""
        self.spent = 0

    def wait_or_raise(self, error: Transient) -> None:
        """Sleep before the next attempt; raises `error` when attempts are used up or the wait is beyond `LONGEST`."""
        self.spent += 1
        if self.spent >= self.attempts or (error.after or 0.0) > LONGEST:
            raise error
        pause = min(self.ceiling, self.base * 2 ** (self.spent - 1)) * (0.5 + self.jitter())
        self.sleep(max(pause, error.after or 0.0))


def patiently(call: Callable[[], T], patience: Patience) -> T:
    """Repeat `call` while it raises Transient and patience lasts; then that Transient."""
    while True:
        try:
            return call()
        except Transient as error:
            patience.wait_or_raise(error)
