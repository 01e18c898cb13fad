"""Which service an address of the web belongs to, and whether a name is an address itself."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from publicsuffixlist import PublicSuffixList

from eccs_backup.linked_apps import services
from eccs_backup.linked_apps.domains import registrable

GOOGLE = frozenset(
    (
        "youtube.com", "googleusercontent.com", "googleapis.com", "gstatic.com", "googlesource.com", "goo.gl", "g.co",
        "withgoogle.com", "gmail.com", "googlemail.com", "android.com", "chrome.com", "blogger.com", "ggpht.com",
    )
)  # fmt: skip
"""Google's own domains beside google.com, google.co.jp and so on."""
STORES = frozenset(("apple.com", "microsoft.com", "amazonaws.com"))
"""Where apps of others are offered or kept: such an address does not tell whose app it is."""
APPS = frozenset(("android", "androidapp", "iosapp"))
"""Schemes of addresses of apps: android://KEY@com.example.app/"""
_PACKAGE = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_SHORTEST_PIECE = 3
"""Letters of a piece of a package that can be a name: "x" and "go" are anything."""
_PIECES = frozenset(
    (
        "ac", "biz", "co", "com", "dev", "edu", "gov", "info", "io", "jp", "kr", "me", "ne", "net", "or", "org", "tv",
        "uk", "us", "android", "androidapp", "app", "application", "apps", "beta", "chat", "client", "free", "game",
        "games", "global", "ios", "ipad", "iphone", "japan", "lite", "mail", "main", "messenger", "mobile", "music",
        "news", "phone", "prod", "production", "reader", "release", "shop", "shopping", "store", "tablet", "viewer",
        "video", "web", "www",
    )
)  # fmt: skip
"""Pieces of packages that tell nothing of the service."""
_HOST = re.compile(r"[\w-]+(\.[\w-]+)+")
_PRIVATE = frozenset(("arpa", "corp", "home", "internal", "intranet", "lan", "local", "localdomain", "localhost"))
"""Last labels of names that exist in one network only. https://www.rfc-editor.org/rfc/rfc6762#appendix-G"""
_FILES = frozenset(("md", "mov", "py", "rs", "sh", "zip"))
"""Last labels that are countries or so, and in a name are more often a file's."""


class Site(NamedTuple):
    """An address of the web or of an app, taken apart. `host` is in lower case; both are "" when there is none."""

    scheme: str
    host: str


def site(address: str) -> Site:
    """The parts of an address that tell whose it is; whatever stands before an @, a password perhaps, is not kept."""
    text = address.strip()
    scheme, colon, _ = text.partition("://")
    if not colon:
        scheme, text = "", f"//{text}"
    try:
        return Site(scheme.lower(), (urlsplit(text).hostname or "").lower())
    except ValueError:
        return Site("", "")


def package(address: str) -> str:
    """The package or bundle of an app's address, in lower case, or ""; its key may have any characters."""
    scheme, _, rest = address.strip().lower().partition("://")
    found = re.split(r"[/?#]", rest.rpartition("@")[2], maxsplit=1)[0]
    return found if scheme in APPS and _PACKAGE.fullmatch(found) else ""


def turned(package: str) -> str:
    """The pieces of a package the other way round, as hosts have them: "x.rakuten.co.jp" of "jp.co.rakuten.x"."""
    return ".".join(reversed(package.split(".")))


def of_package(package: str) -> services.Service | None:
    """The known service of an app: by a piece of its package that is a name, the last first, or else by its domain."""
    names = (each for each in _telling(package) if len(each) >= _SHORTEST_PIECE)
    named = next((found for each in names if (found := services.named(each))), None)
    return named or services.of_domain(domain(turned(package)))


def piece(package: str) -> str:
    """The piece of a package that tells most, for want of a name: "mercari" of "com.mercariapp.mercari"."""
    found = _telling(package)
    return next((each for each in found if len(each) > _SHORTEST_PIECE), found[0] if found else package)


def _telling(package: str) -> list[str]:
    return [each for each in reversed(package.split(".")) if each not in _PIECES]


def domain(host: str) -> str:
    """The registrable domain of a host that everybody can reach, or ""."""
    found = registrable(host)
    return "" if found.rpartition(".")[2] in _PRIVATE else found


def third_party(address: str) -> str:
    """The registrable domain of the service that a link of Google's leads to, or "": Google's own and stores are none.

    A link by way of https://www.google.com/url counts for where it leads to.
    """
    where = site(address)
    if where.scheme not in ("http", "https"):
        return ""
    if is_google(where.host):
        through = parse_qs(urlsplit(address.strip()).query) if urlsplit(address.strip()).path == "/url" else {}
        target = next(iter(through.get("q") or through.get("url") or ()), "")
        return "" if not target or is_google(site(target).host) else third_party(target)
    found = domain(where.host)
    return "" if found in STORES else found


def of_name(name: str) -> str:
    """The registrable domain that a name is itself, as "claude.ai" or "Booking.com"; "" of any other name.

    Google shows the domain of an app that it has not verified in place of the name.
    """
    text = name.strip()
    if not _HOST.fullmatch(text) or text.rpartition(".")[2].lower() in _FILES or is_google(text.lower()):
        return ""
    return domain(text) if public(text) else ""


def public(host: str) -> bool:
    """Whether a host ends in what can be registered today: "node.js" is a name, not a host."""
    found = domain(host)
    return bool(found) and _known().privatesuffix(found) is not None


def is_google(host: str) -> bool:
    """Whether a host is one of Google's own."""
    found = registrable(host)
    return found in GOOGLE or found.partition(".")[0] == "google"


@cache
def _known() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)
