"""Waits for the browser to come back from a sign-in page: a server on loopback, and a pasted address beside it."""

from __future__ import annotations

import hmac
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>eccs-backup</title>
<style>body{font:1.2em/1.6 system-ui,sans-serif;max-width:30em;margin:15vh auto;padding:0 1em;
color:#222;background:#fff}@media(prefers-color-scheme:dark){body{color:#ddd;background:#111}}</style>
<h1>eccs-backup</h1>
<p>Google's answer has arrived. Go back to the other window to see what it was. You may close this one.</p>
<p lang="ja">Google からの応答を受け取りました。元の画面に戻って結果を確認してください。<br>
この画面は閉じてかまいません。</p>
</html>"""


class Reply(NamedTuple):
    """What the sign-in page sent back: a code to exchange, or the name of an error; one of them is empty."""

    code: str
    error: str


class Unfit(ValueError):
    """Not the address that was asked for; the message says what is wrong with it, and repeats none of it."""


def reply_in(query: str, state: str) -> Reply:
    """The reply in the query of a redirect. Raises Unfit unless `state` is ours: another sign-in's, or forged.

    https://www.rfc-editor.org/rfc/rfc6749#section-10.12
    """
    found = parse_qs(query)

    def first(name: str) -> str:
        return found.get(name, [""])[0]

    if not first("state") or not (first("code") or first("error")):
        raise Unfit("That is not the address the browser ended at: it has to contain state= and code=.")
    if not hmac.compare_digest(first("state").encode(), state.encode()):
        raise Unfit("That address belongs to another sign-in. Use the page that was opened last.")
    return Reply("" if first("error") else first("code"), first("error"))


def reply_pasted(text: str, state: str) -> Reply:
    """The reply in what a person pasted: the dead address, or its part after the "?". Raises Unfit."""
    text = text.strip().strip("\"'<>")
    _, mark, query = text.partition("?")
    return reply_in((query if mark else text).partition("#")[0], state)


class Door:
    """Listens on a free port of 127.0.0.1 for the one redirect with our state; everything else is turned away."""

    def __init__(self, server: _Server) -> None:
        self._server = server

    @property
    def address(self) -> str:
        """The address to redirect to. 127.0.0.1 by number: "localhost" may mean ::1, where nobody listens.

        https://developers.google.com/identity/protocols/oauth2/native-app#redirect-uri_loopback
        """
        return f"http://127.0.0.1:{self._server.server_port}/"

    def wait(
        self,
        seconds: float,
        lines: Iterator[str] | None = None,
        complain: Callable[[str], None] = lambda sentence: None,
    ) -> Reply | None:
        """The reply, from the browser or pasted among `lines`, whichever is first; None when time is up.

        `complain` is told what is wrong with a pasted line; the next one is then awaited.
        """
        if lines is not None:
            threading.Thread(target=self._listen, args=(lines, complain), daemon=True).start()
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            with suppress(queue.Empty):
                # In slices, because Windows lets nobody interrupt a longer wait.
                return self._server.replies.get(timeout=min(left, 0.5))
        return None

    def _listen(self, lines: Iterator[str], complain: Callable[[str], None]) -> None:
        for line in lines:
            if not line.strip():
                continue
            try:
                self._server.replies.put(reply_pasted(line, self._server.state))
            except Unfit as error:
                complain(str(error))
            else:
                return


@contextmanager
def door(state: str) -> Iterator[Door]:
    """An open door for the sign-in with this state; its server ends with the block."""
    server = _Server(state)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield Door(server)
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    # Browsers open connections ahead of time and send nothing over them: one thread alone would wait on those.
    daemon_threads = True
    block_on_close = False

    def __init__(self, state: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.state = state
        self.replies: queue.SimpleQueue[Reply] = queue.SimpleQueue()

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that breaks is none of the person's business."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path != "/":
            self._say(404, "Not found.")
            return
        try:
            reply = reply_in(parts.query, self.server.state)
        except Unfit as error:
            self._say(400, str(error))
            return
        self._say(200, PAGE)
        self.server.replies.put(reply)

    def _say(self, status: int, text: str) -> None:
        body = text.encode()
        headers: Mapping[str, str] = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
            "Connection": "close",
        }
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the request line holds the code."""
