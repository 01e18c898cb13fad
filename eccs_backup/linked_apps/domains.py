"""Domains as one can register them: "github.com" of "reply.mail.github.com", by the public suffix list."""

from __future__ import annotations

from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList


@lru_cache(maxsize=100_000)
def registrable(host: str) -> str:
    """The registrable domain of a host in lower case ASCII, or "" when it has none.

    The list comes with the library, and is not fetched. https://publicsuffix.org/
    """
    try:
        name = host.strip().rstrip(".").lower().encode("ascii" if host.isascii() else "idna").decode("ascii")
    except UnicodeError:
        return ""
    if not name or len(name) > 253 or "." not in name or not set(name) <= _LETTERS or ".." in name:
        return ""
    if name.replace(".", "").isdecimal():  # an address by number
        return ""
    return _list().privatesuffix(name) or ""


_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


@cache
def _list() -> PublicSuffixList:
    return PublicSuffixList()
