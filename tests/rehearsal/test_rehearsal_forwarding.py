"""Does the practice Gmail keep the rules of forwarding, in its API, on its pages and when mail arrives?"""

from __future__ import annotations

import base64
import email
import re
import time
from email.message import Message as Mail
from email.policy import default
from typing import Any

import pytest
import requests
from rehearsal_api import reason
from rehearsal_mail import FIXTURES, GMAIL, START, Gmail

from eccs_backup.rehearsal.identity import keys
from eccs_backup.rehearsal.identity.token import GOOGLE, JWT_GRANT, SERVICE_ACCOUNT
from eccs_backup.rehearsal.mail.forwarding import Forwarding, NotPossible
from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message
from eccs_backup.rehearsal.server import MAIL, Rehearsal, serve
from eccs_backup.rehearsal.world import SECOND, STUDENT, student

WORLD, MAILBOX, SERVED, SIGNED_IN = FIXTURES
TO = SECOND.address
ELSEWHERE = "hanako@later.example.net"
BASIC, SHARING = GMAIL + "settings.basic", GMAIL + "settings.sharing"
ONLY_DELEGATED = "Access restricted to service accounts that have been delegated domain-wide authority"
LARGER = {"size": 0, "sizeComparison": "larger"}


@pytest.fixture(name="basic")
def with_basic_settings(rehearsal: Rehearsal) -> Gmail:
    return Gmail(rehearsal, MAIL, BASIC, SHARING)


@pytest.fixture(name="hand")
def by_hand(rehearsal: Rehearsal) -> Forwarding:
    return rehearsal.gmail.forwarding


@pytest.fixture(name="second")
def second_mailbox(rehearsal: Rehearsal) -> Mailbox:
    return rehearsal.world.mail[TO]


def ask(gmail: Gmail, http: str, path: str, body: object = None) -> requests.Response:
    return gmail.session.request(http, f"{gmail.url}/gmail/v1/users/me/settings/{path}", json=body)


def delegated(rehearsal: Rehearsal) -> Gmail:
    """The student's mailbox in the hands of a service account, by way of the token endpoint."""
    rehearsal.world.policy.delegated |= {MAIL, SHARING, BASIC}
    claims: dict[str, Any] = {"iss": SERVICE_ACCOUNT, "sub": STUDENT.address, "aud": GOOGLE}
    claims |= {"scope": f"{MAIL} {SHARING} {BASIC}", "exp": int(time.time()) + 600}
    form = {"grant_type": JWT_GRANT, "assertion": keys.sign(claims)}
    answer = requests.post(f"{rehearsal.url}/token", data=form, timeout=10)
    gmail = Gmail(rehearsal)
    gmail.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return gmail


def accepted(hand: Forwarding, to: str = TO) -> None:
    hand.add_by_hand(STUDENT.address, to)
    hand.accept(STUDENT.address, to)


def text(to: str = STUDENT.address, subject: str = "Hello", **more: str) -> bytes:
    head = {"From": "Friend <friend@example.ac.jp>", "To": to, "Subject": subject, **more}
    return "".join(f"{name}: {value}\r\n" for name, value in head.items()).encode() + b"\r\nWords of the body\r\n"


def arrive(mailbox: Mailbox, raw: bytes = b"", *labels: str) -> Message:
    number = len(mailbox.messages)
    id = START + number * 1000 << 20 | 0xF00D
    return mailbox.deliver(Message(id, id, START, raw or text(), set(labels)))


def newest(mailbox: Mailbox) -> tuple[set[str], Mail]:
    message = next(mailbox.newest_first())
    return message.labels, email.message_from_bytes(bytes(message.body), policy=default)


def send(gmail: Gmail, raw: bytes) -> requests.Response:
    return gmail.post("messages/send", {"raw": base64.urlsafe_b64encode(raw).decode()})


def message(answer: requests.Response) -> str:
    return str(answer.json()["error"]["message"])


def test_reserved_methods_are_refused_in_the_exact_words(basic: Gmail, rehearsal: Rehearsal) -> None:
    detail = {"message": ONLY_DELEGATED, "domain": "global", "reason": "forbidden"}
    wanted = {"error": {"code": 403, "message": ONLY_DELEGATED, "errors": [detail]}}
    on = {"enabled": True, "emailAddress": TO, "disposition": "archive"}
    for http, path, body in (
        ("POST", "forwardingAddresses", {"forwardingEmail": TO}),
        ("DELETE", f"forwardingAddresses/{TO}", None),
        ("PUT", "autoForwarding", on),
    ):
        answer = ask(basic, http, path, body)
        assert (answer.status_code, answer.json()) == (403, wanted)
        without = ask(Gmail(rehearsal, MAIL, BASIC), http, path, body)
        assert reason(without) == (403, "insufficientPermissions")
    assert reason(ask(Gmail(rehearsal, MAIL), "POST", "filters", {})) == (403, "insufficientPermissions")
    assert reason(ask(Gmail(rehearsal, SHARING), "GET", "filters")) == (403, "insufficientPermissions")


def test_a_delegated_service_account_may(rehearsal: Rehearsal, second: Mailbox) -> None:
    gmail = delegated(rehearsal)
    pending = {"forwardingEmail": TO, "verificationStatus": "pending"}
    assert ask(gmail, "POST", "forwardingAddresses", {"forwardingEmail": TO}).json() == pending
    assert ask(gmail, "GET", f"forwardingAddresses/{TO}").json() == pending
    assert ask(gmail, "GET", "forwardingAddresses").json() == {"forwardingAddresses": [pending]}
    assert ask(gmail, "POST", "forwardingAddresses", {"forwardingEmail": TO}).status_code == 409
    assert reason(ask(gmail, "POST", "forwardingAddresses", {"forwardingEmail": "x"})) == (400, "invalidArgument")
    on = {"enabled": True, "emailAddress": TO, "disposition": "archive"}
    refused = ask(gmail, "PUT", "autoForwarding", on)
    assert (reason(refused), message(refused)) == ((400, "failedPrecondition"), "Unrecognized forwarding address")
    rehearsal.gmail.forwarding.accept()
    assert ask(gmail, "PUT", "autoForwarding", on).json() == on
    assert ask(gmail, "GET", "autoForwarding").json() == on
    assert reason(ask(gmail, "PUT", "autoForwarding", on | {"disposition": "burn"})) == (400, "invalidArgument")
    assert ask(gmail, "DELETE", f"forwardingAddresses/{TO}").status_code == 204
    assert ask(gmail, "GET", "autoForwarding").json() == {"enabled": False}
    assert ask(gmail, "GET", "forwardingAddresses").json() == {}
    assert ask(gmail, "DELETE", f"forwardingAddresses/{TO}").status_code == 404
    assert len(second.messages) == 1


def test_own_addresses_need_no_confirmation(mailbox: Mailbox, hand: Forwarding) -> None:
    mailbox.settings["sendAs"] = {"sendAs": [{"sendAsEmail": "h@alias.example.org", "verificationStatus": "accepted"}]}
    for to in ("someone@g.example.ac.jp", "someone@lab.g.example.ac.jp", "H@alias.example.org"):
        assert hand.add_by_hand(STUDENT.address, to) == "accepted"
    assert hand.add_by_hand(STUDENT.address, "someone@notg.example.ac.jp") == "pending"
    assert [left.to for left in hand.office.left] == ["someone@notg.example.ac.jp"]
    for to in ("no address", TO.replace("@", " "), "someone@g.example.ac.jp"):
        with pytest.raises(NotPossible):
            hand.add_by_hand(STUDENT.address, to)


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_confirmation_mail(gmail: Gmail, mailbox: Mailbox, hand: Forwarding, second: Mailbox, lang: str) -> None:
    mailbox.settings["language"] = {"displayLanguage": lang}
    hand.add_by_hand(STUDENT.address, TO, gmail.url)
    labels, mail = newest(second)
    sent = hand.confirmations(STUDENT.address)[0]
    assert labels == {"INBOX", "UNREAD"}
    assert mail["From"] == "Gmail Team <forwarding-noreply@google.com>"
    subject = {
        "en": f"(#{sent.code}) Gmail Forwarding Confirmation - Receive Mail from {STUDENT.address}",
        "ja": f"(#{sent.code}) Gmail の転送の確認 - {STUDENT.address} からメールを受信",
    }
    assert mail["Subject"] == subject[lang]
    body = bytes(next(second.newest_first()).body).decode()
    assert f"{'確認コード' if lang == 'ja' else 'Confirmation code'}: {sent.code}" in body
    agree, refuse = re.findall(r"http://127\.0\.0\.1:\S+/mail/[vu]f-\S+", body)
    page = requests.get(agree, timeout=10)
    assert page.status_code == 200
    assert "<button" in page.text
    status = gmail.json("settings/forwardingAddresses")["forwardingAddresses"][0]["verificationStatus"]
    assert status == "pending"
    assert requests.post(agree, data={"button": "confirm"}, timeout=10).status_code == 200
    status = gmail.json("settings/forwardingAddresses")["forwardingAddresses"][0]["verificationStatus"]
    assert status == "accepted"
    assert requests.get(refuse, timeout=10).status_code == 200
    assert gmail.json("settings/forwardingAddresses") == {}
    assert requests.get(agree, timeout=10).status_code == 404


def test_acceptance_and_switching_on_after_polls(gmail: Gmail, hand: Forwarding) -> None:
    hand.accept(STUDENT.address, after_polls=2)
    hand.switch_on(STUDENT.address, TO, "trash", after_polls=2)
    assert gmail.json("settings/forwardingAddresses") == {}
    assert gmail.json("settings/autoForwarding") == {"enabled": False}
    hand.add_by_hand(STUDENT.address, TO)
    seen = [gmail.json(f"settings/forwardingAddresses/{TO}")["verificationStatus"] for _ in range(3)]
    assert seen == ["pending", "pending", "accepted"]
    assert [gmail.json("settings/autoForwarding")["enabled"] for _ in range(3)] == [False, False, True]
    assert gmail.json("settings/autoForwarding")["disposition"] == "trash"
    with pytest.raises(NotPossible):
        hand.switch_on(STUDENT.address, ELSEWHERE)


@pytest.mark.parametrize(
    ("disposition", "left"),
    [
        ("leaveInInbox", {"INBOX", "UNREAD"}),
        ("markRead", {"INBOX"}),
        ("archive", {"UNREAD"}),
        ("trash", {"TRASH", "UNREAD"}),
    ],
)
def test_all_mail_is_forwarded(
    mailbox: Mailbox, second: Mailbox, hand: Forwarding, disposition: str, left: set[str]
) -> None:
    accepted(hand)
    hand.switch_on(STUDENT.address, TO, disposition)
    before = len(second.messages)
    assert arrive(mailbox).labels == left
    labels, mail = newest(second)
    assert labels == {"INBOX", "UNREAD"}
    assert mail["From"] == "Friend <friend@example.ac.jp>"
    assert mail["X-Forwarded-To"] == TO
    assert mail["X-Forwarded-For"] == f"{STUDENT.address} {TO}"
    assert TO in mail.get_all("Delivered-To", [])
    assert arrive(mailbox, text(), "SPAM").labels == {"SPAM", "UNREAD"}
    assert len(second.messages) == before + 1
    second.forwards_are_spam = True
    arrive(mailbox)
    assert newest(second)[0] == {"SPAM", "UNREAD"}


def test_what_is_put_in_is_not_forwarded(basic: Gmail, second: Mailbox, hand: Forwarding) -> None:
    accepted(hand)
    hand.switch_on(STUDENT.address, TO)
    before = len(second.messages)
    raw = base64.urlsafe_b64encode(text()).decode()
    assert basic.post("messages", {"raw": raw, "labelIds": ["INBOX"]}).status_code == 200
    assert basic.post("messages/import", {"raw": raw}).status_code == 200
    assert len(second.messages) == before


def test_sending(basic: Gmail, mailbox: Mailbox, second: Mailbox, hand: Forwarding) -> None:
    secret = text(f"Second <{TO.upper()}>, far@example.org", Bcc="hidden@example.org")
    answer = send(basic, secret).json()
    assert answer["labelIds"] == ["SENT"]
    assert mailbox.messages[int(answer["id"], 16)].labels == {"SENT"}
    labels, mail = newest(second)
    assert labels == {"INBOX", "UNREAD"}
    assert mail["Bcc"] is None
    assert mail["Message-ID"]
    assert [left.to for left in hand.office.left] == ["far@example.org", "hidden@example.org"]
    assert basic.upload("messages/send", text(TO), "message/rfc822", uploadType="media").status_code == 200
    assert len(second.messages) == 2
    accepted(hand)
    hand.switch_on(STUDENT.address, TO)
    known = len(mailbox.messages)
    own = send(basic, text(STUDENT.address, "To myself")).json()
    assert own["labelIds"] == ["INBOX", "SENT", "UNREAD"]
    assert len(mailbox.messages) == known + 1
    assert newest(second)[1]["Subject"] == "To myself"
    assert reason(send(basic, b"Subject: nobody\r\n\r\n")) == (400, "invalidArgument")
    assert reason(basic.post("messages/send", {})) == (400, "invalidArgument")


def test_two_accounts_that_forward_to_one_another(mailbox: Mailbox, second: Mailbox, hand: Forwarding) -> None:
    accepted(hand)
    hand.switch_on(STUDENT.address, TO)
    hand.add_by_hand(TO, STUDENT.address)
    hand.accept(TO)
    hand.switch_on(TO, STUDENT.address)
    before = len(mailbox.messages), len(second.messages)
    arrive(mailbox)
    assert (len(mailbox.messages), len(second.messages)) == (before[0] + 2, before[1] + 1)


def test_filters_are_made_read_and_removed(basic: Gmail, mailbox: Mailbox, hand: Forwarding) -> None:
    wanted = {"criteria": LARGER, "action": {"forward": TO}}

    def refused(body: object) -> str:
        answer = ask(basic, "POST", "filters", body)
        assert reason(answer) == (400, "failedPrecondition")
        return message(answer)

    assert refused(wanted) == "Unrecognized forwarding address"
    hand.add_by_hand(STUDENT.address, TO)
    assert refused(wanted) == "Unrecognized forwarding address"
    hand.accept()
    made = ask(basic, "POST", "filters", wanted).json()
    assert made == {"id": made["id"], **wanted}
    assert ask(basic, "GET", f"filters/{made['id']}").json() == made
    assert ask(basic, "GET", "filters").json() == {"filter": [made]}
    assert refused(wanted) == "Filter already exists"
    for criteria in ({}, {"from": ""}, {"hasAttachment": False}, {"sizeComparison": "larger"}):
        assert refused({"criteria": criteria, "action": {"forward": TO}}) == "Filter doesn't have any criteria"
    empty = ask(basic, "POST", "filters", {"criteria": {"from": "a"}, "action": {"forward": ""}})
    assert empty.json().keys() == {"id", "criteria"}
    for wrong in (
        {"criteria": {"form": "a"}},
        {"criteria": {"size": "0"}},
        {"criteria": {"from": "a"}, "action": {"addLabelIds": ["Label_404"]}},
        {"criteria": {"query": "x" * 1_470}},
    ):
        assert reason(ask(basic, "POST", "filters", wrong)) == (400, "invalidArgument")
    assert ask(basic, "DELETE", f"filters/{made['id']}").status_code == 204
    assert ask(basic, "DELETE", f"filters/{made['id']}").status_code == 404
    for number in range(20):
        body = {"criteria": {"from": f"{number}@example.org"}, "action": {"forward": TO}}
        assert ask(basic, "POST", "filters", body).status_code == 200
    assert refused(wanted) == "Too many filters"
    mailbox.settings["filters"] = {"filter": [{"id": str(n), "criteria": {"from": str(n)}} for n in range(1000)]}
    assert refused({"criteria": {"from": "one more"}}) == "Too many filters"


def test_criteria_that_are_not_taken(basic: Gmail, mailbox: Mailbox, hand: Forwarding) -> None:
    accepted(hand)
    mailbox.refused_criteria = {"size", "query=larger:0"}
    mailbox.dropped_criteria = {"to"}
    for criteria in (LARGER, {"query": "larger:0"}):
        answer = ask(basic, "POST", "filters", {"criteria": criteria, "action": {"forward": TO}})
        assert reason(answer) == (400, "invalidArgument")
    made = ask(basic, "POST", "filters", {"criteria": {"query": "-is:chat", "to": "x"}, "action": {"forward": TO}})
    assert made.json()["criteria"] == {"query": "-is:chat"}


@pytest.mark.parametrize(
    ("criteria", "fits"),
    [
        (LARGER, True),
        ({"size": 5, "sizeComparison": "smaller"}, False),
        ({"query": "larger:0"}, True),
        ({"query": "smaller:1M"}, True),
        ({"query": "larger:1M"}, False),
        ({"query": "-is:chat"}, True),
        ({"query": "words BODY"}, True),
        ({"query": "words absent"}, False),
        ({"query": "absent OR words"}, True),
        ({"query": '"of the body" from:friend -to:else'}, True),
        ({"query": "-words"}, False),
        ({"from": "Friend"}, True),
        ({"from": "foe"}, False),
        ({"to": STUDENT.address.upper()}, True),
        ({"to": "copy@example.org"}, True),
        ({"subject": "ゼミの 予定"}, True),
        ({"from": "friend", "subject": "other"}, False),
        ({"from": "friend", "negatedQuery": "words"}, False),
        ({"from": "friend", "negatedQuery": "absent"}, True),
        ({"hasAttachment": True}, False),
        ({}, False),
    ],
)
def test_matching_filters_forward(
    mailbox: Mailbox, second: Mailbox, hand: Forwarding, criteria: dict[str, Any], fits: bool
) -> None:
    accepted(hand)
    mailbox.settings["filters"] = {"filter": [{"id": "f", "criteria": criteria, "action": {"forward": TO}}]}
    before = len(second.messages)
    subject = "=?UTF-8?B?" + base64.b64encode("ゼミの 予定".encode()).decode() + "?="
    arrive(mailbox, text(subject=subject, Cc="copy@example.org"))
    assert len(second.messages) - before == fits


def test_filters_file_attachments_and_save_from_spam(mailbox: Mailbox, second: Mailbox, hand: Forwarding) -> None:
    accepted(hand)
    change = {"addLabelIds": ["Label_9"], "removeLabelIds": ["INBOX", "SPAM"], "forward": TO}
    mailbox.settings["filters"] = {"filter": [{"id": "f", "criteria": {"hasAttachment": True}, "action": change}]}
    mixed = text() + b'--x\r\nContent-Disposition: attachment; filename="a"\r\n\r\nA\r\n--x--\r\n'
    assert arrive(mailbox, mixed, "SPAM").labels == {"Label_9", "UNREAD"}
    assert newest(second)[1]["X-Forwarded-To"] == TO
    before = len(second.messages)
    hand.remove(STUDENT.address, TO)
    arrive(mailbox, mixed)
    assert len(second.messages) == before


@pytest.mark.parametrize("status", [403, 400])
def test_the_administrators_switch(
    basic: Gmail, mailbox: Mailbox, second: Mailbox, hand: Forwarding, rehearsal: Rehearsal, status: int
) -> None:
    accepted(hand)
    hand.switch_on(STUDENT.address, TO)
    mailbox.settings["filters"] = [{"id": "f", "criteria": LARGER, "action": {"forward": TO}}]
    before = len(second.messages)
    hand.office.refused = status
    arrive(mailbox)
    assert len(second.messages) == before
    for path in ("forwardingAddresses", f"forwardingAddresses/{TO}", "autoForwarding"):
        answer = ask(basic, "GET", path)
        assert answer.status_code == status
        assert message(answer) == "Forwarding features disabled by administrator"
    body = {"criteria": {"from": "a"}, "action": {"forward": TO}}
    assert ask(basic, "POST", "filters", body).status_code == status
    assert ask(basic, "POST", "filters", {"criteria": {"from": "a"}}).status_code == 200
    with pytest.raises(NotPossible):
        hand.add_by_hand(STUDENT.address, ELSEWHERE)
    page = requests.get(f"{rehearsal.url}/mail/u/0/", params={"hl": "en"}, timeout=10)
    assert "administrator" in page.text
    assert "<button" not in page.text
    hand.office.refused = 0
    arrive(mailbox)
    assert len(second.messages) == before + 1


def test_the_settings_page(rehearsal: Rehearsal, gmail: Gmail, hand: Forwarding) -> None:
    place = f"{rehearsal.url}/mail/u/"
    who = {"authuser": STUDENT.address, "hl": "ja"}

    def press(button: str, **form: str) -> requests.Response:
        return requests.post(place, params=who, data={"button": button, **form}, timeout=10)

    page = requests.get(place, params=who, timeout=10)
    assert "転送先アドレスを追加" in page.text
    assert "Add a forwarding address" in requests.get(place, params=who | {"hl": "en"}, timeout=10).text
    assert STUDENT.address in requests.get(place + "0/", timeout=10).text
    assert TO in requests.get(place, params={"authuser": TO}, timeout=10).text
    assert requests.get(place, params={"authuser": "x@y.z"}, timeout=10).status_code == 404
    assert press("add", address=TO).status_code == 200
    assert press("add", address=TO).status_code == 400
    assert press("save", forwarding="on", address=TO, disposition="archive").status_code == 400
    assert press("verify", address=TO, code="000").status_code == 400
    assert press("verify", address=TO, code=hand.confirmations(STUDENT.address)[0].code).status_code == 200
    assert press("save", forwarding="on", address=TO, disposition="archive").status_code == 200
    assert gmail.json("settings/autoForwarding") == {"enabled": True, "emailAddress": TO, "disposition": "archive"}
    assert '<option value="archive" selected>' in requests.get(place, params=who, timeout=10).text
    assert press("save", forwarding="off").status_code == 200
    assert gmail.json("settings/autoForwarding") == {"enabled": False}
    assert press("remove", address=TO).status_code == 200
    assert press("explode").status_code == 400
    assert gmail.json("settings/forwardingAddresses") == {}


def test_the_students_mailbox_forwards_as_its_settings_say() -> None:
    with serve(student()) as rehearsal:
        gmail, second = Gmail(rehearsal), rehearsal.world.mail[TO]
        assert len(gmail.json("settings/forwardingAddresses")["forwardingAddresses"]) == 2
        arrive(rehearsal.world.mail[STUDENT.address])
        assert newest(second)[1]["X-Forwarded-To"] == TO
        assert len(second.messages) == 1  # forward-all and a filter to the same address are one copy
        assert ask(gmail, "GET", f"sendAs/{STUDENT.address}").json()["isPrimary"] is True
        assert ask(gmail, "GET", "sendAs/nobody@example.org").status_code == 404


def test_the_vacation_reply(basic: Gmail) -> None:
    reply = {"enableAutoReply": True, "responseSubject": "Moved", "startTime": "1", "endTime": "2"}
    assert ask(basic, "PUT", "vacation", reply).json() == reply
    assert ask(basic, "GET", "vacation").json() == reply
    for wrong in ({"enableAutoReply": True}, reply | {"startTime": "3"}, {"subject": "x"}, {"startTime": "soon"}):
        assert reason(ask(basic, "PUT", "vacation", wrong)) == (400, "invalidArgument")
    assert ask(basic, "PUT", "vacation", {}).json() == {"enableAutoReply": False}


def test_prices(basic: Gmail, rehearsal: Rehearsal) -> None:
    price = rehearsal.mail_quota.prices.price
    settings = "gmail.users.settings."
    assert price("gmail.users.messages.send") == 100
    assert price(settings + "forwardingAddresses.create") == 100
    for name, units in (("filters.create", 5), ("filters.delete", 5), ("updateVacation", 5), ("filters.get", 1)):
        assert price(settings + name) == units
    send(basic, text(TO))
    assert rehearsal.mail_quota.methods["gmail.users.messages.send"] == 1
