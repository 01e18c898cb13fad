"""Writes rows as imports and exports do, and compares them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from eccs_backup import vault
from eccs_backup.catalogue import ManifestCatalogue
from eccs_backup.cli.takeout_compare import takeout_compare
from eccs_backup.model import Entry, Key, Kind, Proof, State
from eccs_backup.sources import Row
from eccs_backup.takeout import comparing
from eccs_backup.takeout.comparing import Comparison
from eccs_backup.vault import Vault

STAMP = "20261101T101010Z"
LATER = "20261201T101010Z"


def command(out: Path, *more: str) -> Result:
    """`takeout compare`, run as a person would."""
    return CliRunner().invoke(takeout_compare, [str(out), *more], catch_exceptions=False)


def compared(out: Path) -> Comparison:
    with vault.reading(out) as place:
        return comparing.compare(place)


@dataclass
class Rows:
    """Writes rows as imports and exports do."""

    place: Vault
    takeout: int
    mail: int
    drive: int

    def member(self, path: str, body: bytes = b"", *, export: str = STAMP, **facts: Any) -> None:
        """A file of an export, kept as a file unless `kind` is given."""
        told = {"export": export, "member": f"Takeout/{path}", **facts}
        id = f"takeout-{export}-001/Takeout/{path}"
        while self.place.manifest.get(Key("takeout", id)):
            id += "#"
        self._put(Key("takeout", id), path, body, Proof.DIGEST, told, self.takeout)

    def keep(self, title: str, body: bytes) -> None:
        """Put the file of a member where its row says, for those that are read."""
        for each in self.place.manifest.entries("takeout", held=True):
            path = self.place.path(each.path or "")
            if each.title == title and not path.exists() and each.size == len(body):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(body)

    def drop(self, title: str) -> None:
        """Take the rows of members away, and their files."""
        for each in self.place.manifest.entries("takeout", held=True):
            if each.title == title:
                self.place.path(each.path or "").unlink()
        self.place.manifest.db.execute("DELETE FROM entries WHERE source = 'takeout' AND title = ?", [title])

    def mailbox(self, path: str, messages: int, *, export: str = STAMP, revision: str = "") -> None:
        """A file of a mailbox of an export."""
        facts: dict[str, Any] = {
            "export": export, "member": f"Takeout/{path}", "product": "mail", "messages": messages, "as": "mail"
        }  # fmt: skip
        key = Key("takeout", f"takeout-{export}-001/Takeout/{path}")
        row = Entry(key, State.EXPLAINED, path, Kind.ELSEWHERE, "saved", revision, facts=facts, seen=self.takeout)
        self.place.manifest.put(row)

    def message(self, id: str, proof: Proof = Proof.DIGEST, *labels: str, **facts: Any) -> None:
        """A saved message; those of exports are proven by a digest."""
        self._put(Key("mail", id), f"2026/01/{id}.eml", b"", proof, {"labels": [*labels], **facts}, self.mail)

    def listed(self, *ids: str) -> None:
        """What Gmail lists."""
        self.catalogue("mail").replace("messages", [Row(id, {"threadId": id}) for id in ids], "1")

    def in_drive(self, id: str, path: str, body: bytes | None = b"", state: State = State.SAVED, **facts: Any) -> None:
        """What Drive lists; the bytes are those that it has now, None for a document."""
        key, told = Key("drive", id), {"ownedByMe": True, **facts}
        revision = "5" if body is None else f"sha256:{hashlib.sha256(body).hexdigest()}"
        if state is State.SAVED:
            self._put(key, path, body or b"", Proof.DIGEST, told, self.drive, revision)
        else:
            self.place.manifest.put(Entry(key, state, path, revision=revision, facts=told, seen=self.drive))

    def catalogue(self, source: str) -> ManifestCatalogue:
        return ManifestCatalogue(self.place.manifest, source)

    def compare(self) -> Comparison:
        return comparing.compare(self.place)

    def _put(
        self, key: Key, title: str, body: bytes, proof: Proof, facts: dict[str, Any], seen: int, revision: str = ""
    ) -> None:
        sha256 = hashlib.sha256(body).hexdigest()
        path = f"{key.source}/{hashlib.sha256(key.id.encode()).hexdigest()[:20]}"
        row = (key, State.SAVED, title, None, None, revision, path, len(body), sha256, proof, None, facts, seen)
        self.place.manifest.put(Entry(*row))


@contextmanager
def written(root: Path) -> Iterator[Rows]:
    with vault.opened(root) as place:
        numbers = []
        for source in ("takeout", "mail", "drive"):
            numbers.append(place.manifest.begin_listing(source, "{}"))
            place.manifest.finish_listing(numbers[-1], 0)
        place.manifest.commit()
        yield Rows(place, *numbers)
