"""The guide to Google's page: every step in two languages, the right account, and what is noted of a request."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from click.testing import CliRunner, Result

from eccs_backup.cli import cli
from eccs_backup.messages import LANGUAGES, sentences
from eccs_backup.takeout import requesting
from eccs_backup.takeout.requesting import Request

ME = "yamada.hanako@g.example.ac.jp"


def guide(*words: str, account: str = ME) -> Result:
    whose = ["--account", account] if account else []
    result = CliRunner().invoke(cli, ["takeout", "open", "--no-browser", *whose, *words], catch_exceptions=True)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.parametrize("language", LANGUAGES)
def test_steps(language: str) -> None:
    """The buttons stand in both languages, whichever the guide speaks; the boxes are those that no API can replace."""
    shown = guide("--language", language, "--mail").stdout
    for button in (
        "選択をすべて解除", "Deselect all", "次のステップ", "Next step", "エクスポートを作成", "Create export",
        "ダウンロード リンクをメールで送信", "Google フォト", "YouTube", "Keep", "7", "--from-drive", "--transfer", ME,
    ):  # fmt: skip
        assert button in shown
    assert "takeout.google.com/settings/takeout/custom/photos,keep" in shown
    assert "authuser=yamada.hanako%40g.example.ac.jp" in shown


def test_everything_and_some() -> None:
    assert json.loads(guide("--everything", "--json").stdout)["url"].startswith(f"{requesting.PAGE}?authuser=")
    found = json.loads(guide("--product", "keep", "--json").stdout)
    assert found["products"] == ["keep"]
    assert "/custom/keep?" in found["url"]


def test_without_an_account_the_picture_has_to_be_looked_at() -> None:
    assert "picture at the top right that it is the account" in guide(account="").stdout
    assert guide("--requested", account="").exit_code == 2


def test_the_browser_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER", "true %s")
    result = CliRunner().invoke(cli, ["takeout", "open", "--account", ME])
    assert "The page is open in your browser" in result.stdout


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_schools_tool_and_its_limits(language: str) -> None:
    shown = guide("--transfer", "--language", language).stdout
    assert requesting.TRANSFER in shown
    assert ("ONCE" if language == "en" else "1回だけ") in shown


def test_what_is_noted() -> None:
    assert "No request is noted" in guide("--status").stdout
    asked = date.today() - timedelta(2)
    guide("--requested", asked.isoformat())
    assert "2 day(s) ago" in guide("--status").stdout
    guide("--ready")
    assert "7 day(s) left" in guide("--status").stdout
    dies = (date.today() + timedelta(7)).isoformat()
    found = json.loads(guide("--json").stdout)
    assert (found["requested"], found["links_die"]) == (asked.isoformat(), dies)
    assert "No request" in guide("--status", account="other@example.com").stdout
    guide("--ready", (date.today() - timedelta(8)).isoformat())
    assert "have died" in guide("--status").stdout
    guide("--forget")
    assert "No request is noted" in guide("--status").stdout
    assert guide("--requested", "yesterday").exit_code == 2


@pytest.mark.parametrize("noted", [None, 5, {"requested": "never", "ready": 7}, ["x"]])
def test_settings_that_make_no_sense(noted: object) -> None:
    assert Request.of(noted) == Request()  # type: ignore[arg-type]


def test_every_sentence_is_there_in_both_languages() -> None:
    assert all(set(each) == set(LANGUAGES) for each in sentences("takeout").values())
