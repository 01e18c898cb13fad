"""The permissions an app can ask for: which exist, which are plain sign-in, and how the consent page words them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

_APIS = (
    *("drive.v3", "gmail.v1", "calendar.v3", "people.v1", "tasks.v1", "forms.v1", "classroom.v1", "chat.v1"),
    *("meet.v2", "script.v1", "blogger.v3", "youtube.v3", "admin.directory_v1"),
)
_LONG = {
    "email": "https://www.googleapis.com/auth/userinfo.email",
    "profile": "https://www.googleapis.com/auth/userinfo.profile",
}
SIGN_IN = frozenset({"openid", *_LONG.values()})
WORDS = {
    "drive": (
        "See, edit, create and delete all of your Google Drive files",
        "Google ドライブのすべてのファイルの表示、編集、作成、削除",
    ),
    "drive.readonly": (
        "See and download all your Google Drive files",
        "Google ドライブのすべてのファイルの表示とダウンロード",
    ),
    "drive.apps.readonly": (
        "View your Google Drive apps",
        "Google ドライブのアプリの表示",
    ),
    "admin.directory.user.security": (
        "Manage data access permissions for users on your domain",
        "ドメインのユーザーのデータアクセス権限の管理",
    ),
    "drive.metadata.readonly": (
        "See information about your Drive files",
        "ドライブのファイルに関する情報の表示",
    ),
    "gmail.readonly": (
        "View your email messages and settings",
        "メールのメッセージと設定の表示",
    ),
    "gmail.insert": (
        "Add emails into your Gmail mailbox",
        "Gmail のメールボックスへのメールの追加",
    ),
    "gmail.labels": (
        "See and edit your email labels",
        "メールのラベルの表示と編集",
    ),
    "gmail.modify": (
        "Read, compose and send emails from your Gmail account",
        "Gmail アカウントのメールの閲覧、作成、送信",
    ),
    "gmail.send": (
        "Send email on your behalf",
        "ユーザーに代わってのメールの送信",
    ),
    "gmail.settings.basic": (
        "See and change your Gmail settings and filters",
        "Gmail の設定とフィルタの表示と変更",
    ),
    "gmail.settings.sharing": (
        "Manage your sensitive mail settings, including who can manage your mail",
        "メールの重要な設定の管理（メールを管理できるユーザーの設定など）",
    ),
    "https://mail.google.com/": (
        "Read, write, send and delete all your email",
        "すべてのメールの閲覧、作成、送信、削除",
    ),
    "calendar.readonly": (
        "See your calendars",
        "カレンダーの表示",
    ),
    "contacts.readonly": (
        "See and download your contacts",
        "連絡先の表示とダウンロード",
    ),
    "tasks.readonly": (
        "View your tasks",
        "ToDo リストの表示",
    ),
}


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """Every permission that the APIs' discovery documents name, and those of signing in."""
    found = set(SIGN_IN)
    folder = files("googleapiclient") / "discovery_cache" / "documents"
    for api in _APIS:
        document = json.loads((folder / f"{api}.json").read_text(encoding="utf-8"))
        found |= set(document.get("auth", {}).get("oauth2", {}).get("scopes", ()))
    return frozenset(found)


def normal(scopes: Iterable[str]) -> tuple[str, ...]:
    """As Google writes them back: `email` and `profile` in their long form, each once, in the order asked."""
    return tuple(dict.fromkeys(_LONG.get(scope, scope) for scope in scopes))


def words(scope: str, japanese: bool) -> str:
    """What the page says of a permission."""
    short = scope.removeprefix("https://www.googleapis.com/auth/")
    return WORDS.get(short, (short, short))[japanese]
