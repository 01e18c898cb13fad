"""Does a person at a terminal get the question, is "n" a no and "y" a yes, and does every line fit?"""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys

import pytest
from forward_account import FIXTURE, OLD, TO, Account

from eccs_backup.cli.fitting import fitted, width
from eccs_backup.messages import LANGUAGES, Voice, sentences

ACCOUNT = FIXTURE
INTERRUPTS = (b"\x03", b"\x04")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def at_a_terminal(*words: str, columns: int = 60, key: bytes = b"") -> tuple[int, str]:
    """The exit status, and what stands on the screen; `key` is pressed at the first question."""
    person, terminal = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "eccs_backup", "forward", *words, "--no-browser"],
        env=os.environ | {"COLUMNS": str(columns)},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=_own_terminal,
    )
    os.close(terminal)
    seen, pressed = b"", 0
    try:
        while True:
            # An interrupt that comes between two steps of Python's own prompt may be lost: a person presses again.
            if key in INTERRUPTS and 0 < pressed < 6 and not select.select([person], [], [], 10)[0]:
                pressed += os.write(person, key)
            if not (piece := _read(person)):
                break
            seen += piece
            if key and not pressed and b"[y/N]" in seen:
                pressed = os.write(person, key)
    finally:
        os.close(person)
    return child.wait(60), COLOUR.sub("", seen.decode()).replace("\r", "")


def _own_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _read(person: int) -> bytes:
    try:
        return os.read(person, 4096)
    except OSError:  # Linux: nobody writes any more
        return b""


@pytest.mark.parametrize(("key", "status"), [(b"n\n", 2), (b"\n", 2), (b"y\n", 0)])
def test_a_question_at_a_terminal(account: Account, key: bytes, status: int) -> None:
    account.sign_in("--for", "forward", "--account", OLD)
    account.accepted()
    ended, screen = at_a_terminal("--to", TO, "--account", OLD, "--by-filter", key=key)
    assert ended == status, screen
    assert "[y/N]" in screen
    assert bool(account.filters()) is (key == b"y\n")
    assert ("Confirmed by Gmail" in screen) is (key == b"y\n")


@pytest.mark.parametrize("key", INTERRUPTS)
def test_interrupted_at_a_question(account: Account, key: bytes) -> None:
    account.sign_in("--for", "forward", "--account", OLD)
    account.accepted()
    status, screen = at_a_terminal("--to", TO, "--account", OLD, "--by-filter", key=key)
    assert status == 130, screen
    assert "Interrupted; nothing is lost. Run the same command again to go on." in screen
    assert "Error" not in screen
    assert not account.filters()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("columns", [50, 80])
def test_every_line_fits(account: Account, language: str, columns: int) -> None:
    account.hand.add_by_hand(OLD, TO)
    words = ("--to", TO, "--account", OLD, "--language", language, "--time-limit", "1")
    for more in ([], ["--status"], ["--to", OLD]):
        _, screen = at_a_terminal(*words, *more, columns=columns)
        for line in screen.split("\n"):
            assert width(line) <= columns or "http" in line or "eccs-backup" in line, line
            assert "http" not in line or line.strip().startswith("http")
    assert OLD in screen or TO in screen


def test_the_answers_count(account: Account) -> None:
    account.sign_in("--for", "forward", "--account", OLD)
    account.accepted()
    asked = Voice("forward", "en").say("will-filter", account=OLD, to=TO)
    ends = {columns: width(fitted(asked, columns - 1).split("\n")[-1]) for columns in range(50, 80)}
    columns = max(ends, key=lambda each: ends[each] - each)  # here the sentence alone would fill the last line
    _, screen = at_a_terminal("--to", TO, "--account", OLD, "--by-filter", columns=columns, key=b"n\n")
    assert width(next(line for line in screen.split("\n") if "[y/N]" in line).rstrip()) < columns


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("one two three", 7, "one two\nthree"),
        ("one two three", 13, "one two three"),
        ("1. one two three", 10, "1. one two\n   three"),
        ("  one two", 5, "  one\n  two"),
        ("one\ntwo", 3, "one\ntwo"),
        ("averylongword x", 5, "averylongword\nx"),
        ("転送先アドレス", 8, "転送先ア\nドレス"),
        ("転送先、アドレス", 6, "転送\n先、ア\nドレス"),
        ("転送「先」です", 8, "転送\n「先」で\nす"),
        ("転送 me@example.com です", 15, "転送\nme@example.com\nです"),
        ("保存: eccs-backup mail-export", 20, "保存:\neccs-backup mail-export"),
        ("Run eccs-backup auth --for x - then go", 20, "Run\neccs-backup auth --for x\n- then go"),
        ("（--account）を指定", 12, "（--account）\nを指定"),
        ("アドレス: x", 8, "アドレ\nス: x"),
        ("", 5, ""),
    ],
)
def test_lines_are_broken_where_it_does_no_harm(text: str, columns: int, expected: str) -> None:
    assert fitted(text, columns) == expected


def test_width() -> None:
    assert width("ab") == 2
    assert width("転送") == 4
    assert width("ﾃﾝ") == 2
    assert width("ｅ") == 2
    assert width("e\u0301") == 1


@pytest.mark.parametrize("name", sentences("forward"))
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_sentence_fits_and_loses_nothing(name: str, language: str) -> None:
    said = sentences("forward")[name][language]
    for columns in (40, 79):
        lines = fitted(said, columns)
        assert re.sub(r"\s", "", lines) == re.sub(r"\s", "", said)
        for line in lines.split("\n"):
            assert width(line) <= columns or "eccs-backup" in line or len(re.findall(r"\s+|。", line.strip())) < 2
