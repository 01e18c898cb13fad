"""Does `--stop` say what it ends, end that and nothing else, and tell what is left?"""

from __future__ import annotations

import threading

import pytest
from forward_account import FIXTURE, LONG, OLD, OTHER, SHORT, TO, Account, told

from eccs_backup.accounts.google_purposes import SETTINGS
from eccs_backup.forwarding.mailbox import Mailbox
from eccs_backup.forwarding.steps import ALL_MAIL
from eccs_backup.rehearsal.faults import Fault

ACCOUNT = FIXTURE
FILTER = {"id": "f", "criteria": dict(ALL_MAIL[0]), "action": {"forward": TO}}
OWN = {"id": "own", "criteria": dict(ALL_MAIL[2]), "action": {"forward": TO, "addLabelIds": ["STARRED"]}}


@pytest.fixture(name="filtered")
def with_a_filter(account: Account) -> Account:
    account.accepted()
    account.box.settings["filters"] = {"filter": [FILTER]}
    account.sign_in("--for", "forward", "--account", OLD)
    return account


def test_not_to_where_it_goes(account: Account) -> None:
    account.delegate()
    account.on(OTHER)
    before = account.state()
    result = account.run("--stop", "--yes")
    assert result.exit_code == 2
    assert f"is forwarded to {OTHER}, and not only to {TO}" in result.stderr
    assert account.state() == before
    result = account.run("--stop", "--yes", to=OTHER.upper().replace("LATER.EXAMPLE.NET", "later.example.net"))
    assert result.exit_code == 0, result.output
    assert f"all mail to {OTHER}" in result.stderr


def test_a_filter_is_not_deleted_without_a_yes(filtered: Account) -> None:
    before = filtered.state()
    result = filtered.run("--stop")
    assert result.exit_code == 2
    assert f"[size:1 sizeComparison:larger] -> {TO}" in result.stderr
    assert "nobody said yes" in result.stderr
    assert filtered.state() == before
    assert not filtered.changes()


def test_a_filter_with_more_to_do_is_named(filtered: Account) -> None:
    filtered.box.settings["filters"] = {"filter": [FILTER, OWN]}
    result = filtered.run("--stop", "--yes")
    assert result.exit_code == 0, result.output
    assert f"with everything that it does: [query:-is:chat] -> {TO}, addLabelIds: ['STARRED']" in result.stderr
    assert filtered.filters() == []


def test_the_sign_in_for_filters_is_used_without_asking_for_it(filtered: Account) -> None:
    result = filtered.run("--stop", "--yes")
    assert result.exit_code == 0, result.output
    assert "nothing is forwarded any more" in result.stdout
    assert filtered.filters() == []


def test_without_the_permission(account: Account) -> None:
    account.accepted()
    account.box.settings["filters"] = {"filter": [FILTER]}
    result = account.run("--stop", "--yes")
    assert result.exit_code == 4
    assert f"eccs-backup auth --for forward --account {OLD}" in result.stderr
    assert account.filters() == [FILTER]


def test_a_block_that_begins_while_the_person_is_busy(account: Account) -> None:
    account.on()
    threading.Timer(0.3, setattr, (account.server.world.policy, "forwarding_disabled", 403)).start()
    result = account.run("--stop", "--yes", "--json", *LONG)
    assert result.exit_code == 8, result.output
    assert "switched forwarding off" in result.stderr
    assert told(result)["blocked"] is True


def test_json_also_when_it_does_not_end_well(account: Account) -> None:
    account.on()
    result = account.run("--stop", "--yes", "--json", *SHORT)
    assert result.exit_code == 3
    assert (told(result)["on"], told(result)["goes_to"]) == (True, TO)
    account.server.world.policy.forwarding_disabled = 403
    result = account.run("--stop", "--yes", "--json")
    assert (result.exit_code, told(result)["blocked"]) == (8, True)


def test_a_filter_that_is_gone_already(filtered: Account) -> None:
    filtered.server.faults.add("filters/f", Fault(status=404, reason="notFound"))
    filtered.box.settings["filters"] = {"filter": [FILTER]}
    result = filtered.run("--stop", "--yes", *LONG)
    assert result.exit_code == 3  # Gmail says that it is gone, and goes on to show it
    assert "does not show what was set" in result.stderr
    result = filtered.run("--stop", "--yes")
    assert result.exit_code == 0, result.output


def test_gone_is_good(filtered: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    remove = Mailbox.remove_filter

    def twice(self: Mailbox, id: str) -> None:
        remove(self, id)
        remove(self, id)  # another window was quicker

    monkeypatch.setattr(Mailbox, "remove_filter", twice)
    assert filtered.run("--stop", "--yes").exit_code == 0


def test_a_filter_that_may_not_be_deleted(filtered: Account) -> None:
    filtered.server.faults.add("filters/f", Fault(status=403, reason="forbidden"))
    result = filtered.run("--stop", "--yes")
    assert result.exit_code == 3
    assert "Google refused this (forbidden, HTTP 403)" in result.stderr
    assert "Look at the account's settings" in result.stderr
    assert "nothing is forwarded" not in result.stdout
    assert filtered.filters() == [FILTER]


def test_a_person_without_any_forwarding_is_asked_nothing(account: Account) -> None:
    result = account.run("--stop")
    assert result.exit_code == 0
    assert "This ends" not in result.stderr
    assert SETTINGS not in account.server.world.policy.delegated
