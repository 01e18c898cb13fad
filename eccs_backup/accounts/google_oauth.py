"""Google's token service: where it lives, and the four things it is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from eccs_backup.accounts import home
from eccs_backup.accounts.google_answers import explain
from eccs_backup.accounts.google_refusals import refusal
from eccs_backup.errors import SignInNeeded, Transient, Unusable
from eccs_backup.http import Wire
from eccs_backup.model import Json

AUTH = "https://accounts.google.com/o/oauth2/v2/auth"
TOKEN = "https://oauth2.googleapis.com/token"
_HOSTS = frozenset({"accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com"})


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where to revoke, and where to ask whose account it is."""

    revoke: str = "https://oauth2.googleapis.com/revoke"
    userinfo: str = "https://openidconnect.googleapis.com/v1/userinfo"


def addresses() -> Addresses:
    """Google's, or those of the rehearsal that the environment names. Raises Unusable."""
    if practice := home.rehearsal():
        return Addresses(f"{practice}/revoke", f"{practice}/v1/userinfo")
    return Addresses()


def checked(url: str, what: str) -> str:
    """`url` when it is Google's, or the rehearsal's during one. Raises Unusable naming `what` it came from.

    Client files and token files are input: an address in them decides who gets to see secrets.
    """
    practice = home.rehearsal()
    if practice:
        if url.startswith(f"{practice}/"):
            return url
        raise Unusable(
            f"{what} does not belong to the practice server at {practice}.",
            hint="Unset ECCS_BACKUP_REHEARSAL to use the real Google, or name the practice client with --client",
        )
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.netloc in _HOSTS:
        return url
    raise Unusable(
        f"{what} names a sign-in server that is not Google's.",
        hint="Use the file as Google's console gave it; for a practice client set ECCS_BACKUP_REHEARSAL.",
    )


class Refused(Exception):
    """The token service said no; `codes` are its `error` and `error_subtype`, `status` the HTTP status."""

    def __init__(self, status: int, codes: list[str]) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.codes = codes


def post(wire: Wire, url: str, form: Mapping[str, str] | bytes) -> dict[str, Json]:
    """One question to the token service; its answer. Raises Refused, Transient, Stop; never repeats by itself."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return _answer(wire.send("POST", url, headers=headers, data=form))


def _answer(response: requests.Response) -> dict[str, Json]:
    """The JSON object of the answer. Raises Refused when Google says no, Transient when it has a fault."""
    if response.status_code >= 500 or response.status_code in (408, 429):
        raise explain(response.status_code, response.content, response.headers)
    found = _object(response.content)
    if response.ok:
        if found is None:
            raise Transient(
                "The answer did not come from Google.",
                hint="Open a page in the browser: the network may want you to sign in to it first.",
            )
        return found
    codes = [found.get("error_subtype"), found.get("error")] if found else []
    raise Refused(response.status_code, [str(code) for code in codes if code])


def _object(body: bytes) -> dict[str, Json] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def address_of(wire: Wire, token: str) -> str:
    """Whose account an access token is for. Raises SignInNeeded, Transient, Stop.

    https://developers.google.com/identity/openid-connect/openid-connect#obtaininguserprofileinformation
    """
    where = addresses().userinfo
    try:
        found = _answer(wire.send("GET", where, headers={"Authorization": f"Bearer {token}"}))
    except Refused as error:
        raise refusal(error.codes, "Google did not say whose account this is.") from error
    address = str(found.get("email") or "")
    if "@" not in address or not address.isprintable() or len(address) > 320:
        raise SignInNeeded(
            "Google did not say whose account this is.",
            hint="Sign in again with: eccs-backup auth - and leave the e-mail address ticked.",
        )
    return address


def revoke(wire: Wire, token: str) -> None:
    """End a grant: a refresh token ends all of it. One that has ended already is fine. Raises Transient, Stop.

    https://developers.google.com/identity/protocols/oauth2/native-app#tokenrevoke
    """
    try:
        _answer(wire.send("POST", addresses().revoke, data={"token": token}))
    except Refused as error:
        if "invalid_token" not in error.codes:
            raise Transient(f"Google did not confirm (HTTP {error.status}).") from error
