"""The road through IMAP: bodies in groups, many times as fast as the API's quota allows, some 2,500 MB a day."""

from __future__ import annotations

import threading
import time
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial

from eccs_backup.errors import BlockedByAdministrator, ItemError, SignInNeeded, Transient
from eccs_backup.model import Item, Proof
from eccs_backup.retry import Patience, patiently
from eccs_backup.sources import Catalogue, Row
from eccs_backup.sources.gmail import imap_answers
from eccs_backup.sources.gmail.api_road import ApiRoad
from eccs_backup.sources.gmail.imap_answers import Fetched
from eccs_backup.sources.gmail.imap_line import TOGETHER, DaySpent, Folder, Line, Lines, NotFetched, TooMany
from eccs_backup.sources.gmail.roads import Letter

DAY = 24 * 3600.0
BYTES_A_DAY = 2_400_000_000
"""Of the 2,500 MB that Gmail gives in a day; the rest is for the person's telephone."""
ITEMS = "UID X-GM-MSGID X-GM-THRID X-GM-LABELS FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]"
BUNDLE_BYTES, BUNDLE_MESSAGES = 8 << 20, 400
FLAGS = {
    "Inbox": "INBOX", "Sent": "SENT", "Important": "IMPORTANT", "Starred": "STARRED", "Draft": "DRAFT",
    "Drafts": "DRAFT", "Junk": "SPAM", "Trash": "TRASH",
}  # fmt: skip
"""X-GM-LABELS's names of system labels, after the backslash, and the API's."""
BREAKS = 4
"""Times in a row that a thread's line may break without having brought anything, until the API takes the bundle; from
the second on, the API takes the message at which it broke, so that one message cannot stop all behind it."""
SPENT = "imap"
"""The log of what was read by IMAP: one row, since when and how many bytes."""


class Where:
    """Where every message lies: folder, UID and size by the message's id."""

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        self._folder, self._uid, self._size = array("B"), array("Q"), array("Q")
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

    `dial` makes a signed-in connection; `label_ids` are the ids of all labels by name; `categories` the labels that
    IMAP does not show, by message id. https://developers.google.com/workspace/gmail/imap/imap-extensions
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
        self._lines, self._api, self._budget = Lines(dial, self.workers), api, budget
        self._label_ids, self._categories, self._on_notice = label_ids, categories, on_notice
        self._local = threading.local()
        self._lock, self._ended, self._told = threading.Lock(), False, False
        self._doubtful: set[int] = set()
        self.where = Where()
        self._folders: list[Folder] = []

    def look(self, patience: Callable[[], Patience]) -> None:
        """Learn where every message lies. Raises Transient when patience ends, Stop."""

        def folders() -> list[Folder]:
            with self._lines.one() as line:
                return line.folders()

        self._folders = patiently(folders, patience())
        for number, folder in enumerate(self._folders):
            found = patiently(partial(self._listed, folder), patience())
            for at in range(0, len(found), 3):
                self.where.add(found[at], number, found[at + 1], found[at + 2])

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
        try:
            for letter in self._by_imap(missing):
                del missing[int(letter.item.key.id, 16)]
                self._local.breaks = 0
                yield letter
        except DaySpent:
            self._budget.end()
            self._ended = True
            self._tell("Gmail's IMAP gives no more mail today; the API goes on. Tomorrow IMAP is quick again.")
        except (BlockedByAdministrator, SignInNeeded, TooMany) as error:
            self._ended = True
            self._tell(f"{error} The API goes on, more slowly.")
        except Transient as error:
            self._local.breaks = breaks = getattr(self._local, "breaks", 0) + 1
            if breaks < BREAKS:
                if breaks > 1:
                    yield from self._api.deliver([missing[id] for id, _ in self._places(missing)[:1]])
                raise
            self._tell(f"{error} Until it is better, the API goes on, more slowly.")
        self._doubtful.update(missing)
        yield from self._api.deliver(list(missing.values()))

    def _places(self, wanted: Mapping[int, Item]) -> list[tuple[int, tuple[int, int, int]]]:
        """The id and the place of what is still to be had by IMAP, in the order of the folder."""
        if self._ended:
            return []
        found = ((id, self.where.get(id)) for id in wanted if id not in self._doubtful)
        return sorted(((id, place) for id, place in found if place), key=lambda each: each[1])

    def _by_imap(self, wanted: Mapping[int, Item]) -> Iterator[Letter]:
        """What IMAP gives of these messages, which lie in one folder; nothing in doubt. Raises Transient, Stop."""
        places = [place for _, place in self._places(wanted)]
        if not places:
            return
        folder = self._folders[places[0][0]]
        uids = [uid for _, uid, _ in places]
        groups = [",".join(imap_answers.ranges(uids[at : at + TOGETHER])) for at in range(0, len(uids), TOGETHER)]
        with self._lines.one() as line, suppress(NotFetched):
            self._budget.take(sum(size for _, _, size in places))
            for each in line.fetch(folder.name, groups, ITEMS):
                item = wanted.get(each.number(b"X-GM-MSGID") or 0)
                if item and (letter := self._letter(item, each, folder)):
                    yield letter

    def _listed(self, folder: Folder) -> array[int]:
        """Id, UID and size of every message of a folder, one after the other. Raises Transient, Stop."""
        found = array("Q")
        with self._lines.one() as line:
            for each in line.fetch(folder.name, ["1:*"], "UID X-GM-MSGID RFC822.SIZE"):
                numbers = [each.number(name) for name in (b"X-GM-MSGID", b"UID", b"RFC822.SIZE")]
                if None not in numbers:  # else it is another message's news, which nobody asked for
                    found.extend(number for number in numbers if number is not None)
        return found

    def _letter(self, item: Item, found: Fetched, folder: Folder) -> Letter | None:
        """The message; None when anything of it is in doubt."""
        if not found.values.keys() >= {b"X-GM-LABELS", b"FLAGS"}:
            return None
        body, thread = found.body, found.number(b"X-GM-THRID")
        date = imap_answers.milliseconds(found.values.get(b"INTERNALDATE"))
        labels = [self._label(word) for word in found.words(b"X-GM-LABELS")]
        flags = {flag.lower() for flag in found.words(b"FLAGS")}
        if body is None or found.number(b"RFC822.SIZE") != len(body) or thread is None or date is None:
            return None
        more = [folder.label] if folder.label else []
        more += ["UNREAD"] if b"\\seen" not in flags else []
        more += ["STARRED"] if b"\\flagged" in flags else []
        more += self._categories.get(int(item.key.id, 16), ())
        every = [label for label in dict.fromkeys([*labels, *more]) if label]
        return None if None in labels else Letter(item, body, f"{thread:x}", every, date, Proof.SIZE)

    def _label(self, word: bytes) -> str | None:
        """The id of a label; None when there was none of that name: it was made just now."""
        name = imap_answers.label(word)
        if word.startswith(b"\\") and name not in self._label_ids:
            return FLAGS.get(name[1:], name[1:].upper())
        return self._label_ids.get(name)

    def _tell(self, news: str) -> None:
        with self._lock:
            if not self._told:
                self._told = True
                self._on_notice(news)
