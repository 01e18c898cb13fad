"""What Google's interfaces tell of apps that may use an account: Drive's apps, and tokens that administrators see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eccs_backup.errors import Transient
from eccs_backup.linked_apps import hosts
from eccs_backup.linked_apps.claims import Claim, Kind

Answer = dict[str, Any]
SCOPES = "https://www.googleapis.com/auth/"
SIGN_IN = frozenset(("openid", "email", "profile", f"{SCOPES}userinfo.email", f"{SCOPES}userinfo.profile"))
"""Scopes that tell who somebody is, and nothing else. https://developers.google.com/identity/protocols/oauth2/scopes"""


def drive_apps(answer: Answer) -> Iterator[Claim]:
    """Apps that may use the person's Drive, of an answer of `apps.list`.

    Only those with `authorized`; the others are merely installed. https://developers.google.com/workspace/drive/api/reference/rest/v3/apps
    Raises Transient when the answer makes no sense.
    """
    for app in _items(answer):
        name, id = _word(app, "name"), _word(app, "id")
        allowed, address = app.get("authorized", False), app.get("productUrl") or ""
        _must(isinstance(allowed, bool) and isinstance(address, str), "an app of odd types")
        if allowed:
            yield Claim(name, hosts.third_party(address) or hosts.of_name(name), Kind.GRANT, None, f"app {id}", name)


def directory_tokens(answer: Answer) -> Iterator[Claim]:
    """Apps that hold a token of the person's, of an answer of the Directory's `tokens.list`.

    A token with nothing but the scopes of a sign-in is one; any other is a grant, and a sign-in as well when it has
    those scopes too. https://developers.google.com/workspace/admin/directory/reference/rest/v1/tokens
    Raises Transient when the answer makes no sense.
    """
    for token in _items(answer):
        id, name = _word(token, "clientId"), token.get("displayText") or ""
        scopes = token.get("scopes") or []
        _must(isinstance(name, str), "a name that is none")
        _must(isinstance(scopes, list) and all(isinstance(each, str) for each in scopes), "scopes that are none")
        domain = hosts.of_name(name) or hosts.of_name(id)
        quote = f"{name or id}: {', '.join(each.removeprefix(SCOPES) for each in scopes)}" if scopes else name or id
        for kind in _kinds(scopes):
            yield Claim(name or id, domain, kind, None, f"token {id}", quote)


def _kinds(scopes: list[str]) -> Iterator[Kind]:
    if not scopes or set(scopes) - SIGN_IN:
        yield Kind.GRANT
    if set(scopes) & SIGN_IN:
        yield Kind.SIGN_IN


def _items(answer: Answer) -> list[Answer]:
    _must(isinstance(answer, dict), "no object")
    items = answer.get("items")
    if items is None:  # nothing is told by a list that is missing
        _must("kind" in answer, "no list")
        return []
    _must(isinstance(items, list) and all(isinstance(each, dict) for each in items), "no list")
    return items  # type: ignore[no-any-return]


def _word(answer: Answer, name: str) -> str:
    value = answer.get(name)
    _must(isinstance(value, str) and value, f"no {name}")
    return str(value)


def _must(holds: object, what: str) -> None:
    if not holds:
        raise Transient(f"Google's answer made no sense ({what}).")
