"""Asking Google for an export: which page, which products, and when the links die. The pages are left to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple, Self
from urllib.parse import quote

from eccs_backup.model import Json
from eccs_backup.takeout.names import LINKS_LIVE

PAGE = "https://takeout.google.com/settings/takeout"
TRANSFER = "https://takeout.google.com/transfer"
"""https://support.google.com/a/answer/6364687"""
WITHOUT_API = ("photos", "keep", "youtube", "groups", "chat", "activity", "classroom", "sites", "maps")
"""What no API gives to an ordinary account, or not whole. The names of the guide's boxes, not Google's."""
PRODUCTS = (*WITHOUT_API, "mail", "drive")
_IN_THE_LINK = {
    "photos": "photos", "keep": "keep", "youtube": "youtube", "groups": "groups", "chat": "chat",
    "activity": "my_activity", "classroom": "classroom", "mail": "gmail", "drive": "drive",
}  # fmt: skip
"""What a link that ticks boxes calls them; seen in public code with one product, seldom with several: so the guide
names every box all the same."""


class Request(NamedTuple):
    """What is noted of an account's export: when it was requested, and when Google's mail came."""

    requested: date | None = None
    ready: date | None = None

    @classmethod
    def of(cls, noted: Json) -> Self:
        """From the settings; what makes no sense there is not known."""
        found = noted if isinstance(noted, Mapping) else {}
        return cls(_date(found.get("requested")), _date(found.get("ready")))

    def noted(self) -> dict[str, Json]:
        """For the settings."""
        return {name: when.isoformat() for name, when in self._asdict().items() if when}

    @property
    def dies(self) -> date | None:
        """When the links die, about: LINKS_LIVE days after the export was ready."""
        return self.ready + timedelta(LINKS_LIVE) if self.ready else None


def url(products: Sequence[str], account: str) -> str:
    """The page, for all products when none are named; the account is asked for, which Google may overlook."""
    ticked = ",".join(_IN_THE_LINK[each] for each in products if each in _IN_THE_LINK)
    whose = f"?authuser={quote(account)}" if account else ""
    return f"{PAGE}/custom/{ticked}{whose}" if ticked else f"{PAGE}{whose}"


def _date(text: Json) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None
