"""Does what is said of the standing leave nothing out: other ways, the copy in the trash, the dates?"""

from __future__ import annotations

import pytest
from forward_account import FIXTURE, OLD, OTHER, SHORT, TO, Account, told

from eccs_backup import profiles
from eccs_backup.forwarding.steps import ALL_MAIL
from eccs_backup.rehearsal.faults import Fault

ACCOUNT = FIXTURE


def filters(account: Account, *each: tuple[dict[str, object], str]) -> None:
    rows = [{"id": str(n), "criteria": taken, "action": {"forward": to}} for n, (taken, to) in enumerate(each)]
    account.box.settings["filters"] = {"filter": rows}  # type: ignore[dict-item]


def test_all_mail_goes_to_another_address_too(account: Account) -> None:
    account.accepted(OTHER)
    account.on()
    filters(account, (dict(ALL_MAIL[0]), OTHER))
    for words in (SHORT, ["--status"]):
        result = account.run(*words)
        assert result.exit_code == 0
        assert f"Besides, all mail of {OLD} is forwarded to: {OTHER}" in result.stdout
    account.hand.switch_off(OLD)
    result = account.run("--status")
    assert result.exit_code == 3
    assert f"is not forwarded to {TO}" in result.stdout
    assert f"All mail of {OLD} is forwarded to: {OTHER}" in result.stdout


def test_some_mail_goes_there(account: Account) -> None:
    account.accepted()
    filters(account, ({"from": "friend@example.org"}, TO))
    result = account.run("--status")
    assert result.exit_code == 3
    assert "is not forwarded" not in result.stdout
    assert f"Some mail of {OLD} is forwarded to {TO} by a filter" in result.stdout
    assert "from:friend@example.org" in result.stdout
    filters(account, ({"from": "friend@example.org"}, OTHER))
    assert "is not forwarded" in account.run("--status").stdout


def test_a_filter_does_it_already(account: Account) -> None:
    account.accepted()
    filters(account, (dict(ALL_MAIL[0]), TO))
    result = account.run(*SHORT)
    assert result.exit_code == 0
    assert "a filter forwards all new mail" in result.stdout
    assert "A filter does it" in result.stderr
    assert "with --keep" in result.stderr
    assert not account.changes()
    result = account.run("--keep", "inbox", *SHORT)
    assert result.exit_code == 3
    assert "Save Changes" in result.stderr


@pytest.mark.parametrize(("words", "warned"), [([], True), (["--status"], True), (["--keep", "trash"], False)])
def test_the_copy_goes_to_the_trash(account: Account, words: list[str], warned: bool) -> None:
    account.on(keep="trash")
    result = account.run(*words)
    assert result.exit_code == 0
    assert ("goes to the trash" in result.stdout) is warned
    account.hand.switch_on(OLD, TO)
    assert "goes to the trash" not in account.run("--status").stdout


@pytest.fixture(name="known")
def of_an_institution_that_is_known(account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    profile = profiles.of("student@g.ecc.u-tokyo.ac.jp")
    assert profile is not None
    replaced = profile._replace(domains=(OLD.partition("@")[2],))
    monkeypatch.setattr(profiles, "every", lambda: (replaced,))
    return account


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_dates_are_told_before_and_after(known: Account, language: str) -> None:
    words = {"en": "about 180 days", "ja": "約180日"}[language]
    result = known.run(*SHORT, "--language", language)
    assert result.exit_code == 3
    assert words in result.stderr
    guide = {"en": "Add a forwarding address", "ja": "転送先アドレスを追加"}[language]
    assert result.stderr.index(words) < result.stderr.index(guide)
    for standing in (0, 1):
        said = known.run("--status", "--language", language).stdout
        assert words in said
        assert "mail-export" in said
        if not standing:
            known.on()
    assert words not in known.run(*SHORT, "--language", language).stderr  # there is nothing to do


def test_json_when_it_is_not_finished(account: Account) -> None:
    account.hand.add_by_hand(OLD, TO)
    result = account.run("--json", *SHORT)
    assert result.exit_code == 3
    assert told(result)["addresses"] == {TO: "pending"}
    account.server.world.policy.forwarding_disabled = 403
    result = account.run("--json", *SHORT)
    assert result.exit_code == 8
    assert told(result)["blocked"] is True


def test_json_when_something_was_refused_or_nothing_is_known(account: Account) -> None:
    account.delegate()
    account.accepted()
    account.server.faults.add("settings/autoForwarding", None, Fault(status=400, reason="invalid"))
    result = account.run("--json", "--yes", *SHORT)
    assert result.exit_code == 3
    assert told(result)["addresses"] == {TO: "accepted"}
    account.server.faults.add("batch", *[Fault(status=503)] * 5)
    result = account.run("--json", "--yes", *SHORT)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "it goes on from what Gmail says" in result.stderr


def test_json_when_the_test_was_refused(account: Account) -> None:
    account.on()
    account.sign_in("--for", "send", "--account", OLD)
    account.server.faults.add("messages/send", Fault(status=400, reason="invalid"))
    result = account.run("--json", "--test", "--yes")
    assert result.exit_code == 3
    assert told(result)["forwarded"] is True


@pytest.mark.parametrize(
    ("typed", "half"), [("ａｂｃ@example.com", "abc@example.com"), ("me＠example.com", "me@example.com")]
)
def test_letters_of_full_width(account: Account, typed: str, half: str) -> None:
    for language in ("en", "ja"):
        result = account.run(*SHORT, "--language", language, to=typed)
        assert result.exit_code == 2
        assert half in result.stderr
    assert not account.server.log.requests


def test_errors_are_in_the_language_of_the_guide(account: Account) -> None:
    for words, to, said in (
        (SHORT, OLD, "この同じメールボックス"),
        (SHORT, f"friend@{OLD.partition('@')[2]}", "--same-institution を付けてください"),
        (SHORT, "nonsense", "正しくありません"),
        (SHORT, TO, "まだ"),
    ):
        result = account.run(*words, "--language", "ja", to=to)
        assert said in result.stderr
    account.server.world.policy.forwarding_disabled = 403
    assert "管理者が転送を無効に" in account.run("--language", "ja").stderr


def test_what_stands_in_a_filter_does_not_move_the_cursor(account: Account) -> None:
    account.accepted()
    filters(account, ({"from": "\x1b[2Jfriend"}, TO))
    assert "\x1b" not in account.run("--status").stdout
