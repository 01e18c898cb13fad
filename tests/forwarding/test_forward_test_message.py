"""Is a message sent only when that was asked for, and is its copy found where it went, spam included?"""

from __future__ import annotations

import email
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from forward_account import FIXTURE, LONG, OLD, OTHER, SHORT, TO, Account, told

from eccs_backup.errors import Transient
from eccs_backup.forwarding import proof
from eccs_backup.forwarding.mailbox import Mailbox
from eccs_backup.forwarding.steps import ALL_MAIL

ACCOUNT = FIXTURE
FILTER = {"id": "f", "criteria": dict(ALL_MAIL[0]), "action": {"forward": TO}}


@pytest.fixture(name="sending")
def signed_in_to_send(account: Account) -> Account:
    """Both accounts may read and send; mail is forwarded."""
    account.on()
    for words in (["--for", "send", "--account", OLD], ["--account", TO], ["--for", "send", "--account", TO]):
        account.sign_in(*words)
    account.server.log.clear()
    return account


def sent(account: Account) -> list[str]:
    boxes = (account.box, account.new)
    return [box.address for box in boxes for message in box.messages.values() if "SENT" in message.labels]


def before_and_after(account: Account, *words: str, expected: int = 0) -> tuple[list[str], str]:
    """Whose SENT has grown, and what was said."""
    known = sent(account)
    result = account.run(*words)
    assert result.exit_code == expected, result.output
    grown = sent(account)
    return [address for address in (OLD, TO) if grown.count(address) > known.count(address)], result.output


def test_without_asking_for_it_nothing_is_sent(sending: Account) -> None:
    left = len(sending.server.gmail.office.left)
    assert before_and_after(sending, "--yes")[0] == []
    assert len(sending.server.gmail.office.left) == left
    assert not sending.changes()


def test_from_the_account_itself(sending: Account) -> None:
    grown, said = before_and_after(sending, "--test", "--yes")
    assert grown == [OLD]
    assert f"This sends one test message from {OLD} to {OLD}" in said
    assert "Look for this subject" in said
    subject = said.partition("also in spam: ")[2].split("\n")[0]
    newest = email.message_from_bytes(bytes(next(sending.new.newest_first()).body))
    assert (newest["Subject"], newest["X-Forwarded-To"]) == (subject, TO)


def test_from_a_second_account_that_finds_the_copy(sending: Account) -> None:
    grown, said = before_and_after(sending, "--test", "--test-account", TO, "--yes")
    assert grown == [TO]
    assert f"This sends one test message from {TO} to {OLD}" in said
    assert f"Proved: the test message arrived at {TO}, in its inbox" in said
    result = sending.run("--test", "--test-account", TO, "--yes", "--json")
    assert told(result)["test"] == "arrived"
    assert told(result)["forwarded"] is True


def test_the_copy_is_in_spam(sending: Account) -> None:
    sending.new.forwards_are_spam = True
    said = before_and_after(sending, "--test", "--test-account", TO, "--yes")[1]
    assert "in its SPAM folder" in said
    assert told(sending.run("--test", "--test-account", TO, "--yes", "--json"))["test"] == "spam"


@pytest.mark.parametrize("copy", ["none", "by another way"])
def test_the_copy_does_not_arrive_by_forwarding(sending: Account, monkeypatch: pytest.MonkeyPatch, copy: str) -> None:
    onward = sending.server.gmail.office.carry

    def carry(to: str, body: bytes, *, forwarded: bool = False) -> object:
        if not forwarded:
            return onward(to, body)
        return None if copy == "none" else onward(to, body[body.index(b"Delivered-To: " + OLD.encode()) :])

    monkeypatch.setattr(sending.server.gmail.office, "carry", carry)
    words = ("--test", "--test-account", TO, "--yes", *SHORT)
    result = sending.run(*words)
    assert result.exit_code == 3, result.output
    assert f"was not seen to arrive at {TO}" in result.stdout
    assert "Proved" not in result.stdout
    result = sending.run(*words, "--json")
    assert (told(result)["test"], result.exit_code) == ("lost", 3)


def test_nothing_without_a_yes(sending: Account) -> None:
    for words in (["--test"], ["--test", "--test-account", TO]):
        grown, said = before_and_after(sending, *words, expected=2)
        assert grown == []
        assert "This sends one test message" in said
        assert "No message was sent" in said
    assert not sending.changes()


@pytest.mark.parametrize(
    ("words", "command"),
    [(["--test"], f"auth --for send --account {OLD}"), (["--test", "--test-account", TO], "auth --for send --account")],
)
def test_without_the_permission_it_stops_before_anything(account: Account, words: list[str], command: str) -> None:
    result = account.run(*words, "--yes", *SHORT)
    assert result.exit_code == 4
    assert command in result.stderr
    assert "Add a forwarding address" not in result.stderr
    assert not account.changes()


@pytest.mark.parametrize(
    ("filed", "place", "words"),
    [
        ({"addLabelIds": ["TRASH"], "removeLabelIds": ["INBOX"]}, "trash", "but in its TRASH"),
        ({"removeLabelIds": ["INBOX"]}, "archived", "but not in its inbox"),
    ],
)
def test_where_the_copy_lies(sending: Account, filed: dict[str, list[str]], place: str, words: str) -> None:
    rule = {"id": "x", "criteria": {"query": "larger:1"}, "action": filed}
    sending.new.settings["filters"] = {"filter": [rule]}  # type: ignore[dict-item]
    said = before_and_after(sending, "--test", "--test-account", TO, "--yes")[1]
    assert words in said
    assert "in its inbox." not in said
    assert "Proved" not in said
    assert told(sending.run("--test", "--test-account", TO, "--yes", "--json"))["test"] == place


def test_trash_counts_more_than_the_inbox() -> None:
    assert proof.place(["INBOX", "UNREAD"]) is proof.Place.INBOX
    assert proof.place(["INBOX", "TRASH"]) is proof.Place.TRASH
    assert proof.place(["INBOX", "SPAM"]) is proof.Place.SPAM
    assert proof.place([]) is proof.Place.ARCHIVED


def test_what_was_sent_from_the_second_account_is_not_its_copy(
    sending: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[object] = []
    real = proof.await_copy
    monkeypatch.setattr(proof, "await_copy", lambda *each: found.append(real(*each)) or found[-1])
    sending.hand.switch_off(OLD)
    sending.box.settings["filters"] = {"filter": [FILTER]}  # type: ignore[dict-item]
    monkeypatch.setattr(sending.server.gmail.office, "_onward", lambda *each: iter(()))
    assert sending.run("--test", "--test-account", TO, "--yes", *SHORT).exit_code == 3
    assert found == [None]


def test_the_copy_comes_late(sending: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    real, looks = Mailbox.find, [0]

    def late(self: Mailbox, message_id: str) -> Iterator[str]:
        looks[0] += 1
        if looks[0] == 2:
            raise Transient("The connection broke.")
        return real(self, message_id) if looks[0] > 3 else iter(())

    monkeypatch.setattr(Mailbox, "find", late)
    assert sending.run("--test", "--test-account", TO, "--yes", *LONG).exit_code == 0


def test_the_second_account_has_to_be_that_of_the_destination(sending: Account) -> None:
    sending.on(OTHER)
    result = sending.run("--test", "--test-account", TO, "--yes", *SHORT, to=OTHER)
    assert result.exit_code == 2
    assert f"is to arrive at {OTHER}, and cannot be looked for at {TO}" in result.stderr
    assert not sending.changes()
    plus = TO.replace("@", "+eccs@")  # the same mailbox
    sending.on(plus)
    assert "cannot be looked for" not in sending.run("--test", "--test-account", TO, "--yes", *SHORT, to=plus).stderr


def test_without_reading_at_the_second_account_it_stops_before_anything(account: Account) -> None:
    account.on()
    account.sign_in("--for", "send", "--account", TO)
    result = account.run("--test", "--test-account", TO, "--yes")
    assert result.exit_code == 4
    assert f"eccs-backup auth --account {TO}" in result.stderr
    assert not account.changes()


def test_the_old_address_is_no_second_account(sending: Account) -> None:
    result = sending.run("--test", "--test-account", OLD, "--yes")
    assert result.exit_code == 2
    assert "is the old address itself" in result.stderr
    assert not sending.changes()


def test_headers_tell_the_way() -> None:
    assert proof.came_by_forwarding(proof.Arrival(proof.Place.INBOX, TO.upper()), TO)
    assert not proof.came_by_forwarding(proof.Arrival(proof.Place.INBOX, OTHER), TO)
    assert not proof.came_by_forwarding(proof.Arrival(proof.Place.INBOX, None), TO)


def test_each_message_is_like_no_other() -> None:
    one, two = proof.probe(OLD, TO), proof.probe(OLD, TO)
    assert one.id != two.id
    assert one.subject != two.subject
    read = email.message_from_bytes(one.body, EmailMessage)
    assert (read["From"], read["To"], read["Message-ID"], read["Subject"]) == (OLD, TO, one.id, one.subject)
    assert read["Date"]
