"""The folder and the token files: modes, names, damage, and what a late refresh may overwrite."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest

from eccs_backup.accounts import home, tokens
from eccs_backup.errors import SignInNeeded, Unusable

posix = pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX matter")


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ECCS_BACKUP_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ECCS_BACKUP_REHEARSAL", raising=False)
    return tmp_path / "home"


TOKEN = tokens.Token(
    "google", "Hanako@g.ecc.u-tokyo.ac.jp", "read", ("a", "b"), {"type": "authorized_user", "refresh_token": "r"}, 1, 2
)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@posix
def test_nobody_else_may_read(own_home: Path) -> None:
    os.umask(0)
    try:
        path = tokens.save(TOKEN)
        home.remember("x", "y")
    finally:
        os.umask(0o022)
    assert mode(own_home) == 0o700
    assert mode(path.parent) == 0o700
    assert mode(path) == 0o600
    assert mode(own_home / "settings.json") == 0o600


@posix
def test_an_opened_token_file_is_closed_again_and_said(caplog: pytest.LogCaptureFixture) -> None:
    path = tokens.save(TOKEN)
    path.chmod(0o644)
    path.parent.chmod(0o755)
    with caplog.at_level(logging.WARNING):
        assert tokens.load("google", TOKEN.address, "read") == TOKEN
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert str(path) in caplog.text


def test_what_is_saved_comes_back_whatever_the_case_of_the_address() -> None:
    tokens.save(TOKEN)
    assert tokens.load("google", "hanako@G.ECC.u-tokyo.ac.jp", "read") == TOKEN
    assert tokens.load("google", TOKEN.address, "settings") is None
    assert tokens.every("google", "HANAKO@g.ecc.u-tokyo.ac.jp") == [TOKEN]
    assert tokens.every("zoom") == []


@pytest.mark.parametrize("address", ["../../x@y", "a/b\\c:d@e", "花子@例.jp", "x" * 300 + "@y", "CON@x", "a\n@b"])
def test_any_address_makes_a_name_inside_the_folder(own_home: Path, address: str) -> None:
    path = tokens.save(replace(TOKEN, address=address))
    assert path.resolve().parent == (own_home / "tokens").resolve()
    assert len(path.name) < 200
    assert not set(path.name) & set('\\/:*?"<>|\n')
    assert tokens.load("google", address, "read") == replace(TOKEN, address=address)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"service": 1}', "null", '{"scopes": 1}'])
def test_a_damaged_file_says_what_to_do_and_shows_nothing_of_it(text: str) -> None:
    path = tokens.save(TOKEN)
    path.write_text(text)
    with pytest.raises(SignInNeeded) as caught:
        tokens.load("google", TOKEN.address, "read")
    assert str(path) in str(caught.value)
    assert "Delete that file" in caught.value.hint


def test_nothing_is_left_over_when_writing_fails(own_home: Path) -> None:
    target = home.private("tokens") / "folder-in-the-way"
    (target / "full").mkdir(parents=True)
    with pytest.raises(Unusable):
        home.write_private(target, "secret")
    assert [path.name for path in target.parent.iterdir()] == ["folder-in-the-way"]


def test_a_refresh_is_kept() -> None:
    tokens.save(TOKEN)
    new = tokens.refreshed(TOKEN, {**TOKEN.credentials, "token": "t"}, 9)
    assert tokens.load("google", TOKEN.address, "read") == new
    assert (new.worked, new.consented) == (9, 1)


def test_a_refresh_does_not_bring_back_what_was_forgotten() -> None:
    tokens.save(TOKEN)
    tokens.delete(TOKEN)
    tokens.refreshed(TOKEN, {**TOKEN.credentials, "token": "t"}, 9)
    assert tokens.load("google", TOKEN.address, "read") is None


def test_a_refresh_does_not_overwrite_a_newer_sign_in() -> None:
    newer = replace(TOKEN, credentials={"type": "authorized_user", "refresh_token": "newer"})
    tokens.save(newer)
    tokens.refreshed(TOKEN, {**TOKEN.credentials, "token": "t"}, 9)
    assert tokens.load("google", TOKEN.address, "read") == newer


def test_settings_last_and_are_forgotten(own_home: Path) -> None:
    home.remember("google account", "x@y")
    home.remember("other", 1)
    home.remember("google account", None)
    assert home.settings() == {"other": 1}
    (own_home / "settings.json").write_text("{")
    with pytest.raises(Unusable):
        home.settings()


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ECCS_BACKUP_HOME", str(tmp_path / "file" / "below"))
    with pytest.raises(Unusable) as caught:
        home.folder()
    assert "ECCS_BACKUP_HOME" in caught.value.hint


@pytest.mark.parametrize("address", ["http://127.0.0.1:8765", "http://localhost:1/", "http://[::1]:65535"])
def test_a_rehearsal_is_on_this_machine_and_has_its_own_folder(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    real = tokens.save(TOKEN)
    monkeypatch.setenv("ECCS_BACKUP_REHEARSAL", address)
    assert home.rehearsal() == address.rstrip("/")
    assert home.folder() == own_home / "rehearsal"
    assert tokens.load("google", TOKEN.address, "read") is None
    assert json.loads(real.read_text())["address"] == TOKEN.address


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1:8765",
        "http://127.0.0.1.example.com:80",
        "http://example.com",
        "http://127.0.0.1@example.com",
        "http://user@127.0.0.1",
        "http://127.0.0.1:8765/path",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://0.0.0.0:80",
        "127.0.0.1:8765",
        "http://[::1",
    ],
)
def test_no_other_rehearsal_is_accepted(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("ECCS_BACKUP_REHEARSAL", address)
    with pytest.raises(Unusable):
        home.rehearsal()
