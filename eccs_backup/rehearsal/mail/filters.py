"""`users.settings.filters`: making and removing filters, and which messages one of them is meant for.

https://developers.google.com/workspace/gmail/api/guides/filter_settings
"""

from __future__ import annotations

import re
import secrets
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message, header
from eccs_backup.rehearsal.mail.question import Question, invalid, not_found
from eccs_backup.rehearsal.mail.settings import Row, rows, unknown, unmet
from eccs_backup.rehearsal.reply import Reply
from eccs_backup.rehearsal.things import Json

MOST = 1_000
MOST_FORWARDING = 20
"""https://github.com/mbrt/gmailctl"""
LONGEST = 1_469
"""Characters of a query, at most: observed by others, not documented."""
UNRECOGNIZED = "Unrecognized forwarding address"
_CRITERIA: dict[str, type] = {
    "from": str,
    "to": str,
    "subject": str,
    "query": str,
    "negatedQuery": str,
    "hasAttachment": bool,
    "excludeChats": bool,
    "size": int,
    "sizeComparison": str,
}
_ACTIONS: dict[str, type] = {"addLabelIds": list, "removeLabelIds": list, "forward": str}
_TERM = re.compile(r'(-?)(?:(\w+):)?("[^"]*"|\S+)')
_SIZE = re.compile(r"([0-9]+)([kKmM]?)[bB]?")
_ATTACHED = re.compile(rb"^content-disposition:\s*attachment", re.IGNORECASE | re.MULTILINE)


def get(question: Question) -> Reply:
    """One filter."""
    return question.answer(_find(question))


def create(question: Question) -> Reply:
    """Make a filter. 400 when it asks for nothing, is there already, or forwards to an address not accepted."""
    mailbox, body = question.mailbox, question.json()
    criteria = _part(body, "criteria", _CRITERIA)
    action = _part(body, "action", _ACTIONS)
    if not _asks(criteria):
        raise unmet("Filter doesn't have any criteria")
    for name, value in criteria.items():
        if mailbox.refused_criteria & {name, f"{name}={value}"}:
            raise invalid(f"Invalid criteria: {name}")
    if sum(len(value) for value in criteria.values() if isinstance(value, str)) > LONGEST:
        raise invalid("The specified filter is too long")
    _check_action(mailbox, action)
    kept: Row = {"criteria": {name: value for name, value in criteria.items() if name not in mailbox.dropped_criteria}}
    if action:
        kept["action"] = action
    held = rows(mailbox, "filters")
    _check_room(held, kept)
    made: Row = {"id": "ANe1Bm" + secrets.token_urlsafe(24), **kept}
    held.append(made)
    return question.answer(made)


def delete(question: Question) -> Reply:
    """Remove a filter."""
    rows(question.mailbox, "filters").remove(_find(question))
    return Reply(204)


def destination(filter: Row) -> str:
    """Where a filter forwards to; empty when nowhere."""
    action = filter.get("action")
    return str(action.get("forward") or "") if isinstance(action, dict) else ""


def changes(filter: Row) -> tuple[set[str], set[str]]:
    """The labels that a filter puts on, and those that it takes away."""
    action = filter.get("action")
    found = [action.get(name) if isinstance(action, dict) else None for name in ("addLabelIds", "removeLabelIds")]
    add, remove = ({str(id) for id in ids} if isinstance(ids, list) else set() for ids in found)
    return add, remove


def accepted(mailbox: Mailbox, address: str) -> bool:
    """Whether mail may be forwarded to an address."""
    return any(
        str(row["forwardingEmail"]).lower() == address.lower() and row.get("verificationStatus") == "accepted"
        for row in rows(mailbox, "forwardingAddresses")
    )


def matches(criteria: Json, message: Message) -> bool:
    """Whether a filter is meant for a message. Of the search language, only what `_term` knows."""
    if not isinstance(criteria, dict) or not _asks(criteria):
        return False
    for name, value in criteria.items():
        if name == "size":
            comparison = criteria.get("sizeComparison")
            if not _sized("smaller" if comparison == "smaller" else "larger", str(value), message):
                return False
        elif name == "excludeChats":
            if value and "CHAT" in message.labels:
                return False
        elif name == "hasAttachment":
            if value and not _attached(message):
                return False
        elif name == "query":
            if value and not _query(str(value), message):
                return False
        elif name == "negatedQuery":
            if value and _query(str(value), message):
                return False
        elif name in ("from", "to", "subject") and not _term(name, str(value), message):
            return False
    return True


def _find(question: Question) -> Row:
    for row in rows(question.mailbox, "filters"):
        if row["id"] == question.ids["id"]:
            return row
    raise not_found()


def _part(body: Row, name: str, fields: dict[str, type]) -> Row:
    part = body.get(name) or {}
    if not isinstance(part, dict):
        raise invalid(f"Invalid value at 'filter.{name}'")
    for field, value in part.items():
        if field not in fields:
            raise unknown(field)
        if not isinstance(value, fields[field]) or (isinstance(value, bool) and fields[field] is int):
            raise invalid(f"Invalid value at 'filter.{name}.{field}'")
    if part.get("sizeComparison") not in (None, "unspecified", "smaller", "larger"):
        raise invalid("Invalid value at 'filter.criteria.size_comparison'")
    return {field: value for field, value in part.items() if field != "forward" or value}  # empty counts as absent


def _asks(criteria: Row) -> bool:
    """A size of 0 asks for something; a word that is empty or a flag that is off does not."""
    return any(name == "size" or bool(value) for name, value in criteria.items() if name != "sizeComparison")


def _check_action(mailbox: Mailbox, action: Row) -> None:
    for name in ("addLabelIds", "removeLabelIds"):
        asked = action.get(name, [])
        for id in asked if isinstance(asked, list) else ():
            if id not in mailbox.labels:
                raise invalid(f"Invalid label: {id}")
    if "forward" in action and not accepted(mailbox, str(action["forward"])):
        raise unmet(UNRECOGNIZED)


def _check_room(held: list[Row], kept: Row) -> None:
    alike = ({name: value for name, value in row.items() if name != "id"} for row in held)
    if kept in alike:
        raise unmet("Filter already exists")
    if len(held) >= MOST:
        raise unmet("Too many filters")
    if destination(kept) and sum(bool(destination(row)) for row in held) >= MOST_FORWARDING:
        raise unmet("Too many filters")  # the words of the real refusal are not known


def _query(text: str, message: Message) -> bool:
    """Words beside one another are all meant, except around OR, where one of two is enough."""
    groups: list[list[bool]] = []
    alternative = False
    for term in _TERM.finditer(text):
        if term[0] == "OR":
            alternative = bool(groups)
            continue
        fits = _term((term[2] or "").lower(), term[3].strip('"'), message) != bool(term[1])
        if alternative:
            groups[-1].append(fits)
        else:
            groups.append([fits])
        alternative = False
    return all(any(group) for group in groups)


def _term(name: str, value: str, message: Message) -> bool:
    raw = bytes(message.body)
    if name in ("larger", "smaller", "size"):
        return _sized(name, value, message)
    if name == "is":
        return value.upper() in message.labels
    if name == "has":
        return value == "attachment" and _attached(message)
    named = {"from": ("From",), "to": ("To", "Cc", "Bcc"), "subject": ("Subject",), "list": ("List-ID",)}.get(name)
    wanted = " ".join(value.lower().split())
    if named:
        return any(wanted in _decoded(header(raw, field.encode())) for field in named)
    whole = f"{name}:{wanted}" if name else wanted
    return whole in _decoded(header(raw, b"Subject")) or whole in raw.decode("utf-8", "replace").lower()


def _sized(comparison: str, value: str, message: Message) -> bool:
    read = _SIZE.fullmatch(value)
    if read is None:
        return False
    limit = int(read[1]) * {"": 1, "k": 1 << 10, "m": 1 << 20}[read[2].lower()]
    return len(message.body) < limit if comparison == "smaller" else len(message.body) > limit


def _attached(message: Message) -> bool:
    return _ATTACHED.search(bytes(message.body)) is not None


def _decoded(text: str) -> str:
    try:
        shown = str(make_header(decode_header(text.encode("latin-1").decode("utf-8", "replace"))))
    except (HeaderParseError, LookupError, ValueError):
        shown = text
    return " ".join(shown.lower().split())
