"""The little of Gmail's search language that is needed here: `rfc822msgid:`, `in:`, `label:`, `is:`, dates.

https://support.google.com/mail/answer/7190
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message

_TERM = re.compile(r'\s*(-?)(\w+):("[^"]*"|\S+)')
_NEVER = 1 << 63


@dataclass(slots=True)
class Wanted:
    """What a search asks for. Dates are in milliseconds since 1970."""

    ids: list[int] | None = None
    """Only these messages, oldest first; None is any."""
    labels: set[str] = field(default_factory=set)
    without: set[str] = field(default_factory=set)
    after: int = -_NEVER
    before: int = _NEVER
    everywhere: bool = False
    """Spam and trash too."""

    def fits(self, message: Message) -> bool:
        """Whether a message has the labels and the date."""
        return (
            self.labels <= message.labels
            and self.without.isdisjoint(message.labels)
            and self.after <= message.date < self.before
        )


def read(mailbox: Mailbox, text: str) -> Wanted:
    """Read a search. Raises `Refused` (501) for anything that the rehearsal cannot search for."""
    wanted, at = Wanted(), 0
    text = text.rstrip()
    while at < len(text):
        term = _TERM.match(text, at)
        if term is None:
            raise _unknown(text)
        _add(mailbox, wanted, bool(term[1]), term[2].lower(), term[3].strip('"'))
        at = term.end()
    return wanted


def _add(mailbox: Mailbox, wanted: Wanted, no: bool, name: str, value: str) -> None:
    if name in ("in", "label", "is"):
        _label(mailbox, wanted, no, value.lower())
    elif no:
        raise _unknown(f"-{name}:")
    elif name == "rfc822msgid":
        found = mailbox.with_message_id(value.strip("<>"))
        wanted.ids = [id for id in found if wanted.ids is None or id in wanted.ids]
    elif name == "after":
        wanted.after = _moment(value)
    elif name == "before":
        wanted.before = _moment(value)
    else:
        raise _unknown(f"{name}:")


def _label(mailbox: Mailbox, wanted: Wanted, no: bool, value: str) -> None:
    if value == "anywhere":
        wanted.everywhere = True
        return
    alike = (label.id for label in mailbox.labels.values() if value in _spellings(label.name))
    found = next(alike, None)
    if found is None:
        if not no:
            wanted.ids = []  # a label that does not exist is on no message
        return
    (wanted.without if no else wanted.labels).add(found)
    wanted.everywhere |= found in ("SPAM", "TRASH") and not no


def _spellings(name: str) -> tuple[str, str]:
    low = name.lower()
    return low, re.sub(r"[\s/]", "-", low)


def _moment(value: str) -> int:
    if value.isdecimal():
        return int(value) * 1000
    try:
        day = datetime.strptime(value.replace("-", "/"), "%Y/%m/%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise _unknown(value) from error
    return int(day.timestamp() * 1000)


def _unknown(what: str) -> refusals.Refused:
    return refusals.refuse(501, "notImplemented", f"The rehearsal cannot search for {what[:80]!r}.")
