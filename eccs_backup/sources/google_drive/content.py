"""The bytes of Drive files: downloads by range, and three roads to a document's export."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import requests

from eccs_backup.accounts import google_answers
from eccs_backup.errors import BackupError, Changed, ItemError, Throttled, Transient, Unavailable
from eccs_backup.http import Wire, blocks
from eccs_backup.model import Item, Kind, Stream
from eccs_backup.pace import Bucket
from eccs_backup.sources.google_drive.documents import MIMES

REAL = "https://www.googleapis.com"
POLLS = 30
"""How often an export that Google prepares is asked for, seconds apart."""
HOSTS = (".google.com", ".googleapis.com", ".googleusercontent.com")


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
        """An uploaded file's bytes.

        Google asks its owner to say so before it hands out what it holds to be harmful.
        https://developers.google.com/workspace/drive/api/guides/manage-downloads
        """
        url = f"{self._files}/{quote(item.key.id)}?alt=media&supportsAllDrives=true"
        headers = {}
        if start or stop is not None:
            headers["Range"] = f"bytes={start}-{'' if stop is None else stop - 1}"
        try:
            response = self._get(url, headers)
        except Unavailable as error:
            if error.obstacle.kind is not Kind.ABUSE or item.facts.get("ownedByMe") is not True:
                raise
            response = self._get(f"{url}&acknowledgeAbuse=true", headers)
        with response:
            yield Stream(_start(response, item), blocks(response))

    @contextmanager
    def document(self, item: Item) -> Iterator[Stream]:
        """A document in the format of `item.format`, by the first road that leads there.

        Exports above 10 MB are refused on the first road, and some large ones fail there with a 500; the other two
        have no such limit. Vids leave only by the third.
        """
        with self._by_any_road(item) as response:
            yield Stream(0, blocks(response))

    def _by_any_road(self, item: Item) -> requests.Response:
        roads = (self._export, self._link, self._operation) if item.format != "mp4" else (self._operation,)
        errors: list[BackupError] = []
        for road in roads:
            try:
                return road(item, *_document(item))
            except Throttled:  # another road has the same quota
                raise
            except (ItemError, Transient) as error:
                errors.append(error)
        # One road may be open later, even if the others never are.
        raise next((each for each in errors if isinstance(each, Transient)), errors[-1])

    def _export(self, item: Item, id: str, mime: str) -> requests.Response:
        return self._get(f"{self._files}/{quote(id)}/export?{urlencode({'mimeType': mime})}", {}, mime)

    def _link(self, item: Item, id: str, mime: str) -> requests.Response:
        request = self._drive.files().get(fileId=id, fields="exportLinks", supportsAllDrives=True)
        link = self._ask(request, "read").get("exportLinks", {}).get(mime)
        if not link:
            raise Unavailable(f"Google offers no link to {item.name}.", kind=Kind.NO_EXPORT)
        return self._get(str(link), {}, mime)

    def _operation(self, item: Item, id: str, mime: str) -> requests.Response:
        """Google prepares the file, and we ask until it is there.
        https://developers.google.com/workspace/drive/api/guides/manage-downloads#download_files_with_an_operation"""
        operation = self._ask(self._drive.files().download(fileId=id, mimeType=mime), "download")
        for poll in range(POLLS):
            if operation.get("done"):
                break
            self._sleep(min(5.0, 0.5 * 2**poll))
            operation = self._ask(self._drive.operations().get(name=operation["name"]), "read")
        else:
            raise Transient(f"Google is still preparing {item.name}.")
        link = operation.get("response", {}).get("downloadUri")
        if not link:
            raise Unavailable(f"Google could not prepare {item.name} as {item.format}.", kind=Kind.NO_EXPORT)
        return self._get(str(link), {}, mime)

    def _get(self, url: str, headers: dict[str, str], mime: str | None = None) -> requests.Response:
        """The answer to a download, checked; `mime` is what it must be. Raises ItemError, Transient, Stop."""
        self._check_host(url)
        self._bucket.spend("download")
        response = self._wire.send("GET", url, headers={"Accept-Encoding": "identity", **headers}, stream=True)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise self._refusal(response)
        sent = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if mime and sent == "text/html" != mime:  # a sign-in page in place of a refusal
            response.close()
            raise Unavailable("Google sent a web page in place of the document.", kind=Kind.NO_EXPORT)
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

    def _check_host(self, url: str) -> None:
        """Our token goes to Google alone, whatever address an answer contained."""
        if self._rehearsal and url.startswith(f"{self._rehearsal}/"):
            return
        parts = urlsplit(url)
        if parts.scheme != "https" or not f".{parts.hostname}".endswith(HOSTS):
            raise Unavailable("Google named an address outside Google for the download.", kind=Kind.NO_EXPORT)


def _document(item: Item) -> tuple[str, str]:
    """The document's id, and the type to ask for."""
    return item.key.id.rpartition("#")[0], MIMES[item.format or ""]


def _start(response: requests.Response, item: Item) -> int:
    """Where the body begins. Raises Changed when the file's length is another than was listed."""
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        return 0
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", response.headers.get("Content-Range", ""))
    if not found:
        raise Transient("Google did not say which part of the file it sent.")
    if found[3] not in ("*", str(item.size)):
        raise Changed("The file's length changed while it was being read.")
    return int(found[1])
