"""Google's page of connections (https://myaccount.google.com/connections), saved or copied by the person.

It is the only full list of what hangs on a Google account, and no interface gives it to the person themselves
(https://support.google.com/accounts/answer/13533235). Its format is nowhere described, and has changed every few years.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from eccs_backup.errors import Unusable
from eccs_backup.linked_apps import hosts, reading
from eccs_backup.linked_apps.claims import Claim, Kind
from eccs_backup.linked_apps.page import entries, lines, own
from eccs_backup.linked_apps.page.line import Page, folded
from eccs_backup.linked_apps.page.words import Sort, meaning

LARGEST = 50_000_000
"""Bytes; real ones have 2 MB, with pictures."""
HOSTS = ("myaccount.google.com", "security.google.com")
HINT = (
    "Open https://myaccount.google.com/connections in the browser, signed in with the account, scroll to the end of "
    "the list, and save the page as HTML, or copy all of it into a text file."
)
_OTHER_FILES = ((b"%PDF", "a PDF"), (b"bplist00", "a web archive of Safari's"), (b"PK\x03\x04", "an archive"))
_SAY_SO = (Sort.TITLE, Sort.SECTION, Sort.EITHER, Sort.BELOW, Sort.BASIC, Sort.RIGHTS)


def read(path: Path) -> Iterator[Claim]:
    """A claim for every connection on the page, two for an app that is both signed in to and given access.

    Where the page does not say what a connection is - its newest form lists names alone - it is a grant, which is true
    of every one: save the page with its filter "Sign in with Google" chosen as well, and those are sign-ins. Times are
    midnights in UTC of the days that the page shows. Raises Unusable for anything else than that page, never gives
    nothing.
    """
    data = reading.whole(path, LARGEST, HINT)
    kind = next((name for start, name in _OTHER_FILES if data.startswith(start)), "")
    if kind:
        raise Unusable(f"{path} is {kind}, which cannot be read.", hint=HINT)
    page = lines.page(data, path.suffix)
    _check(path, page)
    found = entries.entries(page.lines)
    if not found:
        raise Unusable(f"No connection can be read from {path}.", hint=HINT)
    for each in found:
        name, domain, source = " ".join(each.name.split()), each.domain, f"line {each.number}"
        for kind in (Kind.SIGN_IN, Kind.GRANT):
            if kind in each.kinds:
                yield Claim(name, domain, kind, each.when, source, each.quote)


def _check(path: Path, page: Page) -> None:
    """Raise Unusable for a page that is recognisably another one."""
    sorts = {meaning(line.text).sort for line in page.lines}
    words = {folded(line.text) for line in page.lines} | {folded(page.title)}
    sure = any(line.group and line.group.sure for line in page.lines)
    host = hosts.site(page.address).host
    asks = any(each in line for line in words for each in own.LOGIN)
    if host == "accounts.google.com" or (asks and not sure and not sorts & {Sort.TITLE, Sort.SECTION}):
        raise Unusable(f"{path} is a page for signing in, not the list of connections.", hint=HINT)
    if host and host not in HOSTS:
        raise Unusable(f"{path} was saved from {host}, and is not Google's page of connections.", hint=HINT)
    if not sure and not sorts.intersection(_SAY_SO):
        raise Unusable(f"{path} is not Google's page of connections, or not in English or Japanese.", hint=HINT)
    if words & own.PART:
        raise Unusable(f"{path} shows only the first connections, not the whole list.", hint=HINT)
