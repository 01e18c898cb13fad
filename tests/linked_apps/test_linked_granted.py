"""Do the answers of Drive and of the Directory become claims, and is an odd one asked for again?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from eccs_backup.errors import Transient
from eccs_backup.linked_apps.claims import Claim, Kind
from eccs_backup.linked_apps.granted import directory_tokens, drive_apps

AUTH = "https://www.googleapis.com/auth/"


def app(name: str, url: str | None, authorized: object = True, **more: object) -> dict[str, object]:
    found = {"kind": "drive#app", "id": f"id-{name}", "name": name, "installed": True, "authorized": authorized, **more}
    return found if url is None else {**found, "productUrl": url}


def test_drive_apps() -> None:
    answer = {
        "kind": "drive#appList",
        "items": [
            app("Lucidchart", "https://www.lucidchart.com/documents/new", hasDriveWideScope=True),
            app("CloudConvert", "https://chrome.google.com/webstore/detail/x"),
            app("Overleaf", "https://workspace.google.com/marketplace/app/overleaf/1"),
            app("draw.io", "https://docs.google.com/x"),
            app("Redirected", "https://www.google.com/url?q=https%3A%2F%2Fapp.example.co.jp%2F&sa=D"),
            app("Only installed", "https://www.lucidchart.com/", authorized=False),
            app("スクリプト", None),
            app("Odd", "javascript:alert(1)"),
        ],
    }
    assert list(drive_apps(answer)) == [
        Claim("Lucidchart", "lucidchart.com", Kind.GRANT, None, "app id-Lucidchart", "Lucidchart"),
        Claim("CloudConvert", "", Kind.GRANT, None, "app id-CloudConvert", "CloudConvert"),
        Claim("Overleaf", "", Kind.GRANT, None, "app id-Overleaf", "Overleaf"),
        Claim("draw.io", "draw.io", Kind.GRANT, None, "app id-draw.io", "draw.io"),
        Claim("Redirected", "example.co.jp", Kind.GRANT, None, "app id-Redirected", "Redirected"),
        Claim("スクリプト", "", Kind.GRANT, None, "app id-スクリプト", "スクリプト"),
        Claim("Odd", "", Kind.GRANT, None, "app id-Odd", "Odd"),
    ]


def token(name: object, *scopes: str, id: object = "123.apps.googleusercontent.com") -> dict[str, object]:
    return {
        "kind": "admin#directory#token", "clientId": id, "displayText": name, "anonymous": False, "nativeApp": False,
        "userKey": "1", "scopes": list(scopes),
    }  # fmt: skip


def test_directory_tokens() -> None:
    answer = {
        "kind": "admin#directory#tokenList",
        "items": [
            token("Slack", "openid", f"{AUTH}userinfo.email", f"{AUTH}userinfo.profile"),
            token("Zoom", f"{AUTH}calendar.events", f"{AUTH}userinfo.email"),
            token("claude.ai", f"{AUTH}drive.readonly"),
            token("No scopes"),
            token("", "email", id="app.example.com"),
        ],
    }
    source = "token 123.apps.googleusercontent.com"
    zoom = "Zoom: calendar.events, userinfo.email"
    assert list(directory_tokens(answer)) == [
        Claim("Slack", "", Kind.SIGN_IN, None, source, "Slack: openid, userinfo.email, userinfo.profile"),
        Claim("Zoom", "", Kind.GRANT, None, source, zoom),
        Claim("Zoom", "", Kind.SIGN_IN, None, source, zoom),
        Claim("claude.ai", "claude.ai", Kind.GRANT, None, source, "claude.ai: drive.readonly"),
        Claim("No scopes", "", Kind.GRANT, None, source, "No scopes"),
        Claim("app.example.com", "example.com", Kind.SIGN_IN, None, "token app.example.com", "app.example.com: email"),
    ]


@pytest.mark.parametrize("read", [drive_apps, directory_tokens])
def test_nothing_and_nonsense(read: Callable[[Any], Iterator[Claim]]) -> None:
    assert list(read({"kind": "list"})) == []
    assert list(read({"kind": "list", "items": []})) == []
    for answer in ({}, [], None, {"items": {}}, {"items": ["x"]}, {"items": [{}]}, {"items": "x"}):
        with pytest.raises(Transient, match="made no sense"):
            list(read(answer))


@pytest.mark.parametrize(
    "item",
    [app("", "x"), app("A", "x", authorized="yes"), app("A", "x", id=7), {**app("A", None), "productUrl": ["x"]}],
)
def test_odd_apps(item: dict[str, object]) -> None:
    with pytest.raises(Transient, match="made no sense"):
        list(drive_apps({"items": [item]}))


@pytest.mark.parametrize(
    "item", [token(7), token("A", id=""), {**token("A"), "scopes": "openid"}, {**token("A"), "scopes": [1]}]
)
def test_odd_tokens(item: dict[str, object]) -> None:
    with pytest.raises(Transient, match="made no sense"):
        list(directory_tokens({"items": [item]}))
