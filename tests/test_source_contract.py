"""What every source promises, tried over every source there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from conftest import signed_in
from eccs_backup import sources, vault
from eccs_backup.accounts import google, home
from eccs_backup.catalogue import ManifestCatalogue
from eccs_backup.digest import digests
from eccs_backup.errors import Changed, ItemError, Transient, Unavailable, WrongAccount
from eccs_backup.http import Wire
from eccs_backup.model import Item, Kind
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.faults import Fault, Faults
from eccs_backup.rehearsal.server import Rehearsal, serve
from eccs_backup.sources import Courier, Opener, Parcel, Source


@dataclass
class Stage:
    """A connected source, its practice side, and how to make trouble there."""

    source: Source
    server: Rehearsal
    large: str
    reconnect: Callable[[str], Source]

    def item(self, id: str) -> Item:
        return next(item for item in self.source.items() if item.key.id == id)

    @property
    def opener(self) -> Opener:
        return cast(Opener, self.source)

    @property
    def courier(self) -> Courier:
        return cast(Courier, self.source)

    def read(self, item: Item, start: int = 0, stop: int | None = None) -> tuple[int, bytes]:
        with self.opener.open(item, start, stop) as stream:
            return stream.start, b"".join(stream.chunks)

    def deliver(self, *items: Item) -> list[Parcel | tuple[Item, ItemError | Transient]]:
        return list(self.courier.deliver(items))


def drive(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AbstractContextManager[Stage]:
    return played("drive", "1Film", {"trash": True, "shared_with_me": True}, folder, monkeypatch)


def mail(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AbstractContextManager[Stage]:
    return played("mail", worlds.MAIL_IDS["Large"], {}, folder, monkeypatch)


@contextmanager
def played(
    name: str, large: str, options: dict[str, object], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    """The student's account, signed in, with a source of that name connected to it."""
    with serve(worlds.student(), faults=Faults()) as server, vault.trial(folder / "none") as place:
        signed_in(server, folder / "home", monkeypatch)
        tokens, address = google.account(None, google.SCOPES[name])
        wire = Wire(tokens)

        def connect(expected: str) -> Source:
            catalogue = ManifestCatalogue(place.manifest, name)
            return sources.connect(name, sources.Setup(wire, catalogue, expected, home.rehearsal(), options))

        yield Stage(connect(address), server, large, connect)


OPENERS = {"drive": drive}
COURIERS = {"mail": mail}


@pytest.fixture(params=sources.SOURCES)
def stage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with {**OPENERS, **COURIERS}[request.param](tmp_path, monkeypatch) as found:
        assert isinstance(found.source, Courier) is (request.param in COURIERS)
        yield found


@pytest.fixture(params=OPENERS)
def opener(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with OPENERS[request.param](tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture(params=COURIERS)
def courier(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with COURIERS[request.param](tmp_path, monkeypatch) as found:
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


def test_any_part_can_be_read(opener: Stage, tmp_path: Path) -> None:
    item = opener.item(opener.large)
    assert item.size is not None
    assert item.digest is not None
    start, whole = opener.read(item)
    assert (start, len(whole)) == (0, item.size)
    (tmp_path / "whole").write_bytes(whole)
    assert digests(tmp_path / "whole", item.digest.algorithm)[item.digest.algorithm] == item.digest.hex
    for begin, end in ((1, None), (0, 10), (1000, 70_000), (item.size - 1, item.size)):
        assert opener.read(item, begin, end) == (begin, whole[begin:end])


def test_an_ignored_range_is_admitted(opener: Stage) -> None:
    item = opener.item(opener.large)
    assert opener.server.faults is not None
    opener.server.faults.add("alt=media", Fault(ignore_range=True))
    start, body = opener.read(item, 1000)
    assert (start, len(body)) == (0, item.size)


def test_other_bytes_are_never_passed_off(opener: Stage) -> None:
    """A file that changed gives `Changed`, or bytes that its digest shows to be others."""
    item = opener.item(opener.large)
    opener.server.world.edit(opener.large)
    try:
        _, body = opener.read(item, 1000)
    except Changed:
        body = b""
    assert len(body) != (item.size or 0) - 1000 or item.digest is not None
    now = opener.opener.refresh(item)
    assert now.revision != item.revision
    assert (now.key, now.path) == (item.key, item.path)


def test_a_part_beyond_the_end_means_changed(opener: Stage) -> None:
    item = opener.item(opener.large)
    opener.server.world.edit(opener.large, worlds.Literal(b"short"))
    with pytest.raises(Changed):
        opener.read(item, 1000)


def test_what_is_gone_is_unavailable(opener: Stage) -> None:
    item = opener.item(opener.large)
    opener.server.world.delete(opener.large)
    for ask in (lambda: opener.read(item), lambda: opener.opener.refresh(item)):
        with pytest.raises(Unavailable) as caught:
            ask()
        assert caught.value.obstacle.kind is Kind.GONE
        assert caught.value.hint


@pytest.mark.parametrize("fault", [Fault(500), Fault(503), Fault(429, "rateLimitExceeded"), Fault(cut_after=100)])
def test_what_may_pass_is_transient(opener: Stage, fault: Fault) -> None:
    item = opener.item(opener.large)
    assert opener.server.faults is not None
    opener.server.faults.add("alt=media", fault)
    with pytest.raises(Transient):
        opener.read(item)
    assert len(opener.read(item)[1]) == item.size


def _passing(each: Parcel | tuple[Item, ItemError | Transient]) -> bool:
    """What is to be asked for again: a message that came empty, for instance."""
    return not isinstance(each, Parcel) and isinstance(each[1], Transient)


def test_everything_is_delivered_once_and_whole(courier: Stage) -> None:
    mailbox = courier.server.world.mail[courier.source.account]
    pending = [item for item in courier.source.items() if not item.format]
    bundles = list(courier.courier.bundles(iter(pending)))
    assert [item.key for bundle in bundles for item in bundle] == [item.key for item in pending]
    came = [each for bundle in bundles for each in courier.courier.deliver(bundle)]
    came += [each for item, error in filter(_passing, came) for each in courier.deliver(item)]
    came = [each for each in came if not _passing(each)]
    found = {each.item.key.id: each.body for each in came if isinstance(each, Parcel)}
    assert found == {message.hex: bytes(message.body) for message in mailbox.messages.values()}
    assert len(came) == len(found)


def test_what_was_deleted_is_gone(courier: Stage) -> None:
    item = courier.item(courier.large)
    courier.server.world.mail[courier.source.account].delete(int(item.key.id, 16))
    ((asked, error),) = courier.deliver(item)
    assert asked == item
    assert isinstance(error, Unavailable)
    assert error.obstacle.kind is Kind.GONE


@pytest.mark.parametrize("fault", [Fault(500), Fault(503), Fault(429, "rateLimitExceeded"), Fault(cut_after=100)])
def test_what_may_pass_is_told_of_the_item_it_befell(courier: Stage, fault: Fault) -> None:
    item, other = [item for item in courier.source.items() if not item.format][:2]
    courier.server.faults.add(item.key.id, fault)
    (item_asked, error), parcel = courier.deliver(item, other)
    assert item_asked == item
    assert isinstance(error, Transient)
    assert isinstance(parcel, Parcel)
    assert len(courier.deliver(item)) == 1
    assert isinstance(courier.deliver(item)[0], Parcel)
