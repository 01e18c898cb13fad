"""The engine on real HTTP and a real disk: troubles, resuming, and what stays true."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from pathlib import Path

import pytest

from eccs_backup import balance, disk, download, ranges, survey, vault
from eccs_backup import verify as checks
from eccs_backup.choice import Choice
from eccs_backup.errors import Corrupt, SignInNeeded, Unfinished, VaultBusy, WrongAccount
from eccs_backup.model import Entry, Item, Kind, Proof, State
from shelf import Fault, Shelf, World, hasty, save, served

BODY = random.Random(1).randbytes(1 << 20)  # nothing in it repeats: a range in a wrong place shows
K = 1 << 10

TROUBLES = {
    # name: faults in order -> ranges asked for, state
    "clean": ([], [None], State.SAVED),
    "cut once": ([Fault(cut_after=300 * K)], [None, f"bytes={300 * K}-"], State.SAVED),
    "cut twice": (
        [Fault(cut_after=300 * K), Fault(cut_after=100 * K)],
        [None, f"bytes={300 * K}-", f"bytes={400 * K}-"],
        State.SAVED,
    ),
    "range ignored": ([Fault(cut_after=300 * K), Fault(ignore_range=True)], [None, f"bytes={300 * K}-"], State.SAVED),
    "busy": ([Fault(status=429), Fault(status=503)], [None] * 3, State.SAVED),
    "always down": ([Fault(status=503)] * 99, [None] * 8, State.FAILED),
    "refused once": ([Fault(status=403)], [None, None], State.SAVED),
    "refused though it is listed as free": ([Fault(status=403)] * 9, [None, None], State.FAILED),
    "not found once": ([Fault(status=404)], [None, None], State.SAVED),
    "not found though it is listed": ([Fault(status=404)] * 9, [None, None], State.FAILED),
    "gone": ([Fault(delete=True)], [None], State.EXPLAINED),
    "forbidden while it is read": ([Fault(garble=True, forbid=True)], [None], State.EXPLAINED),
    "cut at the same byte again and again": (
        [Fault(cut_after=300 * K), *[Fault(cut_after=200 * K, ignore_range=True)] * 99],
        None,
        State.FAILED,
    ),
    "garbled once": ([Fault(garble=True)], [None, None], State.SAVED),
    "garbled always": ([Fault(garble=True)] * 99, [None] * download.ATTEMPTS, State.FAILED),
    "cut, then garbled": (
        [Fault(cut_after=300 * K), Fault(garble=True)],
        [None, f"bytes={300 * K}-", None],
        State.SAVED,
    ),
    "changed meanwhile": (
        [Fault(cut_after=300 * K), Fault(replace_with=BODY[::-1])],
        [None, f"bytes={300 * K}-", None],
        State.SAVED,
    ),
    "shorter meanwhile": (
        [Fault(cut_after=300 * K), Fault(replace_with=b"other")],
        [None, f"bytes={300 * K}-", None],
        State.SAVED,
    ),
}


@pytest.mark.parametrize(("faults", "asked", "state"), TROUBLES.values(), ids=TROUBLES)
def test_one_file_through_trouble(tmp_path: Path, faults: list[Fault], asked: list[str], state: State) -> None:
    world = World({"a": BODY}, faults={"a": list(faults)})
    (entry,) = save(world, tmp_path)
    assert entry.state is state
    assert asked is None or [wanted for _, wanted in world.seen] == asked
    assert len(world.seen) < 12
    file = tmp_path / "shelf/a.bin"
    if state is State.SAVED:
        assert file.read_bytes() == world.files["a"]
        assert entry.proof is Proof.DIGEST
        assert entry.sha256 == hashlib.sha256(world.files["a"]).hexdigest()
    else:
        assert not file.exists()
        assert entry.reason


LARGE_TROUBLES = {
    "clean": ([], State.SAVED),
    "cut": ([Fault(cut_after=100 * K)] * 5, State.SAVED),
    "busy": ([Fault(status=429)] * 9, State.SAVED),
    "a range ignored": ([Fault(), Fault(ignore_range=True)], State.SAVED),
    "ranges always ignored": ([Fault(ignore_range=True)] * 99, State.SAVED),
    "garbled once": ([Fault(), Fault(garble=True)], State.SAVED),
    "changed in the middle": ([Fault(), Fault(), Fault(replace_with=BODY[::-1] * 3)], State.SAVED),
    "shorter in the middle": ([Fault(), Fault(), Fault(replace_with=b"other")], State.SAVED),
    "refused in the middle": ([Fault(), Fault(status=403)], State.SAVED),
    "gone in the middle": ([Fault(), Fault(delete=True)], State.EXPLAINED),
}


@pytest.fixture
def _small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "LARGE", 1 << 20)
    monkeypatch.setattr(ranges, "RANGE", 256 * K)


@pytest.mark.usefixtures("_small_ranges")
@pytest.mark.parametrize(("faults", "state"), LARGE_TROUBLES.values(), ids=LARGE_TROUBLES)
def test_a_large_file_through_trouble(tmp_path: Path, faults: list[Fault], state: State) -> None:
    world = World({"a": BODY * 3}, faults={"a": list(faults)})
    (entry,) = save(world, tmp_path)
    assert entry.state is state
    if state is State.SAVED:
        assert (tmp_path / "shelf/a.bin").read_bytes() == world.files["a"]
    assert not [part for part in (tmp_path / ".eccs-backup/partial").iterdir() if state is State.SAVED]


@pytest.mark.usefixtures("_small_ranges")
def test_a_large_file_goes_on_with_the_missing_ranges(tmp_path: Path) -> None:
    world = World({"a": BODY * 3}, faults={"a": [Fault()] * 5 + [Fault(status=503)] * 99})
    (entry,) = save(world, tmp_path)
    assert entry.state is State.FAILED
    held = {wanted for _, wanted in world.seen[:5]}
    world.faults.clear()
    world.seen.clear()
    (entry,) = save(world, tmp_path)
    assert entry.state is State.SAVED
    assert (tmp_path / "shelf/a.bin").read_bytes() == BODY * 3
    again = [wanted for _, wanted in world.seen]
    assert len(again) == 12 - 5
    assert not held & set(again)


def test_second_run_fetches_nothing(tmp_path: Path) -> None:
    world = World({"a": BODY, "b": b"x", "empty": b""})
    assert len(save(world, tmp_path)) == 3
    world.seen.clear()
    assert save(world, tmp_path) == []
    assert world.seen == []


def test_resumes_across_runs(tmp_path: Path) -> None:
    world = World({"a": BODY}, faults={"a": [Fault(cut_after=300 * K), *[Fault(status=503)] * 99]})
    (entry,) = save(world, tmp_path)
    assert entry.state is State.FAILED
    world.faults.clear()
    world.seen.clear()
    (entry,) = save(world, tmp_path)
    assert (entry.state, world.seen) == (State.SAVED, [("a", f"bytes={300 * K}-")])


def test_a_part_of_an_older_revision_is_not_extended(tmp_path: Path) -> None:
    world = World({"a": BODY}, faults={"a": [Fault(cut_after=300 * K), *[Fault(status=503)] * 99]})
    save(world, tmp_path)
    world.faults.clear()
    world.files["a"] = BODY[::-1]
    (entry,) = save(world, tmp_path)
    assert entry.state is State.SAVED
    assert (tmp_path / "shelf/a.bin").read_bytes() == BODY[::-1]


def test_without_digest_only_size_is_claimed_and_nothing_is_resumed(tmp_path: Path) -> None:
    world = World({"a": BODY}, faults={"a": [Fault(cut_after=300 * K)]}, with_md5=False)
    (entry,) = save(world, tmp_path)
    assert entry.proof is Proof.SIZE
    assert world.seen == [("a", None), ("a", None)]


def test_a_failed_update_keeps_the_older_version(tmp_path: Path) -> None:
    world = World({"a": b"old"})
    save(world, tmp_path)
    world.files["a"] = b"new"
    world.faults["a"] = [Fault(status=503)] * 99
    (entry,) = save(world, tmp_path)
    assert (entry.state, entry.path) == (State.FAILED, "shelf/a.bin")
    assert (tmp_path / "shelf/a.bin").read_bytes() == b"old"
    assert entry.sha256 == hashlib.sha256(b"old").hexdigest()


def test_a_finished_file_without_a_row_is_taken_over(tmp_path: Path) -> None:
    world = World({"a": BODY})
    save(world, tmp_path)
    with vault.opened(tmp_path) as place:
        place.manifest.begin()
        place.manifest.db.execute("DELETE FROM entries")
    world.seen.clear()
    (entry,) = save(world, tmp_path)
    assert (entry.state, world.seen) == (State.SAVED, [])


def test_a_file_of_the_persons_own_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf/a.bin").write_bytes(b"mine")
    save(World({"a": BODY}), tmp_path)
    assert (tmp_path / "shelf/a.bin").read_bytes() == b"mine"
    assert [path.read_bytes() for path in (tmp_path / "shelf").glob("a~*.bin")] == [BODY]


@pytest.mark.parametrize("mine", [b"my own notes", b"mine!!"])
def test_a_file_changed_by_hand_is_set_aside(tmp_path: Path, mine: bytes) -> None:
    world = World({"a": b"theirs"})
    save(world, tmp_path)
    (tmp_path / "shelf/a.bin").write_bytes(mine)
    world.files["a"] = b"theirs, newer"
    save(world, tmp_path)
    assert (tmp_path / "shelf/a.bin").read_bytes() == b"theirs, newer"
    assert (tmp_path / "shelf/a (set aside 1).bin").read_bytes() == mine


def test_a_file_saved_by_hand_is_set_aside_when_ours_comes(tmp_path: Path) -> None:
    world = World({"a": b"theirs"}, faults={"a": [Fault(status=403)] * 9})
    save(world, tmp_path)
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf/a.bin").write_bytes(b"by hand")
    world.faults.clear()
    save(world, tmp_path)
    assert (tmp_path / "shelf/a.bin").read_bytes() == b"theirs"
    assert (tmp_path / "shelf/a (set aside 1).bin").read_bytes() == b"by hand"


def test_whatever_lies_in_the_way_is_set_aside(tmp_path: Path) -> None:
    world = World({"a": b"1", "b": b"2"}, names={"a": ("folder", "a"), "b": ("b",)})
    save(world, tmp_path)
    for path in (tmp_path / "shelf/folder/a", tmp_path / "shelf/b"):
        path.unlink()
    (tmp_path / "shelf/folder").rmdir()
    (tmp_path / "shelf/folder").write_bytes(b"a file where a folder was")
    (tmp_path / "shelf/b").mkdir()
    (tmp_path / "shelf/b/mine").write_bytes(b"mine")
    save(world, tmp_path)
    assert (tmp_path / "shelf/folder/a").read_bytes() == b"1"
    assert (tmp_path / "shelf/b").read_bytes() == b"2"
    assert (tmp_path / "shelf/folder (set aside 1)").read_bytes() == b"a file where a folder was"
    assert (tmp_path / "shelf/b (set aside 1)/mine").read_bytes() == b"mine"


def test_dangling_links_are_set_aside(tmp_path: Path) -> None:
    world = World({"a": b"1"})
    save(world, tmp_path)
    (tmp_path / "shelf/a.bin").unlink()
    (tmp_path / "shelf/a.bin").symlink_to(tmp_path / "nowhere")
    save(world, tmp_path)
    assert (tmp_path / "shelf/a.bin").read_bytes() == b"1"
    assert not (tmp_path / "nowhere").exists()
    assert (tmp_path / "shelf/a (set aside 1).bin").is_symlink()


def test_sums_of_the_persons_own_are_kept(tmp_path: Path) -> None:
    (tmp_path / "SHA256SUMS").write_text("mine")
    world = World({"a": b"1"})
    save(world, tmp_path)
    save(world, tmp_path)
    assert (tmp_path / "SHA256SUMS (set aside 1)").read_text() == "mine"
    assert len(list(tmp_path.glob("SHA256SUMS*"))) == 2


def test_an_answer_that_does_not_end_is_not_written_to_the_end(tmp_path: Path) -> None:
    world = World({"a": BODY})
    with served(world) as url, vault.opened(tmp_path) as place:
        shelf = Shelf(world, url)
        (item,) = shelf.items()
        short = replace(item, size=1000, digest=None)
        tools = download.Tools(place.part, hasty)
        with pytest.raises(Corrupt):
            download.fetch(Listed(shelf, short), short, tmp_path / "x", "x", None, tools)
        assert not place.part(short).exists()


def test_a_service_that_goes_down_ends_the_run_soon(tmp_path: Path) -> None:
    world = World({f"{n:03}": b"x" for n in range(200)})
    world.faults = {f"{n:03}": [Fault(status=503)] * 99 for n in range(20, 200)}
    with pytest.raises(Unfinished):
        save(world, tmp_path)
    found = _balance(tmp_path)
    assert found.saved == 20
    assert found.failed < 30
    assert not found.whole


def test_a_version_that_is_held_counts_though_it_may_not_be_fetched_any_more(tmp_path: Path) -> None:
    world = World({"a": b"1"})
    save(world, tmp_path)
    world.obstacles["a"] = "its owner forbids it now"
    save(world, tmp_path)
    assert (_balance(tmp_path).saved, _balance(tmp_path).explained) == (1, {})
    world.files["a"] = b"2"
    save(world, tmp_path)
    assert (_balance(tmp_path).saved, _balance(tmp_path).explained) == (0, {Kind.NO_EXPORT: 1})
    assert (tmp_path / "shelf/a.bin").read_bytes() == b"1"


def test_records_that_were_lost_are_made_again_from_the_files(tmp_path: Path) -> None:
    world = World({"a": BODY, "b": b"2"}, names={"b": ("folder", "b")})
    save(world, tmp_path)
    (tmp_path / ".eccs-backup/manifest.sqlite").unlink()
    world.seen.clear()
    save(world, tmp_path)
    assert world.seen == []
    assert _balance(tmp_path).saved == 2


def test_what_vanished_before_it_was_saved_is_told(tmp_path: Path) -> None:
    world = World({"a": b"1", "b": b"2"}, faults={"a": [Fault(status=503)] * 99})
    save(world, tmp_path)
    del world.files["a"]
    save(world, tmp_path)
    assert (_balance(tmp_path).vanished, _balance(tmp_path).kept) == (1, 0)


def test_room_counts_what_parts_take_already(tmp_path: Path) -> None:
    with (tmp_path / "holes").open("wb") as file:
        file.truncate(50_000_000)
    assert disk.allocated(tmp_path) < 1_000_000
    (tmp_path / "whole").write_bytes(b"x" * 10_000_000)
    assert 10_000_000 <= disk.allocated(tmp_path) < 12_000_000


def test_a_renamed_item_is_moved_not_fetched(tmp_path: Path) -> None:
    world = World({"a": BODY})
    save(world, tmp_path)
    world.names["a"] = ("new folder", "b.bin")
    world.seen.clear()
    save(world, tmp_path)
    assert world.seen == []
    assert (tmp_path / "shelf/new folder/b.bin").read_bytes() == BODY
    assert not (tmp_path / "shelf/a.bin").exists()


@pytest.mark.parametrize("with_md5", [True, False])
def test_a_stranger_of_the_same_size_is_not_taken_for_a_moved_file(with_md5: bool, tmp_path: Path) -> None:
    world = World({"a": b"ours"}, with_md5=with_md5)
    save(world, tmp_path)
    (tmp_path / "shelf/a.bin").unlink()
    (tmp_path / "shelf/b.bin").write_bytes(b"mine")
    world.names["a"] = ("b.bin",)
    save(world, tmp_path)
    with vault.reading(tmp_path) as place:
        (entry,) = place.manifest.entries()
    assert (tmp_path / str(entry.path)).read_bytes() == b"ours"
    assert b"mine" in {path.read_bytes() for path in (tmp_path / "shelf").iterdir()}


def test_an_item_renamed_and_changed_leaves_no_old_file_behind(tmp_path: Path) -> None:
    world = World({"a": BODY})
    save(world, tmp_path)
    world.names["a"], world.files["a"] = ("b.bin",), b"new"
    save(world, tmp_path)
    assert {path.name: path.read_bytes() for path in (tmp_path / "shelf").iterdir()} == {"b.bin": b"new"}


def test_names_that_meet_are_all_kept_and_stay_stable(tmp_path: Path) -> None:
    world = World(
        {"1": b"one", "2": b"two", "3": b"three", "4": b"four"},
        names={"1": ("Report",), "2": ("report",), "3": ("Report",), "4": ("Report", "x")},
    )
    first = {entry.key.id: entry.path for entry in save(world, tmp_path)}
    assert len({path.casefold() for path in first.values() if path}) == 4
    for id, path in first.items():
        assert (tmp_path / str(path)).read_bytes() == world.files[id]
    world.files["0"], world.names["0"] = b"zero", ("Report",)
    save(world, tmp_path)
    with vault.reading(tmp_path) as place:
        now = {entry.key.id: entry.path for entry in place.manifest.entries()}
    assert {id: now[id] for id in first} == first


def test_swapped_names_lose_nothing(tmp_path: Path) -> None:
    world = World({"1": b"one", "2": b"two"}, names={"1": ("a",), "2": ("b",)})
    save(world, tmp_path)
    world.names = {"1": ("b",), "2": ("a",)}
    save(world, tmp_path)
    with vault.reading(tmp_path) as place:
        for entry in place.manifest.entries():
            assert (tmp_path / str(entry.path)).read_bytes() == world.files[entry.key.id]


def test_the_balance_adds_up(tmp_path: Path) -> None:
    world = World({"a": b"1", "b": b"2", "c": b"3", "d": b"4"}, obstacles={"form": "a form"})
    world.faults = {"b": [Fault(delete=True)], "c": [Fault(status=503)] * 99}
    save(world, tmp_path, choice=Choice(exclude=("d.bin",)))
    found = _balance(tmp_path)
    assert (found.listed, found.saved, found.failed, found.pending) == (5, 1, 1, 0)
    assert found.explained == {Kind.GONE: 1, Kind.NO_EXPORT: 1}
    assert found.left_out == {"--exclude d.bin": 1}
    assert not found.whole
    assert "1 of 5 is missing" in found.verdict
    world.faults.clear()
    save(world, tmp_path, choice=Choice(exclude=("d.bin",)))
    assert _balance(tmp_path).whole


def test_a_lost_row_shows_in_the_balance(tmp_path: Path) -> None:
    save(World({"a": b"1", "b": b"2"}), tmp_path)
    assert _balance(tmp_path).whole
    with vault.opened(tmp_path) as place:
        place.manifest.begin()
        place.manifest.db.execute("DELETE FROM entries WHERE id = 'a'")
    assert not _balance(tmp_path).whole


def test_a_listing_that_breaks_off_is_not_whole(tmp_path: Path) -> None:
    world = World({"a": b"1"}, listing_breaks=True)
    with pytest.raises(SignInNeeded):
        save(world, tmp_path)
    found = _balance(tmp_path)
    assert (found.listed, found.whole) == (None, False)


def test_a_listing_that_is_suddenly_empty_is_a_fault(tmp_path: Path) -> None:
    world = World({"a": b"1"})
    save(world, tmp_path)
    world.files.clear()
    with pytest.raises(Unfinished):
        save(world, tmp_path)
    assert (tmp_path / "shelf/a.bin").exists()


def test_what_is_deleted_online_stays(tmp_path: Path) -> None:
    world = World({"a": b"1", "b": b"2"})
    save(world, tmp_path)
    del world.files["a"]
    save(world, tmp_path)
    found = _balance(tmp_path)
    assert (found.listed, found.saved, found.kept, found.whole) == (1, 1, 1, True)
    assert (tmp_path / "shelf/a.bin").read_bytes() == b"1"


def test_a_stop_in_a_worker_ends_the_run_and_keeps_the_rest(tmp_path: Path) -> None:
    world = World({f"{n:03}": b"x" for n in range(200)}, faults={"100": [Fault(status=401)]})
    with pytest.raises(SignInNeeded):
        save(world, tmp_path)
    found = _balance(tmp_path)
    assert found.saved > 0
    assert found.pending > 0
    assert not found.whole
    world.faults.clear()
    world.seen.clear()
    save(world, tmp_path)
    assert 0 < len(world.seen) <= 200 - found.saved  # a part may have been whole already when it was left
    assert _balance(tmp_path).saved == 200


def test_one_vault_one_account_one_run(tmp_path: Path) -> None:
    world = World({"a": b"1"})
    save(world, tmp_path)
    with served(world) as url, vault.opened(tmp_path) as place:
        with pytest.raises(WrongAccount):
            survey.survey(Shelf(world, url, "hanako@example.ac.jp"), place, Choice(), "{}")
        with pytest.raises(VaultBusy), vault.opened(tmp_path):
            pass


def test_verify_finds_damage_and_the_next_run_mends_it(tmp_path: Path) -> None:
    world = World({"a": b"aaaa", "b": b"bbbb", "c": b"cccc"})
    save(world, tmp_path)
    (tmp_path / "shelf/a.bin").write_bytes(b"aaax")
    (tmp_path / "shelf/b.bin").unlink()
    (tmp_path / "shelf/mine.txt").write_bytes(b"?")
    with vault.existing(tmp_path) as place:
        damages = {damage.path for damage in checks.files(place)}
        assert damages == {"shelf/a.bin", "shelf/b.bin"}
        assert list(checks.strangers(place)) == ["shelf/mine.txt"]
    assert not _balance(tmp_path).whole
    save(world, tmp_path)
    with vault.existing(tmp_path) as place:
        assert list(checks.files(place)) == []
    assert _balance(tmp_path).whole


class Listed(Shelf):
    """A shelf that describes one item wrongly, and goes on doing so."""

    def __init__(self, shelf: Shelf, item: Item) -> None:
        self.__dict__.update(shelf.__dict__)
        self._item_as_listed = item

    def refresh(self, item: Item) -> Item:
        return self._item_as_listed


def _balance(root: Path) -> balance.Balance:
    with vault.reading(root) as place:
        found = balance.of(place.manifest, "shelf")
        assert found is not None
        return found


def test_entries_survive_the_manifest(tmp_path: Path) -> None:
    save(World({"a": b"1"}), tmp_path)
    with vault.reading(tmp_path) as place:
        (entry,) = place.manifest.entries()
    assert isinstance(entry, Entry)
    assert entry.facts == {"id": "a"}
