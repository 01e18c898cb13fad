"""Gmail's JSON where it enters: what makes no sense is asked for again, and is never a wrong message."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from eccs_backup.errors import Transient
from eccs_backup.rehearsal.mail.student_mail import student_mail
from eccs_backup.rehearsal.world import STUDENT, World
from eccs_backup.sources import Row
from eccs_backup.sources.gmail import answers, items

ID = "18a2a0abb3eb3711"


def answer(body: bytes = b"x", **more: Any) -> bytes:
    whole = {"id": ID, "threadId": "18a2a0abb3eb3700", "labelIds": ["INBOX"], "internalDate": "1700000000000"}
    raw = {"raw": base64.urlsafe_b64encode(body).decode(), "sizeEstimate": len(body)}
    return json.dumps({name: value for name, value in (whole | raw | more).items() if value is not ...}).encode()


EVERY = bytes(range(256)) * 3


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 255, 256, 257, 766])
def test_with_and_without_padding(length: int) -> None:
    body = EVERY[:length]
    whole = answer(body)
    for form in (whole, whole.replace(b"=", b""), whole.replace(b"=", b"\\u003d"), whole.replace(b"=", b"\\u003D")):
        assert answers.message(form, ID).body == body


def test_an_empty_message_is_empty() -> None:
    assert answers.message(answer(b""), ID).body == b""
    assert answers.message(answer(raw=..., sizeEstimate=...), ID).body == b""


def test_more_than_is_decoded_at_once() -> None:
    body = EVERY * 16_000 + b"end"
    assert answers.message(answer(body), ID).body == body


@pytest.mark.parametrize("place", ["front", "middle", "end"])
def test_raw_anywhere_in_the_answer(place: str) -> None:
    parts = [b'"id":"%s"' % ID.encode(), b'"threadId" : "1"', b'"labelIds":["\\"raw\\":\\"x","}"]', b'"sizeEstimate":3']
    parts.insert({"front": 0, "middle": 2, "end": 4}[place], b'"raw" : "%s"' % base64.urlsafe_b64encode(b"one"))
    found = answers.message(b"{\n " + b",\n ".join(parts) + b"\n}", ID)
    assert found.body == b"one"
    assert found.labels == ['"raw":"x', "}"]


def test_every_cut_is_noticed() -> None:
    for body in (b"", b"one line\r\n", EVERY[:100]):
        whole = answer(body)
        for length in range(len(whole)):
            with pytest.raises(Transient):
                answers.message(whole[:length], ID)


def test_every_message_of_the_student() -> None:
    box = World([STUDENT]).mail[STUDENT.address]
    student_mail(box)
    for one in box.messages.values():
        body = bytes(one.body)
        assert answers.message(answer(body, id=one.hex), one.hex).body == body


NONSENSE = {
    "another message": {"id": "18a2a0abb3eb3712"},
    "no id": {"id": ...},
    "an id that is a number": {"id": 1774850},
    "an id with a slash": {"id": "../../etc/passwd"},
    "no raw": {"raw": ..., "sizeEstimate": 10},
    "raw is null": {"raw": None},
    "raw is a number": {"raw": 12},
    "raw is a list": {"raw": ["eA=="]},
    "no base64": {"raw": "eA==eA=="},
    "a space in it": {"raw": "eHh4 eHh4"},
    "one character too many": {"raw": "eHh4e"},
    "an escape in it": {"raw": "eHh4\u3042"},
    "labels that are no list": {"labelIds": {"INBOX": 1}},
    "labels that are numbers": {"labelIds": [1, 2]},
    "labels that are lists": {"labelIds": [["INBOX"]]},
    "a date that is a word": {"internalDate": "yesterday"},
    "a date that is a number": {"internalDate": 1700000000000},
    "a date too long": {"internalDate": "9" * 40},
    "no thread": {"threadId": ...},
    "a thread that is a number": {"threadId": 5},
}


@pytest.mark.parametrize("more", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_asked_for_again(more: dict[str, Any]) -> None:
    with pytest.raises(Transient):
        answers.message(answer(**more), ID)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"<html>", b"\xff\xfe{}", b'{"id":' + b"[" * 100_000, b'{"id":' + b"9" * 5_000 + b"}"],
    ids=["nothing", "a list", "null", "a page", "no UTF-8", "nested without end", "a number without end"],
)  # fmt: skip
def test_what_is_no_object(body: bytes) -> None:
    with pytest.raises(Transient):
        answers.message(body, ID)


@pytest.mark.parametrize("date", ["-62135596800001", "253402300800000", "999999999999999999", "-999999999999999999"])
def test_dates_that_no_calendar_has(date: str) -> None:
    found = answers.message(answer(internalDate=date), ID)
    known = Row(ID, {"labelIds": [], "internalDate": found.date})
    item = items.message("mail", Row(ID, {}), known, {})
    assert [step.name for step in item.path] == ["undated", f"{ID}.eml"]
    assert item.modified is None


@pytest.mark.parametrize(
    ("date", "folder"),
    [(0, "1970/01"), (-1, "1969/12"), (1_704_067_199_999, "2023/12"), (1_704_067_200_000, "2024/01")],
)
def test_the_month_is_that_of_utc(date: int, folder: str) -> None:
    item = items.message("mail", Row(ID, {}), Row(ID, {"labelIds": [], "internalDate": date}), {})
    assert "/".join(step.name for step in item.path[:-1]) == folder


PAGES: dict[str, Any] = {
    "no messages and no estimate": {},
    "messages that are an object": {"messages": {}},
    "messages that are words": {"messages": ["x"]},
    "an id with a slash": {"messages": [{"id": "a/../b"}]},
    "an id in capitals": {"messages": [{"id": "18A2"}]},
    "an id too long": {"messages": [{"id": "1" * 17}]},
    "an id with a line end": {"messages": [{"id": "18a2\n"}]},
    "an id of other digits": {"messages": [{"id": "١٢"}]},
    "a token that is a number": {"messages": [], "nextPageToken": 5},
    "a page followed by itself": {"messages": [], "nextPageToken": "token"},
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_that_makes_no_sense(page: Any) -> None:
    with pytest.raises(Transient):
        answers.messages(page, "token")


HISTORIES: dict[str, Any] = {
    "no history id": {"history": []},
    "a history id that is a word": {"historyId": "soon"},
    "a record without an id": {"historyId": "5", "history": [{"labelsAdded": []}]},
    "a change of nothing": {"historyId": "5", "history": [{"id": "4", "labelsAdded": [{}]}]},
    "a change of a word": {"historyId": "5", "history": [{"id": "4", "messagesAdded": ["x"]}]},
    "labels that are numbers": {
        "historyId": "5", "history": [{"id": "4", "labelsAdded": [{"message": {"id": "1"}, "labelIds": [1]}]}],
    },
    "history that is an object": {"historyId": "5", "history": {"id": "4"}},
}  # fmt: skip


@pytest.mark.parametrize("page", HISTORIES.values(), ids=HISTORIES)
def test_a_log_that_makes_no_sense(page: Any) -> None:
    with pytest.raises(Transient):
        answers.history(page, None, "1")


def test_an_id_is_one_however_it_is_written() -> None:
    rows = answers.messages({"messages": [{"id": "00ff"}, {"id": "ff"}]}, None).rows
    assert [row.id for row in rows] == ["ff", "ff"]


@pytest.mark.parametrize(
    "profile",
    [
        {},
        {"emailAddress": 5, "historyId": "1"},
        {"emailAddress": "a@b", "historyId": None},
        {"emailAddress": "a@b", "historyId": "1", "messagesTotal": "many"},
    ],
)
def test_a_profile_that_makes_no_sense(profile: Any) -> None:
    with pytest.raises(Transient):
        answers.profile(profile)


@pytest.mark.parametrize("found", [{}, {"labels": []}, {"labels": [{"id": "x"}]}, {"labels": [{"id": 1, "name": "x"}]}])
def test_labels_that_make_no_sense(found: Any) -> None:
    with pytest.raises(Transient):
        answers.labels(found)
