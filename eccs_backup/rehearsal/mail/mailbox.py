"""A practice mailbox: messages, labels, settings, and the log of every change."""

from __future__ import annotations

import bisect
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from eccs_backup.rehearsal.mail.readable import Readable
from eccs_backup.rehearsal.things import Json

SYSTEM_LABELS = (
    "INBOX", "SPAM", "TRASH", "UNREAD", "STARRED", "IMPORTANT", "SENT", "DRAFT", "CHAT", "CATEGORY_PERSONAL",
    "CATEGORY_SOCIAL", "CATEGORY_PROMOTIONS", "CATEGORY_UPDATES", "CATEGORY_FORUMS",
)  # fmt: skip
FIRST_HISTORY = 1000
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


class Body(Protocol):
    """A message's bytes."""

    def __len__(self) -> int: ...

    def __bytes__(self) -> bytes: ...


@dataclass(slots=True)
class Message:
    """One message. `id` and `thread` are Gmail's 64-bit numbers; `date` is in milliseconds since 1970."""

    id: int
    thread: int
    date: int
    body: Body
    labels: set[str] = field(default_factory=set)
    """Label ids; a message that was read lacks "UNREAD"."""
    history: int = FIRST_HISTORY
    trouble: str = ""
    """How asking for it fails: `gone` (listed, but 404), `refused` (always 500), `garbled` (the JSON is cut),
    `no-raw` (an answer without the bytes) or `other` (another message is answered)."""
    words: Readable | None = field(default=None, repr=False, compare=False)
    """What searches read of it, once one has."""

    @property
    def hex(self) -> str:
        """The id as the API writes it."""
        return f"{self.id:x}"

    def readable(self) -> Readable:
        """The message as a search reads it; kept."""
        if self.words is None or self.words.body is not self.body:
            self.words = Readable(self.body)
        return self.words


class Office(Protocol):
    """Who brings arriving mail into mailboxes, and forwards it."""

    def deliver(self, mailbox: Mailbox, message: Message) -> Message: ...


@dataclass(slots=True)
class Label:
    """A label. System labels have their id as their name."""

    id: str
    name: str
    user: bool = True
    more: dict[str, Json] = field(default_factory=dict)
    """Further fields as the API shows them, such as `color` and `labelListVisibility`."""


@dataclass(slots=True)
class Event:
    """One change: `kind` is messageAdded, messageDeleted, labelAdded or labelRemoved."""

    history: int
    kind: str
    message: int
    thread: int
    after: frozenset[str]
    """The message's labels after the change."""
    labels: frozenset[str] = frozenset()
    """The labels that were added or removed."""


class Mailbox:
    """One account's mail. Every method may be called while the server runs."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.lock = threading.RLock()
        self.labels: dict[str, Label] = {name: Label(name, name, user=False) for name in SYSTEM_LABELS}
        self.messages: dict[int, Message] = {}
        self.order: list[int] = []
        """Message ids, ascending: the newest are at the end."""
        self.events: list[Event] = []
        self.history = FIRST_HISTORY
        self.forgotten = 0
        """History up to this id is no longer known: asking for it gives 404."""
        self.settings: dict[str, Json] = {}
        """Name of the settings resource ("filters", "vacation", ...) -> what the API answers."""
        self.office: Office | None = None
        """Set by the running service; without it, nothing is forwarded."""
        self.refused_criteria: set[str] = set()
        """What no filter may ask for: names of criteria ("size"), or a name and its value ("query=larger:0")."""
        self.dropped_criteria: set[str] = set()
        """Names of criteria that are taken and then forgotten: the filter that is read back lacks them."""
        self.forwards_are_spam = False
        """Mail that another account forwards to this one is taken for spam."""
        self._unread: list[int] = []
        """Messages whose Message-ID has not been looked up yet."""
        self._by_message_id: dict[str, list[int]] = {}
        self.found: dict[tuple[str, int], list[int]] = {}
        """Search text and the history id at that time -> ids that were found; for pages after the first."""

    def fill(self, messages: Iterable[Message]) -> None:
        """Add many messages without log entries: how the mailbox stood before anyone looked."""
        with self.lock:
            for message in messages:
                self.messages[message.id] = message
                self._unread.append(message.id)
            self.order = sorted(self.messages)

    def add(self, message: Message) -> Message:
        """A message is put in as it is: sent, imported, or delivered already."""
        with self.lock:
            self.messages[message.id] = message
            bisect.insort(self.order, message.id)
            self._unread.append(message.id)
            message.history = self._note("messageAdded", message, frozenset())
            return message

    def deliver(self, message: Message) -> Message:
        """A message arrives from outside: unread in the inbox unless it is labelled SPAM, filtered and forwarded."""
        return self.add(message) if self.office is None else self.office.deliver(self, message)

    def delete(self, id: int) -> None:
        """Remove a message for good."""
        with self.lock:
            message = self.messages.pop(id)
            del self.order[bisect.bisect_left(self.order, id)]
            self._note("messageDeleted", message, frozenset())

    def relabel(self, id: int, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Put labels on a message and take others away, by their ids."""
        with self.lock:
            message = self.messages[id]
            for kind, wanted in (("labelAdded", set(add) - message.labels), ("labelRemoved", set(remove))):
                changed = frozenset(wanted if kind == "labelAdded" else wanted & message.labels)
                if changed:
                    message.labels = message.labels | changed if kind == "labelAdded" else message.labels - changed
                    message.history = self._note(kind, message, changed)

    def new_label(self, name: str, id: str | None = None) -> Label:
        """Make a user's label; "/" in a name nests it."""
        with self.lock:
            number = len(self.labels)
            while id is None and f"Label_{number}" in self.labels:  # some were deleted before
                number += 1
            label = Label(id or f"Label_{number}", name)
            self.labels[label.id] = label
            return label

    def drop_label(self, id: str) -> None:
        """Delete a user's label; the messages stay."""
        with self.lock:
            for message in list(self.messages.values()):
                self.relabel(message.id, remove=[id])
            del self.labels[id]

    def forget_history(self) -> None:
        """What happened so far can no longer be asked for."""
        with self.lock:
            self.history += 1
            self.forgotten = self.history

    def with_message_id(self, message_id: str) -> list[int]:
        """The messages whose header Message-ID is this one (without its angle brackets), oldest first.

        The first call reads every message.
        """
        with self.lock:
            for id in self._unread:
                if id in self.messages:
                    found = header(bytes(self.messages[id].body), b"Message-ID").strip("<>")
                    if found:
                        self._by_message_id.setdefault(found, []).append(id)
            self._unread.clear()
            known = self._by_message_id.get(message_id, ())
            return sorted({id for id in known if id in self.messages})

    def newest_first(self, below: int | None = None) -> Iterator[Message]:
        """All messages in the order of the API's listing; `below` leaves out that id and all newer ones."""
        end = len(self.order) if below is None else bisect.bisect_left(self.order, below)
        return (self.messages[self.order[at]] for at in range(end - 1, -1, -1))

    def _note(self, kind: str, message: Message, labels: frozenset[str]) -> int:
        self.history += 1
        self.events.append(Event(self.history, kind, message.id, message.thread, frozenset(message.labels), labels))
        return self.history


def header(raw: bytes, name: bytes) -> str:
    """A header's value as it stands in a message, its lines joined; empty when it is not there."""
    end = _END_OF_HEAD.search(raw)
    head = b"\n" + (raw[: end.start()] if end else raw)
    found = re.search(rb"\n" + re.escape(name) + rb":((?:[^\n]|\n[ \t])*)", head, re.IGNORECASE)
    return " ".join(found[1].decode("latin-1").split()) if found else ""
