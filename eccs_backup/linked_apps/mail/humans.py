"""Whether a mail's writer bears a person's name: then it is a letter, and not a service's, most likely."""

from __future__ import annotations

import re
from functools import lru_cache

from eccs_backup.linked_apps.mail.heads import Address
from eccs_backup.linked_apps.mail.senders import SENDERS

_JAPANESE = re.compile(r"[一-龠々〆ヶ]{1,4}[ \u3000][一-龠々ぁ-んァ-ヶー]{1,5}|[一-龠々〆ヶ]{2,5}|[ぁ-ん]{2,5}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_VOICE = re.compile(r"\s(?:from|at|via|@|of|by)\s", re.IGNORECASE)
"""A person who writes for a firm: "Ana from Loopwell"."""
_OFFICES = re.compile(
    r"[株有財社]|会|局|部|課|室|店|館|院|校|園|所|社|行|屋|塾|宿|係|庁|省|署|課|センター|サービス|サポート|システム|ショップ|クラブ|"
    r"ホテル|カード|ストア|スクール|ジム|カフェ|クリニック|事務|窓口|担当|受付|予約|予備|大学|協同|組合|協議|編集|運営|通信|便り|だより"
)
"""What the names of offices and shops are made of, and those of people rarely are."""


@lru_cache(maxsize=8192)
def is_body(author: Address) -> bool:
    """Whether the name is an office's, a shop's or a society's."""
    words = {each.lower() for each in _WORD.findall(author.name)}
    return not wrote(author) and bool(_OFFICES.search(author.name) or words & SENDERS.bodies)


@lru_cache(maxsize=8192)
def wrote(author: Address) -> bool:
    """Whether the name is a person's: Japanese in form, or one whose words stand before the @, whole or as initials."""
    name = author.name.split("(")[0].split("（")[0].strip(" 　\"'")
    if SENDERS.is_role(author.local) or _VOICE.search(name):
        return False
    if _JAPANESE.fullmatch(name):
        return not _OFFICES.search(name)
    words = [each.lower() for each in _WORD.findall(name)]
    foreign = name.isascii() or any("a" <= each[0] <= "z" for each in words)
    if not 1 < len(words) < 4 or " - " in name or not foreign:
        return False
    local = re.sub(r"[^a-z]", "", author.local)
    whole = any(len(each) > 2 and each in local for each in words)
    return whole and not any(each in SENDERS.shared for each in words)
