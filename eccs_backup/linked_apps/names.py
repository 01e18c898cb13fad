"""Names of services, made comparable: "GitHub, Inc.", "ＧｉｔＨｕｂ チーム" and "git hub" are the same one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST_NAME = 200
"""Characters of a name that are looked at."""
LONGEST_PHRASE = 16
"""Words and single Japanese letters that a name may consist of, to be found in a text."""


def key(name: str) -> str:
    """The form in which names are compared: without regard to width, case, spaces and punctuation."""
    return "".join(_words(_folded(name)))


def keys(name: str) -> Iterator[str]:
    """The key of a name, then those of what is left without the kind of company and the office around it."""
    rest, before = _folded(name), ""
    while rest != before:
        yield "".join(_words(rest))
        rest, before = _AROUND.sub("", rest, count=1), rest


def phrases(text: str) -> Iterator[str]:
    """The keys of every run of whole words in a text; of those that start at the same word the longest first."""
    words = _words(_folded(text))
    for start in range(len(words)):
        for end in range(min(len(words), start + LONGEST_PHRASE), start, -1):
            yield "".join(words[start:end])


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name[:LONGEST_NAME]).casefold()


def _words(folded: str) -> list[str]:
    """A run of katakana or of Latin letters is a word; what else is Japanese has no joints, and each letter is one."""
    return _WORD.findall(folded)


_WORD = re.compile(r"[ァ-ヺー]+|[぀-ヿ㐀-鿿々]|[^\W_぀-ヿ㐀-鿿々]+")
_COMPANY = r"株式会社|有限会社|合同会社|(?:一般|公益)(?:社団|財団)法人|独立行政法人|\(株\)"
_OFFICE = (
    "(?:運営)?事務局|運営局|(?:カスタマー|お客様)?(?:サポート|サービス|センター)|チーム|通知|公式|ジャパン|"
    "(?:からの)?お知らせ|より"
)
_LATIN = (
    r"inc|incorporated|ltd|limited|llc|corp|corporation|co|company|gmbh|plc|k\.?k|team|support|notifications?|alerts?|"
    "accounts?|security|billing|info|no-?reply|newsletter|updates|japan|jp"
)
_AROUND = re.compile(rf"^\W*(?:{_COMPANY}|the\b)|(?:{_COMPANY}|{_OFFICE}|(?<![a-z0-9])(?:{_LATIN}))\W*$")
