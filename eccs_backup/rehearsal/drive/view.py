"""A file of the world as Drive describes it to one person: every field of the schema that we know, made on demand."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import PurePosixPath

from eccs_backup.rehearsal.documents import SHORT, formats
from eccs_backup.rehearsal.fields import Mask, cut
from eccs_backup.rehearsal.ledger import World
from eccs_backup.rehearsal.things import FOLDER, GOOGLE, SHORTCUT, File, Json, Trouble

DEFAULT: Mask = {"kind": None, "id": None, "name": None, "mimeType": None}
"""What is answered of a file when no fields are asked for."""
Maker = Callable[["View", File], Json]
WRITERS = frozenset({"owner", "organizer", "fileOrganizer", "writer"})
_PAGES = {
    "document": "document",
    "spreadsheet": "spreadsheets",
    "presentation": "presentation",
    "drawing": "drawings",
}


@lru_cache(maxsize=256)
def permission_id(address: str) -> str:
    """The number that stands for a person in permissions."""
    return str(int.from_bytes(hashlib.sha256(address.encode()).digest()[:8], "big")).zfill(20)


class View:
    """The world through the eyes of `address`; `url` is where the server is."""

    def __init__(self, world: World, address: str, url: str) -> None:
        self.world = world
        self.address = address
        self.url = url
        self._planned: tuple[Mask | None, list[tuple[str, Maker, Mask | None]]] = (None, [])

    def render(self, file: File, mask: Mask | None) -> Json:
        """The file resource, cut down to the fields asked for."""
        wanted = DEFAULT if mask is None else mask
        out: dict[str, Json] = {}
        for name, maker, below in self._plan(wanted):
            value = maker(self, file)
            if value is not None:
                out[name] = value if below is None else cut(value, below)
        for name in file.extra:
            if name in wanted or "*" in wanted:
                out[name] = cut(file.extra[name], wanted.get(name, wanted.get("*")))
        return out

    def _plan(self, mask: Mask) -> list[tuple[str, Maker, Mask | None]]:
        # Kept for the length of a page: a listing renders a thousand files by one mask.
        if self._planned[0] is not mask:
            rest = "*" in mask
            names = [name for name in FIELDS if rest or name in mask]
            plan = [(name, FIELDS[name], mask[name] if name in mask else mask["*"]) for name in names]
            self._planned = (mask, plan)
        return self._planned[1]

    def field(self, file: File, name: str) -> Json:
        """One field, or None where the service leaves it out."""
        if name in file.extra:
            return file.extra[name]
        maker = FIELDS.get(name)
        return None if maker is None else maker(self, file)

    def role(self, file: File) -> str:
        """What this person may do: one of the roles of permissions."""
        if file.drive and file.drive in self.world.drives:
            return self.world.drives[file.drive].members.get(self.address, "reader")
        return "owner" if file.owner == self.address else "reader"

    def may_download(self, file: File) -> bool:
        """`capabilities.canDownload`; true of folders too, though they have nothing to download."""
        if _restricted(file, "restrictedForWriters"):
            return False
        held_back = file.locked or _restricted(file, "restrictedForReaders")
        return not held_back or self.role(file) in WRITERS

    def user(self, address: str) -> Json:
        """A `User` resource."""
        known = self.world.accounts.get(address)
        return {
            "kind": "drive#user",
            "displayName": known.name if known else address.partition("@")[0],
            "me": address == self.address,
            "permissionId": permission_id(address),
            "emailAddress": address,
        }


def _restricted(file: File, who: str) -> bool:
    rules = file.extra.get("downloadRestrictions")
    if not isinstance(rules, dict):
        return False
    return any(isinstance(rule, dict) and rule.get(who) is True for rule in rules.values())


def _parents(view: View, file: File) -> Json:
    parent = view.world.files.get(file.parent) if file.parent else None
    return [parent.id] if parent is not None and view.world.sees(view.address, parent) else None


def _owners(view: View, file: File) -> Json:
    return [view.user(file.owner)] if file.owner else None


def _shared_with_me(view: View, file: File) -> Json:
    return file.created if view.address in file.readers and file.owner != view.address else None


def _sharer(view: View, file: File) -> Json:
    return view.user(file.owner) if file.owner and _shared_with_me(view, file) else None


def _size(view: View, file: File) -> Json:
    if file.content is not None:
        return str(file.content.size)
    return "1024" if file.native and file.mime not in (FOLDER, SHORTCUT) else None


def _sum(name: str) -> Maker:
    attribute = name.removesuffix("Checksum")

    def make(view: View, file: File) -> Json:
        if file.content is None or name not in file.sums:
            return None
        return str(getattr(file.content.digests(), attribute))

    return make


def _extension(view: View, file: File) -> Json:
    return PurePosixPath(file.name).suffix[1:] or None if file.content is not None else None


def _blob(value: Callable[[File], Json]) -> Maker:
    return lambda view, file: value(file) if file.content is not None else None


def export_links(view: View, file: File) -> Json:
    """Format to address on the (pretended) docs.google.com; None for what cannot be exported this way."""
    kind = file.mime.removeprefix(GOOGLE)
    page = _PAGES.get(kind)
    if page is None or not view.may_download(file):
        return None
    return {
        mime: f"{view.url}/docs/{page}/export?id={file.id}&exportFormat={SHORT[mime]}" for mime in formats(file.mime)
    }


def _page(view: View, file: File) -> Json:
    kind = file.mime.removeprefix(GOOGLE)
    if file.mime == FOLDER:
        return f"https://drive.google.com/drive/folders/{file.id}"
    if kind in _PAGES:
        return f"https://docs.google.com/{_PAGES[kind]}/d/{file.id}/edit"
    return f"https://drive.google.com/file/d/{file.id}/view"


def _capabilities(view: View, file: File) -> Json:
    writer, download = view.role(file) in WRITERS, view.may_download(file)
    return {
        "canDownload": download,
        "canCopy": download and file.mime != FOLDER,
        "canEdit": writer,
        "canReadRevisions": writer,
        "canListChildren": file.mime == FOLDER,
        "canShare": writer,
        "canTrash": writer,
    }


def permissions(view: View, file: File) -> list[Json]:
    """Who has which access; only told to those who may write."""
    if isinstance(given := file.extra.get("permissions"), list):
        return given
    drive = view.world.drives.get(file.drive or "")
    roles = dict(drive.members) if drive else {file.owner: "owner"} if file.owner else {}
    roles |= {address: "reader" for address in file.readers if address not in roles and "@" in address}
    return [_permission(view, address, role) for address, role in roles.items()]


def _permission(view: View, address: str, role: str) -> Json:
    user = view.user(address)
    assert isinstance(user, dict)
    return {
        "kind": "drive#permission",
        "id": user["permissionId"],
        "type": "user",
        "role": role,
        "emailAddress": address,
        "displayName": user["displayName"],
        "deleted": False,
        "pendingOwner": False,
    }


def _own_permissions(view: View, file: File) -> Json:
    # Of shared-drive items the file resource carries none; permissions.list does.
    return permissions(view, file) if not file.drive and view.role(file) in WRITERS else None


def _shared(view: View, file: File) -> Json:
    return bool(file.drive or file.readers) or file.owner != view.address


FIELDS: dict[str, Maker] = {
    "kind": lambda view, file: "drive#file",
    "id": lambda view, file: file.id,
    "name": lambda view, file: file.name,
    "mimeType": lambda view, file: file.mime,
    "parents": _parents,
    "driveId": lambda view, file: file.drive,
    "teamDriveId": lambda view, file: file.drive,
    "size": _size,
    "quotaBytesUsed": lambda view, file: _size(view, file) or "0",
    **{name: _sum(name) for name in ("md5Checksum", "sha1Checksum", "sha256Checksum")},
    "createdTime": lambda view, file: file.created,
    "modifiedTime": lambda view, file: file.modified,
    "trashed": lambda view, file: view.world.in_trash(file),
    "explicitlyTrashed": lambda view, file: file.trashed,
    "ownedByMe": lambda view, file: None if file.drive else file.owner == view.address,
    "owners": _owners,
    "shared": _shared,
    "sharedWithMeTime": _shared_with_me,
    "sharingUser": _sharer,
    "lastModifyingUser": lambda view, file: view.user(file.owner or view.address),
    "starred": lambda view, file: False,
    "version": lambda view, file: str(file.version),
    "spaces": lambda view, file: ["drive"],
    "originalFilename": _blob(lambda file: file.name),
    "fileExtension": _extension,
    "fullFileExtension": _extension,
    "headRevisionId": _blob(lambda file: f"0B{file.id}-{file.revision}"),
    "webContentLink": _blob(lambda file: f"https://drive.google.com/uc?id={file.id}&export=download"),
    "webViewLink": _page,
    "exportLinks": export_links,
    "capabilities": _capabilities,
    "copyRequiresWriterPermission": lambda view, file: file.locked,
    "viewersCanCopyContent": lambda view, file: not file.locked,
    "writersCanShare": lambda view, file: True,
    "permissions": _own_permissions,
    "permissionIds": lambda view, file: [permission_id(file.owner)] if file.owner else None,
    "clientEncryptionDetails": lambda view, file: (
        {"encryptionState": "encrypted"} if file.trouble is Trouble.ENCRYPTED else None
    ),
    "hasThumbnail": lambda view, file: False,
    "isAppAuthorized": lambda view, file: True,
    "modifiedByMe": lambda view, file: file.owner == view.address,
}
