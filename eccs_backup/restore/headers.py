"""The few header fields of a message that decide how Gmail takes it in: Date and Message-ID."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_LONGEST_ID = 500
"""Characters of a Message-ID that is still searched for."""


def head(body: bytes) -> bytes:
    """All header fields, without what follows them."""
    end = _END_OF_HEAD.search(body)
    return body[: end.start()] if end else body


def field(body: bytes, name: bytes) -> str:
    """The first header field of that name, its lines joined; empty when there is none."""
    lines = b"\n" + head(body)
    found = re.search(rb"\n" + re.escape(name) + rb"[ \t]*:((?:[^\n]|\n[ \t])*)", lines, re.IGNORECASE)
    return " ".join(found[1].decode("latin-1").split()) if found else ""


def date(body: bytes) -> int | None:
    """What the Date field says, in milliseconds since 1970; None when there is none that a calendar has."""
    try:
        return int(parsedate_to_datetime(field(body, b"Date")).timestamp() * 1000)
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def message_id(body: bytes) -> str:
    """The Message-ID without its brackets; empty when there is none that could be searched for."""
    text = field(body, b"Message-ID").strip("<>")
    plain = text.isascii() and text.isprintable() and not re.search(r'[\s"<>(){}]', text)
    return text if plain and len(text) <= _LONGEST_ID else ""


def is_redated(body: bytes, received: int | None) -> bool:
    """Whether the restored message will carry another date than it had, `received` in milliseconds since 1970.

    Gmail dates what it takes in by the Date field, or by the moment of taking in: a third date cannot be given, not in
    the request's `internalDate` either. https://github.com/google/import-mailbox-to-gmail/issues/55 ,
    https://developers.google.com/workspace/gmail/api/reference/rest/v1/InternalDateSource . The Date field has whole
    seconds only, so that less than one is no difference.
    """
    told = date(body)
    return received is not None and (told is None or abs(told - received) >= 1000)
