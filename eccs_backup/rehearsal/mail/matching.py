"""Whether a message is what a search asks for.

Simplified against the real Gmail, whose ways with words are not documented: words of Latin letters match whole words as
they are written (no stems, no spellings alike), Japanese matches wherever its characters stand beside one another, and
names and contents of attached files are not searched.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone

from eccs_backup.rehearsal.mail.mailbox import Label, Mailbox, Message
from eccs_backup.rehearsal.mail.query import All, Either, Node, Not, Term, unknown
from eccs_backup.rehearsal.mail.readable import folded

Test = Callable[[Message], bool]
_PACIFIC = timezone(timedelta(hours=-8))
"""Dates in a search begin at midnight there. https://developers.google.com/workspace/gmail/api/guides/filtering"""
_JAPANESE = r"\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_JAPANESE}]+|[^\W{_JAPANESE}]+")
_IS_JAPANESE = re.compile(f"[{_JAPANESE}]")
_LATIN = rf"[^\W{_JAPANESE}]"
_SIZE = re.compile(r"([0-9]+)([kKmM]?)[bB]?")
_AGE = re.compile(r"([0-9]{1,4})([dmy])")
_DAYS = {"d": 1, "m": 30, "y": 365}
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "from": ("From",),
    "to": ("To", "Cc", "Bcc"),
    "cc": ("Cc",),
    "bcc": ("Bcc",),
    "deliveredto": ("Delivered-To",),
    "subject": ("Subject",),
    "list": ("List-ID",),
}
_ANYWHERE = ("Subject", "From", "To", "Cc", "Bcc")
_PLACES = {"drafts": "draft", "chats": "chat"}
_CATEGORIES = {"primary": "PERSONAL", **{name: name.upper() for name in ("social", "promotions", "updates", "forums")}}


def matcher(mailbox: Mailbox, node: Node) -> Test:
    """The test that a search stands for. Raises `Refused` (501) for values that the rehearsal does not know."""
    if isinstance(node, Term):
        return _term(mailbox, node.name, node.value)
    if isinstance(node, Not):
        inner = matcher(mailbox, node.part)
        return lambda message: not inner(message)
    tests = [matcher(mailbox, part) for part in sorted(node.parts, key=_cost)]
    if isinstance(node, All):
        return lambda message: all(test(message) for test in tests)
    return lambda message: any(test(message) for test in tests)


def everywhere(node: Node) -> bool:
    """Whether a search looks into spam and trash too, which it does when it names one of them."""
    if isinstance(node, Term):
        return node.name in ("in", "label", "is") and node.value.lower() in ("anywhere", "spam", "trash")
    return not isinstance(node, Not) and any(everywhere(part) for part in node.parts)


def narrowed(mailbox: Mailbox, node: Node) -> set[int] | None:
    """The messages among which all that match are, known by their Message-ID; None when it may be any."""
    if isinstance(node, Term):
        return _with_id(mailbox, node.value) if node.name == "rfc822msgid" else None
    if isinstance(node, Not):
        return None
    each = [narrowed(mailbox, part) for part in node.parts]
    known = [one for one in each if one is not None]
    if isinstance(node, Either):
        return set().union(*known) if len(known) == len(each) else None
    return set.intersection(*known) if known else None


def phrase(text: str) -> Callable[[str], bool]:
    """Whether folded text holds these words beside one another; signs between them do not count."""
    words = _WORD.findall(folded(text))
    if not words:
        return lambda text: True
    if len(words) == 1 and _IS_JAPANESE.match(words[0]):
        return lambda text: words[0] in text
    search = re.compile(_pattern(words)).search
    # Looking for the words as they stand is much faster, and settles most messages.
    return lambda text: all(word in text for word in words) and search(text) is not None


def _pattern(words: list[str]) -> str:
    pattern, latin = "", False
    for number, word in enumerate(words):
        before, latin = latin, not _IS_JAPANESE.match(word)
        if number:
            pattern += r"\W+" if before and latin else r"\W*"
        elif latin:
            pattern += f"(?<!{_LATIN})"
        pattern += re.escape(word)
    return pattern + f"(?!{_LATIN})" if latin else pattern


def _cost(node: Node) -> int:
    if isinstance(node, Term):
        return 2 if not node.name else 1 if node.name in _FIELDS or node.name == "has" else 0
    if isinstance(node, Not):
        return _cost(node.part)
    return max(map(_cost, node.parts), default=0)


def _term(mailbox: Mailbox, name: str, value: str) -> Test:
    if not name:
        return _anywhere(value)
    if name in _FIELDS:
        return _field(_FIELDS[name], mailbox.address if value.lower() == "me" else value)
    if name in ("in", "label", "is"):
        return _label(mailbox, value.lower())
    if name == "rfc822msgid":
        ids = _with_id(mailbox, value)
        return lambda message: message.id in ids
    return _VALUED[name](value)


def _anywhere(value: str) -> Test:
    fits = phrase(value)

    def test(message: Message) -> bool:
        words = message.readable()
        return any(fits(words.field(name)) for name in _ANYWHERE) or fits(words.text)

    return test


def _field(names: tuple[str, ...], value: str) -> Test:
    fits = phrase(value)

    def test(message: Message) -> bool:
        words = message.readable()
        return any(fits(words.field(name)) for name in names)

    return test


def _label(mailbox: Mailbox, value: str) -> Test:
    value = _PLACES.get(value, value)
    if value == "anywhere":
        return lambda message: True
    if value == "read":
        return lambda message: "UNREAD" not in message.labels
    # A label that does not exist is on no message.
    found = next((label.id for label in mailbox.labels.values() if value in _spellings(label)), "")
    return lambda message: found in message.labels


def _spellings(label: Label) -> tuple[str, str]:
    low = label.name.lower()
    return low, re.sub(r"[\s/]", "-", low)


def _category(value: str) -> Test:
    if value.lower() not in _CATEGORIES:
        raise unknown(f"category:{value}")
    id = "CATEGORY_" + _CATEGORIES[value.lower()]
    return lambda message: id in message.labels


def _has(value: str) -> Test:
    if value.lower() != "attachment":
        raise unknown(f"has:{value}")
    return lambda message: message.readable().attached


def _bytes(value: str) -> int:
    read = _SIZE.fullmatch(value)
    if read is None:
        raise unknown(value)
    return int(read[1]) * {"": 1, "k": 1 << 10, "m": 1 << 20}[read[2].lower()]


def _larger(value: str) -> Test:
    limit = _bytes(value)
    return lambda message: len(message.body) > limit


def _smaller(value: str) -> Test:
    limit = _bytes(value)
    return lambda message: len(message.body) < limit


def _after(value: str) -> Test:
    moment = _moment(value)
    return lambda message: message.date >= moment


def _before(value: str) -> Test:
    moment = _moment(value)
    return lambda message: message.date < moment


def _newer_than(value: str) -> Test:
    moment = _ago(value)
    return lambda message: message.date >= moment


def _older_than(value: str) -> Test:
    moment = _ago(value)
    return lambda message: message.date < moment


_VALUED: Mapping[str, Callable[[str], Test]] = {
    "category": _category,
    "has": _has,
    "larger": _larger,
    "size": _larger,
    "smaller": _smaller,
    "after": _after,
    "newer": _after,
    "before": _before,
    "older": _before,
    "newer_than": _newer_than,
    "older_than": _older_than,
}


def _moment(value: str) -> int:
    """Milliseconds since 1970, of seconds since then or of a day."""
    if value.isdecimal():
        return int(value) * 1000
    try:
        day = datetime.strptime(value.replace("-", "/"), "%Y/%m/%d").replace(tzinfo=_PACIFIC)
    except ValueError as error:
        raise unknown(value) from error
    return int(day.timestamp() * 1000)


def _ago(value: str) -> int:
    read = _AGE.fullmatch(value)
    if read is None:
        raise unknown(value)
    return int((time.time() - int(read[1]) * _DAYS[read[2]] * 86_400) * 1000)


def _with_id(mailbox: Mailbox, value: str) -> set[int]:
    return set(mailbox.with_message_id(value.strip('"').strip("<>")))
