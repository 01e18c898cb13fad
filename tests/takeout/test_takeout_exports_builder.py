"""The exports that other tests take apart are what they say, by the standard library alone."""

from __future__ import annotations

import ast
import email.header
import email.parser
import re
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from takeout import export_mails, export_photos, exports

HERE = Path(__file__).parent
SEPARATOR = re.compile(rb"(?:\A|(?<=\n\r\n)|(?<=\n\n))From (\d+)@xxx \w{3} \w{3} \d\d \d\d:\d\d:\d\d \+0000 \d{4}\r?\n")


def members(part: Path) -> dict[str, bytes]:
    if part.suffix == ".zip":
        with zipfile.ZipFile(part) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(part) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]


@pytest.mark.parametrize("suffix", ["zip", "tgz"])
@pytest.mark.parametrize("language", ["ja", "en", "de"])
def test_what_is_told_is_there(tmp_path: Path, language: str, suffix: str) -> None:
    export = exports.build(tmp_path, language=language, suffix=suffix)
    parts = [members(part) for part in export.parts]
    assert export.part(1).name == f"takeout-20261101T101010Z-001.{suffix}"
    assert export.part(12).name == f"takeout-20261101T101010Z-012.{suffix}"
    assert {path: data for part in parts for path, data in part.items()} == export.files | export.boxes
    assert [sorted(part) for part in parts] == [export.members(number) for number in range(1, 13)]
    assert all(parts)
    assert all(path.startswith("Takeout/") for part in parts for path in part)
    assert [export.where[box][0] for box in export.boxes] == [1, 5, 9]
    assert sum(export.counts.values()) == len(export.files) - 1  # the index


@pytest.mark.parametrize("suffix", ["zip", "tgz"])
def test_the_same_bytes_again(tmp_path: Path, suffix: str) -> None:
    first, again = (exports.build(tmp_path / name, suffix=suffix, mails=5) for name in ("first", "again"))
    assert [part.read_bytes() for part in first.parts] == [part.read_bytes() for part in again.parts]
    other = exports.build(tmp_path / "other", mails=5, seed=1)
    assert other.where != first.where
    assert other.files == first.files


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("cut_at", ["between", "body", "head", "separator", "crlf"])
def test_mailboxes(tmp_path: Path, cut_at: str, line_end: bytes) -> None:
    split = cut_at != "between"
    mails = exports.some_mails(40, language="ja", start=18)  # the large one is before
    where = cut_at if split else "body"
    export = exports.build(tmp_path, mails=mails, split_mid_message=split, cut_at=where, line_end=line_end)
    whole = b"".join(export.boxes.values())
    pieces = SEPARATOR.split(whole)[1:]
    assert [f"{int(number):x}" for number in pieces[::2]] == list(export.mails)
    for text, mail in zip(pieces[1::2], export.mails.values(), strict=True):
        own, _, raw = text.partition(b"X-Gmail-Labels:")
        assert own == b"X-GM-THRID: %d" % int(mail.thread, 16) + line_end
        assert raw.endswith(mail.held(line_end) + line_end)
    begins = [SEPARATOR.match(box) is not None for box in export.boxes.values()]
    assert begins == [True, not split, not split]
    stem = "Takeout/メール/すべてのメール（迷惑メール、ゴミ箱のメールを含む）"
    assert list(export.boxes) == [f"{stem}.mbox", f"{stem}-002.mbox", f"{stem}-003.mbox"]


def test_quoting(tmp_path: Path) -> None:
    export = exports.build(tmp_path, quoting=True, mails=20, only=["mailbox"])
    whole = b"".join(export.boxes.values())
    assert len(re.findall(rb"^From ", whole, re.MULTILINE)) == 20
    assert re.search(rb"^>From the sea", whole, re.MULTILINE)


@pytest.mark.parametrize("language", ["ja", "en", "de"])
def test_labels_by_another_reader(language: str) -> None:
    words = export_mails.LABELS[language]
    for mail in exports.some_mails(40, language=language):
        head = export_mails.label_header(mail, language).decode("ascii")
        value = email.parser.HeaderParser().parsestr(head)["X-Gmail-Labels"]
        text = "".join(
            part if isinstance(part, str) else part.decode(charset or "ascii")
            for part, charset in email.header.decode_header(value)
        )
        system = {label for label in mail.labels if label in words}
        assert all(words[label].replace('"', '""') in text for label in system)
        assert ("UNREAD" in system) == (words["UNREAD"] in text.split(","))
        assert all(label.replace('"', '""') in text for label in mail.labels - system)


def test_exports_can_share_mails(tmp_path: Path) -> None:
    mails = exports.some_mails(30)
    assert exports.some_mails(10, start=20) == mails[20:]
    first = exports.build(tmp_path / "first", mails=mails[:20])
    second = exports.build(tmp_path / "second", mails=mails[10:], stamp="20261201T101010Z", group=2)
    assert set(first.mails) & set(second.mails) == {mail.id for mail in mails[10:20]}
    assert second.part(3).name == "takeout-20261201T101010Z-2-003.zip"
    assert len({mail.id for mail in exports.some_mails(500)}) == 500
    assert any(mail.thread != mail.id and mail.thread in first.mails for mail in first.mails.values())


def test_sidecars() -> None:
    names = [export_photos.sidecar(name) for _, name in export_photos.PHOTOS]
    assert "IMG_0001.jpg.supplemental-metadata(1).json" in names
    assert any(name.endswith(".sup.json") or ".supple" in name for name in names)
    assert all(len(name.removesuffix(".json").removesuffix("(1)")) <= 46 for name in names)


def test_spoiling(tmp_path: Path) -> None:
    export = exports.build(tmp_path, parts=3, mails=3)
    box = next(iter(export.boxes))
    exports.flipped_member(export.part(1), box)
    with zipfile.ZipFile(export.part(1)) as archive, pytest.raises((zipfile.BadZipFile, zlib.error)):
        archive.read(box)
    size = export.part(2).stat().st_size
    assert exports.truncated(export.part(2), 0.5).stat().st_size == size // 2
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(export.part(2))
    before = export.part(3).read_bytes()
    after = exports.flipped(export.part(3), -30).read_bytes()
    assert [at for at in range(len(before)) if before[at] != after[at]] == [len(before) - 30]


def test_only_more_and_padding(tmp_path: Path) -> None:
    export = exports.build(tmp_path, only=["tasks"], more={"Takeout/new.txt": b"x"}, parts=5, index=b"index")
    assert not export.boxes
    assert export.files["Takeout/archive_browser.html"] == b"index"
    assert export.files["Takeout/new.txt"] == b"x"
    assert all(map(export.members, range(1, 6)))


def test_nothing_of_the_program_is_in_it() -> None:
    for file in HERE.glob("export*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not any((name or "").startswith("eccs_backup") for name in names)
