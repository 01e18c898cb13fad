"""Asks Gmail's API: patiently, at a price, alone or many questions together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeVar

from eccs_backup.accounts import google_api
from eccs_backup.errors import BackupError, Stop, Throttled, Transient
from eccs_backup.http import Wire
from eccs_backup.retry import Halt, Patience, patiently
from eccs_backup.sources.gmail.answers import Answer
from eccs_backup.sources.gmail.quota import Quota

T = TypeVar("T")
REAL = "https://gmail.googleapis.com"
TOGETHER = 40
"""Questions sent as one request. Google takes 100 and advises at most 50.
https://developers.google.com/workspace/gmail/api/guides/batch"""


class Question(NamedTuple, Generic[T]):
    """A request made by `users`, and what makes sense of its answer; that raises Transient when it cannot."""

    request: Any
    read: Callable[[Answer], T]


class Asking:
    """Gmail's methods at `endpoint`; `users` makes the requests. `attempts` is how often one is sent at most."""

    def __init__(self, wire: Wire, endpoint: str | None, quota: Quota, halt: Halt, attempts: int) -> None:
        self.endpoint = endpoint or REAL
        self.wire, self.quota, self.halt, self.attempts = wire, quota, halt, attempts
        self.users = google_api.service("gmail", "v1", wire, f"{endpoint}/" if endpoint else None).users()

    def ask(self, request: Any, price: str, read: Callable[[Answer], T]) -> T:
        """One question, until its answer makes sense. Raises ItemError, Transient when patience ends, Stop."""

        def once() -> T:
            self.quota.spend(price)
            try:
                return read(google_api.execute(request))
            except Throttled as error:
                self.quota.refused(error.after)
                raise

        return patiently(once, self._patience())

    def ask_each(self, questions: Iterable[Question[T]], price: str) -> Iterator[T | BackupError]:
        """Many questions, several to a request; each answer is looked at by itself, and asked for again by itself.

        An answer of 200 to the whole says nothing of its parts. Raises Stop.
        """
        waiting = iter(questions)
        while some := list(islice(waiting, TOGETHER)):
            yield from self._together(some, price)

    def _together(self, questions: Sequence[Question[T]], price: str) -> list[T | BackupError]:
        found: dict[int, T | BackupError] = {}
        patience = self._patience()
        left = list(range(len(questions)))
        while left:
            trouble = self._once(questions, left, price, found)
            left = [each for each in left if each not in found]
            if trouble and left:
                try:
                    patience.wait_or_raise(trouble)
                except Transient as error:
                    found |= dict.fromkeys(left, error)
                    break
        return [found[each] for each in range(len(questions))]

    def _once(
        self, questions: Sequence[Question[T]], left: Sequence[int], price: str, found: dict[int, T | BackupError]
    ) -> Transient | None:
        """Send those `left` once; answers and final refusals go to `found`. Others are to be asked for again."""
        requests = [questions[each].request for each in left]
        for _ in requests:
            self.quota.spend(price)
        trouble: Transient | None = None
        try:
            answers = google_api.execute_together(requests, f"{self.endpoint}/batch/gmail/v1")
        except Transient as error:
            answers, trouble = [], error
        for place, answer in zip(left, answers, strict=False):
            try:
                if isinstance(answer, BackupError):
                    raise answer
                found[place] = questions[place].read(answer)
            except Transient as error:
                trouble = error
            except Stop:
                raise
            except BackupError as error:
                found[place] = error
        if isinstance(trouble, Throttled):
            self.quota.refused(trouble.after)
        return trouble

    def _patience(self) -> Patience:
        return Patience(self.attempts, sleep=self.halt.sleep)
