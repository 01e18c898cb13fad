"""Does every standing of forwarding lead to the right next step?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eccs_backup.forwarding.addresses import same
from eccs_backup.forwarding.steps import (
    ALL_MAIL,
    Filter,
    Keep,
    Standing,
    Step,
    Wish,
    decide,
    forwarded,
    forwards_all,
    takes_in_all,
)

TO, OTHER = "me@new.example.com", "me@other.example.com"
OURS = Filter("f", dict(ALL_MAIL[0]), TO)
NOTHING = Standing()
PENDING, ACCEPTED = Standing({TO: "pending"}), Standing({TO: "accepted"})
ON = Standing({TO: "accepted"}, True, TO, "leaveInInbox")
ELSEWHERE = Standing({OTHER: "accepted"}, True, OTHER, "archive")
BOTH = replace(ELSEWHERE, addresses={OTHER: "accepted", TO: "accepted"})
FILTERED = replace(ACCEPTED, filters=(OURS,))

HAND, DELEGATED, BY_FILTER = Wish(TO), Wish(TO, delegated=True), Wish(TO, by_filter=True)
ALL = [HAND, DELEGATED, BY_FILTER, replace(DELEGATED, by_filter=True)]

TABLE: list[tuple[Standing, Wish, Step]] = [
    # Nothing is set yet.
    (NOTHING, HAND, Step.ASK_TO_ADD),
    (NOTHING, BY_FILTER, Step.ASK_TO_ADD),
    (NOTHING, DELEGATED, Step.ADD),
    (Standing({OTHER: "accepted"}), HAND, Step.ASK_TO_ADD),
    # The address waits; what Gmail calls unspecified waits as well.
    *((PENDING, wish, Step.AWAIT) for wish in ALL),
    (Standing({TO: "verificationStatusUnspecified"}), HAND, Step.AWAIT),
    (Standing({TO: ""}), DELEGATED, Step.AWAIT),
    # It is accepted.
    (ACCEPTED, HAND, Step.ASK_TO_SWITCH_ON),
    (ACCEPTED, DELEGATED, Step.SWITCH_ON),
    (ACCEPTED, BY_FILTER, Step.FILTER),
    (ACCEPTED, replace(DELEGATED, by_filter=True), Step.FILTER),
    (Standing({TO.upper(): "accepted"}), HAND, Step.ASK_TO_SWITCH_ON),
    # It is on, to this address; case does not matter.
    *((ON, wish, Step.ON) for wish in ALL),
    (replace(ON, to=TO.title()), HAND, Step.ON),
    (ON, Wish(TO.swapcase()), Step.ON),
    # ... and the copy is treated as wished, or differently.
    (ON, replace(HAND, keep=Keep.INBOX), Step.ON),
    (ON, replace(HAND, keep=Keep.TRASH), Step.ASK_TO_SWITCH_ON),
    (ON, replace(DELEGATED, keep=Keep.ARCHIVE), Step.SWITCH_ON),
    (replace(ON, keep="dispositionUnspecified"), replace(DELEGATED, keep=Keep.READ), Step.SWITCH_ON),
    # It is on, to another address: a question, and after it the usual steps.
    (ELSEWHERE, HAND, Step.ELSEWHERE),
    (ELSEWHERE, DELEGATED, Step.ELSEWHERE),
    (BOTH, HAND, Step.ELSEWHERE),
    (ELSEWHERE, replace(HAND, instead=True), Step.ASK_TO_ADD),
    (ELSEWHERE, replace(DELEGATED, instead=True), Step.ADD),
    (BOTH, replace(HAND, instead=True), Step.ASK_TO_SWITCH_ON),
    (BOTH, replace(DELEGATED, instead=True), Step.SWITCH_ON),
    # A filter is added to what there is, and takes nothing's place.
    (ELSEWHERE, BY_FILTER, Step.ASK_TO_ADD),
    (BOTH, BY_FILTER, Step.FILTER),
    (replace(BOTH, filters=(OURS,)), BY_FILTER, Step.ON_BY_FILTER),
    # The filter is there, and works only when the address is accepted.
    (FILTERED, BY_FILTER, Step.ON_BY_FILTER),
    (FILTERED, HAND, Step.ON_BY_FILTER),
    (FILTERED, DELEGATED, Step.ON_BY_FILTER),
    (replace(BOTH, filters=(OURS,)), HAND, Step.ON_BY_FILTER),
    # ... and cannot do what is wished for the copy.
    (FILTERED, replace(HAND, keep=Keep.INBOX), Step.ASK_TO_SWITCH_ON),
    (FILTERED, replace(DELEGATED, keep=Keep.INBOX), Step.SWITCH_ON),
    (replace(PENDING, filters=(OURS,)), BY_FILTER, Step.AWAIT),
    (replace(NOTHING, filters=(OURS,)), BY_FILTER, Step.ASK_TO_ADD),
    (replace(ACCEPTED, filters=(replace(OURS, to=OTHER),)), BY_FILTER, Step.FILTER),
    (replace(ACCEPTED, filters=(replace(OURS, criteria={"from": "a"}),)), BY_FILTER, Step.FILTER),
    # The administrator's word wins over everything.
    *((replace(standing, blocked=True), wish, Step.BLOCKED) for standing in (NOTHING, ON, ELSEWHERE) for wish in ALL),
]


@pytest.mark.parametrize(("now", "wish", "step"), TABLE)
def test_the_next_step(now: Standing, wish: Wish, step: Step) -> None:
    assert decide(now, wish) is step


def test_each_step_is_in_the_table() -> None:
    assert {step for _, _, step in TABLE} | {Step.CANCELLED} == set(Step)


@pytest.mark.parametrize("wish", ALL)
def test_what_was_asked_for_and_is_gone_was_cancelled(wish: Wish) -> None:
    assert decide(NOTHING, wish, pending_seen=True) is Step.CANCELLED
    assert decide(PENDING, wish, pending_seen=True) is Step.AWAIT
    assert decide(ON, wish, pending_seen=True) is Step.ON
    assert decide(replace(NOTHING, blocked=True), wish, pending_seen=True) is Step.BLOCKED
    assert decide(ELSEWHERE, replace(wish, instead=True), pending_seen=True) is Step.CANCELLED


@pytest.mark.parametrize(
    ("now", "yes"),
    [
        (NOTHING, False),
        (PENDING, False),
        (ACCEPTED, False),
        (ON, True),
        (replace(ON, to=TO.upper()), True),
        (ELSEWHERE, False),
        (FILTERED, True),
        (replace(FILTERED, addresses={TO: "pending"}), False),
        (replace(FILTERED, addresses={}), False),
        (replace(BOTH, filters=(OURS,)), True),
        (replace(ON, blocked=True), False),
        (replace(FILTERED, blocked=True), False),
    ],
)
def test_whether_mail_goes_there(now: Standing, yes: bool) -> None:
    assert forwarded(now, TO) is yes


@pytest.mark.parametrize("criteria", [dict(each) for each in ALL_MAIL])
def test_criteria_that_take_in_all_mail(criteria: dict[str, Any]) -> None:
    assert takes_in_all(criteria)
    assert takes_in_all(
        criteria | {"from": "", "hasAttachment": False, "excludeChats": None, "negatedQuery": "unspecified"}
    )
    assert not takes_in_all(criteria | {"from": "somebody"})
    assert not takes_in_all(criteria | {"hasAttachment": True})
    assert forwards_all(Standing(filters=(Filter("f", criteria, TO.upper()),)), TO)


@pytest.mark.parametrize(
    "criteria",
    [
        {},
        {"sizeComparison": "larger"},
        {"size": 1},
        {"size": 1, "sizeComparison": "smaller"},
        {"size": 1_000, "sizeComparison": "larger"},
        {"query": "larger:1M"},
        {"query": "is:chat"},
        {"to": TO},
    ],
)
def test_criteria_that_leave_mail_out(criteria: dict[str, Any]) -> None:
    assert not takes_in_all(criteria)


def test_no_address_is_the_same_as_none() -> None:
    assert same(TO, TO.upper())
    assert not same(None, None)
    assert not same(TO, None)
    assert not same(None, TO)


@pytest.mark.parametrize("status", [{}, {"me@new.example": "pending"}])
def test_what_is_on_for_an_address_that_is_not_accepted_is_not_confirmed(status: dict[str, str]) -> None:
    now = Standing(status, on=True, to="me@new.example", keep="leaveInInbox")
    assert not forwarded(now, "me@new.example")
    assert decide(now, Wish("me@new.example")) in (Step.ASK_TO_ADD, Step.AWAIT)


def test_addresses_that_look_alike_are_not_one() -> None:
    now = Standing({"strasse@new.example": "accepted"}, on=True, to="strasse@new.example", keep="leaveInInbox")
    assert forwarded(now, "Strasse@New.example")
    assert not forwarded(now, "stra\u00dfe@new.example")
    assert decide(now, Wish("stra\u00dfe@new.example")) is Step.ELSEWHERE
