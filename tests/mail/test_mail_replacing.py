"""What a conversion may replace, where it may write, and how files are called: nothing of the person's is ever lost."""

from __future__ import annotations

import mailbox
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from saved_mail import SavedMail, letter, saved

from eccs_backup.errors import Unusable
from eccs_backup.mail import convert, letters

MINE = b"From me@x Thu Jan  1 00:00:00 1970\nSubject: my own\n\nprecious\n"


@pytest.mark.parametrize("mine", [MINE, b""])
def test_an_mbox_of_the_persons_is_not_replaced(mine: bytes, tmp_path: Path) -> None:
    mail = saved(tmp_path, letter())
    path = tmp_path / "mine.mbox"
    path.write_bytes(mine)
    result = mail.run("mail-convert", "--to", "mbox", path, "--overwrite")
    assert result.exit_code == 2
    assert "was not made by mail-convert" in result.stderr
    assert path.read_bytes() == mine


@pytest.mark.parametrize("by_label", [True, False])
def test_an_mbox_that_was_changed_since_is_not_replaced(by_label: bool, tmp_path: Path) -> None:
    mail = saved(tmp_path, letter())
    words = ["--to", "mbox", tmp_path / "m", *(["--by-label"] if by_label else [])]
    assert mail.run("mail-convert", *words).exit_code == 0
    assert mail.run("mail-convert", *words, "--overwrite").exit_code == 0
    path = tmp_path / "m/Inbox.mbox" if by_label else tmp_path / "m"
    before = path.stat()
    changed = path.read_bytes().replace(b"X-Mozilla-Status: 0001", b"X-Mozilla-Status: 0003")
    path.write_bytes(changed)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    result = mail.run("mail-convert", *words, "--overwrite")
    assert result.exit_code == 2
    assert str(path) in result.stderr
    assert path.read_bytes() == changed


def _added(target: Path) -> Path:
    (target / "cur/mynewmail").write_bytes(b"x")
    return target / "cur/mynewmail"


def _delivered(target: Path) -> Path:
    (target / ".Archived/new/1.x").write_bytes(b"x")
    return target / ".Archived/new/1.x"


def _moved(target: Path) -> Path:
    one = next((target / "cur").iterdir())
    return one.rename(target / "new" / one.name)


def _flagged(target: Path) -> Path:
    one = next((target / "cur").iterdir())
    return one.rename(one.with_name(f"{one.name}T"))


def _deleted(target: Path) -> Path:
    one = next((target / "cur").iterdir())
    one.unlink()
    return one


def _linked(target: Path) -> Path:
    (target / "cur/link").symlink_to(target.parent)
    return target / "cur/link"


@pytest.mark.parametrize("change", [_added, _delivered, _moved, _flagged, _deleted, _linked])
def test_a_maildir_that_lives_is_not_replaced(change: Callable[[Path], Path], tmp_path: Path) -> None:
    mail = saved(tmp_path, letter())
    mail.add(letter(), "STARRED")
    target = tmp_path / "md"
    words = ("--to", "maildir", target, "--by-label")
    assert mail.run("mail-convert", *words).exit_code == 0
    (target / ".DS_Store").touch()  # only looked at
    assert mail.run("mail-convert", *words, "--overwrite").exit_code == 0
    path = change(target)
    before = sorted(target.rglob("*"))
    result = mail.run("mail-convert", *words, "--overwrite")
    assert result.exit_code == 2
    assert str(path) in result.stderr
    assert sorted(target.rglob("*")) == before


def test_what_came_while_the_mail_was_converted_stays(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter())
    target = tmp_path / "m"
    with pytest.raises(Unusable, match="was not made"), letters.place(mail.out) as place:
        convert.convert(place, target, convert.Format.MBOX, on_letter=lambda _: target.write_bytes(MINE))
    assert target.read_bytes() == MINE


def test_the_result_and_the_vault_may_move_together(tmp_path: Path) -> None:
    mail = saved(tmp_path / "stick", letter())
    assert mail.run("mail-convert", "--to", "mbox").exit_code == 0
    (tmp_path / "stick").rename(tmp_path / "other")
    moved = SavedMail(tmp_path / "other/out")
    assert moved.run("mail-convert", "--to", "mbox", "--overwrite").exit_code == 0


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"files": 5}', b"\xff", b"[" * 100_000])
def test_a_damaged_memory_replaces_nothing(content: bytes, tmp_path: Path) -> None:
    mail = saved(tmp_path, letter())
    assert mail.run("mail-convert", "--to", "mbox").exit_code == 0
    (record,) = (mail.out / ".eccs-backup/converted").iterdir()
    record.write_bytes(content)
    assert mail.run("mail-convert", "--to", "mbox", "--overwrite").exit_code == 2


def test_a_vault_that_cannot_be_written_is_converted(tmp_path: Path) -> None:
    mail = saved(tmp_path, letter())
    (mail.out / ".eccs-backup/converted").touch()
    result = mail.run("mail-convert", "--to", "mbox")
    assert result.exit_code == 0
    assert "--overwrite will not know" in result.stderr
    assert mail.run("mail-convert", "--to", "mbox", "--overwrite").exit_code == 2


def test_this_folder_is_a_destination(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mail = saved(tmp_path, letter())
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert mail.run("mail-convert", ".", "--to", "maildir").exit_code == 0
    assert Path.cwd() == tmp_path / "empty"
    assert mail.run("mail-convert", ".", "--to", "mbox").exit_code == 2
    assert len(mailbox.Maildir(tmp_path / "empty")) == 1


def test_labels_that_meet_our_names_and_each_other(tmp_path: Path) -> None:
    mail = saved(tmp_path)
    mail.add(letter(), "INBOX", "eccs-backup-mail", "INBOX", "cur", "maildirfolder", "Inbox")
    for to in ("mbox", "maildir"):
        target = tmp_path / to
        for words in ([], ["--overwrite"]):
            assert mail.run("mail-convert", "--to", to, "--by-label", target, *words).exit_code == 0
    assert len(mailbox.mbox(tmp_path / "mbox/Inbox.mbox")) == 1
    assert len(list((tmp_path / "mbox").iterdir())) == 5
    assert len(list((tmp_path / "maildir").rglob("cur/*"))) == 5


def test_labels_in_a_language_that_the_system_does_not_write(tmp_path: Path) -> None:
    mail = saved(tmp_path)
    mail.add(letter(), "研究/ゼミ", "plain")
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-m", "eccs_backup", "mail-convert", str(mail.out), "--to", "mbox", "--by-label"]
    for words in ([], ["--overwrite"]):
        done = subprocess.run([*command, *words], env=os.environ | locale, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in (tmp_path / "out-mbox").iterdir())
    assert names[1] == "plain.mbox"
    assert names[0].isascii()
    assert mail.run("mail-convert", "--to", "mbox", "--by-label", "--overwrite").exit_code == 0
    assert (tmp_path / "out-mbox/研究／ゼミ.mbox").is_file()
