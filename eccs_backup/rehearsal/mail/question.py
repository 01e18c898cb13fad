"""One request to Gmail's API, its path already resolved to a method of the discovery document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.drive import paging
from eccs_backup.rehearsal.drive.paging import Page
from eccs_backup.rehearsal.fields import Mask, cut
from eccs_backup.rehearsal.mail.mailbox import Mailbox
from eccs_backup.rehearsal.reply import Reply, json_reply
from eccs_backup.rehearsal.things import Json

MOST = 500
"""Rows in one page, however many are asked for."""


@dataclass(slots=True)
class Question:
    """What is asked, of whose mailbox."""

    method: str
    """Such as `gmail.users.messages.get`."""
    mailbox: Mailbox
    query: Mapping[str, list[str]]
    ids: Mapping[str, str]
    """The parameters that are part of the path."""
    scopes: frozenset[str]
    headers: Mapping[bytes, bytes]
    body: bytes
    upload: bool
    """It came to the address for uploads."""
    mask: Mask | None
    """The fields that are wanted of the answer."""

    def one(self, name: str, default: str = "") -> str:
        """A parameter that is given once."""
        return self.query[name][-1] if name in self.query else default

    def flag(self, name: str) -> bool:
        """A boolean parameter; absent is false."""
        return self.one(name, "false").lower() == "true"

    def size(self) -> int:
        """How many rows the page is to hold: 100 unless told, 500 at most."""
        wanted = int(self.one("maxResults", "100"))
        if wanted < 0:
            raise invalid("Invalid maxResults")
        return min(wanted or 100, MOST)

    def page(self) -> Page:
        """The page that is asked for."""
        return paging.read(self._tied())

    def token(self, page: Page) -> str:
        """The token that leads to another page of the same question."""
        return paging.token(self._tied(), page)

    def json(self) -> dict[str, Json]:
        """The body, which has to be a JSON object."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError as error:
            raise refusals.refuse(400, "parseError", "Parse Error") from error
        if not isinstance(found, dict):
            raise refusals.refuse(400, "parseError", "Parse Error")
        return found

    def answer(self, value: dict[str, Json]) -> Reply:
        """The answer, cut down to the fields that are wanted."""
        return json_reply(cut(value, self.mask))

    def _tied(self) -> dict[str, str]:
        return {name: "\n".join(values) for name, values in self.query.items() if name != "maxResults"}


def invalid(message: str) -> refusals.Refused:
    """400 in the form of Gmail: a value that cannot be."""
    return refusals.Refused(refusals.body(400, "invalidArgument", message, word="INVALID_ARGUMENT"))


def not_found() -> refusals.Refused:
    """404 in the form of Gmail, which does not say what it was."""
    message = "Requested entity was not found."
    return refusals.Refused(refusals.body(404, "notFound", message, word="NOT_FOUND"))
