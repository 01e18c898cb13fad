"""Where data comes from. A source lists items and opens them; it does nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib import import_module
from typing import ClassVar, NamedTuple, Protocol, Self, cast, runtime_checkable

from eccs_backup.errors import ItemError, Transient
from eccs_backup.http import Wire
from eccs_backup.model import Facts, Item, Json, Proof, Stream
from eccs_backup.pace import Pace
from eccs_backup.retry import Halt


class Parcel(NamedTuple):
    """An item that came whole: as it is known now, path included, and its bytes; `proof` shows that all are there."""

    item: Item
    body: bytes
    proof: Proof


class Row(NamedTuple):
    """One thing as the service described it, kept between runs."""

    id: str
    description: dict[str, Json]


class Catalogue(Protocol):
    """What a source listed last time, kept in the vault so that a log of changes can bring it up to date.

    It holds several logs by name (Drive: one per corpus). Each operation is one transaction: after a kill, the rows
    and the token of a log belong together.
    """

    def token(self, log: str) -> str | None:
        """Where to go on in `log`; None when it was never listed to the end."""

    def logs(self) -> list[str]:
        """The names of the logs that have a token."""

    def replace(self, log: str, rows: Iterable[Row], token: str) -> None:
        """A listing from the start: all older rows of `log` go."""

    def update(self, log: str, changed: Iterable[Row], removed: Iterable[str], token: str) -> None:
        """News since the last token."""

    def forget(self, log: str) -> None:
        """Drop a log with its rows."""

    def rows(self, log: str) -> Iterator[Row]:
        """Every row of `log`, in the order of the ids, lazily."""

    def get(self, log: str, id: str) -> Row | None:
        """One row of `log`."""

    def note(self, log: str, row: Row) -> None:
        """Write one row, together with whatever else is written before the vault's next commit."""


@dataclass(frozen=True)
class Setup:
    """What a source is given to work with. `options` are the command's own, by name; `halt` ends its waiting;
    `on_listed` hears how many things another page of the listing held, `on_notice` what the person should know."""

    wire: Wire
    catalogue: Catalogue
    address: str = ""
    endpoint: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    halt: Halt = field(default_factory=Halt)
    on_listed: Callable[[int], object] = lambda count: None
    on_notice: Callable[[str], object] = lambda sentence: None


class Source(Protocol):
    """One service that lists and opens items."""

    name: ClassVar[str]
    halt: Halt

    @property
    def pace(self) -> Pace:
        """The service's limits."""

    @classmethod
    def connect(cls, setup: Setup) -> Self:
        """Sign in and learn whose account it is. Raises Stop."""

    @property
    def account(self) -> str:
        """The address whose data this is; a vault takes one account per source."""

    def items(self) -> Iterator[Item]:
        """Every item of the account, lazily, obstacles included; a second pass asks the service nothing.

        Raises Stop when the listing cannot be finished: an incomplete listing is never passed off as whole.
        """


class Opener(Source, Protocol):
    """A source whose items are opened one by one, from any place in them."""

    def open(self, item: Item, start: int = 0, stop: int | None = None) -> AbstractContextManager[Stream]:
        """The bytes of exactly `item.revision` from `start` to before `stop`, where the service allows it.

        Raises Transient, Unavailable, Changed or Stop; never returns another revision's bytes. It may ignore the
        offsets, it may not lie about them.
        """

    def refresh(self, item: Item) -> Item:
        """The item as the service has it now. Raises Unavailable when it is gone, Transient, Stop."""


@runtime_checkable
class Courier(Source, Protocol):
    """A source whose items are small, never change, and come whole, several for one question."""

    def bundles(self, pending: Iterator[Item]) -> Iterator[Sequence[Item]]:
        """What is asked for together. Called by the main thread, lazily."""

    def deliver(self, bundle: Sequence[Item]) -> Iterator[Parcel | tuple[Item, ItemError | Transient]]:
        """Every item of the bundle, once, in any order: as it came, or why it did not. Called by many threads.

        Raises Transient when all that is still missing may be asked for again, Stop.
        """

    def held(self, item: Item, facts: Facts) -> None:
        """The item is saved already, and its listing told no facts: these were written down with it. Called by the
        main thread during a pass over `items`; whatever is kept of it goes to the catalogue without a commit."""

    def freshen(self) -> bool:
        """Ask for what is not known of items that were `held`. Whether the items tell more now than before."""

    def settled(self, item: Item) -> None:
        """The item's file is in place and its row written: the source may keep what it has learnt of it in its
        catalogue, without a commit. Called by the main thread, with the item as it came."""


# name -> where it lives; modules load when they are first used
SOURCES = {
    "drive": "eccs_backup.sources.google_drive:GoogleDrive",
    "mail": "eccs_backup.sources.gmail:Gmail",
}


def connect(name: str, setup: Setup) -> Source:
    """The source of that name, connected. Raises Stop."""
    module, _, cls = SOURCES[name].partition(":")
    return cast(type[Source], getattr(import_module(module), cls)).connect(setup)
