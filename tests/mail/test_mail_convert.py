"""Saved mail as mbox and Maildir: every byte comes back, every label is there, nothing half-written stays."""

from __future__ import annotations

import email.header
import json
import mailbox
import os
import re
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved_mail import SavedMail, letter, saved

from eccs_backup.errors import Halted
from eccs_backup.mail import convert, letters, mbox
from eccs_backup.mail.letters import Letter
from eccs_backup.vault import opened

NASTY = {
    "plain": letter(),
    "from lines": b"Subject: a\r\n\r\nFrom me\r\n>From you\r\n>>From all\r\n From no\r\nFrom \r\nFromage\r\n",
    "from at once": b"From me to you\nSubject: a\n\nFrom \n",
    "lf": b"Subject: a\n\none\ntwo\n",
    "cr": b"Subject: a\r\rone\rFrom two\r\n",
    "mixed": b"Subject: a\r\nTo: b\n\r\none\rtwo\nthree\r\n\n\n\n",
    "nul": b"Subject: a\0b\r\n\r\n\0\0From \0\r\n\0\n",
    "8 bit": b"Subject: \xff\xfe\r\n\r\n\x80\xa0\xff\r\n",
    "no headers": b"This is all.\r\nFrom here on\r\n",
    "begins with a space": b" folded: x\r\nSubject: a\r\n\r\nb\r\n",
    "begins with an empty line": b"\r\nFrom here\r\n",
    "headers only": b"Subject: a\r\nTo: b\r\n",
    "false length": b"Content-Length: 1\r\nSubject: a\r\n\r\nFrom a longer text\r\n",
    "ends in empty lines": b"Subject: a\n\nb\n\n\n",
    "one line end": b"\n",
    "empty": b"",
}
OPEN_ENDED = {
    "no last line end": b"Subject: a\r\n\r\nFrom the end",
    "ends in half a mark": b"Subject: a\n\n>>From",
    "ends in cr": b"Subject: a\r\rb\r",
    "one word": b"x",
}


def restored(content: bytes) -> bytes:
    """A message out of an mbox, without our headers and marks: our own reading of the format's description."""
    ours = rb"\A(?:(?:X-GM-THRID|X-GM-MSGID|X-Gmail-Labels|X-Keywords|X-Mozilla-Keys|X-Mozilla-Status|Status|X-Status):"
    ours += rb"[^\n]*\n(?: [^\n]*\n)*)+"
    text = re.sub(ours, b"", content)
    return re.sub(rb"(?m)^>(>*From )", rb"\1", text)


def contents(path: Path) -> list[bytes]:
    box = mailbox.mbox(path, create=False)
    return [box.get_bytes(key) for key in box.iterkeys()]


def has_headers(raw: bytes) -> bool:
    return bool(re.match(rb"From |[!-9;-~]+[ \t]*:|\r?\n", raw))


def test_every_byte_comes_back_from_an_mbox(tmp_path: Path) -> None:
    messages = [*NASTY.values(), *OPEN_ENDED.values()]
    mail = saved(tmp_path, *messages)
    result = mail.run("mail-convert", "--to", "mbox", tmp_path / "all.mbox", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["without_final_newline"] == len(OPEN_ENDED)
    found = contents(tmp_path / "all.mbox")
    assert len(found) == len(messages)
    for raw, content in zip(messages, found, strict=True):
        back = restored(content)
        if not has_headers(raw):
            back = re.sub(rb"\A\r?\n", b"", back)
        assert back == raw + (b"\n" if raw in OPEN_ENDED.values() else b"")


@given(st.lists(st.sampled_from([b"From ", b">", b"\n", b"\r\n", b"F", b"Fro", b"m ", b"x", b"\0", b" ", b"From"])))
def test_quoting_does_not_depend_on_where_a_block_ends(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    for blocks in (pieces, [whole], [bytes([byte]) for byte in whole]):
        quoting = mbox.Quoting()
        quoted = b"".join(map(quoting.quoted, blocks)) + quoting.rest()
        assert quoted == re.sub(rb"(?m)^(>*From )", rb">\1", whole)
        assert re.sub(rb"(?m)^>(>*From )", rb"\1", quoted) == whole
        assert not re.search(rb"(?m)^From ", quoted)


@given(st.lists(st.binary(max_size=60).map(lambda raw: raw.replace(b"x", b"\nFrom ")), min_size=1, max_size=5))
def test_any_messages_come_back(messages: list[bytes]) -> None:
    one = Letter("18e1f2", "a", 0, "", 0, "18e1f2", ("INBOX",), False)
    path = Path(os.environ["ECCS_BACKUP_HOME"]) / "any.mbox"
    path.write_bytes(b"".join(block for raw in messages for block in mbox.written(one, [raw] if raw else [])))
    found = contents(path)
    assert len(found) == len(messages)
    for raw, content in zip(messages, found, strict=True):
        expected = (b"" if has_headers(raw) else b"\n") + raw + (b"" if raw.endswith(b"\n") or not raw else b"\n")
        assert restored(content).replace(b"\r\n", b"\n") == expected.replace(b"\r\n", b"\n")


def test_the_headers_tell_labels_and_marks(tmp_path: Path) -> None:
    mail = saved(tmp_path)
    labels = ("INBOX", "STARRED", "研究/ゼミ", 'a,"b"', "line\nbreak: x", "two words")
    id = mail.add(b"Return-Path: <sender@example.com>\r\nFrom: Other <other@example.com>\r\n\r\nx\r\n", *labels)
    mail.add(letter(), "UNREAD")
    mail.add(b"Subject: nobody\n\n")
    assert mail.run("mail-convert", "--to", "mbox", tmp_path / "m").exit_code == 0
    first, second, third = mailbox.mbox(tmp_path / "m")
    assert first.get_from() == "sender@example.com Tue Mar  5 00:53:20 2024"
    assert second.get_from().startswith("hanako@example.ac.jp Tue Mar")
    assert third.get_from().startswith("MAILER-DAEMON ")
    assert (first["X-GM-MSGID"], first["X-GM-THRID"]) == (str(int(id, 16)),) * 2
    shown = str(email.header.make_header(email.header.decode_header(first["X-Gmail-Labels"])))
    assert shown == 'Inbox,Starred,研究/ゼミ,"a,""b""",line break: x,two words'
    assert first["X-Keywords"].split() == ["&eBR6dg-_&MLww3w-".lower(), "a,_b_", "line&aao-break:_x", "two_words"]
    assert (first.get_flags(), second.get_flags()) == ("ROF", "O")
    assert (first["X-Mozilla-Status"], second["X-Mozilla-Status"]) == ("0005", "0000")
    assert second["X-Gmail-Labels"] == "Unread"


def test_many_labels_make_no_overlong_line(tmp_path: Path) -> None:
    mail = saved(tmp_path)
    mail.add(letter(), *(f"ラベル {number}" for number in range(500)))
    mail.run("mail-convert", "--to", "mbox", tmp_path / "m")
    assert max(map(len, (tmp_path / "m").read_bytes().split(b"\n"))) < 998
    (found,) = mailbox.mbox(tmp_path / "m")
    assert len(found["X-Keywords"].split()) == 500


def test_one_mbox_for_every_label(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("one"))
    mail.add(letter("two"), "研究/ゼミ", "INBOX", "IMPORTANT")
    mail.add(letter("three"), "CATEGORY_UPDATES", "UNREAD")
    mail.add(letter("four"), "研究／ゼミ", "con")
    result = mail.run("mail-convert", "--to", "mbox", "--by-label")
    assert result.exit_code == 0
    made = {path.name: len(mailbox.mbox(path)) for path in (tmp_path / "out-mbox").glob("*.mbox")}
    (other,) = (name for name in made if "~" in name)
    assert made == {"Inbox.mbox": 2, "研究／ゼミ.mbox": 1, other: 1, "_con.mbox": 1, "Archived.mbox": 1}
    assert "4 messages, 7 labels" in result.stdout


def test_only_some_labels(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("one"))
    mail.add(letter("two"), "研究/ゼミ", "STARRED")
    mail.add(letter("three"), "STARRED")
    mail.run("mail-convert", "--to", "mbox", "--label", "starred", "--label", "研究/ゼミ", tmp_path / "m")
    assert [each["Subject"] for each in mailbox.mbox(tmp_path / "m")] == ["two", "three"]
    result = mail.run("mail-convert", "--to", "mbox", "--label", "研究/セミ", tmp_path / "n")
    assert result.exit_code == 2
    assert "研究/ゼミ" in result.stderr


def test_maildir_keeps_bytes_flags_and_dates(tmp_path: Path) -> None:
    mail = saved(tmp_path, *NASTY.values(), *OPEN_ENDED.values())
    starred = mail.add(letter("starred"), "STARRED", "DRAFT", "UNREAD", "TRASH")
    old = mail.add(letter("old"), date=-86_400_000)
    assert mail.run("mail-convert", "--to", "maildir").exit_code == 0
    box = mailbox.Maildir(tmp_path / "out-maildir", create=False)
    found = {key.split(".")[1]: key for key in box.iterkeys()}
    assert sorted(found) == sorted(mail.ids)
    for id, key in found.items():
        path = next((tmp_path / "out-maildir/cur").glob(f"{key}*"))
        assert path.read_bytes() == mail.file(id).read_bytes()
    assert (box[found[mail.ids[0]]].get_flags(), box[found[starred]].get_flags()) == ("S", "DFT")
    assert box.get_message(found[mail.ids[1]]).get_date() == 1_709_600_060
    assert box.get_message(found[old]).get_date() == -86_400


def test_maildir_folders_by_label(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("one"))
    long = "長い名前" * 50
    mail.add(letter("two"), "INBOX", "研究/ゼミ.2024", long, "R&D")
    mail.add(letter("three"), "IMPORTANT")
    assert mail.run("mail-convert", "--to", "maildir", "--by-label").exit_code == 0
    box = mailbox.Maildir(tmp_path / "out-maildir", create=False)
    assert len(box) == 2
    names = set(box.list_folders())
    assert {"&eBR6dg-.&MLww3w-_2024", "R&-D", "Archived"} < names
    assert len(names) == 4
    assert all(len(box.get_folder(name)) == 1 for name in names)
    copies = list((tmp_path / "out-maildir").rglob(f"cur/*{mail.ids[1]}*"))
    assert len(copies) == 4
    assert len({path.stat().st_ino for path in copies}) == 1


def test_damaged_messages_are_named_and_left_out(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("one"), letter("two"), letter("three"), letter("four"))
    mail.file(mail.ids[0]).unlink()
    mail.file(mail.ids[1]).write_bytes(b"short")
    mail.file(mail.ids[2]).write_bytes(letter("thrEE"))
    for to in ("mbox", "maildir"):
        result = mail.run("mail-convert", "--to", to)
        assert result.exit_code == 5
        assert [mail.ids[number] in result.stdout for number in range(4)] == [True, True, True, False]
        assert "1 message, 1 label" in result.stdout
    assert [each["Subject"] for each in mailbox.mbox(tmp_path / "out-mail.mbox")] == ["four"]


def test_settings_are_no_messages(tmp_path: Path) -> None:
    mail = saved(tmp_path)
    mail.add(b"{}", id="settings/filters")
    result = mail.run("mail-convert", "--to", "mbox")
    assert result.exit_code == 2
    assert "mail-export" in result.stderr


def test_nothing_of_the_persons_is_replaced(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter())
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.txt").write_text("dear")
    for words in (("--to", "maildir", folder), ("--to", "maildir", folder, "--overwrite"), ("--to", "mbox", mail.out)):
        assert mail.run("mail-convert", *words).exit_code == 2
    assert mail.run("mail-convert", "--to", "mbox", mail.out / ".eccs-backup/m").exit_code == 2
    assert mail.run("mail-convert", "--to", "mbox", folder / "thesis.txt", "--overwrite").exit_code == 2
    assert (folder / "thesis.txt").read_text() == "dear"
    (folder / "thesis.txt").unlink()
    assert mail.run("mail-convert", "--to", "maildir", folder).exit_code == 0  # an empty folder may be filled
    mail.add(letter("more"))
    assert mail.run("mail-convert", "--to", "maildir", folder).exit_code == 2
    for _ in range(2):
        assert mail.run("mail-convert", "--to", "maildir", folder, "--overwrite").exit_code == 0
    assert len(mailbox.Maildir(folder)) == 2
    assert sorted(path.name for path in tmp_path.iterdir() if "unfinished" in path.name) == []


def test_a_kill_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    mail = saved(tmp_path, *(letter(f"{number}", "x" * 100_000) for number in range(40)))
    target = tmp_path / "out-mail.mbox"
    code = f"""
import os, signal
from pathlib import Path
from eccs_backup.mail import convert, letters
count = []
def on_letter(letter):
    count.append(letter)
    if len(count) == 20:
        os.kill(os.getpid(), signal.SIGKILL)
with letters.place(Path({str(mail.out)!r})) as place:
    convert.convert(place, Path({str(target)!r}), convert.Format.MBOX, on_letter=on_letter)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert not target.exists()
    assert (tmp_path / "out-mail.mbox.unfinished/mail").stat().st_size > 1_000_000
    assert mail.run("mail-convert", "--to", "mbox").exit_code == 0
    assert len(mailbox.mbox(target)) == 40
    assert not (tmp_path / "out-mail.mbox.unfinished").exists()


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("one"), letter("two"), letter("three"))

    def interrupt(_: Letter) -> None:
        raise Halted("The run is being stopped.")

    target = tmp_path / "m"
    with pytest.raises(Halted), letters.place(mail.out) as place:
        convert.convert(place, target, convert.Format.MAILDIR, on_letter=interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_two_conversions_to_one_place(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("one"))
    again: list[int] = []

    def start_another(_: Letter) -> None:
        again.append(mail.run("mail-convert", "--to", "mbox", target).exit_code)

    target = tmp_path / "m"
    with letters.place(mail.out) as place:
        convert.convert(place, target, convert.Format.MBOX, on_letter=start_another)
    assert again == [6]
    assert len(mailbox.mbox(target)) == 1


def test_a_conversion_does_not_wait_for_a_run_that_saves(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter())
    with opened(mail.out):
        assert mail.run("mail-convert", "--to", "mbox").exit_code == 0


def test_large_messages_stay_out_of_memory(tmp_path: Path) -> None:
    mail = SavedMail(tmp_path / "out")
    mail.list_again()
    mail.add(b"Subject: large\r\n\r\n" + b"From: x\r\n" * 3_000_000)
    for to in ("mbox", "maildir"):
        tracemalloc.start()
        assert mail.run("mail-convert", "--to", to).exit_code == 0
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
        tracemalloc.stop()
