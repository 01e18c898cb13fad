"""Importing an export into a vault, and what is looked at then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from eccs_backup import balance, vault
from eccs_backup.balance import Balance
from eccs_backup.model import Entry, State
from eccs_backup.takeout import names
from eccs_backup.takeout.outcome import Outcome, Part, Wishes
from eccs_backup.takeout.run import importing


def imported(out: Path, parts: Iterable[Path], wishes: Wishes | None = None) -> Outcome:
    """What an import of these parts came to."""
    with vault.opened(out) as place, importing(place, wishes or Wishes()) as run:
        for path in parts:
            name = names.parsed(path.name)
            assert name
            run.read(Part(name, path))
        return run.finish()


def entries(out: Path, source: str) -> dict[str, Entry]:
    """The rows of a source, by id."""
    with vault.reading(out) as place:
        return {each.key.id: each for each in place.manifest.entries(source)}


def body(out: Path, entry: Entry) -> bytes:
    assert entry.path
    return (out / entry.path).read_bytes()


def balanced(out: Path) -> Balance:
    with vault.reading(out) as place:
        found = balance.of(place.manifest, "takeout")
    assert found
    return found


def failed(out: Path) -> dict[str, str]:
    """Title and reason of what the newest import could not save."""
    with vault.reading(out) as place:
        listing = place.manifest.last_listing("takeout")
        assert listing
        rows = place.manifest.listed("takeout", listing.number, State.FAILED)
        return {each.title: each.reason or "" for each in rows}


def everything(out: Path) -> Iterator[tuple[str, str]]:
    """Every row that says something, as two runs must agree on it."""
    for source in ("takeout", "mail"):
        for id, each in sorted(entries(out, source).items()):
            yield f"{source}/{id}", repr((each.state, each.title, each.kind, each.path, each.sha256, each.facts))
