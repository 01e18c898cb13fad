"""Does the practice Gmail make labels and take messages in, keeping every byte?"""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any

from googleapiclient.http import MediaIoBaseUpload
from rehearsal_api import reason
from rehearsal_mail import FIXTURES, NASTY, Gmail, letter, library, numbers, posted

from eccs_backup.rehearsal.mail.mailbox import Label, Mailbox
from eccs_backup.rehearsal.server import Rehearsal

WORLD, MAILBOX, SERVED, SIGNED_IN = FIXTURES


def test_labels(gmail: Gmail, mailbox: Mailbox) -> None:
    listed = gmail.json("labels")["labels"]
    assert {"id": "Label_9", "name": "研究/ゼミ", "type": "user"} in listed
    assert {"id": "INBOX", "name": "INBOX", "type": "system"} in listed
    counted = gmail.json("labels/UNREAD")
    assert (counted["messagesTotal"], counted["messagesUnread"], counted["threadsTotal"]) == (5, 5, 4)
    assert reason(gmail.get("labels/Label_404")) == (404, "notFound")
    made = gmail.post("labels", {"name": "Old/卒論", "labelListVisibility": "labelHide"}).json()
    assert (made["name"], made["type"], made["labelListVisibility"]) == ("Old/卒論", "user", "labelHide")
    assert mailbox.labels[made["id"]].name == "Old/卒論"
    for name, wanted in {
        "old/卒論": (409, "aborted"),
        "inbox": (400, "invalidArgument"),
        "Drafts": (400, "invalidArgument"),
        " ": (400, "invalidArgument"),
        "x" * 226: (400, "invalidArgument"),
    }.items():
        assert reason(gmail.post("labels", {"name": name})) == wanted
    assert gmail.post("labels", {"name": "x" * 225}).status_code == 200
    assert reason(gmail.post("labels", {})) == (400, "invalidArgument")
    assert reason(gmail.post("labels", [])) == (400, "parseError")
    mailbox.labels |= {f"L{number}": Label(f"L{number}", f"n{number}") for number in range(10_000)}
    assert reason(gmail.post("labels", {"name": "one more"})) == (400, "invalidArgument")


def test_new_labels_have_new_ids(mailbox: Mailbox) -> None:
    one, two = mailbox.new_label("one"), mailbox.new_label("two")
    mailbox.drop_label(one.id)
    assert mailbox.new_label("three").id != two.id


def test_import_keeps_the_bytes(gmail: Gmail, mailbox: Mailbox) -> None:
    body = letter(1) + NASTY
    multipart = (
        b'--b\r\nContent-Type: application/json\r\n\r\n{"labelIds":["INBOX","Label_9"]}\r\n'
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + body + b"\r\n--b--\r\n"
    )
    start = gmail.json("profile")["historyId"]
    answers = [
        gmail.upload("messages/import", body, "message/rfc822", uploadType="media"),
        gmail.upload("messages/import", multipart, "multipart/related; boundary=b", uploadType="multipart"),
        gmail.post("messages/import", {"raw": base64.urlsafe_b64encode(body).decode(), "labelIds": ["INBOX"]}),
        gmail.post("messages", {"raw": base64.urlsafe_b64encode(body).decode().rstrip("=")}, deleted="false"),
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    made = [answer.json() for answer in answers]
    assert [one.get("labelIds") for one in made] == [None, ["INBOX", "Label_9"], ["INBOX"], None]
    for one in made:
        assert base64.urlsafe_b64decode(gmail.json(f"messages/{one['id']}", format="raw")["raw"]) == body
        assert len(one["id"]) == 16
        assert one["threadId"] == one["id"]
    dates = [gmail.json(f"messages/{one['id']}", format="minimal")["internalDate"] for one in made]
    assert dates[:3] == ["1710807231000"] * 3  # an import goes by the header Date, an insert by the clock
    assert int(dates[3]) > 1710807231000
    assert len(gmail.json("history", startHistoryId=start)["history"]) == 4
    assert numbers(gmail, maxResults=1)[0] > 120


def test_import_options(gmail: Gmail, mailbox: Mailbox) -> None:
    raw = base64.urlsafe_b64encode(letter(2)).decode()
    known = posted(1)
    late = gmail.post("messages/import", {"raw": raw}, internalDateSource="receivedTime", neverMarkSpam="true").json()
    assert mailbox.messages[int(late["id"], 16)].date > 1710807231000
    threaded = gmail.post("messages/import", {"raw": raw, "threadId": known.hex}).json()
    assert threaded["threadId"] == known.hex
    count = len(mailbox.messages)
    assert gmail.post("messages/import", {"raw": raw}, deleted="true").status_code == 200
    assert len(mailbox.messages) == count
    for wrong in (
        {},
        {"raw": "%%%"},
        {"raw": raw, "labelIds": ["Label_404"]},
        {"raw": raw, "labelIds": "INBOX"},
        {"raw": raw, "threadId": "99"},
        {"raw": raw, "threadId": "x"},
    ):
        assert reason(gmail.post("messages/import", wrong)) == (400, "invalidArgument")
    undated = gmail.upload("messages/import", b"Date: tomorrow\r\n\r\n", "message/rfc822", uploadType="media").json()
    assert mailbox.messages[int(undated["id"], 16)].date > 1710807231000
    bad = gmail.upload("messages/import", b"--x\r\n\r\n", "multipart/related; boundary=b", uploadType="multipart")
    assert reason(bad) == (400, "invalidArgument")
    assert reason(gmail.upload("messages/import", b"", "message/rfc822", uploadType="resumable"))[0] == 501
    for kind in ("text/plain", ""):
        refused = gmail.upload("messages/import", letter(1), kind, uploadType="media")
        assert reason(refused) == (400, "badContent")
    assert gmail.upload("labels", b"{}", "application/json").status_code == 404


def sent(request: Any) -> Any:
    """Execute an upload: Google's client always gives those https, whatever `api_endpoint` says."""
    request.uri = request.uri.replace("https://", "http://")
    return request.execute()


def test_googles_client(rehearsal: Rehearsal, mailbox: Mailbox) -> None:
    users = library(rehearsal).users()
    page = users.messages().list(userId="me", labelIds=["INBOX", "STARRED"], includeSpamTrash=True).execute()
    assert len(page["messages"]) == 12
    for body in (letter(0), b"A: b\r\n\r\nFrom here\nbare\r", b"a\r\n"):  # it cannot send more than ASCII this way
        media = MediaIoBaseUpload(BytesIO(body), mimetype="message/rfc822")
        made = sent(users.messages().import_(userId="me", body={"labelIds": ["INBOX"]}, media_body=media))
        assert bytes(mailbox.messages[int(made["id"], 16)].body) == body
        assert made["labelIds"] == ["INBOX"]
    media = MediaIoBaseUpload(BytesIO(NASTY), mimetype="message/rfc822")
    made = sent(users.messages().insert(userId="me", media_body=media))
    assert bytes(mailbox.messages[int(made["id"], 16)].body) == NASTY
    assert users.labels().create(userId="me", body={"name": "新しい"}).execute()["name"] == "新しい"
