"""Permissions that are asked for apart: each purpose has its own consent, its own token file and its own command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from conftest import signed_in
from eccs_backup.accounts import home, tokens
from eccs_backup.accounts.google import DRIVE, MAIL, PERMISSIONS, REMEMBERED, SCOPES, WHO, account
from eccs_backup.accounts.google_purposes import PURPOSES, to_sign_in
from eccs_backup.errors import SignInNeeded
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.server import serve
from practice import Student

HANAKO, PRIVATE = worlds.STUDENT.address, worlds.SECOND.address
RESTORE = PURPOSES["restore"].scopes


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Student]:
    """A student who has signed in to be read."""
    with serve(worlds.plain(1)) as server:
        yield signed_in(server, tmp_path / "home", monkeypatch)


def groups(address: str | None = None) -> set[tuple[str, str]]:
    return {(token.address, token.group) for token in tokens.every("google", address)}


@pytest.mark.parametrize("purpose", [name for name, each in PURPOSES.items() if not each.delegated])
def test_only_what_the_purpose_needs_is_asked_for(reader: Student, purpose: str) -> None:
    result = reader.run("auth", "--for", purpose, "--account", HANAKO)
    assert result.exit_code == 0, result.output
    url = next(line for line in result.stderr.splitlines() if "code_challenge" in line)
    query = parse_qs(urlsplit(url).query)
    assert set(query["scope"][0].split()) == {*WHO, *PURPOSES[purpose].scopes}
    assert "include_granted_scopes" not in query
    assert PURPOSES[purpose].words in result.stdout
    assert groups() == {(HANAKO, "read"), (HANAKO, purpose)}


@pytest.mark.parametrize("purpose", PURPOSES)
def test_each_permission_is_known_by_the_words_of_googles_page(purpose: str) -> None:
    assert set(PURPOSES[purpose].scopes) <= PERMISSIONS.keys()


def test_a_purpose_changes_neither_the_reading_token_nor_whose_it_is(reader: Student) -> None:
    assert reader.run("auth", "--for", "restore", "--account", PRIVATE).exit_code == 0
    assert home.settings()[REMEMBERED] == HANAKO
    assert account(None, SCOPES["drive"])[1] == HANAKO
    assert account(PRIVATE, RESTORE, group="restore")[1] == PRIVATE
    with pytest.raises(SignInNeeded, match=PRIVATE) as caught:
        account(PRIVATE, SCOPES["drive"])
    assert caught.value.hint == f"Sign in with: eccs-backup auth --account {PRIVATE}"


def test_the_missing_purpose_is_named_with_its_command(reader: Student) -> None:
    with pytest.raises(SignInNeeded) as caught:
        account(HANAKO, PURPOSES["imap"].scopes, group="imap")
    assert f"eccs-backup auth --for imap --account {HANAKO}" in caught.value.hint
    assert to_sign_in("imap") == "eccs-backup auth --for imap"


def test_a_box_of_a_purpose_that_was_not_ticked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: Student
) -> None:
    held = next(token for token in tokens.every("google"))
    tokens.save(tokens.Token("google", PRIVATE, "restore", (*WHO, MAIL), held.credentials, 0, 0))
    with pytest.raises(SignInNeeded, match="Add emails into your Gmail mailbox") as caught:
        account(PRIVATE, RESTORE, group="restore")
    assert f"eccs-backup auth --for restore --account {PRIVATE}" in caught.value.hint


def test_a_check_shows_every_sign_in(reader: Student) -> None:
    reader.run("auth", "--for", "restore", "--account", PRIVATE)
    reader.run("auth", "--for", "imap", "--account", HANAKO)
    result = reader.run("auth", "--check")
    assert result.exit_code == 0
    assert result.stdout.index(HANAKO) < result.stdout.index(PRIVATE)
    for words in ("reading your data", PURPOSES["restore"].words, PURPOSES["imap"].words):
        assert words in result.stdout
    found = json.loads(reader.run("auth", "--check", "--json").stdout)
    assert (found["account"], found["purpose"]) == (HANAKO, "read")
    assert {(each["account"], each["purpose"]) for each in found["sign_ins"]} == groups()
    only = json.loads(reader.run("auth", "--check", "--json", "--account", PRIVATE).stdout)
    assert [each["account"] for each in only["sign_ins"]] == [PRIVATE]


def test_a_check_goes_on_after_one_that_has_ended(reader: Student) -> None:
    reader.run("auth", "--for", "restore", "--account", PRIVATE)
    ended = next(token for token in tokens.every("google", PRIVATE))
    reader.server.grants.revoke(ended.credentials["refresh_token"])
    result = reader.run("auth", "--check")
    assert result.exit_code == 4
    assert "State:   works" in result.stdout
    assert "State:   does not work" in result.stdout
    assert f"eccs-backup auth --for restore --account {PRIVATE}" in result.stderr


def test_forgetting_ends_all_of_an_account_and_says_so(reader: Student) -> None:
    reader.run("auth", "--for", "restore", "--account", HANAKO)
    reader.run("auth", "--for", "restore", "--account", PRIVATE)
    result = reader.run("auth", "--forget")
    assert "All 2 sign-ins of" in result.stdout
    assert "Google has ended them all, too." in result.stdout
    assert groups() == {(PRIVATE, "restore")}


def test_a_service_account_for_a_purpose_and_for_reading(reader: Student, tmp_path: Path) -> None:
    key = reader.server.service_account_file(tmp_path)
    reader.server.world.policy.delegated = {DRIVE, MAIL, *RESTORE}
    words = ("--service-account", key, "--subject", PRIVATE)
    assert reader.run("auth", *words, "--for", "restore").exit_code == 0
    assert home.settings()[REMEMBERED] == HANAKO
    assert account(PRIVATE, RESTORE, group="restore")[1] == PRIVATE
    assert reader.run("auth", *words).exit_code == 0
    for scopes in SCOPES.values():
        assert account(PRIVATE, [each for each in scopes if each not in WHO])[1] == PRIVATE


@pytest.mark.parametrize("words", [["--check"], ["--forget"]])
def test_a_purpose_belongs_to_signing_in(reader: Student, words: list[str]) -> None:
    assert reader.run("auth", "--for", "restore", *words).exit_code == 2
    assert reader.run("auth", "--for", "nothing").exit_code == 2
