"""Senders that want to be taken for a known service: by the name they write, or by a domain that looks like its own."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from eccs_backup.linked_apps import services
from eccs_backup.linked_apps.mail.senders import SENDERS

SHORTEST = 5
"""Letters of a known domain's name below which a likeness says nothing."""
REGISTERED = (".co.jp", ".or.jp", ".ne.jp", ".ac.jp", ".ed.jp", ".go.jp", ".lg.jp")
"""Domains that only who is registered in Japan as such can have. https://jprs.jp/about/jp-dom/type.html"""
_AS_IF_JAPANESE = re.compile(r"-(?:co-?)?jp\.|\bjp-|\.jp-")
_DIGITS = str.maketrans({"0": "o", "1": "l", "3": "e", "5": "s"})
_LONG = re.compile("(?<=[ァ-ヶ])一")
_GOOGLE = re.compile(r"\s*(?:google|gmail|グーグル)\b", re.IGNORECASE)
_MAILER = re.compile(r"(?:e?mails?|mailer)$")
_LOOKS = str.maketrans({"0": "o", "1": "l", "3": "e", "5": "s", "8": "b", "i": "l", "j": "l"})
_LIKE_LATIN = re.compile("[\u0370-\u03ff\u0400-\u04ff]")
"""Greek and Cyrillic letters: no service known to us writes to this university in them."""
_JOINTS = re.compile(r"[.\-_]")


@lru_cache(maxsize=8192)
def mailer_of(domain: str) -> services.Service | None:
    """The known service that writes under a domain of its own for mail: "udemymail.com", "facebookmail.com"."""
    label, _, suffix = domain.partition(".")
    brand = _MAILER.sub("", label)
    if brand == label or len(brand) < SHORTEST - 1 or suffix not in SENDERS.usual:
        return None
    return next((each for each in services.every() if brand in {one.partition(".")[0] for one in each.domains}), None)


@lru_cache(maxsize=8192)
def suspects(name: str, domain: str) -> bool:
    """Whether a writer of that name and registrable domain, which is in no table, plays a service that is."""
    label, _, suffix = domain.partition(".")
    cousin = _by_label().get(label)
    abroad = suffix in SENDERS.usual and len(label) > SHORTEST
    if cousin and (domain.endswith(REGISTERED) or (abroad and cousin.kind is not services.Kind.MONEY)):
        return False  # "amazon.de"; short names and banks have too many namesakes
    if _is_mixed(name) or _is_mixed(_shown(label)) or suffix in SENDERS.cheap or _AS_IF_JAPANESE.search(domain):
        return True
    if _GOOGLE.match(name) or any(services.impersonated(each, domain) for each in _readings(name)):
        return True
    return not domain.endswith(REGISTERED) and _looks_like_another(label)


def _readings(name: str) -> set[str]:
    """The name, and how the eye reads it: without accents, digits as the letters they are like, 一 as a long vowel."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    letters = bare.translate(_DIGITS)
    return {
        name,
        bare,
        letters,
        re.sub(r"(?<=[a-z])I", "l", bare),
        _LONG.sub("ー", unicodedata.normalize("NFKC", name)),
    }


def _looks_like_another(label: str) -> bool:
    """Whether a part of the domain reads like the name of a known one: "paypa1-billing.com", "amazon-co-jp.info"."""
    parts = {_look(each) for each in (*_JOINTS.split(label), label)}
    whole = _look(label)
    if any(each in _known() for each in parts if len(each) >= SHORTEST):
        return True
    long = [each for each in _known() if len(each) > SHORTEST]
    if any(part.startswith(each) for part in parts for each in long if "-" in label or len(each) > SHORTEST + 2):
        return True
    return any(whole.endswith(each) and len(each) > SHORTEST + 2 for each in long) or any(
        _is_near(whole, e) for e in long
    )


def _is_near(one: str, other: str) -> bool:
    """Whether one letter more, fewer or another makes them equal."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return any(one[start + a :] == other[start + b :] for a, b in ((1, 1), (1, 0), (0, 1)))


def _is_mixed(name: str) -> bool:
    """Whether a word has letters that look like Latin ones and are not, beside or instead of these."""
    return any(_LIKE_LATIN.search(each) for each in name.split())


def _shown(label: str) -> str:
    """A domain's label as browsers may show it."""
    try:
        return label.encode("ascii").decode("idna") if label.startswith("xn--") else label
    except UnicodeError:
        return label


def _look(label: str) -> str:
    """What the eye sees: digits that are like letters, and pairs that are like one."""
    return _JOINTS.sub("", label).translate(_LOOKS).replace("rn", "m").replace("vv", "w").replace("nn", "m")


@cache
def _known() -> frozenset[str]:
    return frozenset(_look(each) for each in _labels() - _words() if len(each) >= SHORTEST)


@cache
def _by_label() -> dict[str, services.Service]:
    return {each.partition(".")[0]: service for service in services.every() for each in service.domains}


@cache
def _labels() -> frozenset[str]:
    return frozenset(each.partition(".")[0] for service in services.every() for each in service.domains)


@cache
def _words() -> frozenset[str]:
    """Names that are words as well: domains of others have them for good reason."""
    return frozenset(each.lower() for service in services.every() for each in service.words)
