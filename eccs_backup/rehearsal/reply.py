"""Requests and answers as the practice services see them, before any server framework."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from eccs_backup.rehearsal.content import Content
from eccs_backup.rehearsal.things import Account, Json

Headers = list[tuple[bytes, bytes]]
JSON = b"application/json; charset=UTF-8"


@dataclass(slots=True)
class Reply:
    """An answer: either `body`, or the bytes `start` to `stop` of `content`."""

    status: int
    body: bytes = b""
    headers: Headers = field(default_factory=list)
    content: Content | None = None
    start: int = 0
    stop: int = 0
    chunked: bool = False
    """Sent without a length, as what is made while it is being sent."""

    @property
    def length(self) -> int:
        """Bytes in the body."""
        return len(self.body) if self.content is None else self.stop - self.start


@dataclass(slots=True)
class Call:
    """One request to an API, its path already resolved to a method of the discovery document."""

    path: str
    query: dict[str, str]
    headers: Mapping[bytes, bytes]
    account: Account
    scopes: frozenset[str]
    ids: Mapping[str, str]
    """The parameters that are part of the path."""

    def flag(self, name: str) -> bool:
        """A boolean parameter; absent is false."""
        return self.query.get(name, "false").lower() == "true"

    def number(self, name: str, default: int) -> int:
        """A whole number; the discovery document has been checked already."""
        return int(self.query.get(name, default))


def json_reply(value: Json, status: int = 200, headers: Headers | None = None) -> Reply:
    """An answer in JSON; compact, as bandwidth is not what is being practised."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, body, [(b"content-type", JSON), *(headers or ())])
