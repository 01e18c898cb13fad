"""The pages of Gmail on which forwarding is set by hand and agreed to, in English and Japanese, without scripts.

Whoever opens them is signed in to every account. https://support.google.com/mail/answer/10957
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from urllib.parse import parse_qsl

from eccs_backup.rehearsal.identity.consent import language
from eccs_backup.rehearsal.ledger import World
from eccs_backup.rehearsal.mail.forwarding import DISPOSITIONS, Forwarding, NotPossible
from eccs_backup.rehearsal.mail.forwarding_methods import seen_at
from eccs_backup.rehearsal.mail.settings import Row, rows, setting
from eccs_backup.rehearsal.reply import Reply

_SETTINGS = re.compile(r"/mail/u/(?:[0-9]+/?)?")
_LINK = re.compile(r"/mail/([uv]f-[\w-]+)")
_TEXT = {
    "en": {
        "title": "Forwarding and POP/IMAP",
        "note": "This page belongs to a rehearsal on your own computer. No real account is involved.",
        "account": "Account",
        "addresses": "Forwarding addresses",
        "pending": "(pending confirmation)",
        "new": "Please enter a new forwarding email address",
        "add": "Add a forwarding address",
        "code": "Confirmation code",
        "verify": "Verify",
        "remove": "Remove address",
        "off": "Disable forwarding",
        "on": "Forward a copy of incoming mail to",
        "leaveInInbox": "keep Gmail's copy in the Inbox",
        "markRead": "mark Gmail's copy as read",
        "archive": "archive Gmail's copy",
        "trash": "delete Gmail's copy",
        "save": "Save Changes",
        "wrong": "The confirmation code is wrong.",
        "disabled": "Forwarding has been switched off by your administrator.",
        "ask": "Please confirm forwarding mail of {} to {}",
        "confirm": "Confirm",
        "confirmed": "Confirmed: {} may now forward mail to {}.",
        "cancelled": "Cancelled: {} may not forward mail to {}.",
        "void": "This link is no longer valid.",
    },
    "ja": {
        "title": "メール転送と POP/IMAP",
        "note": "これはお使いのパソコンの中だけで動く練習用の画面です。本物のアカウントは使いません。",
        "account": "アカウント",
        "addresses": "転送先アドレス",
        "pending": "（確認待ち）",
        "new": "新しい転送先メールアドレスを入力してください",
        "add": "転送先アドレスを追加",
        "code": "確認コード",
        "verify": "確認",
        "remove": "アドレスを削除",
        "off": "転送を無効にする",
        "on": "受信メールを次の宛先に転送する",
        "leaveInInbox": "Gmail のメールを受信トレイに残す",
        "markRead": "Gmail のメールを既読にする",
        "archive": "Gmail のメールをアーカイブする",
        "trash": "Gmail のメールを削除する",
        "save": "変更を保存",
        "wrong": "確認コードが正しくありません。",
        "disabled": "転送は管理者によって無効にされています。",
        "ask": "{} のメールを {} に転送することを確認してください",
        "confirm": "確認",
        "confirmed": "確認しました: {} のメールを {} に転送できます。",
        "cancelled": "取り消しました: {} のメールは {} に転送されません。",
        "void": "このリンクは無効です。",
    },
}


class ForwardingPages:
    """Answers what a browser asks for under /mail/."""

    def __init__(self, world: World, forwarding: Forwarding) -> None:
        self.world, self.forwarding = world, forwarding

    def serves(self, path: str) -> bool:
        """Whether a path is one of these pages."""
        return path.startswith("/mail/")

    def answer(self, http: str, path: str, query: str, headers: Mapping[bytes, bytes], body: bytes) -> Reply:
        """The page for a path; `authuser` names the account, `hl` the language."""
        asked = dict(parse_qsl(query, keep_blank_values=True))
        lang = language(asked, headers.get(b"accept-language", b"").decode("latin-1"))
        if found := _LINK.fullmatch(path):
            return self._link(found[1], http == "POST", lang)
        account = asked.get("authuser") or self.world.person.address
        account = self.world.person.address if account.isdecimal() else account
        if not _SETTINGS.fullmatch(path) or account not in self.world.mail:
            return _page(lang, "", 404)
        if http != "POST":
            return self._settings(account, lang)
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        try:
            problem = self._press(account, form, seen_at(headers), lang)
        except NotPossible as error:
            problem = str(error)
        return self._settings(account, lang, problem)

    def _press(self, account: str, form: Mapping[str, str], origin: str | None, lang: str) -> str:
        """Do what a button is for; what is wrong with the form, in words, or nothing."""
        button, to = form.get("button"), form.get("address", "").strip()
        if button == "add":
            self.forwarding.add_by_hand(account, to, origin)
        elif button == "verify":
            return "" if self.forwarding.confirm_code(account, to, form.get("code", "")) else _TEXT[lang]["wrong"]
        elif button == "remove":
            self.forwarding.remove(account, to)
        elif button == "save" and form.get("forwarding") == "on":
            disposition = form.get("disposition", "")
            if disposition not in DISPOSITIONS:
                raise NotPossible(disposition)
            self.forwarding.switch_on(account, to, disposition)
        elif button == "save" and form.get("forwarding") == "off":
            self.forwarding.switch_off(account)
        else:
            raise NotPossible(f"There is no such button: {button}")
        return ""

    def _link(self, token: str, pressed: bool, lang: str) -> Reply:
        """The links of a confirmation mail.

        Opening the one that agrees changes nothing before its button is pressed. The one that refuses works as soon
        as it is opened, the harder of the two ways it may be: a program that opens every link is found out by it.
        """
        text, who = _TEXT[lang], self.forwarding.asked(token)
        if who is None:
            return _page(lang, f"<p>{escape(text['void'])}</p>", 404)
        if token.startswith("uf-"):
            self.forwarding.cancel(token)
            return _page(lang, f"<p>{escape(text['cancelled'].format(*who))}</p>")
        if pressed:
            self.forwarding.confirm(token)
            return _page(lang, f"<p>{escape(text['confirmed'].format(*who))}</p>")
        inner = f"<p>{escape(text['ask'].format(*who))}</p>{_form(_button('confirm', text['confirm']))}"
        return _page(lang, inner)

    def _settings(self, account: str, lang: str, problem: str = "") -> Reply:
        text, mailbox = _TEXT[lang], self.world.mail[account]
        parts = [f"<p>{escape(text['account'])}: <b id='account'>{escape(account)}</b></p>"]
        if problem:
            parts.append(f"<p role='alert'>{escape(problem)}</p>")
        if self.forwarding.office.disabled:
            parts.append(f"<p>{escape(text['disabled'])}</p>")
        else:
            with mailbox.lock:
                held = [dict(row) for row in rows(mailbox, "forwardingAddresses")]
            parts += [f"<h2>{escape(text['addresses'])}</h2>", *(_address(row, text) for row in held), _adding(text)]
            parts.append(_choice(held, setting(mailbox, "autoForwarding"), text))
        return _page(lang, "".join(parts), 400 if problem else 200)


def _address(row: Row, text: Mapping[str, str]) -> str:
    address = escape(str(row["forwardingEmail"]))
    hidden = f'<input type="hidden" name="address" value="{address}">'
    out = f'<p class="address">{address}</p>' + _form(hidden + _button("remove", text["remove"]))
    if row.get("verificationStatus") == "accepted":
        return out
    code = f'<label>{escape(text["code"])} <input name="code" inputmode="numeric"></label>'
    return f"{out}<p>{escape(text['pending'])}</p>" + _form(hidden + code + _button("verify", text["verify"]))


def _adding(text: Mapping[str, str]) -> str:
    field = f'<label>{escape(text["new"])} <input type="email" name="address"></label>'
    return _form(field + _button("add", text["add"]))


def _choice(held: list[Row], auto: Mapping[str, object], text: Mapping[str, str]) -> str:
    accepted = [str(row["forwardingEmail"]) for row in held if row.get("verificationStatus") == "accepted"]
    on = bool(auto.get("enabled"))
    out = _radio("off", not on, text["off"])
    if accepted:
        out += _radio("on", on, text["on"])
        out += _select("address", [(address, address) for address in accepted], str(auto.get("emailAddress")))
        shown = [(name, text[name]) for name in DISPOSITIONS]
        out += _select("disposition", shown, str(auto.get("disposition")))
    return _form(out + _button("save", text["save"]))


def _radio(value: str, checked: bool, words: str) -> str:
    mark = " checked" if checked else ""
    return f'<label><input type="radio" name="forwarding" value="{value}"{mark}> {escape(words)}</label>'


def _select(name: str, choices: list[tuple[str, str]], chosen: str) -> str:
    options = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(words)}</option>'
        for value, words in choices
    )
    return f'<select name="{name}">{options}</select>'


def _form(inner: str) -> str:
    """Without an action, so that it goes to the page's own address."""
    return f'<form method="post">{inner}</form>'


def _button(name: str, words: str) -> str:
    return f'<button name="button" value="{name}">{escape(words)}</button>'


def _page(lang: str, inner: str, status: int = 200) -> Reply:
    text = _TEXT[lang]
    title = escape(text["title"])
    whole = (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><main><h1>{title}</h1><p><small>{escape(text['note'])}</small></p>{inner}</main></body></html>"
    )
    return Reply(status, whole.encode(), [(b"content-type", b"text/html; charset=UTF-8")])
