"""The words of an import: parts, what is wished for, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from eccs_backup.model import Json
from eccs_backup.takeout.mails import Tally
from eccs_backup.takeout.members import Limits
from eccs_backup.takeout.names import PartName
from eccs_backup.takeout.records import PARTS, Records
from eccs_backup.vault import Vault

READ, DAMAGED = "read", "damaged"
"""What a part is by the records."""
PAGE = "https://takeout.google.com/settings/takeout/downloads"
"""Where finished exports are. https://support.google.com/accounts/answer/3024190"""
MARK = "part:"
"""How the ids of the rows of parts begin."""


class Part(NamedTuple):
    """A part of an export, and the file that it is."""

    name: PartName
    path: Path

    @property
    def id(self) -> str:
        """By which the records know it: its name without the suffix."""
        return part_id(self.name)


@dataclass
class Outcome:
    """What an import came to: parts by what became of them, and the messages."""

    read: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    """Read by an earlier run; nothing of them had to be read again."""
    damaged: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    perhaps_more: list[str] = field(default_factory=list)
    """Exports whose last part is as large as the others: more may follow."""
    mails: Tally = field(default_factory=Tally)
    last_news: str = ""
    """What became of the part that was read last, in a sentence."""

    def parts(self) -> dict[str, Json]:
        """For `--json`."""
        return {
            "read": list[Json](self.read), "known": list[Json](self.known), "damaged": dict(self.damaged),
            "missing": list[Json](self.missing), "perhaps_more": list[Json](self.perhaps_more),
        }  # fmt: skip


@dataclass(frozen=True)
class Wishes:
    """How to import. `last` is the number of the export's last part, if the person knows it; `photo_times`: a
    photo's file gets the time at which it was taken; `on_bytes` hears how many bytes of the archives were read."""

    limits: Limits = field(default_factory=Limits)
    last: int | None = None
    photo_times: bool = False
    on_bytes: Callable[[int], object] = lambda size: None


def was_read(vault: Vault, name: PartName) -> bool:
    """Whether a part was read by an earlier run, and whole."""
    known = Records(vault.manifest).get(PARTS, part_id(name))
    return known is not None and known["state"] == READ


def part_id(name: PartName) -> str:
    """The name of a part without its suffix: the same part may come as another kind of archive."""
    return name.name.removesuffix(f".{name.suffix}")
