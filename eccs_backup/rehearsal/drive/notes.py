"""What hangs on a file: its comments and its revisions."""

from __future__ import annotations

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.drive import files
from eccs_backup.rehearsal.drive.view import WRITERS, View
from eccs_backup.rehearsal.fields import Mask, cut
from eccs_backup.rehearsal.reply import Call, Reply, json_reply
from eccs_backup.rehearsal.things import Json

_REVISION: Mask = {"kind": None, "id": None, "mimeType": None, "modifiedTime": None}


def comments(view: View, call: Call, mask: Mask | None) -> Reply:
    """`comments.list`, which insists on `fields`."""
    file = files.find(view, call, any_drive=True)
    if mask is None:
        raise refusals.missing("fields")
    found = [
        {
            "kind": "drive#comment",
            "id": f"AAAA{file.id[:12]}{number}",
            "author": view.user(view.address),
            "content": text,
            "htmlContent": text,
            "createdTime": file.created,
            "modifiedTime": file.modified,
            "resolved": False,
            "deleted": False,
            "replies": [],
        }
        for number, text in enumerate(view.world.comments.get(file.id, ()))
    ]
    answer: Json = {"kind": "drive#commentList", "comments": [*found]}
    return json_reply(cut(answer, mask))


def revisions(view: View, call: Call, mask: Mask | None) -> Reply:
    """`revisions.list`: one line for each time the content was changed, and the present one."""
    file = files.find(view, call, any_drive=True)
    if view.role(file) not in WRITERS:
        message = "The user does not have sufficient permissions for this file."
        raise refusals.refuse(403, "insufficientFilePermissions", message)
    found: list[Json] = []
    for number in range(1, file.revision + 1):
        row: dict[str, Json] = {
            "kind": "drive#revision",
            "id": f"0B{file.id}-{number}",
            "mimeType": file.mime,
            "modifiedTime": file.modified,
            "keepForever": False,
        }
        if number == file.revision and file.content is not None:
            row |= {"size": str(file.content.size), "md5Checksum": file.content.digests().md5}
        found.append(row)
    answer: Json = {"kind": "drive#revisionList", "revisions": found}
    return json_reply(cut(answer, {"kind": None, "revisions": _REVISION} if mask is None else mask))
