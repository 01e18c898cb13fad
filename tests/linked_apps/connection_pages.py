"""Google's page of connections as people save and copy it: three forms of it over the years, in English and Japanese.

Nobody has published its format. The forms follow what Google's help, programs of others that read the page, and a study
that copied a part of it tell: headings, links to connections/overview/..., rows "Access given on:", counts,
and icons as text.
"""

from __future__ import annotations

import calendar
import html
import quopri
from typing import NamedTuple

HOSTILE = "<script>alert('x & y')</script>"
EMOJI = "🎧 Study Beats"
TURNED = "\u202eevil\u202c مرحبا"
"""A name with characters that turn the direction of writing."""
AMPERSAND = 'AT&T "Fibre" <beta>'
LANGUAGES = ("en", "ja")


class App(NamedTuple):
    """An app as the page shows it. `access` is None when it has none, `basic` when it may only see who somebody is."""

    name: str
    sign_in: bool = False
    access: tuple[str, ...] | None = None
    linked: bool = False
    basic: bool = False
    day: tuple[int, int, int] | None = None
    home: str = ""


def day(app: App, language: str, *, slashes: bool = False) -> str:
    """When it was connected, as the page writes days."""
    assert app.day
    year, month, number = app.day
    if slashes:
        return f"{year}/{month:02}/{number:02}"
    if language == "ja":
        return f"{year}年{month}月{number}日"
    return f"{calendar.month_abbr[month]} {number}, {year}"


ACCESS = (
    App("Zoom", access=("Gmail", "Google Calendar"), day=(2021, 3, 9)),
    App(AMPERSAND, access=("Google Drive",), day=(2020, 12, 31), home="https://fibre.example.com/start"),
    App("Slack", access=("Google Drive",), day=(2019, 1, 5)),
    App(HOSTILE, access=("Google Contacts",)),
)
"""What stands in the section of apps with access, in the form of 2019 to 2022."""
SIGNING_IN = (App("Slack", basic=True, day=(2019, 1, 5)), App(EMOJI, basic=True), App(TURNED, basic=True))
GOOGLES = (App("Google Chrome", access=("Gmail",)),)
CARDS = (
    App("Notion", sign_in=True),
    App("Zoom", sign_in=True, access=("Gmail", "Google Calendar")),
    App("Spotify", linked=True),
    App(HOSTILE, access=("Google Drive",)),
    App("Notion", sign_in=True, home="https://www.notion.so/"),
)
"""What stands in the form of 2023, where each app says how it is connected."""
NAMES = ("Help", "Slack", AMPERSAND, HOSTILE, EMOJI, TURNED, "claude.ai", "Slack", "株式会社テスト")
"""What stands in the form of 2026: names alone, two of them the same, one that a link of the page has as well."""
W = {
    "en": {
        "menu": ("Home", "Personal info", "Data & privacy", "Security", "People & sharing", "Payments & subscriptions"),
        "foot": ("Privacy", "Terms", "Help", "About"),
        "apps": "Apps with access to your account",
        "access": "Third-party apps with account access",
        "access help": "You gave these sites and apps access to some of your Google Account data, including info that "
        "may be sensitive. Remove access for those you no longer trust or use.",
        "sign in": "Signing in with Google",
        "sign in help": "You use your Google Account to sign in to these sites and apps. They can view your name, "
        "email address, and profile picture.",
        "google": "Google apps",
        "has": "Has access to {}",
        "basic": "Has access to basic account info",
        "has row": "Has access to:",
        "given": "Access given on:",
        "remove": "Remove access",
        "connections": "Your connections to third-party apps & services",
        "connections help": "Keep track of your connections to third-party apps & services.",
        "siwg": "Sign in with Google",
        "to": "Access to: {}",
        "linked": "Linked account",
        "filter": "Access to",
        "details": "See details",
        "count": "{} apps & services",
        "linked apps": "Linked apps",
        "total": "{} total apps",
        "search": "Search Google Account",
        "home": "Homepage:",
    },
    "ja": {
        "menu": (
            "ホーム",
            "個人情報",
            "データとプライバシー",
            "セキュリティ",
            "情報共有と連絡先",
            "お支払いと定期購入",
        ),
        "foot": ("プライバシー", "規約", "ヘルプ", "概要"),
        "apps": "アカウントにアクセスできるアプリ",
        "access": "アカウントにアクセスできるサードパーティ アプリ",
        "access help": "これらのサイトやアプリに、機密情報を含む可能性があるデータへのアクセスを許可しています。",
        "sign in": "Google でログイン",
        "sign in help": "これらのサイトやアプリへのログインに Google アカウントを使用しています。",
        "google": "Google アプリ",
        "has": "{} へのアクセス権",
        "basic": "アカウントの基本情報へのアクセス権",
        "has row": "アクセス権:",
        "given": "アクセス許可日:",
        "remove": "アクセス権を削除",
        "connections": "サードパーティ製のアプリとサービスとの接続",
        "connections help": "サードパーティ製のアプリやサービスとの接続を確認できます。",
        "siwg": "Google でログイン",
        "to": "アクセス権: {}",
        "linked": "リンク済みアカウント",
        "filter": "アクセス先",
        "details": "詳細を表示",
        "count": "{} 件のアプリとサービス",
        "linked apps": "リンク済みアプリ",
        "total": "合計 {} 個のアプリ",
        "search": "Google アカウントの検索",
        "home": "ホームページ:",
    },
}


def words(language: str) -> dict[str, str]:
    """The page's words, for what they say."""
    return {name: value for name, value in W[language].items() if isinstance(value, str)}


def lists(language: str, which: str) -> tuple[str, ...]:
    """The page's menu or its footer."""
    found = W[language][which]
    assert isinstance(found, tuple)
    return found


def said(app: App, language: str) -> str:
    """What the form of 2019 says below a name."""
    w = words(language)
    return w["basic"] if app.basic else w["has"].format(", ".join(app.access or ()))


def said_on_card(app: App, language: str) -> list[str]:
    """What the form of 2023 says below a name."""
    w = words(language)
    lines = [w["siwg"]] if app.sign_in else []
    lines += [w["to"].format(", ".join(app.access))] if app.access else []
    return lines + ([w["linked"]] if app.linked else [])


def document(body: str, language: str, title: str, address: str) -> str:
    """A page with all that stands around its list, as Chrome saves it."""
    w, escape = words(language), html.escape
    menu = "".join(
        f'<li><a href="https://myaccount.google.com/x">{escape(each)}</a></li>' for each in lists(language, "menu")
    )
    foot = "".join(f'<a href="https://policies.google.com/x">{escape(each)}</a>' for each in lists(language, "foot"))
    return f"""<!DOCTYPE html>
<!-- saved from url=({len(address):04}){address} -->
<html lang="{language}"><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8">
<title>{escape(title)}</title><style>.a {{ content: "Fake Style App" }}</style>
<script nonce="">var x = ["Fake Script App", "<li>Sign in with Google</li>"]; if (1 < 2) {{}}</script></head>
<body jscontroller="x"><header role="banner"><a aria-label="Google Account: Hanako (hanako@g.ecc.u-tokyo.ac.jp)">H</a>
<input placeholder="{escape(w["search"])}"></header>
<div><nav role="navigation"><ul>{menu}</ul></nav><div class="main" role="main"><div><div>
{body}
</div></div></div></div>
<footer role="contentinfo">{foot}</footer>
<noscript><p>Fake Noscript App</p></noscript><div role="dialog" aria-hidden="true"><h2>Fake Dialog App</h2></div>
<svg><title>Fake Svg App</title></svg></body></html>
"""


def old_html(language: str) -> str:
    """The form of 2019 to 2022: apps with access, Google's own, and apps that one signs in to, each with its rights."""
    w = words(language)

    def entry(number: int, app: App) -> str:
        link = f'<a href="{html.escape(app.home)}" rel="noopener">{html.escape(app.home)}</a>' if app.home else ""
        given = (
            f'<div role="row"><div role="rowheader">{w["given"]}</div><div role="gridcell"><div role="list">'
            f'<div role="listitem"><div>{day(app, language)}</div></div></div></div></div>'
            if app.day
            else ""
        )
        return (
            f'<div class="hyMrOd"><div><div jscontroller="eaLETb" data-id="67878378{number:04}" tabindex="0"><div><div>'
            f'<div aria-hidden="true"><img src="icon.png" alt="Fake Icon App"></div><div><div>'
            f"<h2>{html.escape(app.name)}</h2>"
            f'<div class="doPudb">{said(app, language)}</div></div></div></div><span><div><div role="row">'
            f'<div role="rowheader">{w["has row"]}</div><div role="gridcell"><div role="list">'
            f'<div role="listitem"><div>{html.escape(said(app, language))}</div></div>'
            f'<div role="listitem"><div>See, edit, create, and delete</div></div></div></div></div>{given}{link}'
            f'<div role="button" aria-label="{w["remove"]}"><span>{w["remove"]}</span></div>'
            "</div></span></div></div></div></div>"
        )

    def section(heading: str, help: str, apps: tuple[App, ...], start: int) -> str:
        return (
            f'<div class="ktqbFd"><div role="heading" aria-level="2">{html.escape(heading)}</div>'
            f'<div role="heading" aria-level="2">{html.escape(help)}</div></div>'
            + "\n".join(entry(start + number, app) for number, app in enumerate(apps))
        )

    body = (
        f"<h1>{html.escape(w['apps'])}</h1>"
        + section(w["access"], w["access help"], ACCESS, 0)
        + section(w["google"], "", GOOGLES, 50)
        + section(w["sign in"], w["sign in help"], SIGNING_IN, 100)
    )
    return document(body, language, w["apps"], "https://myaccount.google.com/permissions")


def old_text(language: str) -> str:
    """The same, copied with everything marked, nothing opened."""
    w = words(language)
    lines = [*lists(language, "menu"), w["apps"], ""]
    for heading, help, apps in (
        (w["access"], w["access help"], ACCESS),
        (w["google"], "", GOOGLES),
        (w["sign in"], w["sign in help"], SIGNING_IN),
    ):
        lines += [heading, help]
        for app in apps:
            lines += [
                app.name,
                said(app, language),
                *([f"{w['given']} {day(app, language, slashes=True)}"] if app.day else []),
            ]
            lines += [app.home] if app.home else []
    return "\n".join([*lines, *lists(language, "foot")])


def cards_html(language: str) -> str:
    """The form of 2023: filters, a count, and a list of cards."""
    w, escape = words(language), html.escape
    chips = "".join(
        f'<div role="option" aria-selected="false"><button>{escape(w[each])}</button></div>'
        for each in ("siwg", "linked", "filter")
    )
    cards = "\n".join(
        f'<li class="VfPpkd"><a href="connections/overview/AcBx{number}?hl={language}" aria-label="{escape(app.name)}">'
        f'<div><img alt=""><div><div>{escape(app.name)}</div>'
        + "".join(f"<div>{escape(each)}</div>" for each in said_on_card(app, language))
        + '</div></div><i class="google-material-icons" aria-hidden="true">chevron_right</i></a>'
        + (
            f'<a href="https://www.google.com/url?q={escape(app.home)}&amp;sa=D">{escape(app.home)}</a>'
            if app.home
            else ""
        )
        + f"<button>{w['details']}</button></li>"
        for number, app in enumerate(CARDS)
    )
    body = (
        f"<h1>{escape(w['connections'])}</h1><p>{escape(w['connections help'])}</p><div role=listbox>{chips}</div>"
        f"<div>{escape(w['count'].format(len(CARDS)))}</div><ul>{cards}</ul>"
    )
    return document(body, language, w["connections"], "https://myaccount.google.com/connections?hl=" + language)


def cards_text(language: str) -> str:
    """The same, copied."""
    w = words(language)
    lines = [*lists(language, "menu"), w["connections"], w["connections help"], w["siwg"], w["linked"], w["filter"], ""]
    lines.append(w["count"].format(len(CARDS)))
    for app in CARDS:
        lines += [app.name, *said_on_card(app, language), *([app.home] if app.home else []), w["details"]]
    return "\r\n".join([*lines, "".join(lists(language, "foot"))])


def names_html(language: str, *, chosen: bool = False) -> str:
    """The form of 2026: links with nothing but names, in a list or not; perhaps with a filter that is chosen."""
    w, escape = words(language), html.escape
    chips = (
        f'<button role="checkbox" aria-checked="{str(chosen).lower()}">{w["siwg"]}</button>'
        f'<button role="checkbox" aria-checked="false">{w["linked"]}</button>'
    )
    apps = "\n".join(
        f'<div><div><a jsname="x" href="https://myaccount.google.com/connections/overview/AcBx0o7jJ{number}">'
        f"<div><div><span>{escape(name)}</span></div></div></a></div></div>"
        for number, name in enumerate(NAMES)
    )
    body = f"<h1>{w['linked apps']}</h1>{chips}<h2>{w['total'].format(len(NAMES))}</h2><div>{apps}</div>"
    return document(body, language, w["linked apps"], "https://myaccount.google.com/connections")


def names_text(language: str, *, chosen: bool = False) -> str:
    """The same, copied: the icon of the chosen filter has become a word."""
    w = words(language)
    lines = [w["linked apps"], *(["done"] if chosen else []), w["siwg"], w["linked"], w["total"].format(len(NAMES) - 1)]
    return "\n".join([*lines, *NAMES[1:], "".join(lists(language, "foot"))])


def mhtml(document: str, address: str) -> bytes:
    """A page as Chrome saves it in one file."""
    body = quopri.encodestring(document.encode()).replace(b"\n", b"\r\n")
    frame = quopri.encodestring(b"<html><body><ul><li>Fake Frame App</li></ul></body></html>")
    head = (
        "From: <Saved by Blink>\r\n"
        f"Snapshot-Content-Location: {address}\r\n"
        "Subject: =?utf-8?Q?connections?=\r\n"
        "Date: Mon, 5 Jan 2026 10:00:00 +0900\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: multipart/related;\r\n"
        '\ttype="text/html";\r\n'
        '\tboundary="----MultipartBoundary--x----"\r\n\r\n\r\n'
    ).encode()
    return b"".join(
        (
            head,
            b"------MultipartBoundary--x----\r\nContent-Type: text/html\r\nContent-ID: <frame-1@mhtml.blink>\r\n",
            f"Content-Transfer-Encoding: quoted-printable\r\nContent-Location: {address}\r\n\r\n".encode(),
            body,
            b"\r\n------MultipartBoundary--x----\r\nContent-Type: text/html\r\n",
            b"Content-Transfer-Encoding: quoted-printable\r\nContent-Location: cid:frame-2@mhtml.blink\r\n\r\n",
            frame,
            b"\r\n------MultipartBoundary--x----\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
            b"Content-Location: https://lh3.googleusercontent.com/a\r\n\r\niVBORw0KGgo=\r\n"
            b"------MultipartBoundary--x------\r\n",
        )
    )
