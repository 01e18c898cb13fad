"""What went where: one row per message, written before it is sent and again when it has arrived."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from eccs_backup.catalogue import ManifestCatalogue
from eccs_backup.manifest import Manifest
from eccs_backup.model import Json
from eccs_backup.restore.letters import SOURCE
from eccs_backup.restore.mailbox import Placed
from eccs_backup.sources import Row

SENDING, DONE, OPEN, UNREAD = "sending", "done", "open", "unread"
"""Sent, and nobody knows whether it arrived; arrived; not there; its file could not be read, so that it was neither
sent nor looked for."""


class Ledger:
    """The rows of one mailbox that messages go to, in the vault's records. Raises Stop as the records do."""

    def __init__(self, manifest: Manifest, address: str, *, clock: Callable[[], float] = time.time) -> None:
        self._manifest, self._clock = manifest, clock
        self._catalogue = ManifestCatalogue(manifest, SOURCE)
        self._log = f"restore:{address.casefold()}"
        self.done: dict[str, Placed] = {}
        """Message of the vault -> where it is now."""
        self.uncertain: dict[str, float] = {}
        """Message of the vault -> when it was sent, in seconds since 1970."""
        self.redated: set[str] = set()
        """Those that are there with another date than they had."""
        self.looked_for: set[str] = set()
        """Those that are not there."""
        self.damaged = 0
        """Rows that say nothing that can be understood: as if they were not there."""
        for row in self._catalogue.rows(self._log):
            if _is_whole(row.description):
                self._know(row)
            else:
                self.damaged += 1

    def knows(self, id: str) -> bool:
        """Whether anything is known of this message; if not, it may be there from another vault, or a lost ledger."""
        return id in self.done or id in self.uncertain or id in self.looked_for

    @property
    def start(self) -> str | None:
        """The place in the new mailbox's log of changes before anything was sent that is still uncertain."""
        return self._catalogue.token(self._log)

    def begin(self, start: str) -> None:
        """Nothing is uncertain; what is sent from now on will be found behind `start`."""
        self._catalogue.update(self._log, (), (), start)

    def sending(self, ids: Iterable[str]) -> None:
        """These go out now; it is on the disk when this returns."""
        now = self._clock()
        for id in ids:
            self._note(Row(id, {"state": SENDING, "at": now}))
        self._manifest.commit()

    def arrived(self, id: str, placed: Placed, redated: bool) -> None:
        """It is there, `redated` with another date than it had."""
        self._note(Row(id, {"state": DONE, "as": placed.id, "thread": placed.thread, "redated": redated}))

    def absent(self, id: str) -> None:
        """It is not there."""
        self._note(Row(id, {"state": OPEN}))

    def unread(self, id: str) -> None:
        """Nothing is known of it: it is looked for when its file is mended."""
        self._note(Row(id, {"state": UNREAD}))

    def commit(self) -> None:
        """Make what was written last."""
        self._manifest.commit()

    def _note(self, row: Row) -> None:
        self._catalogue.note(self._log, row)
        self._know(row)

    def _know(self, row: Row) -> None:
        about: dict[str, Json] = row.description
        self.done.pop(row.id, None)
        self.uncertain.pop(row.id, None)
        self.redated.discard(row.id)
        self.looked_for.discard(row.id)
        if about.get("redated"):
            self.redated.add(row.id)
        if about["state"] == DONE:
            self.done[row.id] = Placed(str(about["as"]), str(about["thread"]))
        elif about["state"] == SENDING:
            sent = about["at"]
            self.uncertain[row.id] = float(sent) if isinstance(sent, int | float) else 0.0
        elif about["state"] == OPEN:
            self.looked_for.add(row.id)


def _is_whole(about: object) -> bool:
    """Whether a row says one of the things that are written; a hand or a disk may have changed it."""
    if not isinstance(about, dict):
        return False
    if about.get("state") == DONE:
        return isinstance(about.get("as"), str) and isinstance(about.get("thread"), str)
    return about.get("state") in (OPEN, UNREAD) or (about.get("state") == SENDING and "at" in about)
