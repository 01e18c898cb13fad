"""The vacation reply that a person wishes for: read, sent in Gmail's form, and recognised when it is read back."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import NamedTuple

from eccs_backup.errors import Unusable
from eccs_backup.forwarding.talk import trouble
from eccs_backup.messages import Voice
from eccs_backup.model import Json

_TAG = re.compile(r"<[^>]*>")


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

    def is_in(self, held: Mapping[str, Json], now: float | None = None) -> bool:
        """Whether what Gmail shows is this, for everybody, and not only later (`now` in seconds since 1970). Line ends
        are its own affair; where there is HTML, it is that which is sent."""
        shown = str(held.get("responseBodyPlainText") or "")
        alike = [line.rstrip() for line in shown.splitlines()] == [line.rstrip() for line in self.text.splitlines()]
        html = held.get("responseBodyHtml")
        if html and _words(str(html)) != self.text.split():
            return False
        if held.get("restrictToContacts") or held.get("restrictToDomain") or _begins(held, now):
            return False
        return held.get("enableAutoReply") is True and alike and held.get("endTime") == self.body().get("endTime")


def shown(held: Mapping[str, Json]) -> str:
    """The words of a reply that Gmail holds."""
    if text := str(held.get("responseBodyPlainText") or ""):
        return text
    return " ".join(_words(str(held.get("responseBodyHtml") or "")))


def read(path: Path, until: datetime | None, now: datetime | None = None, voice: Voice | None = None) -> Reply:
    """The reply in a text file. Raises Unusable when it is no text, is empty, or would be over before it begins."""
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise trouble(Unusable, "reply-unreadable", voice, path=path, why=error) from error
    if not text:
        raise trouble(Unusable, "reply-empty", voice, path=path)
    found = Reply(text, until)
    if until:
        try:
            found.body()
            over = until + timedelta(days=1) <= (now or datetime.now())
        except (OverflowError, ValueError, OSError) as error:  # a day that this machine cannot count to
            raise trouble(Unusable, "reply-far", voice, hint="reply-last-day", day=until.date()) from error
        if over:
            raise trouble(Unusable, "reply-over", voice, hint="reply-last-day", day=until.date())
    return found


def _words(html: str) -> list[str]:
    return unescape(_TAG.sub(" ", html)).split()


def _begins(held: Mapping[str, Json], now: float | None) -> bool:
    """Whether it begins only later; what is no number tells nothing good."""
    begin = str(held.get("startTime") or "0")
    return not begin.isdecimal() or int(begin) > (time.time() if now is None else now) * 1000
