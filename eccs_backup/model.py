"""The words the rest of the code is written in. No behaviour beyond arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias, Union

Json: TypeAlias = Union[bool, int, float, str, list["Json"], dict[str, "Json"], None]  # noqa: UP007 - forward names
Facts: TypeAlias = Mapping[str, Json]


class Key(NamedTuple):
    """What makes an item the same item next time. A document in two formats is two keys: "1AbC#docx"."""

    source: str
    id: str


class Digest(NamedTuple):
    """A checksum the service gave: the name of the algorithm as hashlib knows it, and lower-case hex."""

    algorithm: str
    hex: str


class Step(NamedTuple):
    """One folder on the way to an item, or the item itself at the end: its id, and its name as the service has it.

    The name is any text: it may be empty, equal a sibling's, or contain "/".
    """

    id: str
    name: str


class Kind(StrEnum):
    """Why an item does not become a file."""

    FOLDER = "folder"  # kept as a folder; it has no bytes
    SHORTCUT = "shortcut"  # points at another item
    NO_EXPORT = "no-export"  # the service has no file form of it
    VIEW_ONLY = "view-only"  # its owner forbids downloading
    ABUSE = "abuse"  # the service holds it to be harmful and gives it to nobody but its owner
    GONE = "gone"  # deleted between listing and download, or a shortcut to nothing that is listed
    ELSEWHERE = "elsewhere"  # the vault holds it under another key
    ARCHIVE = "archive"  # a part of an export, read to its end: what is in it is listed by itself
    REFUSED = "refused"  # for a reason we do not know: an item that failed, not an explained one
    LEFT_OUT = "left-out"  # the person's own choice


class Obstacle(NamedTuple):
    """Why an item cannot or shall not be fetched: a kind, and a sentence in the person's words."""

    kind: Kind
    sentence: str


@dataclass(frozen=True, slots=True)
class Item:
    """One remote thing that becomes one local file.

    `revision` is opaque and differs when the content differs. `size` is in bytes. `format` is the file name
    suffix ("docx") whose structure proves the file when the service gives no digest.
    """

    key: Key
    path: tuple[Step, ...]
    revision: str
    size: int | None = None
    digest: Digest | None = None
    modified: datetime | None = None
    obstacle: Obstacle | None = None
    format: str | None = None
    facts: Facts = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The path for people to read; never to be used on a disk."""
        return "/".join(step.name for step in self.path)


@dataclass(slots=True)
class Stream:
    """What the service really sent: `start` may be 0 although another offset was asked for."""

    start: int
    chunks: Iterator[bytes]


class State(StrEnum):
    """Where an item stands."""

    PENDING = "pending"  # listed, and not fetched yet
    SAVED = "saved"
    EXPLAINED = "explained"
    LEFT_OUT = "left-out"
    FAILED = "failed"


class Proof(StrEnum):
    """How we know that a file is whole, strongest first."""

    DIGEST = "digest"  # the service's checksum matched
    STRUCTURE = "structure"  # the file was read by the rules of its format
    SIZE = "size"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the manifest: the file we hold, and the latest news of the item.

    `path` is relative to the vault, with "/"; `size` is in bytes; `sha256` is lower-case hex. `path`, `revision`,
    `size`, `sha256` and `proof` always describe the file on the disk, also after an update failed; `title` is the
    item's path as the service names it. `seen` is the number of the listing that last showed the item.
    """

    key: Key
    state: State
    title: str = ""
    kind: Kind | None = None
    reason: str | None = None
    revision: str = ""
    path: str | None = None
    size: int | None = None
    sha256: str | None = None
    proof: Proof = Proof.NONE
    modified: float | None = None
    facts: Facts = field(default_factory=dict)
    seen: int = 0
