"""What an export's index page says against what its parts hold."""

from __future__ import annotations

from pathlib import Path

import index_pages
import pytest
from comparing_rows import LATER, STAMP, Rows, command, compared, written
from importing import imported

from eccs_backup.rehearsal.cast import STUDENT
from eccs_backup.takeout.comparing_index import Page, Product
from eccs_backup.takeout.counted import Some
from takeout import exports


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_index_page_of_a_whole_export(tmp_path: Path, language: str) -> None:
    """Every product with as many files as the page says; what the page says beyond that is named."""
    wanted = {"only": ["mailbox", "drive", "keep", "photos"], "language": language, "parts": 4, "mails": 9}
    first = exports.build(tmp_path / "one", **wanted)  # type: ignore[arg-type]
    files: dict[str, list[str]] = {}
    for path in (*first.files, *first.boxes):
        top, slash, rest = path.removeprefix("Takeout/").partition("/")
        if slash:
            files.setdefault(top, []).append(rest)
    drive = next(top for top, paths in files.items() if "report.pdf" in paths)
    counts = [(top, len(paths) + (top == drive), 5_000_000) for top, paths in files.items()]
    page = index_pages.page(
        language, first.account, [*counts, ("Nowhere", 3, 1_000_000)], ["too large.mov"],
        files | {drive: [*files[drive], "研究/lost.bin"]},
    )  # fmt: skip
    export = exports.build(tmp_path / "two", index=page, more={"Takeout/Unnamed/x": b"x"}, **wanted)  # type: ignore[arg-type]
    out = tmp_path / "out"
    imported(out, export.parts)
    (found,) = compared(out).pages
    assert (found.trouble, found.others) == ("", (("Unnamed", 1),))
    different = {each.name: each for each in found.products if not each.agrees}
    assert set(different) == {drive, "Nowhere"}
    assert different[drive].missing == Some(1, ("研究/lost.bin",))
    assert (different["Nowhere"].found, different["Nowhere"].failed.names) == (None, ("too large.mov",))
    shown = command(out).stdout
    for text in (
        f"  {drive}: the page names",
        "研究/lost.bin",
        "no folder that was read is called so",
        "too large.mov",
    ):
        assert text in shown


def page_of(rows: Rows, *pages: bytes) -> Page:
    """The comparison with these index pages, each in a part."""
    for number, page in enumerate(pages):
        rows.member("archive_browser.html", page, product="index", part=number)
        rows.keep("archive_browser.html", page)
    (found,) = rows.compare().pages
    return found


def claimed(*products: tuple[str, int, int]) -> bytes:
    return index_pages.page("en", STUDENT.address, products)


def test_what_cannot_be_matched_is_said(tmp_path: Path) -> None:
    with written(tmp_path) as rows:
        rows.member("連絡先/a.vcf", b"a")
        rows.member("Tasks/Tasks.json", b"{}")
        rows.member("ＫＥＥＰ /note.json", b"{}")
        found = page_of(rows, claimed(("Contacts", 1, 10**6), ("Fit", 0, 10**6), ("Keep", 1, 10**6), ("Tasks", 1, 5)))
    assert {each.name: (each.found, each.agrees) for each in found.products} == {
        "Contacts": (None, False), "Fit": (None, True), "Keep": (1, True), "Tasks": (1, False),
    }  # fmt: skip
    assert found.others == (("連絡先", 1),)
    assert "Tasks: the page names 5 bytes (5); the parts that were read hold 2." in command(tmp_path).stdout


def test_a_mailbox_in_several_files_may_count_as_one(tmp_path: Path) -> None:
    with written(tmp_path) as rows:
        for number, name in enumerate(("All.mbox", "All-002.mbox", "All-003.mbox"), 1):
            rows.mailbox(f"Mail/{name}", 5, revision=f"0badcafe-{number}")
        for files, agrees in ((1, True), (2, False), (3, True), (4, False)):
            (found,) = page_of(rows, claimed(("Mail", files, 6))).products
            assert (found.found, found.found_bytes, found.agrees) == (3, 6, agrees)
            rows.drop("archive_browser.html")


def test_pages_that_say_different_things(tmp_path: Path) -> None:
    """Every part may hold the page: it counts once, and not at all where two of them differ."""
    one, other = claimed(("Keep", 3, 5)), claimed(("Keep", 4, 5))
    with written(tmp_path) as rows:
        rows.member("Keep/note.json", b"{}!!!")
        (found,) = page_of(rows, one, one, other).products
    assert found == Product("Keep", None, 1, 5, 5, Some(), Some())


@pytest.mark.parametrize("page", [b"", b"<html>", None])
def test_a_page_that_says_nothing(tmp_path: Path, page: bytes | None) -> None:
    with written(tmp_path) as rows:
        rows.member("Keep/note.json", b"{}")
        rows.member("Drive/archive_browser.html", b"a file of the person's own that is called so")
        if page is None:
            rows.member("archive_browser.html", b"lost since", product="index")
            (found,) = rows.compare().pages
        else:
            found = page_of(rows, page)
    assert "cannot be read" in found.trouble
    assert found.trouble in command(tmp_path).stdout


def test_files_that_the_page_lists_and_nobody_found(tmp_path: Path) -> None:
    """Named by their own names, folded as Takeout changes them, as often as they are lacking."""
    listed = {"Photos": ["trip/b?.jpg", "trip/c.jpg", "home/c.jpg", "trip/d.jpg", "E.jpg"]}
    page = index_pages.page("en", STUDENT.address, [("Photos", 5, 10**6)], files=listed)
    with written(tmp_path) as rows:
        for name in ("trip/a.jpg", "trip/b_.jpg", "home/c.jpg", "e.JPG"):
            rows.member(f"Photos/{name}", b"1")
        old = claimed(("Photos", 4, 10**6))
        rows.member("Drive/old/index.html", old, product="index")
        rows.keep("Drive/old/index.html", old)
        (found,) = page_of(rows, page).products
    assert (found.files, found.found) == (5, 4)
    assert found.missing == Some(2, ("trip/c.jpg", "trip/d.jpg"))


def test_every_export_has_its_own_page(tmp_path: Path) -> None:
    with written(tmp_path) as rows:
        rows.member("Keep/note.json", b"{}")
        rows.member("Keep/note.json", b"{}", export=LATER)
        first, second = rows.compare().pages
    assert (first.export, second.export) == (STAMP, LATER)
    assert "no part that was read holds its index page" in first.trouble
