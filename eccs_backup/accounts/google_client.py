"""The OAuth client: the person's own file from Google's console, read, tested and kept; and how to get one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import platformdirs

from eccs_backup.accounts import home
from eccs_backup.accounts.google_oauth import Refused, checked, post
from eccs_backup.accounts.google_refusals import AUDIENCE, CLIENTS, refusal
from eccs_backup.errors import SignInNeeded, Unusable
from eccs_backup.http import Wire
from eccs_backup.model import Json

APIS = ("drive.googleapis.com", "gmail.googleapis.com")
"""The APIs that our sources call; a client's project has to have them switched on."""
_AGAIN = f"Create a client of the type Desktop app at {CLIENTS} , download its JSON file, and name that file."


@dataclass(frozen=True, slots=True)
class Client:
    """A Desktop client: what Google needs to know who is asking. `id` is public, `secret` is not."""

    id: str
    secret: str
    auth_uri: str
    token_uri: str
    project: str = ""

    def __repr__(self) -> str:
        return f"Client({self.id})"  # the secret stays out of logs and tracebacks


def read(path: Path) -> Client:
    """The client in the JSON file from Google's console.

    Raises Unusable, saying which other kind of file it is. The form of the file:
    https://github.com/googleapis/google-api-python-client/blob/main/docs/client-secrets.md
    """
    found = read_json(path)
    if found.get("type") == "service_account":
        raise Unusable(
            f"{path} is the key of a service account, not an OAuth client.",
            hint=f"Administrators: --service-account {path} --subject ADDRESS. Everybody else: {_AGAIN}",
        )
    if "web" in found:
        raise Unusable(f"{path} is a client of the type Web application, which cannot sign in here.", hint=_AGAIN)
    installed = found.get("installed")
    if not isinstance(installed, dict):
        raise Unusable(f"{path} is not an OAuth client from Google's console.", hint=_AGAIN)
    return _client(path, installed)


def _client(path: Path, installed: dict[str, Json]) -> Client:
    def text(name: str) -> str:
        value = installed.get(name)
        if not isinstance(value, str) or not value:
            raise Unusable(f"{path} lacks its {name}.", hint=_AGAIN)
        return value

    return Client(
        id=text("client_id"),
        secret=text("client_secret"),
        auth_uri=checked(text("auth_uri"), str(path)),
        token_uri=checked(text("token_uri"), str(path)),
        project=str(installed.get("project_id") or ""),
    )


def read_json(path: Path) -> dict[str, Json]:
    """The JSON object in a file of at most a megabyte. Raises Unusable."""
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(1 << 20))
    except OSError as error:
        raise Unusable(f"{path} cannot be opened ({error.strerror}).", hint="Check the name of the file.") from error
    except ValueError as error:
        raise Unusable(f"{path} is not a JSON file.", hint=_AGAIN) from error
    return found if isinstance(found, dict) else {}


def downloaded() -> Path | None:
    """The newest `client_secret*.json` in the downloads folder; None when there is none."""
    folder = Path(platformdirs.user_downloads_dir())
    files = [path for path in folder.glob("client_secret*.json") if path.is_file()]
    return max(files, key=lambda path: path.stat().st_mtime, default=None)


def obtain(named: Path | None, wire: Wire, say: Callable[[str], None], lines: Iterator[str] | None) -> Client:
    """The client to sign in with: the file named, else the one we keep, else a downloaded one.

    Without any, the guide is shown, and `lines` are awaited: an empty one means "look again", another one is the
    name of the file. A new file is tested and kept. Raises SignInNeeded when there is no client, Unusable, Transient.
    """
    if named is None and (client := kept()):
        return client
    path = named or downloaded()
    if path is None:
        say(guide())
        path = _awaited(say, lines)
    client = read(path)
    test_client(client, wire)
    keep(path)
    say(f"Google knows this client: {path}\nIt is kept in {kept_path()}; you may delete the downloaded file.")
    return client


def _awaited(say: Callable[[str], None], lines: Iterator[str] | None) -> Path:
    if lines is not None:
        say("\nWhen the file is in your downloads folder, press Enter here. Or type the file's name.")
    for line in lines or ():
        typed = line.strip().strip("\"'")
        if typed:
            return Path(typed).expanduser()
        if path := downloaded():
            return path
        say("There is no client_secret*.json in your downloads folder yet. Press Enter to look again.")
    raise SignInNeeded(
        "There is no OAuth client yet.", hint="Follow the five steps above, then run again: eccs-backup auth"
    )


def kept() -> Client | None:
    """The client of the last sign-in; None when there was none. Raises Unusable."""
    path = kept_path()
    return read(path) if path.exists() else None


def kept_path() -> Path:
    """Where our copy of the client file is."""
    return home.private("clients") / "google.json"


def keep(path: Path) -> Path:
    """Copy a client file into our folder, mode 0600; returns where. Raises Unusable."""
    target = kept_path()
    home.write_private(target, path.read_text(encoding="utf-8"))
    return target


def test_client(client: Client, wire: Wire) -> None:
    """Ask Google whether it knows the client, with a made-up code. Raises Unusable when not; Transient, Stop.

    `invalid_grant` is the good answer: the client was accepted, the code was not. GYB tests its clients so:
    https://github.com/GAM-team/got-your-back
    """
    form = {
        "grant_type": "authorization_code",
        "client_id": client.id,
        "client_secret": client.secret,
        "code": "made-up-code-to-test-the-client",
        "redirect_uri": "http://127.0.0.1/",
    }
    try:
        post(wire, client.token_uri, form)
    except Refused as error:
        if "invalid_grant" not in error.codes:
            raise refusal(error.codes, "Google did not accept this client.", _AGAIN) from error


def enable_link(project: str = "") -> str:
    """The console page that switches on every API we call, for a project when its id is known."""
    end = f"&project={quote(project, safe='')}" if project else ""
    return f"https://console.cloud.google.com/apis/enableflow?apiid={','.join(APIS)}{end}"


def guide() -> str:
    """The five console steps to a client of one's own. The console as it stood in November 2026."""
    return f"""\
To read your data, this program needs an "OAuth client" of your own. It is free, takes about ten minutes,
and is made once. Any Google account will do, also a private one. Open each page in the browser:

 1. Make a project. Any name will do.
      https://console.cloud.google.com/projectcreate
 2. Switch on the API: choose the new project, then Next (次へ) and Enable (有効にする).
      {enable_link()}
 3. Press Get started (開始). Give a name and your address; choose the audience External (外部),
    or Internal (内部) if the project belongs to your university; then Create (作成).
      https://console.cloud.google.com/auth/branding
 4. Press Publish app (アプリを公開). Without this, every sign-in ends after 7 days.
    Pass over the offer of verification. Not needed with the audience Internal.
      {AUDIENCE}
 5. Press Create client (クライアントを作成), choose the type Desktop app (デスクトップ アプリ),
    then Create, and download the JSON file at once: it is shown only this time.
      {CLIENTS}

Leave the file in your downloads folder ({platformdirs.user_downloads_dir()}), where it will be found.
When you sign in, Google says that it has not verified this app (このアプリは Google で確認されていません).
The app is yours: press Advanced (詳細), then Go to ... (安全ではないページに移動), and tick every box."""
