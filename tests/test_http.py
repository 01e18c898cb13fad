"""The wire on real connections: addresses that are none, and threads that wait when the run is stopped."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from eccs_backup.errors import BackupError, Halted, ItemError, Unusable
from eccs_backup.http import Hangup, Wire, blocks

HEAD = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def answering(answer: bytes, *, then_close: bool = True) -> Iterator[str]:
    """The address of a server that sends `answer` to whoever asks, and then closes or falls silent."""
    held = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    one, _ = server.accept()
                except OSError:
                    return
                one.recv(65536)
                one.sendall(answer)
                if then_close:
                    one.close()
                held.append(one)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)
    for one in held:
        one.close()


@pytest.mark.parametrize("target", ["http://[", "foo://x", "http://127.0.0.1:99999/", "http://a..b/"])
def test_a_redirect_to_nowhere_is_the_items_misfortune(target: str) -> None:
    answer = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
    with answering(answer) as url, pytest.raises(ItemError) as error:
        Wire().send("GET", url)
    assert "sent us on" in str(error.value)


@pytest.mark.parametrize("url", ["http://[", "foo://x", "http://127.0.0.1:99999/", "nothing", "http:///x"])
def test_an_address_of_our_own_that_is_none_is_said_so(url: str) -> None:
    with pytest.raises(Unusable) as error:
        Wire().send("GET", f"{url}?secret=1")
    assert "secret" not in str(error.value)


def test_a_proxy_whose_address_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://:8080")
    with pytest.raises(Unusable, match="proxy"):
        Wire().send("GET", "http://drive.example/")


def read_all(wire: Wire, url: str) -> None:
    with wire.send("GET", url, stream=True) as response:
        for _ in blocks(response):
            pass


@pytest.mark.parametrize(
    "answer",
    [
        b"",  # no answer at all
        HEAD + b"Content-Length: 9\r\n\r\nhalf",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        HEAD + b"\r\nhalf",  # ends with the connection: cut off, it must not pass for whole
        HEAD + b"Connection: close\r\nContent-Length: 9\r\n\r\nhalf",
    ],
)
@pytest.mark.parametrize("ask", [read_all, lambda wire, url: wire.send("GET", url)], ids=["streamed", "whole"])
def test_nobody_waits_for_an_answer_after_a_stop(answer: bytes, ask: Callable[[Wire, str], None]) -> None:
    wire, ends = Wire(), []

    def work(url: str) -> None:
        try:
            ask(wire, url)
        except BackupError as error:
            ends.append(error)

    with answering(answer, then_close=False) as url:
        worker = threading.Thread(target=work, args=(url,), daemon=True)
        worker.start()
        worker.join(0.3)
        assert worker.is_alive()
        began = time.monotonic()
        Hangup(wire).set()
        worker.join(10)
        assert time.monotonic() - began < 5
    assert [type(end) for end in ends] == [Halted]


def test_nothing_is_sent_after_a_stop() -> None:
    wire = Wire()
    wire.abort()
    with answering(HEAD + b"Content-Length: 0\r\n\r\n") as url, pytest.raises(Halted):
        wire.send("GET", url)
