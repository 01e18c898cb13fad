"""The bytes of Drive files: downloads by range, and three roads to a document's export."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import requests

from eccs_backup.accounts import google_answers
from eccs_backup.errors import BackupError, Changed, ItemError, Throttled, Transient, Unavailable
from eccs_backup.http import Wire, blocks
from eccs_backup.model import Item, Kind, Stream
from eccs_backup.pace import Bucket
from eccs_backup.sources.google_drive import answers, checks
from eccs_backup.sources.google_drive.documents import MIMES

REAL = "https://www.googleapis.com"
POLLS = 30
"""How often an export that Google prepares is asked for, seconds apart."""


class Content:
    """Opens files. `ask` executes a request of Drive's client once; `endpoint` is a rehearsal's address or None."""

    def __init__(
        self,
        wire: Wire,
        bucket: Bucket,
        drive: Any,
        ask: Callable[[Any, str], dict[str, Any]],
        endpoint: str | None,
        sleep: Callable[[float], None],
    ) -> None:
        self._wire, self._bucket, self._drive, self._ask, self._sleep = wire, bucket, drive, ask, sleep
        self._rehearsal = endpoint
        self._files = f"{endpoint or REAL}/drive/v3/files"

    @contextmanager
    def blob(self, item: Item, start: int, stop: int | None) -> Iterator[Stream]:
        """An uploaded file's bytes."""
        url = f"{self._files}/{quote(item.key.id)}?alt=media&supportsAllDrives=true"
        headers = {}
        if start or stop is not None:
            headers["Range"] = f"bytes={start}-{'' if stop is None else stop - 1}"
        with self._acknowledged(url, headers, item) as response:
            checks.body(response, item)
            yield Stream(checks.start(response, item), blocks(response))

    @contextmanager
    def document(self, item: Item) -> Iterator[Stream]:
        """A document in the format of `item.format`, by the first road that leads there.

        Exports above 10 MB are refused on the first road, and some large ones fail there with a 500; the other two
        have no such limit. Vids leave only by the third.
        """
        with self._by_any_road(item) as response:
            yield Stream(0, blocks(response))

    def _acknowledged(self, url: str, headers: dict[str, str], item: Item) -> requests.Response:
        """The answer to a download; what Google holds to be harmful it gives only to those who say that they know.

        Those are a file's owner, and the organizers of a shared drive: whether the person is one is not in the listing.
        https://developers.google.com/workspace/drive/api/guides/manage-downloads
        """
        try:
            return self._get(url, headers)
        except Unavailable as error:
            ours = item.facts.get("ownedByMe") is True or item.facts.get("driveId")
            if error.obstacle.kind is not Kind.ABUSE or not ours:
                raise
            harmful = error
        try:
            return self._get(f"{url}&acknowledgeAbuse=true", headers)
        except Unavailable as error:
            raise harmful from error

    def _by_any_road(self, item: Item) -> requests.Response:
        roads = (self._export, self._link, self._operation) if item.format != "mp4" else (self._operation,)
        errors: list[BackupError] = []
        for road in roads:
            try:
                return self._form(road(item, *_document(item)), item)
            except Throttled:  # another road has the same quota
                raise
            except (ItemError, Transient) as error:
                errors.append(error)
        raise max(reversed(errors), key=_hope)

    def _export(self, item: Item, id: str, mime: str) -> requests.Response:
        return self._get(f"{self._files}/{quote(id)}/export?{urlencode({'mimeType': mime})}", {})

    def _link(self, item: Item, id: str, mime: str) -> requests.Response:
        request = self._drive.files().get(fileId=id, fields="exportLinks", supportsAllDrives=True)
        links = self._ask(request, "read").get("exportLinks")
        link = links.get(mime) if isinstance(links, dict) else None
        if not isinstance(link, str):
            raise Unavailable(f"Google offers no link to {item.name}.", kind=Kind.NO_EXPORT)
        response = self._get(link, {})
        sent = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if sent == "text/html" != mime:  # a sign-in page in place of a refusal
            response.close()
            raise Unavailable("Google sent a web page in place of the document.", kind=Kind.NO_EXPORT)
        return response

    def _operation(self, item: Item, id: str, mime: str) -> requests.Response:
        """Google prepares the file, and we ask until it is there.
        https://developers.google.com/workspace/drive/api/guides/manage-downloads#download_files_with_an_operation"""
        operation = self._ask(self._drive.files().download(fileId=id, mimeType=mime), "download")
        for poll in range(POLLS):
            if operation.get("done"):
                return self._get(checks.prepared(operation, item), {})
            self._sleep(min(5.0, 0.5 * 2**poll))
            operation = self._ask(self._drive.operations().get(name=answers.word(operation, "name")), "read")
        raise Transient(f"Google is still preparing {item.name}.")

    def _form(self, response: requests.Response, item: Item) -> requests.Response:
        """The answer, if it is a document in the form that was asked for. Raises Transient."""
        try:
            checks.body(response, item)
            checks.kind(response, item.format or "")
        except Transient:
            response.close()
            raise
        return response

    def _get(self, url: str, headers: dict[str, str]) -> requests.Response:
        """The answer to a download. Raises ItemError, Transient, Stop."""
        if not (self._rehearsal and url.startswith(f"{self._rehearsal}/")):
            checks.address(url)
        self._bucket.spend("download")
        response = self._wire.send("GET", url, headers={"Accept-Encoding": "identity", **headers}, stream=True)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise self._refusal(response)
        return response

    def _refusal(self, response: requests.Response) -> BackupError:
        with response:
            body = b"".join(blocks(response))
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return Changed("The file is shorter than it was listed.")
        error = google_answers.explain(response.status_code, body, response.headers)
        if isinstance(error, Throttled):
            self._bucket.refused(error.after)
        return error


def _document(item: Item) -> tuple[str, str]:
    """The document's id, and the type to ask for."""
    return item.key.id.rpartition("#")[0], MIMES[item.format or ""]


def _hope(error: BackupError) -> int:
    """Which of several refusals counts: one road may be open later, even if the others never are.

    That an item cannot be had at all is believed only when every road says so.
    """
    return 2 if isinstance(error, Transient) else 0 if isinstance(error, Unavailable) else 1
