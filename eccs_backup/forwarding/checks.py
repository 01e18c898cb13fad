"""What is looked at before anything is set: is the destination an address, somebody else's, and one that lasts?"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email

from eccs_backup import profiles
from eccs_backup.errors import Unusable
from eccs_backup.forwarding.addresses import PUBLIC, domain, mailbox
from eccs_backup.forwarding.steps import Standing, goes_to
from eccs_backup.forwarding.talk import trouble
from eccs_backup.messages import Voice


class Provider(NamedTuple):
    """A mail service that is known to turn forwarded mail away; `source` says so, and was read on `read`.

    Its name is given by language: "ja" and "en".
    """

    name: Mapping[str, str]
    domains: tuple[str, ...]
    source: str
    read: date


def destination(text: str, voice: Voice | None = None) -> str:
    """The address that a person typed, in its usual form. Raises Unusable.

    Only the form is checked: whether it exists, shows when the confirmation mail arrives. Letters of full width are
    another address to the letter, and a slip of the keyboard in fact.
    """
    half = unicodedata.normalize("NFKC", text)
    if half != unicodedata.normalize("NFC", text):
        raise trouble(Unusable, "full-width", voice, text=text, half=half)
    try:
        return str(validate_email(text.strip(), check_deliverability=False).normalized)
    except EmailNotValidError as error:
        raise trouble(Unusable, "no-address", voice, text=text, why=str(error)) from error


def fits(
    to: str, account: str, aliases: Iterable[str], voice: Voice | None = None, *, same_institution: bool = False
) -> None:
    """Raise Unusable when mail would be forwarded to where it comes from, or to an address that ends as well."""
    if any(mailbox(to) == mailbox(each) for each in (account, *aliases)):
        raise trouble(Unusable, "very-mailbox", voice, to=to)
    if same_institution:
        return
    if profile := profiles.of(account):
        ends = profiles.ends_too(profile, to)
    else:
        ends = profiles.within(domain(to), [domain(account)]) and domain(to) not in PUBLIC
    if ends:
        raise trouble(Unusable, "may-end-too", voice, to=to, account=account)


def refuses(to: str) -> Provider | None:
    """The mail service of a destination when it is known to turn forwarded mail away, else None."""
    return next((each for each in _providers() if profiles.within(domain(to), each.domains)), None)


def leads_on(to: str, account: str, aliases: Iterable[str], back: Standing, voice: Voice | None = None) -> None:
    """Raise Unusable when the destination, whose forwarding is `back`, sends its mail on to where it comes from."""
    own = {mailbox(each) for each in (account, *aliases)}
    if led := next((each for each in goes_to(back) if mailbox(each) in own), None):
        raise trouble(Unusable, "round-and-round", voice, to=to, account=led)


@cache
def _providers() -> tuple[Provider, ...]:
    table = tomllib.loads(files(__package__).joinpath("providers.toml").read_text("utf-8"))["provider"]
    return tuple(Provider(each["name"], tuple(each["domains"]), each["source"], each["read"]) for each in table)
