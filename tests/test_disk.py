"""A disk that is full or closed: a clear error, its own exit status, and nothing lost."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from conftest import signed_in
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.server import serve
from practice import Student, check_sums

FULL, UNWRITABLE = 7, 10
needs_mount = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small disk takes root on Linux"
)


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Student]:
    """A practice account of 60 files of 150 kB, 9 MB together."""
    with serve(worlds.plain(60, 150_000, 150_001, seed=7), rate=200_000) as server:
        yield signed_in(server, tmp_path / "home", monkeypatch)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB, mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", disk], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


@needs_mount
def test_no_room_is_said_before_the_start(many: Student, small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"x" * 6_000_000)
    result = many.run("drive-export", small_disk / "out")
    assert result.exit_code == FULL
    assert "the disk has room for" in result.stderr


@needs_mount
def test_a_disk_that_fills_up_keeps_what_is_saved(many: Student, small_disk: Path) -> None:
    out = small_disk / "out"
    assert many.run("drive-export", out, "--include", "nothing").exit_code == 2
    run = many.start("drive-export", out)
    filler = small_disk / "filler"
    while not any(path.is_file() for path in out.glob("drive/**/*")):  # the room was there when it began
        assert run.poll() is None
    room = os.statvfs(small_disk)
    filler.write_bytes(b"x" * (room.f_bavail * room.f_frsize - 400_000))
    _, errors = run.communicate(timeout=60)
    assert run.returncode == FULL, errors
    assert "disk is full" in errors
    filler.unlink()
    subprocess.run(["mount", "-o", "remount,size=40m", small_disk], check=True)
    assert many.run("drive-export", out).exit_code == 0
    assert check_sums(out) == 60
    assert many.run("verify", out).exit_code == 0


def test_a_file_too_large_for_the_disk_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on FAT, which takes no more than 4 GiB in a file: the system refuses every byte beyond the limit."""
    out = tmp_path / "out"
    with serve(worlds.plain(6, 1_000_000, 2_000_000, seed=7)) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        words = [sys.executable, "-m", "eccs_backup", "drive-export", str(out), "--json"]
        limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
        run = subprocess.run(words, preexec_fn=limit, capture_output=True, text=True, check=False, timeout=60)
        assert run.returncode == 3, run.stderr
        found = json.loads(run.stdout)
        assert found["saved"] + found["failed"] == 6
        assert found["saved"] > 0 < found["failed"]
        assert "larger than this disk takes" in student.run("status", out).stdout
        assert student.run("drive-export", out).exit_code == 0
        assert check_sums(out) == 6


@needs_mount
def test_a_disk_that_cannot_be_written(many: Student, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    result = many.run("drive-export", small_disk / "out")
    assert result.exit_code == UNWRITABLE
    assert "cannot be written" in result.stderr


@needs_mount
def test_a_vault_that_became_read_only(many: Student, small_disk: Path) -> None:
    out = small_disk / "out"
    assert many.run("drive-export", out, "--include", "nothing").exit_code == 2
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    result = many.run("drive-export", out)
    assert result.exit_code == UNWRITABLE
    assert many.run("status", out).exit_code == 3  # nothing was saved yet; looking needs no writing


def test_out_is_a_file(many: Student, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    result = many.run("drive-export", tmp_path / "out")
    assert result.exit_code == 2
    assert (tmp_path / "out").read_text() == "mine"
