"""Does the practice IMAP service sign in, read commands and keep their order as Gmail does?"""

from __future__ import annotations

import base64
import imaplib
import json
import ssl
import time

import pytest
from rehearsal_imap import (
    ALL,
    FIXTURES,
    SCOPE,
    Post,
    Raw,
    trusting,
    xoauth2,
)

from eccs_backup.rehearsal.mail.imap import Imap, serve_imap
from eccs_backup.rehearsal.mail.imap.names import modified_utf7
from eccs_backup.rehearsal.world import STUDENT

POST, SERVED = FIXTURES


def test_pipelined_commands_are_answered_in_order(served: Imap, post: Post) -> None:
    made = post.fill(*([{"INBOX"}] * 300))
    with Raw(served) as raw:
        assert raw.greeting.startswith(b"* OK Gimap ready")
        sign_in = b"in AUTHENTICATE XOAUTH2 " + base64.b64encode(xoauth2(post.token())) + b"\r\n"
        asks = [b"f%d FETCH %d:%d (BODY.PEEK[])\r\n" % (n, n, n + 9) for n in range(1, 300, 10)]
        raw.send(b"".join([b"c CAPABILITY\r\n", sign_in, b"e EXAMINE INBOX\r\n", *asks, b"z LOGOUT\r\n"]))
        everything = raw.file.read()
    places = [everything.index(b"\r\n%s OK" % ask.split()[0]) for ask in asks]
    assert places == sorted(places)
    assert all(bytes(message.body) in everything for message in made)
    assert served.log.messages_sent == 300


def test_latency_is_a_line_s_and_not_the_server_s(post: Post) -> None:
    post.fill({"INBOX"})
    with serve_imap(post.world, post.grants, latency=0.1) as imap, Raw(imap) as raw:
        began = time.monotonic()
        raw.send(b"".join(b"n%d NOOP\r\n" % n for n in range(20)))
        raw.until(b"n19")
        assert 0.1 <= time.monotonic() - began < 0.6
        began = time.monotonic()
        for _ in range(2):
            raw.ask(b"m NOOP")
        assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
@pytest.mark.parametrize("trouble", ["", "token", "scope", "address", "expired"])
def test_signing_in(served: Imap, post: Post, mechanism: str, trouble: str) -> None:
    token = post.token(SCOPE if trouble != "scope" else "https://www.googleapis.com/auth/gmail.readonly")
    if trouble == "expired":
        post.grants.expire(token)
    spoken = "ya29.other" if trouble == "token" else token
    address = "else@example.com" if trouble == "address" else STUDENT.address
    text = xoauth2(spoken, address)
    if mechanism == "OAUTHBEARER":
        text = f"n,a={address},\x01host=localhost\x01port=993\x01auth=Bearer {spoken}\x01\x01".encode()
    with Raw(served) as raw:
        raw.send(b"a AUTHENTICATE %s\r\n" % mechanism.encode())
        assert raw.line() == b"+ \r\n"
        raw.send(base64.b64encode(text) + b"\r\n")
        if not trouble:
            assert raw.until(b"a")[-1] == b"a OK yamada.hanako@g.example.ac.jp authenticated (Success)"
            assert b"AUTH=" not in raw.ask(b"b CAPABILITY")[0]
            return
        challenge = raw.line()
        assert json.loads(base64.b64decode(challenge[2:])) == {"status": "400", "schemes": "Bearer", "scope": SCOPE}
        raw.send(b"\r\n")
        assert raw.until(b"a")[-1] == b"a NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"
        assert served.log.refusals["credentials"] == 1
        assert raw.enter(post.token()).startswith(b"in OK")  # the connection lives on


def test_imaplib_learns_that_a_token_is_wrong(served: Imap, post: Post) -> None:
    with (
        imaplib.IMAP4_SSL("localhost", served.port, ssl_context=trusting(served)) as client,
        pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"),
    ):
        client.authenticate("XOAUTH2", lambda _: xoauth2("wrong"))


def test_a_garbled_answer_is_no_sign_in(served: Imap, post: Post) -> None:
    with Raw(served) as raw:
        for text in (b"!!!", b"YQ==", base64.b64encode(b"user=a\x01auth=Basic x\x01\x01")):
            assert raw.ask(b"a AUTHENTICATE XOAUTH2 " + text)[-1].startswith(b"a BAD Invalid SASL argument")
        assert raw.ask(b"a AUTHENTICATE PLAIN")[-1].startswith(b"a BAD")
        assert raw.ask(b'a LOGIN user "password"')[-1].startswith(b"a BAD")


def test_the_certificate_is_the_server_s_own(served: Imap) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        imaplib.IMAP4_SSL("localhost", served.port, ssl_context=ssl.create_default_context())
    strict = trusting(served)
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    for name in ("localhost", "127.0.0.1"):
        with imaplib.IMAP4_SSL(name, served.port, ssl_context=strict) as client:
            assert client.welcome.startswith(b"* OK Gimap")


@pytest.mark.parametrize(
    "command",
    [
        b"XYZZY", b"NOOP ", b"NOOP  x", b"EXAMINE", b"EXAMINE INBOX more", b'EXAMINE "INBOX', b"STATUS INBOX MESSAGES",
        b"STATUS INBOX (COLOUR)", b"LIST", b"LIST ((((", b"UID", b"UID NOOP", b"FETCH 1 UID", b"STORE 1 FLAGS x",
        b"LIST " + b"(" * 500, b"LIST \xe3\x81\x82 x", b"CAPABILITY now",
    ],
)  # fmt: skip
def test_what_is_no_command_is_bad(served: Imap, post: Post, command: bytes) -> None:
    with Raw(served) as raw:
        raw.enter(post.token())
        assert raw.ask(b"t " + command)[-1].startswith(b"t BAD")
        assert raw.ask(b"u NOOP") == [b"u OK Success"]
    assert served.log.refusals["bad"] == 1


@pytest.mark.parametrize(
    "text", [b"a NOOP\n", b"a NOOP {5000+}\r\n", b"a NOOP {99999999}\r\n", b"a" * 300_000 + b"\r\n"]
)
def test_what_cannot_be_read_ends_the_connection(served: Imap, text: bytes) -> None:
    with Raw(served) as raw:
        raw.send(text)
        assert raw.line().startswith(b"* BYE")
        assert raw.line() == b""


def test_nothing_before_signing_in(served: Imap) -> None:
    with Raw(served) as raw:
        for command in (b'LIST "" *', b"EXAMINE INBOX", b"FETCH 1 UID", b"NAMESPACE"):
            assert raw.ask(b"a " + command)[-1].startswith(b"a BAD")
        assert b"AUTH=XOAUTH2" in raw.ask(b"a CAPABILITY")[0]
        assert raw.ask(b'a ID ("name" "x")')[-1] == b"a OK Success"


def test_literals_from_the_client(served: Imap, post: Post) -> None:
    name = modified_utf7(ALL).encode()
    with Raw(served) as raw:
        raw.enter(post.token())
        raw.send(b"n NOOP\r\na EXAMINE {%d}\r\n" % len(name))
        assert raw.until(b"n") == [b"n OK Success"]  # the word to go on comes after what was asked before
        assert raw.line().startswith(b"+ ")
        raw.send(name + b"\r\n")
        assert b"[READ-ONLY]" in raw.until(b"a")[-1]
        assert b"[READ-ONLY]" in raw.ask(b"b EXAMINE {%d+}\r\n%s" % (len(name), name))[-1]
        assert raw.ask(b"c EXAMINE {9+}\r\nx\r\ny\r\nz\xff\r")[-1].startswith(b"c NO [NONEXISTENT]")
