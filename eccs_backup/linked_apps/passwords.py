"""Exports of password managers and browsers: which services hold a password under one of the person's addresses.

Of a row only its service, its user name and its times are looked at. Passwords, notes and one-time secrets stay in the
row that is being parsed: no claim, no error and no file of ours has them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from eccs_backup.errors import Unusable
from eccs_backup.linked_apps import hosts, reading
from eccs_backup.linked_apps.claims import Claim, Kind

LONGEST_FIELD = 1 << 24
"""Characters of one field: far more than any note, and less than a file in which a quote was never closed."""
EXPORTS = {
    "Chrome, Edge and other browsers built on Chromium": {"name", "url", "username", "password"},
    "Firefox": {"url", "username", "password", "guid"},
    "Safari and Apple's Passwords": {"title", "url", "username", "password"},
    "Bitwarden": {"name", "login_uri", "login_username", "login_password"},
    "1Password": {"title", "website", "username", "password"},
    "KeePass 1": {"account", "login name", "password", "web site"},
    "KeePassXC": {"group", "title", "username", "password", "url"},
}
"""The columns by which each is known, in any order and among others. KeePass 1 is the only one that escapes with a
backslash. https://support.mozilla.org/kb/export-login-data-firefox https://bitwarden.com/help/condition-bitwarden-import/
https://keepass.info/help/base/importexport.html https://keepassxc.org/docs/KeePassXC_UserGuide"""
HINT = (
    f"Known are the exports as CSV of {', '.join(EXPORTS)}. Export the passwords again as CSV, unencrypted, "
    "and delete the file afterwards."
)
_TITLES = ("title", "name", "account")
_SITES = ("url", "login_uri", "web site", "website")
_USERS = ("username", "login_username", "login name")
_SECRETS = frozenset(
    ("password", "login_password", "note", "notes", "comments", "otpauth", "totp", "login_totp", "fields")
)
_TIMES = ("timelastused", "last used", "timepasswordchanged", "last modified", "timecreated", "created")
_TAG = re.compile(r"\+[^@]*@")
_DELIMITERS = ",;\t"


class _Columns(NamedTuple):
    """Where in a row things stand; -1 where there is no such column."""

    width: int
    title: int
    site: int
    user: int
    email: int
    several: bool
    """Whether there may be several addresses with commas between them, as Bitwarden and 1Password have them."""
    times: tuple[int, ...]
    secrets: tuple[int, ...]


def read(
    path: Path, addresses: Collection[str], on_other: Callable[[str, bool], object] | None = None
) -> Iterator[Claim]:
    """A claim for every service of which the export holds a password under one of these addresses.

    Capital letters, blanks around and what follows a "+" do not matter. Row 1 is the header, as a spreadsheet counts.
    An entry with several services gives several claims; one without a web address is known by its title alone. One in
    the own network or on the own computer is none, nor is Google, where it is the account itself. `on_other` is called
    for every row that is passed over because of another user name, with its host or app, "" when it has none that is
    public, and whether that user name is what stands before the @ of one of the addresses: somebody may sign in there
    with it.
    Raises Unusable when the file is no export that is known, quoting nothing of it.
    """
    wanted = {each.strip().casefold() for each in addresses} - {""}
    local = {each.partition("@")[0] for each in wanted}
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_FIELD))  # below a C long everywhere
    codec = reading.encoding(path)
    try:
        with path.open(encoding=codec, errors="replace", newline="") as file:
            lines = iter(lambda: file.readline(LONGEST_FIELD), "")
            for row, columns, source in _rows(path, (line.replace("\0", "") for line in lines)):
                user = _cell(row, columns.user).casefold() or _cell(row, columns.email).casefold()
                if _TAG.sub("@", user) in wanted or _TAG.sub("@", _cell(row, columns.email).casefold()) in wanted:
                    yield from _of_row(row, columns, source)
                elif user and on_other:
                    on_other(_host(row, columns), user in local)
    except OSError as error:
        raise reading.unreadable(path, error) from error


def _rows(path: Path, lines: Iterator[str]) -> Iterator[tuple[list[str], _Columns, str]]:
    """Every row with what it is called in a claim."""
    header, delimiter, number = _header(path, lines)
    columns = _columns(header)
    old = "login name" in header
    rows = csv.reader(lines, delimiter=delimiter, doublequote=not old, escapechar="\\" if old else None)
    while True:
        try:
            row = next(rows, None)
        except csv.Error:
            raise Unusable(f"{path} cannot be read after row {number}: a quote is not closed.", hint=HINT) from None
        number += 1
        if row is None:
            return
        yield row, columns, f"row {number}"


def _header(path: Path, lines: Iterable[str]) -> tuple[list[str], str, int]:
    """The names of the columns in lower case, what stands between them, and which row they are."""
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lower().startswith("sep="):  # Excel's line about the delimiter
            continue
        for delimiter in _DELIMITERS:
            names = _names(line[:10_000], delimiter)
            if any(needed <= set(names) for needed in EXPORTS.values()):
                return names, delimiter, number
        break
    raise Unusable(f"{path} is no export of passwords that is known here.", hint=HINT)


def _names(line: str, delimiter: str) -> list[str]:
    try:
        row = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
    return [each.strip("\ufeff \t\r\n").lower() for each in row]


def _columns(header: list[str]) -> _Columns:
    def first(names: tuple[str, ...]) -> int:
        return next((header.index(each) for each in names if each in header), -1)

    secrets = tuple(place for place, name in enumerate(header) if name in _SECRETS)
    times = tuple(header.index(each) for each in _TIMES if each in header)
    several = "login_uri" in header or "website" in header
    places = first(_TITLES), first(_SITES), first(_USERS), first(("email",))
    return _Columns(len(header), *places, several, times, secrets)


def _of_row(row: list[str], columns: _Columns, source: str) -> Iterator[Claim]:
    whole = _in_place(row, columns)
    title = _shown(row, columns) if whole else ""
    address = _cell(row, columns.site)
    when = next((time for place in columns.times if (time := _time(_cell(row, place))) is not None), None)
    if not address and (title.casefold() == "google" or hosts.is_google(title)):
        return
    if not address:
        name = title or f"({source} of the passwords)"  # without a name as well it is an account that is left behind
        yield Claim(name, hosts.of_name(name), Kind.PASSWORD, when, source, name)
        return
    found: dict[str, Claim] = {}
    for each in _sites(row, columns):
        name, domain, quote = _service(each, title, whole)
        if quote:
            found.setdefault(domain or name, Claim(name, domain, Kind.PASSWORD, when, source, quote))
    yield from found.values()


def _in_place(row: list[str], columns: _Columns) -> bool:
    """Whether the columns are where the header has them: a comma without quotes moves what follows, secrets as well."""
    if not any(row[columns.width :]):
        return True
    needed = max(columns.title, columns.site, columns.user)
    return all(needed < place for place in columns.secrets)


def _shown(row: list[str], columns: _Columns) -> str:
    """The title, without the user name that Apple puts behind it; "" when a secret stands in it."""
    user = _cell(row, columns.user)
    title = _cell(row, columns.title).removesuffix(f"({user})").strip()
    hidden = (user, *(_cell(row, place) for place in columns.secrets))
    return "" if any(len(each) > 3 and each.casefold() in title.casefold() for each in hidden) else title


def _service(address: str, title: str, whole: bool) -> tuple[str, str, str]:
    """Name, domain and quote of one address; no quote when it is none of a service."""
    where = hosts.site(address)
    if where.scheme in hosts.APPS:
        return _app(hosts.package(address), title)
    domain = hosts.domain(where.host) if where.scheme or (whole and hosts.public(where.host)) else ""
    return ("", "", "") if not domain or hosts.is_google(where.host) else (title, domain, title or where.host)


def _app(package: str, title: str) -> tuple[str, str, str]:
    """The same of an app, whose title may be its package, either way round."""
    turned = hosts.turned(package)
    if hosts.is_google(turned):
        return "", "", ""
    title = "" if title.lower() in (package, turned) else title
    if known := hosts.of_package(package):
        return title or known.name, known.domains[0], title or package
    return title or hosts.piece(package), "", title or package


def _host(row: list[str], columns: _Columns) -> str:
    """Where a row's user name is used: a host or a package that does not have the user name itself in it, or ""."""
    user = _cell(row, columns.user).casefold()
    for each in _sites(row, columns):
        _, domain, quote = _service(each, "", _in_place(row, columns))
        found = next((shown for shown in (quote, domain) if f".{user}." not in f".{shown}."), "")
        if found:
            return found
    return ""


def _sites(row: list[str], columns: _Columns) -> list[str]:
    address = _cell(row, columns.site)
    return address.split(",") if columns.several else [address]


def _cell(row: list[str], place: int) -> str:
    return row[place].strip() if 0 <= place < len(row) else ""


def _time(text: str) -> float | None:
    """Unix seconds of a time in milliseconds (Firefox), in seconds, or as ISO 8601 writes it, in UTC unless told."""
    try:
        if text.isdecimal():
            number = int(text[:20])
            moment = float(number / 1000 if number > 10**11 else number)
        else:
            parsed = datetime.fromisoformat(text)
            moment = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return moment if 0 < moment < 4e9 else None
