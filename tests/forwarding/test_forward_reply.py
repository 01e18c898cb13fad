"""Is a vacation reply shown before it is set, set with its last day, and read back?"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from forward_account import FIXTURE, OLD, SHORT, Account, told

from eccs_backup.errors import Unusable
from eccs_backup.forwarding.mailbox import Mailbox
from eccs_backup.forwarding.reply import Reply, read, shown

ACCOUNT = FIXTURE
TEXT = "四月から新しいアドレスです。\nMy address has changed."
DAY = datetime(2999, 9, 30)


@pytest.fixture(name="letter")
def text_file(tmp_path: Path) -> Path:
    found = tmp_path / "reply.txt"
    found.write_text(TEXT + "\n", encoding="utf-8")
    return found


@pytest.fixture(name="basic")
def signed_in_for_settings(account: Account) -> Account:
    account.sign_in("--for", "forward", "--account", OLD)
    account.on()
    account.server.log.clear()
    return account


def test_shown_set_and_read_back(basic: Account, letter: Path) -> None:
    result = basic.run("--reply-text", letter, "--reply-until", "2999-09-30", "--yes")
    assert result.exit_code == 0, result.output
    assert TEXT in result.stderr
    assert "last day: 2999-09-30" in result.stderr
    assert "the vacation reply is on" in result.stdout
    held = basic.box.settings["vacation"]
    end = str(int((DAY + timedelta(days=1)).astimezone().timestamp() * 1000))
    assert held == {"enableAutoReply": True, "responseBodyPlainText": TEXT, "endTime": end}
    assert [seen.method for seen in basic.changes()] == ["PUT"]
    assert told(basic.run("--reply-text", letter, "--yes", "--json"))["reply"] is True
    assert "endTime" not in basic.box.settings["vacation"]


def test_nothing_without_a_yes(basic: Account, letter: Path) -> None:
    before = basic.state()
    result = basic.run("--reply-text", letter)
    assert result.exit_code == 2
    assert TEXT in result.stderr
    assert basic.state() == before
    assert not basic.changes()


def test_what_is_left_when_forwarding_is_blocked(basic: Account, letter: Path) -> None:
    basic.server.world.policy.forwarding_disabled = 403
    result = basic.run("--reply-text", letter, "--yes")
    assert result.exit_code == 8
    assert "the vacation reply is on" in result.stdout
    assert basic.box.settings["vacation"] == {"enableAutoReply": True, "responseBodyPlainText": TEXT}


def test_without_the_permission(account: Account, letter: Path) -> None:
    account.on()
    result = account.run("--reply-text", letter, "--yes")
    assert result.exit_code == 4
    assert "auth --for forward" in result.stderr


@pytest.mark.parametrize(
    ("written", "until", "words"),
    [
        (b"", None, "is empty"),
        (b" \n", None, "is empty"),
        (b"\xff\xfe\x00", None, "cannot be read as text"),
        (b"words", datetime(2020, 1, 1), "2020-01-01 is over"),
    ],
)
def test_what_is_no_reply(tmp_path: Path, written: bytes, until: datetime | None, words: str) -> None:
    path = tmp_path / "reply.txt"
    path.write_bytes(written)
    with pytest.raises(Unusable, match=words):
        read(path, until)


def test_the_last_day_counts(tmp_path: Path) -> None:
    path = tmp_path / "reply.txt"
    path.write_bytes(b"\xef\xbb\xbfwords\r\nmore\r\n")
    reply = read(path, DAY, now=DAY + timedelta(hours=23))
    assert not reply.text.startswith("\ufeff")
    with pytest.raises(Unusable):
        read(path, DAY, now=DAY + timedelta(hours=24))
    held = reply.body()
    assert reply.is_in(held)
    assert reply.is_in(held | {"responseBodyPlainText": "words\nmore \n", "responseSubject": ""})
    assert not reply.is_in(held | {"responseBodyPlainText": "words"})
    assert not reply.is_in(held | {"enableAutoReply": False})
    assert not reply.is_in(held | {"endTime": "1"})
    assert not Reply("other", None).is_in({})


@pytest.mark.parametrize(
    ("more", "yes"),
    [
        ({}, True),
        ({"restrictToContacts": False, "restrictToDomain": False, "startTime": "1", "responseBodyHtml": ""}, True),
        ({"responseBodyHtml": "<p>one &amp; <b>two</b></p>"}, True),
        ({"responseBodyHtml": "<p>I am at the field station.</p>"}, False),
        ({"restrictToContacts": True}, False),
        ({"restrictToDomain": True}, False),
        ({"startTime": "1000001"}, False),
        ({"startTime": "999999"}, True),
        ({"startTime": "soon"}, False),
    ],
)
def test_a_reply_that_not_everybody_gets_now(more: dict[str, object], yes: bool) -> None:
    wished = Reply("one & two", None)
    assert wished.is_in(wished.body() | more, now=1000) is yes  # type: ignore[operator]


def test_the_words_of_a_reply() -> None:
    assert shown({"responseBodyPlainText": "a\nb", "responseBodyHtml": "<p>c"}) == "a\nb"
    assert shown({"responseBodyHtml": "<p>a<br>b &amp; c</p>"}) == "a b & c"
    assert shown({}) == ""


def test_what_is_there_is_shown_before_it_is_replaced(basic: Account, letter: Path) -> None:
    result = basic.run("--reply-text", letter, "--yes")
    assert result.exit_code == 0
    order = ("takes the place of", "until: 2024-03-1", "学会のため三月十日まで", "This sets the vacation reply", TEXT)
    places = [result.stderr.index(words) for words in order]
    assert places == sorted(places)
    basic.box.settings["vacation"] = {"enableAutoReply": False, "responseBodyPlainText": "old"}
    assert "takes the place" not in basic.run("--reply-text", letter, "--yes").stderr


@pytest.mark.parametrize(("until", "words"), [("9999-12-31", "too far away"), ("0001-01-01", "0001-01-01 ")])
def test_days_at_the_ends_of_the_calendar(basic: Account, letter: Path, until: str, words: str) -> None:
    result = basic.run("--reply-text", letter, "--reply-until", until, "--yes")
    assert result.exit_code == 2
    assert words in result.stderr
    assert "the last day" in result.stderr
    assert not basic.changes()


def test_today_is_a_last_day_and_yesterday_is_none(basic: Account, letter: Path) -> None:
    words = ("--reply-text", letter, "--yes", "--reply-until")
    assert basic.run(*words, f"{date.today() - timedelta(days=1)}").exit_code == 2
    assert basic.run(*words, f"{date.today()}").exit_code == 0


@pytest.mark.parametrize("yes", [[], ["--yes"]])
def test_the_block_is_told_first_and_is_what_counts(basic: Account, letter: Path, yes: list[str]) -> None:
    basic.server.world.policy.forwarding_disabled = 403
    result = basic.run("--reply-text", letter, *yes)
    assert result.exit_code == 8
    assert result.stderr.startswith("Error: Your organisation has switched forwarding off")
    assert result.stderr.count("switched forwarding off") == 1
    assert ("was left as it is" in result.stderr) is not yes
    result = basic.run("--reply-text", letter, "--json", *yes)
    assert result.exit_code == 8
    assert told(result)["blocked"] is True
    assert told(result).get("reply") is (True if yes else None)


def test_a_reply_that_did_not_take(basic: Account, letter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mailbox, "set_reply", lambda self, body: None)
    result = basic.run("--reply-text", letter, "--yes")
    assert result.exit_code == 3
    assert "does not show the vacation reply" in result.stdout
    result = basic.run("--reply-text", letter, "--yes", "--json")
    assert (result.exit_code, told(result)["reply"]) == (3, False)


def test_one_stale_look_is_not_the_last(basic: Account, letter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, looks = Mailbox.reply, [0]

    def late(self: Mailbox) -> dict[str, object]:
        looks[0] += 1
        return {} if looks[0] < 4 else real(self)  # type: ignore[return-value]

    monkeypatch.setattr(Mailbox, "reply", late)
    assert basic.run("--reply-text", letter, "--yes").exit_code == 0


def test_a_good_test_does_not_hide_a_bad_reply(basic: Account, letter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    basic.sign_in("--for", "send", "--account", OLD)
    monkeypatch.setattr(Mailbox, "set_reply", lambda self, body: None)
    result = basic.run("--reply-text", letter, "--test", "--yes")
    assert "A test message was sent" in result.stdout
    assert result.exit_code == 3


def test_forwarding_that_is_not_finished_says_that_the_reply_waits(account: Account, letter: Path) -> None:
    account.sign_in("--for", "forward", "--account", OLD)
    before = account.state()
    result = account.run("--reply-text", letter, "--yes", *SHORT)
    assert result.exit_code == 3
    assert "The vacation reply was not set" in result.stderr
    assert account.state() == before


def test_a_reply_goes_neither_with_status_nor_with_stop(account: Account, letter: Path) -> None:
    for words in (["--status"], ["--stop"]):
        result = account.run(*words, "--reply-text", letter)
        assert result.exit_code == 2
        assert "--reply-text goes neither" in result.stderr
