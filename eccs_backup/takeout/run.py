"""An import from its first part to the balance: what is read, what is missing, and what lies open."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from eccs_backup.errors import Corrupt
from eccs_backup.mail.letters import SOURCE as MAIL
from eccs_backup.model import Entry, Json, Key, Kind, Proof, State
from eccs_backup.takeout import comparing_index, ends, finishing, mailbox, names
from eccs_backup.takeout.differences import Difference
from eccs_backup.takeout.ends import End, Ends
from eccs_backup.takeout.keeping import Keeper
from eccs_backup.takeout.mails import Mails
from eccs_backup.takeout.names import PartName
from eccs_backup.takeout.outcome import DAMAGED, MARK, PAGE, READ, Outcome, Part, Wishes, part_id
from eccs_backup.takeout.reading import MAILBOX, PartReader
from eccs_backup.takeout.records import ENDS, LASTS, PARTS, SOURCE, Records
from eccs_backup.takeout.staging import Staging
from eccs_backup.vault import Vault


@contextmanager
def importing(vault: Vault, wishes: Wishes) -> Iterator[Import]:
    """An import into an open vault. Raises Stop."""
    staging = Staging(vault)
    try:
        yield Import(vault, staging, wishes)
    finally:
        staging.close()


class Import:
    """Parts are read one after another; `finish` draws the balance."""

    def __init__(self, vault: Vault, staging: Staging, wishes: Wishes) -> None:
        self._vault, self._staging, self._wishes = vault, staging, wishes
        self._manifest = vault.manifest
        self.records = Records(vault.manifest)
        before = self._manifest.last_listing(SOURCE)
        self._interrupted = before is not None and before.ended is None
        self.number = self._manifest.begin_listing(SOURCE, json.dumps({}))
        self._manifest.commit()
        self._keeper = Keeper(vault, self.number)
        self._lost, self._mails_held = _lost(vault)
        self._read: set[str] = set()
        self.outcome = Outcome()
        for row in self.records.rows(PARTS):
            if row.description["members"]:  # of what could not be read nothing is listed
                self.records.saw_part(row.id, self.number)

    def knows(self, name: PartName) -> bool:
        """Whether a part was read by an earlier run, and nothing of it was lost."""
        known = self.records.get(PARTS, part_id(name))
        if part_id(name) in self._read:
            return True
        return known is not None and known["state"] == READ and part_id(name) not in self._lost

    @property
    def complete(self) -> bool:
        """Whether all parts are there, as far as the person has told how many there are."""
        parts = self.records.parts()
        return self._wishes.last is not None and bool(parts) and not names.missing(parts, self._wishes.last)

    def cannot_be_had(self, name: PartName, size: int, why: str) -> None:
        """A part that is there, and cannot be read; what an earlier run has read of it stays."""
        about: dict[str, Json] = {"name": name.name, "size": size, "members": 0, "state": DAMAGED, "why": why}
        self._keeper.later(self._noted(part_id(name), about))
        self.outcome.damaged[name.name] = why

    def settle(self) -> None:
        """Make everything last that was read so far. Raises Stop."""
        self._staging.finish()
        self._keeper.drain()
        self._keeper.record()

    def read(self, part: Part) -> None:
        """Read one part, unless it was read before and nothing of it was lost. Raises Stop."""
        if self.knows(part.name):  # also as another kind of archive in this very run
            self.outcome.known.append(part.name.name)
            self.outcome.last_news = f"{part.name.name} was read before."
            self._wishes.on_bytes(part.path.stat().st_size)
            return
        self.records.saw_part(part.id, 0)
        stamp = part.name.stamp
        reader = PartReader(self._keeper, self._staging, self._mails(stamp), self._ends(stamp), self._wishes.limits)
        reader.account = self._manifest.account(SOURCE) or ""
        before = self.records.get(PARTS, part.id)
        reader.mails_held = self._mails_held and (before is None or before["state"] == READ)
        reader.on_bytes = self._wishes.on_bytes
        try:
            members = reader.read(part.path, stamp, part.id)
            state, why = READ, ""
        except Corrupt as error:
            members, state, why = 0, DAMAGED, f"{error} {error.hint}"
        except OSError as error:  # of the archive: what is written raises errors of ours
            members, state, why = 0, DAMAGED, f"It cannot be read ({error.strerror}). See that its disk is connected."
        if state == DAMAGED:  # what was kept of it is held, but is no account of the part
            self.settle()
            self.records.saw_part(part.id, 0)
        elif reader.damaged:
            state = DAMAGED
            why = f"{reader.damaged:,} of the files in it are damaged. Download {part.name.name} again."
        about: dict[str, Json] = {
            "name": part.name.name, "size": part.path.stat().st_size, "members": members, "state": state, "why": why,
        }  # fmt: skip
        self._keeper.later(self._noted(part.id, about))
        if state == READ:
            self._read.add(part.id)
            self.outcome.read.append(part.name.name)
            self.outcome.last_news = f"Read {part.name.name}: {members:,} members."
        else:
            self.outcome.damaged[part.name.name] = why
            self.outcome.last_news = why

    def _noted(self, part: str, about: dict[str, Json]) -> Iterator[None]:
        """The records of a part last after those of what is in it."""
        self._keeper.record()
        self.records.note(PARTS, part, about)
        self._keeper.record()
        yield

    def finish(self) -> Outcome:
        """Everything that was given has been read: close what lies open, name what is missing. Raises Stop."""
        self._keeper.drain()
        listed = 0
        known = self.records.parts()
        exports = names.by_export(known)
        for export, parts in exports.items():
            last = self._last(export, newest=export == max(exports))
            missing = names.gaps(parts, last)
            listed += self._close(export, {name: known[name] for name in parts}, missing) + len(parts) + len(missing)
        self._keeper.record()
        listed += self._note_unlisted()
        for id in self._keeper.rivals:
            self.outcome.mails.differs(id, (Difference.OTHER,))
        if self.outcome.read or self._interrupted or self._wishes.photo_times:
            finishing.finish(self._vault, self.records, times=self._wishes.photo_times)
        self._manifest.finish_listing(self.number, listed)
        self._manifest.end_listing(self.number)
        self._manifest.commit()
        self._vault.write_sums()
        return self.outcome

    def _last(self, export: str, *, newest: bool) -> int | None:
        """How many parts the person has said there are: now, of the newest, or in an earlier run."""
        if newest and self._wishes.last is not None:
            self.records.note(LASTS, export, {"parts": self._wishes.last})
            return self._wishes.last
        told = self.records.get(LASTS, export)
        return int(str(told["parts"])) if told else None

    def _close(self, export: str, parts: Mapping[PartName, Mapping[str, Json]], missing: list[PartName]) -> int:
        """One export's parts become rows, and the ends of its mailboxes messages; how many members the parts hold."""
        damaged = any(about["state"] != READ for about in parts.values())
        sizes = {name: int(str(about["size"])) for name, about in parts.items()}
        more = not missing and self._wishes.last is None and names.perhaps_more(sizes)
        if more:
            self.outcome.perhaps_more.append(export)
        self._close_ends({name.stamp for name in parts}, missing=bool(missing or damaged))
        for name, about in parts.items():
            self._note_part(name, self.records.get(PARTS, part_id(name)) or about)
        for name in missing:
            self.outcome.missing.append(name.name)
            self._note_missing(name)
        return sum(int(str(about["members"])) for about in parts.values())

    def _note_part(self, name: PartName, about: Mapping[str, Json]) -> None:
        entry = Entry(Key(SOURCE, MARK + part_id(name)), State.EXPLAINED, name.name, Kind.ARCHIVE)
        if part_id(name) in self._lost - self._read:
            why = "A file or message that came in it is lost or damaged since. Import this part again."
            self._keeper.note(replace(entry, state=State.FAILED, kind=None, reason=why))
        elif about["state"] == READ:
            self._keeper.note(replace(entry, reason=f"read to its end: {about['members']:,} members"))
        else:
            self._keeper.note(replace(entry, state=State.FAILED, kind=None, reason=str(about["why"])))

    def _note_missing(self, name: PartName) -> None:
        reason = f"This part is missing. Download it from {PAGE} and import it; the other parts need not be there."
        self._keeper.note(Entry(Key(SOURCE, MARK + part_id(name)), State.FAILED, name.name, reason=reason))

    def _close_ends(self, stamps: Collection[str], *, missing: bool) -> None:
        """Save the last message of each file of a mailbox, joined with what follows it."""
        found = self._ends(min(stamps))
        for name, files in found.all(stamps).items():
            listed = {number: end for number, end in files.items() if self._is_listed(end.row)}
            for number, end in listed.items():
                trouble = ends.trouble(number, listed, missing=missing)
                if trouble == ends.MAY_GO_ON and self._is_whole(end.id):
                    trouble = None
                elif trouble is None and end.sha256:
                    trouble = self._close_end(found, mailbox.Series(name, number), listed)
                self._note_mailbox(end.row, trouble)

    def _close_end(self, found: Ends, place: mailbox.Series, files: dict[int, End]) -> str | None:
        """Save one last message, unless that is done; what is wrong, in a sentence."""
        end, pieces = files[place.number], ends.kept(place.number, files)
        mails = self._mails(end.stamp)
        if end.done == "+".join(pieces) and mails.held(end.id):
            return None
        if not found.sound(pieces):
            for each in (end, files.get(place.number + 1)):
                if each:
                    self._lose(each.row.partition("/")[0])
            return "What was kept of its last message is lost."
        made = mails.close(found.joined(place, files), {end.sha256, end.made} - {""})
        found.note(place, end._replace(made=made or end.made, done="+".join(pieces)))
        return None

    def _lose(self, part: str) -> None:
        """A part has to be read again."""
        about = self.records.get(PARTS, part)
        if about:
            why = "Something that was kept of it is lost or damaged. Import this part again."
            self.records.note(PARTS, part, {**about, "state": DAMAGED, "why": why})

    def _is_whole(self, message: str) -> bool:
        """Whether Gmail itself has brought a message."""
        known = self._manifest.get(Key(MAIL, message))
        return known is not None and known.proof in (Proof.STRUCTURE, Proof.SIZE) and self._vault.holds(known)

    def _note_unlisted(self) -> int:
        """A row for each export whose own page lists files that no part held: then a part is missing. How many rows."""
        count = 0
        for page in comparing_index.compare(self._vault, self.number):
            lacking = sum(each.missing.count for each in page.products)
            if lacking:
                first = next(name for each in page.products for name in each.missing.names)
                reason = (
                    f"The export's own page lists {lacking:,} files that no part held, for example {first}. A part is "
                    f"missing: see how many there are at {PAGE}, and import the rest."
                )
                self._keeper.note(Entry(Key(SOURCE, f"index:{page.export}"), State.FAILED, page.export, reason=reason))
                count += 1
        self._keeper.record()
        return count

    def _note_mailbox(self, row: str, trouble: str | None) -> None:
        known = self._manifest.get(Key(SOURCE, row))
        if known is None or MAILBOX not in known.facts:
            return
        if trouble:
            self._keeper.note(replace(known, state=State.FAILED, kind=None, reason=f"{trouble} Import that part."))
        else:
            reason = f"its {known.facts[MAILBOX]:,} messages are saved as mail"
            self._keeper.note(replace(known, state=State.EXPLAINED, kind=Kind.ELSEWHERE, reason=reason))

    def _is_listed(self, row: str) -> bool:
        known = self._manifest.get(Key(SOURCE, row))
        return known is not None and known.seen == self.number

    def _mails(self, stamp: str) -> Mails:
        return Mails(self._keeper, self._staging, stamp, self.outcome.mails)

    def _ends(self, stamp: str) -> Ends:
        return Ends(self._vault, self.records, stamp)


def _lost(vault: Vault) -> tuple[set[str], bool]:
    """Parts of which a file was lost or damaged since it was saved; whether every message is still there."""

    def lost(entry: Entry) -> bool:
        return entry.state is State.FAILED or not vault.holds(entry)

    parts = {each.key.id.partition("/")[0] for each in vault.manifest.entries(SOURCE, held=True) if lost(each)}
    held = not any(lost(each) for each in vault.manifest.entries(MAIL, held=True))
    if not held:  # whichever part it came in
        parts |= {str(row.description["row"]).partition("/")[0] for row in Records(vault.manifest).rows(ENDS)}
    return parts, held
