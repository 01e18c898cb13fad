"""FETCH: which items were asked for, and the bytes that answer them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from eccs_backup.rehearsal.mail.imap import names
from eccs_backup.rehearsal.mail.imap.folders import Folder
from eccs_backup.rehearsal.mail.imap.grammar import Atom, BadCommand, Node
from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message

_SECTION = re.compile(r"BODY(\.PEEK)?\[(.*)\](?:<(\d{1,10})\.(\d{1,10})>)?", re.IGNORECASE)
_FIELDS = re.compile(r"HEADER\.FIELDS(\.NOT)? \(([^()]+)\)", re.IGNORECASE)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_SYSTEM = {
    "INBOX": "\\Inbox", "SENT": "\\Sent", "IMPORTANT": "\\Important", "STARRED": "\\Starred", "DRAFT": "\\Draft",
}  # fmt: skip
_ALIASES = {"RFC822": (False, ""), "RFC822.HEADER": (True, "HEADER"), "RFC822.TEXT": (False, "TEXT")}
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_SHORT = ("UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "X-GM-MSGID", "X-GM-THRID", "X-GM-LABELS")
_FAST = ("FLAGS", "INTERNALDATE", "RFC822.SIZE")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing asked for. `section` is None for what needs no body."""

    name: str
    """As the answer names it."""
    section: str | None = None
    marks: bool = False
    """Asking for it marks the message as read, unless the folder is open for reading only."""
    start: int = 0
    count: int | None = None

    @property
    def whole(self) -> bool:
        """Whether this is the message's every byte."""
        return self.section == "" and self.count is None


def items(node: Node, *, uid: bool) -> list[Item]:
    """The items of a FETCH; `uid` adds UID. Raises BadCommand for what is not offered here."""
    wanted = node if isinstance(node, list) else [node]
    found: list[Item] = []
    for each in wanted:
        if not isinstance(each, Atom):
            raise BadCommand("Could not parse command")
        if each.upper() == "FAST" and wanted is not node:
            found += [Item(name) for name in _FAST]
        else:
            found.append(_item(each))
    if not found:
        raise BadCommand("Could not parse command")
    if uid and not any(item.name == "UID" for item in found):
        found.insert(0, Item("UID"))
    return found


def _item(text: str) -> Item:
    name = text.upper()
    if name in _SHORT:
        return Item(name)
    if name in _ALIASES:
        peek, section = _ALIASES[name]
        return Item(name, section, marks=not peek)
    match = _SECTION.fullmatch(text)
    if match is None:
        raise BadCommand(f"Unknown argument {text}")
    peek, section, start, count = bool(match[1]), match[2].upper(), match[3], match[4]
    if section not in ("", "HEADER", "TEXT") and not _FIELDS.fullmatch(section):
        raise BadCommand(f"Unknown section {section}")
    answered = f"BODY[{section}]" + (f"<{start}>" if start else "")
    return Item(answered, section, not peek, int(start or 0), int(count) if count else None)


class Answers:
    """Writes the answers of one FETCH."""

    def __init__(self, mailbox: Mailbox, folder: Folder, wanted: Sequence[Item], seed: int, wrong: set[int]) -> None:
        self.mailbox, self.folder, self.seed, self.wrong = mailbox, folder, seed, wrong
        self.wanted = list(wanted)
        self.turned = list(reversed(self.wanted))
        self.bodies = any(item.section is not None for item in self.wanted)
        """Whether anything of the body was asked for."""
        self.marks = any(item.marks for item in self.wanted)
        self.whole = any(item.whole for item in self.wanted)

    def answer(self, number: int, uid: int, message: Message) -> tuple[bytes, bytes | None, bytes]:
        """What comes before the last literal, that literal, and what comes after it.

        The order of the items is now and then not the order of the question: RFC 3501 promises none.
        """
        order = self.turned if lot(message.id, self.seed, 7) == 3 else self.wanted
        body = bytes(message.body) if self.bodies else b""
        done: list[bytes] = [f"* {number} FETCH (".encode("ascii")]
        literal: bytes | None = None
        after: list[bytes] = []
        for place, item in enumerate(order):
            after.append(b" " if place else b"")
            if item.section is None:
                after.append(f"{item.name} {self._short(item.name, uid, message)}".encode("ascii"))
                continue
            done += after if literal is None else [literal, *after]
            literal, after = _cut(body, item), []
            done.append(f"{item.name} {{{len(literal)}}}\r\n".encode("ascii"))
        if literal is None:
            return b"".join([*done, *after, b")\r\n"]), None, b""
        return b"".join(done), literal, b"".join([*after, b")\r\n"])

    def _short(self, name: str, uid: int, message: Message) -> str:
        if name == "UID":
            return str(uid)
        if name == "FLAGS":
            return flags(message)
        if name == "INTERNALDATE":
            return internal_date(message.date)
        if name == "RFC822.SIZE":
            return str(len(message.body) + (message.id in self.wrong))
        if name == "X-GM-LABELS":
            return self._labels(message)
        return str(message.id if name == "X-GM-MSGID" else message.thread)

    def _labels(self, message: Message) -> str:
        """Labels without that of the open folder. https://developers.google.com/workspace/gmail/imap/imap-extensions"""
        return "(" + " ".join(_spelled(self.mailbox, message.labels - {str(self.folder.label)})) + ")"


def lot(id: int, seed: int, sides: int) -> int:
    """A throw of dice that falls the same for the same message and seed: 0 to `sides` - 1."""
    return ((id ^ seed) * 0x9E3779B97F4A7C15 >> 40 & 0xFFFFFF) % sides


def flags(message: Message) -> str:
    """The message's flags in brackets."""
    having = (("DRAFT", "\\Draft"), ("STARRED", "\\Flagged"))
    found = [flag for label, flag in having if label in message.labels]
    if "UNREAD" not in message.labels:
        found.append("\\Seen")
    return "(" + " ".join(found) + ")"


def internal_date(milliseconds: int) -> str:
    """A quoted date-time, in UTC."""
    when = _BEGIN + timedelta(seconds=milliseconds // 1000)
    return f'"{when.day:02d}-{_MONTHS[when.month - 1]}-{when.year:04d} {when:%H:%M:%S} +0000"'


def _spelled(mailbox: Mailbox, labels: Iterable[str]) -> list[str]:
    system, own = [], []
    for id in labels:
        if id in _SYSTEM:
            system.append(names.quoted(_SYSTEM[id]))
        elif id in mailbox.labels and mailbox.labels[id].user:
            own.append(names.label(mailbox.labels[id].name))
    return sorted(system) + sorted(own)


def _cut(body: bytes, item: Item) -> bytes:
    whole = _section(body, item.section or "")
    return whole if item.count is None else whole[item.start : item.start + item.count]


def _section(body: bytes, section: str) -> bytes:
    if not section:
        return body
    head, text = _split(body)
    if section == "HEADER":
        return head
    if section == "TEXT":
        return text
    match = _FIELDS.fullmatch(section)
    asked = {name.strip('"').lower().encode() for name in match[2].split(" ")} if match else set()
    lines = re.findall(rb"[^\r\n][^\n]*\n(?:[ \t][^\n]*\n)*", head)
    without = bool(match and match[1])
    return b"".join(line for line in lines if (_field(line) in asked) != without) + b"\r\n"


def _field(line: bytes) -> bytes:
    return line.partition(b":")[0].strip().lower()


def _split(body: bytes) -> tuple[bytes, bytes]:
    """The header with the empty line that ends it, and the rest."""
    match = re.search(rb"\A\r?\n|\n\r?\n", body)
    return (body[: match.end()], body[match.end() :]) if match else (body, b"")
