"""The command line itself: help, documentation, examples, and what a script sees."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import signed_in
from eccs_backup import cli, errors
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.cast import STUDENT
from eccs_backup.rehearsal.faults import Fault, Faults
from eccs_backup.rehearsal.making import blob
from eccs_backup.rehearsal.server import serve
from eccs_backup.retry import Halt
from practice import Student

TOP = Path(__file__).parent.parent
README = (TOP / "README.md").read_text(encoding="utf-8")


def test_help_loads_no_vendors_client() -> None:
    code = """
import sys
from click.testing import CliRunner
from eccs_backup.cli import cli
assert CliRunner().invoke(cli, ["--help"]).exit_code == 0
heavy = {"googleapiclient", "google", "google_auth_oauthlib", "requests", "starlette", "uvicorn", "tqdm", "sqlite3"}
print(sorted(heavy & set(sys.modules)))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    assert f"eccs-backup {name}" in README
    command = cli.cli.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert command.help
    assert name in cli.SUMMARIES
    for option in command.params:
        if option.param_type_name == "option" and option.name != "help":
            assert option.help, f"{name} {option.name}"  # type: ignore[attr-defined]


def test_every_exit_status_is_in_the_readme() -> None:
    table = {int(number) for number in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    statuses = {
        each.exit_status
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.BackupError)
    }
    assert statuses | {0, 1, 130} == table


def test_every_link_in_the_documents_leads_somewhere() -> None:
    for document in [*TOP.glob("*.md"), *TOP.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_no_command_shows_the_way() -> None:
    result = CliRunner().invoke(cli.cli, [])
    assert "drive-export" in result.output


@pytest.mark.parametrize(
    "words", [["drive-exprot"], ["drive-export"], ["drive-export", "x", "--trahs"], ["status", "x"]]
)
def test_a_slip_of_the_fingers_is_a_usage_error(words: list[str], tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.cli, words)
    assert result.exit_code == 2
    assert result.stderr


def test_the_examples_work(student: Student, tmp_path: Path) -> None:
    student.server.next_day()
    out = tmp_path / "out"
    bin = tmp_path / "bin"
    bin.mkdir()
    (bin / "eccs-backup").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m eccs_backup "$@"\n')
    (bin / "eccs-backup").chmod(0o755)
    env = {**os.environ, "PATH": f"{bin}:{os.environ['PATH']}"}
    story = [str(TOP / "examples/last-week.sh"), str(out)]
    run = subprocess.run(story, env=env, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1].startswith("SAFE")
    words = [sys.executable, str(TOP / "examples/explained.py"), str(out)]
    listed = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "アンケート\tno-export" in listed.stdout


def test_names_cannot_command_the_terminal(student: Student, tmp_path: Path) -> None:
    student.server.world.rename("1Kind-form", "\x1b[2J\x07evil\u202etxt")
    result = student.run("drive-export", tmp_path / "out")
    assert "evil" in result.stdout
    assert not re.search(r"[\x07\x1b\u202e]", result.stdout)


def test_an_error_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    cli.fail(errors.Unusable("\x1b[2J\x07evil\u202etxt", hint="One.\n\x1b]0;owned\x07Two."))
    shown = capsys.readouterr().err
    assert not re.search(r"[\x07\x1b\u202e]", shown)
    assert shown.splitlines() == ["Error: �[2J�evil�txt", "One.", "�]0;owned�Two."]


def test_ctrl_c_does_not_wait_for_a_stalled_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = Faults()
    with serve(worlds.plain(30, 1_000, 2_000, seed=2), faults=faults) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        faults.add("alt=media", *[Fault(pause=60)] * 30)
        export = student.start("drive-export", tmp_path / "out")
        while not faults.counts.get("pause"):
            time.sleep(0.05)
        began = time.monotonic()
        export.send_signal(signal.SIGINT)
        _, said = export.communicate(timeout=30)
        assert time.monotonic() - began < 10
    assert export.returncode == 130
    assert "Interrupted" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("target", ["http://[", "foo://x", "http://127.0.0.1:99999/"])
def test_a_redirect_to_nowhere_fails_one_file(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    away = Fault(status=302, headers={"Location": target})
    drive = worlds.World([STUDENT])
    drive.fill([blob("1A", "a.txt"), *(blob(f"1B{number}", f"b{number}.txt") for number in range(5))])
    with serve(drive, faults=Faults({r"1A\?alt=media": [away] * 9})) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        result = student.run("drive-export", tmp_path / "out", "--json")
    assert result.exit_code == 3
    found = json.loads(result.stdout)
    assert (found["failed"], found["saved"]) == (1, 5)


def test_json_is_json(student: Student, tmp_path: Path) -> None:
    student.server.next_day()
    out = tmp_path / "out"
    export = student.run("drive-export", out, "--json")
    assert json.loads(export.stdout)["whole"] is True
    (status,) = json.loads(student.run("status", out, "--json").stdout)
    assert status == json.loads(export.stdout)
    verify = json.loads(student.run("verify", out, "--online", "--json").stdout)
    assert (verify["damaged"], verify["not_saved"]) == ([], [])
    assert verify["files"] == status["saved"]


def test_damage_is_found_and_mended(student: Student, tmp_path: Path) -> None:
    student.server.next_day()
    out = tmp_path / "out"
    assert student.run("drive-export", out).exit_code == 0
    victim = out / "drive/My Drive/卒業研究/卒業論文.pdf"
    body = victim.read_bytes()
    victim.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    result = student.run("verify", out)
    assert result.exit_code == 5
    assert "卒業論文.pdf" in result.stdout
    assert student.run("status", out).exit_code == 3
    assert student.run("drive-export", out).exit_code == 0
    assert victim.read_bytes() == body
    assert student.run("verify", out).exit_code == 0


@pytest.mark.parametrize("name", ["OneDrive", "OneDrive - The University of Tokyo", "Dropbox", "Google Drive"])
def test_a_synchronised_folder_is_refused(name: str, student: Student, tmp_path: Path) -> None:
    out = tmp_path / name / "leaving"
    result = student.run("drive-export", out)
    assert result.exit_code == 2
    assert "synchronised" in result.stderr
    assert not out.exists()
    assert student.run("drive-export", out, "--synced-folder", "--include", "卒業論文.pdf").exit_code == 0


def test_the_whole_rehearsal(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "eccs_backup", "rehearse", str(tmp_path / "out")]
    for more in ([], ["--trouble"]):
        run = subprocess.run([*words, *more], capture_output=True, text=True, timeout=110, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
        assert run.stdout.rstrip().endswith("Your own account: eccs-backup auth")
        assert "Traceback" not in run.stderr


def test_a_pattern_that_names_nothing_is_refused(student: Student, tmp_path: Path) -> None:
    for option in ("--include", "--exclude"):
        result = student.run("drive-export", tmp_path / "out", option, "no such*")
        assert result.exit_code == 2
        assert "no such*" in result.stderr
    assert student.run("status", tmp_path / "out").exit_code == 3


def test_a_folder_without_anything_says_so(student: Student, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert student.run("drive-export", out, "--formats", "doc").exit_code == 2
    status, verify = student.run("status", out), student.run("verify", out)
    assert (status.exit_code, verify.exit_code) == (3, 3)
    assert "Nothing has been listed yet" in status.stdout
    assert "no saved files" in verify.stdout


def test_a_folder_that_cannot_be_made(student: Student) -> None:
    result = student.run("drive-export", "/proc/nowhere/out")
    assert result.exit_code == 10


def test_a_document_that_google_cannot_convert_fails_alone(
    student: Student, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Halt, "sleep", lambda self, seconds: self.check())
    words = ("--include", "PDF不可*", "--include", "研究ノート*", "--formats", "pdf")
    result = student.run("drive-export", tmp_path / "out", *words, "--json")
    assert result.exit_code == 3
    found = json.loads(result.stdout)
    assert (found["failed"], found["saved"]) == (1, 2)
    assert sum("1DocPdf" in seen.path for seen in student.server.log) < 40
