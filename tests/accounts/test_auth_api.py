"""googleapiclient over our wire, against a real server on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from eccs_backup.accounts.google_api import execute, service
from eccs_backup.errors import Transient, Unavailable
from eccs_backup.http import Wire


class Drive(BaseHTTPRequestHandler):
    """Answers files.get by the file's id."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        id = urlsplit(self.path).path.rpartition("/")[2]
        if id == "gone":
            self.answer(404, json.dumps({"error": {"code": 404, "errors": [{"reason": "notFound"}]}}))
        elif id == "busy":
            self.answer(429, "slow down", {"Retry-After": "9"})
        elif id == "hotel":
            self.answer(200, "<html>Room number?</html>")
        else:
            self.answer(200, json.dumps({"id": id, "name": self.headers.get("Authorization", "")}))

    def do_PATCH(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(200, json.dumps({"id": "x", "name": sent["name"]}))

    def answer(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class Fixed:
    """A token that never ends."""

    def current(self) -> str:
        return "token"

    def renew(self, stale: str) -> str:
        return "token"


@pytest.fixture
def endpoint() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Drive) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/drive/v3/"
        server.shutdown()


def test_calls_from_many_threads_are_signed_and_do_not_mix(endpoint: str) -> None:
    drive = service("drive", "v3", Wire(Fixed()), endpoint)
    ids = [f"file{number}" for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda id: execute(drive.files().get(fileId=id)), ids))
    assert [file["id"] for file in found] == ids
    assert {file["name"] for file in found} == {"Bearer token"}


def test_a_body_is_sent(endpoint: str) -> None:
    drive = service("drive", "v3", Wire(), endpoint)
    assert execute(drive.files().update(fileId="x", body={"name": "卒論"}))["name"] == "卒論"


def test_refusals_become_our_errors(endpoint: str) -> None:
    drive = service("drive", "v3", Wire(), endpoint)
    with pytest.raises(Unavailable):
        execute(drive.files().get(fileId="gone"))
    with pytest.raises(Transient) as caught:
        execute(drive.files().get(fileId="busy"))
    assert caught.value.after == 9


def test_a_page_that_is_not_googles_is_no_answer(endpoint: str) -> None:
    with pytest.raises(Transient):
        execute(service("drive", "v3", Wire(), endpoint).files().get(fileId="hotel"))


def test_a_server_that_is_gone_is_worth_repeating() -> None:
    with pytest.raises(Transient):
        execute(service("drive", "v3", Wire(), "http://127.0.0.1:9/drive/v3/").files().get(fileId="a"))


def test_the_real_service_is_the_default() -> None:
    request = service("drive", "v3", Wire()).files().get(fileId="a")
    assert request.uri.startswith("https://www.googleapis.com/drive/v3/files/a")
