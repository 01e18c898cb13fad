"""Common to all tests: only loopback is reachable, and the person's own settings are never touched."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.server import Rehearsal, serve
from practice import BROWSER, Student

LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        assert not host or str(host).startswith(LOOPBACK), f"a test wants to reach {host}"
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("ECCS_BACKUP_HOME", str(home))
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def student(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Student]:
    """The practice account with every nasty case, signed in."""
    with serve(worlds.student()) as server:
        yield signed_in(server, tmp_path / "home", monkeypatch)


def signed_in(server: Rehearsal, home: Path, monkeypatch: pytest.MonkeyPatch) -> Student:
    """A home that is signed in to the practice server."""
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("ECCS_BACKUP_HOME", str(home))
    monkeypatch.setenv("ECCS_BACKUP_REHEARSAL", server.url)
    monkeypatch.setenv("BROWSER", BROWSER)
    found = Student(server, home)
    result = found.run("auth", "--client", server.client_file(home))
    assert result.exit_code == 0, result.output
    return found
