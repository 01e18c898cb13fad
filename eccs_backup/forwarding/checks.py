"""What is looked at before anything is set: is the destination an address, somebody else's, and one that lasts?"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email

from eccs_backup import profiles
from eccs_backup.errors import Unusable
from eccs_backup.forwarding.steps import Standing, forwarded, same


class Provider(NamedTuple):
    """A mail service that is known to turn forwarded mail away; `source` says so, and was read on `read`.

    Its name is given by language: "ja" and "en".
    """

    name: Mapping[str, str]
    domains: tuple[str, ...]
    source: str
    read: date


def destination(text: str) -> str:
    """The address that a person typed, in its usual form. Raises Unusable.

    Only the form is checked: whether it exists, shows when the confirmation mail arrives.
    """
    try:
        return str(validate_email(text.strip(), check_deliverability=False).normalized)
    except EmailNotValidError as error:
        raise Unusable(f"'{text}' is not a mail address: {error}", hint="Write it as name@example.com") from error


def fits(to: str, account: str, aliases: Iterable[str], *, same_institution: bool = False) -> None:
    """Raise Unusable when mail would be forwarded to where it comes from, or to an address that ends as well."""
    if any(same(_plain(to), _plain(each)) for each in (account, *aliases)):
        raise Unusable(f"{to} leads into this very mailbox.", hint="Name an address that stays when this account ends.")
    profile = profiles.of(account)
    if same_institution:
        return
    if profile and profiles.ends_too(profile, to):
        raise Unusable(
            f"{to} belongs to the same institution as {account}, and may end as well.",
            hint="Name a private address. If this one stays for certain, add --same-institution.",
        )
    if not profile and to.rpartition("@")[2].casefold() == account.rpartition("@")[2].casefold():
        raise Unusable(
            f"{to} is of the same domain as {account}, and may end as well.",
            hint="Name a private address. If this one stays for certain, add --same-institution.",
        )


def refuses(to: str) -> Provider | None:
    """The mail service of a destination when it is known to turn forwarded mail away, else None."""
    domain = to.rpartition("@")[2].casefold()
    return next((each for each in _providers() if profiles.within(domain, each.domains)), None)


def leads_on(to: str, account: str, back: Standing) -> None:
    """Raise Unusable when the destination, whose forwarding is `back`, sends its mail on to where it comes from."""
    if forwarded(back, account):
        raise Unusable(
            f"{to} forwards its mail to {account}: it would go round and round.",
            hint=f"End that first, with: eccs-backup forward --stop --account {to}",
        )


def _plain(address: str) -> str:
    """An address as Gmail delivers it: what follows "+" does not count, nor do dots in gmail.com's names.
    https://support.google.com/mail/answer/7436150"""
    name, _, domain = address.casefold().rpartition("@")
    name = name.partition("+")[0]
    if domain in ("gmail.com", "googlemail.com"):
        return f"{name.replace('.', '')}@gmail.com"
    return f"{name}@{domain}"


@cache
def _providers() -> tuple[Provider, ...]:
    table = tomllib.loads(files(__package__).joinpath("providers.toml").read_text("utf-8"))["provider"]
    return tuple(Provider(each["name"], tuple(each["domains"]), each["source"], each["read"]) for each in table)
