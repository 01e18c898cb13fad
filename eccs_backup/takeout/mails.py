"""Messages of an export on their way into the vault: under their Gmail id, as if the API had brought them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace

from eccs_backup.mail.letters import SOURCE as MAIL
from eccs_backup.model import Entry, Facts, Item, Json, Key, State
from eccs_backup.sources import Row
from eccs_backup.sources.gmail import items
from eccs_backup.takeout import labels
from eccs_backup.takeout.differences import Difference, differences
from eccs_backup.takeout.keeping import Keeper
from eccs_backup.takeout.mailbox import Head, Message, messages
from eccs_backup.takeout.records import ALSO
from eccs_backup.takeout.staging import Staged, Staging

COMPARED = 24 << 20
"""Bytes of a message up to which it is looked for what two copies differ in."""
HEARD = 2_000
"""Different lists of labels by which a mailbox's language is found."""
LANGUAGES = "languages"
"""The log of the catalogue that tells the language of each export."""
NAMED = 20
"""Messages that differ for no known reason, which are named."""
UNKNOWN = frozenset((Difference.HEADERS, Difference.OTHER))
"""Differences that nothing explains: such messages are named."""
RAW_LABELS = "X-Gmail-Labels"
"""The fact that holds labels as they stand in the export, until its language is known."""


@dataclass
class Tally:
    """What the messages of one file, or of many, came to."""

    messages: int = 0
    new: int = 0
    same: int = 0
    """Held already, with the very same bytes."""
    different: Counter[str] = field(default_factory=Counter)
    """Held already, with other bytes: how many for each kind of difference."""
    strange: list[str] = field(default_factory=list)
    """Ids of messages that differ for no known reason."""

    def differs(self, id: str, found: tuple[Difference, ...]) -> None:
        """Another copy of that message is held, and differs in what was found."""
        self.different[" + ".join(found)] += 1
        if not UNKNOWN.isdisjoint(found) and len(self.strange) < NAMED:
            self.strange.append(id)

    def facts(self) -> dict[str, Json]:
        """For the records."""
        return {
            "messages": self.messages, "new": self.new, "same": self.same,
            "different": dict(self.different), "strange": list[Json](self.strange),
        }  # fmt: skip


class Mails:
    """Messages of one export, on their way into the vault."""

    def __init__(self, keeper: Keeper, staging: Staging, stamp: str, tally: Tally) -> None:
        self._keeper, self._staging, self._stamp = keeper, staging, stamp
        self._manifest, self._vault = keeper.vault.manifest, keeper.vault
        self.tally = tally
        self._values: Counter[bytes] = Counter()
        self._language: str | None = None
        self._heard = 0

    def take(self, message: Message, then: Callable[[Staged], object]) -> None:
        """One message; `then` gets it when it has to be kept. Raises what reading it raises."""
        assert message.head is not None
        self.tally.messages += 1
        item = self.item(message.head)
        if known := self.held(message.head.id):
            copy = _copy(message)
            if not message.end or message.cut:  # else there is more of it in the next file
                self._compare(known, item, *copy)
            return
        self.tally.new += 1
        self.stage(item, message, then)

    def stage(self, item: Item, message: Message, then: Callable[[Staged], object]) -> None:
        """Bring a message into its part."""
        if message.whole is not None:
            self._staging.put(item, message.whole, then)
        else:
            self._staging.stream(item, message.blocks(), then)

    def close(self, blocks: Iterator[bytes], older: Collection[str]) -> str:
        """Save a message that was kept apart, as it stands in the export; the SHA-256 of what was saved, empty when
        another road had brought it. `older` are those of what was taken for the whole before. Raises Stop, OSError."""
        made: list[str] = []

        def settle(staged: Staged) -> None:
            made.append(staged.sha256)
            self.settle(staged)

        self._keeper.outdated.update(older)
        for message in messages(_Stream(blocks), "a mailbox"):
            if message.head is None:
                continue
            known = self.held(message.head.id)
            if known is None or known.sha256 in older:
                self.stage(self.item(message.head), message, settle)
                continue
            sha256, copy = _copy(message)
            if sha256 != known.sha256:
                self._differ(known, copy)
        self._staging.finish()
        return made[0] if made else ""

    def settle(self, staged: Staged) -> None:
        """A message whose checksum has matched."""
        item = staged.item
        self._keeper.settle(staged._replace(item=replace(item, facts=labelled(item.facts, self._spoken()))))

    def _spoken(self) -> str | None:
        """The mailbox's language, by all that was heard so far; found anew when that has doubled."""
        if self._values.total() > 2 * self._heard:
            self._heard = self._values.total()
            found = labels.observed(self._values.elements())
            known = self._keeper.records.get(LANGUAGES, self._stamp)
            self._language = found or (str(known["language"]) if known else None)
            if found:
                self._keeper.records.note(LANGUAGES, self._stamp, {"language": found})
        return self._language

    def held(self, id: str) -> Entry | None:
        """The row of a message whose file lies in the vault."""
        known = self._manifest.get(Key(MAIL, id))
        return known if known and known.state is State.SAVED and self._vault.holds(known) else None

    def item(self, head: Head) -> Item:
        """A message as Gmail would list it."""
        milliseconds = None if head.date is None else head.date * 1000
        thread = Row(head.id, {"threadId": head.thread})
        item = items.message(MAIL, thread, Row(head.id, {"labelIds": [], "internalDate": milliseconds}), {})
        if len(self._values) < HEARD or head.labels in self._values:
            self._values[head.labels] += 1
        facts = {**item.facts, "takeout": self._stamp, RAW_LABELS: head.labels.decode("latin-1")}
        return replace(item, facts=facts)

    def _compare(self, known: Entry, item: Item, sha256: str, copy: bytes | None) -> None:
        """Another road, or another export, has brought it already: what is held stays."""
        self._relabel(known, item)
        self._keeper.records.note(ALSO, known.key.id, {"export": self._stamp})
        if known.sha256 == sha256:
            self.tally.same += 1
        else:
            self._differ(known, copy)

    def _differ(self, known: Entry, copy: bytes | None) -> None:
        found: tuple[Difference, ...] = (Difference.OTHER,)
        if copy is not None and (known.size or 0) <= COMPARED:
            found = differences(self._vault.path(known.path or "").read_bytes(), copy)
        self.tally.differs(known.key.id, found)

    def _relabel(self, known: Entry, item: Item) -> None:
        """Labels of a newer export replace those of an older one; what Gmail itself said stays."""
        older = known.facts.get("takeout")
        if isinstance(older, str) and older < self._stamp:
            self._manifest.put(replace(known, facts=labelled(item.facts, self._spoken())))


class _Stream:
    """Blocks as a stream."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks

    def read(self, size: int) -> bytes:
        """The next block, of whatever size."""
        return next((block for block in self._blocks if block), b"")


def labelled(facts: Facts, language: str | None) -> dict[str, Json]:
    """Facts with labels as Gmail's API names them."""
    found = dict(facts)
    raw = str(found.pop(RAW_LABELS, "")).encode("latin-1")
    return {**found, "labels": list[Json](labels.labels(raw, language))}


def _copy(message: Message) -> tuple[str, bytes | None]:
    """The SHA-256 of a message, and the whole of it unless it is too large to be compared."""
    digest, size = hashlib.sha256(), 0
    found: list[bytes] = []
    for block in message.blocks():
        digest.update(block)
        size += len(block)
        found = [*found, block] if size <= COMPARED else []
    return digest.hexdigest(), None if size > COMPARED else b"".join(found)
