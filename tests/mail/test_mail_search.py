"""Finding saved messages: in any script, any charset, with any words; and an index that may be lost at any time."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saved_mail import SavedMail, letter, saved

from eccs_backup.errors import VaultBusy
from eccs_backup.mail import index, search
from eccs_backup.mail.index import Where
from eccs_backup.vault import opened

INDEX = ".eccs-backup/mail-index.sqlite"


def hits(mail: SavedMail, *words: str) -> list[str]:
    """The subjects of what is found, newest first."""
    result = mail.run("mail-search", "--json", *words)
    assert result.exit_code == 0, result.output
    return [each["subject"] for each in json.loads(result.stdout)["messages"]]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["卒"], ["卒論の件"]),
        (["卒論"], ["卒論の件"]),
        (["卒論の"], ["卒論の件"]),
        (["中間発表会"], ["ゼミ"]),
        (["中間発表会", "佐藤"], ["ゼミ"]),
        (["中間発表会　佐藤"], ["ゼミ"]),
        (["中間", "卒論"], []),
        (["ﾃﾞｰﾀ"], ["ＤＡＴＡ"]),
        (["データベース"], ["ＤＡＴＡ"]),
        (["data", "meet"], ["ＤＡＴＡ"]),
        (["STRASSE"], ["ＤＡＴＡ"]),
        (["budget meeting"], ["ＤＡＴＡ"]),
        (["meeting budget"], []),
        (['"budget meeting" データ'], ["ＤＡＴＡ"]),
        (["髙橋"], ["卒論の件"]),
        (["hanako@EXAMPLE.ac.jp"], ["ゼミ", "卒論の件"]),
        (["x"], ["ゼミ", "卒論の件", "ＤＡＴＡ"]),
        (["😀"], ["ゼミ"]),
    ],
)
def test_words_of_any_length_case_and_width(words: list[str], found: list[str], tmp_path: Path) -> None:
    mail = saved(
        tmp_path,
        letter("ＤＡＴＡ", "The  budget\r\nmeeting of Straße about ﾃﾞｰﾀﾍﾞｰｽ", sender="Bob <bob@example.com>"),
        letter("卒論の件", "髙橋先生"),
        letter("ゼミ", "佐藤さん、中間発\r\n表会です😀"),
    )
    result = json.loads(mail.run("mail-search", "--json", *words).stdout)
    assert [each["subject"] for each in result["messages"]] == found


@pytest.mark.parametrize(
    "word",
    ['" OR *', "NEAR(", "'; DROP", "*", '"', "a OR b", "subject:x", "NOT", "AND", "^x", "%", "_", "\\", "{a b}", "--;"],
)
def test_words_are_never_commands(word: str, tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("none", "nothing"), letter("there", f"before {word} after"))
    assert hits(mail, "--", word)[0] == "there"
    assert hits(mail, "--", word + "zz") == []
    assert mail.run("mail-search", "there").exit_code == 0


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_what_is_compared_is_found_in_what_is_stored(before: str, word: str, after: str) -> None:
    if phrase := index.comparable(word):
        assert phrase in index.comparable(f"{before} {word} {after}")
        assert search.phrases([f'"{phrase}"'] if '"' not in phrase else []) in ((), (phrase,))
        assert index.comparable(phrase) == phrase


def test_filters(tmp_path: Path) -> None:
    mail = saved(tmp_path)
    day = 86_400_000
    mail.add(letter("old", "word"), "INBOX", date=1_700_000_000_000)
    mail.add(letter("new", "word", sender="Bob <bob@example.com>"), "研究/ゼミ", date=1_700_000_000_000 + 40 * day)
    assert hits(mail, "word", "--from", "BOB") == ["new"]
    assert hits(mail, "--label", "inbox") == ["old"]
    assert hits(mail, "--label", "inbox", "--label", "研究/ゼミ", "word") == ["new", "old"]
    assert hits(mail, "word", "--after", "2023-12-01") == ["new"]
    assert hits(mail, "word", "--before", "2023/12/01") == ["old"]
    assert hits(mail, "word", "--limit", "1") == ["new"]
    assert mail.run("mail-search", "--label", "nowhere").exit_code == 2
    assert mail.run("mail-search").exit_code == 2
    assert mail.run("mail-search", "", '""').exit_code == 2


def test_what_a_person_sees(tmp_path: Path) -> None:
    mail = saved(tmp_path)
    mail.add(letter("\x1b[2J\x07evil\u202etxt", "word"), "INBOX")
    mail.list_again()
    mail.add(letter("kept online", "word"), "INBOX")
    shown = mail.run("mail-search", "word").stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert shown.index("kept online") < shown.index("eviltxt" if "eviltxt" in shown else "evil")
    assert shown.count("(deleted online)") == 1
    assert f"mail/2024/03/{mail.ids[0]}.eml  (deleted online)" in shown
    assert mail.run("mail-search", "--paths", "word").stdout.splitlines() == [
        str(mail.file(id)) for id in reversed(mail.ids)
    ]
    assert mail.run("mail-search", "absent").stdout == "No saved message fits.\n"
    assert mail.run("mail-search", "word", "--limit", "1").stdout.endswith("newest 1 of 2; --limit 0 shows all.\n")


def test_a_listing_under_way_deletes_nothing(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("one", "word"))
    with opened(mail.out) as vault:
        vault.manifest.begin_listing("mail", "{}")
    assert "deleted" not in mail.run("mail-search", "word").stdout


def test_the_index_follows_the_vault(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("one", "apple"), letter("two", "banana"))
    assert hits(mail, "apple") == ["one"]
    mail.add(letter("three", "apple pie"), "INBOX")
    mail.add(letter("one again", "cherry"), "INBOX", id=mail.ids[0])
    assert hits(mail, "apple") == ["three"]
    assert hits(mail, "cherry") == ["one again"]
    mail.relabel(mail.ids[1], "研究")
    assert hits(mail, "--label", "研究") == ["two"]
    with opened(mail.out) as vault:
        vault.manifest.db.execute("DELETE FROM entries WHERE id = ?", (mail.ids[1],))
    assert hits(mail, "banana") == []


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("one", "apple"), letter("two", "apple"))
    read: list[int] = []
    watch = index.Watch(total=read.append)
    query = search.Query(phrases=("apple",))
    for expected in (2, 0):
        assert search.search(mail.out, query, None, watch).total == 2
        assert read[-1] == expected
    mail.add(letter("three", "apple"), "INBOX")
    assert search.search(mail.out, query, None, watch).total == 3
    assert read[-1] == 1


@pytest.mark.parametrize("damage", ["garbage", "cut", "empty", "strange", "older", "gone", "hollow"])
def test_a_damaged_index_is_made_anew(damage: str, tmp_path: Path) -> None:
    mail = saved(tmp_path, *(letter(f"{number}", f"apple {number} " + "word " * 200) for number in range(50)))
    assert len(hits(mail, "apple")) == 50
    path = mail.out / INDEX
    data = path.read_bytes()
    match damage:
        case "garbage":
            path.write_bytes(b"garbage" * 1000)
        case "cut":
            path.write_bytes(data[: len(data) // 2])
        case "empty":
            path.write_bytes(b"")
        case "hollow":
            path.write_bytes(data[:8192] + bytes(len(data) - 8192))
        case "gone":
            path.unlink()
        case _:
            path.unlink()
            with sqlite3.connect(path) as db:
                db.execute("PRAGMA user_version = 0" if damage == "strange" else "PRAGMA user_version = 999")
                db.execute("CREATE TABLE letters (x)")
            db.close()
    assert len(hits(mail, "apple")) == 50
    assert len(hits(mail, "apple 7")) == 1


def test_a_folder_that_cannot_be_written_is_searched(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("one", "apple"))
    (mail.out / INDEX).mkdir()
    result = mail.run("mail-search", "apple")
    assert result.exit_code == 0
    assert "one" in result.stdout
    assert "this search alone" in result.stderr


def test_an_index_that_cannot_be_written_is_used(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("one", "apple"))
    assert hits(mail, "apple") == ["one"]
    mail.add(letter("two", "apple"), "INBOX")
    read: list[int] = []
    result = search.search(mail.out, search.Query(("apple",)), None, index.Watch(total=read.append), Where.COPY)
    assert (result.total, read) == (2, [1])


def test_two_searches_at_once(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("one", "apple"))
    assert hits(mail, "apple") == ["one"]
    other = sqlite3.connect(mail.out / INDEX, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(VaultBusy, match="Another search"):
        search.search(mail.out, search.Query(("apple",)), None)
    other.close()


def test_searching_while_a_run_saves(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("one", "apple"))
    with opened(mail.out):
        assert hits(mail, "apple") == ["one"]


def test_unreadable_messages_are_counted(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("one", "apple"), letter("two", "apple"), letter("three", "apple"))
    mail.file(mail.ids[0]).unlink()
    mail.file(mail.ids[1]).write_bytes(b"short")
    result = mail.run("mail-search", "apple")
    assert "2 messages could not be read" in result.stderr
    assert "three" in result.stdout
    mail.file(mail.ids[0]).write_bytes(letter("one", "apple"))
    assert hits(mail, "apple") == ["three", "one"]


def test_a_damaged_message_is_read_when_it_was_mended(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("one", "apple"), letter("two", "apple"))
    path = mail.file(mail.ids[0])
    good = path.read_bytes()
    path.write_bytes(b"x" * len(good))
    for _ in range(2):
        result = mail.run("mail-search", "apple")
        assert "1 message could not be read" in result.stderr
        assert "one" not in result.stdout
    path.write_bytes(good)
    assert hits(mail, "apple") == ["two", "one"]


def test_people_who_take_the_answers_are_found_and_not_shown(tmp_path: Path) -> None:
    mail = saved(tmp_path, b"Reply-To: seminar-list@example.com\r\n" + letter("one", "apple"))
    assert hits(mail, "--from", "seminar-list") == ["one"]
    shown = mail.run("mail-search", "apple").stdout
    assert "Hanako" in shown
    assert "seminar-list" not in shown


@pytest.mark.parametrize("date", ["1e999", "-1e999", "NaN", "9" * 400, '"soon"', "true"])
def test_strange_dates_are_passed_over(date: str, tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("one", "apple"))
    facts = f'{{"labels": ["INBOX"], "internalDate": {date}}}'
    with opened(mail.out) as vault:
        vault.manifest.db.execute("UPDATE entries SET facts = ?", (facts,))
        if date != "true":
            vault.manifest.db.execute("UPDATE entries SET modified = 9e999")
    assert hits(mail, "apple") == ["one"]
    for to in ("mbox", "maildir"):
        assert mail.run("mail-convert", "--to", to).exit_code == 0
    (message,) = (tmp_path / "out-maildir/cur").iterdir()
    assert message.name.startswith("0.")


@pytest.mark.parametrize("facts", ["{", "[]", '{"labels": 5, "thread": []}'])
def test_records_that_make_no_sense(facts: str, tmp_path: Path) -> None:
    mail = saved(tmp_path, letter("one", "apple"))
    with opened(mail.out) as vault:
        vault.manifest.db.execute("UPDATE entries SET facts = ?", (facts,))
    for command in (("mail-search", "apple"), ("mail-convert", "--to", "mbox")):
        assert mail.run(*command).exit_code == (5 if facts == "{" else 0)
