"""What was once taken for true, and was not: damaged parts that heal, ends that are lost, accounts that mix."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import index_pages
import pytest
from importing import balanced, body, entries, failed, imported
from test_takeout_command import balance, run

from eccs_backup.takeout.outcome import Wishes
from takeout import exports
from takeout.exports import Export

ME, OTHER = "yamada.hanako@g.example.ac.jp", "other@example.com"
PART = "takeout-20261101T101010Z-001"


@pytest.fixture(params=["zip", "tgz"])
def cut(tmp_path: Path, request: pytest.FixtureRequest) -> Export:
    """A mailbox that is cut inside messages, each of its files in a part of its own."""
    return exports.build(
        tmp_path / "parts", language="en", parts=3, mails=18, suffix=request.param, split_mid_message=True,
        only=["mailbox"],
    )  # fmt: skip


def check_mails(export: Export, out: Path) -> None:
    rows = entries(out, "mail")
    assert {id: body(out, row) for id, row in rows.items()} == {id: each.held() for id, each in export.mails.items()}
    assert failed(out) == {}
    assert balanced(out).whole


@pytest.mark.parametrize("damaged", [1, 2, 3])
@pytest.mark.parametrize("how", ["flipped", "cut"])
def test_a_damaged_part_leaves_nothing_behind(tmp_path: Path, cut: Export, damaged: int, how: str) -> None:
    out, part = tmp_path / "out", cut.part(damaged)
    whole = part.read_bytes()
    if how == "cut":
        exports.truncated(part, 0.9)
    else:
        exports.flipped(part, len(whole) // 2)
    imported(out, cut.parts)
    assert not balanced(out).whole
    part.write_bytes(whole)
    imported(out, [part])
    check_mails(cut, out)


@pytest.mark.parametrize("harm", ["gone", "empty", "changed"])
def test_ends_that_are_not_as_they_were_kept(tmp_path: Path, cut: Export, harm: str) -> None:
    out = tmp_path / "out"
    imported(out, cut.parts[:1])
    for path in (out / ".eccs-backup" / "takeout").iterdir():
        content = path.read_bytes()
        path.unlink() if harm == "gone" else path.write_bytes(b"" if harm == "empty" else content[:-1] + b"?")
    imported(out, cut.parts[1:])
    assert not balanced(out).whole
    imported(out, cut.parts)
    check_mails(cut, out)


def test_one_message_over_three_files_whose_parts_come_one_by_one(tmp_path: Path) -> None:
    large = b"Subject: x\r\n\r\n" + b"".join(b"line %06d\r\n" % number for number in range(300))
    separator = b"From 1628424719502045299@xxx Tue Mar 19 09:13:51 +0000 2019\r\nX-GM-THRID: 5\r\n"
    after = b"From 1628424719502045300@xxx Tue Mar 19 09:13:52 +0000 2019\r\nSubject: y\r\n\r\n\r\n"
    pieces = (separator + large[:1_000], large[1_000:2_000], large[2_000:] + b"\r\n" + after)
    paths = []
    for number, piece in enumerate(pieces, start=1):
        paths.append(tmp_path / f"takeout-20261101T101010Z-{number:03}.zip")
        with zipfile.ZipFile(paths[-1], "w") as archive:
            suffix = f"-{number:03}" if number > 1 else ""
            archive.writestr(f"Takeout/Mail/All mail{suffix}.mbox", piece)
    for path in paths:
        imported(tmp_path / "out", [path])
    rows = entries(tmp_path / "out", "mail")
    assert body(tmp_path / "out", rows[f"{1628424719502045299:x}"]) == large
    assert balanced(tmp_path / "out").whole


def test_mailboxes_in_drive_are_files(tmp_path: Path) -> None:
    box = b"From 1628424719502045299@xxx Tue Mar 19 09:13:51 +0000 2019\r\nSubject: not mine\r\n\r\n\r\n"
    files = {
        "Takeout/Drive/old/All mail.mbox": box,
        "Takeout/Drive/archive-2024.mbox": b"just text",
        "Takeout/Drive/empty-002.mbox": b"",
    }
    part = tmp_path / f"{PART}.zip"
    with zipfile.ZipFile(part, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    imported(tmp_path / "out", [part], Wishes(last=1))
    assert entries(tmp_path / "out", "mail") == {}
    kept = {
        row.facts["member"]: body(tmp_path / "out", row)
        for row in entries(tmp_path / "out", "takeout").values()
        if row.path
    }
    assert kept == files
    assert balanced(tmp_path / "out").whole


def test_two_accounts_do_not_mix(tmp_path: Path) -> None:
    def export(name: str, owner: str, suffix: str) -> list[Path]:
        page = index_pages.page("en", owner, [])
        stamp = "20261101T101010Z" if owner == ME else "20261201T101010Z"
        return exports.build(
            tmp_path / name, language="en", parts=1, mails=2, stamp=stamp, index=page, suffix=suffix
        ).parts

    mine, others = export("mine", ME, "zip"), export("others", OTHER, "zip")
    assert run(tmp_path / "both", *mine, *others, account="").exit_code == 9
    assert run(tmp_path / "out", *mine, account="").exit_code == 0
    assert run(tmp_path / "out", *export("tgz", OTHER, "tgz"), account="").exit_code == 9
    assert len(entries(tmp_path / "out", "mail")) == 2


def test_files_that_the_export_lists_and_no_part_holds(tmp_path: Path) -> None:
    page = index_pages.page("en", ME, [("Drive", 2, 10)], files={"Drive": ["x.txt", "lost.txt"]})
    part = tmp_path / f"{PART}.zip"
    with zipfile.ZipFile(part, "w") as archive:
        archive.writestr("Takeout/archive_browser.html", page)
        archive.writestr("Takeout/Drive/x.txt", b"x")
    result = run(tmp_path / "out", part)
    assert result.exit_code == 3
    assert "lost.txt" in result.stdout
    assert "Not whole" in result.stdout


def test_how_many_parts_there_are_is_remembered(tmp_path: Path) -> None:
    export = exports.build(tmp_path / "parts", language="en", parts=3, mails=3)
    out = tmp_path / "out"
    for more in (("--parts", "3"), ()):
        parts = balance(out, *export.parts[:2], *more, expected=3)["parts"]
        assert parts["missing"] == [export.part(3).name]  # type: ignore[index,call-overload]
    assert balance(out, export.parts[2])["whole"]


def test_slips_of_the_fingers(tmp_path: Path) -> None:
    export = exports.build(tmp_path / "parts", language="en", parts=1, mails=3)
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "out", tmp_path / "empty").exit_code == 2
    assert run(tmp_path / "parts", tmp_path / "empty").exit_code == 2
    assert not (tmp_path / "out").exists()
    assert run(tmp_path / "out", *export.parts).exit_code == 0
    assert run(tmp_path / "parts", tmp_path / "out").exit_code == 2


@pytest.mark.parametrize("suffix", ["zip", "tgz"])
def test_a_path_without_an_end(tmp_path: Path, suffix: str) -> None:
    name = "Takeout/" + "a/" * 20_000 + "x.txt"
    part = tmp_path / f"{PART}.{suffix}"
    if suffix == "zip":
        with zipfile.ZipFile(part, "w") as archive:
            archive.writestr(name, b"x")
    else:
        with tarfile.open(part, "w:gz") as tar:
            about = tarfile.TarInfo(name)
            about.size = 1
            tar.addfile(about, io.BytesIO(b"x"))
    imported(tmp_path / "out", [part])
    assert len(failed(tmp_path / "out")) == 1
