"""The restoring itself: what is missing over there is sent, each message once, conversations kept together."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple, ParamSpec

from eccs_backup.crew import Crew, Verdicts
from eccs_backup.errors import BackupError, Corrupt, Throttled, Transient
from eccs_backup.restore import headers, letters
from eccs_backup.restore.arrivals import settle
from eccs_backup.restore.labels import Labels
from eccs_backup.restore.ledger import Ledger
from eccs_backup.restore.letters import Letter
from eccs_backup.restore.mailbox import PACE, WAYS, Mailbox, Placed, since
from eccs_backup.restore.sorting import Sorting
from eccs_backup.retry import Halt
from eccs_backup.vault import Vault

P = ParamSpec("P")
AHEAD = 2
"""Messages handed out per worker: as many may be uncertain after a kill."""
ROUNDS = 3
"""How often what was sent in vain is looked for and sent again in one run."""
GRACE = 2.0
"""Seconds that a message on its way is given to arrive before it is looked for."""

_SLACK = 120.0
"""Seconds by which this computer's clock may be wrong."""


class Trouble(NamedTuple):
    """A message that is not restored, and why, in the person's words."""

    letter: Letter
    reason: str


@dataclass
class Outcome:
    """What came of a run; `unlabelled` are restored without some label."""

    restored: list[Letter] = field(default_factory=list)
    failed: list[Trouble] = field(default_factory=list)
    damaged: list[Trouble] = field(default_factory=list)
    unlabelled: list[Letter] = field(default_factory=list)


class _Sent(NamedTuple):
    placed: Placed
    redated: bool


class Restoring:
    """Everything one run works with; all but `_send` runs in the main thread."""

    def __init__(
        self,
        vault: Vault,
        mailbox: Mailbox,
        ledger: Ledger,
        labels: Labels,
        halt: Halt,
        on_restored: Callable[[], object] = lambda: None,
    ) -> None:
        self._vault, self._mailbox, self._ledger, self._labels = vault, mailbox, ledger, labels
        self._halt, self._on_restored = halt, on_restored
        self.outcome = Outcome()
        self._seen = _MessageIds()
        self._threads: dict[str, str] = {}
        self._places = {placed.id for placed in ledger.done.values()}
        self._wanted: set[str] = set()
        self._given_up: set[str] = set()
        self._doubts: dict[str, str] = {}
        """Message that nobody knew of whether it had arrived -> what went wrong."""

    def run(self, every: Iterable[Letter], wanted: Iterable[Letter], history: str) -> Outcome:
        """Restore `wanted`; `every` message of the vault tells which conversations are there already.

        `history` is where the mailbox's log of changes stood before the run. Raises Stop, after all is written down.
        """
        found = {letter.id: letter for letter in every}
        wanted = list(wanted)
        self._wanted = {letter.id for letter in wanted}
        began = time.time()
        for _ in range(ROUNDS):
            self._settle(found)
            self._ledger.begin(history)
            self._remember(found)
            todo = [each for each in wanted if each.id not in self._ledger.done and each.id not in self._given_up]
            if not todo:
                break
            self._pass(todo)
            if not self._ledger.uncertain:
                break
        self._settle(found)
        for id, reason in self._doubts.items():
            if id not in self._ledger.done:
                self.outcome.failed.append(Trouble(found[id], reason))
        if self.outcome.restored:
            self._check_dates(found, began)
        return self.outcome

    def _check_dates(self, found: dict[str, Letter], began: float) -> None:
        """What Gmail dates by the moment of taking in carries a Date that Gmail cannot read: one search tells."""
        ours = {placed.id: id for id, placed in self._ledger.done.items()}
        for there in self._mailbox.search(since(began - _SLACK)):
            letter = found.get(ours.get(there, ""))
            if letter and letter.date is not None and letter.date < (began - _SLACK) * 1000:
                self._ledger.arrived(letter.id, self._ledger.done[letter.id], redated=True)
        self._ledger.commit()

    def _settle(self, found: dict[str, Letter]) -> None:
        """Find out what became of messages that were under way."""
        if not self._ledger.uncertain:
            return
        before = set(self._ledger.uncertain)
        self._halt.sleep(GRACE)
        self._remember(found)
        sort = Sorting(self._vault, self._ledger, self._labels, self._threads)
        settle(self._mailbox, sort, [each for each in found.values() if each.id in before])
        for id in before & self._ledger.done.keys() & self._wanted:
            self._restored(found[id])

    def _remember(self, found: dict[str, Letter]) -> None:
        for id, placed in self._ledger.done.items():
            self._places.add(placed.id)
            if id in found:
                self._threads.setdefault(found[id].thread, placed.thread)

    def _pass(self, todo: list[Letter]) -> None:
        with ThreadPoolExecutor(PACE.workers, "restorer") as workers:
            desk = _Desk(Crew(workers, PACE.workers * AHEAD), todo, self._threads)
            verdicts = Verdicts(PACE.workers)
            try:
                while True:
                    self._hand_out(desk)
                    if not desk.crew.busy:
                        return
                    self._record(desk, verdicts, time.monotonic() + 0.05)
            except BaseException:
                self._halt.set()
                raise
            finally:
                workers.shutdown(wait=True, cancel_futures=True)
                self._record(desk, verdicts, None)

    def _hand_out(self, desk: _Desk) -> None:
        """Rows before requests: what is sent without a row could be sent twice."""
        ready = desk.ready()
        self._ledger.sending(letter.id for letter in ready)
        for letter in ready:
            thread = self._threads.get(letter.thread)
            desk.submit(letter, self._send, letter, self._labels.ids(letter), thread, tuple(WAYS))

    def _send(self, letter: Letter, labels: list[str], thread: str | None, ways: tuple[str, ...]) -> _Sent:
        """Runs in a worker. Raises Corrupt before anything is sent, otherwise what `Mailbox.put` does."""
        self._halt.check()
        body = letters.body(self._vault, letter)
        if self._seen.twice(headers.message_id(body)):
            ways = ways[-1:]  # importing it would merge it with the other one
        placed = self._mailbox.put(body, labels, thread, ways)
        return _Sent(placed, headers.is_redated(body, letter.date))

    def _record(self, desk: _Desk, verdicts: Verdicts, until: float | None) -> None:
        """Write down what came back. Raises Stop, after all of it is written."""
        for letter, future in desk.came_back(until):
            if future.cancelled():
                self._ledger.absent(letter.id)  # it never began
                continue
            trouble = verdicts.judge(future.exception())
            if future.exception() is None:
                sent = future.result()
                if sent.placed.id not in self._places:
                    self._note(letter, sent)
                elif until is None:
                    self._ledger.absent(letter.id)  # merged with another, and this run sends no more
                elif desk.insert_once(letter):
                    self._insert(desk, letter)
                    continue
                else:  # its content tells, as of all that nobody knows
                    self._doubts[letter.id] = "Gmail says that it is another message, which was there before."
            elif trouble is not None:
                self._note_trouble(letter, trouble)
            desk.release(letter)
        self._ledger.commit()
        verdicts.check()

    def _insert(self, desk: _Desk, letter: Letter) -> None:
        """Gmail merged it with another message of ours that has the same Message-ID: put it beside that one."""
        thread = self._threads.get(letter.thread)
        desk.submit(letter, self._send, letter, self._labels.ids(letter), thread, tuple(WAYS)[-1:])

    def _note(self, letter: Letter, sent: _Sent) -> None:
        self._ledger.arrived(letter.id, sent.placed, sent.redated)
        self._places.add(sent.placed.id)
        self._threads.setdefault(letter.thread, sent.placed.thread)
        self._restored(letter)

    def _note_trouble(self, letter: Letter, error: BackupError) -> None:
        """Uncertain ones keep their row as it is; of the others it is known that they are not there."""
        if isinstance(error, Transient) and not isinstance(error, Throttled):
            self._doubts[letter.id] = str(error)
            return
        damaged = isinstance(error, Corrupt)
        (self._ledger.unread if damaged else self._ledger.absent)(letter.id)
        self._given_up.add(letter.id)
        (self.outcome.damaged if damaged else self.outcome.failed).append(Trouble(letter, str(error)))

    def _restored(self, letter: Letter) -> None:
        self.outcome.restored.append(letter)
        if self._labels.lost(letter):
            self.outcome.unlabelled.append(letter)
        self._on_restored()


class _Desk:
    """Which message is next: oldest first, but a conversation's others wait until its first one has a place."""

    def __init__(self, crew: Crew[_Sent], todo: Iterable[Letter], threads: dict[str, str]) -> None:
        self.crew, self._threads = crew, threads
        self._todo = deque(todo)
        self._under_way: dict[Future[_Sent], Letter] = {}
        self._opening: dict[str, deque[Letter]] = {}
        """Conversation whose first message is under way -> those that wait for it."""
        self._inserted: set[str] = set()

    def ready(self) -> list[Letter]:
        """What may go out now, as many as there is room for."""
        found: list[Letter] = []
        while self._todo and len(found) < self.crew.room:
            letter = self._todo.popleft()
            if letter.thread in self._threads:
                found.append(letter)
            elif letter.thread in self._opening:
                self._opening[letter.thread].append(letter)
            else:
                self._opening[letter.thread] = deque()
                found.append(letter)
        return found

    def insert_once(self, letter: Letter) -> bool:
        """Whether this merged message may be put beside the other one: once, or a confused service never ends it."""
        first = letter.id not in self._inserted
        self._inserted.add(letter.id)
        return first

    def submit(self, letter: Letter, call: Callable[P, _Sent], *args: P.args, **kwargs: P.kwargs) -> None:
        """Hand one message to the workers."""
        self._under_way[self.crew.submit(call, *args, **kwargs)] = letter

    def came_back(self, until: float | None) -> list[tuple[Letter, Future[_Sent]]]:
        """What the workers are done with; with `until` (a time of the monotonic clock) at least one."""
        done = [each for each in self.crew.collected(until) if isinstance(each, Future)]
        return [(self._under_way.pop(future), future) for future in done]

    def release(self, letter: Letter) -> None:
        """Those that waited for it go next; if it did not arrive, one of them is the first."""
        waiting = self._opening.pop(letter.thread, None)
        if waiting:
            self._todo.extendleft(reversed(waiting))


class _MessageIds:
    """The Message-IDs that went out in this run."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self._lock = threading.Lock()

    def twice(self, message_id: str) -> bool:
        """Whether this one went out before; it counts from now on."""
        if not message_id:
            return False
        digest = hashlib.blake2b(message_id.encode(), digest_size=12).digest()
        with self._lock:
            seen = digest in self._known
            self._known.add(digest)
            return seen
