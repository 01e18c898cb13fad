"""Does a delegated service account do all of it, with a yes before each change, and end it again?"""

from __future__ import annotations

import pytest
from forward_account import ARCHIVE, FIXTURE, INBOX, LONG, OLD, OTHER, SHORT, TO, Account

from eccs_backup.cli.forward import KEEP
from eccs_backup.forwarding.steps import ALL_MAIL

ACCOUNT = FIXTURE
FILTER = {"id": "f", "criteria": dict(ALL_MAIL[0]), "action": {"forward": TO}}


@pytest.fixture(name="delegated")
def with_a_service_account(account: Account) -> Account:
    account.delegate()
    account.server.log.clear()
    return account


@pytest.mark.parametrize("keep", [*KEEP])
def test_adds_waits_and_switches_on(delegated: Account, keep: str) -> None:
    delegated.hand.accept(OLD, TO, after_polls=3)
    result = delegated.run("--keep", keep, "--yes", *LONG)
    assert result.exit_code == 0, result.output
    assert delegated.auto() == {"enabled": True, "emailAddress": TO, "disposition": KEEP[keep]}
    assert [seen.method for seen in delegated.changes()] == ["POST", "PUT"]
    order = ("This adds", "FIRST link", "This makes Gmail forward")
    places = [result.stderr.index(words) for words in order]
    assert places == sorted(places)
    assert "Add a forwarding address" not in result.stderr


def test_what_is_on_already_is_left_alone_or_changed(delegated: Account) -> None:
    delegated.on()
    assert delegated.run("--yes", *SHORT).exit_code == 0
    assert not delegated.changes()
    assert delegated.run("--keep", "archive", "--yes", *SHORT).exit_code == 0
    assert delegated.auto()["disposition"] == ARCHIVE


def test_acceptance_never_comes(delegated: Account) -> None:
    result = delegated.run("--yes", *SHORT)
    assert result.exit_code == 3
    assert "is not accepted yet" in result.stderr
    delegated.hand.accept(OLD, TO)
    assert delegated.run("--yes", *SHORT).exit_code == 0
    assert delegated.auto()["disposition"] == INBOX


def test_in_place_of_another_address(delegated: Account) -> None:
    delegated.on(OTHER)
    delegated.hand.accept(OLD, TO, after_polls=1)
    assert delegated.run("--yes", *LONG).exit_code == 0
    assert delegated.auto()["emailAddress"] == TO


@pytest.mark.parametrize("step", ["add", "switch on", "instead", "stop"])
def test_nothing_without_a_yes(delegated: Account, step: str) -> None:
    if step == "switch on":
        delegated.accepted()
    elif step != "add":
        delegated.on(OTHER)
    before = delegated.state()
    result = delegated.run("--stop", to=OTHER) if step == "stop" else delegated.run(*SHORT)
    assert result.exit_code == 2
    sentence = {"add": "This adds", "switch on": "This makes", "instead": "instead?", "stop": "This ends"}[step]
    assert sentence in result.stderr
    assert delegated.state() == before
    assert not delegated.changes()


def test_stop(delegated: Account) -> None:
    delegated.on()
    delegated.box.settings["filters"] = {"filter": [FILTER]}
    result = delegated.run("--stop", "--yes")
    assert result.exit_code == 0, result.output
    assert "nothing is forwarded any more" in result.stdout
    assert (delegated.auto(), delegated.filters()) == ({"enabled": False}, [])
    assert [seen.method for seen in delegated.changes()] == ["DELETE", "PUT"]
    assert delegated.run("--stop").exit_code == 0  # nothing to do is nothing to ask


def test_the_administrators_block(delegated: Account) -> None:
    delegated.on()
    delegated.server.world.policy.forwarding_disabled = 403
    for words in (["--keep", "read"], ["--stop"]):
        result = delegated.run(*words, "--yes")
        assert result.exit_code == 8
        assert "switched forwarding off" in result.stderr
    assert not delegated.changes()
