"""Google documents on their way out: `files.export`, the pages behind `exportLinks`, and `files.download`."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.content import Content, Literal, Noise
from eccs_backup.rehearsal.documents import EXPORTS, LONG_RUNNING_ONLY, MAIN, PDF
from eccs_backup.rehearsal.documents.archive import fatten
from eccs_backup.rehearsal.drive import files, media
from eccs_backup.rehearsal.drive.view import View
from eccs_backup.rehearsal.fields import Mask, cut
from eccs_backup.rehearsal.reply import Call, Headers, Reply, json_reply
from eccs_backup.rehearsal.things import File, Json, Trouble

LIMIT = 10 * 1024 * 1024
"""Bytes that `files.export` gives at most. https://developers.google.com/workspace/drive/api/guides/manage-downloads"""
_BALLAST = 11 * 1024 * 1024
_CONVERSION = "The requested conversion is not supported."


@dataclass(slots=True)
class Operation:
    """A long-running download: done when it has been asked about twice."""

    name: str
    address: str
    content: Content
    mime: str
    partial: bool
    polls: int = 0


class Exporter:
    """Makes exports; no two of the same document are equal, as with the real service."""

    def __init__(self) -> None:
        self._count = itertools.count(1)
        self._operations: dict[str, Operation] = {}

    def make(self, file: File, mime: str) -> bytes:
        """The document in this format. Raises `Refused` when the service cannot do that."""
        writer = EXPORTS.get(file.mime, {}).get(mime)
        if writer is None:
            raise refusals.refuse(400, "badRequest", _CONVERSION, place=("parameter", "convertTo"))
        if file.trouble is Trouble.PDF_FAILS and mime == PDF:
            raise refusals.refuse(500, "internalError", "Internal Error")
        data = writer(file.name, f"書き出し {next(self._count)} (revision {file.revision})")
        if file.large and mime == MAIN.get(file.mime):
            data = fatten(data, "ballast.bin", b"".join(Noise(file.revision, _BALLAST).read(0, _BALLAST)))
        return data

    def export(self, view: View, call: Call) -> Reply:
        """`files.export`."""
        file, mime = files.find(view, call, any_drive=True), call.query["mimeType"]
        if file.content is not None:
            message = "Export only supports Docs Editors files."
            raise refusals.refuse(403, "fileNotExportable", message, place=("parameter", "fileId"))
        self._allowed(view, file)
        if file.mime in LONG_RUNNING_ONLY:
            raise refusals.refuse(400, "badRequest", _CONVERSION, place=("parameter", "convertTo"))
        data = self.make(file, mime)
        if len(data) > LIMIT:
            raise refusals.refuse(403, "exportSizeLimitExceeded", "This file is too large to be exported.")
        headers = [(b"content-type", mime.encode()), (b"content-disposition", b"attachment")]
        return Reply(200, data, headers, chunked=True)

    def download(self, view: View, call: Call, mask: Mask | None) -> Reply:
        """`files.download`: begins an operation. Blobs take no `mimeType`, documents need one."""
        file, mime = files.find(view, call, any_drive=True), call.query.get("mimeType")
        if file.content is not None:
            if mime is not None:
                raise refusals.parameter("mimeType", "mimeType cannot be given for files with content.", "badRequest")
            media.check(view, call, file)
            content: Content = file.content
        else:
            self._allowed(view, file)
            if mime is None:
                raise refusals.parameter("mimeType", "mimeType is needed for Docs Editors files.", "badRequest")
            content = Literal(self.make(file, mime))
        operation = Operation(
            secrets.token_urlsafe(24),
            call.account.address,
            content,
            mime or file.mime,
            file.content is not None,
        )
        self._operations[operation.name] = operation
        return json_reply(cut(self._describe(view, operation), mask))

    def poll(self, view: View, call: Call, mask: Mask | None) -> Reply:
        """`operations.get`: not done when it is asked for the first time."""
        operation = self._find(call.ids["name"], call.account.address)
        operation.polls += 1
        return json_reply(cut(self._describe(view, operation), mask))

    def fetch(self, name: str, address: str, headers: Headers, asked: bytes | None) -> Reply:
        """What a finished operation's `downloadUri` gives."""
        operation = self._find(name, address)
        headers.append((b"content-type", operation.mime.encode()))
        return media.ranged(operation.content, asked if operation.partial else None, headers)

    def _find(self, name: str, address: str) -> Operation:
        operation = self._operations.get(name)
        if operation is None or operation.address != address:
            raise refusals.not_found(name, "Operation", "name")
        return operation

    def _describe(self, view: View, operation: Operation) -> Json:
        out: dict[str, Json] = {"name": operation.name, "done": operation.polls > 1}
        out["metadata"] = {"@type": "type.googleapis.com/google.apps.drive.v3.DownloadFileMetadata"}
        if operation.polls > 1:
            out["response"] = {
                "@type": "type.googleapis.com/google.apps.drive.v3.DownloadFileResponse",
                "downloadUri": f"{view.url}/download/operations/{operation.name}?alt=media",
                "partialDownloadAllowed": operation.partial,
            }
        return out

    @staticmethod
    def _allowed(view: View, file: File) -> None:
        if not EXPORTS.get(file.mime):
            raise refusals.refuse(403, "fileNotDownloadable", _CONVERSION, place=("parameter", "fileId"))
        if not view.may_download(file):
            raise refusals.refuse(403, "cannotDownloadFile", "This file cannot be downloaded by the user.")
