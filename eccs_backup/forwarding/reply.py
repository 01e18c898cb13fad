"""The vacation reply that a person wishes for: read, sent in Gmail's form, and recognised when it is read back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from eccs_backup.errors import Unusable
from eccs_backup.model import Json


class Reply(NamedTuple):
    """Its text, and midnight at the beginning of its last day, in the time of this machine; None when it stays."""

    text: str
    until: datetime | None

    def body(self) -> dict[str, Json]:
        """As Gmail takes it; the end is in milliseconds since 1970, when the last day is over.
        https://developers.google.com/workspace/gmail/api/reference/rest/v1/VacationSettings"""
        found: dict[str, Json] = {"enableAutoReply": True, "responseBodyPlainText": self.text}
        if self.until:
            found["endTime"] = str(int((self.until + timedelta(days=1)).astimezone().timestamp() * 1000))
        return found

    def is_in(self, held: Mapping[str, Json]) -> bool:
        """Whether what Gmail shows is this; line ends are its own affair."""
        wished, shown = self.body(), str(held.get("responseBodyPlainText") or "")
        alike = [line.rstrip() for line in shown.splitlines()] == [line.rstrip() for line in self.text.splitlines()]
        return held.get("enableAutoReply") is True and alike and held.get("endTime") == wished.get("endTime")


def read(path: Path, until: datetime | None, now: datetime | None = None) -> Reply:
    """The reply in a text file. Raises Unusable when it is no text, is empty, or would be over before it begins."""
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{path} cannot be read as text ({error}).", hint="Save it as UTF-8 text.") from error
    if not text:
        raise Unusable(f"{path} is empty.", hint="Write into it what senders should read.")
    if until and until + timedelta(days=1) <= (now or datetime.now()):
        raise Unusable(f"{until:%Y-%m-%d} is over.", hint="Name the last day on which the reply is to be sent.")
    return Reply(text, until)
