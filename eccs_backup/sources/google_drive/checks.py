"""What an answer that leads to bytes, or holds them, has to be before it is believed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

import requests
from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from eccs_backup.accounts.google_api import SIGN_IN_PAGE
from eccs_backup.errors import Changed, ItemError, Transient
from eccs_backup.model import Item, Json
from eccs_backup.sources.google_drive.documents import may_be

HOSTS = re.compile(r"([a-z0-9-]+\.)+(google|googleapis|googleusercontent)\.com")
STRANGE = re.compile(r"[\\\x00-\x20\x7f]")
PASSING = frozenset({4, 8, 10, 13, 14})
"""Codes of what may go well later: deadline, exhausted, aborted, internal, unavailable.
https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto"""


def address(url: str) -> None:
    """Our token goes to Google alone, whatever address an answer contained. Raises ItemError.

    Judged by the parser that also makes the connection: parsers differ about addresses such as `https://a\\@b`.
    """
    parts = _parsed(url)
    good = parts.scheme == "https" and parts.auth is None and parts.port in (None, 443)
    if not good or STRANGE.search(url) or not HOSTS.fullmatch(parts.host or ""):
        raise ItemError("Google named an address outside Google for the download.")


def body(response: requests.Response, item: Item) -> None:
    """Raises Transient when the answer is no file at all, or when a body that is cut short would pass for whole."""
    if response.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        raise Transient(f"The answer was neither a file nor a refusal (HTTP {response.status_code}).")
    chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
    if item.digest is None and not chunked and "Content-Length" not in response.headers:
        raise Transient("The answer did not say where it ends.")


def kind(response: requests.Response, suffix: str) -> None:
    """Raises Transient when something else was sent than a file with this suffix."""
    if not may_be(suffix, response.headers.get("Content-Type", "")):
        raise Transient("The answer did not come from Google.", hint=SIGN_IN_PAGE)


def start(response: requests.Response, item: Item) -> int:
    """Where the body begins. Raises Changed when the file's length is another than was listed."""
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        return 0
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", response.headers.get("Content-Range", ""))
    if not found:
        raise Transient("Google did not say which part of the file it sent.")
    if found[3] not in ("*", str(item.size)):
        raise Changed("The file's length changed while it was being read.")
    return int(found[1])


def prepared(operation: Mapping[str, Json], item: Item) -> str:
    """Where a document lies that Google has prepared. Raises Transient, ItemError."""
    if error := operation.get("error"):
        code = error.get("code") if isinstance(error, dict) else None
        sort = Transient if code in PASSING else ItemError
        raise sort(f"Google could not prepare {item.name} as {item.format} (code {code}).")
    response = operation.get("response")
    link = response.get("downloadUri") if isinstance(response, dict) else None
    if not isinstance(link, str):
        raise Transient(f"Google prepared {item.name} and did not say where it lies.")
    return link


def _parsed(url: str) -> Url:
    try:
        return parse_url(url)
    except LocationParseError:
        return Url()
