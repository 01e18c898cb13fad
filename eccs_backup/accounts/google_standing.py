"""How a Google sign-in stands: checked against the service, or ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from eccs_backup.accounts import home, tokens
from eccs_backup.accounts.google import PERMISSIONS, REMEMBERED, SERVICE, WHO, GoogleTokens, saved
from eccs_backup.accounts.google_client import read_json
from eccs_backup.accounts.google_oauth import address_of, revoke
from eccs_backup.errors import BackupError, WrongAccount
from eccs_backup.http import Wire


class Standing(NamedTuple):
    """A sign-in that works. `allows` is in the words of Google's page; `consented` in seconds since 1970."""

    address: str
    allows: list[str]
    client: str
    consented: float


class Ended(NamedTuple):
    """A sign-in that was forgotten. `trouble` says why Google could not be told.

    A service account's is not `revoked`: what Google knows of it is the administrator's.
    """

    address: str
    revoked: bool
    trouble: BackupError | None


def check(address: str | None = None, *, clock: Callable[[], float] = time.time) -> Standing:
    """Refresh the sign-in once and ask whose it is. Raises SignInNeeded, WrongAccount, Transient, Stop."""
    token = saved(address)
    wire = Wire()
    fresh = GoogleTokens(token, wire=wire, clock=clock).refresh()
    # A service account is delegated nothing but the data: it may not ask whose it is, and acts for its subject only.
    if token.credentials["type"] != "service_account":
        _same(address_of(wire, fresh), token.address)
    return Standing(token.address, _allows(token), _client(token), token.consented)


def _same(found: str, expected: str) -> None:
    if found.lower() != expected.lower():
        raise WrongAccount(
            f"The saved sign-in of {expected} belongs to {found}.",
            hint=f"Sign in again with: eccs-backup auth --account {expected}",
        )


def _allows(token: tokens.Token) -> list[str]:
    scopes = [scope for scope in token.scopes if scope not in WHO]
    return [PERMISSIONS[scope].words if scope in PERMISSIONS else scope for scope in scopes]


def _client(token: tokens.Token) -> str:
    """The public name of the client; never its secret."""
    file = token.credentials.get("file")
    return str(read_json(Path(file)).get("client_email")) if file else token.credentials["client_id"]


def forget(address: str | None = None) -> Ended | None:
    """End an account's sign-ins at Google and delete them here, the latter in any case; None when there are none.

    The account is the one named, or the remembered one, or the only one. A service account's key is left alone.
    """
    remembered = home.settings().get(REMEMBERED)
    chosen = address or (remembered if isinstance(remembered, str) else None)
    held = tokens.every(SERVICE, chosen)
    if not held:
        return None
    revoked, trouble = False, None
    for token in (token for token in held if token.address == held[0].address):
        try:
            if refresh := token.credentials.get("refresh_token"):
                revoke(Wire(), refresh)
                revoked = True
        except BackupError as error:
            trouble = error
        tokens.delete(token)
    if remembered == held[0].address:
        home.remember(REMEMBERED, None)
    return Ended(held[0].address, revoked, trouble)
