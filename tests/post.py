"""A post office: a source whose letters come whole, several for one question, with troubles as data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Self

from eccs_backup import backup, survey, vault
from eccs_backup.choice import Choice
from eccs_backup.errors import BackupError, ItemError, Transient
from eccs_backup.model import Entry, Facts, Item, Key, Proof, Step
from eccs_backup.pace import NO_LIMIT, Pace
from eccs_backup.retry import Halt
from eccs_backup.sources import Parcel, Setup
from shelf import hasty

SILENCE = None
"""A trouble: the letter is left out of the answer."""
WHEN = datetime(2024, 3, 5, tzinfo=UTC)


@dataclass
class Office:
    """What lies at the post office. `troubles` befall a letter in turn; `breaks` end whole answers in turn."""

    letters: dict[str, bytes]
    troubles: dict[str, list[BackupError | None]] = field(default_factory=dict)
    breaks: list[BackupError] = field(default_factory=list)
    bundle: int = 3
    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    on_ask: Callable[[str], object] = lambda id: None


class Post:
    """The source."""

    name: ClassVar[str] = "post"

    def __init__(self, office: Office) -> None:
        self.office, self.halt = office, Halt()
        self.kept: list[str] = []

    @classmethod
    def connect(cls, setup: Setup) -> Self:
        raise NotImplementedError

    @property
    def pace(self) -> Pace:
        return Pace(workers=2, lanes=0, units_per_minute=NO_LIMIT, prices={})

    @property
    def account(self) -> str:
        return "somebody@post.example"

    def items(self) -> Iterator[Item]:
        for id in self.office.letters:
            yield Item(Key(self.name, id), (Step(id, f"{id}.eml"),), "1", modified=WHEN, facts={"name": id})

    def bundles(self, pending: Iterator[Item]) -> Iterator[Sequence[Item]]:
        bundle: list[Item] = []
        for item in pending:
            bundle.append(item)
            if len(bundle) == self.office.bundle:
                yield bundle
                bundle = []
        if bundle:
            yield bundle

    def deliver(self, bundle: Sequence[Item]) -> Iterator[Parcel | tuple[Item, ItemError | Transient]]:
        if self.office.breaks:
            raise self.office.breaks.pop(0)
        for item in bundle:
            id = item.key.id
            self.office.asked[id] += 1
            self.office.on_ask(id)
            trouble = self.office.troubles.get(id)
            if trouble:
                error = trouble.pop(0)
                if isinstance(error, ItemError | Transient):
                    yield item, error
                elif error is not None:
                    raise error
                continue
            yield Parcel(item, self.office.letters[id], Proof.STRUCTURE)

    def held(self, item: Item, facts: Facts) -> None:
        raise AssertionError("everything of the post office has facts, or is not asked for")

    def freshen(self) -> bool:
        return False

    def settled(self, item: Item) -> None:
        self.kept.append(item.key.id)


def fetch(office: Office, root: Path) -> list[Entry]:
    """A whole run; the rows."""
    with vault.opened(root) as place:
        post = Post(office)
        found = survey.survey(post, place, Choice(), "{}")
        try:
            list(backup.run(post, place, found, patience=hasty))
        finally:
            place.write_sums()
        return list(place.manifest.entries("post"))
