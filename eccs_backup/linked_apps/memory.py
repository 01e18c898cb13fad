"""What is known of an account between runs: the evidence of each reader, and what the person has done about it.

It lies in the settings folder, readable by the person alone, one file for each account; no mail's text is in it but the
subjects of a few mails for each service. The file is replaced in one step.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from eccs_backup import manifest, paths
from eccs_backup.accounts import home
from eccs_backup.errors import Unusable, VaultBusy
from eccs_backup.linked_apps import inventory
from eccs_backup.linked_apps.claims import Kind, Trace
from eccs_backup.linked_apps.inventory import Evidence, Linked, State

FOLDER = "linked-apps"
FORMAT = 1
TRIES, PAUSE = 100, 0.1
"""How often, and after how many seconds, a held file is tried again; nobody holds it for long."""


class Mark(NamedTuple):
    """What the person says of a service, when, in Unix seconds, and under which domain it was known then."""

    state: State
    note: str
    when: float
    domain: str


class Arrival(NamedTuple):
    """Mail that came from a service after it was marked: how much, when the newest, and its subject."""

    number: int
    last: float
    subject: str


@dataclass
class Memory:
    """All that is kept of one account. `addresses` are the person's, the account's own first."""

    addresses: list[str]
    readers: dict[str, list[Trace]] = field(default_factory=dict)
    """What a reader found, by its name, as "mailbox" or "page connections.html"."""
    read: dict[str, float] = field(default_factory=dict)
    """When it did, in Unix seconds."""
    unfinished: set[str] = field(default_factory=set)
    """Readers that have not come to their end."""
    marks: dict[str, Mark] = field(default_factory=dict)
    arrivals: dict[str, Arrival] = field(default_factory=dict)

    def services(self) -> list[Linked]:
        """The worklist: every service that the evidence shows, with its mark."""
        evidence = [Evidence(reader, trace) for reader, found in self.readers.items() for trace in found]
        return [self._marked(each) for each in inventory.join(evidence)]

    def keep(self, reader: str, traces: Iterable[Trace], *, unfinished: bool = False) -> None:
        """What that reader finds now takes the place of what it found before."""
        self.readers[reader], self.read[reader] = list(traces), time.time()
        self.unfinished.discard(reader)
        if unfinished:
            self.unfinished.add(reader)

    def forget(self, reader: str) -> None:
        """Let go of what that reader found."""
        for held in (self.readers, self.read):
            held.pop(reader, None)
        self.unfinished.discard(reader)

    def mark(self, service: Linked, state: State, note: str | None) -> None:
        """What the person says of a service; None leaves the note as it was."""
        kept = service.note if note is None else note
        self.marks.pop(service.id, None)
        self.arrivals.pop(service.id, None)
        if state is not State.TODO or kept:
            self.marks[service.id] = Mark(state, kept, time.time(), service.domain)

    def _marked(self, service: Linked) -> Linked:
        """A service may have been known by its domain when it was marked, and by the table's name since."""
        by_domain = (each for each in self.marks.values() if service.domain and each.domain == service.domain)
        mark = self.marks.get(service.id) or next(by_domain, None)
        if mark is None:
            return service
        arrival = self.arrivals.get(service.id)
        came = arrival.number if arrival else 0
        return service._replace(state=mark.state, note=mark.note, marked=mark.when, arrived=came)


def load(account: str) -> Memory:
    """What is kept of an account; of an unknown one nothing. Raises Unusable."""
    path = place(account)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] > FORMAT:
            raise Unusable(f"{path} was written by a newer version of this program.", hint="Install that version.")
        return _read(found)
    except FileNotFoundError:
        return Memory([account])
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Unusable(
            f"{path} cannot be read: it is damaged.",
            hint="Move that file away; then read the evidence again, and mark again what you have done.",
        ) from error


def update(account: str, change: Callable[[Memory], object]) -> Memory:
    """Change what is kept, as it is now: another run may have changed it since. Raises VaultBusy, Unusable."""
    path = place(account)
    with _held(path.with_suffix(".lock")):
        memory = load(account)
        change(memory)
        home.write_private(path, json.dumps(_written(memory), ensure_ascii=False, indent=1))
    return memory


@contextmanager
def _held(lock: Path) -> Iterator[None]:
    """Hold the file against other runs; one that is held by another is waited for, for a while."""
    for left in range(TRIES - 1, -1, -1):
        try:
            held = manifest.lock(lock)
            break
        except VaultBusy:
            if not left:
                raise
            time.sleep(PAUSE)
    try:
        yield
    finally:
        held.close()


def accounts() -> list[str]:
    """Every account of which something is kept. Raises Unusable."""
    found = []
    for path in sorted(home.private(FOLDER).glob("*.json")):
        try:
            found.append(str(json.loads(path.read_text(encoding="utf-8"))["addresses"][0]))
        except (OSError, ValueError, LookupError, TypeError):
            continue  # whoever asks for that account is told
    return found


def place(account: str) -> Path:
    """Where it is kept. Raises Unusable."""
    return home.private(FOLDER) / f"{paths.safe(account.lower())}.json"


def _written(memory: Memory) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "addresses": list(memory.addresses),
        "readers": {
            name: {
                "read": memory.read.get(name),
                "traces": [[*each[:-1], [*map(list, each.examples)]] for each in found],
            }
            for name, found in memory.readers.items()
        },
        "unfinished": sorted(memory.unfinished),
        "marks": {id: mark._asdict() for id, mark in memory.marks.items()},
        "arrivals": {id: arrival._asdict() for id, arrival in memory.arrivals.items()},
    }


def _read(found: dict[str, Any]) -> Memory:
    readers = found["readers"]
    return Memory(
        [_word(each) for each in found["addresses"]],
        {name: [_trace(each) for each in reader["traces"]] for name, reader in readers.items()},
        {name: _number(reader["read"] or 0) for name, reader in readers.items()},
        {_word(each) for each in found["unfinished"]},
        {id: _mark(**each) for id, each in found["marks"].items()},
        {id: _arrival(**each) for id, each in found["arrivals"].items()},
    )


def _trace(row: list[Any]) -> Trace:
    name, domain, kind, number, proven, alone, first, last, examples = row
    return Trace(
        _word(name), _word(domain), Kind(kind), _count(number), _count(proven), _count(alone), _moment(first),
        _moment(last), tuple((_word(source), _word(quote), _moment(when)) for source, quote, when in examples),
    )  # fmt: skip


def _mark(state: str, note: object, when: object, domain: object) -> Mark:
    return Mark(State(state), _word(note), _number(when), _word(domain))


def _arrival(number: object, last: object, subject: object) -> Arrival:
    return Arrival(_count(number), _number(last), _word(subject))


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("no number")
    return float(value)


def _moment(value: object) -> float | None:
    return None if value is None else _number(value)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("no whole number")
    return value
