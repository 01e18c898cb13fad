"""Signed-in Google accounts: which permissions there are, and access tokens that stay fresh."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol, cast

from eccs_backup.accounts import home, tokens
from eccs_backup.accounts.google_client import Client, read_json
from eccs_backup.accounts.google_oauth import Refused, checked, post
from eccs_backup.accounts.google_purposes import (
    ALL_MAIL,
    APPS,
    INSERT,
    LABELS,
    PURPOSES,
    READ,
    READ_MAIL,
    SEND,
    SETTINGS,
    SHARING,
    TOKENS,
    to_sign_in,
)
from eccs_backup.accounts.google_refusals import ended, refusal, service_account_refused
from eccs_backup.errors import SignInNeeded, Stop, Transient, Unusable
from eccs_backup.http import Wire
from eccs_backup.model import Json

SERVICE = "google"
REMEMBERED = "google account"
"""The setting that holds the address of the last sign-in."""
WHO = ("openid", "https://www.googleapis.com/auth/userinfo.email")
"""Sign-in scopes, by the names Google answers with: they tell whose account it is and are no separate ticks."""
DRIVE = "https://www.googleapis.com/auth/drive.readonly"
MAIL = READ_MAIL
SCOPES: Mapping[str, tuple[str, ...]] = {"drive": (*WHO, DRIVE), "mail": (*WHO, MAIL)}
"""Source -> the least scopes it needs."""


class Credentials(Protocol):
    """What we use of google.auth's credentials, a person's or a service account's.

    google.auth itself costs a tenth of a second, and is loaded when there are credentials.
    """

    token: str | None
    expiry: datetime | None

    @property
    def valid(self) -> bool:
        """Whether the token is there and good for some minutes."""

    def refresh(self, request: Callable[..., object]) -> None:
        """Get a new token through `request`."""


class Permission(NamedTuple):
    """A scope as Google's page words it, and what it is for."""

    words: str
    use: str


PERMISSIONS: Mapping[str, Permission] = {
    APPS: Permission("View your Google Drive apps", "seeing which apps are connected to Drive (linked-apps)"),
    TOKENS: Permission("Manage data access permissions for users on your domain", "listing a person's apps"),
    SETTINGS: Permission("See and change your Gmail settings and filters", "a forwarding filter or a vacation reply"),
    SHARING: Permission("Manage your sensitive mail settings, including who can manage your mail", "forwarding"),
    SEND: Permission("Send email on your behalf", "a test message (forward --test)"),
    DRIVE: Permission("See and download all your Google Drive files", "saving Drive (drive-export)"),
    MAIL: Permission("View your email messages and settings", "saving mail (mail-export)"),
    ALL_MAIL: Permission("Read, write, send and delete all your email", "fetching mail quickly by IMAP (mail-export)"),
    INSERT: Permission("Add emails into your Gmail mailbox", "putting saved mail into an account (mail-restore)"),
    LABELS: Permission("See and edit your email labels", "making the labels of saved mail (mail-restore)"),
}


def missing(scopes: Sequence[str], granted: Sequence[str]) -> list[str]:
    """The scopes that were asked for and not given; the sign-in scopes are not counted."""
    return [scope for scope in scopes if scope not in granted and scope not in WHO]


def everything_read() -> list[str]:
    """The scopes of every source, each once."""
    return list(dict.fromkeys(scope for needed in SCOPES.values() for scope in needed))


def asked_for(group: str) -> list[str]:
    """The scopes that a sign-in asks for: all that only read, or those of one purpose and nothing else."""
    return everything_read() if group == READ else [*WHO, *PURPOSES[group].scopes]


def unticked(scopes: Sequence[str], group: str = READ, address: str | None = None) -> SignInNeeded:
    """The error for permissions that were not given: each in the words of Google's page, and what needs it."""
    named = [PERMISSIONS.get(scope, Permission(scope, "this command")) for scope in scopes]
    boxes = "; ".join(f'"{permission.words}", which is needed for {permission.use}' for permission in named)
    return SignInNeeded(
        f"The permission {boxes}, was not given.",
        hint=f"Sign in again with: {to_sign_in(group, address)} - and tick every box on Google's page.",
    )


def saved(address: str | None = None, group: str = READ) -> tokens.Token:
    """The sign-in of that account, or of the remembered one, for that group of permissions.

    Raises SignInNeeded when there is none, Unusable.
    """
    chosen = address or home.settings().get(REMEMBERED)
    if isinstance(chosen, str):
        if token := tokens.load(SERVICE, chosen, group):
            return token
        hint = f"Sign in with: {to_sign_in(group, chosen)}"
        purpose = f" (for {PURPOSES[group].words})" if group in PURPOSES else ""
        raise SignInNeeded(f"No sign-in to Google is saved for {chosen}{purpose}.", hint=hint)
    if len(found := [token for token in tokens.every(SERVICE) if token.group == group]) == 1:
        return found[0]
    raise SignInNeeded("You are not signed in to Google.", hint=f"Sign in with: {to_sign_in(group)}")


def is_saved(address: str | None, group: str) -> bool:
    """Whether there is a sign-in for that group of permissions. Raises SignInNeeded when it is damaged, Unusable."""
    try:
        saved(address, group)
    except SignInNeeded:
        return False
    return True


def is_delegated(address: str | None, group: str) -> bool:
    """Whether a service account acts for that account in that group of permissions. Raises like `is_saved`."""
    return is_saved(address, group) and saved(address, group).credentials.get("type") == "service_account"


def account(
    address: str | None, scopes: Sequence[str], *, group: str = READ, clock: Callable[[], float] = time.time
) -> tuple[GoogleTokens, str]:
    """The tokens and the address of a signed-in account: the one named, or the one that signed in last to be read.

    `group` says what for: READ, or a purpose of PURPOSES. Asks the service nothing. Raises SignInNeeded when nobody
    is signed in or a scope was not given, Unusable.
    """
    token = saved(address, group)
    if lacking := missing(scopes, token.scopes):
        raise unticked(lacking, group, token.address)
    return GoogleTokens(token, clock=clock), token.address


class GoogleTokens:
    """Access tokens of one account, for all threads: refreshed by one of them, kept on the disk for the next run."""

    def __init__(
        self, token: tokens.Token, *, wire: Wire | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._saved = token
        self._wire = wire or Wire()
        self._clock = clock
        self._credentials = _credentials(token)
        self._lock = threading.Lock()
        self._ended: Stop | None = None

    def current(self) -> str:
        """An access token good for the next minutes. Raises SignInNeeded, Transient, Stop."""
        with self._lock:
            if not self._credentials.valid:
                self._refresh()
            return str(self._credentials.token)

    def renew(self, stale: str) -> str:
        """A token to use instead of `stale`; fetched only when no other thread has. Raises like `current`."""
        with self._lock:
            if self._credentials.token == stale:
                self._refresh()
            return str(self._credentials.token)

    def refresh(self) -> str:
        """A new token although the old one may still be good, to see that the sign-in works. Raises like `current`."""
        with self._lock:
            self._refresh()
            return str(self._credentials.token)

    def _refresh(self) -> None:
        from google.auth.exceptions import GoogleAuthError

        if self._ended:
            raise self._ended  # every thread learns it, and the service is asked only once
        try:
            self._credentials.refresh(self._ask)
        except Refused as error:
            self._ended = self._why(error)
            raise self._ended from error
        except (GoogleAuthError, ValueError) as error:  # ValueError: an expires_in that is no number
            raise Transient("Google's answer to our sign-in was incomplete.") from error
        self._saved = tokens.refreshed(self._saved, _kept(self._saved, self._credentials), self._clock())

    def _why(self, error: Refused) -> Stop:
        kind = self._saved.credentials["type"]
        if kind == "service_account":
            return service_account_refused(error.codes, self._saved.address)
        if error.codes == ["invalid_grant"]:
            again = to_sign_in(self._saved.group, self._saved.address if self._saved.group != READ else None)
            return ended(self._saved.consented, self._saved.worked, self._clock(), again)
        return refusal(error.codes, "Google did not renew this sign-in.")

    def _ask(self, url: str, method: str = "POST", body: bytes = b"", **more: object) -> _Answer:
        """What google.auth calls a Request, over our wire: proxies, CAs and time limits are the same everywhere.

        google.auth's own closes the session it was given, and repeats refusals after pauses of its own.
        """
        return _Answer(200, {}, json.dumps(post(self._wire, url, body)).encode())


class _Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    data: bytes


def _credentials(token: tokens.Token) -> Credentials:
    if token.credentials.get("type") == "service_account":
        return service_account(Path(token.credentials["file"]), token.address, token.scopes)
    from google.oauth2.credentials import Credentials as UserCredentials

    held = token.credentials
    expiry = datetime.fromisoformat(held["expiry"]) if held.get("expiry") else None
    user = UserCredentials(  # type: ignore[no-untyped-call]
        token=held.get("token") if expiry else None,
        refresh_token=held["refresh_token"],
        token_uri=checked(held["token_uri"], "The saved sign-in"),
        client_id=held["client_id"],
        client_secret=held["client_secret"],
        expiry=expiry,
    )
    return cast(Credentials, user)


def service_account(file: Path, subject: str, scopes: Sequence[str]) -> Credentials:
    """Credentials that act for `subject` by delegation to the whole organisation. Raises Unusable.

    https://developers.google.com/identity/protocols/oauth2/service-account#delegatingauthority
    """
    from google.oauth2.service_account import Credentials as ServiceCredentials

    key = read_json(file)
    hint = "Download a JSON key at https://console.cloud.google.com/iam-admin/serviceaccounts and name it."
    if key.get("type") != "service_account":
        raise Unusable(f"{file} is not the key of a service account.", hint=hint)
    checked(str(key.get("token_uri")), str(file))
    try:
        found = ServiceCredentials.from_service_account_info(  # type: ignore[no-untyped-call]
            key, scopes=[scope for scope in scopes if scope not in WHO], subject=subject
        )
        # google-auth names Google's own token address as the audience, whatever the key says.
        return cast(Credentials, found.with_claims({"aud": key["token_uri"]}))
    except ValueError as error:
        raise Unusable(f"{file} is damaged.", hint=hint) from error


def _kept(token: tokens.Token, credentials: Credentials) -> Mapping[str, str]:
    """What is written down after a refresh. A service account needs nothing but its key."""
    if token.credentials["type"] == "service_account":
        return token.credentials
    expiry = credentials.expiry.isoformat() if credentials.expiry else ""
    return {**token.credentials, "token": str(credentials.token), "expiry": expiry}


def user_credentials(client: Client, answer: Mapping[str, Json], now: float) -> dict[str, str]:
    """What is written down of a new sign-in: Google's authorized-user form, and the first access token."""
    seconds = answer.get("expires_in")
    return {
        "type": "authorized_user",
        "client_id": client.id,
        "client_secret": client.secret,
        "token_uri": client.token_uri,
        "refresh_token": str(answer.get("refresh_token") or ""),
        "token": str(answer.get("access_token") or ""),
        "expiry": _expiry(float(seconds), now) if isinstance(seconds, int | float) else "",
    }


def _expiry(seconds: float, now: float) -> str:
    """UTC without a zone, as google.auth has it."""
    return datetime.fromtimestamp(now + seconds, UTC).replace(tzinfo=None).isoformat()
