"""The token endpoint: codes, refresh tokens and service accounts' assertions into access tokens.

https://developers.google.com/identity/protocols/oauth2/native-app ,
https://developers.google.com/identity/protocols/oauth2/service-account
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping

from eccs_backup.rehearsal.identity import keys
from eccs_backup.rehearsal.identity import scopes as permissions
from eccs_backup.rehearsal.identity.grants import CLIENT_ID, CLIENT_SECRET, TESTING_SECONDS, Code, Grants
from eccs_backup.rehearsal.ledger import World
from eccs_backup.rehearsal.things import Account, Json

Answer = tuple[int, dict[str, Json]]
SERVICE_ACCOUNT = "rehearsal@practice-project.iam.gserviceaccount.com"
GOOGLE = "https://oauth2.googleapis.com/token"
"""The audience that google-auth writes into every assertion, wherever it sends it."""
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class TokenDesk:
    """Hands out access tokens. `url` is the server's address, which assertions have to name."""

    def __init__(self, world: World, grants: Grants, url: str) -> None:
        self.world, self.grants, self.url = world, grants, url

    def answer(self, form: Mapping[str, str], authorization: str = "") -> Answer:
        """Status and JSON for a POST to the token endpoint."""
        kind = form.get("grant_type")
        if kind == JWT_GRANT:
            return self._assertion(form.get("assertion", ""))
        id, secret = _client(form, authorization)
        if id != CLIENT_ID:
            return _error(401, "invalid_client", "The OAuth client was not found.")
        if secret != CLIENT_SECRET:
            return _error(401, "invalid_client", "The provided client secret is invalid.")
        if kind == "authorization_code":
            return self._code(form)
        if kind == "refresh_token":
            return self._refresh(form.get("refresh_token", ""))
        return _error(400, "unsupported_grant_type", f"Invalid grant_type: {kind}")

    def _code(self, form: Mapping[str, str]) -> Answer:
        code = self.grants.take_code(form.get("code", ""))
        if code is None:
            return _error(400, "invalid_grant", "Malformed auth code.")
        if form.get("redirect_uri") != code.redirect:
            return _error(400, "redirect_uri_mismatch", "Bad Request")
        if not code.proves(form.get("code_verifier")):
            problem = "Invalid" if form.get("code_verifier") else "Missing"
            return _error(400, "invalid_grant", f"{problem} code verifier.")
        answer = self._tokens(code.address, code.scopes)
        answer |= self._lasting(code)
        if "openid" in code.scopes:
            answer["id_token"] = self._identity(self.world.accounts[code.address])
        return 200, answer

    def _lasting(self, code: Code) -> dict[str, Json]:
        if not code.offline:
            return {}
        seconds = TESTING_SECONDS if self.world.policy.publishing == "testing" else None
        out: dict[str, Json] = {"refresh_token": self.grants.new_refresh(code.address, code.scopes, seconds)}
        return out if seconds is None else out | {"refresh_token_expires_in": seconds - 1}

    def _refresh(self, token: str) -> Answer:
        grant = self.grants.refresh(token)
        if grant is None:
            return _error(400, "invalid_grant", "Token has been expired or revoked.")
        return 200, self._tokens(grant.address, grant.scopes)

    def _tokens(self, address: str, scopes: Iterable[str], *, delegated: bool = False) -> dict[str, Json]:
        granted, seconds = tuple(scopes), self.world.policy.token_seconds
        token = self.grants.new_access(address, granted, seconds, delegated=delegated)
        return {
            "access_token": token,
            "expires_in": seconds,
            "scope": " ".join(granted),
            "token_type": "Bearer",
        }

    def _identity(self, account: Account) -> str:
        now = int(self.grants.clock())
        claims: dict[str, Json] = {
            "iss": "https://accounts.google.com",
            "aud": CLIENT_ID,
            "azp": CLIENT_ID,
            "sub": account.sub,
            "hd": account.domain,
            "email": account.address,
            "email_verified": True,
            "iat": now,
            "exp": now + 3600,
        }
        return keys.sign(claims)

    def _assertion(self, assertion: str) -> Answer:
        claims = keys.read(assertion)
        if claims is None or claims.get("iss") != SERVICE_ACCOUNT:
            return _error(400, "invalid_grant", "Invalid JWT Signature.")
        expires = claims.get("exp")
        if not isinstance(expires, int | float) or expires <= self.grants.clock():
            return _error(400, "invalid_grant", "Invalid JWT: Token must be a short-lived token.")
        if claims.get("aud") not in (GOOGLE, f"{self.url}/token"):
            return _error(400, "invalid_grant", "Failed audience check.")
        scopes = str(claims.get("scope") or "").split()
        if not scopes or not permissions.known().issuperset(scopes):
            return _error(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return self._delegate(claims.get("sub"), scopes)

    def _delegate(self, subject: Json, scopes: list[str]) -> Answer:
        if subject is None or subject == SERVICE_ACCOUNT:
            self.world.admit(Account(SERVICE_ACCOUNT, "rehearsal", "100000000000000000009", "0AService-Root"))
            subject = SERVICE_ACCOUNT
        elif not self.world.policy.delegated.issuperset(scopes):
            message = (
                "Client is unauthorized to retrieve access tokens using this method, or client not authorized for "
                "any of the scopes requested."
            )
            return _error(401, "unauthorized_client", message)
        elif subject not in self.world.accounts:
            return _error(400, "invalid_grant", "Invalid email or User ID")
        answer = self._tokens(str(subject), permissions.normal(scopes), delegated=subject != SERVICE_ACCOUNT)
        del answer["scope"]
        return 200, answer


def _client(form: Mapping[str, str], authorization: str) -> tuple[str, str]:
    if authorization.lower().startswith("basic "):
        try:
            id, _, secret = base64.b64decode(authorization[6:]).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return id, secret
    return form.get("client_id", ""), form.get("client_secret", "")


def _error(status: int, code: str, description: str) -> Answer:
    return status, {"error": code, "error_description": description}
