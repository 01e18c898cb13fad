"""Do the practice mailboxes hold what they say: every hard message once, and ordinary ones by the hundred thousand?"""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import json
import subprocess
import sys
import timeit
import unicodedata
from collections import Counter
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from importlib import resources
from typing import Any

import pytest

from eccs_backup.rehearsal.cast import SECOND, STUDENT
from eccs_backup.rehearsal.mail import student_mail_labels as labels
from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message
from eccs_backup.rehearsal.mail.plain import SMALLEST
from eccs_backup.rehearsal.mail.student_mail_mime import LARGE, signed_part
from eccs_backup.rehearsal.world import MAIL_CASES, MAIL_IDS, many_labels, plain_mail, student, student_mail

JA = "表計算ソフトで能力を十分に発揮する。\r\n次の会議は三月十日です。\r\n"


@pytest.fixture(name="box", scope="module")
def filled() -> Mailbox:
    box = Mailbox(STUDENT.address)
    student_mail(box)
    return box


def case(box: Mailbox, key: str) -> Message:
    return box.messages[int(MAIL_IDS[key], 16)]


def raw(box: Mailbox, key: str) -> bytes:
    return bytes(case(box, key).body)


def parsed(box: Mailbox, key: str) -> EmailMessage:
    return email.message_from_bytes(raw(box, key), policy=email.policy.default)  # type: ignore[return-value]


def field(box: Mailbox, key: str, name: str) -> str:
    """A header field's value as a program without knowledge of encoded-words reads it."""
    value = email.message_from_bytes(raw(box, key), policy=email.policy.compat32)[name]
    return str(value)


def test_every_case_is_there_once(box: Mailbox) -> None:
    assert {message.hex for message in box.messages.values()} == set(MAIL_CASES) == set(MAIL_IDS.values())
    assert len(MAIL_IDS) == len(MAIL_CASES)
    assert 150 <= len(MAIL_CASES) <= 250
    assert box.order == sorted(box.messages)
    assert all(MAIL_CASES.values())
    for message in box.messages.values():
        assert len(message.body) == len(bytes(message.body)), MAIL_CASES[message.hex]
        assert message.labels <= set(box.labels)
        assert message.thread in box.messages
    assert not box.events


def test_the_student_has_it_and_each_copy_is_its_own() -> None:
    one, other = student(), student()
    assert set(one.mail[SECOND.address].messages) == set()
    box = one.mail[STUDENT.address]
    assert len(box.messages) == len(MAIL_CASES)
    id = int(MAIL_IDS["Starred"], 16)
    box.relabel(id, remove=["STARRED"])
    box.messages[id].labels.add("TRASH")
    box.settings.clear()
    again = other.mail[STUDENT.address]
    assert again.messages[id].labels == {"INBOX", "STARRED"}
    assert again.settings["language"] == {"displayLanguage": "ja"}
    assert student().mail[STUDENT.address].labels["Label_1"].more["color"] == {
        "textColor": "#ffffff", "backgroundColor": "#4a86e8",
    }  # fmt: skip


def test_it_is_quickly_filled() -> None:
    assert min(timeit.repeat(lambda: student_mail(Mailbox("a@example.com")), number=1, repeat=5)) < 0.1


@pytest.mark.parametrize(
    "key", ["Iso2022Jp", "ShiftJis", "EucJp", "Cp932", "Gb18030", "Utf7", "Utf8", "Utf16", "NoType"]
)
def test_character_sets_are_as_declared(box: Mailbox, key: str) -> None:
    message = email.message_from_bytes(raw(box, key))
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode(message.get_content_charset("shift_jis")) == JA
    if key not in {"Utf16", "NoType"}:
        assert str(make_header(decode_header(message["Subject"]))) == "表計算の会議"


@pytest.mark.parametrize(
    ("key", "charset"), [("SaidAscii", "us-ascii"), ("SaidJis", "iso-2022-jp"), ("UnknownCharset", "x-no-such-charset")]
)
def test_character_sets_that_lie(box: Mailbox, key: str, charset: str) -> None:
    message = email.message_from_bytes(raw(box, key))
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    with pytest.raises((UnicodeDecodeError, LookupError)):
        payload.decode(charset)


def test_encoded_words_are_cut_inside_characters(box: Mailbox) -> None:
    words = field(box, "SplitWord", "Subject").split()
    pieces = [base64.b64decode(each.split("?")[3]) for each in words]
    assert b"".join(pieces).decode() == "Re: 卒業研究の進め方について😀"
    with pytest.raises(UnicodeDecodeError):
        pieces[0].decode()
    for key in ("RawUtf8", "RawShiftJis"):
        assert not raw(box, key).partition(b"\r\n\r\n")[0].isascii()
    injected = str(make_header(decode_header(field(box, "WordInjects", "Subject"))))
    assert "\r\nBcc: " in injected
    assert len(field(box, "LongSubject", "Subject").replace("\r\n ", "")) == 10_000
    assert b"Subject: " + b"x" * 10_000 + b"\r\n" in raw(box, "LongLineSubject")


def test_line_ends(box: Mailbox) -> None:
    def ends(key: str) -> tuple[bool, bool, bool]:
        whole = raw(box, key)
        rest = whole.replace(b"\r\n", b"")
        return b"\r\n" in whole, b"\n" in rest, b"\r" in rest

    assert ends("Lf") == (False, True, False)
    assert ends("Cr") == (False, False, True)
    assert ends("CrLf") == (True, False, False)
    assert ends("MixedEnds") == (True, True, True)
    assert ends("LfHeader") == (True, True, False)

    assert b"\r\r\n" in raw(box, "CrCrLf")
    assert raw(box, "NoEnd").endswith(b"two")
    assert raw(box, "EndCr").endswith(b"two\r")
    assert raw(box, "BlankEnd").endswith(b"\r\n" * 100)


def test_strange_bytes_and_lines(box: Mailbox) -> None:
    head, _, body = raw(box, "NulBody").partition(b"\r\n\r\n")
    assert b"\0" in body
    assert b"\0" not in head
    assert b"\0" in raw(box, "NulHeader").partition(b"\r\n\r\n")[0]
    assert set(raw(box, "AllBytes")) == set(range(256))
    assert b"\r\n" + b"long " * 20_000 + b"\r\n" in raw(box, "LongLine")
    assert max(len(line) for line in raw(box, "LongLineUtf8").decode().splitlines()) == 100_000
    lines = raw(box, "FromLines").split(b"\r\n")
    for start in (b"From ", b">From ", b">>From "):
        assert any(line.startswith(start) for line in lines)
    assert raw(box, "FromFirst").startswith(b"From ")
    assert raw(box, "QuotedFromFirst").startswith(b">From ")


def test_headers_that_are_missing(box: Mailbox) -> None:
    assert raw(box, "NoBytes") == b""
    assert raw(box, "NoHeaders").startswith(b"\r\n")
    assert b"\r\n\r\n" not in raw(box, "HeadersOnly")
    assert not raw(box, "HeadersCut").endswith(b"\r\n")
    for key, name in (("NoMessageId", "Message-ID"), ("NoDate", "Date"), ("NoFrom", "From"), ("NoTo", "To")):
        assert f"\r\n{name}:".lower().encode() not in b"\r\n" + raw(box, key).lower()
    assert field(box, "FoldedMessageId", "Message-ID").strip() == "<folded@mail.example.ac.jp>"
    assert len(field(box, "LongMessageId", "Message-ID")) > 4000
    assert int(field(box, "ContentLength", "Content-Length")) != len(raw(box, "ContentLength"))
    assert field(box, "Crowd", "To").count("@") == 200


def test_message_ids_that_come_again(box: Mailbox) -> None:
    usual = {key for key in MAIL_IDS if not key.startswith(("Pair", "Trio", "Same"))}
    ids = Counter(
        str(email.message_from_bytes(raw(box, key)).get("Message-ID", key)) for key in usual if key != "Large"
    )  # the large one would take its time
    assert {id: n for id, n in ids.items() if n > 1} == {}
    for key, count in (("Pair", 2), ("Trio", 3), ("Same", 2)):
        found = [raw(box, f"{key}{number + 1}") for number in range(count)]
        assert len({email.message_from_bytes(each)["Message-ID"] for each in found}) == 1
        assert len(set(found)) == (1 if key == "Same" else count)


def test_dates(box: Mailbox) -> None:
    for key, year in (("Date1970", 1970), ("Date2038", 2038), ("Date9999", 9999), ("Date1900", 1900)):
        assert parsedate_to_datetime(field(box, key, "Date")).year == year
    for key in ("NonsenseDate", "EmptyDate", "DateNowhere", "Date10000", "JapaneseDate"):
        with pytest.raises(ValueError):  # noqa: PT011 - the words differ from date to date
            parsedate_to_datetime(field(box, key, "Date"))
    assert case(box, "InternalZero").date == 0
    assert case(box, "Internal2038").date > 1000 << 31
    said = parsedate_to_datetime(field(box, "InternalDiffers", "Date")).timestamp()
    assert case(box, "InternalDiffers").date / 1000 - said == 400 * 86_400
    for key in ("InternalZero", "InternalEarly", "Internal2038"):
        message = case(box, key)
        assert message.id >> 20 != message.date
    for key in ("Ordinary1", "InternalMillis", "Thread7"):
        message = case(box, key)
        assert message.id >> 20 == message.date


def test_old_ids_are_shorter(box: Mailbox) -> None:
    short = {key for key, hex in MAIL_IDS.items() if len(hex) == 15}
    assert short == {"Old2004", "OldLast"}
    assert {len(hex) for key, hex in MAIL_IDS.items() if key not in short} == {16}


def test_what_became_of_them(box: Mailbox) -> None:
    threads = Counter(message.thread for message in box.messages.values())
    first = case(box, "Thread1").id
    assert threads.pop(first) == 41  # forty, and a draft
    assert set(threads.values()) == {1}
    for key, expected in (
        ("Draft", {"DRAFT"}), ("DraftNobody", {"DRAFT"}), ("Sent", {"SENT"}), ("ToSelf", {"SENT", "INBOX", "UNREAD"}),
        ("SpamTerminal", {"SPAM", "UNREAD"}), ("Trash", {"TRASH"}), ("TrashSent", {"TRASH", "SENT", "STARRED"}),
        ("Archived", set()), ("Unread", {"UNREAD"}), ("Chat", {"CHAT"}), ("Important", {"INBOX", "IMPORTANT"}),
    ):  # fmt: skip
        assert case(box, key).labels == expected
    everywhere = Counter(label for message in box.messages.values() for label in message.labels)
    assert set(everywhere) == set(box.labels) - {labels.EMPTY}
    assert b"\x1b[2J" in raw(box, "SpamTerminal")
    assert "\u202e" in raw(box, "SpamBidi").decode()


def test_broken_structures_are_broken(box: Mailbox) -> None:
    keys = ("NoLastBoundary", "NoBoundary", "OtherBoundary", "EmptyMultipart", "SaidMultipart")
    for key in keys:
        assert parsed(box, key).defects, key
    outer, inner = (raw(box, "SameBoundary").count(b"--same" + end) for end in (b"\r\n", b"--\r\n"))
    assert (outer, inner) == (3, 2)
    broken = parsed(box, "BrokenBase64")
    broken.get_payload(decode=True)
    assert broken.defects
    assert not parsed(box, "OddBoundary").defects


def test_messages_inside_messages(box: Mailbox) -> None:
    kinds = Counter(each.get_content_type() for each in parsed(box, "Nested").walk())
    assert kinds["message/rfc822"] == 5
    assert kinds["text/plain"] == 6
    assert len(list(parsed(box, "ManyParts").iter_parts())) == 1000


def test_the_signed_part_is_findable_byte_by_byte(box: Mailbox) -> None:
    _, signed, signature, _ = raw(box, "Smime").split(b"--=_Smime")
    assert signed[2:-2] == signed_part()
    assert b"  \r\n\t\r\n" in signed
    coded = signature.partition(b"\r\n\r\n")[2].rstrip(b"\r\n-")
    assert hashlib.sha256(signed_part()).digest() in base64.b64decode(coded)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("NameEscape", "../../etc/passwd"),
        ("NameDrive", "C:\\Windows\\system32\\a.dll"),
        ("Name2231", "卒論.pdf"),
        ("Name2231Jis", "卒論.pdf"),
        ("Name2231Parts", "卒論.pdf"),
        ("NameBidi", "請求\u202efdp.exe"),
        ("Tnef", "winmail.dat"),
        ("EmptyFile", "0"),
    ],
)
def test_file_names(box: Mailbox, key: str, name: str) -> None:
    message = email.message_from_bytes(raw(box, key))
    (found,) = (each.get_filename() for each in message.walk() if each.get_content_disposition() == "attachment")
    assert found == name


def test_an_invitation_is_a_calendar(box: Mailbox) -> None:
    (event,) = (each for each in parsed(box, "Invitation").walk() if each.get_content_type() == "text/calendar")
    assert "SUMMARY:ゼミ" in event.get_payload(decode=True).decode()


def test_the_largest_message(box: Mailbox) -> None:
    body = case(box, "Large").body
    whole = bytes(body)
    assert len(whole) == len(body) < 35_651_584  # Gmail's APPENDLIMIT
    coded = whole.split(b"base64\r\n\r\n")[1].partition(b"\r\n--")[0]
    assert hashlib.sha256(base64.b64decode(coded)).hexdigest() == LARGE.digests().sha256
    assert max(len(line) for line in coded[:10_000].split(b"\r\n")) == 76


def test_label_names(box: Mailbox) -> None:
    names = {label.name for label in box.labels.values() if label.user}
    assert {"研究/ゼミ/2024", "Inbox2", "受信トレイ", "100%", "*重要*"} <= names
    assert max(len(name) for name in names) == 225
    assert len({name.casefold() for name in names}) == len(names)  # Gmail takes no two that differ only by case
    assert len({unicodedata.normalize("NFC", name) for name in names}) == len(names) - 1
    assert "実験" not in names
    for character in ('"', "\\", "&", "%", "*", "'", "🎓", "{", "\u202e"):
        assert any(character in name for name in names)


def test_settings_have_the_shape_of_the_discovery_document(box: Mailbox) -> None:
    where = resources.files("googleapiclient") / "discovery_cache" / "documents" / "gmail.v1.json"
    schemas = json.loads(where.read_text(encoding="utf-8"))["schemas"]
    for name, schema in (
        ("filters", "ListFiltersResponse"), ("forwardingAddresses", "ListForwardingAddressesResponse"),
        ("autoForwarding", "AutoForwarding"), ("sendAs", "ListSendAsResponse"), ("vacation", "VacationSettings"),
        ("imap", "ImapSettings"), ("pop", "PopSettings"), ("language", "LanguageSettings"),
    ):  # fmt: skip
        check(box.settings[name], {"$ref": schema}, schemas)
    for label in box.labels.values():
        check({**label.more, "id": label.id, "name": label.name}, {"$ref": "Label"}, schemas)
    settings: Any = box.settings
    assert len(settings["filters"]["filter"]) == 3
    for rule in settings["filters"]["filter"]:
        used = {*rule["action"].get("addLabelIds", ()), *rule["action"].get("removeLabelIds", ())}
        assert used <= set(box.labels)


def check(value: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Does the value have only fields, types and words that the schema knows?"""
    schema = schemas[schema["$ref"]] if "$ref" in schema else schema
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
    assert isinstance(value, kinds[schema["type"]])
    assert value in schema.get("enum", [value])
    if isinstance(value, dict):
        for name, inner in value.items():
            check(inner, schema["properties"][name], schemas)
    if isinstance(value, list):
        for inner in value:
            check(inner, schema["items"], schemas)


def test_ten_thousand_labels(box: Mailbox) -> None:
    fresh = Mailbox(STUDENT.address)
    many_labels(fresh, 3)  # nothing to put them on
    assert len(fresh.labels) == 14 + 3
    student_mail(fresh)
    many_labels(fresh)
    mine = [label for label in fresh.labels.values() if label.id.startswith("Label_9") and len(label.id) > 7]
    assert len({label.name for label in mine}) == len(mine) == 10_000
    used = Counter(label for message in fresh.messages.values() for label in message.labels)
    assert sum(used[label.id] == 3 for label in mine) == sum(used[label.id] > 0 for label in mine) == 50


def everything(count: int, size: int = 6000, seed: int = 0) -> list[tuple[int, int, int, bytes, set[str]]]:
    box = plain_mail(count, size, seed).mail[STUDENT.address]
    return [(each.id, each.thread, each.date, bytes(each.body), each.labels) for each in box.newest_first()]


def test_plain_mail_is_the_same_every_time() -> None:
    one, again, other = everything(300), everything(300), everything(300, seed=1)
    assert one == again
    assert not {each[3] for each in one} & {each[3] for each in other}
    assert len({each[0] for each in one}) == len({each[3] for each in one}) == 300


@pytest.mark.parametrize("size", [SMALLEST, 6000, 6001, 20_000, 3_000_000])
def test_plain_mail_has_the_size_asked_for(size: int) -> None:
    box = plain_mail(8, size).mail[STUDENT.address]
    for message in box.messages.values():
        whole = bytes(message.body)
        assert len(whole) == len(message.body) == size
        assert whole.count(b"\n") == whole.count(b"\r\n") == whole.count(b"\r")
        read = email.message_from_bytes(whole, policy=email.policy.default)
        assert not read.defects
        assert {"From", "To", "Subject", "Date", "Message-ID"} <= set(read.keys())
        assert parsedate_to_datetime(read["Date"]).timestamp() == message.date // 1000
        assert read.get_content()
        assert not read.defects


def test_plain_mail_must_not_be_too_small() -> None:
    with pytest.raises(ValueError, match="at least"):
        plain_mail(1, SMALLEST - 1)


def test_plain_mail_is_spread_and_labelled() -> None:
    world = plain_mail(2000, SMALLEST)
    assert not world.mail[SECOND.address].messages
    box = world.mail[STUDENT.address]
    dates = [message.date for message in box.messages.values()]
    assert 5.9 < (max(dates) - min(dates)) / 86_400_000 / 365 < 6
    imported = [message for message in box.messages.values() if message.id >> 20 != message.date]
    assert len(imported) == 40
    assert all(message.id >> 20 > max(dates) for message in imported)
    assert all(len(message.hex) == 16 for message in box.messages.values())
    used = Counter(label for message in box.messages.values() for label in message.labels)
    assert used["SPAM"] == used["TRASH"] == 20
    assert {
        "INBOX",
        "SENT",
        "UNREAD",
        "STARRED",
        *(each for each in box.labels if each.startswith("CATEGORY_")),
    } <= set(used)
    assert len([label for label in box.labels.values() if label.user and used[label.id]]) == 5
    assert len({message.thread for message in box.messages.values()}) == 1600
    assert all(box.messages[message.thread].thread == message.thread for message in box.messages.values())


def test_a_plain_message_is_made_quickly() -> None:
    body = next(iter(plain_mail(1, 20_000).mail[STUDENT.address].messages.values())).body
    assert min(timeit.repeat(lambda: bytes(body), number=100, repeat=5)) / 100 < 50e-6


def test_two_hundred_thousand_need_little() -> None:
    script = (
        "import time, psutil\n"
        "from eccs_backup.rehearsal.world import plain_mail\n"
        "before, start = psutil.Process().memory_info().rss, time.monotonic()\n"
        "world = plain_mail(200_000, 20_000)\n"
        "print((psutil.Process().memory_info().rss - before) // 1_000_000, time.monotonic() - start)\n"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    megabytes, seconds = said.stdout.split()
    assert int(megabytes) < 150
    assert float(seconds) < 20
