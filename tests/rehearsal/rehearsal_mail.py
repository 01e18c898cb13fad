"""Bare HTTP against the practice Gmail, and a mailbox of plain letters, for its tests."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message as Mail
from email.parser import BytesParser
from typing import Any

import pytest
import requests
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build

from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message
from eccs_backup.rehearsal.server import MAIL, Rehearsal, serve
from eccs_backup.rehearsal.world import SECOND, STUDENT, World

AUTH = "https://www.googleapis.com/auth/"

GMAIL = AUTH + "gmail."

BROKEN = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)

START = 1_700_000_000_000

NASTY = b"Subject: a\r\n\r\nFrom here\r\n>From there\nbare LF\rbare CR\0NUL\xff\xfe no end"


def letter(number: int) -> bytes:
    head = f"From: friend@example.ac.jp\r\nSubject: No. {number}\r\nMessage-ID: <{number}@example.ac.jp>\r\n"
    return head.encode() + b"Date: Tue, 19 Mar 2024 09:13:51 +0900\r\n\r\nHello <you>, " + b"\xe3\x81\x82" * number


def posted(number: int, *labels: str) -> Message:
    id = START + number * 1000 << 20 | 0xBEEF
    return Message(id, id if number % 4 else id - (1000 << 20), START + number * 1000, letter(number), set(labels))


def letters() -> World:
    """120 messages: number 7 is spam, 8 is in the trash, every tenth is starred, every third in 「研究/ゼミ」."""
    world = World([STUDENT, SECOND])
    mailbox = world.mail[STUDENT.address]
    mailbox.new_label("研究/ゼミ", "Label_9")
    places = {7: "SPAM", 8: "TRASH"}
    for number in range(120):
        labels = [places.get(number, "INBOX")] + ["STARRED"] * (number % 10 == 0) + ["Label_9"] * (number % 3 == 0)
        mailbox.fill([posted(number, *labels, *["UNREAD"] * (number < 5))])
    return world


class Gmail:
    """Bare HTTP against Gmail's API."""

    def __init__(self, rehearsal: Rehearsal, *granted: str, address: str = STUDENT.address) -> None:
        self.url = rehearsal.url
        self.session = requests.Session()
        self.session.trust_env = False
        token = rehearsal.access_token(granted or (MAIL,), address)
        self.session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, user: str = "me", **query: object) -> requests.Response:
        return self.session.get(f"{self.url}/gmail/v1/users/{user}/{path}", params=query)  # type: ignore[arg-type]

    def json(self, path: str, **query: object) -> Any:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: object, **query: str) -> requests.Response:
        return self.session.post(f"{self.url}/gmail/v1/users/me/{path}", json=body, params=query)

    def upload(self, path: str, data: bytes, kind: str, **query: str) -> requests.Response:
        url = f"{self.url}/upload/gmail/v1/users/me/{path}"
        return self.session.post(url, data=data, params=query, headers={"Content-Type": kind})

    def batch(self, *calls: str, place: str = "/batch/gmail/v1") -> list[tuple[int, Any]]:
        """GET these paths in one request; status and body of each."""
        parts = "".join(
            f"--b\r\nContent-Type: application/http\r\nContent-ID: <{number}>\r\n\r\nGET {call} HTTP/1.1\r\n\r\n\r\n"
            for number, call in enumerate(calls)
        )
        headers = {"Content-Type": "multipart/mixed; boundary=b"}
        answer = self.session.post(self.url + place, data=parts + "--b--", headers=headers)
        assert answer.status_code == 200, answer.text
        whole = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode() + answer.content
        parsed: list[Mail] = BytesParser().parsebytes(whole).get_payload()  # type: ignore[assignment]
        return [_read(part.get_payload()) for part in parsed]


def _read(text: Any) -> tuple[int, Any]:
    head, _, body = str(text).replace("\r\n", "\n").partition("\n\n")
    return int(head.split()[1]), body.strip()


@pytest.fixture(name="world")
def letters_world() -> World:
    return letters()


@pytest.fixture(name="mailbox")
def students_mailbox(world: World) -> Mailbox:
    return world.mail[STUDENT.address]


@pytest.fixture(name="rehearsal")
def served(world: World) -> Iterator[Rehearsal]:
    with serve(world) as running:
        yield running


@pytest.fixture(name="gmail")
def signed_in(rehearsal: Rehearsal) -> Gmail:
    return Gmail(rehearsal)


def library(rehearsal: Rehearsal) -> Any:
    """Google's client, pointed at the rehearsal."""
    options = {"api_endpoint": f"{rehearsal.url}/"}
    return build(
        "gmail",
        "v1",
        credentials=Credentials(rehearsal.access_token((MAIL,))),
        client_options=options,
        static_discovery=True,
    )


def numbers(gmail: Gmail, **query: object) -> list[int]:
    """The letters that are listed, by number, all pages."""
    found: list[int] = []
    more: dict[str, object] = {}
    while True:
        page = gmail.json("messages", **query, **more)
        found += [((int(row["id"], 16) >> 20) - START) // 1000 for row in page.get("messages", [])]
        if "nextPageToken" not in page:
            return found
        more = {"pageToken": page["nextPageToken"]}


FIXTURES = (letters_world, students_mailbox, served, signed_in)
"""For test modules to unpack."""
