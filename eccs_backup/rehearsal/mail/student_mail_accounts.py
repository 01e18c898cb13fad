"""The student's mails about accounts at services: signing up, addresses to verify, passwords, security, closing."""

from __future__ import annotations

from collections.abc import Iterator

from eccs_backup.rehearsal.mail.student_mail_making import Letter
from eccs_backup.rehearsal.mail.student_mail_senders import SOCIAL, UPDATES, Sender
from eccs_backup.rehearsal.mail.student_mail_senders import service_letter as said

_GITHUB = Sender("GitHub", "noreply@github.com", ("github.com",))
_ORCID = Sender("ORCID", "DoNotReply@notify.orcid.org", ("notify.orcid.org", "mailgun.org"), policy="QUARANTINE")
_OVERLEAF = Sender(
    "Overleaf", "welcome@overleaf.com", ("overleaf.com", "amazonses.com"), "0101-2@email.overleaf.com", "QUARANTINE",
    feedback="1.eu-west-1.abcd:AmazonSES",
)  # fmt: skip
_SLACK = Sender(
    "Slack", "no-reply@email.slackhq.com", ("slack.com", "slackhq.com"), feedback="d-2:account:slack:amazon"
)
_NOTION = Sender("Notion", "notify@mail.notion.so", ("mail.notion.so", "amazonses.com"), "b@ses.mail.notion.so")
_SPOTIFY = Sender("Spotify", "no-reply@spotify.com", ("spotify.com",))
_ZOOM = Sender("Zoom", "no-reply@zoom.us", ("zoom.us",), "bounces+7@sg-email.zoom.us")
_X = Sender("X", "info@x.com", ("x.com",))
_INSTAGRAM = Sender("Instagram", "no-reply@mail.instagram.com", ("mail.instagram.com",))
_LINE = Sender("LINE", "noreply@line.me", ("line.me",), policy="NONE")
_DROPBOX = Sender("Dropbox", "no-reply@dropbox.com", ("dropbox.com",), "b@email.dropbox.com")
_FIGMA = Sender("Figma", "no-reply@email.figma.com", ("figma.com", "sendgrid.net"), "bounces+1@em.figma.com")
_QIITA = Sender(
    "Qiita", "noreply@qiita.com", ("qiita.com", "sendgrid.net"), "bounces+1-x@em1234.qiita.com", "NONE",
    feedback="123456:SG",
)  # fmt: skip
_ZOTERO = Sender("Zotero", "zotero@zotero.org", ("zotero.org",), policy="NONE")
_STEAM = Sender("Steam サポート", "noreply@steampowered.com", ("steampowered.com",))
_OPENAI = Sender("OpenAI", "noreply@tm.openai.com", ("tm.openai.com", "sendgrid.net"), "b@em.tm.openai.com")
_COOKPAD = Sender("クックパッド", "no-reply@cookpad.com", ("cookpad.com",), policy="NONE", japanese="ISO-2022-JP")
_EVERNOTE = Sender("Evernote", "no-reply@account.evernote.com", ("evernote.com",))
_CIRCLE = Sender(
    "テニスサークル", "info@tennis-circle.example", ("amazonses.com",), "0101@amazonses.com", "",
    feedback="1.ap-northeast-1.x:AmazonSES",
)  # fmt: skip


def account_letters() -> Iterator[Letter]:
    """What a service sends because one has an account there."""
    yield from _developers()
    yield from _studies()
    yield from _leisure()
    yield from _security()
    yield from _ends()


def _developers() -> Iterator[Letter]:
    yield said(
        "GitHubVerify", _GITHUB, 470, "[GitHub] Please verify your email address.",
        "Almost done, @yamada-hanako!\nTo complete your GitHub sign up, we just need to verify your email address: "
        "{me}.\nVerify email address: https://github.com/users/yamada-hanako/emails/1/confirm_verification/abc\n"
        "Once verified, you can start using all of GitHub's features.",
        "sign-up: an address to verify, English",
    )  # fmt: skip
    yield said(
        "GitHubWelcome", _GITHUB, 471, "Welcome to GitHub, yamada-hanako!",
        "Hi yamada-hanako,\nThanks for signing up. Your account is ready.\nhttps://github.com/yamada-hanako",
        "welcome, English",
    )  # fmt: skip
    yield said(
        "QiitaConfirm", _QIITA, 500, "Qiita - メールアドレスの確認",
        "yamada_hanako さん\nQiitaにご登録いただきありがとうございます。\n"
        "以下のURLをクリックして、ユーザー登録を完了してください。\nhttps://qiita.com/confirm/abc",
        "sign-up by a mailing service (SendGrid) that signs beside the service",
    )  # fmt: skip
    yield said(
        "FigmaVerify", _FIGMA, 900, "Verify your email for Figma",
        "Hi there,\nPlease verify your email address ({me}) so we know that it's really you!\n"
        "https://www.figma.com/verify?t=abc",
        "sign-up: an address to verify, English",
    )  # fmt: skip
    yield said(
        "OpenAiVerify", _OPENAI, 1130, "OpenAI - Verify your email",
        "Verify your email address\nTo continue setting up your OpenAI account, please verify that this is your email "
        "address.\nThis link will expire in 5 days.",
        "sign-up from a subdomain, English",
    )  # fmt: skip


def _studies() -> Iterator[Letter]:
    yield said(
        "OrcidWelcome", _ORCID, 820, "[ORCID] Welcome to ORCID - verify your email address",
        "Welcome to ORCID, Hanako Yamada!\nYou're only one step away from using your ORCID iD.\n"
        "Your ORCID iD is: https://orcid.org/0000-0000-0000-0001\nVerify your email address",
        "sign-up with the account's name in it",
    )  # fmt: skip
    yield said(
        "OverleafConfirm", _OVERLEAF, 830, "Confirm Email - Overleaf",
        "Hi,\nPlease confirm that you have added a new email, {me}, to your Overleaf account.\n"
        "https://www.overleaf.com/user/emails/confirm?token=abc",
        "sign-up through Amazon SES with the service's own signature",
    )  # fmt: skip
    yield said(
        "SlackInvite", _SLACK, 840, "鈴木 一郎 さんから Slack への招待が届いています",
        "ワークスペース「鈴木研究室」に参加しましょう\n鈴木 一郎 (suzuki.ichiro@g.example.ac.jp) さんがあなたを Slack "
        "に招待しました。\n今すぐ参加: https://join.slack.com/t/suzuki-lab/invite/abc",
        "an invitation: no account yet",
    )  # fmt: skip
    yield said(
        "SlackCode", _SLACK, 841, "Slack 確認コード : A1B-2C3",
        "メールアドレスを確認してください\nSlack を開いたブラウザにこの確認コードを入力してください。\nA1B-2C3",
        "a code for signing up, Japanese",
    )  # fmt: skip
    yield said(
        "NotionCode", _NOTION, 1000, "Your temporary Notion login code is able-sample-code",
        "Sign in\nClick here to sign in with this link, or copy and paste this temporary login code:\n"
        "able-sample-code\nIf you didn't try to sign in, you can safely ignore this email.",
        "signing in without a password: a code",
    )  # fmt: skip
    yield said(
        "ZoomActivate", _ZOOM, 480, "Zoomアカウントを有効化してください",
        "{me} 様\nZoomにサインアップいただき、ありがとうございます！\n"
        "アカウントを有効化するには、下記のボタンをクリックして、メールアドレスを確認してください。\nアカウントを有効化",
        "sign-up, Japanese",
    )  # fmt: skip
    yield said(
        "ZoteroConfirm", _ZOTERO, 850, "Zotero: Confirm your email",
        "Thanks for registering with Zotero.\nPlease validate your account: https://www.zotero.org/validate/abc\n"
        "Your username is hanako_y",
        "sign-up, English",
    )  # fmt: skip


def _leisure() -> Iterator[Letter]:
    yield said(
        "SpotifyWelcome", _SPOTIFY, 560, "Spotifyへようこそ！",
        "Spotifyへようこそ\nアカウントが作成されました。さっそく音楽を楽しみましょう。\nユーザー名: yamada.hanako",
        "welcome, Japanese",
    )  # fmt: skip
    yield said(
        "XCode", _X, 1450, "123456 is your X verification code", "Confirm your email address\n123456\nThanks, X",
        "a code for signing up; category: social", SOCIAL,
    )  # fmt: skip
    yield said(
        "InstagramMail", _INSTAGRAM, 580, "yamada_hanako さん、Instagramへようこそ",
        "Instagramへようこそ\n友達をフォローして、写真や動画を見てみましょう。",
        "welcome; category: social", SOCIAL, bulk="https://instagram.com/emails/unsubscribe/?id=1",
    )  # fmt: skip
    yield said(
        "LineAddress", _LINE, 590, "[LINE] メールアドレス登録確認メール",
        "LINEをご利用いただきありがとうございます。\nメールアドレスの登録を完了するには、次の認証番号を入力してください。"
        "\n認証番号：1234",
        "an address to verify; the domain asks nothing of who receives forgeries",
    )  # fmt: skip
    yield said(
        "CircleMail", _CIRCLE, 600, "入会ありがとうございます",
        "テニスサークルへの入会手続きが完了しました。\n会員番号: 0042",
        "a small sender: only the mailing service (SES) signs, no DMARC",
    )  # fmt: skip


def _security() -> Iterator[Letter]:
    yield said(
        "GitHubReset", _GITHUB, 1200, "[GitHub] Please reset your password",
        "We heard that you lost your GitHub password. Sorry about that!\n"
        "But don't worry! You can use the following button to reset your password:\nReset your password",
        "a password to reset, English",
    )  # fmt: skip
    yield said(
        "GitHubKey", _GITHUB, 1210, "[GitHub] A new public key was added to your account",
        "The following SSH key was added to your account:\nlaptop SHA256:abcdef\n"
        "If you believe this key was added in error, you can remove the key.",
        "a security notice, English",
    )  # fmt: skip
    yield said(
        "DropboxDevice", _DROPBOX, 1220, "We noticed a new sign in to your Dropbox",
        "Hi Hanako,\nA new web browser just signed in to your Dropbox account.\nIs this you?",
        "a security notice; the only mail of this service",
    )  # fmt: skip
    yield said(
        "SteamGuard", _STEAM, 1230, "お客様の Steam アカウント: 新しいコンピュータからのアクセス",
        "yamada_h 様\nお客様のアカウント yamada_h にログインするために必要な Steam ガードコードはこちらです：\nAB12C",
        "a code for signing in, Japanese",
    )  # fmt: skip
    yield said(
        "ZoomReset", _ZOOM, 1240, "Zoomパスワードのリセット",
        "{me} 様\nパスワードをリセットするには、下のボタンをクリックしてください。\nこのリンクは24時間有効です。",
        "a password to reset, Japanese",
    )  # fmt: skip


def _ends() -> Iterator[Letter]:
    yield said(
        "CookpadJoined", _COOKPAD, 610, "【クックパッド】会員登録完了のお知らせ",
        "クックパッドへのご登録ありがとうございます。\n会員登録が完了しました。",
        "signed up in ISO-2022-JP, plain text; left later",
    )  # fmt: skip
    yield said(
        "CookpadLeft", _COOKPAD, 1500, "【クックパッド】退会手続き完了のお知らせ",
        "退会手続きが完了しました。\nこれまでクックパッドをご利用いただき、誠にありがとうございました。",
        "the account was closed",
    )  # fmt: skip
    yield said(
        "EvernoteSleeps", _EVERNOTE, 1600, "Your Evernote account will be deactivated",
        "You haven't signed in for over a year.\nSign in within 30 days to keep your account and your notes.",
        "a warning that the account will end",
    )  # fmt: skip
    yield said(
        "FigmaTrash", _FIGMA, 1610, "Someone requested a password reset for Figma",
        "A password reset was requested for {me}.", "a service mail in the trash", ("TRASH",),
    )  # fmt: skip
    yield said(
        "OverleafOld", _OVERLEAF, 1620, "Your Overleaf password was changed",
        "Hi,\nThe password of your account {me} has been changed.", "archived", UPDATES[1:],
    )  # fmt: skip
