"""The headers of a mail that tell who wrote it and why, read in one pass: mailboxes have hundreds of thousands."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple

from eccs_backup.mail import charsets

LONGEST_HEAD = 1 << 18
"""Bytes of a mail in which its headers are looked for. Gmail takes some 500 kB of them; real ones have 10."""
LONGEST_VALUE = 16_000
LONGEST_SHOWN = 2_000
"""Characters of a header that are decoded for people."""
MOST_ALIKE = 16
"""Headers of one name that are kept."""
MOST_ADDRESSES = 50
WANTED = frozenset(
    (
        "from", "reply-to", "sender", "return-path", "to", "cc", "delivered-to", "subject", "date", "message-id",
        "list-id", "list-unsubscribe", "list-post", "precedence", "auto-submitted", "authentication-results",
        "dkim-signature", "feedback-id", "x-gmail-labels", "in-reply-to", "references", "received", "content-type",
        "content-class",
        "x-forwarded-for", "x-forwarded-to", "resent-from", "x-autoreply", "x-failed-recipients", "mailing-list",
        "x-mailman-version", "x-ml-name", "x-beenthere", "x-mailer",
    )
)  # fmt: skip
_NAMES = {
    form.encode(): name for name in WANTED for form in (name, name.title(), name.upper(), name.replace("id", "ID"))
} | {b"Message-ID": "message-id", b"List-ID": "list-id", b"DKIM-Signature": "dkim-signature", b"CC": "cc"}
"""The wanted names as they are mostly written: a hit here saves lowering."""
_FIELD = re.compile(rb"\n(?![ \t])")
_END = re.compile(rb"\n\r?\n")
_COMMENTS = re.compile(r"\([^()]{0,500}\)")
_ANGLE = re.compile(r"<([^<>]{1,400})>")


class Address(NamedTuple):
    """A mail address in lower case, and the name that stands before it, decoded."""

    name: str
    address: str

    @property
    def local(self) -> str:
        """What stands before the @."""
        return self.address.rpartition("@")[0]

    @property
    def host(self) -> str:
        """What stands behind the @; "" when there is none."""
        return self.address.rpartition("@")[2] if "@" in self.address else ""


NOBODY = Address("", "")


class Head:
    """The wanted headers of one mail. Nothing is decoded before it is asked for; nothing here raises."""

    __slots__ = ("_found", "_shown")

    def __init__(self, found: dict[str, list[tuple[int, bytes]]]) -> None:
        self._found = found
        self._shown: dict[str, str] = {}

    @classmethod
    def of(cls, raw_head: bytes) -> Head:
        """The headers at the beginning of a raw mail; what follows the first empty line does not count."""
        end = _END.search(raw_head, 0, LONGEST_HEAD)
        found: dict[str, list[tuple[int, bytes]]] = {}
        for place, field in enumerate(_FIELD.split(raw_head[: end.start() if end else LONGEST_HEAD])):
            name, _, value = field.partition(b":")
            known = _NAMES.get(name) or (_NAMES.get(name.strip().lower()) if len(name) < 40 else None)
            if known is None:
                continue
            if known not in found:
                found[known] = [(place, value)]
            elif len(found[known]) < MOST_ALIKE:
                found[known].append((place, value))
        return cls(found)

    @classmethod
    def of_pairs(cls, pairs: Iterable[tuple[str, str]]) -> Head:
        """The headers as the API's metadata gives them, topmost first. Labels go in as "X-Gmail-Labels"."""
        found: dict[str, list[tuple[int, bytes]]] = {}
        for place, (name, value) in enumerate(pairs):
            known = name.strip().lower()
            if known in WANTED and len(alike := found.setdefault(known, [])) < MOST_ALIKE:
                alike.append((place, value[:LONGEST_VALUE].encode("utf-8", "surrogateescape")))
        return cls(found)

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def places(self, name: str) -> list[tuple[int, str]]:
        """Every header of that name with its place in the mail, topmost first, unfolded, as it is written."""
        return [(place, _unfolded(value)) for place, value in self._found.get(name, ())]

    def every(self, name: str) -> list[str]:
        """Every header of that name, topmost first, unfolded, as it is written."""
        return [value for _, value in self.places(name)]

    def first(self, name: str) -> str:
        """The topmost header of that name, unfolded, as it is written; "" when there is none."""
        found = self._found.get(name)
        return _unfolded(found[0][1]) if found else ""

    def shown(self, name: str) -> str:
        """The topmost header of that name as a person sees it, in one line."""
        if name not in self._shown:
            self._shown[name] = " ".join(charsets.header(self.first(name)[:LONGEST_SHOWN]).split())
        return self._shown[name]

    @property
    def subject(self) -> str:
        """The subject as a person sees it."""
        return self.shown("subject")

    @property
    def when(self) -> float | None:
        """When it was sent by its own word, in Unix seconds; None when it does not say or lies beyond all calendars."""
        try:
            found = parsedate_to_datetime(self.first("date")[:200])
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, OverflowError, IndexError):
            return None

    @property
    def labels(self) -> frozenset[str]:
        """Gmail's labels in lower case, as Takeout writes them in the person's language, or as the API names them."""
        return frozenset(each.strip(' "').lower() for each in self.shown("x-gmail-labels").split(",") if each.strip())

    def address(self, name: str) -> Address:
        """The first address of the topmost header of that name."""
        return next(iter(self.addresses(name, most=1)), NOBODY)

    def addresses(self, name: str, most: int = MOST_ADDRESSES) -> list[Address]:
        """Addresses of the topmost header of that name, at most so many."""
        found: list[Address] = []
        before = ""
        for piece in _pieces(self.first(name)):
            if len(found) >= most:
                break
            if (address := _address(before + piece)) != NOBODY:
                found.append(address)
            before = "" if "@" in piece else f"{before}{piece}, "[:LONGEST_SHOWN]  # an unquoted "Foo, Inc. <a@b>"
        return found


def _unfolded(value: bytes) -> str:
    """As the email package keeps it: bytes above 127 as surrogates."""
    text = value[:LONGEST_VALUE].decode("ascii", "surrogateescape")
    return text.replace("\r", "").replace("\n", "").strip()


def _pieces(value: str) -> list[str]:
    """A list of addresses, cut at its commas, where those are not in quotes or brackets."""
    if value.count("@") < 2 and "," not in value and ";" not in value:
        return [value]
    if '"' not in value and "<" not in value:
        return value.split(",")
    pieces, start, quoted, angle, at = [], 0, False, False, 0
    while at < len(value):
        sign = value[at]
        if sign == "\\" and quoted:
            at += 1
        elif sign == '"':
            quoted = not quoted
        elif not quoted and sign in "<>":
            angle = sign == "<"
        elif sign in ",;" and not quoted and not angle:
            pieces.append(value[start:at])
            start = at + 1
        at += 1
    return [*pieces, value[start:]]


@lru_cache(maxsize=16_384)
def _address(piece: str) -> Address:
    """Of "Name <name@example.com>" in its usual forms. Of several in brackets the last counts, as in mail programs."""
    piece = piece[:LONGEST_SHOWN]
    outside = _outside_quotes(piece)
    if brackets := list(_ANGLE.finditer(outside)):
        last = brackets[-1]
        address, name = piece[last.start(1) : last.end(1)], piece[: last.start()]
    else:
        address = _COMMENTS.sub(" ", piece)
        name = " ".join(each[1:-1] for each in _COMMENTS.findall(piece))
    address = "".join(address.split()).lower()
    local, _, host = address.rpartition("@")
    if not local or not host:
        return NOBODY
    return Address(_name(name), f"{local}@{host.rstrip('.')}")


def _outside_quotes(piece: str) -> str:
    """The same length, with what stands in quotes blotted out."""
    kept, quoted, escaped = [], False, False
    for sign in piece:
        if escaped:
            escaped = False
            kept.append("_")
        elif sign == "\\" and quoted:
            escaped = True
            kept.append("_")
        elif sign == '"':
            quoted = not quoted
            kept.append("_")
        else:
            kept.append("_" if quoted else sign)
    return "".join(kept)


def _name(written: str) -> str:
    text = written.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return " ".join(charsets.header(text).replace('"', "").split())
