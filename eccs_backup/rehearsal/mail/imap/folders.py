"""An account's folders as IMAP sees them: which messages each holds, under which numbers."""

from __future__ import annotations

import bisect
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from eccs_backup.rehearsal.mail.imap.names import SPECIAL, USES, modified_utf7
from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message

_HIDDEN = frozenset({"SPAM", "TRASH"})
_ROOT = "[Gmail]"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder: `label` is a label's id, "ALL" for everything, or None for a mere branch of the tree."""

    name: str
    label: str | None
    use: str = ""
    """The special use, such as \\All."""

    @property
    def spelled(self) -> str:
        """The name as it stands on the line, without quotes."""
        return modified_utf7(self.name)

    @property
    def validity(self) -> int:
        """UIDVALIDITY: the same for the same folder."""
        return zlib.crc32(str(self.label).encode()) % 0x7FFFFFFF + 1

    def holds(self, message: Message) -> bool:
        """Whether the message is in this folder."""
        if self.label == "ALL":
            return not message.labels & _HIDDEN
        return self.label in message.labels


@dataclass(frozen=True, slots=True)
class View:
    """A folder's messages, ascending by UID: the message with sequence number n is at n - 1."""

    uids: list[int]
    ids: list[int]
    next: int

    def by_uid(self, spans: list[tuple[int, int]]) -> list[int]:
        """Positions of the messages whose UID lies in one of the spans, ascending."""
        found: set[int] = set()
        for low, high in spans:
            found.update(range(bisect.bisect_left(self.uids, low), bisect.bisect_right(self.uids, high)))
        return sorted(found)

    def by_number(self, spans: list[tuple[int, int]]) -> list[int]:
        """Positions of the messages whose sequence number lies in one of the spans, ascending."""
        found: set[int] = set()
        for low, high in spans:
            found.update(range(max(low, 1) - 1, min(high, len(self.uids))))
        return sorted(found)


@dataclass(slots=True)
class _Numbers:
    """The UIDs that one folder has given out."""

    of: dict[int, int] = field(default_factory=dict)
    next: int = 1
    seen: tuple[int, int] = (-1, -1)
    view: View = field(default_factory=lambda: View([], [], 1))


_NUMBERS: WeakKeyDictionary[Mailbox, dict[str, _Numbers]] = WeakKeyDictionary()
"""Kept with the mailbox and not with the server, so that a second server does not number anew."""


def folders(mailbox: Mailbox, language: str) -> list[Folder]:
    """All folders in the order in which LIST shows them: the user's labels and their branches, then Gmail's own."""
    with mailbox.lock:
        own = {label.name: label.id for label in mailbox.labels.values() if label.user}
    found = [Folder("INBOX", "INBOX")]
    branches = {branch for name in own for branch in _branches(name)}
    for name in sorted({*own, *branches}):
        found.append(Folder(name, own.get(name)))
    found.append(Folder(_ROOT, None))
    for label, name in SPECIAL[language].items():
        found.append(Folder(f"{_ROOT}/{name}", label, USES[label]))
    return found


def find(mailbox: Mailbox, language: str, name: str) -> Folder | None:
    """The folder of this name, in modified UTF-7; None when there is none that can be opened."""
    if name.upper() == "INBOX":
        name = "INBOX"
    matching = (folder for folder in folders(mailbox, language) if folder.label and folder.spelled == name)
    return next(matching, None)


def view(mailbox: Mailbox, folder: Folder) -> View:
    """What the folder holds now. New messages get higher UIDs, what left and came back too."""
    with mailbox.lock:
        numbers = _NUMBERS.setdefault(mailbox, {}).setdefault(str(folder.label), _Numbers())
        now = (mailbox.history, len(mailbox.messages))
        if numbers.seen != now:
            _renumber(mailbox, folder, numbers)
            numbers.seen = now
        return numbers.view


def _renumber(mailbox: Mailbox, folder: Folder, numbers: _Numbers) -> None:
    held = [id for id in mailbox.order if folder.holds(mailbox.messages[id])]
    old, numbers.of = numbers.of, {}
    for id in held:
        if id in old:
            numbers.of[id] = old[id]
    for id in held:
        if id not in old:
            numbers.next += 2 if id % 11 == 0 else 0  # gaps, so that nobody takes UIDs for positions
            numbers.of[id] = numbers.next
            numbers.next += 1
    pairs = sorted((uid, id) for id, uid in numbers.of.items())
    numbers.view = View([uid for uid, _ in pairs], [id for _, id in pairs], numbers.next)


def _branches(name: str) -> Iterator[str]:
    parts = name.split("/")
    for count in range(1, len(parts)):
        branch = "/".join(parts[:count])
        if branch:
            yield branch
