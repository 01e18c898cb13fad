"""Institutions' rules as data: one file each, with where they were read and when."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Profile(NamedTuple):
    """An institution. Mail of `domains` is meant; addresses in `family` end as well, or belong to those that do.

    Forwarding ends about `days` after the account; `source` says so, and was read on `read`. About `reuse` years after
    its end the address may be another person's; 0 when nothing is known. `names` are what its offices call themselves.
    """

    name: str
    domains: tuple[str, ...]
    family: tuple[str, ...]
    days: int
    source: str
    read: date
    reuse: float
    names: tuple[str, ...]


@cache
def every() -> tuple[Profile, ...]:
    """All profiles."""
    return tuple(_read())


def of(address: str) -> Profile | None:
    """The institution of an address, or None when it is not known."""
    domain = address.rpartition("@")[2].casefold()
    return next((each for each in every() if domain in each.domains), None)


def ends_too(profile: Profile, address: str) -> bool:
    """Whether an address is of the same institution, and so will end as well."""
    return within(address.rpartition("@")[2].casefold(), (*profile.domains, *profile.family))


def within(domain: str, domains: Iterable[str]) -> bool:
    """Whether a domain is one of those, or lies below one of them."""
    return any(domain == each or domain.endswith(f".{each}") for each in domains)


def _read() -> Iterator[Profile]:
    for file in sorted((each for each in files(__name__).iterdir() if each.name.endswith(".toml")), key=str):
        found = tomllib.loads(file.read_text("utf-8"))
        forwarding = found["forwarding"]
        yield Profile(
            found["name"],
            tuple(found["domains"]),
            tuple(found["family"]),
            forwarding["days"],
            forwarding["source"],
            forwarding["read"],
            found.get("address", {}).get("reuse", 0),
            tuple(found.get("names", ())),
        )
