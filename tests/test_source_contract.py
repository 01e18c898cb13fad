"""What every source promises, tried over every source there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import signed_in
from eccs_backup import sources, vault
from eccs_backup.accounts import google, home
from eccs_backup.catalogue import ManifestCatalogue
from eccs_backup.digest import digests
from eccs_backup.errors import Changed, Transient, Unavailable, WrongAccount
from eccs_backup.http import Wire
from eccs_backup.model import Item, Kind
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.faults import Fault, Faults
from eccs_backup.rehearsal.server import Rehearsal, serve
from eccs_backup.sources import Source


@dataclass
class Stage:
    """A connected source, its practice side, and how to make trouble there."""

    source: Source
    server: Rehearsal
    large: str
    reconnect: Callable[[str], Source]

    def item(self, id: str) -> Item:
        return next(item for item in self.source.items() if item.key.id == id)

    def read(self, item: Item, start: int = 0, stop: int | None = None) -> tuple[int, bytes]:
        with self.source.open(item, start, stop) as stream:
            return stream.start, b"".join(stream.chunks)


@contextmanager
def drive(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with serve(worlds.student(), faults=Faults()) as server, vault.trial(folder / "none") as place:
        signed_in(server, folder / "home", monkeypatch)
        tokens, address = google.account(None, google.SCOPES["drive"])
        wire = Wire(tokens)

        def connect(expected: str) -> Source:
            catalogue = ManifestCatalogue(place.manifest, "drive")
            options = {"trash": True, "shared_with_me": True}
            return sources.connect("drive", sources.Setup(wire, catalogue, expected, home.rehearsal(), options))

        yield Stage(connect(address), server, "1Film", connect)


STAGES: dict[str, Callable[[Path, pytest.MonkeyPatch], AbstractContextManager[Stage]]] = {"drive": drive}


@pytest.fixture(params=sources.SOURCES)
def stage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with STAGES[request.param](tmp_path, monkeypatch) as found:
        yield found


def test_listing_twice_asks_once(stage: Stage) -> None:
    first = list(stage.source.items())
    asked = stage.server.log.requests
    assert list(stage.source.items()) == first
    assert stage.server.log.requests == asked
    assert len({item.key for item in first}) == len(first)
    assert all(item.key.source == stage.source.name and item.path for item in first)


def test_the_account_is_checked(stage: Stage) -> None:
    with pytest.raises(WrongAccount):
        stage.reconnect("somebody@else.example")


def test_any_part_can_be_read(stage: Stage, tmp_path: Path) -> None:
    item = stage.item(stage.large)
    assert item.size is not None
    assert item.digest is not None
    start, whole = stage.read(item)
    assert (start, len(whole)) == (0, item.size)
    (tmp_path / "whole").write_bytes(whole)
    assert digests(tmp_path / "whole", item.digest.algorithm)[item.digest.algorithm] == item.digest.hex
    for begin, end in ((1, None), (0, 10), (1000, 70_000), (item.size - 1, item.size)):
        assert stage.read(item, begin, end) == (begin, whole[begin:end])


def test_an_ignored_range_is_admitted(stage: Stage) -> None:
    item = stage.item(stage.large)
    assert stage.server.faults is not None
    stage.server.faults.add("alt=media", Fault(ignore_range=True))
    start, body = stage.read(item, 1000)
    assert (start, len(body)) == (0, item.size)


def test_other_bytes_are_never_passed_off(stage: Stage) -> None:
    """A file that changed gives `Changed`, or bytes that its digest shows to be others."""
    item = stage.item(stage.large)
    stage.server.world.edit(stage.large)
    try:
        _, body = stage.read(item, 1000)
    except Changed:
        body = b""
    assert len(body) != (item.size or 0) - 1000 or item.digest is not None
    now = stage.source.refresh(item)
    assert now.revision != item.revision
    assert (now.key, now.path) == (item.key, item.path)


def test_a_part_beyond_the_end_means_changed(stage: Stage) -> None:
    item = stage.item(stage.large)
    stage.server.world.edit(stage.large, worlds.Literal(b"short"))
    with pytest.raises(Changed):
        stage.read(item, 1000)


def test_what_is_gone_is_unavailable(stage: Stage) -> None:
    item = stage.item(stage.large)
    stage.server.world.delete(stage.large)
    for ask in (lambda: stage.read(item), lambda: stage.source.refresh(item)):
        with pytest.raises(Unavailable) as caught:
            ask()
        assert caught.value.obstacle.kind is Kind.GONE
        assert caught.value.hint


@pytest.mark.parametrize("fault", [Fault(500), Fault(503), Fault(429, "rateLimitExceeded"), Fault(cut_after=100)])
def test_what_may_pass_is_transient(stage: Stage, fault: Fault) -> None:
    item = stage.item(stage.large)
    assert stage.server.faults is not None
    stage.server.faults.add("alt=media", fault)
    with pytest.raises(Transient):
        stage.read(item)
    assert len(stage.read(item)[1]) == item.size
