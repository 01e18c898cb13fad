"""What every road to the same messages offers: bytes, and what the service says beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from eccs_backup.errors import ItemError, Transient
from eccs_backup.model import Item, Proof


class Letter(NamedTuple):
    """A message as it came. `labels` are ids, `date` is in milliseconds since 1970, `proof` shows it is whole."""

    item: Item
    body: bytes
    thread: str
    labels: list[str]
    date: int | None
    proof: Proof


class Road(Protocol):
    """One way to fetch messages; used by `workers` threads."""

    name: str
    workers: int

    def bundles(self, pending: Iterator[Item]) -> Iterator[Sequence[Item]]:
        """What is asked for together."""

    def deliver(self, bundle: Sequence[Item]) -> Iterator[Letter | tuple[Item, ItemError | Transient]]:
        """Every message of the bundle, or why not. Raises Transient, Stop."""
