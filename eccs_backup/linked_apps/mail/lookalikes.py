"""Senders that want to be taken for a known service: by the name they write, or by a domain that looks like its own."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from eccs_backup.linked_apps import services
from eccs_backup.linked_apps.mail.senders import SENDERS

SHORTEST = 5
"""Letters of a known domain's name below which a likeness says nothing."""
REGISTERED = (".co.jp", ".or.jp", ".ne.jp", ".ac.jp", ".ed.jp", ".go.jp", ".lg.jp")
"""Domains that only who is registered in Japan as such can have. https://jprs.jp/about/jp-dom/type.html"""
_AS_IF_JAPANESE = re.compile(r"-(?:co-?)?jp\.|\bjp-|\.jp-")
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
    if label in _labels() and (suffix in SENDERS.usual or domain.endswith(REGISTERED)):
        return False
    if _is_mixed(name) or _is_mixed(_shown(label)) or suffix in SENDERS.cheap or _AS_IF_JAPANESE.search(domain):
        return True
    if services.impersonated(name, domain) is not None:
        return True
    return not domain.endswith(REGISTERED) and _looks_like_another(label)


def _looks_like_another(label: str) -> bool:
    """Whether a part of the domain reads like the name of a known one: "paypa1-billing.com", "amazon-co-jp.info"."""
    parts = {_look(each) for each in (*_JOINTS.split(label), label)}
    whole = _look(label)
    return any(each in _known() for each in parts if len(each) >= SHORTEST) or any(
        whole.startswith(each) or whole.endswith(each) for each in _known() if len(each) >= SHORTEST + 3
    )


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
def _labels() -> frozenset[str]:
    return frozenset(each.partition(".")[0] for service in services.every() for each in service.domains)


@cache
def _words() -> frozenset[str]:
    """Names that are words as well: domains of others have them for good reason."""
    return frozenset(each.lower() for service in services.every() for each in service.words)
