"""`users.settings`: what Gmail answers about filters, forwarding, signatures and the like.

https://developers.google.com/workspace/gmail/api/guides/settings_management
"""

from __future__ import annotations

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.mail.question import Question
from eccs_backup.rehearsal.reply import Reply
from eccs_backup.rehearsal.things import Json

_LISTS = {"filters": "filter", "forwardingAddresses": "forwardingAddresses", "sendAs": "sendAs"}
"""The settings that are lists, and the field of the answer that holds the rows."""
_DEFAULTS: dict[str, dict[str, Json]] = {
    "autoForwarding": {"enabled": False},
    "imap": {"enabled": True, "autoExpunge": True, "expungeBehavior": "archive", "maxFolderSize": 0},
    "pop": {"accessWindow": "disabled", "disposition": "leaveInInbox"},
    "language": {"displayLanguage": "ja"},
    "vacation": {"enableAutoReply": False},
}
METHODS = {
    "gmail.users.settings.filters.list": "filters",
    "gmail.users.settings.forwardingAddresses.list": "forwardingAddresses",
    "gmail.users.settings.sendAs.list": "sendAs",
    "gmail.users.settings.getAutoForwarding": "autoForwarding",
    "gmail.users.settings.getImap": "imap",
    "gmail.users.settings.getPop": "pop",
    "gmail.users.settings.getLanguage": "language",
    "gmail.users.settings.getVacation": "vacation",
}


def get(question: Question) -> Reply:
    """One of the settings, as the mailbox holds it or as a new account has it."""
    name = METHODS[question.method]
    held = question.mailbox.settings.get(name)
    if isinstance(held, list):
        return question.answer({_LISTS[name]: held} if held else {})
    if isinstance(held, dict):
        return question.answer(held)
    if name == "sendAs":
        return question.answer({"sendAs": [_own(question.mailbox.address)]})
    return question.answer(_DEFAULTS.get(name, {}))


def list_delegates(question: Question) -> Reply:
    """Refused: only service accounts of the organisation may ask."""
    message = "Access restricted to service accounts that have been delegated domain-wide authority"
    raise refusals.Refused(refusals.body(403, "forbidden", message, word="PERMISSION_DENIED"))


def _own(address: str) -> Json:
    return {
        "sendAsEmail": address,
        "displayName": "",
        "replyToAddress": "",
        "signature": "",
        "isPrimary": True,
        "isDefault": True,
    }
