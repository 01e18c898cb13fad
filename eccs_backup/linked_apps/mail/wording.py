"""What a mail of a service is about, by its words in English and in Japanese."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files

from eccs_backup.linked_apps.claims import Kind

LONGEST = 1_500
"""Characters of a mail's text that are looked at: what it is about stands at its beginning."""


def of_subject(subject: str) -> Kind | None:
    """What the subject alone says; None when it fits nothing. It is never `SIGN_IN`: that stands in the text."""
    return _of_subject(unicodedata.normalize("NFKC", subject))


def of_text(text: str) -> Kind | None:
    """What the first lines of the text say; None when they fit nothing."""
    short = _short(text)
    return next((kind for kind, pattern in _TEXT.items() if pattern.search(short)), None)


@lru_cache(maxsize=8192)
def with_google(text: str) -> bool:
    """Whether the text says that one signs in there with Google."""
    low = text.lower()
    return ("oogle" in low or "ｏｏｇｌｅ" in low) and bool(_TEXT[Kind.SIGN_IN].search(_short(text)))


def is_open(subject: str) -> bool:
    """Whether the subject speaks of a login, and only the text can say of which sort."""
    return bool(_OPEN.search(subject))


def sells(subject: str) -> bool:
    """Whether the subject advertises, in words that others use for what was done."""
    return bool(_SALE.search(unicodedata.normalize("NFKC", subject)))


def is_for_members(subject: str) -> bool:
    """Whether the subject speaks of what only members have: terms, points, an account."""
    return bool(_MEMBERS.search(unicodedata.normalize("NFKC", subject)))


def alarms(subject: str, text: Callable[[], str]) -> bool:
    """Whether subject or text frighten, as forgers do."""
    return bool(_ALARM.search(unicodedata.normalize("NFKC", subject)) or _ALARM.search(_short(text())))


@lru_cache(maxsize=8192)
def _of_subject(subject: str) -> Kind | None:
    return next((kind for kind, pattern in _SUBJECT.items() if pattern.search(subject)), None)


def _short(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text[: 4 * LONGEST]).split())[:LONGEST]


def _compiled(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each})" for each in patterns), re.IGNORECASE)


def _read(part: str) -> dict[Kind, re.Pattern[str]]:
    return {Kind(name): _compiled(_TABLE[name][part]) for name in _KINDS if part in _TABLE[name]}


_KINDS = ("sign-in", "reset", "sign-up", "security", "receipt", "newsletter", "notice")
"""In the order in which they are tried."""
_TABLE = tomllib.loads(files(__package__).joinpath("wording.toml").read_text("utf-8"))
_SUBJECT, _TEXT = _read("subject"), _read("text")
_OPEN = _compiled(_TABLE["open"]["subject"])
_MEMBERS = _compiled(_TABLE["members"]["subject"])
_SALE = _compiled(_TABLE["sale"]["subject"])
_ALARM = _compiled(_TABLE["alarm"]["text"])
