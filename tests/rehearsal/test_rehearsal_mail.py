"""Does the practice Gmail list, search and answer as Google's does?"""

from __future__ import annotations

import base64

import pytest
import requests
from rehearsal_api import reason
from rehearsal_mail import FIXTURES, NASTY, START, Gmail, letter, numbers, posted

from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message
from eccs_backup.rehearsal.server import Rehearsal
from eccs_backup.rehearsal.world import SECOND, STUDENT

WORLD, MAILBOX, SERVED, SIGNED_IN = FIXTURES


def test_profile(gmail: Gmail, rehearsal: Rehearsal) -> None:
    wanted = {"emailAddress": STUDENT.address, "messagesTotal": 120, "threadsTotal": 91, "historyId": "1000"}
    assert gmail.json("profile") == wanted
    assert gmail.get("profile", STUDENT.address).json() == wanted
    assert gmail.get("profile", STUDENT.address.replace("@", "%40")).json() == wanted
    assert reason(gmail.get("profile", SECOND.address)) == (403, "forbidden")
    assert gmail.json("profile", fields="historyId") == {"historyId": "1000"}
    other = Gmail(rehearsal, address=SECOND.address)
    assert other.json("messages") == {"resultSizeEstimate": 0}
    assert other.json("profile")["messagesTotal"] == 0


def test_listing(gmail: Gmail) -> None:
    first = gmail.json("messages")
    assert len(first["messages"]) == 100
    assert first["messages"][0].keys() == {"id", "threadId"}
    assert first["resultSizeEstimate"] > 100
    assert gmail.json("messages", maxResults=9999).get("nextPageToken") is None
    shown = [number for number in reversed(range(120)) if number not in (7, 8)]
    assert numbers(gmail, maxResults=17) == shown
    assert numbers(gmail, maxResults=118) == shown
    assert numbers(gmail, includeSpamTrash="true") == [*reversed(range(120))]
    assert numbers(gmail, labelIds=["INBOX", "STARRED"]) == [110, 100, 90, 80, 70, 60, 50, 40, 30, 20, 10, 0]
    assert numbers(gmail, labelIds="SPAM") == [7]
    assert reason(gmail.get("messages", labelIds="Label_404")) == (400, "invalidArgument")


def test_searching(gmail: Gmail, mailbox: Mailbox) -> None:
    assert numbers(gmail, q="rfc822msgid:<33@example.ac.jp>") == [33]
    assert numbers(gmail, q="rfc822msgid:7@example.ac.jp") == []
    assert numbers(gmail, q="rfc822msgid:7@example.ac.jp", includeSpamTrash="true") == [7]
    assert numbers(gmail, q="rfc822msgid:none@example.ac.jp label:nothing") == []
    mailbox.add(posted(33_000))
    mailbox.delete(posted(33).id)
    assert numbers(gmail, q="rfc822msgid:33@example.ac.jp") == []
    assert numbers(gmail, q="rfc822msgid:33000@example.ac.jp") == [33_000]
    assert numbers(gmail, q="in:trash") == [8]
    assert numbers(gmail, q="label:研究-ゼミ is:starred") == [90, 60, 30, 0]
    assert numbers(gmail, q="is:unread -is:starred") == [4, 3, 2, 1]
    seconds = START // 1000
    assert numbers(gmail, q=f"after:{seconds + 100} before:{seconds + 103}") == [102, 101, 100]
    assert numbers(gmail, q="before:2023/11/14") == []
    assert len(numbers(gmail, q="in:anywhere after:2023/11/14")) == 120
    assert reason(gmail.get("messages", q="filename:thesis.pdf")) == (501, "notImplemented")


def test_pages_go_on_where_they_were(gmail: Gmail, mailbox: Mailbox) -> None:
    page = gmail.json("messages", maxResults=10)
    mailbox.add(posted(500, "INBOX"))
    mailbox.delete(int(page["messages"][-1]["id"], 16))
    rest = gmail.json("messages", maxResults=3, pageToken=page["nextPageToken"])
    assert [(int(row["id"], 16) >> 20) - START for row in rest["messages"]] == [109_000, 108_000, 107_000]
    assert reason(gmail.get("messages", labelIds="INBOX", pageToken=page["nextPageToken"])) == (400, "invalid")


def test_a_message_in_four_forms(gmail: Gmail, mailbox: Mailbox) -> None:
    message = mailbox.messages[posted(9).id]
    raw = gmail.json(f"messages/{message.hex}", format="raw")
    assert base64.urlsafe_b64decode(raw.pop("raw")) == letter(9)
    assert raw == {
        "id": message.hex,
        "threadId": message.hex,
        "labelIds": ["INBOX", "Label_9"],
        "snippet": "Hello &lt;you&gt;, " + "あ" * 9,
        "sizeEstimate": len(letter(9)),
        "historyId": "1000",
        "internalDate": str(START + 9000),
    }
    assert gmail.json(f"messages/{message.hex}", format="minimal") == raw
    full = gmail.json(f"messages/{message.hex}")
    assert full["payload"]["mimeType"] == "text/plain"
    assert {"name": "Subject", "value": "No. 9"} in full["payload"]["headers"]
    some = gmail.json(f"messages/{message.hex}", format="metadata", metadataHeaders=["subject", "date"])
    assert [header["name"] for header in some["payload"]["headers"]] == ["Subject", "Date"]
    assert gmail.json(f"messages/{message.hex}", format="raw", fields="raw").keys() == {"raw"}
    assert gmail.json(f"messages/{message.hex}", format="raw", fields="id,labelIds").keys() == {"id", "labelIds"}
    assert reason(gmail.get("messages/123")) == (404, "notFound")
    assert reason(gmail.get("messages/xyz")) == (400, "invalidArgument")
    assert reason(gmail.get(f"messages/{message.hex}", format="rfc822")) == (400, "invalidParameter")
    assert reason(gmail.get(f"messages/{message.hex}", fields="bytes")) == (400, "invalidParameter")


@pytest.mark.parametrize(
    "body", [b"", b"no head", b"\r\n\r\n", NASTY, b"A: \xe3\x81\r\n b\r\n\r\n", b"\0" * 70, b"a\r\rb"]
)
def test_any_bytes_survive(gmail: Gmail, mailbox: Mailbox, body: bytes) -> None:
    mailbox.add(Message(5, 5, 0, body))
    raw = gmail.json("messages/5", format="raw")
    assert base64.urlsafe_b64decode(raw["raw"]) == body
    assert len(raw["raw"]) % 4 == 0
    assert "labelIds" not in raw
    assert gmail.json("messages/5")["payload"]["partId"] == ""


def test_messages_in_trouble(gmail: Gmail, mailbox: Mailbox) -> None:
    message = mailbox.messages[posted(50).id]
    path = f"messages/{message.hex}"
    message.trouble = "gone"
    assert reason(gmail.get(path, format="raw")) == (404, "notFound")
    assert 50 in numbers(gmail)
    message.trouble = "refused"
    assert [gmail.get(path, format="raw").status_code for _ in range(3)] == [500] * 3
    message.trouble = "garbled"
    answer = gmail.get(path, format="raw")
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    message.trouble = "no-raw"
    assert "raw" not in gmail.json(path, format="raw")
    message.trouble = "other"
    assert gmail.json(path, format="raw")["id"] != message.hex


def test_history(gmail: Gmail, mailbox: Mailbox) -> None:
    start = gmail.json("profile")["historyId"]
    assert gmail.json("history", startHistoryId=start) == {"historyId": start}
    new = mailbox.add(posted(200, "INBOX"))
    mailbox.relabel(new.id, add=["STARRED"], remove=["INBOX"])
    mailbox.delete(posted(3).id)
    answer = gmail.json("history", startHistoryId=start)
    bare = {"id": new.hex, "threadId": f"{new.thread:x}"}
    assert answer["history"][0] == {
        "id": "1001",
        "messages": [bare],
        "messagesAdded": [{"message": {**bare, "labelIds": ["INBOX"]}}],
    }
    assert answer["history"][1]["labelsAdded"] == [
        {"message": {**bare, "labelIds": ["INBOX", "STARRED"]}, "labelIds": ["STARRED"]}
    ]
    assert answer["history"][2]["labelsRemoved"][0]["labelIds"] == ["INBOX"]
    assert answer["history"][3]["messagesDeleted"][0]["message"]["id"] == posted(3).hex
    assert answer["historyId"] == "1004" == gmail.json("profile")["historyId"]
    assert gmail.json(f"messages/{new.hex}")["historyId"] == "1003"
    ids = [row["id"] for row in gmail.json("history", startHistoryId=start, labelId="STARRED")["history"]]
    assert ids == ["1002", "1003"]
    kinds = gmail.json("history", startHistoryId=start, historyTypes=["messageAdded", "messageDeleted"])["history"]
    assert [row["id"] for row in kinds] == ["1001", "1004"]
    first = gmail.json("history", startHistoryId=start, maxResults=3)
    assert [row["id"] for row in first["history"]] == ["1001", "1002", "1003"]
    rest = gmail.json("history", startHistoryId=start, maxResults=3, pageToken=first["nextPageToken"])
    assert [row["id"] for row in rest["history"]] == ["1004"]
    assert "nextPageToken" not in rest


def test_history_that_is_forgotten(gmail: Gmail, mailbox: Mailbox) -> None:
    mailbox.forget_history()
    assert reason(gmail.get("history", startHistoryId="1000")) == (404, "notFound")
    assert reason(gmail.get("history", startHistoryId="999999")) == (404, "notFound")
    assert gmail.json("history", startHistoryId=gmail.json("profile")["historyId"]) == {"historyId": "1001"}
    assert reason(gmail.get("history")) == (400, "required")
    assert reason(gmail.get("history", startHistoryId="yesterday")) == (400, "invalidParameter")
    assert reason(gmail.get("history", startHistoryId="1001", historyTypes=["x", "labelAdded"]))[0] == 400


def test_settings(gmail: Gmail, mailbox: Mailbox) -> None:
    for path in ("filters", "forwardingAddresses"):
        assert gmail.json(f"settings/{path}") == {}
    assert gmail.json("settings/autoForwarding") == {"enabled": False}
    assert gmail.json("settings/sendAs")["sendAs"][0]["sendAsEmail"] == STUDENT.address
    assert gmail.json("settings/imap")["enabled"] is True
    assert gmail.json("settings/pop")["accessWindow"] == "disabled"
    assert gmail.json("settings/language") == {"displayLanguage": "ja"}
    assert gmail.json("settings/vacation") == {"enableAutoReply": False}
    mailbox.settings["filters"] = [{"id": "f", "criteria": {"from": "a@b"}}]
    mailbox.settings["vacation"] = {"enableAutoReply": True}
    assert gmail.json("settings/filters")["filter"][0]["id"] == "f"
    assert gmail.json("settings/vacation") == {"enableAutoReply": True}
    assert reason(gmail.get("settings/delegates")) == (403, "forbidden")
