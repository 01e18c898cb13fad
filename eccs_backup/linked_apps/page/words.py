"""The words of Google's page of connections, in English and Japanese: what a line of it means.

The page's format is nowhere described. The words are from Google's help in both languages and from what other programs
look for in the page. https://support.google.com/accounts/answer/13533235 https://support.google.com/accounts/answer/3466521
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from eccs_backup.linked_apps.claims import Kind
from eccs_backup.linked_apps.page import own
from eccs_backup.linked_apps.page.line import folded, words

LONGEST = 500
"""Characters of a line that is looked at: more is a text, or data."""
SIGN_IN = frozenset((Kind.SIGN_IN,))
GRANT = frozenset((Kind.GRANT,))
NONE: frozenset[Kind] = frozenset()


class Sort(Enum):
    """What a line is."""

    TITLE = "the heading of the page: what follows is connected, nothing more is told"
    SECTION = "the heading of a section"
    EITHER = "the heading of a section, a filter's name, or what is said below a name"
    BELOW = "what is said below a name"
    BASIC = "below a name: who the person is, and nothing more, is told"
    RIGHTS = "what is above a list of rights"
    DATE = "when it was connected, in this line or the next"
    SITE = "its web address follows"
    OWN = "the page's own words"
    CHOSEN = "the icon of a filter that is chosen"
    FREE = "anything else: a name, perhaps"


class Meaning(NamedTuple):
    """What a line means. `name` is the app that a sentence is about; `when` is in Unix seconds, midnight UTC."""

    sort: Sort
    kinds: frozenset[Kind] = NONE
    when: float | None = None
    name: str = ""


TITLES = words("""
third-party apps & services | your connections to third-party apps & services |
connections to third-party apps & services | third-party connections | connections |
apps with access to your account | apps connected to your account | connected apps & sites |
your links to third-party apps & services | links to third-party apps & services | your third-party connections |
linked apps | your linked apps | サードパーティ製のアプリとサービス | アカウントにアクセスできるアプリ |
アカウントに接続しているアプリ | 接続済みのアプリとサイト |
リンクされたアプリ | リンク済みアプリ | リンク済みのアプリ |
リンクしているアプリ
""")
_TITLE = re.compile(
    r"(?:あなたの)?サードパーティ(?:製)?(?:の)?(?:アプリ)?(?:[とや・]|または)?(?:サービス)?(?:[とへ]の)?(?:接続|リンク)(?:の管理|を管理)?"
)
SECTIONS = {
    SIGN_IN: words("signing in with google | sign in with google connections | Google アカウントでログイン"),
    GRANT: words("""
third-party apps with account access | access to your google account | access to google account data |
access to your google account data | apps with access to your google account |
has access to your google account | account linking |
アカウントにアクセスできるサードパーティ アプリ |
アカウントにアクセスできるサードパーティ製アプリ |
アカウントにアクセスできるサードパーティ製のアプリ |
アカウントへのアクセス権を持つサードパーティ アプリ |
アカウントへのアクセス | Google アカウントへのアクセス |
Google アカウントへのアクセス権 | Google アカウントのデータへのアクセス |
アカウントのリンク
"""),
    NONE: words("google apps | Google アプリ | Google のアプリ"),
}
"""Google's own apps are a section of their own, and no accounts elsewhere."""
EITHER = {
    SIGN_IN: words("sign in with google | uses sign in with google | Google でログイン"),
    GRANT: words("""
linked | linked account | linked accounts | access to | account access | リンク済み | リンク済みアカウント |
リンク済みのアカウント | リンクされたアカウント | アクセス先
"""),
}
RIGHTS = words("has access to | アクセス権 | アクセスできるデータ | アクセス可能なデータ | 次へのアクセス権")
DATES = words("""
access given on | access granted on | access granted | linked on | connected on | added on |
authorized on | アクセス許可日 | アクセス権の付与日 |
アクセス権を付与した日 | アクセスを許可した日 | アクセス許可日時 |
アクセス権が付与された日 | リンクした日 | リンク日 | 接続日
""")
SITES = words("""
web address | access given to | homepage | website |
ウェブアドレス | ウェブサイト | ホームページ | アクセス権の付与先
""")
BELOW = {
    Kind.SIGN_IN: ("sign in with google", "signed in with google", "google でログイン", "googleでログイン"),
    Kind.GRANT: ("access", "linked", "リンク", "アクセス"),
}
"""What a line below a name says of its kind."""
_BEGINNINGS = (
    "has access to ", "has some access to ", "has full access to ", "access to ", "access to: ", "can access ",
    "linked to ", "linked with ", "linked account", "uses sign in with google", "you use sign in with google",
    "sign in with google", "signed in with google", "googleでログイン", "アクセス権:", "アクセス先:", "アクセス可能:",
    "リンク済み", "リンクされたアカウント",
)  # fmt: skip
_ENDINGS = (
    "へのアクセス権",
    "へのアクセス権あり",
    "にアクセス可能",
    "にアクセスできます",
    "へのアクセス",
    "とリンク済み",
)
_BASIC = re.compile(
    r"basic account info|name, email(?: address)?,? & profile picture|profile info"
    r"|(?:アカウントの)?基本(?:的な)?(?:アカウント|プロフィール)?情報|プロフィール情報"
)
"""What every sign-in hands over."""
_ALONE = re.compile(r"^(?:has|some|access|to|へのアクセス権?|アクセス[権先]|[\s:,.、。と&])+$")
_SENTENCES = (
    (re.compile(r"google has (?:some )?access to your (.+) account", re.I), Kind.GRANT),
    (re.compile(r"(.+) has (?:some |full )?access to your google account", re.I), Kind.GRANT),
    (re.compile(r"how google helps you sign in to (.+)", re.I), Kind.SIGN_IN),
    (re.compile(r"you use sign in with google (?:for|to sign in to) (.+)", re.I), Kind.SIGN_IN),
    (re.compile(r"google\s*に\s*(.+?)\s*のアカウントへの.*アクセス権が付与されています", re.I), Kind.GRANT),
    (re.compile(r"(.+?)\s*に(?:は)?\s*google\s*アカウントへの.*アクセス権が(?:付与されて|あり).*", re.I), Kind.GRANT),
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = f"({'|'.join(_MONTHS)})[a-z]*\\.?"
_DATES = (
    (re.compile(r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})日?\.?"), (0, 1, 2)),
    (re.compile(rf"\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b"), (2, 0, 1)),
    (re.compile(rf"\b(\d{{1,2}}) {_MONTH},? (\d{{4}})\b"), (2, 1, 0)),
)
_CLOCK = re.compile(
    r"(?:午前|午後)?\d{1,2}[:時]\d{2}分?(?::\d{2})?\s?(?:[ap]m)?|\(?[月火水木金土日]曜?日?\)|\bat\b|[,、()]"
)
_AGO = re.compile(r"(?:yesterday|today|昨日|今日|\d+ (?:minute|hour|day)s? ago|\d+(?:分|時間|日)前)[\s,]*(?:\d.*)?")


@lru_cache(maxsize=10_000)
def meaning(text: str) -> Meaning:
    """What a line of the page means by itself."""
    if len(text) > LONGEST:
        return Meaning(Sort.OWN)
    line = folded(text)
    for kinds, known in SECTIONS.items():
        if line in known:
            return Meaning(Sort.SECTION, kinds)
    for kinds, known in EITHER.items():
        if line in known:
            return Meaning(Sort.EITHER, kinds)
    if line in TITLES or _TITLE.fullmatch(line):
        return Meaning(Sort.TITLE)
    if line in RIGHTS or (line.endswith(" can") and text.rstrip().endswith(":")):
        return Meaning(Sort.RIGHTS, GRANT)
    if line in SITES:
        return Meaning(Sort.SITE)
    for pattern, kind in _SENTENCES:
        if found := pattern.fullmatch(" ".join(text.split())):
            return Meaning(Sort.BELOW, frozenset((kind,)), None, found[1])
    if line in own.CHOSEN:
        return Meaning(Sort.CHOSEN)
    if own.is_control(line):
        return Meaning(Sort.OWN)
    return _dated(line) or _below(line) or Meaning(Sort.OWN if own.is_own(line) else Sort.FREE)


def date(text: str) -> float | None:
    """The first date with a year in a text, as Unix seconds of its midnight in UTC."""
    line = folded(text)
    for pattern, (year, month, day) in _DATES:
        if found := pattern.search(line):
            parts = found.groups()
            number = _MONTHS.index(parts[month]) + 1 if parts[month] in _MONTHS else int(parts[month])
            try:
                return datetime(int(parts[year]), number, int(parts[day]), tzinfo=UTC).timestamp()
            except ValueError:
                return None
    return None


def _dated(line: str) -> Meaning | None:
    label, colon, rest = line.partition(":")
    if line in DATES or label in DATES:
        return Meaning(Sort.DATE, NONE, date(rest) if colon else None, rest)
    bare = line
    for pattern, _ in _DATES:
        bare = pattern.sub("", bare)
    if (bare != line and not _CLOCK.sub("", bare).strip()) or _AGO.fullmatch(line):
        return Meaning(Sort.DATE, NONE, date(line), line)
    label = next((each for each in DATES if line.startswith(f"{each} ")), "")
    return Meaning(Sort.DATE, NONE, date(line), line) if label else None


def _below(line: str) -> Meaning | None:
    if not line.startswith(_BEGINNINGS) and not line.endswith(_ENDINGS):
        return None
    data = _BASIC.sub("", line)
    if data != line and not _ALONE.sub("", data):  # no data but what a sign-in hands over
        return Meaning(Sort.BASIC, NONE, date(line))
    kinds = frozenset(kind for kind, parts in BELOW.items() if any(each in line for each in parts))
    return Meaning(Sort.BELOW, kinds, date(line))
