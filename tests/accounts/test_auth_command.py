"""`eccs-backup auth` as it is typed: what is printed where, and with which status it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from dead_address import agreed

from eccs_backup.accounts import home
from eccs_backup.accounts.google import DRIVE, MAIL
from eccs_backup.cli import cli
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.server import Rehearsal, serve

HANAKO = worlds.STUDENT.address
VISIT = """
import sys
from eccs_backup.rehearsal.person import Person
Person().visit(sys.argv[1], untick=sys.argv[2:])
"""


@pytest.fixture
def practice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    script = tmp_path / "browser.py"
    script.write_text(VISIT)
    monkeypatch.setenv("BROWSER", f"{sys.executable} {script} %s")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DOWNLOAD_DIR", str(tmp_path / "Downloads"))
    (tmp_path / "Downloads").mkdir()
    with serve(worlds.plain(1)) as server:
        monkeypatch.setenv("ECCS_BACKUP_REHEARSAL", server.url)
        yield server


def auth(*words: str | Path) -> Result:
    result = CliRunner().invoke(cli, ["auth", *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_from_the_download_to_the_end(practice: Rehearsal, tmp_path: Path) -> None:
    practice.client_file(tmp_path / "Downloads")
    result = auth()
    assert result.exit_code == 0, result.output
    assert result.stdout == f"Signed in to Google as {HANAKO}.\n"
    assert "This is a rehearsal" in result.stderr
    assert "you may delete the downloaded file" in result.stderr

    result = auth("--check")
    assert result.exit_code == 0
    for words in (HANAKO, "See and download all your Google Drive files", "apps.googleusercontent.com", "works"):
        assert words in result.stdout
    found = json.loads(auth("--check", "--json").stdout)
    assert found["account"] == HANAKO
    assert found["consented"].endswith("+00:00")

    result = auth("--forget")
    assert result.exit_code == 0
    assert HANAKO in result.stdout
    assert "Google has ended it, too." in result.stdout
    assert auth("--check").exit_code == 4
    assert "nothing to forget" in auth("--forget").stdout


def test_without_a_client_the_guide_is_printed(practice: Rehearsal) -> None:
    result = auth()
    assert result.exit_code == 4
    assert "https://console.cloud.google.com/auth/clients" in result.stderr
    assert result.stdout == ""


def test_an_unticked_box_ends_with_status_four(
    practice: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # in a process of its own: `webbrowser` reads BROWSER once
    monkeypatch.setenv("BROWSER", f"{os.environ['BROWSER']} drive.readonly")
    words = [sys.executable, "-m", "eccs_backup", "auth", "--client", str(practice.client_file(tmp_path))]
    result = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert result.returncode == 4
    assert "See and download all your Google Drive files" in result.stderr


def test_an_error_page_ends_with_the_list(practice: Rehearsal, tmp_path: Path) -> None:
    practice.world.policy.page = "access_not_configured"
    result = auth("--client", practice.client_file(tmp_path), "--time-limit", "1")
    assert result.exit_code == 4
    assert "access_not_configured" in result.stderr
    assert "within 1 seconds" in result.stderr


def test_a_paste_through_a_pipe(practice: Rehearsal, tmp_path: Path) -> None:
    client = str(practice.client_file(tmp_path))
    words = [sys.executable, "-m", "eccs_backup", "auth", "--no-browser", "--client", client]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdin
        assert process.stderr
        url = next(line.strip() for line in process.stderr if "code_challenge" in line)
        process.stdin.write(f"what?\n{agreed(url, HANAKO, DRIVE, MAIL)}\n")
        process.stdin.flush()  # and it stays open: the waiting thread must not hold up the end
        assert process.wait(timeout=30) == 0
        assert process.stdout
        assert process.stdout.read() == f"Signed in to Google as {HANAKO}.\n"
        assert "has to contain" in process.stderr.read()


@pytest.mark.parametrize(
    "words",
    [
        ["--check", "--forget"],
        ["--json"],
        ["--subject", "x@y"],
        ["--time-limit", "0"],
        ["zoom"],
        ["--client", "/absent.json"],
    ],
)
def test_what_does_not_go_together_is_a_usage_error(practice: Rehearsal, words: list[str]) -> None:
    result = auth(*words)
    assert result.exit_code == 2
    assert "Error" in result.stderr


def test_a_service_account(practice: Rehearsal, tmp_path: Path) -> None:
    practice.world.policy.delegated = {DRIVE, MAIL}
    key = practice.service_account_file(tmp_path)
    assert auth("--service-account", key, "--subject", HANAKO).exit_code == 0
    assert "iam.gserviceaccount.com" in auth("--check").stdout
    result = auth("--client", key)
    assert result.exit_code == 2
    assert "--service-account" in result.stderr


def test_forgetting_with_the_service_gone(practice: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert auth("--client", practice.client_file(tmp_path)).exit_code == 0
    monkeypatch.setenv("ECCS_BACKUP_REHEARSAL", "http://127.0.0.1:9")
    result = auth("--forget")
    assert result.exit_code == 0
    assert "https://myaccount.google.com/connections" in result.stderr
    assert "deleted from this computer" in result.stdout
    assert not list(home.private("tokens").iterdir())


def test_a_check_with_the_service_gone_is_no_bug(
    practice: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert auth("--client", practice.client_file(tmp_path)).exit_code == 0
    kept = next(home.private("tokens").iterdir())
    kept.write_text(kept.read_text().replace(practice.url, "http://127.0.0.1:9"))
    monkeypatch.setenv("ECCS_BACKUP_REHEARSAL", "http://127.0.0.1:9")
    result = auth("--check")
    assert result.exit_code == 3
    assert "Check the network" in result.stderr


def test_the_help_names_every_option_without_loading_google() -> None:
    code = "import sys; from eccs_backup.cli.auth import auth; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "'google.auth'" not in loaded
    assert "'requests'" not in loaded
    for option in ("--client", "--no-browser", "--check", "--forget", "--service-account", "--subject", "--account"):
        assert option in auth("--help").stdout
