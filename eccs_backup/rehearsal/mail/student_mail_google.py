"""Google's own alerts in the student's mailbox, of both templates, and forgeries of such mails."""

from __future__ import annotations

from collections.abc import Iterator

from eccs_backup.rehearsal.mail.student_mail_making import Letter
from eccs_backup.rehearsal.mail.student_mail_senders import UPDATES, Sender
from eccs_backup.rehearsal.mail.student_mail_senders import service_letter as said

_GOOGLE = Sender("Google", "no-reply@accounts.google.com", ("accounts.google.com",), "g@gaia.bounces.google.com")
_PHISH = Sender("Amazon.co.jp", "account-update@amazon.co.jp", (), policy="NONE", forged=True)
_PHISH_GOOGLE = Sender("Google", "no-reply@accounts.google.com", (), policy="QUARANTINE", forged=True)
_LOOKALIKE = Sender("楽天市場", "info@rakuten-co-jp.example", ("rakuten-co-jp.example",), policy="NONE")
_ALERT, _ALERT_JA = "Security alert", "セキュリティ通知"
_EN = (
    "\nIf you did not grant access, you should check this activity and secure your account.\nCheck activity\n"
    "You can also see security activity at\nhttps://myaccount.google.com/notifications\n"
    "You received this email to let you know about important changes to your Google Account and services."
)
_JA = (
    "\nこのアクセスを許可していない場合は、アクティビティを確認し、アカウントを保護してください。\nアクティビティを確認\n"
    "このメールは、Google アカウントやサービスの重要な変更についてお知らせするものです。"
)


def google_letters() -> Iterator[Letter]:
    """Access that was granted, other alerts, and forgeries."""
    yield from _granted()
    yield from _other()
    yield from _forged()


def _granted() -> Iterator[Letter]:
    yield said(
        "GrantedOverleaf", _GOOGLE, 831, _ALERT,
        "Overleaf was granted access to your Google Account {me}" + _EN, "access granted, old template, English",
    )  # fmt: skip
    yield said(
        "GrantedZoom", _GOOGLE, 1002, _ALERT_JA,
        "Zoom に Google アカウント {me} へのアクセスが許可されました" + _JA,
        "access granted, old template, Japanese (the real wording is not known)",
    )  # fmt: skip
    yield said(
        "GrantedHtml", _GOOGLE, 1400, _ALERT,
        "ノート共有 <b>Pro</b> was granted access to your Google Account {me}" + _EN,
        "access granted to an app with HTML in its name",
    )  # fmt: skip
    yield said(
        "AllowedNotion", _GOOGLE, 2030, _ALERT,
        "You allowed Notion access to some of your Google Account data\n{me}" + _EN,
        "access granted, new template, English",
    )  # fmt: skip
    yield said(
        "AllowedSlack", _GOOGLE, 2040, _ALERT_JA,
        "あなたは Slack に Google アカウントのデータの一部へのアクセスを許可しました\n{me}" + _JA,
        "access granted, new template, Japanese",
    )  # fmt: skip


def _other() -> Iterator[Letter]:
    yield said(
        "GoogleDevice", _GOOGLE, 1500, _ALERT_JA,
        "Windows での新しいログイン\n{me}\nGoogle アカウントへの新しいログインが検出されました。" + _JA,
        "the same subject, but a new device",
    )  # fmt: skip
    yield said(
        "GoogleCritical", _GOOGLE, 1510, "重大なセキュリティ通知",
        "不審なログインをブロックしました\n{me}\n誰かがあなたのパスワードを使用してログインしようとしました。",
        "a critical alert: no app",
    )  # fmt: skip


def _forged() -> Iterator[Letter]:
    yield said(
        "Phish", _PHISH, 1520, "【重要】Amazonアカウントの登録完了のお知らせ",
        "お客様のアカウントを停止しました。\n24時間以内に情報を更新してください。\nhttps://amazon.co.jp.example/login",
        "phishing in the inbox: Authentication-Results say fail",
    )  # fmt: skip
    yield said(
        "PhishSpam", _PHISH_GOOGLE, 1530, _ALERT,
        "Prize Wheel was granted access to your Google Account {me}" + _EN,
        "a forged alert of Google's, in spam", ("SPAM",),
    )  # fmt: skip
    yield said(
        "Lookalike", _LOOKALIKE, 1540, "【楽天市場】会員登録完了のお知らせ",
        "会員登録が完了しました。\n心当たりがない場合はこちら: https://rakuten-co-jp.example/cancel",
        "phishing from a domain of its own: everything passes", UPDATES,
    )  # fmt: skip
