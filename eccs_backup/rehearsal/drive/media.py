"""The bytes of files: `alt=media` with its ranges, and every reason not to give them."""

from __future__ import annotations

import re

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.content import Content
from eccs_backup.rehearsal.drive import files
from eccs_backup.rehearsal.drive.view import View
from eccs_backup.rehearsal.reply import Call, Headers, Reply
from eccs_backup.rehearsal.things import File, Trouble

_RANGE = re.compile(rb"bytes=(\d*)-(\d*)")
_CONTENT_SCOPES = frozenset(
    files.SCOPE + name for name in ("drive", "drive.readonly", "drive.file", "drive.appdata", "drive.meet.readonly")
)


def get(view: View, call: Call) -> Reply:
    """`files.get?alt=media`."""
    if _CONTENT_SCOPES.isdisjoint(call.scopes):
        raise refusals.Refused(refusals.scope_missing("google.apps.drive.v3.DriveFiles.Get"))
    file = files.find(view, call)
    check(view, call, file)
    assert file.content is not None
    headers = [
        (b"content-type", file.mime.encode("ascii", "replace")),
        (b"content-disposition", b"attachment"),
    ]
    return ranged(file.content, call.headers.get(b"range"), headers)


def check(view: View, call: Call, file: File) -> None:
    """Raise `Refused` when the file has no bytes or they may not be had."""
    if file.content is None:
        message = "Only files with binary content can be directly downloaded. Use Export with Docs Editors files."
        raise refusals.refuse(403, "fileNotDownloadable", message, place=("parameter", "alt"))
    if not view.may_download(file):
        raise refusals.refuse(403, "cannotDownloadFile", "This file cannot be downloaded by the user.")
    if file.trouble is Trouble.BUSY:
        raise refusals.refuse(403, "downloadQuotaExceeded", "The download quota for this file has been exceeded.")
    if file.trouble is Trouble.ABUSIVE and not (call.flag("acknowledgeAbuse") and _keeper(view, file)):
        message = "This file has been identified as malware or spam and cannot be downloaded."
        raise refusals.refuse(403, "cannotDownloadAbusiveFile", message)


def _keeper(view: View, file: File) -> bool:
    return view.role(file) in ("owner", "organizer")


def ranged(content: Content, asked: bytes | None, headers: Headers) -> Reply:
    """All of it (200), one range of it (206), or 416. Several ranges at once are answered with all of it."""
    found = _RANGE.fullmatch(asked) if asked else None
    if found is None or found[0] == b"bytes=-":
        return Reply(200, headers=headers, content=content, stop=content.size)
    start, stop = _bounds(found[1], found[2], content.size)
    if start >= stop:
        reply = refusals.body(416, "requestedRangeNotSatisfiable", "Request range not satisfiable")
        reply.headers.append((b"content-range", b"bytes */%d" % content.size))
        raise refusals.Refused(reply)
    headers.append((b"content-range", b"bytes %d-%d/%d" % (start, stop - 1, content.size)))
    return Reply(206, headers=headers, content=content, start=start, stop=stop)


def _bounds(first: bytes, last: bytes, size: int) -> tuple[int, int]:
    if not first:
        return max(0, size - int(last)), size
    stop = min(size, int(last) + 1) if last else size
    return int(first), stop
