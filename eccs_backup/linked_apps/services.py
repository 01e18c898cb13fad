"""Known services: by what domains and names they are known, and where their users change the address."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from eccs_backup.linked_apps.names import key, keys, phrases


class Kind(StrEnum):
    """What sort of service it is. The values stand in files, and stay."""

    RESEARCH = "research"
    """Researchers' ids, libraries, data, tools, societies and funders."""
    PUBLISHING = "publishing"
    """Publishers, submission and review."""
    LEARNING = "learning"
    """Courses, language tests and examinations."""
    CODE = "code"
    """Programs, servers and domains."""
    OFFICE = "office"
    """Documents, files, plans, dates and polls."""
    AI = "ai"
    """Assistants and models."""
    SOCIAL = "social"
    """Chats, calls, networks and blogs."""
    CAREER = "career"
    """Jobs and applications."""
    SHOPPING = "shopping"
    """Shops and markets."""
    TRAVEL = "travel"
    """Trains, flights, rooms and rides."""
    MONEY = "money"
    """Banks, cards, payments and household books."""
    UTILITIES = "utilities"
    """Phones, power, gas and parcels."""
    LEISURE = "leisure"
    """Games, music, films, news, sports and events."""
    GOVERNMENT = "government"
    """The state and its agencies."""
    SECURITY = "security"
    """Passwords and protection."""


class Service(NamedTuple):
    """A service. services.toml says what the fields are; `change` is "" where no page is known."""

    id: str
    name: str
    names: tuple[str, ...]
    words: tuple[str, ...]
    domains: tuple[str, ...]
    kind: Kind
    change: str
    without_google: str
    google: bool


@cache
def every() -> tuple[Service, ...]:
    """All services of the table."""
    return tuple(_read())


def of_domain(domain: str) -> Service | None:
    """The service of a registrable domain, in lower case ASCII, or None when it is not known."""
    return _by_domain().get(domain)


@lru_cache(maxsize=8192)
def named(name: str) -> Service | None:
    """The service of just that name, as evidence writes it: "GitHub, Inc.", "Slack チーム"; or None."""
    return next((_by_name()[each] for each in keys(name) if each in _by_name()), None)


@lru_cache(maxsize=65_536)
def impersonated(display_name: str, domain: str) -> Service | None:
    """The service that a sender's display name names, while its registrable domain is not of any service named there.

    Names that are words or short, as "Box" and "au", count only when they are the whole display name.
    """
    claimed = _claimed(display_name)
    return None if any(domain in each.domains for each in claimed) else next(iter(claimed), None)


@lru_cache(maxsize=65_536)
def _claimed(text: str) -> tuple[Service, ...]:
    found = [_by_name().get(key(text)), *(_by_phrase().get(each) for each in phrases(text))]
    return tuple(each for each in found if each)


@cache
def _by_domain() -> dict[str, Service]:
    return {domain: each for each in every() for domain in each.domains}


@cache
def _by_name() -> dict[str, Service]:
    return {key(name): each for each in every() for name in (each.name, *each.names)}


@cache
def _by_phrase() -> dict[str, Service]:
    words = {key(word) for each in every() for word in each.words}
    return {
        name: each
        for name, each in _by_name().items()
        if name not in words and len(name) >= (3 if name.isascii() else 2)
    }


def _read() -> Iterator[Service]:
    for each in tomllib.loads(files(__package__).joinpath("services.toml").read_text("utf-8"))["service"]:
        yield Service(
            each["id"],
            each["name"],
            tuple(each.get("names", ())),
            tuple(each.get("words", ())),
            tuple(each["domains"]),
            Kind(each["kind"]),
            each.get("change", ""),
            each["without_google"],
            each.get("google", False),
        )
