"""`takeout import` as people run it: which parts, whose, what is said, and the exit status."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from pathlib import Path

import index_pages
import pytest
from click.testing import CliRunner, Result
from importing import entries

from eccs_backup.cli import cli
from eccs_backup.model import State
from eccs_backup.takeout import watching
from practice import check_sums
from takeout import exports
from takeout.exports import Export

ME = "yamada.hanako@g.example.ac.jp"
LANGUAGES = ("ja", "en", "de")


def run(*words: str | Path, account: str = ME) -> Result:
    whose = ("--account", account) if account else ()
    result = CliRunner().invoke(cli, [str(each) for each in ("takeout", "import", *words, *whose)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def balance(*words: str | Path, expected: int = 0) -> dict[str, object]:
    result = run(*words, "--json")
    assert result.exit_code == expected, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("group", [None, 1])
def test_one_missing_one_truncated_one_of_another_export(tmp_path: Path, language: str, group: int | None) -> None:
    """Exactly these are named; with the right ones the balance closes, though the stranger is still there."""
    export = exports.build(tmp_path / "parts", language=language, group=group, split_mid_message=True)
    other = exports.build(tmp_path / "other", language=language, group=group, stamp="20260601T101010Z")
    missing, cut, stranger = export.part(4), export.part(9), other.part(7)
    shutil.copy(stranger, tmp_path / "parts")
    for part in (missing, cut):
        shutil.copy(part, tmp_path)
    missing.unlink()
    exports.truncated(cut, 0.7)
    out = tmp_path / "out"
    found = balance(out, tmp_path / "parts", expected=3)
    assert found["parts"]["missing"] == [missing.name]  # type: ignore[index,call-overload]
    assert list(found["parts"]["damaged"]) == [cut.name]  # type: ignore[index,call-overload]
    assert [Path(each).name for each in found["not_read"]] == [stranger.name]  # type: ignore[attr-defined]
    assert not found["whole"]
    for part in (missing, cut):
        shutil.copy(tmp_path / part.name, tmp_path / "parts")
    found = balance(out, tmp_path / "parts", expected=3)  # the stranger
    assert (found["whole"], found["failed"]) == (True, 0)
    assert balance(out, *export.parts)["whole"]
    assert subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=out, check=False).returncode == 0
    mails = [row for row in entries(out, "mail").values() if row.state is State.SAVED]
    assert len(mails) == len(export.mails)


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return exports.build(tmp_path / "parts", language="en", parts=3, mails=9)


def test_what_people_read(tmp_path: Path, export: Export) -> None:
    result = run(tmp_path / "out", *export.parts[:2])
    assert result.exit_code == 0
    assert "Messages read: " in result.stdout
    assert "Whole: " in result.stdout
    assert "add --parts N" in result.stdout
    export.parts[1].unlink()
    result = run(tmp_path / "new", *export.parts[::2])
    assert result.exit_code == 3
    assert (
        "This part is missing. Download it from https://takeout.google.com/settings/takeout/downloads" in result.stdout
    )
    assert "Not whole: " in result.stdout


def test_a_dry_run_changes_nothing(tmp_path: Path, export: Export) -> None:
    out = tmp_path / "out"
    assert run(out, tmp_path / "parts", "--dry-run").exit_code == 0
    assert not out.exists()
    exports.truncated(export.part(2), 0.5)
    export.part(1).unlink()
    result = run(out, tmp_path / "parts", "--dry-run")
    assert result.exit_code == 3
    assert f"{export.part(1).name}: missing" in result.stdout
    assert f"{export.part(2).name}: {export.part(2).name} is cut off" in result.stdout


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("takeout-20261101T101010Z-004.zip.crdownload", "not finished"),
        ("drive-download-20261101T101010Z-1-001.zip", "Google Drive"),
        ("photos.zip", "its own name"),
    ],
)
def test_files_that_are_no_parts(tmp_path: Path, export: Export, name: str, why: str) -> None:
    """Named one by one that is said; in a folder they are passed over, but for a part that is not finished."""
    path = tmp_path / "parts" / name
    path.write_bytes(b"x")
    result = run(tmp_path / "out", *export.parts, path)
    assert result.exit_code == 3
    assert why in result.stderr
    assert run(tmp_path / "out", tmp_path / "parts").exit_code == (3 if name.startswith("takeout-") else 0)


def test_whose_export_it_is(tmp_path: Path) -> None:
    page = index_pages.page("en", ME, [("Drive", 1, 5)])
    export = exports.build(tmp_path / "parts", language="en", parts=2, mails=3, index=page)
    out = tmp_path / "out"
    assert run(out, *export.parts, account="").exit_code == 0
    assert run(out, *export.parts, account="other@example.com").exit_code == 9
    assert run(tmp_path / "new", *export.parts, account="other@example.com").exit_code == 9
    stranger = exports.build(
        tmp_path / "strangers", language="en", parts=1, mails=3, stamp="20261201T101010Z",
        index=index_pages.page("en", "other@example.com", []),
    )  # fmt: skip
    assert run(out, *stranger.parts, account="").exit_code == 9
    assert len(entries(out, "mail")) == 3


def test_without_any_name_the_account_has_to_be_told(tmp_path: Path, export: Export) -> None:
    export = exports.build(tmp_path / "nobody", language="en", parts=1, mails=3, index=b"<html></html>")
    result = run(tmp_path / "out", *export.parts, account="")
    assert result.exit_code == 2
    assert "--account" in result.stderr


@pytest.mark.parametrize("words", [(), ("missing.zip",)])
def test_nothing_to_read(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert run(tmp_path / "out", *words).exit_code == 2


def test_synchronised_folders_are_refused(tmp_path: Path, export: Export) -> None:
    assert run(tmp_path / "Dropbox" / "out", *export.parts).exit_code == 2
    assert run(tmp_path / "Dropbox" / "out", *export.parts, "--synced-folder").exit_code == 0


def test_parts_as_the_browser_finishes_them(tmp_path: Path, export: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "SETTLED", 0.05)
    monkeypatch.setattr(watching, "PAUSE", 0.02)
    downloads = tmp_path / "downloads"
    downloads.mkdir()

    def browse() -> None:
        for part in export.parts:
            unfinished = downloads / f"{part.name}.crdownload"
            shutil.copy(part, unfinished)
            unfinished.rename(downloads / part.name)

    browser = threading.Timer(0.1, browse)
    browser.start()
    try:
        result = run(tmp_path / "out", "--watch", downloads, "--parts", str(len(export.parts)), "--minutes", "1")
    finally:
        browser.join()
    assert result.exit_code == 0, result.output
    for part in export.parts:
        assert f"Read {part.name}" in result.stderr
    assert check_sums(tmp_path / "out") > len(export.mails)


def test_photo_times(tmp_path: Path, export: Export) -> None:
    out = tmp_path / "out"
    run(out, *export.parts, "--photo-times")
    photos = [row for row in entries(out, "takeout").values() if row.path and "photo" in row.facts]
    assert len(photos) > 5
    for row in photos:
        taken = row.facts["photo"].get("taken")  # type: ignore[union-attr]
        if taken is not None:
            assert (out / (row.path or "")).stat().st_mtime == taken
