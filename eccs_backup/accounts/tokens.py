"""The token files: one for each service, account and group of permissions, readable by their owner only."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import quote

from eccs_backup.accounts import home
from eccs_backup.errors import SignInNeeded

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Token:
    """One sign-in as it is kept.

    `group` names the permissions that share the file ("read" for everything that only reads). `credentials` is
    Google's authorized-user form, or {"type": "service_account", "file": ...}. `consented` is when the person
    agreed and `worked` when the service last took the sign-in: seconds since 1970.
    """

    service: str
    address: str
    group: str
    scopes: tuple[str, ...]
    credentials: Mapping[str, str]
    consented: float
    worked: float


def save(token: Token) -> Path:
    """Write the token's file, mode 0600, in one step; returns where. Raises Unusable."""
    path = _path(token.service, token.address, token.group)
    home.write_private(path, json.dumps({"format": 1, **asdict(token)}, indent=1, ensure_ascii=False))
    return path


def load(service: str, address: str, group: str) -> Token | None:
    """The token of that account, or None. Raises SignInNeeded when its file is damaged, Unusable.

    A file that other users of the machine could read is closed to them again, and the log says so.
    """
    path = _path(service, address, group)
    return _read(path) if path.exists() else None


def refreshed(token: Token, credentials: Mapping[str, str], worked: float) -> Token:
    """The token after a refresh, also on the disk - unless its file was deleted or replaced in the meantime.

    Another process may have signed out, or in again: its decision is newer than ours.
    """
    new = replace(token, credentials=credentials, worked=worked)
    held = load(token.service, token.address, token.group)
    same = ("refresh_token", "file")
    if held and all(held.credentials.get(name) == token.credentials.get(name) for name in same):
        save(new)
    return new


def every(service: str, address: str | None = None) -> list[Token]:
    """All tokens of a service, of one account when an address is given. Raises SignInNeeded, Unusable."""
    found = [_read(path) for path in sorted(home.private("tokens").glob(f"{service}-*.json"))]
    return [token for token in found if address is None or token.address.lower() == address.lower()]


def delete(token: Token) -> None:
    """Remove the token's file from the disk."""
    _path(token.service, token.address, token.group).unlink(missing_ok=True)


def _path(service: str, address: str, group: str) -> Path:
    name = quote(address.lower(), safe="@")  # leaves no "/" and nothing that Windows refuses
    if len(name) > 150:
        name = hashlib.sha256(name.encode()).hexdigest()
    return home.private("tokens") / f"{service}-{name}-{group}.json"


def _read(path: Path) -> Token:
    _close_to_others(path)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Token(
            service=str(found["service"]),
            address=str(found["address"]),
            group=str(found["group"]),
            scopes=tuple(str(scope) for scope in found["scopes"]),
            credentials={str(name): str(value) for name, value in found["credentials"].items()},
            consented=float(found["consented"]),
            worked=float(found["worked"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SignInNeeded(
            f"The saved sign-in {path} cannot be read.",
            hint="Delete that file, then sign in with: eccs-backup auth",
        ) from error


def _close_to_others(path: Path) -> None:
    if os.name == "posix" and path.stat().st_mode & 0o077:
        path.chmod(0o600)
        log.warning("%s could be read by other users of this machine; that is repaired.", path)
