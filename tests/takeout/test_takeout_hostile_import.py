"""Archives that nobody sends in good faith: each bad member is named, the rest is kept, nothing leaves the vault."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from importing import balanced, body, entries, failed, imported

from eccs_backup.model import State
from eccs_backup.takeout.members import Limits
from eccs_backup.takeout.outcome import Wishes
from practice import check_sums

GOOD = {"Takeout/Drive/good.txt": b"good", "Takeout/Drive/also good.txt": b"also good"}
PART = "takeout-20261101T101010Z-001"
ZipMaker = Callable[[zipfile.ZipFile], None]


def zipped(folder: Path, make: ZipMaker) -> Path:
    path = folder / f"{PART}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in GOOD.items():
            archive.writestr(name, content)
        make(archive)
    return path


def link(archive: zipfile.ZipFile) -> None:
    about = zipfile.ZipInfo("Takeout/Drive/link")
    about.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(about, "/etc/passwd")


def device(archive: zipfile.ZipFile) -> None:
    about = zipfile.ZipInfo("Takeout/Drive/device")
    about.external_attr = (stat.S_IFCHR | 0o666) << 16
    archive.writestr(about, b"")


def named(name: str) -> ZipMaker:
    return lambda archive: archive.writestr(name, b"hostile")


def bomb(archive: zipfile.ZipFile) -> None:
    archive.writestr("Takeout/Drive/bomb", bytes(3_000_000))


@pytest.mark.parametrize(
    "make",
    [
        named("../climbs.txt"), named("Takeout/../../climbs.txt"), named("/absolute.txt"), named("C:/drive.txt"),
        named("C:\\drive.txt"), named("Takeout\\..\\..\\climbs.txt"), named("\\\\host\\share.txt"), link, device, bomb,
    ],
)  # fmt: skip
def test_bad_members_are_named_and_the_rest_is_kept(tmp_path: Path, make: ZipMaker) -> None:
    folder = tmp_path / "deep" / "down"
    folder.mkdir(parents=True)
    part = zipped(folder, make)
    before = set(tmp_path.rglob("*"))
    imported(folder / "out", [part], Wishes(Limits(ratio=100, floor=1 << 20)))
    found = failed(folder / "out")
    assert len(found) == 1
    assert all(found.values())
    check_good(folder / "out")
    outside = {path for path in tmp_path.rglob("*") if folder / "out" not in (path, *path.parents)}
    assert outside == before
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))


def check_good(out: Path) -> None:
    kept = {row.facts["member"]: body(out, row) for row in entries(out, "takeout").values() if row.path}
    assert kept == GOOD
    assert check_sums(out) == len(GOOD)
    assert not balanced(out).whole


@pytest.mark.parametrize("name", ["CON", "nul.txt", "Takeout/Drive/aux", "Takeout/Drive/a\x00b", "Takeout/Drive/x "])
def test_names_that_some_system_does_not_take_become_others(tmp_path: Path, name: str) -> None:
    part = zipped(tmp_path, lambda archive: archive.writestr(name, b"kept"))
    imported(tmp_path / "out", [part])
    assert b"kept" in [body(tmp_path / "out", row) for row in entries(tmp_path / "out", "takeout").values() if row.path]


def test_one_name_twice(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        part = zipped(tmp_path, lambda archive: archive.writestr("Takeout/Drive/good.txt", b"another"))
    for _ in range(2):
        imported(tmp_path / "out", [part])
        assert failed(tmp_path / "out") == {}
        rows = [row for row in entries(tmp_path / "out", "takeout").values() if row.title == "Drive/good.txt"]
        assert {body(tmp_path / "out", row) for row in rows} == {b"good", b"another"}
        assert balanced(tmp_path / "out").whole


def test_a_damaged_member(tmp_path: Path) -> None:
    """It is not kept; the part is to be fetched again; once the whole one is there, all is well."""
    content = b"0123456789" * 1_000
    part = zipped(tmp_path, lambda archive: archive.writestr("Takeout/Drive/x.bin", content, zipfile.ZIP_STORED))
    whole = part.read_bytes()
    place = whole.index(content) + 5_000
    part.write_bytes(whole[:place] + b"?" + whole[place + 1 :])
    outcome = imported(tmp_path / "out", [part])
    assert set(failed(tmp_path / "out")) == {"Drive/x.bin", part.name}
    assert list(outcome.damaged) == [part.name]
    check_good(tmp_path / "out")
    part.write_bytes(whole)
    imported(tmp_path / "out", [part])
    assert failed(tmp_path / "out") == {}
    assert balanced(tmp_path / "out").whole


def test_nothing_of_a_damaged_tgz_is_kept(tmp_path: Path) -> None:
    """Its members have no checksum of their own."""
    part = tmp_path / f"{PART}.tgz"
    with tarfile.open(part, "w:gz") as archive:
        for name, content in GOOD.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    whole = part.read_bytes()
    for damaged in (whole[:-1], whole[:-8] + bytes(8), whole[: len(whole) // 2]):
        part.write_bytes(damaged)
        imported(tmp_path / "out", [part])
        assert list(failed(tmp_path / "out")) == [part.name]
        assert not any(row.state is State.SAVED for row in entries(tmp_path / "out", "takeout").values())
        assert not [path for path in (tmp_path / "out" / "takeout").rglob("*") if path.is_file()]
    part.write_bytes(whole)
    imported(tmp_path / "out", [part])
    assert balanced(tmp_path / "out").whole


def test_two_messages_of_one_id(tmp_path: Path) -> None:
    """The first one stays, and it is told that there is another."""
    box = b"".join(
        b"From 1628424719502045299@xxx Tue Mar 19 09:13:51 +0000 2019\r\nX-GM-THRID: 1628424719502045299\r\n"
        b"X-Gmail-Labels: Inbox\r\nSubject: %d\r\n\r\ntext\r\n\r\n" % number
        for number in range(2)
    )
    part = zipped(tmp_path, lambda archive: archive.writestr("Takeout/Mail/All mail.mbox", box))
    mails = imported(tmp_path / "out", [part]).mails
    assert (mails.messages, dict(mails.different), mails.strange) == (2, {"header lines": 1}, ["169953a795627073"])
    (row,) = entries(tmp_path / "out", "mail").values()
    assert body(tmp_path / "out", row) == b"Subject: 0\r\n\r\ntext\r\n"
    assert check_sums(tmp_path / "out") == len(GOOD) + 1
