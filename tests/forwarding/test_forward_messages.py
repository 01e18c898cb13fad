"""Does every sentence exist in both languages, and does every institution's profile name its source?"""

from __future__ import annotations

import ast
import re
import string
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import eccs_backup
from eccs_backup import profiles
from eccs_backup.forwarding.steps import Keep
from eccs_backup.messages import LANGUAGES, Voice, language, sentences

PACKAGE = Path(eccs_backup.__file__).parent
SENTENCES = sentences("forward")
BUTTONS = re.compile(r"\([^()a-z]*\)|「[^」]*」")
"""What stands on Gmail's page, in the other language."""


def braces(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("name", SENTENCES)
def test_each_sentence_in_both_languages(name: str) -> None:
    said = SENTENCES[name]
    assert set(said) == set(LANGUAGES)
    assert all(text.strip() for text in said.values())
    assert braces(said["en"]) == braces(said["ja"])
    assert any(ord(letter) > 0x3000 for letter in said["ja"])
    assert BUTTONS.sub("", said["en"]).isascii()


def test_every_sentence_is_said_and_every_one_said_exists() -> None:
    code = [*PACKAGE.glob("cli/forward*.py"), *PACKAGE.glob("forwarding/*.py")]
    words = {
        node.value
        for path in code
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {f"keep-{keep.value}" for keep in Keep} <= set(SENTENCES)
    said = {name for name in SENTENCES if name in words or name.startswith(("keep-", "state-"))}
    assert set(SENTENCES) - said - {f"{name}-hint" for name in said} == set()


def test_the_words_of_the_page_and_of_the_guide_agree() -> None:
    pages = (PACKAGE / "rehearsal/mail/forwarding_pages.py").read_text(encoding="utf-8")
    for keep in Keep:
        for tongue in LANGUAGES:
            assert SENTENCES[f"keep-{keep.value}"][tongue] in pages


@pytest.mark.parametrize("tongue", LANGUAGES)
def test_the_guide_names_the_tab_and_both_links(tongue: str) -> None:
    voice = Voice("forward", tongue)
    added = voice.say("add-by-hand", account="a@b.example", to="c@d.example")
    for words in ("Forwarding and POP/IMAP", "メール転送と POP/IMAP", "Proceed", "続行"):
        assert words in added
    accept = voice.say("accept", to="c@d.example", account="a@b.example")
    for words in ("forwarding-noreply@google.com", "Gmail Forwarding Confirmation", "Gmail の転送の確認"):
        assert words in accept
    assert "vf-" in accept
    assert "uf-" in accept
    with pytest.raises(KeyError):
        voice.say("no such sentence")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ja_JP"}, "ja"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_the_language_of_the_terminal(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language() == expected


@pytest.mark.parametrize("profile", profiles.every(), ids=lambda profile: profile.domains[0])
def test_profiles_name_their_source(profile: profiles.Profile) -> None:
    assert profile.name
    assert profile.days > 0
    assert profile.domains
    source = urlsplit(profile.source)
    assert (source.scheme, bool(source.netloc)) == ("https", True)
    assert isinstance(profile.read, date)
    assert profile.read <= date.today()
    for domain in (*profile.domains, *profile.family):
        assert domain == domain.casefold().strip()
        assert "@" not in domain
        assert "." in domain
    assert all(profiles.of(f"someone@{domain}") is profile for domain in profile.domains)


@pytest.mark.parametrize("tongue", LANGUAGES)
def test_the_dates_are_said_with_their_source(tongue: str) -> None:
    profile = profiles.of("student@g.ecc.u-tokyo.ac.jp")
    assert profile is not None
    said = Voice("forward", tongue).say("dates", **profile._asdict())
    assert "180" in said
    assert profile.source in said
    assert str(profile.read) in said


def test_what_ends_too() -> None:
    profile = profiles.of("student@G.ECC.U-Tokyo.ac.jp")
    assert profile is not None
    assert profiles.of("someone@example.com") is None
    assert profiles.ends_too(profile, "other@g.ecc.u-tokyo.ac.jp")
    assert profiles.ends_too(profile, "other@phys.s.u-tokyo.ac.jp")
    assert not profiles.ends_too(profile, "other@not-u-tokyo.ac.jp")
    assert not profiles.ends_too(profile, "other@example.com")
