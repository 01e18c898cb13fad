"""The web addresses of signing in: consent, tokens, revocation, and who it was that signed in."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from eccs_backup.rehearsal.identity import consent
from eccs_backup.rehearsal.identity import scopes as permissions
from eccs_backup.rehearsal.identity.grants import CLIENT_ID, CODE_SECONDS, Code, Grants
from eccs_backup.rehearsal.identity.token import SERVICE_ACCOUNT, TokenDesk
from eccs_backup.rehearsal.ledger import World
from eccs_backup.rehearsal.things import Account

Query = dict[str, str]


class Desk:
    """Signing in, as a browser and a client see it."""

    def __init__(self, world: World, grants: Grants, tokens: TokenDesk) -> None:
        self.world, self.grants, self.tokens = world, grants, tokens

    def routes(self) -> list[Route]:
        """For the server's router."""
        return [
            Route("/o/oauth2/v2/auth", self.ask, methods=["GET"]),
            Route("/o/oauth2/auth", self.ask, methods=["GET"]),
            Route("/o/oauth2/v2/auth/consent", self.decide, methods=["POST"]),
            Route("/token", self.token, methods=["POST"]),
            Route("/revoke", self.revoke, methods=["POST"]),
            Route("/v1/userinfo", self.userinfo, methods=["GET"]),
        ]

    async def ask(self, request: Request) -> Response:
        """The consent page, or the page that says what is wrong with the request."""
        query = dict(request.query_params)
        lang = consent.language(query, request.headers.get("accept-language", ""))
        if problem := _problem(query):
            return _blocked(*problem, lang)
        people = [account for account in self.world.accounts.values() if account.address != SERVICE_ACCOUNT]
        return HTMLResponse(consent.page(people, query, _scopes(query), lang))

    async def decide(self, request: Request) -> Response:
        """What the person chose: back to the client with a code, or a page that stops here."""
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True)
        form = dict(pairs)
        query: Query = json.loads(form.get("request", "{}"))
        lang = consent.language(query, request.headers.get("accept-language", ""))
        if problem := _problem(query):
            return _blocked(*problem, lang)
        account = self.world.accounts.get(form.get("account", ""))
        if account is None:
            return _blocked(400, "invalid_request", lang)
        if problem := self._policy(account):
            return _blocked(*problem, lang)
        ticked = {value for name, value in pairs if name == "scope"}
        granted = tuple(scope for scope in _scopes(query) if scope in ticked or scope in permissions.SIGN_IN)
        if form.get("choice") != "continue" or not granted:
            return _back(query, {"error": "access_denied"})
        code = self._code(account, query, granted)
        prompt = query.get("prompt", "consent")
        answer = {
            "code": code,
            "scope": " ".join(granted),
            "authuser": "0",
            "hd": account.domain,
            "prompt": prompt,
        }
        return _back(query, answer)

    def _code(self, account: Account, query: Query, granted: tuple[str, ...]) -> str:
        # A refresh token comes with the first consent, later only when consent is asked for anew.
        first = not self.grants.has_granted(account.address)
        offline = query.get("access_type") == "offline" and (first or "consent" in query.get("prompt", ""))
        challenge, end = query.get("code_challenge"), self.grants.clock() + CODE_SECONDS
        code = Code(account.address, granted, query["redirect_uri"], challenge, offline, end)
        return self.grants.new_code(code)

    def _policy(self, account: Account) -> tuple[int, str] | None:
        policy = self.world.policy
        if policy.page is not None:
            return (403 if policy.page in ("org_internal", "access_denied") else 400), policy.page
        if policy.publishing == "internal" and account.domain != policy.organisation:
            return 403, "org_internal"
        if policy.publishing == "testing" and account.address not in policy.test_users:
            return 403, "access_denied"
        return None

    async def token(self, request: Request) -> Response:
        """The token endpoint."""
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        status, answer = self.tokens.answer(form, request.headers.get("authorization", ""))
        return JSONResponse(answer, status, headers={"Cache-Control": "no-store"})

    async def revoke(self, request: Request) -> Response:
        """End a grant. https://developers.google.com/identity/protocols/oauth2/native-app#tokenrevoke"""
        form = dict(parse_qsl((await request.body()).decode()))
        token = form.get("token") or request.query_params.get("token", "")
        if self.grants.revoke(token):
            return JSONResponse({})
        problem = {"error": "invalid_token", "error_description": "Token expired or revoked"}
        return JSONResponse(problem, 400)

    async def userinfo(self, request: Request) -> Response:
        """Whose token this is, for tokens that cover signing in."""
        access = self.grants.access(request.headers.get("authorization", "").removeprefix("Bearer "))
        if access is None or access.scopes.isdisjoint(permissions.SIGN_IN):
            problem = {"error": "invalid_request", "error_description": "Invalid Credentials"}
            return JSONResponse(problem, 401)
        account = self.world.accounts[access.address]
        answer: dict[str, str | bool] = {"sub": account.sub}
        if permissions.normal(["email"])[0] in access.scopes:
            answer |= {"email": account.address, "email_verified": True, "hd": account.domain}
        if permissions.normal(["profile"])[0] in access.scopes:
            answer["name"] = account.name
        return JSONResponse(answer)


def _scopes(query: Query) -> tuple[str, ...]:
    return permissions.normal(query.get("scope", "").split())


def _problem(query: Query) -> tuple[int, str] | None:
    """What is wrong with a request for consent: status and the name that Google prints on the page."""
    if query.get("client_id") != CLIENT_ID:
        return 401, "invalid_client"
    place = urlsplit(query.get("redirect_uri", ""))
    if place.scheme != "http" or place.hostname not in ("127.0.0.1", "localhost", "::1"):
        return 400, "redirect_uri_mismatch"
    if query.get("response_type") != "code":
        return 400, "invalid_request"
    if not _scopes(query) or not permissions.known().issuperset(_scopes(query)):
        return 400, "invalid_scope"
    if "code_challenge" in query and query.get("code_challenge_method") != "S256":
        return 400, "invalid_request"
    return None


def _blocked(status: int, code: str, lang: str) -> Response:
    return HTMLResponse(consent.refusal(status, code, lang), status)


def _back(query: Query, answer: dict[str, str]) -> Response:
    state = {"state": query["state"]} if "state" in query else {}
    glue = "&" if "?" in query["redirect_uri"] else "?"
    return RedirectResponse(query["redirect_uri"] + glue + urlencode(state | answer), 302)
