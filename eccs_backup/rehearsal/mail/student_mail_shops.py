"""The student's mails from shops, carriers, job portals and lists: registrations, receipts, notices, newsletters."""

from __future__ import annotations

from collections.abc import Iterator

from eccs_backup.rehearsal.mail.student_mail_making import Letter
from eccs_backup.rehearsal.mail.student_mail_senders import FORUMS, PROMOTIONS, Sender
from eccs_backup.rehearsal.mail.student_mail_senders import service_letter as said

_JIS = "ISO-2022-JP"
_AMAZON = Sender("Amazon.co.jp", "account-update@amazon.co.jp", ("amazon.co.jp", "amazonses.com"),
                 "0106@bounces.amazon.co.jp", "QUARANTINE", feedback="1.us-west-2.a:AmazonSES")  # fmt: skip
_AMAZON_ORDER = Sender("Amazon.co.jp", "auto-confirm@amazon.co.jp", ("amazon.co.jp", "amazonses.com"),
                       "0106@bounces.amazon.co.jp", "QUARANTINE", feedback="1.us-west-2.b:AmazonSES")  # fmt: skip
_RAKUTEN = Sender("楽天会員登録", "myrakuten@rakuten.co.jp", ("rakuten.co.jp",), policy="NONE", japanese=_JIS)
_RAKUTEN_NEWS = Sender("楽天市場ニュース", "rakuten-news@emagazine.rakuten.co.jp", ("emagazine.rakuten.co.jp",))
_JAL = Sender("JALマイレージバンク", "jmb@ml.jal.com", ("ml.jal.com",), policy="NONE", japanese=_JIS)
_JAL_TICKET = Sender("JAL国内線", "no-reply@booking.jal.com", ("jal.com",), policy="NONE", japanese=_JIS)
_MYNAVI = Sender("マイナビ2025", "job@mynavi.jp", ("mynavi.jp",), policy="NONE", japanese=_JIS)
_MYNAVI_NEWS = Sender("マイナビ編集部", "news@job-mail.mynavi.jp", ("job-mail.mynavi.jp",), policy="NONE")
_RIKUNABI = Sender("リクナビ2025", "info@rikunabi.com", ("rikunabi.com",), policy="NONE", japanese=_JIS)
_APPLE = Sender("Apple", "no_reply@email.apple.com", ("email.apple.com",), policy="REJECT")
_NETFLIX = Sender("Netflix", "info@account.netflix.com", ("netflix.com", "amazonses.com"), "b@mailer.netflix.com")
_PAYPAL = Sender("service@paypal.com", "service@paypal.com", ("paypal.com",))
_UDEMY = Sender("Udemy", "no-reply@e.udemymail.com", ("e.udemymail.com",), feedback="6:transactional:udemy")
_DUOLINGO = Sender(
    "Duolingo", "hello@duolingo.com", ("duolingo.com", "amazonses.com"), feedback="1.us-east-1.d:AmazonSES"
)
_MERCARI = Sender("メルカリ", "no-reply@mercari.jp", ("mercari.jp",), "b@sendgrid.mercari.jp", "NONE", feedback="77:SG")
_CONNPASS = Sender("connpass", "no-reply@connpass.com", ("connpass.com", "amazonses.com"), "0101@amazonses.com", "NONE",
                   feedback="1.ap-northeast-1.c:AmazonSES")  # fmt: skip
_TEX = Sender("Jiro via tex-users", "tex-users@lists.example.org", ("lists.example.org",), policy="NONE",
              list="tex-users.lists.example.org")  # fmt: skip


def shop_letters() -> Iterator[Letter]:
    """What shops and portals send."""
    yield from _registrations()
    yield from _receipts()
    yield from _notices()
    yield from _newsletters()


def _registrations() -> Iterator[Letter]:
    yield said(
        "AmazonAddress", _AMAZON, 520, "Amazonの新しいアカウントを確認する",
        "Eメールアドレスを確認する\nAmazonアカウントを作成していただきありがとうございます。"
        "次のワンタイムパスワード（OTP）を使用してください：\n123456",
        "a code for signing up, Japanese",
    )  # fmt: skip
    yield said(
        "RakutenJoined", _RAKUTEN, 530, "【楽天】会員登録完了のお知らせ",
        "山田 花子 様\nこのたびは、楽天会員にご登録いただき、誠にありがとうございます。\nユーザID： {me}",
        "signed up, ISO-2022-JP, plain text",
    )  # fmt: skip
    yield said(
        "JalJoined", _JAL, 700, "【JALマイレージバンク】ご入会手続き完了のお知らせ",
        "山田 花子 様\nJALマイレージバンクにご入会いただき、ありがとうございます。\nお得意様番号：000000042",
        "signed up, with a member's number, ISO-2022-JP",
    )  # fmt: skip
    yield said(
        "RikunabiHalf", _RIKUNABI, 1180, "【リクナビ2025】仮登録のご案内（本登録はまだ完了していません）",
        "リクナビ2025の仮登録を受け付けました。\n24時間以内に下記のURLから本登録を行ってください。\n"
        "https://job.rikunabi.com/2025/regist/abc",
        "signed up by half: nothing says that it was completed",
    )  # fmt: skip
    yield said(
        "MynaviJoined", _MYNAVI, 1190, "【マイナビ2025】会員登録が完了しました",
        "山田 花子さん\nマイナビ2025へのご登録ありがとうございます。\n会員ID：12345678",
        "signed up, ISO-2022-JP",
    )  # fmt: skip


def _receipts() -> Iterator[Letter]:
    yield said(
        "AmazonOrder", _AMAZON_ORDER, 1010, "Amazon.co.jp ご注文の確認",
        "山田 花子様\nご注文ありがとうございます。\n注文番号 250-0000000-0000000\n合計: ￥3,520",
        "an order, from another address of the domain",
    )  # fmt: skip
    yield said(
        "JalTicket", _JAL_TICKET, 1020, "【JAL国内線】航空券ご購入内容のお知らせ",
        "山田 花子様\nご購入ありがとうございます。\n確認番号 ABC123\n2022年11月3日 羽田 - 新千歳",
        "a ticket, from a subdomain",
    )  # fmt: skip
    yield said(
        "AppleReceipt", _APPLE, 1030, "Apple からの領収書です",
        "領収書\nAPPLE ID {me}\niCloud+ 50GB ストレージプラン (月額)\n￥130", "a receipt every month, Japanese",
    )  # fmt: skip
    yield said(
        "PayPalReceipt", _PAYPAL, 1040, "Receipt for Your Payment to Example Books",
        "Hello, Hanako Yamada\nYou sent a payment of 1,980 JPY to Example Books.\nTransaction ID: 1AB23456CD789012E",
        "a receipt; the name in From is an address",
    )  # fmt: skip
    yield said(
        "UdemyReceipt", _UDEMY, 1050, "Your Udemy receipt", "Hi Hanako,\nThank you for your purchase.\nTotal: ¥1,600",
        "a receipt from a domain unlike the service's",
    )  # fmt: skip


def _notices() -> Iterator[Letter]:
    yield said(
        "MercariTerms", _MERCARI, 1300, "【重要】利用規約改定のお知らせ",
        "いつもメルカリをご利用いただき、ありがとうございます。\n2023年8月1日付で利用規約を改定いたします。",
        "new terms: says only that there is an account",
    )  # fmt: skip
    yield said(
        "NetflixPayment", _NETFLIX, 1310, "お支払い方法を更新してください",
        "お支払い方法のご確認をお願いします\n今月分のお支払いを完了できませんでした。", "a payment that failed",
    )  # fmt: skip
    yield said(
        "TexList", _TEX, 1320, "[tex-users:1234] Re: 縦書きの脚注について",
        "鈴木さん\n\\tate を使うとよいと思います。\n-- \ntex-users mailing list",
        "a mailing list of people; category: forums", FORUMS, bulk="mailto:tex-users-leave@lists.example.org",
    )  # fmt: skip


def _newsletters() -> Iterator[Letter]:
    yield said(
        "RakutenNews", _RAKUTEN_NEWS, 1400, "★本日最終日★お買い物マラソン！ポイント最大46.5倍",
        "お買い物マラソン開催中\n配信停止はこちら", "a newsletter, Japanese", PROMOTIONS,
        bulk="https://emagazine.rakuten.co.jp/unsubscribe?id=1",
    )  # fmt: skip
    yield said(
        "MynaviNews", _MYNAVI_NEWS, 1410, "【締切間近】夏のインターンシップ特集",
        "山田 花子さんにおすすめの企業\n配信停止はマイページから", "a newsletter from a domain made for it", PROMOTIONS,
        bulk="mailto:unsubscribe@job-mail.mynavi.jp",
    )  # fmt: skip
    yield said(
        "DuolingoMisses", _DUOLINGO, 1420, "Your Spanish lessons are waiting 🦉",
        "It's been a while!\nKeep your streak going.", "a newsletter, English, with emoji", PROMOTIONS,
        bulk="https://www.duolingo.com/unsubscribe?t=1",
    )  # fmt: skip
    yield said(
        "ConnpassEvents", _CONNPASS, 1430, "【connpass】あなたへのおすすめイベント",
        "yamada_hanako さん\nPython もくもく会 ほか3件\nメール通知の設定を変更する",
        "a digest by a mailing service (SES) that signs beside the service", PROMOTIONS,
        bulk="https://connpass.com/settings/mail/",
    )  # fmt: skip
