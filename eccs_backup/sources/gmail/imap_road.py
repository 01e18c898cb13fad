"""The road through IMAP: bodies in groups, many times as fast as the API's quota allows, some 2,500 MB a day."""

from __future__ import annotations

import threading
import time
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence

from eccs_backup.errors import ItemError, Transient
from eccs_backup.model import Item, Proof
from eccs_backup.sources import Catalogue, Row
from eccs_backup.sources.gmail import imap_answers
from eccs_backup.sources.gmail.api_road import ApiRoad
from eccs_backup.sources.gmail.imap_answers import Fetched
from eccs_backup.sources.gmail.imap_line import TOGETHER, DaySpent, Folder, Line, TooMany
from eccs_backup.sources.gmail.roads import Letter

DAY = 24 * 3600.0
BYTES_A_DAY = 2_400_000_000
"""Of the 2,500 MB that Gmail gives in a day; the rest is for the person's telephone."""
ITEMS = "UID X-GM-MSGID X-GM-THRID X-GM-LABELS FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]"
BUNDLE_BYTES, BUNDLE_MESSAGES = 8 << 20, 400
FLAGS = {"Inbox": "INBOX", "Sent": "SENT", "Important": "IMPORTANT", "Starred": "STARRED", "Draft": "DRAFT"}
"""X-GM-LABELS's names of system labels, after the backslash, and the API's."""
SPENT = "imap"
"""The log of what was read by IMAP: one row, since when and how many bytes."""


class Where:
    """Where every message lies: folder, UID and size by the message's id, 24 bytes each."""

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        self._folder, self._uid, self._size = array("B"), array("L"), array("L")
        self.bytes = 0

    def add(self, id: int, folder: int, uid: int, size: int) -> None:
        """One message."""
        self._places[id] = len(self._folder)
        self._folder.append(folder)
        self._uid.append(uid)
        self._size.append(size)
        self.bytes += size

    def __len__(self) -> int:
        return len(self._folder)

    def get(self, id: int) -> tuple[int, int, int] | None:
        """(folder, UID, bytes), or None."""
        at = self._places.get(id)
        return None if at is None else (self._folder[at], self._uid[at], self._size[at])


class Budget:
    """How many bytes may still be read by IMAP within a day that began with the first of them."""

    def __init__(self, catalogue: Catalogue, clock: Callable[[], float] = time.time) -> None:
        self._clock, self._lock = clock, threading.Lock()
        row = catalogue.get(SPENT, "day")
        known = row.description if row else {}
        began, spent = known.get("began"), known.get("bytes")
        now = clock()
        fresh = not isinstance(began, int | float) or not isinstance(spent, int) or not 0 <= now - began < DAY
        self.began, self.spent = (now, 0) if fresh else (float(began), int(spent))  # type: ignore[arg-type]

    @property
    def left(self) -> int:
        """Bytes."""
        return max(0, BYTES_A_DAY - self.spent)

    def take(self, size: int) -> None:
        """So many bytes are going to be read. Raises DaySpent."""
        with self._lock:
            if size > self.left:
                raise DaySpent("The bytes that Gmail's IMAP gives in a day are spent.")
            self.spent += size

    def end(self) -> None:
        """Gmail says that the day's bytes are spent."""
        with self._lock:
            self.spent = BYTES_A_DAY

    def row(self) -> Row:
        """What the catalogue keeps of it."""
        return Row("day", {"began": self.began, "bytes": self.spent})


class ImapRoad:
    """Fetches by UID FETCH. Whatever IMAP does not give, or gives in doubt, is asked of the API.

    `dial` makes a signed-in connection; `label_ids` are the ids of the person's labels by name; `categories` the labels
    that IMAP does not show, by message id. https://developers.google.com/workspace/gmail/imap/imap-extensions
    """

    name = "imap"
    workers = 5

    def __init__(
        self,
        dial: Callable[[], Line],
        api: ApiRoad,
        budget: Budget,
        label_ids: Mapping[str, str],
        categories: Mapping[int, tuple[str, ...]],
        on_notice: Callable[[str], object],
    ) -> None:
        self._dial, self._api, self._budget = dial, api, budget
        self._label_ids, self._categories, self._on_notice = label_ids, categories, on_notice
        self._local = threading.local()
        self._lock, self._ended = threading.Lock(), False
        self.where = Where()
        self._folders: list[Folder] = []

    def look(self) -> None:
        """Learn where every message lies. Raises Transient, Stop."""
        line = self._line()
        self._folders = line.folders()
        for number, folder in enumerate(self._folders):
            for each in line.fetch(folder.name, ["1:*"], "UID X-GM-MSGID RFC822.SIZE"):
                if b"X-GM-MSGID" in each.values:
                    id, uid, size = (each.number(name) for name in (b"X-GM-MSGID", b"UID", b"RFC822.SIZE"))
                    self.where.add(id, number, uid, size)

    def bundles(self, pending: Iterator[Item]) -> Iterator[Sequence[Item]]:
        """What lies in the same folder, up to some megabytes; what IMAP does not show, one by one."""
        bundles: list[list[Item]] = [[] for _ in self._folders]
        sizes = [0] * len(bundles)
        for item in pending:
            place = self.where.get(int(item.key.id, 16))
            if place is None or self._ended:
                yield [item]
                continue
            folder, _, size = place
            if bundles[folder] and (len(bundles[folder]) >= BUNDLE_MESSAGES or sizes[folder] + size > BUNDLE_BYTES):
                yield bundles[folder]
                bundles[folder], sizes[folder] = [], 0
            bundles[folder].append(item)
            sizes[folder] += size
        yield from filter(None, bundles)

    def deliver(self, bundle: Sequence[Item]) -> Iterator[Letter | tuple[Item, ItemError | Transient]]:
        """Every message of the bundle: by IMAP as far as it goes, the rest by the API. Raises Transient, Stop."""
        missing = {int(item.key.id, 16): item for item in bundle}
        if not self._ended and self.where.get(next(iter(missing))):
            try:
                for letter in self._by_imap(missing):
                    del missing[int(letter.item.key.id, 16)]
                    yield letter
            except DaySpent:
                self._budget.end()
                self._end("Gmail's IMAP gives no more mail today")
            except TooMany:
                self._end("Gmail's IMAP is used by too many programs at once")
        yield from self._api.deliver(list(missing.values()))

    def _by_imap(self, wanted: Mapping[int, Item]) -> Iterator[Letter]:
        """What IMAP gives of these messages, which lie in one folder. What makes no sense is left to the API."""
        places = {id: place for id in wanted if (place := self.where.get(id))}
        self._budget.take(sum(size for _, _, size in places.values()))
        folder = self._folders[next(iter(places.values()))[0]]
        uids = sorted(uid for _, uid, _ in places.values())
        groups = [",".join(imap_answers.ranges(uids[at : at + TOGETHER])) for at in range(0, len(uids), TOGETHER)]
        whole = False
        try:
            for each in self._line().fetch(folder.name, groups, ITEMS):
                item = wanted.get(each.number(b"X-GM-MSGID")) if b"X-GM-MSGID" in each.values else None
                if item and each.body is not None and each.number(b"RFC822.SIZE") == len(each.body):
                    yield self._letter(item, each, folder)
            whole = True
        finally:
            if not whole:  # it stands somewhere in the middle of an answer
                self._local.line.close()
                self._local.line = None

    def _letter(self, item: Item, found: Fetched, folder: Folder) -> Letter:
        labels = [self._label(word) for word in found.words(b"X-GM-LABELS")]
        flags = {flag.lower() for flag in found.words(b"FLAGS")}
        more = [folder.label] if folder.label else []
        more += ["UNREAD"] if b"\\seen" not in flags else []
        more += ["STARRED"] if b"\\flagged" in flags else []
        more += self._categories.get(int(item.key.id, 16), ())
        every = list(dict.fromkeys([*labels, *more]))
        thread = f"{found.number(b'X-GM-THRID'):x}"
        date = imap_answers.milliseconds(found.values.get(b"INTERNALDATE"))
        assert found.body is not None
        return Letter(item, found.body, thread, every, date, Proof.SIZE)

    def _label(self, word: bytes) -> str:
        """The id of a label; the name itself when it was made just now."""
        if word.startswith(b"\\"):
            name = word[1:].decode("ascii", "replace")
            return FLAGS.get(name, name.upper())
        name = imap_answers.label(word)
        return self._label_ids.get(name, name)

    def _line(self) -> Line:
        """This thread's connection."""
        line: Line | None = getattr(self._local, "line", None)
        if line is None:
            line = self._local.line = self._dial()
        return line

    def _end(self, why: str) -> None:
        with self._lock:
            if not self._ended:
                self._ended = True
                self._on_notice(f"{why}; the API goes on, 300 messages a minute. Tomorrow IMAP is quick again.")
