"""Clients of the practice IMAP service, for its tests."""

from __future__ import annotations

import base64
import contextlib
import imaplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from imapclient import IMAPClient

from eccs_backup.rehearsal.identity.grants import Grants
from eccs_backup.rehearsal.mail.imap import Imap, serve_imap
from eccs_backup.rehearsal.mail.imap.names import modified_utf7
from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message
from eccs_backup.rehearsal.world import STUDENT, World

SCOPE = "https://mail.google.com/"
ALL, JUNK, TRASH = "[Gmail]/すべてのメール", "[Gmail]/迷惑メール", "[Gmail]/ゴミ箱"
WHEN = 1_600_000_000_000
NASTY = 'a "quoted" \\ name & more % *'


@dataclass
class Post:
    """A mailbox, who may read it, and what serves it."""

    world: World = field(default_factory=lambda: World([STUDENT]))
    grants: Grants = field(default_factory=Grants)

    @property
    def box(self) -> Mailbox:
        return self.world.mail[STUDENT.address]

    def token(self, scope: str = SCOPE) -> str:
        return self.grants.new_access(STUDENT.address, [scope])

    def fill(self, *labels: set[str], body: bytes = b"") -> list[Message]:
        """One message for each set of labels."""
        made = [
            Message((1 << 60) + n * 5, (1 << 60) + n, WHEN + n * 86_400_000, body or body_of(n), set(each))
            for n, each in enumerate(labels)
        ]
        self.box.fill(made)
        return made


class Raw:
    """A client that writes what it is told."""

    def __init__(self, imap: Imap) -> None:
        plain = socket.create_connection((imap.host, imap.port), timeout=10)
        self.socket = trusting(imap).wrap_socket(plain, server_hostname="localhost")
        self.file = self.socket.makefile("rb")
        self.greeting = self.line()

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self.socket.close()

    def send(self, text: bytes) -> None:
        self.socket.sendall(text)

    def line(self) -> bytes:
        return self.file.readline()

    def until(self, tag: bytes) -> list[bytes]:
        """The lines to the tagged one."""
        found = []
        while line := self.line():
            found.append(line.rstrip(b"\r\n"))
            if line.startswith(tag + b" "):
                break
        return found

    def ask(self, text: bytes) -> list[bytes]:
        """One command and its answer."""
        self.send(text + b"\r\n")
        return self.until(text.split(b" ")[0])

    def enter(self, token: str) -> bytes:
        """Sign in with SASL-IR; the tagged line."""
        return self.ask(b"in AUTHENTICATE XOAUTH2 " + base64.b64encode(xoauth2(token)))[-1]


def body_of(number: int) -> bytes:
    return b"Subject: number %d\r\nMessage-ID: <%d@x>\r\n\r\n%s\r\n" % (number, number, b"\x00\xff\r\n) " * number)


def xoauth2(token: str, address: str = STUDENT.address) -> bytes:
    return f"user={address}\x01auth=Bearer {token}\x01\x01".encode()


def trusting(imap: Imap) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=imap.ca)


def quoted(name: str) -> str:
    return '"' + modified_utf7(name).replace("\\", "\\\\").replace('"', '\\"') + '"'


@contextlib.contextmanager
def signed_in(imap: Imap, post: Post) -> Iterator[imaplib.IMAP4_SSL]:
    """imaplib, signed in."""
    with imaplib.IMAP4_SSL("localhost", imap.port, ssl_context=trusting(imap), timeout=10) as client:
        client.authenticate("XOAUTH2", lambda _: xoauth2(post.token()))
        yield client


@contextlib.contextmanager
def client_of(imap: Imap, post: Post) -> Iterator[IMAPClient]:
    """imapclient, signed in."""
    with IMAPClient("localhost", imap.port, ssl_context=trusting(imap), timeout=10) as client:
        client.oauth2_login(STUDENT.address, post.token())
        yield client


def everything(client: IMAPClient) -> list[int]:
    """The UIDs of the open folder."""
    return client.search("ALL")


def uids(client: IMAPClient) -> dict[int, int]:
    return {answer[b"X-GM-MSGID"]: uid for uid, answer in client.fetch(everything(client), ["X-GM-MSGID"]).items()}


@pytest.fixture(name="post")
def new_post() -> Post:
    """One account with an empty mailbox."""
    return Post()


@pytest.fixture(name="served")
def served_post(post: Post) -> Iterator[Imap]:
    """The account's mailbox by IMAP."""
    with serve_imap(post.world, post.grants) as imap:
        yield imap


FIXTURES = (new_post, served_post)
"""For test modules to unpack."""
