"""Drive's files in exports against Drive as it was listed: which name may be which file, and whose version."""

from __future__ import annotations

from pathlib import Path

import pytest
from comparing_rows import LATER, STAMP, Rows, command, written

from eccs_backup.model import Entry, Key, Kind, State
from eccs_backup.takeout.comparing_drive import Drive
from eccs_backup.takeout.pairing import exact, key


def drive_of(rows: Rows) -> Drive:
    found = rows.compare().drive
    assert isinstance(found, Drive)
    return found


def test_a_listing_of_drive_that_did_not_finish(tmp_path: Path) -> None:
    with written(tmp_path) as rows:
        rows.member("Drive/a.bin", b"a", product="drive")
        rows.place.manifest.begin_listing("drive", "{}")
        assert "drive-export" in str(rows.compare().drive)


@pytest.mark.parametrize(
    ("listed", "held", "both", "lacking", "only"),
    [
        (["a.bin"], ["a.bin"], 1, 0, 0),
        (["研究/データ.bin"], ["研究/テ\u3099ータ.bin"], 1, 0, 0),
        (["what? a/b:c.bin"], ["what_ a_b_c.bin"], 1, 0, 0),
        (["Case.BIN"], ["case.bin"], 1, 0, 0),
        (["x/a.bin"], ["y/a.bin"], 0, 1, 1),
        (["a.bin", "a.bin"], ["a.bin", "a(1).bin"], 2, 0, 0),
        (["a.bin", "a.bin"], ["a.bin"], 1, 1, 0),
        (["a.bin"], ["a(1).bin"], 0, 1, 1),  # another one, whose first was deleted since
        (["a (1).bin", "a.bin"], ["a (1).bin", "a.bin"], 2, 0, 0),
        (["#thesis.docx"], ["thesis.docx", "thesis.docx-info.json"], 1, 0, 0),
        (["#thesis.pdf"], ["thesis.docx"], 1, 0, 0),
        (["#thesis.docx"], ["thesis(1).docx"], 0, 1, 1),
        (["#table.xlsx"], ["table.docx"], 0, 1, 1),
        (["#thesis.docx", "thesis.pdf"], ["thesis.pdf", "thesis.docx"], 2, 0, 0),
        (["#thesis.docx", "thesis.docx"], ["thesis.docx", "thesis(1).docx"], 2, 0, 0),
        (["#notes.docx", "#notes.docx", "#notes.docx"], ["notes.docx", "notes(1).docx", "notes(2).docx"], 3, 0, 0),
        (["#x.docx", "x.docx"], ["x.docx.docx", "x.docx"], 2, 0, 0),
        (["#drawing.svg"], ["drawing.png"], 1, 0, 0),
        (["contacts-info.json"], ["contacts-info.json"], 1, 0, 0),
        ([], ["contacts-info.json"], 0, 0, 1),
        (["no suffix", ".hidden", "a.b c"], ["no suffix", ".hidden", "a.b c"], 3, 0, 0),
        (["(1).bin", "(1)"], ["(1).bin", "(1)"], 2, 0, 0),
    ],
)
def test_names(tmp_path: Path, listed: list[str], held: list[str], both: int, lacking: int, only: int) -> None:
    """A name that begins with "#" is that of a document."""
    with written(tmp_path) as rows:
        rows.member("ドライブ/a document-info.json", b"", product="drive", export=LATER)
        for number, name in enumerate(listed):
            id = f"{number}#docx" if name.startswith("#") else str(number)
            path, body = f"My Drive/{name.removeprefix('#')}", None if "#" in id else b"%d" % number
            rows.in_drive(id, path, body, State.PENDING)
        for name in held:
            rows.member(f"ドライブ/{name}", b"in the export", product="drive")
        found = drive_of(rows)
    assert (found.both + found.changed.count, found.lacking.count) == (both, lacking)
    assert found.only_export.count == only + 1


def test_what_is_not_expected_in_an_export(tmp_path: Path) -> None:
    with written(tmp_path) as rows:
        rows.member("Drive/a.bin", b"a", product="drive")
        rows.in_drive("1", "My Drive/friend's.bin", state=State.PENDING, ownedByMe=False)
        rows.in_drive("2", "Trash/My Drive/old.bin", state=State.PENDING)
        rows.in_drive("3", "Shared drives/lab/a.bin", state=State.PENDING, ownedByMe=None)
        rows.in_drive("4", "My Drive/excluded.bin", state=State.LEFT_OUT)
        rows.in_drive("5", "My Drive/form", None, State.EXPLAINED)
        rows.in_drive("6", "Unfiled/lost.bin", state=State.PENDING)
        rows.in_drive("7", "My Drive/a.bin", b"a", State.PENDING)
        found = drive_of(rows)
    assert (found.listed, found.both, found.lacking.count) == (1, 1, 0)


def test_versions(tmp_path: Path) -> None:
    """The bytes count, where they are known: an older version of a file is not that file."""
    with written(tmp_path) as rows:
        for name in ("fetched.bin", "not fetched.bin", "changed back.bin"):
            rows.member(f"Drive/{name}", b"old", product="drive")
        rows.member("Drive/changed back.bin", b"back", product="drive", export=LATER)
        rows.member("Drive/cut at fifty letters.bin", b"moved", product="drive")
        rows.in_drive("1", "My Drive/fetched.bin", b"new")
        rows.in_drive("2", "My Drive/not fetched.bin", b"newer", State.PENDING)
        rows.in_drive("3", "My Drive/changed back.bin", b"back", State.FAILED)
        rows.in_drive("4", "My Drive/cut at fifty letters, and more.bin", b"moved")
        rows.in_drive("5#docx", "My Drive/two forms.docx", None)
        rows.in_drive("5#pdf", "My Drive/two forms.pdf", None, State.PENDING)
        found = drive_of(rows)
        assert rows.compare().lacking == 1
    assert (found.listed, found.both) == (5, 2)
    assert found.saved.names == ("My Drive/fetched.bin", "My Drive/two forms.docx")
    assert found.changed.names == ("My Drive/not fetched.bin",)
    assert found.only_export.count == 0
    assert command(tmp_path).exit_code == 3


def test_drives_folder_is_found_by_what_drive_holds(tmp_path: Path) -> None:
    """Where nothing in the export tells it, as only documents have a file that does."""
    with written(tmp_path) as rows:
        rows.member("Google Photos/trip/a.jpg", b"a")
        rows.member("Google Photos/trip/c.jpg", b"c")
        rows.member("Laufwerk/trip/a.jpg", b"a")
        rows.member("Laufwerk/trip/b.jpg", b"b")
        rows.in_drive("1", "My Drive/trip/a.jpg", b"a")
        rows.in_drive("2", "My Drive/trip/c.bin", b"c")
        rows.in_drive("3", "My Drive/x.jpg", b"x", State.PENDING)
        twin = {"export": STAMP, "member": "Takeout/Laufwerk/trip/c.bin", "as": _path(rows, "2")}
        id = Key("takeout", "p/Takeout/Laufwerk/trip/c.bin")
        row = Entry(id, State.EXPLAINED, "Laufwerk/trip/c.bin", Kind.ELSEWHERE, facts=twin, seen=rows.takeout)
        rows.place.manifest.put(row)
        found = drive_of(rows)
    assert (found.both, found.lacking.names) == (2, ("My Drive/x.jpg",))
    assert found.only_export.names == ("Laufwerk/trip/b.jpg",)
    assert command(tmp_path).exit_code == 3


def _path(rows: Rows, id: str) -> str:
    entry = rows.place.manifest.get(Key("drive", id))
    assert entry
    return str(entry.path)


def test_what_an_older_import_saw_counts_no_longer(tmp_path: Path) -> None:
    with written(tmp_path) as rows:
        rows.member("Drive/a.bin", b"a", product="drive")
        rows.place.manifest.finish_listing(rows.place.manifest.begin_listing("takeout", "{}"), 0)
        assert isinstance(rows.compare().drive, str)


@pytest.mark.parametrize(
    "title",
    ["", "/", "x", "Drive/", "Drive/" + ".pdf" * 20_000, "Drive/" + "(1)" * 20_000 + "x", "Drive/" + "_ " * 30_000],
    ids=len,
)
def test_hostile_names(title: str) -> None:
    assert isinstance(key(title), str)
    assert isinstance(exact(title), str)
