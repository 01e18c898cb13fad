"""The person's time: pauses that do not go beyond it."""

from __future__ import annotations

import time
from collections.abc import Callable

from eccs_backup.errors import Transient
from eccs_backup.forwarding.talk import Talk
from eccs_backup.retry import Halt

LONG = 8.0
"""Seconds: a pause that the person is told of, because only the service asks for so much."""


class Watch(Halt):
    """A run's halt that also ends pauses with the person's time, which is `seconds` for each step."""

    def __init__(self, halt: Halt, seconds: float, talk: Talk, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._halt, self.seconds, self._talk, self._clock = halt, seconds, talk, clock
        self._ends: dict[object, float] = {}
        self._until = clock() + seconds

    def start(self, step: object = None) -> None:
        """The time for a step begins; that of a step with a name only once, however often it comes again."""
        fresh = self._clock() + self.seconds
        self._until = fresh if step is None else self._ends.setdefault(step, fresh)

    def left(self) -> float:
        """Seconds that are left."""
        return max(self._until - self._clock(), 0.0)

    def rest(self, seconds: float) -> None:
        """Wait so long, or as long as there is time. Raises Halted."""
        self._halt.sleep(min(seconds, self.left()))

    def sleep(self, seconds: float) -> None:
        """Wait before a repetition, at most as long as there is time.

        Raises Transient when the service asks for more than that, Halted. Short pauses are our own, and repetitions
        are counted: the last ones may follow each other quickly.
        """
        if seconds > LONG and seconds > self.left():
            error = self._talk.error(Transient, "pause-too-long", hint="again", seconds=round(seconds))
            error.after = seconds
            raise error
        if seconds > LONG:
            self._talk.say("pause", seconds=round(seconds))
        self.rest(seconds)

    def set(self) -> None:
        """Stop."""
        self._halt.set()

    def check(self) -> None:
        """Raise Halted when the run is to stop."""
        self._halt.check()
