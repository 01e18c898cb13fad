"""A vault with saved mail, made by hand, and the commands that read it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

from click.testing import CliRunner, Result

from eccs_backup.cli import cli
from eccs_backup.model import Entry, Json, Key, Proof, State
from eccs_backup.vault import opened

FIRST = 1_709_600_000_000
"""Milliseconds: 5 March 2024, 00:53:20 UTC."""


def letter(subject: str = "件名", text: str = "本文", *, sender: str = "Hanako <hanako@example.ac.jp>") -> bytes:
    """An ordinary message with raw UTF-8 in its headers."""
    lines = [f"From: {sender}", "To: taro@example.ac.jp", f"Subject: {subject}", "MIME-Version: 1.0"]
    return "\r\n".join([*lines, "Content-Type: text/plain; charset=utf-8", "", text, ""]).encode()


@dataclass
class SavedMail:
    """A folder with messages in the order in which they were added."""

    out: Path
    ids: list[str] = field(default_factory=list)
    listing: int = 0

    def list_again(self) -> None:
        """A new listing of the mailbox, finished, that shows nothing yet."""
        with opened(self.out) as vault:
            self.listing = vault.manifest.begin_listing("mail", "{}")
            vault.manifest.finish_listing(self.listing, 0)

    def add(self, raw: bytes, *labels: str, id: str = "", date: int | None = None) -> str:
        """Save a message, or save it anew; its id. `date` is in milliseconds."""
        when = FIRST + len(self.ids) * 60_000 if date is None else date
        id = id or f"{(when << 20) + len(self.ids):x}"
        path = f"mail/2024/03/{id}.eml"
        facts: dict[str, Json] = {"labels": list(labels), "thread": id, "internalDate": when}
        with opened(self.out) as vault:
            file = vault.path(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(raw)
            sha256 = hashlib.sha256(raw).hexdigest()
            entry = Entry(
                Key("mail", id), State.SAVED, path=path, size=len(raw), sha256=sha256, proof=Proof.NONE,
                modified=when / 1000, facts=facts, seen=self.listing,
            )  # fmt: skip
            vault.manifest.put(entry)
        self.ids.append(id)
        return id

    def relabel(self, id: str, *labels: str) -> None:
        """Other labels, and seen by the newest listing."""
        with opened(self.out) as vault:
            entry = vault.manifest.get(Key("mail", id))
            assert entry
            facts = {**entry.facts, "labels": list(labels)}
            vault.manifest.put(replace(entry, facts=facts, seen=self.listing))

    def file(self, id: str) -> Path:
        """Where a message lies."""
        return self.out / f"mail/2024/03/{id}.eml"

    def run(self, command: str, *words: str | Path) -> Result:
        """A command on this folder; a bug is raised."""
        result = CliRunner().invoke(cli, [command, str(self.out), *map(str, words)])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result


def saved(root: Path, *messages: bytes) -> SavedMail:
    """A vault with these messages, all of them in the inbox."""
    mail = SavedMail(root / "out")
    mail.list_again()
    for raw in messages:
        mail.add(raw, "INBOX")
    return mail
