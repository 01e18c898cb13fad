"""Does the road by a filter find a criterion that takes in everything, and say "on" only when it reads it back?"""

from __future__ import annotations

import pytest
from forward_account import FIXTURE, LONG, OLD, OTHER, SHORT, TO, Account, told

from eccs_backup.forwarding.steps import ALL_MAIL

ACCOUNT = FIXTURE
FIRST, SECOND, THIRD = (dict(each) for each in ALL_MAIL)
SOME = {"id": "s", "criteria": {"from": "friend@example.org"}, "action": {"forward": TO}}
LABELS = {"id": "l", "criteria": {"from": "friend@example.org"}, "action": {"removeLabelIds": ["INBOX"]}}


@pytest.fixture(name="basic")
def signed_in_for_settings(account: Account) -> Account:
    account.sign_in("--for", "forward", "--account", OLD)
    account.server.log.clear()
    return account


def criteria(account: Account) -> list[object]:
    return [each["criteria"] for each in account.filters()]


def test_from_an_accepted_address(basic: Account) -> None:
    basic.accepted()
    result = basic.run("--by-filter", "--yes")
    assert result.exit_code == 0, result.output
    assert criteria(basic) == [FIRST]
    for words in ("It differs from", "always stays in the inbox", "no --keep", "20 forwarding filters"):
        assert words in result.stderr
    assert "spam" not in result.stderr.partition("It differs")[2]  # it is not forwarded either way
    assert "a filter forwards all new mail" in result.stdout
    assert basic.run("--by-filter").exit_code == 0  # nothing to do, nothing to ask
    assert len(basic.changes()) == 1
    assert basic.run("--status").exit_code == 0
    found = told(basic.run("--status", "--json"))
    assert (found["forwarded"], found["on"]) == (True, False)
    assert found["filters"][0]["criteria"] == FIRST


def test_the_address_is_not_accepted_yet(basic: Account) -> None:
    result = basic.run("--by-filter", "--yes", *SHORT)
    assert result.exit_code == 3
    assert "Add a forwarding address" in result.stderr
    basic.hand.add_by_hand(OLD, TO)
    basic.hand.accept(OLD, TO, after_polls=3)
    result = basic.run("--by-filter", "--yes", *LONG)
    assert result.exit_code == 0, result.output
    assert "FIRST link" in result.stderr


@pytest.mark.parametrize(
    ("refused", "dropped", "expected"),
    [
        ({"size"}, set(), SECOND),
        ({"size", "query=larger:1"}, set(), THIRD),
        (set(), {"size"}, SECOND),
        (set(), {"sizeComparison"}, SECOND),
        ({"size"}, {"query"}, None),
        ({"size", "query"}, set(), None),
    ],
)
def test_criteria_are_tried(
    basic: Account, refused: set[str], dropped: set[str], expected: dict[str, object] | None
) -> None:
    basic.accepted()
    basic.box.refused_criteria, basic.box.dropped_criteria = refused, dropped
    result = basic.run("--by-filter", "--yes")
    assert result.exit_code == (3 if expected is None else 0), result.output
    assert criteria(basic) == ([] if expected is None else [expected])  # what came out otherwise was removed again
    if expected is None:
        assert "without --by-filter" in result.stderr
        assert "Confirmed" not in result.stdout


def test_the_filter_is_there_already(basic: Account) -> None:
    basic.accepted()
    basic.box.settings["filters"] = {"filter": [{"id": "f", "criteria": SECOND, "action": {"forward": TO}}]}
    assert basic.run("--by-filter", "--yes").exit_code == 0
    assert not basic.changes()


def test_there_is_no_room(basic: Account) -> None:
    basic.accepted()
    many = [{"id": str(n), "criteria": {"from": str(n)}, "action": {"forward": TO}} for n in range(20)]
    basic.box.settings["filters"] = {"filter": many}
    result = basic.run("--by-filter", "--yes")
    assert result.exit_code == 3
    assert "Gmail took no filter" in result.stderr
    assert len(basic.filters()) == 20


def test_forward_all_to_another_address_stays(basic: Account) -> None:
    basic.on(OTHER)
    basic.accepted()
    result = basic.run("--by-filter", "--yes")
    assert result.exit_code == 0, result.output
    assert f"to {OTHER} stays on besides" in result.stderr
    assert basic.auto()["emailAddress"] == OTHER


def test_nothing_without_a_yes(basic: Account) -> None:
    basic.accepted()
    before = basic.state()
    result = basic.run("--by-filter")
    assert result.exit_code == 2
    assert "This makes a filter" in result.stderr
    assert basic.state() == before
    assert not basic.changes()


def test_without_the_permission(account: Account) -> None:
    account.accepted()
    result = account.run("--by-filter", "--yes")
    assert result.exit_code == 4
    assert f"eccs-backup auth --for forward --account {OLD}" in result.stderr
    assert not account.server.log.requests or not account.changes()


def test_stop_removes_it_and_leaves_other_filters(basic: Account) -> None:
    basic.accepted()
    basic.box.settings["filters"] = {"filter": [LABELS, SOME]}
    assert basic.run("--by-filter", "--yes").exit_code == 0
    before = basic.state()
    result = basic.run("--stop")
    assert result.exit_code == 2
    assert basic.state() == before
    result = basic.run("--stop", "--by-filter", "--yes")
    assert result.exit_code == 3  # some mail is still forwarded
    assert f"other filters of {OLD} still forward some mail to: {TO}" in result.stdout, result.output
    assert basic.filters() == [LABELS, SOME]
    basic.hand.remove(OLD, TO)
    assert (
        basic.run("--stop", "--by-filter", "--yes").exit_code == 0
    )  # a filter to an address that is gone does nothing


def test_stop_without_a_yes_and_by_hand(account: Account) -> None:
    account.on()
    assert account.run("--stop").exit_code == 2
    assert account.auto()["enabled"] is True
    result = account.run("--stop", "--yes", *SHORT)
    assert result.exit_code == 3
    assert "is still on" in result.stderr
    assert "Disable forwarding" in result.stderr
    account.hand.switch_off(OLD)
    result = account.student.run("forward", "--stop", "--account", OLD, "--language", "ja")
    assert result.exit_code == 0
    assert "転送は止まりました" in result.stdout
    found = account.run("--stop", "--json")
    assert (told(found)["on"], found.exit_code) == (False, 0)
    assert not account.changes()
