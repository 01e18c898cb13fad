"""Signing in to Google: the page in the browser, its reply, the exchange for tokens, and what was granted."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from eccs_backup.accounts import home, tokens
from eccs_backup.accounts.google import (
    REMEMBERED,
    SERVICE,
    WHO,
    GoogleTokens,
    missing,
    service_account,
    unticked,
    user_credentials,
)
from eccs_backup.accounts.google_client import Client
from eccs_backup.accounts.google_oauth import AUTH, Refused, address_of, post
from eccs_backup.accounts.google_purposes import READ, to_sign_in
from eccs_backup.accounts.google_refusals import CONNECTIONS, page_refusals, refusal
from eccs_backup.accounts.loopback import Door, door
from eccs_backup.errors import SignInNeeded, WrongAccount
from eccs_backup.http import Wire
from eccs_backup.model import Json
from eccs_backup.retry import Patience, patiently


@dataclass(frozen=True)
class Talk:
    """How a sign-in reaches the person: sentences to show, a browser to open, lines the person pastes.

    `browse` says whether it opened the page; without one the address is only shown. `seconds` is how long the
    person has.
    """

    say: Callable[[str], None]
    browse: Callable[[str], bool] | None = None
    lines: Iterator[str] | None = None
    seconds: float = 300.0


class _Question(NamedTuple):
    """The address of Google's page, and what is needed to take its reply."""

    url: str
    verifier: str
    redirect: str


def sign_in(
    client: Client,
    scopes: Sequence[str],
    talk: Talk,
    *,
    address: str | None = None,
    group: str = READ,
    wire: Wire | None = None,
    clock: Callable[[], float] = time.time,
    patience: Patience | None = None,
) -> tokens.Token:
    """Let the person sign in and agree; the sign-in is saved, and its account remembered if it is to be read.

    `address` is the account that is expected, `group` names the file that keeps the permissions.
    Raises SignInNeeded (cancelled, time ran out, a box not ticked), WrongAccount, BlockedByAdministrator, Unusable (the
    client), Transient.
    """
    wire = wire or Wire()
    state = secrets.token_urlsafe(32)
    with door(state) as at:
        question = _question(client, scopes, at.address, state, address)
        code = _code(at, question, talk, to_sign_in(group, address))
    answer = _exchange(wire, client, question, code)
    access = str(answer["access_token"])
    whose = patiently(lambda: address_of(wire, access), patience or Patience(attempts=4))
    _expect(whose, address)
    granted = str(answer.get("scope") or " ".join(scopes)).split()  # none named: all of them (RFC 6749, 5.1)
    now = clock()
    credentials = user_credentials(client, answer, now)
    return _save(tokens.Token(SERVICE, whose, group, tuple(granted), credentials, now, now), scopes)


def _question(client: Client, scopes: Sequence[str], redirect: str, state: str, address: str | None) -> _Question:
    """Google's page for these scopes, with PKCE (S256) and a state.

    https://developers.google.com/identity/protocols/oauth2/native-app
    """
    from google_auth_oauthlib.flow import Flow

    # oauthlib refuses plain http unless a process-wide variable is set: it is given Google's address, and a
    # rehearsal's takes that place afterwards. For Google itself the two are the same.
    config = {"client_id": client.id, "client_secret": client.secret, "auth_uri": AUTH, "token_uri": client.token_uri}
    flow = Flow.from_client_config(  # type: ignore[no-untyped-call]
        {"installed": config}, list(scopes), redirect_uri=redirect
    )
    hint = {"login_hint": address} if address else {}
    # A second consent brings a refresh token only when consent is asked for.
    url, _ = flow.authorization_url(state=state, prompt="consent", **hint)
    return _Question(client.auth_uri + url.removeprefix(AUTH), flow.code_verifier, redirect)


def _code(at: Door, question: _Question, talk: Talk, again: str) -> str:
    """The code that the page sends back, once the person has agreed; `again` is the command for another try."""
    _show(question.url, talk)
    reply = at.wait(talk.seconds, talk.lines, talk.say)
    if reply is None:
        talk.say(page_refusals())
        raise SignInNeeded(
            f"Nothing came back from Google within {talk.seconds:.0f} seconds.",
            hint=f"If the browser showed an error, look it up in the list above; otherwise run: {again}",
        )
    if reply.error:
        raise refusal([reply.error], "Google's page ended with an error.")
    return reply.code


def _show(url: str, talk: Talk) -> None:
    if talk.browse and talk.browse(url):
        talk.say("The browser shows Google's sign-in page. If it does not, open this address:")
    else:
        talk.say("Open this address in a browser, on this computer or on another one:")
    talk.say(f"\n{url}\n")
    if talk.lines is not None:
        talk.say(
            'If the browser ends at a page that cannot be reached ("127.0.0.1"), all is well: '
            "copy that page's address, paste it here, and press Enter."
        )


def _exchange(wire: Wire, client: Client, question: _Question, code: str) -> Mapping[str, Json]:
    """The tokens for a code.

    Not through Flow: its session would need our proxies, CAs, time limits and errors a second time, and two
    process-wide variables, one to accept fewer scopes than were asked for and one to accept loopback.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": client.id,
        "client_secret": client.secret,
        "redirect_uri": question.redirect,
        "code_verifier": question.verifier,
    }
    try:
        answer = post(wire, client.token_uri, form)
    except Refused as error:
        raise refusal(error.codes, "Google did not take the reply of its own page; it may be too old.") from error
    if not (answer.get("refresh_token") and answer.get("access_token")):
        raise SignInNeeded(
            "Google gave no lasting sign-in.",
            hint=f"Remove this program at {CONNECTIONS} , then sign in again with: eccs-backup auth",
        )
    return answer


def _expect(address: str, expected: str | None) -> None:
    # The grant is not revoked: that would also end an older sign-in of this account.
    if expected and address.lower() != expected.lower():
        raise WrongAccount(
            f"You signed in as {address}, not as {expected}.",
            hint=f"Run it again and choose {expected} on Google's page (Use another account, if it is not listed).",
        )


def _save(token: tokens.Token, scopes: Sequence[str]) -> tokens.Token:
    """Keep it if it is good for anything. Raises SignInNeeded naming what the person did not tick."""
    lacking = missing(scopes, token.scopes)
    asked = [scope for scope in scopes if scope not in WHO]
    if not asked or len(lacking) < len(asked):
        _keep(token)
    if lacking:
        raise unticked(lacking, token.group, token.address if token.group != READ else None)
    return token


def _keep(token: tokens.Token) -> None:
    """Write it down. Only a sign-in for reading becomes the account that commands read when none is named."""
    tokens.save(token)
    if token.group == READ:
        home.remember(REMEMBERED, token.address)


def use_service_account(
    file: Path,
    subject: str,
    scopes: Sequence[str],
    *,
    group: str = READ,
    wire: Wire | None = None,
    clock: Callable[[], float] = time.time,
) -> tokens.Token:
    """Let a service account act for `subject`; tried once, then remembered by the name of its file.

    The key stays where it is: the fewer copies of it, the better. Raises Unusable, BlockedByAdministrator, Transient.
    """
    service_account(file, subject, scopes)
    asked = tuple(scope for scope in scopes if scope not in WHO)
    held = {"type": "service_account", "file": str(file.resolve())}
    token = tokens.Token(SERVICE, subject, group, asked, held, clock(), clock())
    GoogleTokens(token, wire=wire, clock=clock).current()
    _keep(token)
    return token
