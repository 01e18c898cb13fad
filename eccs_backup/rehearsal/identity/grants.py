"""Who granted what to the practice client: codes, refresh tokens and access tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

CLIENT_ID = "777000777000-rehearsal.apps.googleusercontent.com"
CLIENT_SECRET = "GOCSPX-only-for-practice"
TESTING_SECONDS = 7 * 24 * 3600
"""Life of a refresh token while the client is in testing. https://support.google.com/cloud/answer/15549945"""
CODE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token stands for. `expires` in seconds of the grants' clock."""

    address: str
    scopes: frozenset[str]
    expires: float
    delegated: bool = False
    """A service account's, which acts for the person with domain-wide authority."""


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code and the conditions of its exchange."""

    address: str
    scopes: tuple[str, ...]
    redirect: str
    challenge: str | None
    offline: bool
    expires: float

    def proves(self, verifier: str | None) -> bool:
        """Whether the PKCE verifier fits the challenge (S256). RFC 7636, 4.6"""
        if self.challenge is None:
            return True
        if not verifier:
            return False
        digest = hashlib.sha256(verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.challenge


@dataclass(frozen=True, slots=True)
class Refresh:
    """A refresh token's grant."""

    address: str
    scopes: tuple[str, ...]
    expires: float | None


@dataclass(slots=True)
class Grants:
    """Every token that lives. Time is in seconds of `clock`."""

    clock: Callable[[], float] = time.time
    codes: dict[str, Code] = field(default_factory=dict)
    refreshes: dict[str, Refresh] = field(default_factory=dict)
    accesses: dict[str, Access] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def access(self, token: str) -> Access | None:
        """The grant behind an access token that is still good."""
        known = self.accesses.get(token)
        return known if known is not None and known.expires > self.clock() else None

    def new_access(self, address: str, scopes: Iterable[str], seconds: float = 3599, *, delegated: bool = False) -> str:
        """A new access token."""
        token = "ya29.rehearsal-" + secrets.token_urlsafe(32)
        with self.lock:
            self.accesses[token] = Access(address, frozenset(scopes), self.clock() + seconds, delegated)
        return token

    def new_refresh(self, address: str, scopes: Iterable[str], seconds: float | None = None) -> str:
        """A new refresh token, which ends after `seconds` if that is given."""
        token = "1//rehearsal-" + secrets.token_urlsafe(32)
        with self.lock:
            end = None if seconds is None else self.clock() + seconds
            self.refreshes[token] = Refresh(address, tuple(scopes), end)
        return token

    def refresh(self, token: str) -> Refresh | None:
        """The grant behind a refresh token that is still good."""
        known = self.refreshes.get(token)
        if known is None or (known.expires is not None and known.expires <= self.clock()):
            return None
        return known

    def new_code(self, code: Code) -> str:
        """A new authorization code."""
        name = "4/0rehearsal-" + secrets.token_urlsafe(24)
        with self.lock:
            self.codes[name] = code
        return name

    def take_code(self, name: str) -> Code | None:
        """The code's conditions; it is used up by this, whatever comes of it."""
        with self.lock:
            code = self.codes.pop(name, None)
        return code if code is not None and code.expires > self.clock() else None

    def has_granted(self, address: str) -> bool:
        """Whether this person has a live grant to the client."""
        return any(self.refresh(token) and one.address == address for token, one in list(self.refreshes.items()))

    def revoke(self, token: str) -> bool:
        """End a grant by one of its tokens; False when the token is unknown."""
        with self.lock:
            if token in self.refreshes:
                address = self.refreshes.pop(token).address
                self.accesses = {name: one for name, one in self.accesses.items() if one.address != address}
                return True
            known = self.accesses.pop(token, None)
            if known is not None:
                self.refreshes = {name: one for name, one in self.refreshes.items() if one.address != known.address}
            return known is not None

    def expire(self, token: str) -> None:
        """End one access token now."""
        with self.lock:
            self.accesses.pop(token, None)

    def expire_all(self) -> None:
        """End every access token now; refresh tokens go on."""
        with self.lock:
            self.accesses = {}

    def revoke_all(self) -> None:
        """End every grant: what a person does at myaccount.google.com/connections."""
        with self.lock:
            self.refreshes, self.accesses, self.codes = {}, {}, {}
