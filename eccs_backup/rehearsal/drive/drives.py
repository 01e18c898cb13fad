"""`about.get`, `drives.*` and `permissions.*`: the account, its shared drives, and who has access."""

from __future__ import annotations

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.documents import EXPORTS, formats
from eccs_backup.rehearsal.drive import files, paging
from eccs_backup.rehearsal.drive.view import WRITERS, View, permissions
from eccs_backup.rehearsal.fields import Mask, cut
from eccs_backup.rehearsal.reply import Call, Reply, json_reply
from eccs_backup.rehearsal.things import Json, SharedDrive

_LIST: Mask = {"kind": None, "nextPageToken": None, "drives": {"kind": None, "id": None, "name": None}}
_ONE: Mask = {"kind": None, "id": None, "name": None}
_PERMISSION: Mask = {"id": None, "type": None, "kind": None, "role": None}


def about(view: View, call: Call, mask: Mask | None) -> Reply:
    """`about.get`, which insists on `fields`."""
    if mask is None:
        raise refusals.missing("fields")
    used = sum(
        file.content.size
        for file in view.world.files.values()
        if file.content is not None and file.owner == call.account.address
    )
    answer: Json = {
        "kind": "drive#about",
        "user": view.user(call.account.address),
        "storageQuota": {
            "limit": str(max(used * 2, 100 << 30)),
            "usage": str(used),
            "usageInDrive": str(used),
            "usageInDriveTrash": "0",
        },
        "exportFormats": {mime: list(formats(mime)) for mime in EXPORTS if formats(mime)},
        "importFormats": {"text/plain": ["application/vnd.google-apps.document"]},
        "maxUploadSize": "5242880000000",
        "appInstalled": False,
        "canCreateDrives": True,
    }
    return json_reply(cut(answer, mask))


def list_drives(view: View, call: Call, mask: Mask | None) -> Reply:
    """`drives.list`: those the person is a member of; ten at a time unless more are asked for."""
    _no_admin(call)
    mine = [drive for drive in view.world.drives.values() if call.account.address in drive.members]
    begin = paging.read(call.query).position
    end = begin + call.number("pageSize", 10)
    answer: dict[str, Json] = {"kind": "drive#driveList"}
    if end < len(mine):
        answer["nextPageToken"] = paging.token(call.query, paging.Page(end))
    answer["drives"] = [drive_resource(drive, call.account.address) for drive in mine[begin:end]]
    return json_reply(cut(answer, _LIST if mask is None else mask))


def get_drive(view: View, call: Call, mask: Mask | None) -> Reply:
    """`drives.get`."""
    _no_admin(call)
    drive = view.world.drives.get(call.ids["driveId"])
    if drive is None or call.account.address not in drive.members:
        raise refusals.not_found(call.ids["driveId"], "Shared drive", "driveId")
    return json_reply(cut(drive_resource(drive, call.account.address), _ONE if mask is None else mask))


def drive_resource(drive: SharedDrive, address: str) -> Json:
    """A shared drive as a member sees it."""
    role = drive.members.get(address, "reader")
    return {
        "kind": "drive#drive",
        "id": drive.id,
        "name": drive.name,
        "createdTime": drive.created,
        "hidden": False,
        "capabilities": {"canDownload": True, "canListChildren": True, "canEdit": role in WRITERS},
        "restrictions": {"copyRequiresWriterPermission": False, "domainUsersOnly": False},
    }


def list_permissions(view: View, call: Call, mask: Mask | None) -> Reply:
    """`permissions.list`, for those who may write."""
    file = files.find(view, call)
    if view.role(file) not in WRITERS:
        message = "The user does not have sufficient permissions for this file."
        raise refusals.refuse(403, "insufficientFilePermissions", message)
    everyone = permissions(view, file)
    begin = paging.read(call.query).position
    end = begin + call.number("pageSize", 100)
    answer: dict[str, Json] = {"kind": "drive#permissionList", "permissions": everyone[begin:end]}
    if end < len(everyone):
        answer["nextPageToken"] = paging.token(call.query, paging.Page(end))
    default: Mask = {"kind": None, "nextPageToken": None, "permissions": _PERMISSION}
    return json_reply(cut(answer, default if mask is None else mask))


def _no_admin(call: Call) -> None:
    if call.flag("useDomainAdminAccess"):
        raise refusals.refuse(403, "forbidden", "The user is not an administrator of the domain.")
