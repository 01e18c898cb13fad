"""Is an ordinary person carried through, from nothing to "confirmed", and told how to go on when it stops?"""

from __future__ import annotations

import threading

import pytest
from forward_account import ARCHIVE, FIXTURE, INBOX, LONG, OLD, OTHER, SHORT, TO, Account, told

from eccs_backup.rehearsal.mail.forwarding import Forwarding

ACCOUNT = FIXTURE


def when(account: Account, looks: int, act: str) -> None:
    """The person does something once Gmail's forwarding addresses were listed so often."""
    listed, forwarding = [0], account.hand
    look = forwarding.look

    def looking(question: object) -> None:
        look(question)  # type: ignore[arg-type]
        listed[0] += 1
        if listed[0] == looks * 2:  # addresses and forward-all are asked for together
            {"add": add, "cancel": cancel, "remove": remove}[act](forwarding)

    forwarding.look = looking  # type: ignore[method-assign]


def add(forwarding: Forwarding) -> None:
    forwarding.add_by_hand(OLD, TO)


def cancel(forwarding: Forwarding) -> None:
    assert forwarding.cancel(forwarding.confirmations(OLD)[0].refuse)


def remove(forwarding: Forwarding) -> None:
    forwarding.remove(OLD, TO)


def test_from_nothing_to_confirmed(account: Account) -> None:
    when(account, 3, "add")
    account.hand.accept(OLD, TO, after_polls=3)
    account.hand.switch_on(OLD, TO, after_polls=3)
    result = account.run(*LONG)
    assert result.exit_code == 0, result.output
    order = ("Add a forwarding address", "FIRST link", "is accepted", "Forward a copy of incoming mail to")
    places = [result.stderr.index(words) for words in order]
    assert places == sorted(places)
    assert f"/mail/u/?authuser={OLD.replace('@', '%40')}#settings/fwdandpop" in result.stderr
    assert "Confirmed by Gmail" in result.stdout
    assert "CANCELS" in result.stderr
    assert not account.changes()
    assert account.addresses() == {TO: "accepted"}
    assert account.server.mail_quota.methods["gmail.users.settings.forwardingAddresses.list"] > 6


def test_acceptance_never_comes_and_a_later_run_goes_on(account: Account) -> None:
    result = account.run(*SHORT)
    assert result.exit_code == 3
    assert "is not among the forwarding addresses" in result.stderr
    account.hand.add_by_hand(OLD, TO)
    result = account.run(*SHORT)
    assert result.exit_code == 3
    assert f"{TO} is not accepted yet" in result.stderr
    assert "Run the same command again at any time" in result.stderr
    assert "Confirmed" not in result.stdout
    account.hand.accept(OLD, TO)
    result = account.run(*SHORT)
    assert result.exit_code == 3
    assert "not switched on as wished yet" in result.stderr
    assert "confirmation mail" not in result.stderr  # that step is behind
    account.hand.switch_on(OLD, TO)
    assert account.run(*SHORT).exit_code == 0
    assert not account.changes()


@pytest.mark.parametrize("act", ["cancel", "remove"])
def test_cancelled_by_the_wrong_link(account: Account, act: str) -> None:
    account.hand.add_by_hand(OLD, TO)
    when(account, 4, act)
    result = account.run(*LONG)
    assert result.exit_code == 3
    assert f"The request for {TO} is gone: its second link cancels it" in result.stderr
    assert "first link of the new mail" in result.stderr


@pytest.mark.parametrize("status", [403, 400])
@pytest.mark.parametrize("late", [False, True])
def test_the_administrators_block(account: Account, status: int, late: bool) -> None:
    if late:
        account.hand.add_by_hand(OLD, TO)
        timer = threading.Timer(0.2, setattr, (account.server.world.policy, "forwarding_disabled", status))
        timer.start()
    else:
        account.server.world.policy.forwarding_disabled = status
    result = account.run(*LONG)
    assert result.exit_code == 8, result.output
    assert "organisation has switched forwarding off" in result.stderr
    assert "Ask your administrator" in result.stderr
    assert "mail-export" in result.stderr
    assert account.run("--status").exit_code == 3
    assert "administrator has switched forwarding off" in account.run("--status").stdout
    assert told(account.run("--status", "--json"))["blocked"] is True


def test_mail_goes_to_another_address(account: Account) -> None:
    account.on(OTHER, ARCHIVE)
    before = account.state()
    result = account.run(*SHORT)
    assert result.exit_code == 2
    assert f"is forwarded to {OTHER} now. Forward it to {TO} instead?" in result.stderr
    assert f"goes on to {OTHER}" in result.stderr
    assert account.state() == before
    assert not account.changes()
    when(account, 3, "add")
    account.hand.accept(OLD, TO, after_polls=2)
    account.hand.switch_on(OLD, TO, after_polls=2)
    result = account.run("--yes", *LONG)
    assert result.exit_code == 0, result.output
    assert account.auto() == {"enabled": True, "emailAddress": TO, "disposition": INBOX}


def test_the_copy_is_to_be_treated_differently(account: Account) -> None:
    account.on(keep=INBOX)
    assert account.run(*SHORT).exit_code == 0
    result = account.run("--keep", "archive", *SHORT)
    assert result.exit_code == 3
    assert "choose: archive Gmail's copy (Gmail のメールをアーカイブする)" in result.stderr
    account.hand.switch_on(OLD, TO, "trash", after_polls=2)  # a slip of the hand
    account.hand.switch_on(OLD, TO, ARCHIVE, after_polls=6)
    result = account.run("--keep", "archive", *LONG)
    assert result.exit_code == 0, result.output
    assert "archive Gmail's copy" in result.stdout
    assert account.auto()["disposition"] == ARCHIVE


def test_status_is_good_only_for_that_address(account: Account) -> None:
    result = account.run("--status")
    assert result.exit_code == 3
    assert "is not forwarded" in result.stdout
    account.hand.add_by_hand(OLD, TO)
    assert f"{TO}: pending" in account.run("--status").stdout
    account.hand.accept(OLD, TO)
    assert account.run("--status").exit_code == 3
    account.hand.switch_on(OLD, TO)
    assert account.run("--status").exit_code == 0
    assert account.run("--status", to=TO.upper().replace("MAIL.EXAMPLE.COM", "mail.example.com")).exit_code == 0
    result = account.run("--status", to=OTHER)
    assert result.exit_code == 3
    assert f"All mail of {OLD} is forwarded to: {TO}" in result.stdout
    assert account.run("--status", to=f"friend@{OLD.partition('@')[2]}").exit_code == 3  # asking is always allowed
    assert not account.changes()


def test_json_holds_all_that_is_known(account: Account) -> None:
    account.hand.add_by_hand(OLD, TO)
    result = account.run("--status", "--json")
    assert result.exit_code == 3
    expected = {"account": OLD, "to": TO, "forwarded": False, "on": False, "goes_to": None, "keep": None}
    assert told(result) == expected | {"addresses": {TO: "pending"}, "filters": [], "blocked": False}
    account.hand.accept(OLD, TO)
    account.hand.switch_on(OLD, TO, ARCHIVE, after_polls=2)
    result = account.run("--json", *LONG)
    assert result.exit_code == 0
    expected |= {"forwarded": True, "on": True, "goes_to": TO, "keep": ARCHIVE}
    assert told(result) == expected | {"addresses": {TO: "accepted"}, "filters": [], "blocked": False}


def test_in_japanese(account: Account) -> None:
    account.on()
    result = account.run("--language", "ja")
    assert "Gmail で確認しました" in result.stdout
    assert "管理者に次の文を" in result.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["--status"],
        ["--to", TO, "--status", "--stop"],
        ["--to", TO, "--stop", "--test"],
        ["--to", TO, "--reply-until", "2030-01-01"],
        ["--to", TO, "--status", "--reply-text", __file__],
        ["--to", TO, "--test-account", TO],
        ["--to", TO, "--keep", "archive", "--by-filter"],
        ["--to", TO, "--time-limit", "0"],
    ],
)
def test_what_does_not_go_together(account: Account, words: list[str]) -> None:
    result = account.student.run("forward", *words)
    assert result.exit_code == 2
    assert "Error" in result.stderr
    assert not account.server.log.requests


def test_nobody_is_signed_in(account: Account) -> None:
    result = account.student.run("forward", "--to", TO, "--account", "nobody@example.org")
    assert result.exit_code == 4
    assert "eccs-backup auth --account nobody@example.org" in result.stderr
