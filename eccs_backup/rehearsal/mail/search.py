"""Searching a mailbox in Gmail's language: the reading is in `query`, the judging in `matching`."""

from __future__ import annotations

from dataclasses import dataclass

from eccs_backup.rehearsal.mail import matching, query
from eccs_backup.rehearsal.mail.mailbox import Mailbox

_KEPT = 8
"""Results that a mailbox remembers."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found."""

    ids: list[int]
    """Newest first, with those in spam and trash."""
    everywhere: bool
    """The search asked for spam or trash."""


def find(mailbox: Mailbox, text: str, *, on: bool = False) -> Found:
    """Search a mailbox; `on` goes on with a search whose first page has been answered.

    A result holds for the further pages until something in the mailbox changes. Raises `Refused` (501) for what the
    rehearsal cannot search for.
    """
    node = query.parse(text)
    key = text, mailbox.history
    ids = mailbox.found.get(key) if on else None
    if ids is None:
        ids = _search(mailbox, node)
        if len(mailbox.found) >= _KEPT:
            mailbox.found.clear()
        mailbox.found[key] = ids
    return Found(ids, matching.everywhere(node))


def _search(mailbox: Mailbox, node: query.Node) -> list[int]:
    fits, among = matching.matcher(mailbox, node), matching.narrowed(mailbox, node)
    if among is None:
        return [message.id for message in mailbox.newest_first() if fits(message)]
    return [id for id in sorted(among, reverse=True) if fits(mailbox.messages[id])]
