"""What `verify` and `status` say of records that are damaged, lost, or being read by a slow pager."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import signed_in
from eccs_backup import survey, vault
from eccs_backup import verify as checks
from eccs_backup.catalogue import ManifestCatalogue
from eccs_backup.choice import Choice
from eccs_backup.errors import VaultDamaged
from eccs_backup.rehearsal.cast import FRIEND, STUDENT
from eccs_backup.rehearsal.making import blob
from eccs_backup.rehearsal.server import serve
from eccs_backup.rehearsal.things import SharedDrive, Trouble
from eccs_backup.rehearsal.world import World as Drive
from eccs_backup.sources import Row
from practice import Student
from shelf import Shelf, World, save, served

COMMAND = (sys.executable, "-m", "eccs_backup")


def records(root: Path) -> Path:
    return root / ".eccs-backup/manifest.sqlite"


def run(*words: object, **more: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **more}
    return subprocess.run([*COMMAND, *map(str, words)], env=env, capture_output=True, text=True, check=False)


def missing(world: World, root: Path) -> list[str]:
    """What a fresh listing shows and the vault has neither saved nor explained."""
    with served(world) as url, vault.existing(root) as held, vault.trial(root) as place:
        shelf = Shelf(world, url)
        found = survey.survey(shelf, place, Choice(), "{}")
        return checks.missing(shelf, held.manifest, place.manifest, found.number)


def test_an_obstacle_that_was_lifted_leaves_something_missing(tmp_path: Path) -> None:
    world = World({"b": b"b"}, obstacles={"a": "a form"})
    save(world, tmp_path)
    assert missing(world, tmp_path) == []
    world.files["a"] = b"a file now"
    del world.obstacles["a"]
    assert missing(world, tmp_path) == ["a.bin"]


def test_online_asks_again_for_what_was_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = SharedDrive("0AD", "Lab", {FRIEND: "organizer", STUDENT.address: "reader"})
    drive, out = Drive([STUDENT], [lab]), tmp_path / "out"
    drive.fill(
        [
            blob("1Locked", "locked.pdf", "0AD", drive="0AD", locked=True),
            blob("1Harmful", "harmful.exe", "0AD", drive="0AD", trouble=Trouble.ABUSIVE),
            blob("1Ghost", "ghost.pdf", trouble=Trouble.GONE),
        ]
    )
    with serve(drive) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        assert student.run("drive-export", out).exit_code == 0
        again = student.run("verify", out, "--online", "--json")
        assert json.loads(again.stdout)["not_saved"] == []
        drive.files["1Harmful"].trouble = drive.files["1Ghost"].trouble = Trouble.NONE
        drive.join(replace(lab, members={FRIEND: "organizer", STUDENT.address: "organizer"}))
        found = student.run("verify", out, "--online", "--json")
        assert found.exit_code == 3
        titles = sorted(json.loads(found.stdout)["not_saved"])
        assert titles == ["My Drive/ghost.pdf", "Shared drives/Lab/harmful.exe", "Shared drives/Lab/locked.pdf"]
        assert student.run("drive-export", out).exit_code == 0
        assert student.run("verify", out, "--online").exit_code == 0


def test_a_row_that_leads_outside_is_one_clean_message(tmp_path: Path) -> None:
    save(World({f"f{number:04}": b"x" for number in range(600)}), tmp_path)
    with sqlite3.connect(records(tmp_path)) as db:
        db.execute("UPDATE entries SET path = '../../../etc/x' WHERE id = 'f0001'")
    found = run("verify", tmp_path)
    assert found.returncode == 5
    assert "outside the vault" in found.stderr
    assert "Traceback" not in found.stderr
    assert "ignored" not in found.stderr


@pytest.mark.parametrize("first", ["verify", "status"])
def test_lost_records_are_damage(first: str, tmp_path: Path) -> None:
    save(World({}), tmp_path)
    (tmp_path / "drive/My Drive").mkdir(parents=True)
    (tmp_path / "drive/My Drive/thesis.pdf").write_bytes(b"x")
    records(tmp_path).write_bytes(b"")
    for command in (first, "verify", "status"):  # the first one may fill the file
        found = run(command, tmp_path)
        assert (command, found.returncode) == (command, 5)
        assert "are empty" in found.stderr


def test_a_waiting_pager_does_not_hold_the_records(tmp_path: Path) -> None:
    save(World({}, obstacles={f"form {number:04}": "a form " + "x" * 150 for number in range(2000)}), tmp_path)
    words = [*COMMAND, "status", str(tmp_path), "--explained"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as status:
        assert status.stdout
        assert status.stdout.readline()  # it has begun to print, and nobody reads on
        time.sleep(0.5)
        try:
            with sqlite3.connect(records(tmp_path), timeout=1) as db:
                db.execute("UPDATE listings SET ended = 0")
        finally:
            assert status.poll() is None
            status.kill()


@pytest.mark.parametrize("command", ["verify", "status"])
def test_json_is_json_in_every_encoding(command: str, tmp_path: Path) -> None:
    save(World({"a": b"x"}, names={"a": ("café",)}), tmp_path)
    (tmp_path / "shelf/café").unlink()
    with vault.existing(tmp_path) as place:
        place.manifest.set_account("shelf", "café@example.ac.jp")
    found = run(command, tmp_path, "--json", PYTHONIOENCODING="cp932")
    assert "café" in str(json.loads(found.stdout))


class TestCatalogue:
    """What damage to a source's own records is called."""

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        with vault.opened(tmp_path) as place:
            rows = (Row(f"{number:04}", {"name": "x" * 100}) for number in range(2000))
            ManifestCatalogue(place.manifest, "drive").replace("user", rows, "1")
        return tmp_path

    def read(self, root: Path) -> None:
        with vault.reading(root) as place:
            catalogue = ManifestCatalogue(place.manifest, "drive")
            assert catalogue.logs() == ["user"]
            assert catalogue.token("user") == "1"
            assert len(list(catalogue.rows("user"))) == 2000

    @pytest.mark.parametrize("table", ["logs", "catalogue"])
    def test_a_table_is_gone(self, table: str, root: Path) -> None:
        with sqlite3.connect(records(root)) as db:
            db.execute(f"DROP TABLE {table}")
        with pytest.raises(VaultDamaged):
            self.read(root)
        with vault.reading(root) as place, pytest.raises(VaultDamaged):
            ManifestCatalogue(place.manifest, "drive").forget("user")

    @pytest.mark.parametrize("table", ["logs", "catalogue"])
    def test_a_page_is_damaged(self, table: str, root: Path) -> None:
        with sqlite3.connect(records(root)) as db:
            (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
            (size,) = db.execute("PRAGMA page_size").fetchone()
        with records(root).open("r+b") as file:
            file.seek((page - 1) * size)
            file.write(b"\xee" * size)
        with pytest.raises(VaultDamaged):
            self.read(root)

    def test_a_row_is_no_json(self, root: Path) -> None:
        self.read(root)
        with sqlite3.connect(records(root)) as db:
            db.execute("UPDATE catalogue SET description = '{' WHERE id = '0007'")
        with pytest.raises(VaultDamaged):
            self.read(root)


def test_a_folder_whose_path_is_too_long(student: Student, tmp_path: Path) -> None:
    out = tmp_path
    while len(os.fsencode(out)) < 500:
        out /= "n" * 60
    found = student.run("drive-export", out)
    assert found.exit_code == 2
    assert "475 are allowed" in found.stderr
    assert not (tmp_path / ("n" * 60)).exists()


def test_a_folder_whose_path_is_just_short_enough(student: Student, tmp_path: Path) -> None:
    out = tmp_path
    while len(os.fsencode(out)) < 475:
        out /= "n" * min(60, 474 - len(os.fsencode(out)))
    assert len(os.fsencode(out)) == 475
    assert student.run("drive-export", out, "--include", "卒業論文.pdf").exit_code == 0
    assert student.run("verify", out).exit_code == 0
