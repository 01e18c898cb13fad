"""The apps that the student let into the account: as Drive lists them, and as an administrator sees their tokens."""

from __future__ import annotations

from eccs_backup.rehearsal.cast import STUDENT
from eccs_backup.rehearsal.things import Json

Row = dict[str, Json]
_AUTH = "https://www.googleapis.com/auth/"
_LISTING = "https://workspace.google.com/marketplace/app/"
_STORE = "https://chrome.google.com/webstore/detail/"
_WHO = ("openid", _AUTH + "userinfo.email", _AUTH + "userinfo.profile")


def student_apps() -> list[Row]:
    """What `drive.apps.list` answers. https://developers.google.com/workspace/drive/api/reference/rest/v3/apps"""
    return [
        _app("100000000001", "draw.io", _LISTING + "drawio/671128082532", "application/vnd.jgraph.mxfile"),
        _app("100000000002", "Overleaf", _LISTING + "overleaf/100000000002", whole=True),
        _app("100000000003", "ノート共有 <b>Pro</b>", _LISTING + "note_share/100000000003"),
        _app(
            "100000000004", "DocHub – PDF に署名", _STORE + "dochub/mjgcgnfikekladnkhnimljcalfibijha", "application/pdf"
        ),
        _app("100000000005", "CloudConvert", _LISTING + "cloudconvert/100000000005", authorized=False),
        _app("100000000006", "Zoom for Google Workspace", _LISTING + "zoom/364750910244", installed=False),
        _app("100000000007", "マインドマップ 作成", _LISTING + "mindmap/100000000007"),
        _app("100000000008", "Slack", "", whole=True, installed=False),
    ]


def student_tokens() -> list[Row]:
    """What `directory.tokens.list` answers of the student.

    https://developers.google.com/workspace/admin/directory/reference/rest/v1/tokens
    """
    drive, mail = _AUTH + "drive", "https://mail.google.com/"
    return [
        _token("Overleaf", "100000000002", *_WHO, _AUTH + "drive.readonly"),
        _token("Zoom", "100000000006", *_WHO, _AUTH + "calendar.events"),
        _token("Notion", "100000000011", *_WHO),
        _token("Slack", "100000000008", *_WHO, drive),
        _token("ノート共有 <b>Pro</b>", "100000000003", *_WHO, _AUTH + "drive.file"),
        _token("Mozilla Thunderbird Email", "100000000012", mail, native=True),
        _token("iOS", "100000000013", mail, _AUTH + "calendar", native=True),
        _token("old-lab-server.example.ac.jp", "old-lab-server.example.ac.jp", "https://www.google.com/calendar/feeds/",
               anonymous=True),
    ]  # fmt: skip


def _app(
    id: str, name: str, url: str, *kinds: str, authorized: bool = True, installed: bool = True, whole: bool = False
) -> Row:
    row: Row = {
        "kind": "drive#app",
        "id": id,
        "name": name,
        "productId": id,
        "authorized": authorized,
        "installed": installed,
        "hasDriveWideScope": whole,
        "supportsCreate": bool(kinds),
        "supportsImport": False,
        "supportsMultiOpen": False,
        "useByDefault": False,
    }
    return row | ({"productUrl": url} if url else {}) | ({"primaryMimeTypes": [*kinds]} if kinds else {})


def _token(name: str, client: str, *scopes: str, native: bool = False, anonymous: bool = False) -> Row:
    return {
        "kind": "admin#directory#token",
        "etag": f'"practice/{client}"',
        "clientId": client if anonymous else f"{client}.apps.googleusercontent.com",
        "displayText": name,
        "scopes": [*scopes],
        "anonymous": anonymous,
        "nativeApp": native,
        "userKey": STUDENT.sub,
    }
