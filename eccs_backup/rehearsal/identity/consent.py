"""The pages that a browser shows: the consent page and its refusals, in English and Japanese, without scripts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape

from eccs_backup.rehearsal.identity import scopes as permissions
from eccs_backup.rehearsal.things import Account

CLIENT_NAME = "ECCS Backup (rehearsal)"
_STYLE = (
    "body{font:16px/1.6 system-ui,sans-serif;background:#eef1f4;color:#1c2024;margin:0;padding:2rem}"
    "main{max-width:36rem;margin:auto;background:#fff;border-radius:12px;padding:2rem;border:1px solid #ccd3da}"
    "fieldset{border:1px solid #ccd3da;border-radius:8px;margin:1rem 0}label{display:block;padding:.3rem}"
    "button{font:inherit;padding:.5rem 1.4rem;border-radius:99px;border:1px solid #1a56b0;margin-right:.5rem}"
    "button.go{background:#1a56b0;color:#fff}small{color:#5a646e}:focus-visible{outline:3px solid #f0a000}"
)
_TEXT = {
    "en": {
        "title": "Practice sign-in",
        "wants": "{} wants to access your practice account",
        "account": "Choose an account",
        "boxes": "Select what {} may access",
        "note": "This page belongs to a rehearsal on your own computer. No real account is involved. "
        "As on the real page, no box is ticked to begin with.",
        "go": "Continue",
        "stop": "Cancel",
        "blocked": "Access blocked",
    },
    "ja": {
        "title": "練習用ログイン",
        "wants": "{} が練習用アカウントへのアクセスを求めています",
        "account": "アカウントの選択",
        "boxes": "{} に許可する内容を選択してください",
        "note": "これはお使いのパソコンの中だけで動く練習用の画面です。本物のアカウントは使いません。"
        "本物の画面と同じく、最初はどの項目にもチェックが入っていません。",
        "go": "続行",
        "stop": "キャンセル",
        "blocked": "アクセスがブロックされました",
    },
}
_REFUSALS = {
    "access_denied": (
        "The app is being tested, and this account is not one of its testers.",
        "アプリはテスト中で、このアカウントはテスト対象に登録されていません。",
    ),
    "org_internal": (
        "The app is open only to accounts of the organisation that made it.",
        "このアプリは作成した組織のアカウントだけが使えます。",
    ),
    "admin_policy_enforced": (
        "The administrator of your organisation does not allow this access.",
        "組織の管理者がこのアクセスを許可していません。",
    ),
    "access_not_configured": (
        "Your school has not yet decided about this app.",
        "学校の管理者がこのアプリをまだ設定していません。",
    ),
    "invalid_scope": (
        "The app asked for a permission that cannot be given.",
        "許可できない権限が要求されました。",
    ),
    "redirect_uri_mismatch": (
        "The app's return address is not one that it may use.",
        "アプリの戻り先アドレスが登録されたものと異なります。",
    ),
    "invalid_client": (
        "The app is not known here.",
        "このアプリ (クライアント) は登録されていません。",
    ),
    "invalid_request": (
        "The app's request was not in order.",
        "アプリからの要求に誤りがあります。",
    ),
}


def language(query: Mapping[str, str], accept: str) -> str:
    """`ja` or `en`: the parameter `hl` first, then the browser's languages."""
    first = query.get("hl") or accept.split(",")[0]
    return "ja" if first.strip().lower().startswith("ja") else "en"


def page(accounts: Iterable[Account], query: Mapping[str, str], scopes: Iterable[str], lang: str) -> str:
    """The consent page. `query` travels along in a hidden field."""
    text = _TEXT[lang]
    hint = query.get("login_hint", "")
    people = list(accounts)
    chosen = hint if hint in {person.address for person in people} else people[0].address
    rows = "".join(_account(person, person.address == chosen) for person in people)
    boxes = "".join(_box(scope, lang) for scope in scopes if scope not in permissions.SIGN_IN)
    return _whole(
        lang,
        text["title"],
        f"<h1>{escape(text['wants'].format(CLIENT_NAME))}</h1><p><small>{escape(text['note'])}</small></p>"
        '<form method="post" action="/o/oauth2/v2/auth/consent">'
        f'<input type="hidden" name="request" value="{escape(json.dumps(dict(query)))}">'
        f"<fieldset><legend>{escape(text['account'])}</legend>{rows}</fieldset>"
        f"<fieldset><legend>{escape(text['boxes'].format(CLIENT_NAME))}</legend>{boxes}</fieldset>"
        f'<button class="go" name="choice" value="continue">{escape(text["go"])}</button>'
        f'<button name="choice" value="cancel">{escape(text["stop"])}</button></form>',
    )


def refusal(status: int, code: str, lang: str) -> str:
    """A page that ends in the browser: the app is never told. `code` is the name Google prints on it."""
    text = _REFUSALS.get(code, _REFUSALS["invalid_request"])[lang == "ja"]
    title = _TEXT[lang]["blocked"]
    inner = f"<h1>{escape(title)}</h1><p>{escape(text)}</p><p>Error {status}: {escape(code)}</p>"
    return _whole(lang, title, inner)


def _account(person: Account, chosen: bool) -> str:
    mark = " checked" if chosen else ""
    radio = f'<input type="radio" name="account" value="{escape(person.address)}"{mark}>'
    return f"<label>{radio} {escape(person.name)} <small>{escape(person.address)}</small></label>"


def _box(scope: str, lang: str) -> str:
    box = f'<input type="checkbox" name="scope" value="{escape(scope)}">'
    return f"<label>{box} {escape(permissions.words(scope, lang == 'ja'))}</label>"


def _whole(lang: str, title: str, inner: str) -> str:
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
    )
    return f'<!doctype html><html lang="{lang}"><head>{head}</head><body><main>{inner}</main></body></html>'
