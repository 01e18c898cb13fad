"""Which service an address of the web belongs to, and whether a name is an address itself."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from publicsuffixlist import PublicSuffixList

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
