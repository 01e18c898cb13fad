"""`files.list`, `files.get`, and finding the file that a request means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.drive import paging, query
from eccs_backup.rehearsal.drive.view import DEFAULT, View
from eccs_backup.rehearsal.fields import Mask, below
from eccs_backup.rehearsal.reply import Call, Reply, json_reply
from eccs_backup.rehearsal.things import FOLDER, File, Json, Trouble

SCOPE = "https://www.googleapis.com/auth/"
_WHOLE_DRIVE = frozenset(
    SCOPE + name for name in ("drive", "drive.readonly", "drive.metadata", "drive.metadata.readonly")
)
LIST_DEFAULT: Mask = {"kind": None, "incompleteSearch": None, "nextPageToken": None, "files": DEFAULT}
_SORTS = frozenset(
    (
        *("createdTime", "folder", "modifiedByMeTime", "modifiedTime", "name", "name_natural", "quotaBytesUsed"),
        *("recency", "sharedWithMeTime", "starred", "viewedByMeTime"),
    )
)
Known = Callable[[File], bool]


def find(view: View, call: Call, *, any_drive: bool = False) -> File:
    """The file named in the path, or 404.

    Items of shared drives exist only for who says `supportsAllDrives`, except (`any_drive`) for the methods that
    have no such parameter.
    """
    id = call.ids["fileId"]
    file = view.world.files.get(call.account.root if id == "root" else id)
    if file is None or file.trouble is Trouble.GONE or not sees_whole_drive(call):
        raise refusals.not_found(id)
    if not view.world.sees(call.account.address, file) or not _has_key(call, file):
        raise refusals.not_found(id)
    supports = any_drive or call.flag("supportsAllDrives") or call.flag("supportsTeamDrives")
    if file.drive and not supports:
        raise refusals.not_found(id)
    return file


def _has_key(call: Call, file: File) -> bool:
    """Link-shared files that the person never opened need their resource key.

    https://developers.google.com/workspace/drive/api/guides/resource-keys
    """
    key = file.extra.get("resourceKey")
    if key is None or call.account.address in (file.owner, *file.readers):
        return True
    named = call.headers.get(b"x-goog-drive-resource-keys", b"").decode("latin-1").split(",")
    return f"{file.id}/{key}" in (one.strip() for one in named)


def sees_whole_drive(call: Call) -> bool:
    """Whether the sign-in covers more than files made by the app itself, of which there are none here."""
    return not _WHOLE_DRIVE.isdisjoint(call.scopes)


def get(view: View, call: Call, mask: Mask | None) -> Reply:
    """`files.get` without `alt=media`."""
    return json_reply(view.render(find(view, call), mask))


def list_files(view: View, call: Call, mask: Mask | None) -> Reply:
    """`files.list`. Items in the trash are included unless `q` says otherwise."""
    known = corpus(view, call)
    test = query.parse(call.query["q"]) if call.query.get("q") else None
    page, wanted = paging.read(call.query), LIST_DEFAULT if mask is None else mask
    limit = min(call.number("pageSize", 100), view.world.page_limit)
    if page.number == 1 and view.world.page_limit < 1000:
        # The second page comes empty, with a token: legal, and a trap for those who stop at an empty page.
        return json_reply(_answer(view, call, wanted, [], page.position, page))
    found, following = _page(view, call, page.position, limit, lambda file: _fits(view, known, test, file))
    return json_reply(_answer(view, call, wanted, found, following, page))


def _answer(
    view: View, call: Call, mask: Mask, found: list[File], following: int | None, page: paging.Page
) -> dict[str, Json]:
    inner = below(mask, "files")
    # Asking for all of `files` gives all fields of each; asking for nothing gives the four of the default.
    whole: Mask = {"*": None}
    every = whole if inner is None else inner
    out: dict[str, Json] = {"kind": "drive#fileList"}
    out["incompleteSearch"] = call.query.get("corpora") == "allDrives"
    if following is not None:
        out["nextPageToken"] = paging.token(call.query, paging.Page(following, page.number + 1))
    if "*" in mask or "files" in mask:
        out["files"] = [view.render(file, every) for file in found]
    return out if "*" in mask else {name: out[name] for name in mask if name in out}


def _page(
    view: View, call: Call, start: int, limit: int, fits: Callable[[File], bool]
) -> tuple[list[File], int | None]:
    """The files of one page, and the position of the next one that fits (None at the end)."""
    found: list[File] = []
    for position, file in _candidates(view, call, start):
        if fits(file):
            if len(found) == limit:
                return found, position
            found.append(file)
    return found, None


def _candidates(view: View, call: Call, start: int) -> Iterator[tuple[int, File]]:
    world = view.world
    if order := call.query.get("orderBy"):
        yield from list(enumerate(_sorted(view, order)))[start:]
        return
    folder = query.folder_of(call.query.get("q", ""))
    if folder is not None:
        children = world.children.get(call.account.root if folder == "root" else folder, {})
        files = sorted((world.files[id] for id in children), key=lambda file: file.serial)
        yield from ((file.serial, file) for file in files if file.serial >= start)
        return
    for position in range(start, len(world.order)):
        id = world.order[position]
        if id is not None:
            yield position, world.files[id]


def _sorted(view: View, order: str) -> Iterable[File]:
    files = list(view.world.listed())
    for part in reversed(order.split(",")):
        name, _, direction = part.strip().partition(" ")
        if name not in _SORTS or direction not in ("", "desc"):
            raise refusals.parameter("orderBy", reason="invalid")
        files.sort(key=_sort_key(view, name), reverse=direction == "desc")
    return files


def _sort_key(view: View, name: str) -> Callable[[File], str]:
    if name == "folder":
        return lambda file: "0" if file.mime == FOLDER else "1"
    field = {"name_natural": "name", "recency": "modifiedTime"}.get(name, name)
    return lambda file: str(view.field(file, field) or "")


def _fits(view: View, known: Known, test: query.Test | None, file: File) -> bool:
    return known(file) and (test is None or test(view, file))


def corpus(view: View, call: Call) -> Known:
    """Which files the request ranges over. Raises `Refused` for combinations that Drive does not take.

    https://developers.google.com/workspace/drive/api/guides/enable-shareddrives
    """
    drive, corpora = call.query.get("driveId"), call.query.get("corpora")
    if corpora not in (None, "user", "drive", "domain", "allDrives"):
        raise refusals.parameter("corpora", reason="invalid")
    if (corpora == "drive") != (drive is not None):
        raise refusals.parameter("driveId", "driveId goes with corpora=drive, and only with it.", "invalid")
    supports = call.flag("supportsAllDrives") or call.flag("supportsTeamDrives")
    everything = call.flag("includeItemsFromAllDrives") or call.flag("includeTeamDriveItems")
    if everything and not supports:
        raise refusals.parameter("includeItemsFromAllDrives", "It goes with supportsAllDrives=true.", "invalid")
    if corpora in ("drive", "allDrives") and not everything:
        raise refusals.parameter("includeItemsFromAllDrives", f"corpora={corpora} needs it.", "invalid")
    if not sees_whole_drive(call) or call.query.get("spaces", "drive") != "drive":
        return lambda file: False
    if drive is not None:
        return _one_drive(view, call, drive)
    return _all_drives(view, call) if corpora == "allDrives" else _user(view, call, everything)


def _one_drive(view: View, call: Call, drive: str) -> Known:
    known = view.world.drives.get(drive)
    if known is None or call.account.address not in known.members:
        raise refusals.not_found(drive, "Shared drive", "driveId")
    return lambda file: file.drive == drive


def _user(view: View, call: Call, everything: bool) -> Known:
    address, world = call.account.address, view.world

    def known(file: File) -> bool:
        if file.drive is None:
            return file.owner == address or address in file.readers
        # An item of a shared drive that was shared with the person alone.
        return everything and address in file.readers

    return known if world.drives else lambda file: file.owner == address or address in file.readers


def _all_drives(view: View, call: Call) -> Known:
    # What `incompleteSearch` warns of happens here: the last shared drive is silently left out.
    mine = [id for id, drive in view.world.drives.items() if call.account.address in drive.members]
    user = _user(view, call, True)
    return lambda file: user(file) or file.drive in mine[:-1]
