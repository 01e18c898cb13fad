"""Items that come whole: every one is saved or named, whatever the answers leave out, and whenever the power fails."""

from __future__ import annotations

import hashlib
import random
from functools import partial
from pathlib import Path

import pytest

from dying import needs_fork, run_and_die
from eccs_backup import balance, delivery, disk, vault
from eccs_backup import verify as checks
from eccs_backup.errors import BackupError, ItemError, SignInNeeded, Transient, Unavailable, Unfinished, VaultFull
from eccs_backup.model import Kind, State
from post import SILENCE, Office, fetch

LETTERS = {f"letter{number}": random.Random(number).randbytes(100 + number) for number in range(10)}
GONE = Unavailable("It is gone.", kind=Kind.GONE)
REFUSED = ItemError("Not this one.")
DOWN = Transient("Down.")

TROUBLES: dict[str, tuple[list[BackupError | None], State]] = {
    "none": ([], State.SAVED),
    "busy once": ([DOWN], State.SAVED),
    "left out of the answer once": ([SILENCE], State.SAVED),
    "left out of the answer always": ([SILENCE] * 99, State.FAILED),
    "always down": ([DOWN] * 99, State.FAILED),
    "gone": ([GONE] * 9, State.EXPLAINED),
    "gone, but only once": ([GONE], State.SAVED),
    "refused once": ([REFUSED], State.SAVED),
    "refused always": ([REFUSED] * 9, State.FAILED),
    "busy, then refused": ([DOWN, REFUSED, DOWN, REFUSED], State.FAILED),
}


@pytest.mark.parametrize(("trouble", "state"), TROUBLES.values(), ids=TROUBLES)
@pytest.mark.parametrize("bundle", [1, 3, 20])
def test_trouble_with_one_harms_no_other(
    trouble: list[BackupError | None], state: State, bundle: int, tmp_path: Path
) -> None:
    office = Office(LETTERS, troubles={"letter4": list(trouble)}, bundle=bundle)
    entries = {entry.key.id: entry for entry in fetch(office, tmp_path)}
    assert entries.pop("letter4").state is state
    assert {entry.state for entry in entries.values()} == {State.SAVED}
    assert len(entries) == 9
    for id, entry in entries.items():
        assert (tmp_path / str(entry.path)).read_bytes() == LETTERS[id]
        assert entry.sha256 == hashlib.sha256(LETTERS[id]).hexdigest()
        assert office.asked[id] == 1, "what has arrived is not asked for again"
    assert (tmp_path / "post/letter4.eml").exists() is (state is State.SAVED)


def test_answers_that_break_are_asked_for_again(tmp_path: Path) -> None:
    entries = fetch(Office(LETTERS, breaks=[DOWN, DOWN, DOWN]), tmp_path)
    assert [entry.state for entry in entries] == [State.SAVED] * 10


def test_a_dead_service_ends_the_run(tmp_path: Path) -> None:
    office = Office({f"{number:04}": b"x" for number in range(1000)}, breaks=[DOWN] * 10_000)
    with pytest.raises(Unfinished):
        fetch(office, tmp_path)


def test_a_stop_keeps_what_came_before(tmp_path: Path) -> None:
    office = Office(LETTERS, troubles={"letter8": [SignInNeeded("Over.")]})
    with pytest.raises(SignInNeeded):
        fetch(office, tmp_path)
    office.troubles.clear()
    before = dict(office.asked)
    entries = fetch(office, tmp_path)
    assert [entry.state for entry in entries] == [State.SAVED] * 10
    again = [id for id, count in office.asked.items() if count > 1]
    assert set(again) <= {"letter6", "letter7", "letter8"} | (set(LETTERS) - set(before)), "only what was on its way"


def test_a_second_run_asks_for_nothing(tmp_path: Path) -> None:
    office = Office(LETTERS)
    fetch(office, tmp_path)
    fetch(office, tmp_path)
    assert set(office.asked.values()) == {1}


def test_what_lies_in_the_place_already_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "post").mkdir()
    (tmp_path / "post/letter1.eml").write_bytes(b"the person's own")
    (tmp_path / "post/letter2.eml").write_bytes(LETTERS["letter2"])
    (tmp_path / "post/letter3.eml").mkdir()
    fetch(Office(LETTERS), tmp_path)
    names = sorted(path.name for path in (tmp_path / "post").iterdir())
    assert [name for name in names if "aside" in name] == ["letter1 (set aside 1).eml", "letter3 (set aside 1).eml"]
    assert (tmp_path / "post/letter1 (set aside 1).eml").read_bytes() == b"the person's own"
    for id, body in LETTERS.items():
        assert (tmp_path / f"post/{id}.eml").read_bytes() == body


def test_a_file_that_was_lost_or_damaged_comes_again(tmp_path: Path) -> None:
    office = Office(LETTERS)
    fetch(office, tmp_path)
    (tmp_path / "post/letter1.eml").unlink()
    (tmp_path / "post/letter2.eml").write_bytes(b"short")
    fetch(office, tmp_path)
    assert {id for id, count in office.asked.items() if count == 2} == {"letter1", "letter2"}
    assert (tmp_path / "post/letter2.eml").read_bytes() == LETTERS["letter2"]


def test_files_are_on_the_disk_before_their_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is asked to sync after the files are in place and before the rows are committed."""
    seen: list[tuple[int, int]] = []
    sync = disk.sync

    def watched(folder: Path) -> None:
        with vault.reading(folder) as place:
            rows = sum(entry.state is State.SAVED for entry in place.manifest.entries("post"))
        seen.append((len(list((folder / "post").glob("*.eml"))), rows))
        sync(folder)

    monkeypatch.setattr(disk, "sync", watched)
    fetch(Office(LETTERS), tmp_path)
    assert seen
    assert all(files > rows for files, rows in seen)


def test_a_full_disk_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path) -> None:
        raise OSError(28, "No space left on device", str(folder))

    monkeypatch.setattr(disk, "sync", full)
    with pytest.raises(VaultFull):
        fetch(Office(LETTERS), tmp_path)
    monkeypatch.undo()
    assert [entry.state for entry in fetch(Office(LETTERS), tmp_path)] == [State.SAVED] * 10


def test_each_is_settled_once(tmp_path: Path) -> None:
    office = Office(LETTERS, bundle=20)
    seen: list[str] = []
    office.on_ask = seen.append
    fetch(office, tmp_path)
    assert sorted(seen) == sorted(LETTERS)


@needs_fork
def test_a_death_at_every_step_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "COMMIT_EVERY", 0.0)
    some = dict(list(LETTERS.items())[:5])
    step, died = 0, True
    while died:
        step += 1
        assert step < 300
        root = tmp_path / str(step)
        died = run_and_die(partial(fetch, Office(some), root), root, step)
        entries = fetch(Office(some), root)
        assert [entry.state for entry in entries] == [State.SAVED] * 5
        with vault.existing(root) as place:
            assert list(checks.files(place)) == [], f"step {step}"
            assert list(checks.strangers(place)) == [], f"step {step}"
            found = balance.of(place.manifest, "post")
            assert found is not None
            assert found.whole
            assert {(root / str(e.path)).read_bytes() for e in place.manifest.entries()} == set(some.values())
    assert step > 20, "the hook saw no steps"
