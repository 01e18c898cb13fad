"""The process dies at every single step that touches the disk; the next run ends as if nothing had happened."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import pytest

from dying import needs_fork, run_and_die
from eccs_backup import backup, balance, download, ranges, survey, vault
from eccs_backup import verify as checks
from eccs_backup.choice import Choice
from shelf import Shelf, World, hasty, save, served

FILES = {
    "empty": b"",
    "small": b"x" * 100,
    "same": b"y" * 100,
    "large": random.Random(2).randbytes(1 << 19),
}
NAMES = {"small": ("a", "Name"), "same": ("a", "name"), "large": ("b", "large.bin")}


@pytest.fixture(autouse=True)
def _small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "LARGE", 1 << 18)
    monkeypatch.setattr(ranges, "RANGE", 1 << 17)


def run_once(url: str, world: World, root: Path) -> None:
    """A whole run."""
    with vault.opened(root) as place:
        shelf = Shelf(world, url)
        found = survey.survey(shelf, place, Choice(), "{}")
        list(backup.run(shelf, place, found, patience=hasty))
        place.write_sums()


@needs_fork
def test_a_death_at_every_step_of_renaming_changes_nothing(tmp_path: Path) -> None:
    """Names go in a circle, and all files have one size: a mix-up would not show by sizes."""
    files = {id: id.encode() * 50 for id in "abcd"}
    step, died = 0, True
    while died:
        step += 1
        assert step < 500
        world = World(dict(files), names={id: (id,) for id in files})
        root = tmp_path / str(step)
        save(world, root)
        world.names = {"a": ("b",), "b": ("a",), "c": ("new", "d"), "d": ("c",)}
        with served(world) as url:
            died = run_and_die(partial(run_once, url, world, root), root, step)
        world.seen.clear()
        save(world, root)
        assert world.seen == [], "a move is not a download"
        with vault.existing(root) as place:
            assert list(checks.files(place)) == [], f"step {step}"
            assert list(checks.strangers(place)) == [], f"step {step}"
            assert {e.key.id: (root / str(e.path)).read_bytes() for e in place.manifest.entries()} == files
    assert step > 10


@needs_fork
@pytest.mark.parametrize("with_md5", [True, False], ids=["with checksums", "without"])
def test_a_death_at_every_step_changes_nothing(with_md5: bool, tmp_path: Path) -> None:
    step, died = 0, True
    while died:
        step += 1
        assert step < 500
        world = World(dict(FILES), names=NAMES, with_md5=with_md5)
        root = tmp_path / str(step)
        with served(world) as url:
            died = run_and_die(partial(run_once, url, world, root), root, step)
        save(world, root)
        with vault.existing(root) as place:
            assert list(checks.files(place)) == [], f"step {step}"
            assert list(checks.strangers(place)) == [], f"step {step}"
            found = balance.of(place.manifest, "shelf")
            assert found is not None
            assert (found.whole, found.saved) == (True, len(FILES))
            assert {(root / str(e.path)).read_bytes() for e in place.manifest.entries()} == set(FILES.values())
    assert step > 30, "the hook saw no steps"
