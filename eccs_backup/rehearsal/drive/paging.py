"""Page tokens: where a listing goes on, tied to the question that was asked."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import NamedTuple

from eccs_backup.rehearsal import refusals

_FREE = frozenset({"pageToken", "pageSize", "fields", "alt", "prettyPrint", "key", "quotaUser"})


class Page(NamedTuple):
    """A place in a listing: how far it is, and how many pages went before."""

    position: int = 0
    number: int = 0


def read(query: Mapping[str, str]) -> Page:
    """The page that is asked for. Raises `Refused` for a token that is not ours or belongs to another question."""
    token = query.get("pageToken")
    if not token:
        return Page()
    try:
        question, position, number = json.loads(base64.urlsafe_b64decode(token.removeprefix("~!!~")))
        page = Page(int(position), int(number))
    except (ValueError, TypeError, binascii.Error) as error:
        raise refusals.parameter("pageToken", reason="invalid") from error
    if question != _question(query):
        raise refusals.parameter("pageToken", reason="invalid")
    return page


def token(query: Mapping[str, str], page: Page) -> str:
    """The token that leads to this page of the same question."""
    text = json.dumps([_question(query), *page])
    return "~!!~" + base64.urlsafe_b64encode(text.encode()).decode()


def _question(query: Mapping[str, str]) -> str:
    asked = sorted((name, value) for name, value in query.items() if name not in _FREE)
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:12]
