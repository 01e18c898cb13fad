"""`linked-apps` as a person runs it, without a network."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from corpus import mails
from corpus_wire import ME

from eccs_backup.cli import cli
from eccs_backup.linked_apps import memory

OTHER = "someone@g.example.ac.jp"


@pytest.fixture(scope="module")
def mbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mailbox as Takeout writes it."""
    path = tmp_path_factory.mktemp("takeout") / "すべてのメール-002.mbox"
    with path.open("wb") as file:
        for number, mail in enumerate(mails("tuning"), 1628424719502045299):
            file.write(b"From %d@xxx Tue Mar 19 09:13:51 +0000 2019\r\n" % number + mail.raw + b"\r\n")
    return path


@pytest.fixture
def read(mbox: Path) -> None:
    """The mailbox was read."""
    assert run("--mail", mbox).exit_code == 0


def run(*words: str | Path, account: str = ME, expected: int = 0) -> Result:
    sub = [words[0]] if words and words[0] in ("show", "mark", "watch", "connections") else []
    more = [str(each) for each in words[len(sub) :]]
    result = CliRunner().invoke(cli, ["linked-apps", *map(str, sub), *more, "--account", account, "--language", "en"])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == expected, result.output
    return result


@pytest.mark.usefixtures("read")
def test_the_list_is_remembered() -> None:
    shown = run().stdout
    assert f"Services tied to {ME}: 1" in shown
    assert shown.index("Google sign-in only") < shown.index("Address registered") < shown.index("Sends mail")
    assert "https://github.com/settings/emails" in shown
    assert f"eccs-backup linked-apps mark NAME moved --account {ME}" in run().stderr
    japanese = CliRunner().invoke(cli, ["linked-apps", "--account", ME, "--language", "ja"]).stdout
    assert "Google ログインのみ" in japanese


def test_a_zip_of_takeout(mbox: Path, tmp_path: Path) -> None:
    path = tmp_path / "takeout-20270301T000000Z-001.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(mbox, "Takeout/メール/すべてのメール-002.mbox")
        archive.writestr("Takeout/archive_browser.html", "<html></html>")
    assert "github" in run("--mail", path).stdout
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(path.read_bytes()[:-3000])
    assert "is damaged" in run("--mail", damaged, expected=2).stderr
    garbled = bytearray(path.read_bytes())
    garbled[len(garbled) // 2] ^= 0xFF
    damaged.write_bytes(garbled)
    assert "is damaged" in run("--mail", damaged, expected=2).stderr


def test_what_is_no_mail(tmp_path: Path) -> None:
    text = tmp_path / "x.txt"
    text.write_text("nothing")
    assert "is no mbox" in run("--mail", text, expected=2).stderr
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.txt", "nothing")
    assert "no mail in x.zip" in run("--mail", tmp_path / "x.zip", expected=2).stderr
    (tmp_path / "empty").mkdir()
    assert run("--mail", tmp_path / "empty", expected=2).stderr.startswith("Error: ")


def test_nothing_known_yet() -> None:
    said = run(expected=2).stderr
    assert "Nothing is known" in said
    assert "--mail" in said
    assert "Nothing is known" in run("show", "github", expected=2).stderr
    nobody = CliRunner().invoke(cli, ["linked-apps"])
    assert nobody.exit_code == 2
    assert "--account" in nobody.stderr


@pytest.mark.usefixtures("read")
def test_show() -> None:
    shown = run("show", "GitHub").stdout
    assert "[github]" in shown
    assert "Change the address" in shown
    assert "message 16" in shown
    assert json.loads(run("show", "github.com", "--json").stdout)["services"][0]["id"] == "github"
    assert "Did you mean: github" in run("show", "githab", expected=2).stderr
    assert run("show", "git").stdout == shown


@pytest.mark.usefixtures("read")
def test_marks_stay_when_the_evidence_is_read_again(mbox: Path) -> None:
    assert run("mark", "github", "moved", "--note", "=new address").stdout == "GitHub: Moved.\n"
    run("mark", "figma", "ignored")
    run("--mail", mbox)
    assert "GitHub [github] - Moved (=new address)" in run().stdout
    rows = {row["id"]: row for row in json.loads(run("--json").stdout)["services"]}
    assert (rows["github"]["state"], rows["github"]["note"]) == ("moved", "=new address")
    assert [row["id"] for row in json.loads(run("--json", "--state", "ignored").stdout)["services"]] == ["figma"]
    run("mark", "github", "todo", "--note", "")
    assert "GitHub [github] - To do" in run().stdout


@pytest.mark.usefixtures("read")
def test_forms(tmp_path: Path) -> None:
    table = list(csv.reader(io.StringIO(run("--format", "csv").stdout.removeprefix("\ufeff"))))
    assert len(table) > 100
    for form in ("html", "csv", "ics", "json"):
        path = tmp_path / f"list.{form}"
        run("--output", path, *(("--until", "2027-03-31") if form in ("html", "ics") else ()))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "GitHub" in path.read_text(encoding="utf-8")
    assert "20270331" in (tmp_path / "list.ics").read_text(encoding="utf-8")
    missing = run("--format", "html", "--output", tmp_path / "no" / "list.html", expected=2)
    assert "cannot be written" in missing.stderr


def test_passwords(tmp_path: Path) -> None:
    path = tmp_path / "Chrome Passwords.csv"
    path.write_text(
        f"name,url,username,password,note\ngithub.com,https://github.com/login,{ME},hunter2x,\n"
        "shop,https://shop.example.com/,other@example.com,hunter3x,\n",
        encoding="utf-8",
    )
    result = run("--passwords", path)
    assert "Delete" in result.stderr
    assert "github" in result.stdout
    assert "example.com" not in result.stdout
    kept = memory.place(ME)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "hunter" not in kept.read_text(encoding="utf-8") + result.output


def test_hostile_mail_stays_text(tmp_path: Path) -> None:
    subject = "=?utf-8?q?Please_verify_your_email_=1B]0;x=07=E2=80=AE<script>alert(1)</script>?="
    path = tmp_path / "x.mbox"
    path.write_bytes(
        b"From a@b Tue Mar 19 09:13:51 2019\r\n"
        b"Authentication-Results: mx.google.com; dkim=pass header.i=@evil-shop.com\r\n"
        b'From: "=?utf-8?q?=3DHYPERLINK(1)<img_src=3Dx>?=" <noreply@evil-shop.com>\r\n'
        b"Subject: " + subject.encode() + b"\r\nDate: Tue, 19 Mar 2019 09:13:51 +0000\r\n\r\nx\r\n"
    )
    shown = run("--mail", path).stdout + run("show", "evil-shop.com").stdout
    assert "evil-shop.com" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    page = run("--format", "html").stdout
    assert "<img src" not in page
    assert "<script>alert" not in page
    row = list(csv.reader(io.StringIO(run("--format", "csv").stdout)))[1]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)


@pytest.mark.usefixtures("read")
def test_watch(mbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No service is marked" in run("watch", "--mail", mbox).stdout
    with monkeypatch.context() as past:
        past.setattr("time.time", lambda: 1_600_000_000.0)  # September 2020: some of the mail is newer
        run("mark", "github", "moved")
        run("mark", "zenn", "closed")
    came = run("watch", "--mail", mbox, expected=3).stdout
    assert "GitHub [github]:" in came
    assert "Still writes to the old address" in run().stdout
    rows = json.loads(run("watch", "--mail", mbox, "--json", expected=3).stdout)
    assert {row["id"] for row in rows} == {"github", "zenn"}
    run("mark", "github", "zenn", "moved")
    calm = run("watch", "--mail", mbox).stdout
    assert "Nothing has come from the 2 services" in calm
    assert "the newest mail in it is of 20" in calm


def test_a_date_that_is_not_true(tmp_path: Path) -> None:
    path = tmp_path / "x.mbox"
    mail = (
        "From a@b Tue Mar 19 09:13:51 2019\r\nAuthentication-Results: mx.google.com; dkim=pass header.i=@github.com\r\n"
        "From: GitHub <noreply@github.com>\r\nSubject: Please verify your email\r\n"
        "Date: Tue, 19 Mar {} 09:13:51 +0000\r\n"
    )
    path.write_bytes(mail.format(2019).encode() + b"\r\nx\r\n\r\n" + mail.format(2124).encode() + b"\r\nx\r\n")
    run("--mail", path)
    run("mark", "github", "moved")
    assert "Nothing has come" in run("watch", "--mail", path).stdout


def test_connections() -> None:
    said = run("connections", "--no-browser").stdout
    assert "https://myaccount.google.com/connections?authuser=" in said
    assert "--page FILE" in said


@pytest.mark.usefixtures("read")
def test_a_damaged_memory_is_not_overwritten(mbox: Path) -> None:
    path = memory.place(ME)
    path.write_text('{"format": 1, "readers"')
    for words in ((), ("--mail", mbox), ("mark", "github", "moved")):
        assert "is damaged" in run(*words, expected=2).stderr
    assert path.read_text() == '{"format": 1, "readers"'
    path.write_text('{"format": 99}')
    assert "newer version" in run(expected=2).stderr


def test_further_addresses(mbox: Path) -> None:
    run("--mail", mbox, "--address", ME.upper(), account=OTHER)
    assert memory.load(OTHER).addresses == [OTHER, ME]
    for wrong in ("nobody", "a@b@c", ""):
        assert run("--address", wrong, "--mail", mbox, account=OTHER, expected=2)


def test_whose_mail_it_is(mbox: Path) -> None:
    """The mails tell it; later the only account that is known is meant."""
    for words in (["--mail", str(mbox)], [], ["list"], ["show", "github"]):
        result = CliRunner().invoke(cli, ["linked-apps", *words])
        assert result.exit_code == 0, result.output
    assert memory.accounts() == [ME]
    assert "--account" not in CliRunner().invoke(cli, ["linked-apps"]).stderr
    run("--mail", mbox, "--address", ME, account=OTHER)
    several = CliRunner().invoke(cli, ["linked-apps"])
    assert several.exit_code == 2
    assert ME in several.stderr
    assert OTHER in several.stderr


@pytest.mark.usefixtures("read")
def test_several_at_once_and_a_source_forgotten(mbox: Path) -> None:
    assert run("mark", "github", "zenn", "moved").stdout == "GitHub: Moved.\nZenn: Moved.\n"
    run("mark", "github", "no-such-thing", "closed", expected=2)
    assert "GitHub [github] - Moved" in run().stdout
    assert f"mail {mbox}: read on" in sub("forget").stdout
    assert "There is" in sub("forget", "page x.html", expected=2).stderr
    sub("forget", f"mail {mbox}")
    assert "Nothing is known" in run(expected=2).stderr
    run("--mail", mbox)
    assert "GitHub [github] - Moved" in run().stdout


@pytest.mark.usefixtures("read")
@pytest.mark.parametrize(
    "words",
    [
        ("--json", "--format", "csv"),
        ("--until", "2099-01-01"),
        ("--until", "2020-01-01", "--format", "ics"),
        ("--format", "pdf"),
        ("--state", "done"),
    ],
)
def test_options_that_do_not_fit(words: tuple[str, ...]) -> None:
    run(*words, expected=2)


@pytest.mark.usefixtures("read")
def test_no_service_of_that_state() -> None:
    assert "No service is marked like that; still to do: 1" in run("--state", "closed").stdout


def sub(word: str, *more: str, expected: int = 0) -> Result:
    """A word of `linked-apps` that `run` does not know."""
    result = CliRunner().invoke(cli, ["linked-apps", word, *more, "--account", ME, "--language", "en"])
    assert result.exit_code == expected, result.output
    return result


@pytest.mark.usefixtures("read")
@pytest.mark.parametrize(
    "damage",
    [
        lambda kept: next(iter(kept["readers"].values()))["traces"][0].__setitem__(1, 5),
        lambda kept: next(iter(kept["readers"].values()))["traces"][0].__setitem__(3, "many"),
        lambda kept: next(iter(kept["readers"].values()))["traces"][0].__setitem__(7, []),
        lambda kept: next(iter(kept["readers"].values()))["traces"][0].__setitem__(8, ["a"]),
        lambda kept: next(iter(kept["readers"].values()))["traces"][0].append(1),
        lambda kept: kept.__setitem__("marks", {"github": {"state": "moved", "note": 1, "when": 1, "domain": ""}}),
        lambda kept: kept.__setitem__("marks", {"github": {"state": "gone", "note": "", "when": 1, "domain": ""}}),
        lambda kept: kept.__setitem__("marks", {"github": {"state": "moved"}}),
        lambda kept: kept.__setitem__("arrivals", {"github": {"number": "1", "last": 1, "subject": ""}}),
        lambda kept: kept.__setitem__("addresses", [None]),
        lambda kept: kept.__setitem__("readers", []),
    ],
)
def test_every_kind_of_damage_is_told(damage: Callable[[dict[str, Any]], object]) -> None:
    path = memory.place(ME)
    kept = json.loads(path.read_text(encoding="utf-8"))
    damage(kept)
    path.write_text(json.dumps(kept), encoding="utf-8")
    assert "is damaged" in run(expected=2).stderr
    path.write_text("[" * 200_000, encoding="utf-8")
    assert "is damaged" in run(expected=2).stderr


def test_two_runs_at_once_keep_both() -> None:
    names = [f"mail {number}" for number in range(8)]
    threads = [
        threading.Thread(target=lambda name=name: memory.update(ME, lambda held: held.keep(name, []))) for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(memory.load(ME).readers) == set(names)


def test_files_of_one_name(mbox: Path, tmp_path: Path) -> None:
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
    first, second = tmp_path / "a" / "x.mbox", tmp_path / "b" / "x.mbox"
    whole = mbox.read_bytes()
    first.write_bytes(whole)
    second.write_bytes(b"From a@b Tue Mar 19 09:13:51 2019\nSubject: x\n\n")
    run("--mail", first, "--mail", second)
    assert "[github]" in run().stdout


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for option in ("--mail", "--page", "--passwords"):
        assert run(option, tmp_path / "pipe", expected=2)
    assert "is no file" in run("--json", "--output", os.devnull, "--mail", _one(tmp_path), expected=2).stderr
    assert Path(os.devnull).is_char_device()


def _one(folder: Path) -> Path:
    path = folder / "one.mbox"
    path.write_bytes(b"From a@b Tue Mar 19 09:13:51 2019\nSubject: =?base64?B?//8=?= hello\n\n")
    return path
