"""Connections that are no HTTP: proxies of every kind, own CAs, refusals, and being interrupted."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from eccs_backup import tunnel
from eccs_backup.errors import Halted, Transient, Unfinished, Unusable
from eccs_backup.http import Wire
from eccs_backup.rehearsal.identity.grants import Grants
from eccs_backup.rehearsal.mail.imap import Imap, serve_imap
from eccs_backup.rehearsal.mail.imap.certificate import Identity, make
from eccs_backup.rehearsal.mail.plain import plain_mail

GREETING = b"* OK Gimap ready"


@dataclass
class Passing:
    """A CONNECT proxy that passes bytes on; it may want a password, speak TLS itself, or refuse with a status."""

    password: str = ""
    refusal: str = ""
    identity: Identity | None = None
    port: int = 0
    asked: list[str] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[str]:
        """Serve on a free port of loopback; its "localhost:port"."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
            try:
                yield f"localhost:{listener.getsockname()[1]}"
            finally:
                listener.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError):
            if self.identity:
                client = self.identity.context().wrap_socket(client, server_side=True)
            with client:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += client.recv(4096)
                self.asked.append(head.split(b"\r\n")[0].decode())
                status = self._status(head.decode())
                client.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
                if status.startswith("200"):
                    port = int(head.split()[1].rpartition(b":")[2])
                    with socket.create_connection(("127.0.0.1", port)) as there:
                        threading.Thread(target=_pump, args=(there, client), daemon=True).start()
                        _pump(client, there)

    def _status(self, head: str) -> str:
        if self.refusal:
            return self.refusal
        wanted = base64.b64encode(self.password.encode()).decode()
        if self.password and f"Proxy-Authorization: Basic {wanted}" not in head:
            return "407 Proxy Authentication Required"
        return "200 Connection established"


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def imap() -> Iterator[Imap]:
    with serve_imap(plain_mail(3, 1_000), Grants()) as found:
        yield found


@pytest.fixture
def ca(imap: Imap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with the service's authority, named in the environment."""
    for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "ca.pem").write_text(imap.ca)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


def greeting(imap: Imap, authority: str | None = None) -> bytes:
    """What the service says first."""
    line = tunnel.connect(Wire(), "localhost", imap.port, authority)
    try:
        return bytes(line.makefile("rb").readline(len(GREETING)))
    finally:
        line.close()


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_ca_of_ones_own(imap: Imap, ca: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.setenv(name, str(ca))
    assert greeting(imap) == GREETING


@pytest.mark.usefixtures("ca")
def test_a_ca_that_is_handed_over(imap: Imap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert greeting(imap, imap.ca) == GREETING
    with pytest.raises(Unfinished, match="certificate of localhost") as caught:
        greeting(imap)
    assert "REQUESTS_CA_BUNDLE" in caught.value.hint


@pytest.mark.usefixtures("ca")
def test_a_folder_of_cas_without_the_right_one(imap: Imap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    with pytest.raises(Unfinished, match="certificate"):
        greeting(imap)


@pytest.mark.usefixtures("ca")
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_through_a_proxy(imap: Imap, monkeypatch: pytest.MonkeyPatch, name: str, scheme: str) -> None:
    proxy = Passing()
    with proxy.running() as address:
        monkeypatch.setenv(name, f"{scheme}{address}")
        assert greeting(imap) == GREETING
        assert proxy.asked == [f"CONNECT localhost:{imap.port} HTTP/1.1"]
        monkeypatch.setenv("NO_PROXY", "example.org,localhost")
        assert greeting(imap) == GREETING
        assert len(proxy.asked) == 1


@pytest.mark.usefixtures("ca")
def test_through_a_proxy_with_a_password(imap: Imap, monkeypatch: pytest.MonkeyPatch) -> None:
    with Passing(password="hanako:p@ss/wörd:1").running() as address:
        monkeypatch.setenv("HTTPS_PROXY", f"http://hanako:p%40ss%2Fw%C3%B6rd%3A1@{address}")
        assert greeting(imap) == GREETING
        monkeypatch.setenv("HTTPS_PROXY", f"http://hanako:wrong@{address}")
        with pytest.raises(Transient, match="its name and password are wanted"):
            greeting(imap)


def test_through_a_proxy_that_speaks_tls(imap: Imap, ca: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = make()
    with Passing(identity=identity).running() as address:
        monkeypatch.setenv("HTTPS_PROXY", f"https://{address}")
        with pytest.raises(Unfinished, match="certificate of localhost"):
            greeting(imap)
        ca.write_text(imap.ca + identity.ca)
        assert greeting(imap) == GREETING


@pytest.mark.usefixtures("ca")
@pytest.mark.parametrize("refusal", ["403 Forbidden", "502 Bad Gateway"])
def test_a_proxy_that_refuses(imap: Imap, monkeypatch: pytest.MonkeyPatch, refusal: str) -> None:
    with Passing(refusal=refusal).running() as address:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{address}")
        with pytest.raises(Transient, match=f"The proxy did not connect to localhost:{imap.port}") as caught:
            greeting(imap)
        assert "HTTPS_PROXY" in caught.value.hint


@pytest.mark.parametrize("address", ["socks5://localhost:1", "http://", "http://localhost:port", "ftp://localhost"])
def test_a_proxy_that_is_none(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(Unusable, match="proxy"):
        tunnel.connect(Wire(), "localhost", 9)


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Transient, match="No connection to localhost:9"):
        tunnel.connect(Wire(), "localhost", 9)
    monkeypatch.setenv("HTTPS_PROXY", "http://localhost:9")
    with pytest.raises(Transient, match="No connection"):
        tunnel.connect(Wire(), "localhost", 993)


def interrupted(wire: Wire, wait: Callable[[], object]) -> float:
    """Seconds from `abort` until whoever waits has noticed."""
    noticed: list[float] = []

    def work() -> None:
        with suppress(Transient, Halted, OSError, ssl.SSLError):
            wait()
        noticed.append(time.monotonic())

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(0.1)
    assert thread.is_alive()
    began = time.monotonic()
    wire.abort()
    thread.join(5)
    assert noticed, "it waits still"
    return noticed[0] - began


def test_interrupted_while_nobody_answers() -> None:
    wire = Wire()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert interrupted(wire, lambda: tunnel.connect(wire, "127.0.0.1", silent.getsockname()[1])) < 1
    with pytest.raises(Halted), socket.create_server(("127.0.0.1", 0)) as silent:
        tunnel.connect(wire, "127.0.0.1", silent.getsockname()[1])


@pytest.mark.parametrize("within", [False, True])
def test_interrupted_while_reading(imap: Imap, ca: Path, monkeypatch: pytest.MonkeyPatch, within: bool) -> None:
    identity = make()
    with Passing(identity=identity).running() as address:
        if within:
            ca.write_text(imap.ca + identity.ca)
            monkeypatch.setenv("HTTPS_PROXY", f"https://{address}")
        wire = Wire()
        line = tunnel.connect(wire, "localhost", imap.port)
        stream = line.makefile("rb")
        stream.readline()
        assert interrupted(wire, stream.readline) < 1
        line.close()
