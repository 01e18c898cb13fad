"""Subject lines as services write them, and how often they are understood."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from eccs_backup.linked_apps.mail import wording

FOLDER = Path(__file__).with_name("subjects")
SUBJECTS = {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in FOLDER.glob("*.toml")}
STRONG = ("sign-up", "reset", "security", "receipt")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("kind", STRONG)
def test_subjects(kind: str, language: str) -> None:
    lines = SUBJECTS[language][kind]
    wrong = [line for line in lines if wording.of_subject(line) != kind]
    assert len(wrong) <= 0.12 * len(lines), wrong


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("kind", ["notice", "newsletter"])
def test_weak_subjects_are_not_taken_for_strong_ones(kind: str, language: str) -> None:
    lines = SUBJECTS[language][kind]
    wrong = [line for line in lines if wording.of_subject(line) in STRONG]
    assert len(wrong) <= 0.08 * len(lines), wrong


def test_sign_in_with_google() -> None:
    lines = SUBJECTS["en"]["sign-in-text"]
    assert sum(map(wording.with_google, lines)) >= 0.95 * len(lines)
    others = [line for found in SUBJECTS.values() for kind in STRONG for line in found[kind] if "oogle" not in line]
    assert not [line for line in others if wording.with_google(line)]
