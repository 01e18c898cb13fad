"""Whether two mail addresses are one, and whether they lead into one mailbox."""

from __future__ import annotations

from functools import cache

from email_validator import EmailNotValidError, validate_email

PUBLIC = frozenset({"gmail.com", "googlemail.com"})
"""Domains that are everybody's: no address there is an alias of another account, or ends together with another."""


def same(one: str | None, other: str | None) -> bool:
    """Whether two addresses are one: Gmail passes over case, but "ß" is not "ss"."""
    return one is not None and other is not None and _parts(one) == _parts(other)


def domain(address: str) -> str:
    """What stands behind the "@", in the form of the wire: 例え.jp and xn--r8jz45g.jp are one."""
    return _ascii(address.rpartition("@")[2].lower())


def mailbox(address: str) -> str:
    """An address as Gmail delivers it: what follows "+" does not count, nor do dots in gmail.com's names.
    https://support.google.com/mail/answer/7436150"""
    name, where = _parts(address)
    name = name.partition("+")[0]
    return f"{name.replace('.', '')}@gmail.com" if where in PUBLIC else f"{name}@{where}"


def _parts(address: str) -> tuple[str, str]:
    return address.rpartition("@")[0].lower(), domain(address)


@cache
def _ascii(name: str) -> str:
    if name.isascii():
        return name
    try:
        return str(validate_email(f"x@{name}", check_deliverability=False).ascii_domain)
    except EmailNotValidError:
        return name
