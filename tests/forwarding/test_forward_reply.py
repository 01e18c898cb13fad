"""Is a vacation reply shown before it is set, set with its last day, and read back?"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from forward_account import FIXTURE, OLD, Account, told

from eccs_backup.errors import Unusable
from eccs_backup.forwarding.reply import Reply, read

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
    assert "until 2999-09-30" in result.stderr
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
