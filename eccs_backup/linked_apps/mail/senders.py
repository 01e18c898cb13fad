"""What the host and the name before the @ say of a mail's writer: a mailing service, a person's mailbox, a role."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple


class Senders(NamedTuple):
    """`carriers` send for others; `platforms` write for others, all of it or that of some names before the @;
    at `people` hosts persons have mailboxes; `automatic` and `shared` are names before the @ that no person has;
    `notifiers` are those of the automatic ones that write when something happened; `bodies` are words in the names of
    offices; under `usual` endings of domains a firm keeps its name abroad, under `cheap` ones others do."""

    carriers: frozenset[str]
    platforms: Mapping[str, tuple[str, ...]]
    people: frozenset[str]
    automatic: frozenset[str]
    shared: frozenset[str]
    notifiers: frozenset[str]
    bodies: frozenset[str]
    usual: frozenset[str]
    cheap: frozenset[str]

    def is_automatic(self, local: str) -> bool:
        """Whether nobody reads answers to this name before the @, most likely."""
        return bool(self.automatic & _forms(local))

    def is_notifier(self, local: str) -> bool:
        """Whether it writes when something happened, rather than to all subscribers."""
        return bool(self.notifiers & _forms(local))

    def is_role(self, local: str) -> bool:
        """Whether the name before the @ is an office's and not a person's."""
        return bool((self.automatic | self.shared) & _forms(local))

    def is_platform(self, domain: str, local: str) -> bool:
        """Whether mail from there is written for a customer of that domain."""
        locals = self.platforms.get(domain)
        return locals is not None and (not locals or local.startswith(locals))


_CUT = re.compile(r"[.\-_+]|\d+")


def _forms(local: str) -> set[str]:
    """The name itself, with its joints in one spelling, and those of its parts that are no mere initials."""
    pieces = [each for each in _CUT.split(local) if each]
    return {local, "-".join(pieces), "".join(pieces), *(each for each in pieces if len(each) > 3)}


def _read() -> Senders:
    table = tomllib.loads(files(__package__).joinpath("senders.toml").read_text("utf-8"))
    return Senders(
        frozenset(table["carriers"]),
        {each["domain"]: tuple(each.get("locals", ())) for each in table["platform"]},
        frozenset(table["people"]["hosts"]),
        frozenset(table["roles"]["automatic"]),
        frozenset(table["roles"]["shared"]),
        frozenset(table["roles"]["notifiers"]),
        frozenset(table["names"]["bodies"]),
        frozenset(table["endings"]["usual"]),
        frozenset(table["endings"]["cheap"]),
    )


SENDERS = _read()
