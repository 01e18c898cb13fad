"""The practice account with every nasty case: nothing lost, nothing on a wrong path, everything else explained."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from eccs_backup import structure, vault
from eccs_backup.model import Entry, Kind, Proof, State
from eccs_backup.rehearsal.world import CASES, FOLDER, GOOGLE, SHORTCUT, Trouble
from practice import Student, check_sums

EXPLAINED = {
    Kind.SHORTCUT: {"1ToFile", "1ToCycle", "1ToRoot"},
    Kind.GONE: {"1Gone", "1Dangling", "1ToUnlisted", "1ToHidden"},
    Kind.NO_EXPORT: {f"1Kind-{kind}" for kind in ("form", "site", "map", "jam", "fusiontable", "drive-sdk")},
    Kind.VIEW_ONLY: {"1Dlp", "1ViewOnly", "1ViewOnlyDoc#docx", "1Restricted", "1ClubLocked"},
    Kind.ABUSE: {"1AbusiveForeign"},
}
UNSEEN = {"1Unlisted", "1HiddenFolder", "1SecondFolder", "1SecondFile", "1SecondDoc"}
"""Cases that are no part of the student's listing."""
WHERE = {
    "1Thesis": "drive/My Drive/卒業研究/卒業論文.pdf",
    "1Foreign": "drive/My Drive/卒業研究/友人の写真.jpg",
    "1Orphan": "drive/Unfiled/親なし.txt",
    "1InHidden": "drive/Unfiled/提出した課題.pdf",
    "1InGiven": "drive/Shared with me/共有フォルダ/自分が入れたファイル.txt",
    "1GivenChild": "drive/Shared with me/共有フォルダ/内側/共有の中.txt",
    "1Given": "drive/Shared with me/講義資料.pdf",
    "1StrangeFile": "drive/Shared with me/他部署の資料.pdf",
    "1LabCommon": "drive/Shared drives/鈴木研究室/名簿.csv",
    "1ClubCommon": "drive/Shared drives/天文部／写真/名簿.csv",
    "1InTrash": "drive/Trash/My Drive/捨てたフォルダ/道連れ.txt",
    "1LabTrashed": "drive/Trash/Shared drives/鈴木研究室/研究室で捨てた.txt",
    "1Doc-document#docx": "drive/My Drive/Google ドキュメント/研究ノート.docx",
    "1Doc-vid#mp4": "drive/My Drive/Google ドキュメント/紹介動画.mp4",
    "1DocSuffix#docx": "drive/My Drive/Google ドキュメント/報告.docx",
    "1Name-Slash": "drive/My Drive/名前の試練/2023／10／01 実験 1／2.txt",
}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def exported(student: Student, out: Path) -> Student:
    """Everything exported, on a day on which nothing is handed out too often."""
    student.server.next_day()
    result = student.run("drive-export", out, "--trash", "--shared-with-me")
    assert result.exit_code == 0, result.output + result.stderr
    return student


def entries(out: Path) -> dict[str, Entry]:
    with vault.reading(out) as place:
        return {entry.key.id: entry for entry in place.manifest.entries()}


def test_every_case_is_saved_or_explained(exported: Student, out: Path) -> None:
    found = entries(out)
    assert {id.partition("#")[0] for id in found} == set(CASES) - UNSEEN
    explained = {
        kind: {id for id, each in found.items() if each.state is State.EXPLAINED and each.kind is kind} for kind in Kind
    }
    folders = explained.pop(Kind.FOLDER)
    assert folders == {id for id in found if exported.server.world.files[id.partition("#")[0]].mime == FOLDER}
    assert {kind: ids for kind, ids in explained.items() if ids} == EXPLAINED
    saved = {id for id, each in found.items() if each.state is State.SAVED}
    assert saved | folders | set().union(*EXPLAINED.values()) == set(found)


def test_the_bytes_are_the_services(exported: Student, out: Path) -> None:
    paths = set()
    for id, entry in entries(out).items():
        if entry.state is not State.SAVED:
            continue
        file = exported.server.world.files[id.partition("#")[0]]
        path = out / str(entry.path)
        paths.add(path)
        if file.content is not None and not file.mime.startswith(GOOGLE):
            assert path.read_bytes() == b"".join(bytes(piece) for piece in file.content.read(0, file.content.size)), id
            assert entry.proof is (Proof.DIGEST if file.sums else Proof.SIZE)
        else:
            assert entry.proof is Proof.STRUCTURE
            assert structure.fault(path, path.suffix[1:]) is None
    assert paths == {path for path in out.glob("drive/**/*") if path.is_file()}, "a file without a row"


def test_nothing_lies_on_a_wrong_path(exported: Student, out: Path) -> None:
    found = entries(out)
    assert {id: found[id].path for id in WHERE} == WHERE
    for path in out.glob("drive/**/*"):
        assert path.resolve().is_relative_to(out.resolve())
    saved = [entry for entry in found.values() if entry.state is State.SAVED]
    assert len({str(entry.path).casefold() for entry in saved}) == len(saved)
    assert found["1DeepEnd"].title.count("/") == 42
    assert (out / "drive/My Drive/空のフォルダ").is_dir()


def test_sums_times_and_facts(exported: Student, out: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=out, check=True)
    found = entries(out)
    assert check_sums(out) == sum(entry.state is State.SAVED for entry in found.values())
    assert (out / str(found["1Millis"].path)).stat().st_mtime == pytest.approx(found["1Millis"].modified, abs=0.001)
    assert found["1Old"].modified is not None
    assert found["1Old"].modified < 315_532_800  # 1980
    assert "<" in str(found["1Described"].facts["description"])
    assert found["1Starred"].facts["starred"] is True
    people = json.dumps(found["1Open"].facts["permissions"])
    assert "anyone" in people
    assert "owner" in people
    assert found["1Properties"].facts["properties"]


def test_tokens_stay_at_home(exported: Student) -> None:
    assert exported.server.leaks == []


def test_a_run_without_changes_asks_five_times_at_most(exported: Student, out: Path) -> None:
    exported.server.next_day()
    for id in ("1Gone", "1AbusiveForeign"):  # each is tried anew in every run, as it may be there again
        exported.server.world.files[id].trouble = Trouble.NONE
    assert exported.run("drive-export", out, "--trash", "--shared-with-me").exit_code == 0
    exported.server.log.clear()
    result = exported.run("drive-export", out, "--trash", "--shared-with-me")
    assert result.exit_code == 0
    assert len(exported.server.log) <= 5, [f"{seen.method} {seen.path}" for seen in exported.server.log]


def test_changes_are_followed(exported: Student, out: Path) -> None:
    world = exported.server.world
    world.rename("1Thesis", "改題.pdf")
    world.edit("1Described")
    world.delete("1Starred")
    world.move("1Orphan", "1Study")
    world.rename("1TwinFolder-2", "別のフォルダ")
    exported.server.log.clear()
    assert exported.run("drive-export", out, "--trash", "--shared-with-me").exit_code == 0
    found = entries(out)
    assert found["1Thesis"].path == "drive/My Drive/卒業研究/改題.pdf"
    assert found["1Orphan"].path == "drive/My Drive/卒業研究/親なし.txt"
    assert found["1InTwin-2"].path == "drive/My Drive/名前の試練/別のフォルダ/中身.txt"
    assert (out / str(found["1Described"].path)).stat().st_size == world.files["1Described"].content.size  # type: ignore[union-attr]
    assert (out / str(found["1Starred"].path)).exists(), "what is deleted online stays here"
    fetched = [seen.path for seen in exported.server.log if "alt=media" in seen.query and seen.status == 200]
    assert {path.rpartition("/")[2] for path in fetched} == {"1Described"}
    assert check_sums(out)


def test_a_folder_that_goes_to_the_trash_and_comes_back(exported: Student, out: Path) -> None:
    world = exported.server.world
    world.trash("1Study")
    world.trash("1TrashedFolder", back=True)
    assert exported.run("drive-export", out, "--trash", "--shared-with-me").exit_code == 0
    found = entries(out)
    assert found["1Thesis"].path == "drive/Trash/My Drive/卒業研究/卒業論文.pdf"
    assert found["1InTrash"].path == "drive/My Drive/捨てたフォルダ/道連れ.txt"
    world.trash("1Study", back=True)
    assert exported.run("drive-export", out, "--shared-with-me").exit_code == 0
    assert entries(out)["1Thesis"].path == WHERE["1Thesis"]
    assert exported.run("verify", out, "--online").exit_code == 0


def test_a_log_of_changes_that_was_forgotten_means_a_new_listing(exported: Student, out: Path) -> None:
    with vault.opened(out) as place:
        place.manifest.begin()
        place.manifest.db.execute("UPDATE logs SET token = '999999999' WHERE log != 'root'")
    assert exported.run("drive-export", out, "--trash", "--shared-with-me").exit_code == 0
    assert exported.run("verify", out, "--online").exit_code == 0


def test_what_is_left_out_is_counted(student: Student, out: Path) -> None:
    student.server.next_day()
    result = student.run("drive-export", out, "--owned-only", "--exclude", "名前の試練", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["whole"]
    assert set(found["left_out"]) == {
        "in the trash (--trash saves it)", "owned by somebody else (--owned-only)", "--exclude 名前の試練",
    }  # fmt: skip
    assert found["listed"] == found["saved"] + sum(found["explained"].values()) + sum(found["left_out"].values())
    assert not (out / "drive/Trash").exists()
    assert student.run("drive-export", out, "--trash", "--shared-with-me").exit_code == 0
    assert student.run("verify", out, "--online").exit_code == 0


def test_without_options_all_but_the_trash_and_gifts_is_saved(student: Student, out: Path) -> None:
    student.server.next_day()
    assert student.run("drive-export", out).exit_code == 0
    found = entries(out)
    for id in ("1Foreign", "1LabCommon", "1ClubCommon", "1InGiven", "1InHidden", "1Orphan"):
        assert found[id].state is State.SAVED, id
    for id in ("1Given", "1GivenChild", "1StrangeFile", "1Trashed", "1InTrash", "1LabTrashed"):
        assert found[id].state is State.LEFT_OUT, id


def test_formats(student: Student, out: Path) -> None:
    result = student.run(
        "drive-export", out, "--include", "Google ドキュメント", "--exclude", "PDF不可*", "--formats", "pdf, .MD,docx"
    )
    assert result.exit_code == 0, result.output
    found = {id for id, entry in entries(out).items() if entry.state is State.SAVED}
    assert {"1Doc-document#pdf", "1Doc-document#md", "1Doc-document#docx", "1Doc-spreadsheet#pdf"} <= found
    assert "1Doc-script#json" in found, "a type that has none of the formats takes its usual one"
    assert "1Doc-spreadsheet#xlsx" not in found
    wrong = student.run("drive-export", out, "--formats", "doc")
    assert wrong.exit_code == 2
    assert "docx" in wrong.stderr


def test_a_dry_run_changes_nothing(student: Student, out: Path) -> None:
    result = student.run("drive-export", out, "--dry-run", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["to_fetch"] > 80
    assert found["bytes_to_fetch"] > 10_000_000
    assert not out.exists()
    assert not [seen for seen in student.server.log if "alt=media" in seen.query]


def test_a_file_that_is_handed_out_too_often_is_unfinished(student: Student, out: Path) -> None:
    result = student.run("drive-export", out)
    assert result.exit_code == 3
    assert "人気の動画.mp4" in result.stdout
    assert "Not safe to lose: 1 of" in result.stdout
    assert student.run("status", out).exit_code == 3
    student.server.next_day()
    assert student.run("drive-export", out).exit_code == 0
    assert student.run("status", out).exit_code == 0


def test_shortcuts_are_left_alone_in_listings_too(exported: Student, out: Path) -> None:
    files = exported.server.world.files
    assert not [path for path in out.rglob("*") if path.is_symlink()]
    assert all(entries(out)[id].path is None for id in CASES if id in files and files[id].mime == SHORTCUT)
