"""Is Google's page of connections read in every form of it, and is nothing of the page itself taken for an app?"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import connection_pages as pages
import pytest

from eccs_backup.errors import Unusable
from eccs_backup.linked_apps import hosts, page
from eccs_backup.linked_apps.claims import Claim, Kind, plain

SIGN_IN, GRANT = Kind.SIGN_IN, Kind.GRANT
ADDRESS = "https://myaccount.google.com/connections"
Short = tuple[str, str, Kind, float | None]
"""Name, domain, kind and time of a claim."""


def midnight(*day: int) -> float:
    return datetime.datetime(*day, tzinfo=datetime.UTC).timestamp()  # type: ignore[arg-type, misc]


OLD: list[Short] = [
    ("Zoom", "", GRANT, midnight(2021, 3, 9)),
    (pages.AMPERSAND, "example.com", GRANT, midnight(2020, 12, 31)),
    ("Slack", "", GRANT, midnight(2019, 1, 5)),
    (pages.HOSTILE, "", GRANT, None),
    ("Slack", "", SIGN_IN, midnight(2019, 1, 5)),
    (pages.EMOJI, "", SIGN_IN, None),
    (pages.TURNED, "", SIGN_IN, None),
]
CARDS: list[Short] = [
    ("Notion", "", SIGN_IN, None),
    ("Zoom", "", SIGN_IN, None),
    ("Zoom", "", GRANT, None),
    ("Spotify", "", GRANT, None),
    (pages.HOSTILE, "", GRANT, None),
    ("Notion", "notion.so", SIGN_IN, None),
]


def names(kind: Kind) -> list[Short]:
    return [(name, "claude.ai" if name == "claude.ai" else "", kind, None) for name in pages.NAMES]


def saved(folder: Path, content: str | bytes, name: str = "connections.html") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def claims(folder: Path, content: str | bytes, name: str = "connections.html") -> list[Claim]:
    return list(page.read(saved(folder, content, name)))


def short(found: list[Claim]) -> list[Short]:
    assert all(each.proven and each.source.startswith("line ") for each in found)
    return [(each.name, each.domain, each.kind, each.when) for each in found]


@pytest.mark.parametrize("language", pages.LANGUAGES)
@pytest.mark.parametrize(
    ("made", "expected"),
    [(pages.old_html, OLD), (pages.cards_html, CARDS), (pages.names_html, names(GRANT))],
)
def test_html_and_mhtml(tmp_path: Path, language: str, made: Callable[[str], str], expected: list[Short]) -> None:
    document = made(language)
    assert short(claims(tmp_path, document)) == expected
    assert short(claims(tmp_path, pages.mhtml(document, ADDRESS), "Connections.mhtml")) == expected
    assert short(claims(tmp_path, pages.mhtml(document, ADDRESS), "no suffix")) == expected
    assert short(claims(tmp_path, document.replace("\n", ""))) == expected


@pytest.mark.parametrize("language", pages.LANGUAGES)
@pytest.mark.parametrize(
    ("made", "expected"),
    [(pages.old_text, OLD), (pages.cards_text, CARDS), (pages.names_text, names(GRANT)[1:])],
)
def test_text(tmp_path: Path, language: str, made: Callable[[str], str], expected: list[Short]) -> None:
    text = made(language)
    assert short(claims(tmp_path, text, "pasted.txt")) == expected
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le"):
        assert short(claims(tmp_path, text.encode(encoding), "pasted.txt")) == expected


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_a_filter_that_is_chosen(tmp_path: Path, language: str) -> None:
    assert short(claims(tmp_path, pages.names_html(language, chosen=True))) == names(SIGN_IN)
    assert short(claims(tmp_path, pages.names_text(language, chosen=True), "pasted.txt")) == names(SIGN_IN)[1:]


def test_claims_quote_what_the_page_says_and_where(tmp_path: Path) -> None:
    lines = pages.cards_text("en").split("\r\n")
    found = claims(tmp_path, pages.cards_text("en"), "pasted.txt")
    said = "Zoom · Sign in with Google · Access to: Gmail, Google Calendar"
    assert found[1] == Claim("Zoom", "", SIGN_IN, None, f"line {lines.index('Zoom') + 1}", said)
    dated = claims(tmp_path, pages.old_text("ja"), "pasted.txt")[0]
    assert dated.quote == "Zoom · Gmail, Google Calendar へのアクセス権 · アクセス許可日: 2021/03/09"


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    found = claims(tmp_path, pages.names_html("en"))
    assert pages.HOSTILE in [each.name for each in found]
    turned = next(each for each in found if "evil" in each.name)
    assert plain(turned.name) == "evil مرحبا"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp932"])
def test_a_list_that_was_copied_in_part(tmp_path: Path, encoding: str) -> None:
    text = "Google でログイン\r\nSlack\r\n株式会社メルカリ\r\n詳細を表示\r\nアカウントへのアクセス\r\nDraw.io\r\n"
    assert short(claims(tmp_path, text.encode(encoding), "part.txt")) == [
        ("Slack", "", SIGN_IN, None),
        ("株式会社メルカリ", "", SIGN_IN, None),
        ("Draw.io", "draw.io", GRANT, None),
    ]


def test_sections_without_a_word_about_each(tmp_path: Path) -> None:
    text = (
        "Your connections to third-party apps & services\nSign in with Google\nSlack\nNotion\n"
        "Linked account\nSpotify\nAccess to your Google Account\nZoom\nPrivacy\nTerms\n"
    )
    assert short(claims(tmp_path, text, "a.txt")) == [
        ("Slack", "", SIGN_IN, None),
        ("Notion", "", SIGN_IN, None),
        ("Spotify", "", GRANT, None),
        ("Zoom", "", GRANT, None),
    ]


PASTED: dict[str, tuple[str, list[tuple[str, Kind]]]] = {
    "ja": (
        "Google アカウント\nサードパーティ製のアプリとサービスへのリンク\n"
        "これらのサードパーティ製のアプリとサービスへのリンクを管理できます\nアプリやサービスを検索\nフィルタ条件\n"
        "アクセス権限\nGoogle でログイン\nリンクされたアカウント\n並べ替え\nA-Z\nCanva\nGoogle でログイン\n"
        "柏サイクリング部\nGoogle でログイン\n"
        "Overleaf\nGoogle でログイン、Google アカウントの一部のデータにアクセスできます\n"
        "Spark Mail\nGmail、Google カレンダーにアクセスできます\nプライバシー\n利用規約\nヘルプ\n概要\n",
        [
            ("Canva", SIGN_IN),
            ("柏サイクリング部", SIGN_IN),
            ("Overleaf", SIGN_IN),
            ("Overleaf", GRANT),
            ("Spark Mail", GRANT),
        ],
    ),
    "en": (
        "Google Account\nYour connections to third-party apps & services\nSearch apps and services\nFilter by\n"
        "Access permissions\nSign in with Google\nLinked accounts\nSort by\nA-Z\nCanva\nSign in with Google\n"
        "Kashiwa Cycling\nSign in with Google\nOverleaf\nSign in with Google\nHas access to Google Drive\n"
        "Spark Mail\nHas access to Gmail\nPrivacy\nTerms\nHelp\nAbout\n",
        [
            ("Canva", SIGN_IN),
            ("Kashiwa Cycling", SIGN_IN),
            ("Overleaf", SIGN_IN),
            ("Overleaf", GRANT),
            ("Spark Mail", GRANT),
        ],
    ),
}


def kinds(found: list[Claim]) -> list[tuple[str, Kind]]:
    return [(each.name, each.kind) for each in found]


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_filters_and_orders_are_no_apps(tmp_path: Path, language: str) -> None:
    text, expected = PASTED[language]
    assert kinds(claims(tmp_path, text, "a.txt")) == expected
    paragraphs = "".join(f"<div>{each}</div>" for each in text.splitlines())
    assert kinds(claims(tmp_path, f"<html><body>{paragraphs}")) == expected


@pytest.mark.parametrize(
    ("word", "unknown"),
    [
        ("アクセス権限", "区分甲"),
        ("A-Z", "並び乙"),
        ("フィルタ条件", "条件丙"),
        ("並べ替え", "その他丁"),
        ("アプリやサービスを検索", "虫眼鏡戊"),
        ("サードパーティ製のアプリとサービスへのリンク", "外部のもの"),
        ("アクセス権限\nGoogle でログイン", "区分甲\nGoogle でログイン\n区分乙"),
        ("アクセス権限\nGoogle でログイン\nリンクされたアカウント", "区分甲\nGoogle でログイン"),
    ],
)
def test_labels_that_are_not_known_are_no_apps(tmp_path: Path, word: str, unknown: str) -> None:
    text, expected = PASTED["ja"]
    assert f"\n{word}\n" in text
    assert kinds(claims(tmp_path, text.replace(f"\n{word}\n", f"\n{unknown}\n", 1), "a.txt")) == expected


@pytest.mark.parametrize(
    "label",
    """A-Z|Z-A|A to Z|Ａ～Ｚ|名前（A-Z）|Name (A–Z)|新しい順|古い順|五十音順|関連度の高い順|並べ替え: 新しい順|すべて
Google でログイン（フィルタ）|フィルタ: Google でログイン|Google でログインで絞り込む|絞り込み|アプリを検索
もっと見る|完了|アクセス権限
Sort by: Newest|Newest first|Recently used|Last accessed|Filter by access|All|Show more|Access type|Search connections
Sign in with Google (filter)|All connections|Clear all|Permissions""".replace("\n", "|").split("|"),
)
def test_labels_that_are_known(tmp_path: Path, label: str) -> None:
    alone = f"Linked apps\n{label}\nFoo Club\nBar Club\n"
    assert kinds(claims(tmp_path, alone, "a.txt")) == [("Foo Club", GRANT), ("Bar Club", GRANT)]


def test_a_name_alone_among_others_of_which_something_is_said(tmp_path: Path) -> None:
    head = "Your connections to third-party apps & services\n"
    said = "Foo Club\nSign in with Google\nBar Club\nHas access to Gmail\n"
    expected = [("Foo Club", SIGN_IN), ("Bar Club", GRANT)]
    assert kinds(claims(tmp_path, f"{head}Unheard of\n{said}", "a.txt")) == expected
    known = claims(tmp_path, f"{head}Unheard of\n{said}Slack\n", "a.txt")
    assert kinds(known) == [*expected, ("Slack", GRANT)]
    section = f"{head}Third-party apps with account access\nUnheard of\nFoo Club\nHas access to Gmail\nSlack\n"
    assert kinds(claims(tmp_path, section, "a.txt")) == [("Foo Club", GRANT), ("Slack", GRANT)]


def test_a_list_of_names_alone_beside_one_with_words(tmp_path: Path) -> None:
    text = (
        "Apps with access to your account\nThird-party apps with account access\nFoo Club\nHas access to Gmail\n"
        "Signing in with Google\nBar Club\nQuux\n"
    )
    assert kinds(claims(tmp_path, text, "a.txt")) == [("Foo Club", GRANT), ("Bar Club", SIGN_IN), ("Quux", SIGN_IN)]


def test_a_filter_that_is_not_known_before_names_alone(tmp_path: Path) -> None:
    text = "サードパーティ接続\n区分甲\nGoogle でログイン\nリンクされたアカウント\n合計 3 個\nFoo\nBar\nBaz\n"
    assert kinds(claims(tmp_path, text, "a.txt")) == [("Foo", GRANT), ("Bar", GRANT), ("Baz", GRANT)]


def test_a_section_behind_apps_of_which_something_is_said(tmp_path: Path) -> None:
    text = "Linked apps\nFoo\nSign in with Google\nBar\nSign in with Google\nLinked accounts\nBaz\nQuux\n"
    expected = [("Foo", SIGN_IN), ("Bar", SIGN_IN), ("Baz", GRANT), ("Quux", GRANT)]
    assert kinds(claims(tmp_path, text, "a.txt")) == expected


def test_the_first_app_may_be_connected_in_both_ways(tmp_path: Path) -> None:
    cards = "Foo Club\nSign in with Google\nLinked account\nBar Club\nSign in with Google\n"
    both = [("Foo Club", SIGN_IN), ("Foo Club", GRANT), ("Bar Club", SIGN_IN)]
    assert kinds(claims(tmp_path, f"Linked apps\n{cards}Privacy\n", "a.txt")) == both
    filtered = f"Linked apps\nFilter by\n{cards.replace('Foo Club', 'Slack')}"
    assert kinds(claims(tmp_path, filtered, "a.txt")) == [("Slack", SIGN_IN), ("Slack", GRANT), both[2]]


def test_rights_that_are_listed_are_no_apps(tmp_path: Path) -> None:
    text = (
        "Slack\nHas access to:\nGoogle Drive\nGmail\nAccess given on:\nJan 5, 2024\nRemove access\n"
        "Zoom\nHas access to:\nCalendar\nAccess given on:\nYesterday, 3:00 PM\nRemove access\nhttps://zoom.us/\n"
    )
    assert short(claims(tmp_path, text, "a.txt")) == [
        ("Slack", "", GRANT, midnight(2024, 1, 5)),
        ("Zoom", "zoom.us", GRANT, None),
    ]


def test_the_page_of_one_app(tmp_path: Path) -> None:
    text = (
        "Thunkable\nThunkable has some access to your Google Account\nSee details\n"
        "How Google helps you sign in to Thunkable\nSee details\nGoogle has some access to your Spotify account\n"
        "Google に ポッド のアカウントへの下記のアクセス権が付与されています\n"
    )
    assert short(claims(tmp_path, text, "a.txt")) == [
        ("Thunkable", "", SIGN_IN, None),
        ("Thunkable", "", GRANT, None),
        ("Spotify", "", GRANT, None),
        ("ポッド", "", GRANT, None),
    ]


def test_text_as_firefox_saves_it(tmp_path: Path) -> None:
    text = (
        "Linked apps <https://myaccount.google.com/connections>\n\n  * Slack\n    <https://example.org/>\n"
        f"  * Slack <{ADDRESS}/overview/AcB>\n  * Terms <{ADDRESS}/overview/AcC>\nTerms <https://policies.google.com/>"
    )
    assert short(claims(tmp_path, text, "a.txt")) == [("Slack", "", GRANT, None), ("Terms", "", GRANT, None)]


A = '<a href="connections/overview/'


@pytest.mark.parametrize(
    "body",
    [
        "<ul><li><h2>Sign in with Google</h2><ul><li>Slack<li>Zoom</ul></li>"
        "<li><h2>Linked accounts</h2><ul><li>Spotify</ul>",
        f'<h3>Sign in with Google</h3><ul><li>{A}1">Slack</a><li>{A}2"><b>Zo</b>om</a></ul>'
        f'<h3>Linked accounts</h3>{A}3"><i class="google-symbols">link</i><h2>Spotify</h2></a>',
        "<div><div>Sign in with Google</div><div>Slack</div><div>Zoom</div><div>Access to your Google Account</div>"
        "<div>Spotify<br>",
        f'<div>{A}1">Slack</a><div>Sign in with Google</div>{A}2">Zoom</a><div>Sign in with Google</div>'
        f'{A}3" aria-label="Spotify"><img></a><p>Linked account',
        "</div></li><section><span>Slack</span><span>Sign in with Google</span><span>Zoom</span>"
        "<span>Sign in with Google</span><span>Spotify</span><span>Linked account</span>",
    ],
)
def test_layouts_of_other_kinds(tmp_path: Path, body: str) -> None:
    found = short(claims(tmp_path, f"<html><body><h1>Connections</h1>{body}"))
    assert found == [("Slack", "", SIGN_IN, None), ("Zoom", "", SIGN_IN, None), ("Spotify", "", GRANT, None)]


def test_a_list_of_buttons_below_the_heading(tmp_path: Path) -> None:
    apps = "<ul><li><button>Slack</button><li><button>Zoom</button></ul>"
    body = f"<li><button>Before</button></li><h1>Linked apps</h1>{apps}"
    assert short(claims(tmp_path, f"<body>{body}")) == [("Slack", "", GRANT, None), ("Zoom", "", GRANT, None)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Access given on: Jan 5, 2024", midnight(2024, 1, 5)),
        ("Access given on: January 5, 2024, 3:30 PM", midnight(2024, 1, 5)),
        ("Linked on 5 Jan 2024", midnight(2024, 1, 5)),
        ("2024/01/05", midnight(2024, 1, 5)),
        ("2024年1月5日 10:30", midnight(2024, 1, 5)),
        ("アクセス許可日: 2024年1月5日(金)", midnight(2024, 1, 5)),
        ("アクセス権の付与日:2024/1/5", midnight(2024, 1, 5)),
        ("Access given on: Feb 30, 2024", None),
        ("Access given on: January 5", None),
        ("昨日 10:30", None),
    ],
)
def test_days(tmp_path: Path, written: str, expected: float | None) -> None:
    found = claims(tmp_path, f"Sign in with Google\nNotion\n{written}\nSlack\n", "a.txt")
    assert short(found) == [("Notion", "", SIGN_IN, expected), ("Slack", "", SIGN_IN, None)]


LOGIN = "Sign in\nUse your Google Account\nEmail or phone\nForgot email?\nCreate account"
LOGIN_JA = "ログイン\nGoogle アカウントを使用\nメールアドレスまたは電話番号\nアカウントを作成"


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (LOGIN, "a.txt", "a page for signing in"),
        (LOGIN_JA, "a.txt", "a page for signing in"),
        (f"<html><title>x</title><body>{LOGIN_JA.replace(chr(10), '<p>')}", "a.html", "a page for signing in"),
        (
            "<!-- saved from url=(0029)https://accounts.google.com/x --><html>Linked apps",
            "a.html",
            "a page for signing in",
        ),
        (
            "Welcome back\nSign in with Google\nContinue with Apple\nForgot your password?",
            "a.txt",
            "a page for signing in",
        ),
        ("Shopping\nmilk\nbread", "a.txt", "is not Google's page of connections"),
        ("", "a.txt", "is not Google's page of connections"),
        ("<html><body><ul><li>Slack</li></ul>", "a.html", "is not Google's page of connections"),
        ("Linked apps\nNo apps are linked to your account yet.", "a.txt", "No connection can be read"),
        (
            "Security\nYour connections to third-party apps & services\nSlack\nSee all connections",
            "a.txt",
            "only the first",
        ),
        (
            pages.document("<h1>Linked apps</h1>", "en", "Help", "https://support.google.com/a"),
            "a.html",
            "support.google.com",
        ),
        (
            pages.mhtml("<html>Linked apps<li>Slack", "https://example.com/blog"),
            "a.mhtml",
            "was saved from example.com",
        ),
        (b"%PDF-1.7 Sign in with Google", "a.pdf", "is a PDF"),
        (b"bplist00...", "a.webarchive", "a web archive of Safari's"),
        (bytes(range(256)) * 10, "a.bin", "is not Google's page of connections"),
    ],
)
def test_other_files(tmp_path: Path, content: str | bytes, name: str, message: str) -> None:
    with pytest.raises(Unusable, match=message) as caught:
        claims(tmp_path, content, name)
    assert "https://myaccount.google.com/connections" in caught.value.hint


def test_a_file_that_is_too_large_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unusable, match=r"gone\.html cannot be read"):
        list(page.read(tmp_path / "gone.html"))
    with pytest.raises(Unusable, match="cannot be read"):
        list(page.read(tmp_path))
    monkeypatch.setattr(page, "LARGEST", 3_000_000)
    with pytest.raises(Unusable, match="larger than 3 MB"):
        claims(tmp_path, b"x" * 3_000_001)


def test_a_page_that_is_broken_takes_linear_time(tmp_path: Path) -> None:
    body = "<p><li>" * 10_000 + "</div></a>" * 10_000 + f'{A}1"></a><div>' * 10_000 + f'{A}2">Slack'
    assert short(claims(tmp_path, f"<body>{body}")) == [("Slack", "", GRANT, None)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("claude.ai", "claude.ai"),
        ("Booking.com", "booking.com"),
        ("app.example.co.jp", "example.co.jp"),
        ("Node.js", ""),
        ("backup.py", ""),
        ("drive.google.com", ""),
        ("Amazon.com, Inc.", ""),
        ("Slack", ""),
        ("192.168.0.1", ""),
    ],
)
def test_names_that_are_domains(name: str, expected: str) -> None:
    assert hosts.of_name(name) == expected
