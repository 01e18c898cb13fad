"""Does the practice IMAP service refuse, break off and interrupt as it was told to?"""

from __future__ import annotations

import contextlib
import json
import threading
import time

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError
from rehearsal_imap import (
    ALL,
    FIXTURES,
    WHEN,
    Post,
    Raw,
    client_of,
    everything,
    signed_in,
    trusting,
)

from eccs_backup.rehearsal.mail.imap import Imap, ImapFaults, ImapLimits, serve_imap
from eccs_backup.rehearsal.mail.mailbox import Message
from eccs_backup.rehearsal.world import STUDENT

POST, SERVED = FIXTURES


def test_news_of_the_open_folder(served: Imap, post: Post) -> None:
    made = post.fill({"INBOX"}, {"INBOX"}, {"INBOX"})
    with Raw(served) as raw:
        raw.enter(post.token())
        raw.ask(b"a EXAMINE INBOX")
        post.box.delete(made[0].id)
        post.box.delete(made[2].id)
        post.box.add(Message(made[2].id + 1, 1, WHEN, b"x", {"INBOX"}))
        assert len(raw.ask(b"b FETCH 1:3 UID")) == 2  # what is gone answers nothing, and nobody is renumbered yet
        assert raw.ask(b"c NOOP") == [b"* 3 EXPUNGE", b"* 1 EXPUNGE", b"* 2 EXISTS", b"c OK Success"]
        raw.send(b"d IDLE\r\n")
        assert raw.line() == b"+ idling\r\n"
        raw.send(b"DONE\r\n")
        assert raw.until(b"d")[-1].startswith(b"d OK")


def test_chatter_confuses_nobody(post: Post) -> None:
    made = post.fill(*([{"INBOX"}] * 60))
    with serve_imap(post.world, post.grants, chatty=True) as imap, client_of(imap, post) as client:
        client.select_folder(ALL, readonly=True)
        found = client.fetch(everything(client), ["BODY.PEEK[]", "X-GM-MSGID"])
    bodies = {each[b"X-GM-MSGID"]: each[b"BODY[]"] for each in found.values() if b"BODY[]" in each}
    assert bodies == {message.id: bytes(message.body) for message in made}
    with serve_imap(post.world, post.grants, chatty=True) as imap, Raw(imap) as raw:
        raw.enter(post.token())
        raw.ask(b"a EXAMINE INBOX")
        lines = raw.ask(b"b FETCH 1:* (X-GM-MSGID)")
    assert b"* 60 EXISTS" in lines
    assert b"* 1 FETCH (FLAGS (\\Seen))" in lines


def test_the_day_s_bytes(post: Post) -> None:
    post.fill(*([{"INBOX"}] * 50), body=b"x" * 20_000)
    limits = ImapLimits(bytes_per_day=200_000)
    with serve_imap(post.world, post.grants, limits=limits) as imap:
        with Raw(imap) as raw:
            raw.enter(post.token())
            raw.ask(b"a EXAMINE INBOX")
            lines = raw.ask(b"b FETCH 1:* (UID BODY.PEEK[])")
            assert lines[-1] == b"b NO [OVERQUOTA] Account exceeded command or bandwidth limits."
            assert len(lines) == 21  # ten messages in two lines each
            assert raw.line().startswith(b"* BYE")
            assert raw.line() == b""
        with Raw(imap) as raw:
            refused = raw.enter(post.token())
            assert refused == b"in NO [ALERT] Account exceeded command or bandwidth limits. (Failure)"
            imap.next_day()
            assert raw.enter(post.token()).startswith(b"in OK")
        assert 200_000 < imap.log.sent[STUDENT.address] < 240_000
        assert imap.log.refusals["exceeded"] == 2


def test_too_many_connections(post: Post) -> None:
    limits = ImapLimits(connections=2)
    with serve_imap(post.world, post.grants, limits=limits) as imap, Raw(imap) as one, Raw(imap) as two:
        assert one.enter(post.token()).startswith(b"in OK")
        assert two.enter(post.token()).startswith(b"in OK")
        with Raw(imap) as three:
            assert three.enter(post.token()) == b"in NO [ALERT] Too many simultaneous connections. (Failure)"
            one.ask(b"z LOGOUT")
            assert one.line() == b""
            assert three.enter(post.token()).startswith(b"in OK")
        assert imap.log.most_connections == 3
        assert imap.log.refusals["too_many"] == 1


def test_switched_off(post: Post) -> None:
    with serve_imap(post.world, post.grants, limits=ImapLimits(enabled=False)) as imap:
        with Raw(imap) as raw:
            words = raw.enter(post.token())
            assert words.startswith(b"in NO [ALERT] Your account is not enabled for IMAP use.")
        with (
            IMAPClient("localhost", imap.port, ssl_context=trusting(imap)) as client,
            pytest.raises(IMAPClientError, match="not enabled for IMAP"),
        ):
            client.oauth2_login(STUDENT.address, post.token())


def test_a_session_that_expires(post: Post) -> None:
    with serve_imap(post.world, post.grants, limits=ImapLimits(fail_after=3)) as imap, Raw(imap) as raw:
        raw.enter(post.token())
        raw.ask(b"a EXAMINE INBOX")
        assert raw.ask(b"b NOOP") == [b"b OK Success"]
        assert raw.line() == b"* BYE Session expired, please login again.\r\n"
        assert raw.line() == b""


def test_a_line_that_breaks_within_a_message(post: Post) -> None:
    post.fill(*([{"INBOX"}] * 5), body=b"x" * 1000)
    faults = ImapFaults(cut_after_bytes=[2500, 1000])
    with serve_imap(post.world, post.grants, faults=faults) as imap:
        for whole in (2, 0, 5):
            with Raw(imap) as raw:
                raw.enter(post.token())
                raw.ask(b"a EXAMINE INBOX")
                raw.send(b"b FETCH 1:* (BODY.PEEK[])\r\nz LOGOUT\r\n")
                everything = raw.file.read()
            assert everything.count(b"x" * 1000 + b")\r\n") == whole
            if whole < 5:
                assert 0 < len(everything.rpartition(b"{1000}\r\n")[2]) < 1000
        assert imap.log.refusals["cut"] == 2


def test_a_wrong_size_and_a_message_that_is_not_given(post: Post) -> None:
    made = post.fill({"INBOX"}, {"INBOX"}, {"INBOX"})
    faults = ImapFaults(wrong_size={made[0].id}, vanish={made[1].id})
    with serve_imap(post.world, post.grants, faults=faults) as imap, client_of(imap, post) as client:
        client.select_folder("INBOX", readonly=True)
        sizes = {
            each[b"X-GM-MSGID"]: each[b"RFC822.SIZE"]
            for each in client.fetch(everything(client), ["RFC822.SIZE", "X-GM-MSGID"]).values()
        }
        bodies = {
            each[b"X-GM-MSGID"]: each[b"BODY[]"]
            for each in client.fetch(everything(client), ["BODY.PEEK[]", "X-GM-MSGID"]).values()
        }
    assert [sizes[message.id] - len(message.body) for message in made] == [1, 0, 0]
    assert bodies == {message.id: bytes(message.body) for message in (made[0], made[2])}


def test_a_batch_of_which_some_are_refused(post: Post) -> None:
    made = post.fill({"INBOX"}, {"INBOX"}, {"INBOX"})
    with serve_imap(post.world, post.grants, faults=ImapFaults(refuse={made[1].id})) as imap, Raw(imap) as raw:
        raw.enter(post.token())
        raw.ask(b"a EXAMINE INBOX")
        lines = raw.ask(b"b FETCH 1:* (BODY.PEEK[TEXT])")
        assert lines[-1] == b"b NO Some messages could not be FETCHed (Failure)"
        assert [line[:10] for line in lines if line.startswith(b"* ")] == [b"* 1 FETCH ", b"* 3 FETCH "]
        assert raw.ask(b"c FETCH 2 (FLAGS)")[-1] == b"c OK Success"


def test_several_at_once_and_a_slow_reader(served: Imap, post: Post) -> None:
    made = post.fill(*([{"INBOX"}] * 200), body=b"y" * 50_000)
    found: list[int] = []

    def read() -> None:
        with signed_in(served, post) as client:
            client.select("INBOX", readonly=True)
            found.append(sum(isinstance(part, tuple) for part in client.fetch("1:*", "(BODY.PEEK[])")[1]))

    with Raw(served) as slow:
        slow.enter(post.token())
        slow.ask(b"a EXAMINE INBOX")
        slow.send(b"b FETCH 1:* (BODY.PEEK[])\r\n" * 3)  # 30 MB that nobody reads
        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        held = served.log.sent[STUDENT.address] - 3 * 200 * 50_000
    assert found == [len(made)] * 3
    assert held < 25_000_000  # the server does not pile up what the slow one leaves lying


def test_it_ends_at_once(post: Post) -> None:
    post.fill(*([{"INBOX"}] * 10), body=b"y" * 1_000_000)
    with serve_imap(post.world, post.grants) as imap:
        raw = Raw(imap)
        raw.enter(post.token())
        raw.ask(b"a EXAMINE INBOX")
        raw.send(b"b FETCH 1:* (BODY.PEEK[])\r\n")
        assert raw.line().startswith(b"* 1 FETCH")
        began = time.monotonic()
    assert time.monotonic() - began < 1
    with raw, contextlib.suppress(OSError):
        raw.file.read()


def test_counters(served: Imap, post: Post) -> None:
    with signed_in(served, post) as client:
        client.noop()
    state = served.state()
    assert json.loads(json.dumps(state)) == state
    assert served.log.commands["NOOP"] == 1
    served.reset()
    assert served.state()["commands"] == {}
