"""One part of an export, read once: every member becomes a file, messages, or a sentence on why not."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from eccs_backup.errors import Corrupt, ItemError, WrongAccount
from eccs_backup.mail.mbox_reading import BLOCK, Readable, holds_separator, is_takeout
from eccs_backup.model import Entry, Item, Json, Key, Kind, Obstacle, State
from eccs_backup.takeout import archive, index_page, mailbox, products, rows
from eccs_backup.takeout.ahead import Again, ahead
from eccs_backup.takeout.archive import Archive, Limits, Member, Refused
from eccs_backup.takeout.ends import End, Ends
from eccs_backup.takeout.keeping import Keeper, elsewhere
from eccs_backup.takeout.mails import Mails
from eccs_backup.takeout.products import Product
from eccs_backup.takeout.records import SOURCE
from eccs_backup.takeout.staging import Staged, Staging
from eccs_backup.takeout.unit import Unit
from eccs_backup.vault import INNER

SMALL = 1 << 20
"""Bytes of a member that is read whole before anything is done with it."""
LONGEST_PATH, DEEPEST = 4_096, 100
"""Characters of a member's path, and folders in it; Drive allows no more than 100 folders in each other.
https://developers.google.com/workspace/drive/api/guides/folder"""
LONGEST_SHOWN = 200
MAILBOX = "messages"
"""The fact that a mailbox's row has: how many messages are in it."""


class PartReader:
    """Reads parts of one export into a vault."""

    def __init__(self, keeper: Keeper, staging: Staging, mails: Mails, ends: Ends, limits: Limits) -> None:
        self._keeper, self._staging, self._mails, self._ends, self._limits = keeper, staging, mails, ends, limits
        self.on_bytes: Callable[[int], object] = lambda size: None
        """Hears how many bytes of the archive were read since it last heard."""
        self.account = ""
        """Whose export it has to be, if that is known."""
        self._place: Callable[[], int] = lambda: 0
        self._at = 0
        self._vault, self._manifest = keeper.vault, keeper.vault.manifest
        self.mails_held = True
        """Whether every message that was ever saved is still there; else mailboxes are read again."""
        self._part, self._stamp = "", ""
        self.damaged = 0
        """Members whose checksum did not match."""
        self._seen: dict[int, int] = {}
        self._unit: Unit | None = None
        self._waiting: list[Entry] = []
        """Rows that count only once the part's checksum has matched."""
        self._waiting_ends: list[Iterator[None]] = []

    def read(self, path: Path, stamp: str, part: str) -> int:
        """How many members there are. Raises Corrupt when the part is damaged: then only members that are whole by
        their own checksum are kept. Raises Stop."""
        self._part, self._stamp, self._seen = part, stamp, {}
        count = 0
        with archive.opened(path, self._limits) as found:
            self._place, self._at = found.place, 0
            self._unit = None if found.sealed else self._new_unit(part)
            try:
                for member in found.members():
                    count += 1
                    self._one(found, member)
                self._staging.finish()
            except (Corrupt, OSError):
                self._staging.finish()
                if self._unit:
                    self._unit.drop()
                    self._waiting.clear()
                    self._waiting_ends.clear()
                raise
        self._trust()
        return count

    def _one(self, found: Archive, member: Member | Refused) -> None:
        if len(member.path) > LONGEST_PATH or member.path.count("/") > DEEPEST:
            member = Refused(f"{member.path[:LONGEST_SHOWN]}...", "Its path is longer than any that a service makes.")
        id = self._id(member.path)
        item = Item(Key(SOURCE, id), rows.steps(member.path), "", facts=self._facts(member.path))
        if isinstance(member, Refused):
            self._note(rows.failed(item, member.why))
            return
        revision = "" if member.crc is None else f"{member.crc:08x}-{member.size}"
        modified = None if member.modified is None else datetime.fromtimestamp(member.modified, UTC)
        item = replace(item, revision=revision, modified=modified)
        if member.is_folder:
            self._folder(item)
        elif not (revision and self._keeps(item)):
            self._read(found, member, item)
        self._keeper.work()
        self._advance()

    def _read(self, found: Archive, member: Member, item: Item) -> None:
        """Raises Corrupt only for the whole part."""
        try:
            with found.open(member) as stream:
                if member.size <= SMALL:
                    self._small(item, b"".join(iter(lambda: stream.read(SMALL), b"")))
                else:
                    with ahead(stream, self._keeper.work) as fast:
                        self._large(item, fast)
        except Corrupt as error:
            if not found.sealed:
                raise
            self.damaged += 1
            self._note(rows.failed(item, f"{error} {error.hint}"))

    def _small(self, item: Item, body: bytes) -> None:
        if self._is_mail(item, body):
            self._mailbox(item, io.BytesIO(body))
            return
        product = products.of(item.name, body[: products.HEAD])
        if product is Product.INDEX:
            self._check_account(body)
        more = products.facts(product, item.name, body) if product else {}
        self._staging.put(rows.told(item, product, more), body, self._then)

    def _check_account(self, page: bytes) -> None:
        """Raises WrongAccount when the index page names another account than the one that is read."""
        told = index_page.account(page)
        if told and self.account and told.casefold() != self.account.casefold():
            raise WrongAccount(f"{self._part} is of an export of {told}, not of {self.account}.")

    def _large(self, item: Item, stream: Readable) -> None:
        first = stream.read(BLOCK)
        place = rows.may_be_mail(item)
        if place and place.number > 1 and not first.startswith(b"From "):
            first = mailbox.to_separator(first, stream)
        if self._is_mail(item, first):
            self._mailbox(item, Again(first, stream))
            return
        product = products.of(item.name, first[: products.HEAD])
        self._staging.stream(rows.told(item, product, {}), self._blocks(first, stream), self._then)

    def _is_mail(self, item: Item, head: bytes) -> bool:
        """Whether it is a mailbox of Gmail's, or goes on with one: the file before is known, or a separator comes."""
        place = rows.may_be_mail(item)
        if place is None or is_takeout(head):
            return place is not None
        if place.number == 1 or head.startswith(b"From "):
            return False
        before = place._replace(number=place.number - 1)
        return holds_separator(head) or place.name in self._keeper.mailboxes or self._ends.get(before) is not None

    def _mailbox(self, item: Item, stream: Readable) -> None:
        """Messages are trusted with the checksum of their file: that of the zip's member, or of the whole tgz."""
        place = mailbox.series(item.name) or mailbox.Series(item.name, 1)
        self._keeper.mailboxes.add(place.name)
        unit = self._unit or self._new_unit(item.key.id)
        before = self._mails.tally.messages
        end = End(item.name, item.key.id, stamp=self._stamp)
        try:
            for message in mailbox.messages(stream, item.name):
                self._advance()
                end = self._message(message, place, end, unit)
            self._staging.finish()
        except (Corrupt, OSError):
            self._staging.finish()
            if unit is not self._unit:
                unit.drop()
            raise
        if unit is not self._unit:
            self._keeper.later(unit.release(self._settle))
        self._known(place, end)
        facts: dict[str, Json] = {"product": Product.MAIL, MAILBOX: self._mails.tally.messages - before}
        row = elsewhere(rows.told(item, Product.MAIL, facts), "mail")
        self._note(replace(row, reason=f"its {facts[MAILBOX]:,} messages are saved as mail"))

    def _message(self, message: mailbox.Message, place: mailbox.Series, end: End, unit: Unit) -> End:
        kept: list[str] = []

        def keep(staged: Staged) -> None:
            self._ends.keep(staged.part, staged.sha256)
            self._keeper.wrote()
            kept.append(staged.sha256)

        def then(staged: Staged) -> None:
            if message.end:
                keep(staged)
            else:
                unit.add(staged)

        if message.head is None:
            self._staging.stream(Item(Key(SOURCE, end.row), (), ""), message.blocks(), keep)
            self._staging.finish()
            return end._replace(beginning="".join(kept))
        head = message.head
        self._mails.take(message, then)
        if not message.end:
            return end
        self._staging.finish()
        if not kept and (before := self._ends.get(place)) and before.id == head.id:
            return before._replace(beginning=end.beginning)
        raw, cut = head.raw.decode("latin-1"), message.cut.decode("latin-1")
        return end._replace(id=head.id, raw=raw, cut=cut, sha256="".join(kept))

    def _then(self, staged: Staged) -> None:
        if self._unit:
            self._unit.add(staged)
        else:
            self._keeper.settle(staged)

    def _settle(self, staged: Staged) -> None:
        if staged.item.key.source == SOURCE:
            self._keeper.settle(staged)
        else:
            self._mails.settle(staged)

    def _trust(self) -> None:
        """The whole part is read, and whole."""
        if self._unit:
            self._keeper.later(self._unit.release(self._settle))
        for ends in self._waiting_ends:
            self._keeper.later(ends)
        waiting, self._waiting, self._waiting_ends = self._waiting, [], []
        self._keeper.later(self._noted(waiting))

    def _note(self, entry: Entry) -> None:
        """After everything that was put off: a mailbox's row must not last before its messages."""
        if self._unit:
            self._waiting.append(entry)
        else:
            self._keeper.later(self._noted([entry]))

    def _noted(self, entries: list[Entry]) -> Iterator[None]:
        for entry in entries:
            self._keeper.note(entry)
            yield

    def _known(self, place: mailbox.Series, end: End) -> None:
        """The ends of a mailbox's file count with its checksum, too."""

        def noted() -> Iterator[None]:
            self._ends.note(place, end)
            yield

        if self._unit:
            self._waiting_ends.append(noted())
        else:
            self._keeper.later(noted())

    def _folder(self, item: Item) -> None:
        obstacle = Obstacle(Kind.FOLDER, "kept as a folder")
        try:
            self._vault.keep_folder(replace(item, obstacle=obstacle))
        except ItemError as error:
            self._note(rows.failed(item, f"{error} {error.hint}"))
            return
        self._note(Entry(item.key, State.EXPLAINED, item.name, Kind.FOLDER, obstacle.sentence, facts=item.facts))

    def _keeps(self, item: Item) -> bool:
        """Whether the very same was read before, and what came of it is still there."""
        known = self._manifest.get(item.key)
        if known is None or known.revision != item.revision:
            return False
        if known.state is State.SAVED:
            kept = self._vault.holds(known)
        elif MAILBOX in known.facts:
            kept = self.mails_held
        else:
            kept = known.kind is Kind.ELSEWHERE and self._vault.path(str(known.facts.get("as"))).is_file()
        if kept:
            self._manifest.saw(known.key, self._keeper.number)
        return kept

    def _blocks(self, first: bytes, stream: Readable) -> Iterator[bytes]:
        while first:
            yield first
            self._advance()
            first = stream.read(BLOCK)

    def _advance(self) -> None:
        at, self._at = self._at, self._place()
        if self._at > at:
            self.on_bytes(self._at - at)

    def _id(self, path: str) -> str:
        """The member's place: a second member of the same name in one part is another."""
        mark = int.from_bytes(hashlib.blake2b(path.encode("utf-8", "surrogatepass"), digest_size=8).digest())
        self._seen[mark] = number = self._seen.get(mark, 0) + 1
        return f"{self._part}/{path}" + (f"#{number}" if number > 1 else "")

    def _facts(self, path: str) -> dict[str, Json]:
        return {"export": self._stamp, "member": path}

    def _new_unit(self, name: str) -> Unit:
        mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return Unit(self._vault.root / INNER / "partial" / f"{mark}.list")
