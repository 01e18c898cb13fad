"""Where data comes from. A source lists items and opens them; it does nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib import import_module
from typing import ClassVar, NamedTuple, Protocol, Self, cast

from eccs_backup.http import Wire
from eccs_backup.model import Item, Json, Stream
from eccs_backup.pace import Pace
from eccs_backup.retry import Halt


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


@dataclass(frozen=True)
class Setup:
    """What a source is given to work with. `options` are the command's own, by name; `halt` ends its waiting;
    `on_listed` hears how many things another page of the listing held."""

    wire: Wire
    catalogue: Catalogue
    address: str = ""
    endpoint: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    halt: Halt = field(default_factory=Halt)
    on_listed: Callable[[int], object] = lambda count: None


class Source(Protocol):
    """One service that lists and opens items."""

    name: ClassVar[str]
    pace: ClassVar[Pace]
    halt: Halt

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

    def open(self, item: Item, start: int = 0, stop: int | None = None) -> AbstractContextManager[Stream]:
        """The bytes of exactly `item.revision` from `start` to before `stop`, where the service allows it.

        Raises Transient, Unavailable, Changed or Stop; never returns another revision's bytes. It may ignore the
        offsets, it may not lie about them.
        """

    def refresh(self, item: Item) -> Item:
        """The item as the service has it now. Raises Unavailable when it is gone, Transient, Stop."""


# name -> where it lives; modules load when they are first used
SOURCES = {
    "drive": "eccs_backup.sources.google_drive:GoogleDrive",
}


def connect(name: str, setup: Setup) -> Source:
    """The source of that name, connected. Raises Stop."""
    module, _, cls = SOURCES[name].partition(":")
    return cast(type[Source], getattr(import_module(module), cls)).connect(setup)
