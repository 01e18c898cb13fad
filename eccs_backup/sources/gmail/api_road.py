"""The road through Gmail's API: one message per question, several questions at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from http import HTTPStatus

import requests

from eccs_backup.accounts import google_answers
from eccs_backup.errors import ItemError, Throttled, Transient
from eccs_backup.http import blocks
from eccs_backup.model import Item, Proof
from eccs_backup.sources.gmail import answers
from eccs_backup.sources.gmail.asking import Asking
from eccs_backup.sources.gmail.roads import Letter

FIELDS = "id,threadId,labelIds,internalDate,sizeEstimate,raw"
LARGE = 2 << 20
"""Bytes of an answer from which only `LARGE_AT_ONCE` are held in memory at the same time."""
LARGE_AT_ONCE = 2


class ApiRoad:
    """Fetches by `messages.get` in the raw format: the message's very bytes.

    https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/get
    """

    name = "api"
    workers = 10

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._large = threading.Semaphore(LARGE_AT_ONCE)
        self._empty: set[str] = set()

    def bundles(self, pending: Iterator[Item]) -> Iterator[Sequence[Item]]:
        """Each by itself."""
        return ([item] for item in pending)

    def deliver(self, bundle: Sequence[Item]) -> Iterator[Letter | tuple[Item, ItemError | Transient]]:
        """Each message, or why not. Raises Stop."""
        for item in bundle:
            held = _Hold(self._large)
            try:
                found = self._get(item, held)
                labels: list[str] = found.labels
                # The answer's JSON ended, its base64 was exact, and it was of this message: its structure is proven
                yield Letter(item, found.body, found.thread, labels, found.date, Proof.STRUCTURE)
            except (ItemError, Transient) as error:
                yield item, error
            finally:
                held.release()

    def _get(self, item: Item, held: _Hold) -> answers.Raw:
        self._asking.quota.spend("get")
        url = f"{self._asking.endpoint}/gmail/v1/users/me/messages/{item.key.id}?format=raw&fields={FIELDS}"
        response = self._asking.wire.send("GET", url, headers={"Accept-Encoding": "identity"}, stream=True)
        body = _read(response, held)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            error = google_answers.explain(response.status_code, bytes(body), response.headers)
            if isinstance(error, Throttled):
                self._asking.quota.refused(error.after)
            raise error
        found = answers.message(bytes(body), item.key.id)
        if not found.body and item.key.id not in self._empty:  # Google leaves out what is empty, and what it forgot
            self._empty.add(item.key.id)
            raise Transient("Gmail sent an empty message.", after=0.0)
        return found


class _Hold:
    """One of the places for large answers, once it is needed."""

    def __init__(self, places: threading.Semaphore) -> None:
        self._places, self._held = places, False

    def take(self) -> None:
        if not self._held:
            self._places.acquire()
            self._held = True

    def release(self) -> None:
        if self._held:
            self._places.release()


def _read(response: requests.Response, held: _Hold) -> bytes:
    pieces, size = [], 0
    with response:
        for block in blocks(response):
            pieces.append(block)
            size += len(block)
            if size > LARGE:
                held.take()
    return b"".join(pieces)
