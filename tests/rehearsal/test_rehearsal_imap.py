"""Does the practice Gmail show its folders and messages by IMAP to clients that we did not write?"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient.exceptions import IMAPClientError
from imapclient.imap_utf7 import decode
from rehearsal_imap import (
    ALL,
    FIXTURES,
    JUNK,
    NASTY,
    TRASH,
    WHEN,
    Post,
    Raw,
    client_of,
    everything,
    quoted,
    signed_in,
    uids,
)

from eccs_backup.rehearsal.mail.imap import Imap, serve_imap
from eccs_backup.rehearsal.mail.imap.names import modified_utf7
from eccs_backup.rehearsal.mail.mailbox import Label, Message

POST, SERVED = FIXTURES


def test_imaplib_reads_every_byte(served: Imap, post: Post) -> None:
    made = post.fill(*([{"INBOX", "UNREAD"}] * 20))
    with signed_in(served, post) as client:
        assert client.select(quoted(ALL), readonly=True)[1] == [b"20"]
        kind, data = client.uid("FETCH", "1:*", "(BODY.PEEK[])")
    assert kind == "OK"
    assert sorted(part[1] for part in data if isinstance(part, tuple)) == sorted(bytes(m.body) for m in made)
    assert served.log.flags_changed == 0
    assert served.log.messages_sent == 20
    assert all("UNREAD" in message.labels for message in made)


def test_imapclient_agrees_on_everything(served: Imap, post: Post) -> None:
    nested, nasty = post.box.new_label("研究/ゼミ/2024"), post.box.new_label(NASTY)
    made = post.fill({"INBOX", "UNREAD", nested.id, nasty.id, "CATEGORY_SOCIAL", "CHAT"}, {"SENT", "STARRED", "DRAFT"})
    with client_of(served, post) as client:
        client.select_folder(ALL, readonly=True)
        items = ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "X-GM-MSGID", "X-GM-THRID", "X-GM-LABELS", "BODY.PEEK[]"]
        found = {answer[b"X-GM-MSGID"]: answer for answer in client.fetch(everything(client), items).values()}
    first, second = (found[message.id] for message in made)
    assert first[b"BODY[]"] == bytes(made[0].body)
    assert second[b"X-GM-THRID"] == made[1].thread
    assert second[b"RFC822.SIZE"] == len(made[1].body)
    assert set(first[b"FLAGS"]) == set()
    assert set(second[b"FLAGS"]) == {b"\\Seen", b"\\Flagged", b"\\Draft"}
    assert {decode(label) for label in first[b"X-GM-LABELS"]} == {"\\Inbox", "研究/ゼミ/2024", NASTY}
    assert {bytes(label) for label in second[b"X-GM-LABELS"]} == {b"\\Sent", b"\\Starred", b"\\Draft"}
    assert first[b"INTERNALDATE"].timestamp() * 1000 == WHEN


def test_folders_are_named_in_the_account_s_language(served: Imap, post: Post) -> None:
    post.box.new_label("研究/ゼミ/2024")
    post.box.new_label(NASTY)
    with client_of(served, post) as client:
        found = {name: set(flags) for flags, _, name in client.list_folders()}
        assert client.find_special_folder(b"\\All") == ALL
        assert client.find_special_folder(b"\\Junk") == JUNK
        assert client.find_special_folder(b"\\Trash") == TRASH
    assert b"\\Noselect" in found["[Gmail]"]
    assert b"\\Noselect" in found["研究/ゼミ"]
    assert found["研究/ゼミ/2024"] == {b"\\HasNoChildren"}
    assert found[NASTY] == {b"\\HasNoChildren"}
    assert len(found) == 13


def test_folders_in_english(post: Post) -> None:
    with serve_imap(post.world, post.grants, language="en") as imap, client_of(imap, post) as client:
        assert client.find_special_folder(b"\\All") == "[Gmail]/All Mail"


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (b'LIST "" "INBOX"', [b"INBOX"]),
        (b'LIST "" inbox', [b"INBOX"]),
        (b'LIST "" %', [b"INBOX", b"one", b"[Gmail]"]),
        (b'LIST "one/" %', [b"one/two"]),
        (b'LIST "" ("one/*" INBOX)', [b"INBOX", b"one/two"]),
        (b'LIST (SPECIAL-USE) "" "*All*"', [b"[Gmail]/All Mail"]),
        (b'LIST "" "[Gmail]/*Mail" RETURN (SPECIAL-USE)', [b"[Gmail]/All Mail", b"[Gmail]/Sent Mail"]),
        (b'LIST "" ""', [b"/"]),
    ],
)
def test_list_patterns(post: Post, command: bytes, names: list[bytes]) -> None:
    post.box.new_label("one/two")
    with serve_imap(post.world, post.grants, language="en") as imap, Raw(imap) as raw:
        raw.enter(post.token())
        lines = raw.ask(b"a " + command)
    assert lines[-1].startswith(b"a OK")
    assert [re.findall(rb'"([^"]*)"$', line)[0] for line in lines[:-1]] == names


def test_list_with_status(served: Imap, post: Post) -> None:
    post.fill({"INBOX", "UNREAD"}, {"INBOX"})
    with Raw(served) as raw:
        raw.enter(post.token())
        lines = raw.ask(b'a LIST "" INBOX RETURN (SUBSCRIBED STATUS (MESSAGES UNSEEN))')
    assert lines[0] == b'* LIST (\\HasNoChildren \\Subscribed) "/" "INBOX"'
    assert lines[1] == b'* STATUS "INBOX" (MESSAGES 2 UNSEEN 1)'


def test_which_folder_holds_what(served: Imap, post: Post) -> None:
    own = post.box.new_label("own")
    post.fill({"INBOX", own.id}, {"SPAM"}, {"TRASH"}, {"SENT"}, set())
    with client_of(served, post) as client:
        counts = {
            name: client.folder_status(name, ["MESSAGES"])[b"MESSAGES"] for name in (ALL, JUNK, TRASH, "INBOX", "own")
        }
        client.select_folder("own", readonly=True)
        answer = client.fetch(everything(client), ["X-GM-LABELS"])
    assert counts == {ALL: 3, JUNK: 1, TRASH: 1, "INBOX": 1, "own": 1}
    assert [set(each[b"X-GM-LABELS"]) for each in answer.values()] == [{b"\\Inbox"}]  # its own label is left out


def test_uids_stay_and_leave_gaps(served: Imap, post: Post) -> None:
    made = post.fill(*([{"INBOX"}] * 30))
    with client_of(served, post) as client:
        about = client.select_folder(ALL, readonly=True)
        before = uids(client)
        post.box.delete(made[3].id)
        post.box.relabel(made[4].id, add=["TRASH"])
        post.box.add(Message(made[0].id + 1, 1, WHEN, b"late", {"INBOX"}))
        client.select_folder(ALL, readonly=True)
        post.box.relabel(made[4].id, remove=["TRASH"])
        again = client.select_folder(ALL, readonly=True)
        after = uids(client)
    assert again[b"UIDVALIDITY"] == about[b"UIDVALIDITY"]
    assert made[3].id not in after
    assert {id: uid for id, uid in after.items() if id in before and id != made[4].id} == {
        id: uid for id, uid in before.items() if id not in (made[3].id, made[4].id)
    }
    assert max(before.values()) < after[made[0].id + 1] < after[made[4].id] < again[b"UIDNEXT"]
    assert sorted(before.values()) != list(range(1, 31))


def test_a_second_server_numbers_alike(post: Post) -> None:
    made = post.fill(*([{"INBOX"}] * 5))
    found = []
    for _ in range(2):
        with serve_imap(post.world, post.grants) as imap, client_of(imap, post) as client:
            client.select_folder(ALL, readonly=True)
            found.append(uids(client))
        if made[0].id in post.box.messages:
            post.box.delete(made[0].id)
    assert all(found[0][id] == uid for id, uid in found[1].items())


def test_reading_without_peek_is_noticed(served: Imap, post: Post) -> None:
    made = post.fill({"INBOX", "UNREAD"}, {"INBOX", "UNREAD"}, {"INBOX"})
    with signed_in(served, post) as client:
        client.select("INBOX", readonly=True)
        client.fetch("1", "(BODY[])")
        client.fetch("1", "(RFC822)")
        assert served.log.flags_changed == 0
        client.select("INBOX")
        client.fetch("1:3", "(BODY.PEEK[] RFC822.HEADER)")
        assert served.log.flags_changed == 0
        client.fetch("2:3", "(RFC822)")
    assert served.log.flags_changed == 1
    assert ["UNREAD" in message.labels for message in made] == [True, False, False]


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (b"BODY[HEADER]", b"A: 1\r\nB: 2\r\n  more\r\nSubject: x\r\n\r\n"),
        (b"RFC822.HEADER", b"A: 1\r\nB: 2\r\n  more\r\nSubject: x\r\n\r\n"),
        (b"BODY[TEXT]", b"text\r\n\r\nmore"),
        (b"BODY[HEADER.FIELDS (B SUBJECT)]", b"B: 2\r\n  more\r\nSubject: x\r\n\r\n"),
        (b"BODY[HEADER.FIELDS.NOT (B)]", b"A: 1\r\nSubject: x\r\n\r\n"),
        (b"BODY[]<2>", b" 1\r\nB"),
    ],
)
def test_parts_of_a_message(served: Imap, post: Post, section: bytes, expected: bytes) -> None:
    post.fill({"INBOX"}, body=b"A: 1\r\nB: 2\r\n  more\r\nSubject: x\r\n\r\ntext\r\n\r\nmore")
    asked = section.replace(b"BODY[", b"BODY.PEEK[").replace(b"<2>", b"<2.5>")
    with Raw(served) as raw:
        raw.enter(post.token())
        raw.ask(b"a EXAMINE INBOX")
        raw.send(b"b FETCH 1 " + asked + b"\r\n")
        assert raw.line() == b"* 1 FETCH (%s {%d}\r\n" % (section, len(expected))
        assert raw.file.read(len(expected)) == expected
        assert raw.until(b"b") == [b")", b"b OK Success"]


def test_the_order_of_items_is_not_promised(served: Imap, post: Post) -> None:
    post.fill(*([{"INBOX"}] * 40))
    with Raw(served) as raw:
        raw.enter(post.token())
        raw.ask(b"a EXAMINE INBOX")
        lines = raw.ask(b"b UID FETCH 1:* (X-GM-MSGID FLAGS)")
        again = raw.ask(b"b UID FETCH 1:* (X-GM-MSGID FLAGS)")
    turned = [line for line in lines if b"(FLAGS" in line]
    assert 0 < len(turned) < 20
    assert again == lines


def test_sets(served: Imap, post: Post) -> None:
    post.fill(*([{"INBOX"}] * 9))
    with Raw(served) as raw:
        raw.enter(post.token())
        raw.ask(b"a EXAMINE INBOX")

        def numbers(command: bytes) -> list[int]:
            return [int(line.split()[1]) for line in raw.ask(b"b " + command)[:-1]]

        assert numbers(b"FETCH 2:4,3,9 UID") == [2, 3, 4, 9]
        assert numbers(b"FETCH *:8 UID") == [8, 9]
        assert numbers(b"UID FETCH 999999:* UID") == [9]  # the star is the last message, in whichever order
        assert numbers(b"UID FETCH 999998:999999 UID") == []
        for wrong in (b"FETCH 0 UID", b"FETCH 1:10 UID", b"FETCH 1,,2 UID", b"FETCH 1 ENVELOPE", b"FETCH 1"):
            assert raw.ask(b"b " + wrong)[-1].startswith(b"b BAD"), wrong


def test_search(served: Imap, post: Post) -> None:
    own = post.box.new_label("own")
    made = post.fill({"INBOX", "UNREAD"}, {"INBOX"}, {"INBOX", "STARRED", own.id}, {"INBOX"})
    with client_of(served, post) as client:
        client.select_folder("INBOX", readonly=True)
        uid = uids(client)
        order = [uid[message.id] for message in made]
        assert client.search("ALL") == order
        assert client.search(["X-GM-MSGID", str(made[2].id)]) == [order[2]]
        assert client.search(["UID", f"{order[1]}:{order[2]}"]) == order[1:3]
        assert client.search(["SINCE", "15-Sep-2020", "NOT", "FLAGGED"]) == [order[3]]
        assert client.search(["BEFORE", "14-Sep-2020"]) == order[:1]
        assert client.search("UNSEEN") == order[:1]
        assert client.gmail_search("label:own") == [order[2]]
        assert client.gmail_search("rfc822msgid:<1@x>") == [order[1]]
        with pytest.raises(IMAPClientError):
            client.gmail_search("subject:hello")
    with Raw(served) as raw:
        raw.enter(post.token())
        raw.ask(b"a EXAMINE INBOX")
        line = raw.ask(b"b UID SEARCH RETURN (MIN MAX COUNT) ALL")[0]
    assert line == b'* ESEARCH (TAG "b") UID MIN %d MAX %d COUNT 4' % (order[0], order[3])


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_names_survive_modified_utf7(name: str) -> None:
    spelled = modified_utf7(name)
    assert re.fullmatch("[\x20-\x7e]*", spelled)
    assert decode(spelled.encode()) == name


def test_every_label_of_any_name_arrives(served: Imap, post: Post) -> None:
    names = [
        "受信トレイ",
        "Inbox2",
        "&",
        "a&b",
        '"',
        "\\",
        "(x)",
        "{3}",
        "a]b",
        "NIL",
        "が",
        "か\u3099",
        "🎓",
        "x" * 225,
        "%*",
    ]
    own = [post.box.new_label(name) for name in names]
    post.fill({label.id for label in own}, *({label.id} for label in own))
    with client_of(served, post) as client:
        assert {name for _, _, name in client.list_folders()} >= set(names)
        client.select_folder(ALL, readonly=True)
        answer = client.fetch(everything(client), ["X-GM-LABELS"])
        assert sorted(decode(label) for label in answer[min(answer)][b"X-GM-LABELS"]) == sorted(names)
        for name in names:
            client.select_folder(name, readonly=True)
            assert len(everything(client)) == 2


def test_unknown_folder(served: Imap, post: Post) -> None:
    post.box.labels["Label_1"] = Label("Label_1", "a/b")
    with signed_in(served, post) as client:
        for name in ("nothing", '"[Gmail]"', "a"):
            kind, words = client.select(name, readonly=True)
            assert kind == "NO"
            assert b"[NONEXISTENT] Unknown Mailbox" in words[0]
