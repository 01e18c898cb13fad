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
from eccs_backup.accounts.google_purposes import READ, to_sign_in
from eccs_backup.errors import BackupError, WrongAccount
from eccs_backup.http import Wire


class Standing(NamedTuple):
    """A sign-in that works. `allows` is in the words of Google's page; `consented` in seconds since 1970.

    `group` is READ, or the purpose that it is for.
    """

    address: str
    allows: list[str]
    client: str
    consented: float
    group: str = READ


class Lame(NamedTuple):
    """A sign-in that is saved and does not work, and why."""

    address: str
    group: str
    trouble: BackupError


class Ended(NamedTuple):
    """The sign-ins of one account that were forgotten, by their groups. `trouble` says why Google could not be told.

    A service account's is not `revoked`: what Google knows of it is the administrator's.
    """

    address: str
    revoked: bool
    trouble: BackupError | None
    groups: tuple[str, ...] = (READ,)


def check(address: str | None = None, *, clock: Callable[[], float] = time.time) -> Standing:
    """Refresh the sign-in once and ask whose it is. Raises SignInNeeded, WrongAccount, Transient, Stop."""
    return _check(saved(address), clock)


def check_each(address: str | None = None, *, clock: Callable[[], float] = time.time) -> list[Standing | Lame]:
    """Every sign-in that is saved, of one account when it is named; the one that commands read by default is first.

    Raises SignInNeeded when there is none, Unusable.
    """
    remembered = home.settings().get(REMEMBERED)
    held = tokens.every(SERVICE, address) or [saved(address)]
    found: list[Standing | Lame] = []
    for token in sorted(held, key=lambda each: (each.address != remembered, each.address, each.group != READ)):
        try:
            found.append(_check(token, clock))
        except BackupError as error:
            found.append(Lame(token.address, token.group, error))
    return found


def _check(token: tokens.Token, clock: Callable[[], float]) -> Standing:
    wire = Wire()
    fresh = GoogleTokens(token, wire=wire, clock=clock).refresh()
    # A service account is delegated nothing but the data: it may not ask whose it is, and acts for its subject only.
    if token.credentials["type"] != "service_account":
        _same(address_of(wire, fresh), token)
    return Standing(token.address, _allows(token), _client(token), token.consented, token.group)


def _same(found: str, token: tokens.Token) -> None:
    if found.lower() != token.address.lower():
        raise WrongAccount(
            f"The saved sign-in of {token.address} belongs to {found}.",
            hint=f"Sign in again with: {to_sign_in(token.group, token.address)}",
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

    All of them, whatever they are for: to Google they are one grant, and ending one token ends the others as well.
    https://developers.google.com/identity/protocols/oauth2/native-app#tokenrevoke .
    The account is the one named, or the remembered one, or the only one. A service account's key is left alone.
    """
    remembered = home.settings().get(REMEMBERED)
    chosen = address or (remembered if isinstance(remembered, str) else None)
    held = tokens.every(SERVICE, chosen)
    if not held:
        return None
    revoked, trouble = False, None
    mine = [token for token in held if token.address == held[0].address]
    for token in mine:
        try:
            if refresh := token.credentials.get("refresh_token"):
                revoke(Wire(), refresh)
                revoked = True
        except BackupError as error:
            trouble = error
        tokens.delete(token)
    if remembered == held[0].address:
        home.remember(REMEMBERED, None)
    return Ended(held[0].address, revoked, trouble, tuple(token.group for token in mine))
