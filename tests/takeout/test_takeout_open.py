"""Is a person led to the right page, boxes and buttons, and told in time that links die and accounts end?"""

from __future__ import annotations

import ast
import json
import os
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import eccs_backup
from eccs_backup.accounts import home, tokens
from eccs_backup.cli import cli, takeout_open
from eccs_backup.cli.fitting import fitted, width
from eccs_backup.messages import LANGUAGES, Voice, sentences
from eccs_backup.sources import SOURCES
from eccs_backup.takeout import requesting
from eccs_backup.takeout.requesting import BOXES, Request

PACKAGE = Path(eccs_backup.__file__).parent
ME = "yamada.hanako@g.example.ac.jp"
TODAY = date(2026, 11, 28)
SENTENCES = {name: said for name, said in sentences("takeout").items() if name.startswith("open-")}
BUTTONS = re.compile(r"\([^()a-z]*(?:（[^）]*）)?[^()a-z]*\)|移行の履歴|\(Google [^()a-z]*\)")
"""What stands on Google's pages, in the other language."""


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takeout_open, "today", lambda: TODAY)
    monkeypatch.setenv("LANG", "C.UTF-8")
    for name in ("LC_ALL", "LC_MESSAGES", "ECCS_BACKUP_REHEARSAL"):
        monkeypatch.delenv(name, raising=False)


def run(*words: str, account: str = ME, status: int = 0) -> Result:
    whose = ["--account", account] if account else []
    result = CliRunner().invoke(cli, ["takeout", "open", "--no-browser", *whose, *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    return result


def found(*words: str, account: str = ME) -> dict[str, object]:
    loaded: dict[str, object] = json.loads(run(*words, "--json", account=account).stdout)
    return loaded


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_names_every_button_in_both_languages(language: str) -> None:
    shown = run("--language", language).stdout
    for words in (
        "選択をすべて解除", "Deselect all", "次のステップ", "Next step", "エクスポートを作成", "Create export",
        "ダウンロード リンクをメールで送信", "Send download link via email", "1 回エクスポート", "Export once", ".zip",
        "ドライブに追加", "Add to Drive", "--from-drive", "--transfer", "--mail", "--ready", "FAT32", ME,
    ):  # fmt: skip
        assert words in shown, words
    for name in requesting.not_saved_by(SOURCES):
        assert BOXES[name].en in shown
        assert BOXES[name].ja in shown
    assert "Drive (ドライブ)" not in shown
    assert "https://takeout.google.com/settings/takeout/custom/photos,keep,youtube,groups,hangouts_chat," in shown
    assert "?authuser=yamada.hanako%40g.example.ac.jp\n" in shown


def test_what_is_asked_for() -> None:
    usual = found()["products"]
    assert isinstance(usual, list)
    assert {"photos", "keep", "youtube", "groups", "chat", "activity", "calendar", "contacts"} <= set(usual)
    assert not {"mail", "drive"} & set(usual)
    assert found("--what", "apis-cannot")["products"] == usual
    assert found("--mail")["products"] == [*usual, "mail"]
    assert found("--product", "keep", "--product", "keep")["products"] == ["keep"]
    assert found("--product", "keep", "--mail")["products"] == ["keep", "mail"]
    assert found("--product", "drive", "--what", "apis-cannot")["products"] == [*usual, "drive"]
    for everything in (["--everything"], ["--what", "everything"]):
        told = found(*everything)
        assert (told["everything"], told["products"]) == (True, [])
        assert told["url"] == f"{requesting.PAGE}?authuser=yamada.hanako%40g.example.ac.jp"
    shown = run("--everything").stdout
    assert "Leave every box ticked" in shown
    assert "Deselect all" not in shown


def test_a_source_of_ours_takes_its_product_off_the_list() -> None:
    assert "calendar" not in requesting.not_saved_by({"drive", "mail", "calendar"})
    assert set(BOXES) - set(requesting.not_saved_by(SOURCES)) == set(SOURCES)
    assert "photos" in requesting.not_saved_by(["photos", "anything"])  # no API: no source can be meant


@pytest.mark.parametrize(
    "words",
    [
        ("--everything", "--what", "apis-cannot"),
        ("--everything", "--mail"),
        ("--what", "everything", "--product", "keep"),
        ("--product", "kepe"),
        ("--transfer", "--status"),
        ("--done", "--ready"),
        ("--requested", "yesterday"),
        ("--until", "2026-11-27"),
        ("--requested", "2026-11-29"),
        ("--requested", "2026-11-20", "--ready", "2026-11-19"),
        ("--account", "ｍｅ@example.com"),
        ("--account", "x\x1b[2J@example.com"),
        ("--account", "nobody"),
    ],
)
def test_what_contradicts_itself_is_refused(words: tuple[str, ...]) -> None:
    shown = run(*words, account="" if "--account" in words else ME, status=2)
    assert shown.stderr
    assert "\x1b" not in shown.output
    assert requesting.noted(ME) == Request()


def test_without_a_sign_in_the_picture_tells_whose_it_is() -> None:
    shown = run(account="").stdout
    assert "it must be the account that you are leaving" in shown
    assert "authuser" not in shown
    assert found(account="")["account"] is None


def test_the_signed_in_account_is_meant() -> None:
    tokens.save(tokens.Token("google", ME, "read", (), {"type": "authorized_user"}, 0, 0))
    assert found(account="")["account"] == ME
    assert found(account="other@example.com")["account"] == "other@example.com"


def test_an_export_from_request_to_end() -> None:
    assert "No export. To request one" in run("--status").stdout
    asked = run("--requested", "2026-11-25").stdout
    assert "requested on 2026-11-25; days since: 3" in asked
    assert "Google データをダウンロードできるようになりました" in asked
    assert "You noted on 2026-11-25" in run().stdout
    ready = run("--ready").stdout
    for words in ("2026-12-05; days left: 7", requesting.MANAGE, "EVERY part", "--watch ~/Downloads --parts N", "(!)"):
        assert words in ready
    assert run("--status").stdout == ready
    told = found("--status")
    assert (told["requested"], told["ready"], told["links_die"]) == ("2026-11-25", "2026-11-28", "2026-12-05")
    assert told["url"] == requesting.for_account(requesting.MANAGE, ME)
    assert run("--done").stdout == "Cleared: no export is noted any more.\n"
    assert found()["requested"] is None


def test_the_day_after_the_links_have_died() -> None:
    run("--requested", "2026-11-18", "--ready", "2026-11-21")
    assert "days left: 0" in run("--status").stdout
    run("--ready", "2026-11-20")
    shown = run("--status", status=3).stdout
    assert "have died about 2026-11-27" in shown
    assert "You noted" not in run().stdout  # a new one is needed


def test_a_new_request_is_another_export() -> None:
    run("--requested", "2026-11-01", "--ready", "2026-11-02")
    told = found("--requested")
    assert (told["requested"], told["ready"], told["links_die"]) == ("2026-11-28", None, None)


def test_each_account_has_notes_of_its_own() -> None:
    run("--requested")
    assert found("--status", account="other@example.com")["requested"] is None
    assert found("--status", account=ME.upper())["requested"] == "2026-11-28"


def test_notes_of_nobody_are_found_once_the_account_is_known() -> None:
    run("--requested", "--until", "2027-03-31", account="")
    assert "Noted (no account was named)" in run("--status", account="").stdout
    told = found("--ready")
    assert (told["requested"], told["ready"], told["until"]) == ("2026-11-28", "2026-11-28", "2027-03-31")
    run("--forget")
    assert found(account="")["until"] is None
    assert home.settings() == {}


@pytest.mark.parametrize("words", [(), ("--transfer",)])
def test_a_near_last_day_is_warned_of_and_a_far_one_is_not(words: tuple[str, ...]) -> None:
    assert "Days left" not in run("--until", "2027-03-31", *words).stdout
    assert "Days left until 2026-12-01: 3." in run("--until", "2026-12-01", *words).stdout
    assert "Days left until 2026-12-01: 3." in run(*words).stdout
    run("--done")
    assert "days left: 3" in run("--status").stdout
    run("--forget")
    assert "days left" not in run("--status").stdout


def test_after_the_last_day(monkeypatch: pytest.MonkeyPatch) -> None:
    run("--until", "2026-11-30")
    monkeypatch.setattr(takeout_open, "today", lambda: date(2026, 12, 1))
    assert "2026-11-30, has passed" in run().stdout
    assert "last day was 2026-11-30" in run("--status").stdout


def test_links_die_with_the_account() -> None:
    assert Request(ready=TODAY, until=date(2026, 12, 1)).dies == date(2026, 12, 1)
    assert Request(ready=TODAY, until=date(2027, 12, 1)).dies == date(2026, 12, 5)
    assert Request(requested=TODAY).dies is None


@pytest.mark.parametrize("noted", [5, ["x"], {ME: 5}, {ME: {"requested": "never", "ready": 7, "until": None}}])
def test_settings_that_make_no_sense_are_not_known(noted: object) -> None:
    home.remember("takeout requests", noted)  # type: ignore[arg-type]
    assert requesting.noted(ME) == Request()
    run("--requested")
    assert requesting.noted(ME) == Request(TODAY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_schools_tool_and_its_limits(language: str) -> None:
    shown = run("--transfer", "--language", language).stdout
    assert f"{requesting.TRANSFER}?authuser=" in shown
    for words in (
        "コードを送信",
        "Send code",
        "確認コードを取得",
        "Get confirmation code",
        "転送を開始",
        "Start transfer",
    ):
        assert words in shown
    once = {"en": ("ONCE", "a week", "15 GB", "sharing"), "ja": ("1回だけ", "1週間", "15 GB", "共有を禁止")}
    assert all(words in shown for words in once[language])


def test_the_page_opens_in_the_browser(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{seen}"\n', encoding="utf-8")
    browser.chmod(0o755)
    words = [sys.executable, "-m", "eccs_backup", "takeout", "open", "--product", "keep", "--account", ME]
    told = subprocess.run(
        words, env=os.environ | {"BROWSER": str(browser)}, capture_output=True, text=True, check=True, timeout=60
    )
    page = requesting.page(["keep"], ME)
    assert seen.read_text(encoding="utf-8").strip() == page
    assert f"The page is opening; if it does not, open:\n  {page}\n" in told.stdout


def test_a_rehearsal_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECCS_BACKUP_REHEARSAL", "http://127.0.0.1:1")
    shown = run()
    assert "nothing was opened" in shown.stderr
    assert "Open this page" in shown.stdout


@pytest.mark.parametrize(("free", "size"), [(None, 10), (10**12, 10), (39 * 10**9, 4), (9 * 10**9, 2), (0, 1)])
def test_parts_fit_the_disk(free: int | None, size: int) -> None:
    assert requesting.part_size(free) == size


def test_boxes_are_listed_as_on_the_page() -> None:
    assert requesting.in_order(["keep", "chrome", "drive", "photos"], "en") == [
        "Chrome", "Drive (ドライブ)", "Google Photos (Google フォト)", "Keep",
    ]  # fmt: skip
    assert requesting.in_order(["contacts", "keep", "groups"], "ja") == [
        "Keep",
        "グループ（Groups）",
        "連絡先（Contacts）",
    ]


def braces(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("name", SENTENCES)
def test_each_sentence_of_the_guide_in_both_languages(name: str) -> None:
    said = SENTENCES[name]
    assert set(said) == set(LANGUAGES)
    assert braces(said["en"]) == braces(said["ja"])
    assert any(ord(letter) > 0x3000 for letter in said["ja"])
    assert BUTTONS.sub("", said["en"]).isascii()
    for language in LANGUAGES:
        for line in fitted(said[language], 79).split("\n"):
            assert width(line) <= 79


def test_every_sentence_of_the_guide_is_said() -> None:
    code = ast.parse((PACKAGE / "cli/takeout_open.py").read_text(encoding="utf-8"))
    words = {node.value for node in ast.walk(code) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    said = {name for name in SENTENCES if name in words}
    assert set(SENTENCES) - said == {f"{name}-hint" for name in said} & set(SENTENCES)
    assert Voice("takeout", "ja").say("open-done")


def _lines() -> Iterator[str]:
    for language in LANGUAGES:
        for words in ([], ["--everything"], ["--transfer"], ["--requested"], ["--ready"], ["--status"]):
            yield from fitted(run(*words, "--language", language).stdout, 79).split("\n")


def test_every_line_fits_and_addresses_stand_alone() -> None:
    for line in _lines():
        assert width(line) <= 79 or line.strip().startswith(("http", "eccs-backup"))
        assert "http" not in line or line.strip().startswith("http")
