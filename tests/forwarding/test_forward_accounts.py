"""Is it the old account whose forwarding is seen and changed, and never the new one that was signed in to later?"""

from __future__ import annotations

import pytest
from click.testing import Result
from forward_account import ARCHIVE, FIXTURE, OLD, OTHER, SHORT, TO, Account, told

from eccs_backup.accounts import tokens
from eccs_backup.accounts.google import SERVICE

ACCOUNT = FIXTURE
THIRD = "suzuki@g.example.ac.jp"


def run(account: Account, *words: str) -> Result:
    """Without naming the account."""
    return account.student.run("forward", *words, "--no-browser", "--language", "en")


@pytest.fixture(name="both")
def signed_in_to_both(account: Account) -> Account:
    """The new address was signed in to last, as for a test, and forwards mail of its own."""
    account.on()
    account.sign_in("--account", TO)
    account.sign_in("--for", "send", "--account", TO)
    account.new.settings |= {"forwardingAddresses": {}, "filters": {}}
    account.hand.add_by_hand(TO, OTHER)
    account.hand.accept(TO, OTHER)
    account.hand.switch_on(TO, OTHER)
    account.server.log.clear()
    return account


def test_the_destination_is_not_the_account_that_is_meant(both: Account) -> None:
    result = run(both, "--to", TO, "--status")
    assert result.exit_code == 0, result.output
    assert f"this is about {OLD}" in result.stderr.splitlines()[0]
    assert told(run(both, "--to", TO, "--status", "--json"))["account"] == OLD
    plus = TO.replace("@", "+eccs@")
    assert told(run(both, "--to", plus, "--status", "--json"))["account"] == OLD
    result = run(both, "--to", TO, "--test", "--test-account", TO, "--yes")
    assert result.exit_code == 0, result.output
    assert "Proved" in result.stdout


def test_which_account_is_to_stop_has_to_be_said(both: Account) -> None:
    result = run(both, "--stop", "--yes", *SHORT)
    assert result.exit_code == 2
    assert OLD in result.stderr
    assert TO in result.stderr
    assert "--account ADDRESS" in result.stderr
    assert not both.server.log.requests
    assert both.new.settings["autoForwarding"]["enabled"] is True  # type: ignore[index, call-overload]
    assert run(both, "--stop", "--to", OTHER, *SHORT).exit_code == 2
    result = run(both, "--stop", "--to", TO, "--yes", *SHORT)
    assert f"this is about {OLD}" in result.stderr


def test_three_accounts(both: Account) -> None:
    token = tokens.load(SERVICE, OLD, "read")
    assert token is not None
    tokens.save(tokens.Token(SERVICE, THIRD, "forward", token.scopes, token.credentials, 0, 0))
    result = run(both, "--to", TO, "--status")
    assert result.exit_code == 2
    assert f"{THIRD}, {OLD}" in result.stderr or f"{OLD}, {THIRD}" in result.stderr
    assert TO not in result.stderr
    assert run(both, "--to", TO, "--account", OLD, "--status").exit_code == 0


def test_a_single_account_needs_no_name(account: Account) -> None:
    account.on()
    result = run(account, "--to", TO, "--status")
    assert result.exit_code == 0
    assert "this is about" not in result.stderr


@pytest.mark.parametrize("option", ["--to", "--account", "--test-account"])
@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_address(account: Account, option: str, value: str) -> None:
    words = {"--to": TO, "--account": OLD, "--test-account": TO} | {option: value}
    result = account.student.run("forward", "--test", *(word for pair in words.items() for word in pair))
    assert result.exit_code == 2
    assert "Name an address" in result.stderr
    assert not account.server.log.requests


def test_blanks_around_an_address(account: Account) -> None:
    account.on()
    assert account.student.run("forward", "--to", f" {TO} ", "--account", f" {OLD} ", "--status").exit_code == 0


def test_by_the_sign_in_for_changing_alone(account: Account) -> None:
    account.on()
    account.sign_in("--for", "forward", "--account", OLD)
    token = tokens.load(SERVICE, OLD, "read")
    assert token is not None
    tokens.delete(token)
    assert account.run("--status").exit_code == 0


def test_status_needs_no_more_than_reading(account: Account) -> None:
    account.on()
    assert account.run("--status", "--by-filter").exit_code == 0


def test_an_ordinary_person_is_not_delegated(account: Account) -> None:
    result = account.student.run("auth", "--for", "forward-all", "--account", OLD)
    assert result.exit_code == 2
    assert "--service-account FILE --subject ADDRESS" in result.stderr
    assert tokens.load(SERVICE, OLD, "forward-all") is None
    assert not account.server.log.requests


def test_a_sign_in_of_an_ordinary_person_for_what_is_delegated(account: Account) -> None:
    """As an earlier version let it be made."""
    token = tokens.load(SERVICE, OLD, "read")
    assert token is not None
    tokens.save(tokens.Token(SERVICE, OLD, "forward-all", token.scopes, token.credentials, 0, 0))
    account.on()
    result = account.run("--keep", "archive", "--yes", *SHORT)
    assert result.exit_code == 3
    assert "Save Changes" in result.stderr
    assert not account.changes()
    account.hand.switch_on(OLD, TO, ARCHIVE)
    assert account.run("--keep", "archive").exit_code == 0
