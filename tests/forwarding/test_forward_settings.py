"""Is what Gmail says of its settings checked where it enters, and is nothing sent or made twice?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from forward_account import FIXTURE, INBOX, LONG, OLD, OTHER, SHORT, TO, Account, told

from eccs_backup.accounts import google
from eccs_backup.errors import ItemError, Transient
from eccs_backup.forwarding.addresses import mailbox, same
from eccs_backup.forwarding.mailbox import Mailbox, Unsure
from eccs_backup.forwarding.steps import ALL_MAIL, Filter, Keep, Standing, goes_to, some_goes_to, works
from eccs_backup.http import Wire
from eccs_backup.rehearsal.faults import Fault
from eccs_backup.retry import Halt

ACCOUNT = FIXTURE
CUT = Fault(cut_after=5, chunked=True)


def reached(account: Account, group: str = "read") -> Mailbox:
    scopes = {"read": google.SCOPES["mail"], "send": ()}.get(group, ())
    held, _ = google.account(OLD, scopes, group=group)
    return Mailbox(Wire(held), account.server.url, Halt())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("forwardingAddresses", {"forwardingAddresses": {"a": 1}}),
        ("forwardingAddresses", {"forwardingAddresses": ["a"]}),
        ("forwardingAddresses", {"forwardingAddresses": [{"forwardingEmail": 5}]}),
        ("filters", {"filter": [{"id": "1", "criteria": [1], "action": {"forward": TO}}]}),
        ("filters", {"filter": [{"id": "1", "criteria": {"from": "a"}, "action": [1]}]}),
        ("filters", {"filter": [{"criteria": {}, "action": {}}]}),
        ("autoForwarding", {"enabled": "yes", "emailAddress": TO}),
        ("autoForwarding", {"enabled": True}),
    ],
)
def test_what_makes_no_sense_is_not_taken_for_an_answer(account: Account, name: str, value: object) -> None:
    account.on()
    account.box.settings[name] = value  # type: ignore[assignment]
    with pytest.raises(Transient):
        reached(account).standing()


def test_a_message_without_its_headers(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    box = reached(account)
    id = next(account.box.newest_first()).hex
    assert "subject" in box.headers(id)[1]
    real = box._asking.ask
    monkeypatch.setattr(box._asking, "ask", lambda request, price, read: real(request, price, bare(read)))
    with pytest.raises(Transient):
        box.headers(id)


def bare(read: object) -> object:
    return lambda answer: read({**answer, "payload": None})  # type: ignore[operator]


def test_only_filters_that_forward_count(account: Account) -> None:
    labels = {"id": "l", "criteria": dict(ALL_MAIL[0]), "action": {"addLabelIds": ["STARRED"]}}
    account.box.settings["filters"] = {"filter": [labels]}
    assert reached(account).standing().filters == ()


def test_a_refusal_is_told_in_words_that_fit_a_setting(account: Account) -> None:
    account.server.faults.add("sendAs", Fault(status=400, reason="failedPrecondition"))
    result = account.run(*SHORT)
    assert result.exit_code == 3
    assert "Look at the account's settings" in result.stderr
    account.server.faults.add(r"settings/autoForwarding", Fault(status=404, reason="x"))
    result = account.run("--status")
    assert result.exit_code == 3
    assert "Look at the account's settings" in result.stderr


def test_an_address_that_gmail_refuses_to_add(account: Account) -> None:
    account.delegate()
    account.server.faults.add("settings/forwardingAddresses", None, Fault(status=400, reason="invalid"))
    box = reached(account, "forward-all")
    box.standing()
    with pytest.raises(ItemError):
        box.add(TO)
    assert account.addresses() == {}


def test_an_address_whose_answer_was_lost_is_added(account: Account) -> None:
    account.delegate()
    account.server.faults.add("POST|settings/forwardingAddresses", None, CUT)
    box = reached(account, "forward-all")
    box.standing()
    box.add(TO)  # the second try is refused: it is there
    assert account.addresses() == {TO: "pending"}


def test_a_filter_whose_answer_was_lost_is_found(account: Account) -> None:
    account.sign_in("--for", "forward", "--account", OLD)
    account.accepted()
    account.server.faults.add(r"settings/filters\?", None, CUT)
    result = account.run("--by-filter", "--yes", *LONG)
    assert result.exit_code == 0, result.output
    assert [each["criteria"] for each in account.filters()] == [dict(ALL_MAIL[0])]


def test_a_filter_that_forwards_elsewhere_when_it_is_read_back(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.sign_in("--for", "forward", "--account", OLD)
    account.accepted()
    monkeypatch.setattr(
        "eccs_backup.forwarding.mailbox._filter", lambda answer: Filter(answer["id"], ALL_MAIL[0], OTHER)
    )
    result = account.run("--by-filter", "--yes", *LONG)
    assert result.exit_code == 3
    assert account.filters() == []


def test_a_test_message_is_sent_once(account: Account) -> None:
    account.on()
    account.sign_in("--for", "send", "--account", OLD)
    before = len(account.new.messages)
    account.server.faults.add("messages/send", CUT, CUT)
    result = account.run("--test", "--yes")
    assert result.exit_code == 3, result.output
    assert len(account.new.messages) - before == 1
    assert "not known whether the test message" in result.stdout
    assert "eccs-backup forwarding test" in result.stdout


def test_a_lost_answer_is_no_lost_message(account: Account) -> None:
    account.on()
    for words in (["--account", TO], ["--for", "send", "--account", TO]):
        account.sign_in(*words)
    before = len(account.new.messages)
    account.server.faults.add("messages/send", CUT, CUT)
    result = account.run("--test", "--test-account", TO, "--yes", "--json")
    assert result.exit_code == 0, result.output
    assert told(result)["test"] == "arrived"
    assert len(account.new.messages) - before == 2  # what was sent, and its copy


def test_what_was_certainly_not_sent_is_sent_again(account: Account) -> None:
    account.on()
    account.sign_in("--for", "send", "--account", OLD)
    before = len(account.new.messages)
    account.server.faults.add("messages/send", Fault(status=429, reason="rateLimitExceeded"))
    assert account.run("--test", "--yes").exit_code == 0
    assert len(account.new.messages) - before == 1
    account.server.faults.add("messages/send", Fault(status=503))
    with pytest.raises(Unsure):
        reached(account, "send").send(b"To: a@b.example\r\n\r\nx")


@pytest.fixture(name="aliases")
def three_kinds(account: Account) -> Iterator[Account]:
    server = {"host": "smtp.example.com", "port": 587}
    account.box.settings["sendAs"] = {
        "sendAs": [
            {"sendAsEmail": "hanako@main.example.jp", "isPrimary": True, "smtpMsa": server},
            {"sendAsEmail": TO, "verificationStatus": "pending", "treatAsAlias": False},
            {"sendAsEmail": "hanako@alias.example.jp", "verificationStatus": "accepted"},
            {"sendAsEmail": "hanako@googlemail.com", "verificationStatus": "accepted"},
        ]
    }
    return account


def test_what_is_an_alias(aliases: Account) -> None:
    assert reached(aliases).aliases() == ["hanako@main.example.jp", "hanako@alias.example.jp"]
    aliases.on()
    assert aliases.run(*SHORT).exit_code == 0  # nobody has confirmed that it is the person's own


def test_a_loop_through_an_alias(aliases: Account) -> None:
    aliases.on()
    aliases.sign_in("--account", TO)
    for back in ("hanako@alias.example.jp", "Hanako+back@alias.example.jp", OLD.replace("@", "+x@")):
        addresses = {"forwardingAddresses": [{"forwardingEmail": back, "verificationStatus": "accepted"}]}
        auto = {"enabled": True, "emailAddress": back, "disposition": INBOX}
        aliases.new.settings |= {"forwardingAddresses": addresses, "filters": {}, "autoForwarding": auto}  # type: ignore[dict-item]
        result = aliases.run(*SHORT)
        assert result.exit_code == 2, back
        assert "round and round" in result.stderr
        assert aliases.run(*SHORT, to=TO.replace("@", "+eccs@")).exit_code == 2


@pytest.mark.parametrize(
    ("one", "other", "yes"),
    [
        ("me@例え.jp", "me@xn--r8jz45g.jp", True),
        ("Me@例え.JP", "me@XN--R8JZ45G.jp", True),
        ("me@straße.example.com", "me@strasse.example.com", False),
        ("me@例え.jp", "me@例.jp", False),
        ("me@_none", "me@_none", True),
        ("me@..例", "me@..例", True),
    ],
)
def test_domains_in_both_of_their_forms(one: str, other: str, yes: bool) -> None:
    assert same(one, other) is yes
    assert (mailbox(one) == mailbox(other)) is yes


def test_domains_in_both_of_their_forms_at_the_terminal(account: Account) -> None:
    to = "me@xn--r8jz45g.jp"
    account.on(to)
    assert account.run("--status", to=to).exit_code == 0
    assert account.run(*SHORT, to="me@例え.jp").exit_code == 0


def test_nothing_works_while_it_is_blocked() -> None:
    every, some = Filter("f", dict(ALL_MAIL[0]), OTHER), Filter("s", {"from": "a"}, TO)
    now = Standing({TO: "accepted", OTHER: "accepted"}, True, TO, Keep.INBOX, (every, some))
    assert goes_to(now) == [TO, OTHER]
    assert some_goes_to(now, TO) == [some]
    assert works(now, some)
    blocked = Standing(now.addresses, True, TO, Keep.INBOX, now.filters, blocked=True)
    assert goes_to(blocked) == []
    assert some_goes_to(blocked, TO) == []
    assert not works(blocked, some)
