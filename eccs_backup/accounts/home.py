"""The folder of clients, tokens and settings, and whether this is a rehearsal."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from eccs_backup.errors import Unusable
from eccs_backup.model import Json

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ELSEWHERE = "Set ECCS_BACKUP_HOME to a folder you may write to."


def rehearsal() -> str | None:
    """The address of the practice server, as "http://127.0.0.1:8765", or None when the real services are meant.

    It comes from ECCS_BACKUP_REHEARSAL. Raises Unusable unless it is plain http on this machine: whatever answers
    there is trusted with tokens.
    """
    text = os.environ.get("ECCS_BACKUP_REHEARSAL", "").strip().rstrip("/")
    if not text:
        return None
    if not _is_loopback(text):
        raise Unusable(
            "ECCS_BACKUP_REHEARSAL does not name a server on this machine.",
            hint="Unset it to use the real services, or set it to an address such as http://127.0.0.1:8765",
        )
    return text


def _is_loopback(address: str) -> bool:
    try:
        parts = urlsplit(address)
        port = parts.port  # reading it checks it
    except ValueError:
        return False
    bare = not (parts.path or parts.query or parts.fragment or parts.username is not None)
    return parts.scheme == "http" and parts.hostname in LOOPBACK and bare and port != 0


def folder() -> Path:
    """Our folder, made with mode 0700 when it is missing. Raises Unusable.

    ECCS_BACKUP_HOME moves it. A rehearsal has a folder of its own inside: practice accounts and real ones must
    never be taken for each other, and a real token never reaches a practice server.
    """
    home = Path(os.environ.get("ECCS_BACKUP_HOME") or platformdirs.user_config_dir("eccs-backup")).expanduser()
    path = home / "rehearsal" if rehearsal() else home
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise Unusable(f"The folder {path} cannot be made ({error.strerror}).", hint=_ELSEWHERE) from error
    return path


def private(name: str) -> Path:
    """A folder of ours inside `folder()`, with mode 0700 even if somebody had opened it. Raises Unusable."""
    path = folder() / name
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        path.chmod(0o700)
    except OSError as error:
        raise Unusable(f"The folder {path} cannot be used ({error.strerror}).", hint=_ELSEWHERE) from error
    return path


def write_private(path: Path, text: str, *, hint: str = _ELSEWHERE) -> None:
    """Replace the file in one step, mode 0600: after a crash the old file or the new one is there. Raises Unusable.

    Of a link what it leads to is replaced; what is no file, such as a device, is left alone.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        raise Unusable(f"{path} is no file.", hint=hint)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # mkstemp makes it 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)  # noqa: PTH105
        except BaseException:
            with suppress(OSError):
                os.unlink(name)  # noqa: PTH108
            raise
    except OSError as error:
        raise Unusable(f"{path} cannot be written ({error.strerror}).", hint=hint) from error


def settings() -> dict[str, Json]:
    """What is remembered between runs; empty when nothing is. Raises Unusable when the file is damaged."""
    path = folder() / "settings.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Unusable(f"{path} cannot be read.", hint="Delete that file, then sign in again.") from error
    return found if isinstance(found, dict) else {}


def remember(name: str, value: Json) -> None:
    """Keep one setting for later runs; None forgets it. Raises Unusable."""
    known = {**settings(), name: value}
    kept = {key: entry for key, entry in known.items() if entry is not None}
    write_private(folder() / "settings.json", json.dumps(kept, indent=1, ensure_ascii=False))
