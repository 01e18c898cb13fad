"""The nouns of a practice world: accounts, files, shared drives, changes and what administrators decided."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from eccs_backup.rehearsal.content import Content

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Extra = Mapping[str, Json]

GOOGLE = "application/vnd.google-apps."
FOLDER = GOOGLE + "folder"
SHORTCUT = GOOGLE + "shortcut"
BIN = "application/octet-stream"
ALL_SUMS = ("md5Checksum", "sha1Checksum", "sha256Checksum")
NOTHING: Extra = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Account:
    """A person (or a service account) who can sign in."""

    address: str
    name: str
    sub: str
    root: str

    @property
    def domain(self) -> str:
        """The organisation's domain."""
        return self.address.rpartition("@")[2]


class Trouble(enum.Enum):
    """How the service behaves when this file's bytes are asked for."""

    NONE = enum.auto()
    ABUSIVE = enum.auto()
    """403 cannotDownloadAbusiveFile, until the owner acknowledges it."""
    GONE = enum.auto()
    """Listed, but 404 when it is opened."""
    BUSY = enum.auto()
    """403 downloadQuotaExceeded."""
    ENCRYPTED = enum.auto()
    """Client-side encrypted: the bytes are ciphertext."""
    SIGN_IN_PAGE = enum.auto()
    """`exportLinks` answers 200 with the page of a sign-in."""
    OTHER_HOST = enum.auto()
    """`exportLinks` redirects to another host name."""
    PDF_FAILS = enum.auto()
    """Its PDF export answers 500. https://github.com/googleapis/google-api-ruby-client/issues/664"""


@dataclass(slots=True)
class File:
    """One item of Drive, as the service knows it. Who sees it decides which fields are answered."""

    id: str
    name: str
    mime: str = BIN
    parent: str | None = None
    """The folder's id, whether or not the person who asks can see that folder."""
    owner: str | None = None
    """An address; None in a shared drive."""
    drive: str | None = None
    content: Content | None = None
    created: str = "2022-04-05T01:02:03.000Z"
    modified: str = "2023-10-01T09:30:00.000Z"
    readers: tuple[str, ...] = ()
    """Addresses it is shared with, beside the owner or the members of the shared drive."""
    trashed: bool = False
    """Trashed itself, not by way of its folder."""
    sums: tuple[str, ...] = ALL_SUMS
    locked: bool = False
    """Only writers may download, print and copy."""
    trouble: Trouble = Trouble.NONE
    large: bool = False
    """Its main export is larger than the 10 MB that `files.export` gives."""
    extra: Extra = field(default_factory=lambda: NOTHING)
    """Fields answered as they stand here."""
    version: int = 1
    revision: int = 1
    serial: int = -1
    """Its place in the listing; given by the world."""

    @property
    def native(self) -> bool:
        """Whether Google keeps it without bytes of its own (documents, forms, folders, shortcuts)."""
        return self.mime.startswith(GOOGLE)


@dataclass(frozen=True, slots=True)
class SharedDrive:
    """A shared drive, its members and their roles."""

    id: str
    name: str
    members: Mapping[str, str]
    created: str = "2021-06-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the log of changes: what, when, and in whose logs it is seen (addresses and drive ids)."""

    id: str
    time: str
    logs: frozenset[str]
    drive: bool = False
    """It is the shared drive `id` that changed, not a file."""


@dataclass(slots=True)
class Policy:
    """What the client's maker and the administrators decided; tests change it while the server runs."""

    publishing: str = "production"
    """`production`, `testing` (refresh tokens end after 7 days, only test users) or `internal`."""
    test_users: set[str] = field(default_factory=set)
    organisation: str = "g.example.ac.jp"
    """The domain that owns the client, for `internal`."""
    page: str | None = None
    """A refusal shown in the browser: `admin_policy_enforced`, `access_not_configured`, `org_internal`."""
    drive_disabled: bool = False
    """The Drive API is not switched on in the client's project."""
    domain_policy: bool = False
    """The administrator keeps the app out of Drive and Gmail."""
    mail_disabled: bool = False
    """The accounts have no mailbox: the mail service is not enabled for them."""
    forwarding_disabled: int = 0
    """The administrator has switched forwarding off; refused with this status (403 or 400)."""
    directory_disabled: bool = False
    """The Admin SDK is not switched on in the client's project."""
    mail_switched_off: bool = False
    """The Gmail API is not switched on in the client's project."""
    delegated: set[str] = field(default_factory=set)
    """Scopes that the administrator gave to service accounts (domain-wide delegation)."""
    token_seconds: int = 3599
    """Life of an access token."""
