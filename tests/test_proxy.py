"""A campus network: nothing but a proxy leads outside, and it inspects TLS with a CA of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conftest import signed_in
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.server import serve
from practice import Student, check_sums
from proxy import Proxy, intercepting

CA_NAMES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture
def campus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Student, Proxy]]:
    """A sign-in for the real addresses, which only the proxy answers; the access token has ended."""
    for name in CA_NAMES:
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    with serve(worlds.plain(30, 1_000, 2_000, seed=2)) as server:
        student = signed_in(server, home, monkeypatch)
        monkeypatch.delenv("ECCS_BACKUP_REHEARSAL")
        for token in (home / "rehearsal").rglob("*.json"):  # what was signed in for practice is taken for real here
            text = token.read_text().replace(f"{server.url}/token", "https://oauth2.googleapis.com/token")
            place = home / token.relative_to(home / "rehearsal")
            place.parent.mkdir(mode=0o700, exist_ok=True)
            place.write_text(text.replace(f"{server.url}/o/oauth2", "https://accounts.google.com/o/oauth2"))
            place.chmod(0o600)
        server.grants.expire_all()
        with intercepting(urlsplit(server.url).port or 0, tmp_path) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            yield student, proxy


@pytest.mark.parametrize("name", CA_NAMES)
def test_every_connection_takes_the_proxy_and_the_ca(
    name: str, campus: tuple[Student, Proxy], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    student, proxy = campus
    monkeypatch.setenv(name, str(proxy.ca))
    student.server.log.clear()
    result = student.run("drive-export", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["saved"] == 30
    assert check_sums(tmp_path / "out") == 30
    assert set(proxy.seen) == {"CONNECT www.googleapis.com:443", "CONNECT oauth2.googleapis.com:443"}
    paths = {seen.path for seen in student.server.log}
    assert {"/token", "/drive/v3/about", "/drive/v3/files"} <= paths
    assert student.run("auth", "--check").exit_code == 0
    assert student.run("auth", "--forget").exit_code == 0
    assert "CONNECT openidconnect.googleapis.com:443" in proxy.seen


def test_a_ca_that_nobody_named_is_said_so(campus: tuple[Student, Proxy], tmp_path: Path) -> None:
    student, _ = campus
    result = student.run("drive-export", tmp_path / "out")
    assert result.exit_code == 3
    assert "certificate" in result.stderr
    assert "REQUESTS_CA_BUNDLE" in result.stderr


def test_a_proxy_that_is_down_is_said_so(
    campus: tuple[Student, Proxy], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    student, proxy = campus
    monkeypatch.setenv("SSL_CERT_FILE", str(proxy.ca))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    result = student.run("drive-export", tmp_path / "out")
    assert result.exit_code == 3
    assert "proxy" in result.stderr.lower()
