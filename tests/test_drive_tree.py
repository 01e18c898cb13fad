"""Paths from a flat listing, whatever the listing holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eccs_backup.sources.google_drive.tree import FOLDER, Tree

ROOT = "root-id"
DRIVES = {"sd1": "Lab"}


def row(id: str, parent: str | None = None, *, mine: bool | None = True, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"id": id, "name": more.pop("name", id.upper()), **more}
    if parent:
        found["parents"] = [parent]
    if mine is not None:
        found["ownedByMe"] = mine
    return found


FOLDERS = [
    row("f1", ROOT),
    row("f2", "f1", name="a/b"),
    row("theirs", None, mine=False),
    row("deep", "theirs", mine=False),
    row("orphan"),
    row("loop1", "loop2"),
    row("loop2", "loop1"),
    row("in-lab", "sd1", mine=None, driveId="sd1"),
    row("self", "self"),
    row("bin", ROOT, trashed=True, explicitlyTrashed=True),
    row("in-bin", "bin"),
]

CASES = {
    "at the top": (row("x", ROOT), ["My Drive", "X"]),
    "in folders": (row("x", "f2"), ["My Drive", "F1", "a/b", "X"]),
    "somebody else's file in an own folder": (row("x", "f1", mine=False), ["My Drive", "F1", "X"]),
    "shared": (row("x", None, mine=False), ["Shared with me", "X"]),
    "in a shared folder": (row("x", "deep", mine=False), ["Shared with me", "THEIRS", "DEEP", "X"]),
    "own file in somebody else's folder": (row("x", "deep"), ["Shared with me", "THEIRS", "DEEP", "X"]),
    "own file in a folder that cannot be seen": (row("x", "unseen"), ["Unfiled", "X"]),
    "own file in no folder": (row("x"), ["Unfiled", "X"]),
    "below an own folder in no folder": (row("x", "orphan"), ["Unfiled", "ORPHAN", "X"]),
    "in a shared drive": (row("x", "sd1", mine=None, driveId="sd1"), ["Shared drives", "Lab", "X"]),
    "in a shared drive's folder": (
        row("x", "in-lab", mine=None, driveId="sd1"),
        ["Shared drives", "Lab", "IN-LAB", "X"],
    ),
    "in a shared drive's unseen folder": (row("x", "?", mine=None, driveId="sd1"), ["Shared drives", "Lab", "X"]),
    "of a shared drive that is not ours": (row("x", "sd9", mine=None, driveId="sd9"), ["Shared with me", "X"]),
    "in the trash": (row("x", "f1", trashed=True, explicitlyTrashed=True), ["Trash", "My Drive", "F1", "X"]),
    "in the trash with its folder": (row("x", "bin", trashed=True), ["Trash", "My Drive", "BIN", "X"]),
    "below a folder that was trashed since": (row("x", "in-bin"), ["Trash", "My Drive", "BIN", "IN-BIN", "X"]),
    "below a folder that was brought back since": (row("x", "f2", trashed=True), ["My Drive", "F1", "a/b", "X"]),
    "trashed by somebody else with an unseen folder": (
        row("x", "?", mine=False, trashed=True),
        ["Trash", "Shared with me", "X"],
    ),
}


def tree() -> Tree:
    found = Tree(ROOT, DRIVES)
    for folder in FOLDERS:
        found.add({**folder, "mimeType": FOLDER})
    return found


@pytest.mark.parametrize(("file", "names"), CASES.values(), ids=CASES)
def test_path(file: dict[str, Any], names: list[str]) -> None:
    steps = tree().path(file, file["name"])
    assert [step.name for step in steps] == names
    assert steps[-1].id == "x"


def test_the_tops_of_drives_are_no_folders() -> None:
    found = tree()
    for top in (row(ROOT, name="My Drive"), row("sd1", name="Drive", mine=None, driveId="sd1")):
        found.add(top)
    assert [step.name for step in found.path(row("x", "f1"), "X")] == ["My Drive", "F1", "X"]
    assert [step.name for step in found.path(row("x", "in-lab"), "X")] == ["Shared drives", "Lab", "IN-LAB", "X"]


@pytest.mark.parametrize("parent", ["loop1", "self"])
def test_a_cycle_ends(parent: str) -> None:
    assert tree().path(row("x", parent), "X")[0].name == "Unfiled"


IDS = st.sampled_from("abcdef")


@given(parents=st.dictionaries(IDS, IDS | st.sampled_from([ROOT, "sd1", "?"])))
def test_every_item_has_exactly_one_place(parents: dict[str, str]) -> None:
    found = Tree(ROOT, DRIVES)
    for id, parent in parents.items():
        found.add(row(id, parent))
    tops = {"My Drive", "Shared drives", "Shared with me", "Unfiled"}
    for id, parent in parents.items():
        steps = found.path(row(id, parent), id)
        assert steps[0].name in tops
        assert [step.name for step in steps].count(steps[0].name) == 1
        assert len({step.id for step in steps}) == len(steps)
