"""Client files: the right one, the wrong kinds, hostile ones, the newest download, and the guide."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from eccs_backup.accounts import google_client
from eccs_backup.accounts.google_refusals import PAGE
from eccs_backup.errors import SignInNeeded, Unusable
from eccs_backup.http import Wire

REAL = {
    "client_id": "1-x.apps.googleusercontent.com",
    "client_secret": "GOCSPX-hidden",
    "auth_uri": "https://accounts.google.com/o/oauth2/auth",
    "token_uri": "https://oauth2.googleapis.com/token",
    "project_id": "my-project",
    "redirect_uris": ["http://localhost"],
}


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ECCS_BACKUP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DOWNLOAD_DIR", str(tmp_path / "Downloads"))
    monkeypatch.delenv("ECCS_BACKUP_REHEARSAL", raising=False)
    (tmp_path / "Downloads").mkdir()
    return tmp_path


def written(folder: Path, content: object, name: str = "client_secret_1.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_a_desktop_client_is_read_and_its_secret_not_shown(tmp_path: Path) -> None:
    client = google_client.read(written(tmp_path, {"installed": REAL}))
    assert (client.id, client.secret, client.project) == (REAL["client_id"], REAL["client_secret"], "my-project")
    assert "GOCSPX" not in f"{client} {client!r}"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"web": REAL}, "Web application"),
        ({"type": "service_account", "private_key": "hidden"}, "service account"),
        ({"installed": {**REAL, "client_secret": None}}, "lacks its client_secret"),
        ({"installed": "hidden"}, "not an OAuth client"),
        ({"something": "hidden"}, "not an OAuth client"),
        ([], "not an OAuth client"),
        ("{hidden", "not a JSON file"),
    ],
)
def test_other_files_are_told_apart(tmp_path: Path, content: object, expected: str) -> None:
    with pytest.raises(Unusable, match=expected) as caught:
        google_client.read(written(tmp_path, content))
    assert "Desktop app" in caught.value.hint
    assert "hidden" not in f"{caught.value} {caught.value.hint}"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="absent"):
        google_client.read(tmp_path / "absent.json")


@pytest.mark.parametrize("name", ["auth_uri", "token_uri"])
@pytest.mark.parametrize(
    "url",
    [
        "https://accounts.google.com.evil.example/auth",
        "https://accounts.google.com@evil.example/auth",
        "http://accounts.google.com/o/oauth2/auth",
        "https://oauth2.googleapis.com:8443/token",
        "http://127.0.0.1:8765/token",
        "file:///etc/passwd",
        "nonsense",
    ],
)
def test_a_file_cannot_send_secrets_elsewhere(tmp_path: Path, name: str, url: str) -> None:
    with pytest.raises(Unusable, match="not Google's"):
        google_client.read(written(tmp_path, {"installed": {**REAL, name: url}}))


def test_a_rehearsal_takes_no_real_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECCS_BACKUP_REHEARSAL", "http://127.0.0.1:8765")
    with pytest.raises(Unusable, match="practice server"):
        google_client.read(written(tmp_path, {"installed": REAL}))
    near = {**REAL, "auth_uri": "http://127.0.0.1:87650/auth", "token_uri": "http://127.0.0.1:8765/token"}
    with pytest.raises(Unusable, match="practice server"):
        google_client.read(written(tmp_path, {"installed": near}))


def test_the_newest_download_is_found(tmp_path: Path) -> None:
    downloads = tmp_path / "Downloads"
    assert google_client.downloaded() is None
    for name, age in [("client_secret_2.json", 50), ("client_secret_1 (1).json", 10), ("client_secret_3.json", 90)]:
        os.utime(written(downloads, {}, name), (1_000_000 - age, 1_000_000 - age))
    written(downloads, {}, "other.json")
    (downloads / "client_secret_folder.json").mkdir()
    found = google_client.downloaded()
    assert found
    assert found.name == "client_secret_1 (1).json"


def test_without_a_client_the_guide_is_shown_and_the_way_on_named() -> None:
    said: list[str] = []
    with pytest.raises(SignInNeeded) as caught:
        google_client.obtain(None, Wire(), said.append, None)
    assert "eccs-backup auth" in caught.value.hint
    for link in [
        "https://console.cloud.google.com/projectcreate",
        "https://console.cloud.google.com/apis/enableflow?apiid=drive.googleapis.com",
        "https://console.cloud.google.com/auth/branding",
        "https://console.cloud.google.com/auth/audience",
        "https://console.cloud.google.com/auth/clients",
    ]:
        assert link in said[0]


def test_at_a_terminal_it_looks_again_until_there_is_an_end() -> None:
    said: list[str] = []
    with pytest.raises(SignInNeeded):
        google_client.obtain(None, Wire(), said.append, iter(["\n", "\n"]))
    assert sum("no client_secret" in sentence for sentence in said) == 2


def test_the_page_names_every_refusal_and_every_link_of_the_guide() -> None:
    page = (Path(__file__).parents[2] / "docs" / "google-client.md").read_text(encoding="utf-8")
    for name in PAGE:
        assert f"`{name}`" in page
    links = [word for word in google_client.guide().split() if word.startswith("https://")]
    assert len(links) == 5
    for link in links:
        assert f"<{link}>" in page


def test_the_link_to_switch_on_apis_names_the_project() -> None:
    assert google_client.enable_link("a b&c").endswith("&project=a%20b%26c")
