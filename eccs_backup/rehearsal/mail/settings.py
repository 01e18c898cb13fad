"""`users.settings`: what Gmail answers about filters, forwarding, signatures and the like.

https://developers.google.com/workspace/gmail/api/guides/settings_management
"""

from __future__ import annotations

from typing import cast

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.mail.mailbox import Mailbox
from eccs_backup.rehearsal.mail.question import Question, invalid, not_found
from eccs_backup.rehearsal.reply import Reply
from eccs_backup.rehearsal.things import Json

Row = dict[str, Json]
ONLY_DELEGATED = "Access restricted to service accounts that have been delegated domain-wide authority"
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
_VACATION: dict[str, type] = {
    "enableAutoReply": bool,
    "responseSubject": str,
    "responseBodyPlainText": str,
    "responseBodyHtml": str,
    "restrictToContacts": bool,
    "restrictToDomain": bool,
    "startTime": str,
    "endTime": str,
}


def get(question: Question) -> Reply:
    """One of the settings, as the mailbox holds it or as a new account has it."""
    name = METHODS[question.method]
    if name in _LISTS:
        held = rows(question.mailbox, name)
        return question.answer({_LISTS[name]: [*held]} if held else {})
    return question.answer(setting(question.mailbox, name))


def rows(mailbox: Mailbox, name: str) -> list[Row]:
    """The rows of a setting that is a list; what is done to the list is done to the mailbox."""
    held = mailbox.settings.get(name)
    if name == "sendAs" and not held:
        held = [_own(mailbox.address)]
    if held is None:
        held = mailbox.settings[name] = {}
    found = held.setdefault(_LISTS[name], []) if isinstance(held, dict) else held
    return cast(list[Row], found)


def setting(mailbox: Mailbox, name: str) -> dict[str, Json]:
    """A setting that is no list, as the mailbox holds it or as a new account has it."""
    held = mailbox.settings.get(name)
    return held if isinstance(held, dict) else _DEFAULTS.get(name, {})


def get_send_as(question: Question) -> Reply:
    """One of the addresses that the person may send as."""
    wanted = question.ids["sendAsEmail"].lower()
    for row in rows(question.mailbox, "sendAs"):
        if str(row["sendAsEmail"]).lower() == wanted:
            return question.answer(row)
    raise not_found()


def update_vacation(question: Question) -> Reply:
    """Set the vacation reply as a whole. 400 when it is on and says nothing, or ends before it starts."""
    body = question.json()
    for name, value in body.items():
        if name not in _VACATION:
            raise unknown(name)
        if not isinstance(value, _VACATION[name]) and not (name.endswith("Time") and isinstance(value, int)):
            raise invalid(f"Invalid value at 'vacation_settings.{name}'")
    kept = {name: str(value) if name.endswith("Time") else value for name, value in body.items()}
    kept["enableAutoReply"] = body.get("enableAutoReply", False)
    times = [kept.get(name) for name in ("startTime", "endTime")]
    if not all(time is None or str(time).isdecimal() for time in times):
        raise invalid("Invalid value at 'vacation_settings.start_time' (TYPE_INT64)")
    if None not in times and int(str(times[0])) >= int(str(times[1])):
        raise invalid("Start time must precede end time")
    words = ("responseSubject", "responseBodyPlainText", "responseBodyHtml")
    if kept["enableAutoReply"] and not any(kept.get(name) for name in words):
        raise invalid("Either the response subject or the response body must be nonempty")
    question.mailbox.settings["vacation"] = kept
    return question.answer(kept)


def list_delegates(question: Question) -> Reply:
    """Refused: only service accounts of the organisation may ask."""
    raise refusals.Refused(refusals.body(403, "forbidden", ONLY_DELEGATED, word="PERMISSION_DENIED"))


def unknown(name: str) -> refusals.Refused:
    """400: the body has a field that does not exist."""
    return invalid(f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.')


def unmet(message: str) -> refusals.Refused:
    """400 in the form of Gmail: not as things stand."""
    return refusals.Refused(refusals.body(400, "failedPrecondition", message, word="FAILED_PRECONDITION"))


def _own(address: str) -> Json:
    return {
        "sendAsEmail": address,
        "displayName": "",
        "replyToAddress": "",
        "signature": "",
        "isPrimary": True,
        "isDefault": True,
    }
