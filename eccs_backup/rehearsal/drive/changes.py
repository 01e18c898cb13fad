"""`changes.*`: the log of the person, and one log for each shared drive."""

from __future__ import annotations

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.drive import files
from eccs_backup.rehearsal.drive.drives import drive_resource
from eccs_backup.rehearsal.drive.view import DEFAULT, View
from eccs_backup.rehearsal.fields import Mask, below, cut
from eccs_backup.rehearsal.reply import Call, Reply, json_reply
from eccs_backup.rehearsal.things import Change, File, Json

_FIRST = 1000
"""The token of the beginning of every log."""
_CHANGE: Mask = {
    **dict.fromkeys(("kind", "type", "changeType", "time", "removed", "fileId", "driveId")),
    "file": DEFAULT,
    "drive": {"kind": None, "id": None, "name": None},
}
_DEFAULT: Mask = {"kind": None, "nextPageToken": None, "newStartPageToken": None, "changes": _CHANGE}
_ALL: Mask = {"*": None}


def start(view: View, call: Call, mask: Mask | None) -> Reply:
    """`changes.getStartPageToken`."""
    _drive(view, call)
    answer: Json = {"kind": "drive#startPageToken", "startPageToken": str(_FIRST + len(view.world.changes))}
    return json_reply(cut(answer, mask))


def list_changes(view: View, call: Call, mask: Mask | None) -> Reply:
    """`changes.list`: each file once, as it is now."""
    drive = _drive(view, call)
    begin = _position(call.query["pageToken"], len(view.world.changes))
    limit = min(call.number("pageSize", 100), view.world.page_limit)
    found, following = _page(view, call, drive, begin, limit)
    wanted = _DEFAULT if mask is None else mask
    inner = below(wanted, "changes")
    each = _ALL if inner is None else inner
    out: dict[str, Json] = {"kind": "drive#changeList"}
    if following is None:
        out["newStartPageToken"] = str(_FIRST + len(view.world.changes))
    else:
        out["nextPageToken"] = str(_FIRST + following)
    out["changes"] = [_resource(view, call, drive, change, each) for change in found]
    return json_reply(out if "*" in wanted else {name: out[name] for name in wanted if name in out})


def _drive(view: View, call: Call) -> str | None:
    drive = call.query.get("driveId")
    supports = call.flag("supportsAllDrives") or call.flag("supportsTeamDrives")
    if call.flag("includeItemsFromAllDrives") and not supports:
        raise refusals.parameter("includeItemsFromAllDrives", "It goes with supportsAllDrives=true.", "invalid")
    if drive is None:
        return None
    known = view.world.drives.get(drive)
    if not supports or known is None or call.account.address not in known.members:
        raise refusals.not_found(drive, "Shared drive", "driveId")
    return drive


def _position(token: str, end: int) -> int:
    if not token.isascii() or not token.isdigit() or not _FIRST <= int(token) <= _FIRST + end:
        raise refusals.parameter("pageToken", reason="invalid")
    return int(token) - _FIRST


def _page(view: View, call: Call, drive: str | None, begin: int, limit: int) -> tuple[list[Change], int | None]:
    logs = _logs(view, call, drive)
    end = len(view.world.changes)
    mine = [at for at in range(begin, end) if not logs.isdisjoint(view.world.changes[at].logs)]
    last = {view.world.changes[at].id: at for at in mine}
    found: list[Change] = []
    for at in mine:
        change = view.world.changes[at]
        if last[change.id] != at or not _wanted(view, call, drive, change):
            continue
        if len(found) == limit:
            return found, at
        found.append(change)
    return found, None


def _logs(view: View, call: Call, drive: str | None) -> set[str]:
    if drive is not None:
        return {drive}
    logs = {call.account.address}
    if call.flag("includeItemsFromAllDrives"):
        logs |= {id for id, one in view.world.drives.items() if call.account.address in one.members}
    return logs


def _wanted(view: View, call: Call, drive: str | None, change: Change) -> bool:
    if change.drive:
        return drive is None and call.flag("includeItemsFromAllDrives")
    file = _visible(view, call, drive, change)
    if file is None:
        return call.query.get("includeRemoved", "true").lower() == "true"
    return not call.flag("restrictToMyDrive") or file.owner == call.account.address


def _visible(view: View, call: Call, drive: str | None, change: Change) -> File | None:
    file = view.world.files.get(change.id)
    if file is None or not view.world.sees(call.account.address, file) or not files.sees_whole_drive(call):
        return None
    if drive is not None:
        return file if file.drive == drive else None
    return file if file.drive is None or call.flag("includeItemsFromAllDrives") else None


def _resource(view: View, call: Call, drive: str | None, change: Change, mask: Mask) -> Json:
    out: dict[str, Json] = {"kind": "drive#change", "time": change.time}
    if change.drive:
        known = view.world.drives.get(change.id)
        member = known is not None and call.account.address in known.members
        out |= {"type": "drive", "changeType": "drive", "driveId": change.id, "removed": not member}
        if known is not None and member:
            out["drive"] = drive_resource(known, call.account.address)
        return cut(out, mask)
    file = _visible(view, call, drive, change)
    out |= {"type": "file", "changeType": "file", "fileId": change.id, "removed": file is None}
    if file is None:
        return cut(out, mask)
    inner = below(mask, "file")
    rendered = view.render(file, _ALL if inner is None else inner)
    return cut(out | {"file": rendered}, mask)
