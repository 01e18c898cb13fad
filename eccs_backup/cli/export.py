"""What every export does: connect, list, fetch, prove, and show the balance."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from eccs_backup.balance import Balance
    from eccs_backup.sources import Source
    from eccs_backup.survey import Survey
    from eccs_backup.vault import Vault

UNFINISHED = 3
SHOWN = 40
"""Titles that a dry run prints."""
LONGEST_OUT = 475
"""Bytes of a folder's whole path: SQLite takes 512, and adds "-journal" to our ".eccs-backup/manifest.sqlite".
https://github.com/sqlite/sqlite/blob/master/src/os_unix.c (MAX_PATHNAME)"""
GLOBS = ("include", "exclude")
"""Wishes that are the engine's to fulfil; all others are the source's options."""


@dataclass(frozen=True)
class Words:
    """What an export calls things: the service, and one or several of what it fetches."""

    service: str
    things: str
    unsized: str
    counted: bool = False


WORDS = {
    "drive": Words("Google Drive", "files", "documents whose size Google does not tell"),
    "mail": Words("Gmail", "messages", "messages whose size Gmail does not tell", counted=True),
}


class More:
    """What an export adds to the common steps; this one adds nothing."""

    def before(self, source: Source, found: Survey) -> None:
        """The listing is done, nothing is fetched yet."""

    def after(self, source: Source, place: Vault) -> dict[str, Any]:
        """Everything is fetched: further parts of the balance's JSON."""
        return {}

    def show(self, more: dict[str, Any]) -> None:
        """The same for people, below the balance."""


def run(
    name: str,
    out: Path,
    wishes: dict[str, Any],
    *,
    account: str | None,
    dry_run: bool,
    synced_folder: bool,
    as_json: bool,
    more: More | None = None,
) -> None:
    """Export one source into the folder `out`, and prove it."""
    from eccs_backup import vault

    more = more or More()
    refuse_long(out)
    if not synced_folder:
        refuse_synchronised(out)
    signed_in(name, account)  # nobody is left with an empty folder for want of a sign-in
    with vault.trial(out) if dry_run else vault.opened(out) as place, connected(name, place, account, wishes) as source:
        found = surveyed(source, place, wishes)
        more.before(source, found)
        if dry_run:
            _show_dry_run(name, found, place, as_json)
        else:
            _fetch(source, place, found)
            _finish(name, place, as_json, more.after(source, place), more.show)


@contextmanager
def connected(name: str, place: Vault, account: str | None, wishes: Mapping[str, Any]) -> Iterator[Source]:
    """A source of a signed-in account, for a vault."""
    from eccs_backup import progress, sources
    from eccs_backup.accounts import home
    from eccs_backup.catalogue import ManifestCatalogue
    from eccs_backup.http import Hangup, Wire

    options = {wish: value for wish, value in wishes.items() if wish not in GLOBS}
    tokens, address = _of_folder(name, place, account)
    wire = Wire(tokens)
    catalogue = ManifestCatalogue(place.manifest, name)
    try:
        with progress.counting(f"Asking {WORDS[name].service} what there is") as bar:
            setup = sources.Setup(
                wire,
                catalogue,
                address,
                home.rehearsal(),
                options,
                halt=Hangup(wire),
                on_listed=bar.add,
                on_notice=tell,
            )
            source = sources.connect(name, setup)
            place.check_account(name, source.account)  # before another's listing gets into the records
            for _ in source.items():  # the first pass lists
                break
        yield source
    finally:
        wire.close()


def _of_folder(name: str, place: Vault, account: str | None) -> Any:
    """The account that is named, else the one whose data the folder holds, else the one that signed in last."""
    from eccs_backup.errors import SignInNeeded

    held = place.manifest.account(name)
    if account is None and held is not None:
        with suppress(SignInNeeded):
            return signed_in(name, held)
    return signed_in(name, account)


def tell(sentence: str) -> None:
    """Something that the person should know, on stderr."""
    from eccs_backup.cli import text

    click.echo(text.plain(sentence), err=True)


def signed_in(name: str, account: str | None) -> Any:
    """The tokens and the address for a source."""
    from eccs_backup.accounts import google

    return google.account(account, google.SCOPES[name])


def surveyed(source: Source, place: Vault, wishes: Mapping[str, Any]) -> Survey:
    """List everything; the person's wishes are remembered with the listing, for `verify --online`."""
    from eccs_backup import survey
    from eccs_backup.choice import Choice

    choice = Choice(tuple(wishes.get("include", ())), tuple(wishes.get("exclude", ())))
    return survey.survey(source, place, choice, json.dumps(wishes))


def _fetch(source: Source, place: Vault, found: Survey) -> None:
    from eccs_backup import backup, progress, survey
    from eccs_backup.model import State

    survey.check_room(place, found)
    done: Counter[State] = Counter()
    total = found.counts[State.PENDING]
    if not total:
        tell("There is nothing new to fetch.")
    try:
        if WORDS[source.name].counted:  # no sizes are told: the number of things shows how far it is
            with progress.counting("Fetching", total, f" {WORDS[source.name].things}") as bar:
                for entry in backup.run(source, place, found):
                    done[entry.state] += 1
                    bar.add()
                    bar.note(f"{done[State.FAILED]:,} failed" if done[State.FAILED] else "")
            return
        with progress.transferring("Fetching", found.bytes or None) as bar:
            for entry in backup.run(source, place, found, on_bytes=bar.add):
                done[entry.state] += 1
                failed = f", {done[State.FAILED]:,} failed" if done[State.FAILED] else ""
                bar.note(f"{done.total():,} of {total:,} {WORDS[source.name].things}{failed}")
    finally:
        place.write_sums()


def _finish(
    name: str, place: Vault, as_json: bool, more: dict[str, Any], show: Callable[[dict[str, Any]], None]
) -> None:
    from eccs_backup import balance

    found = balance.of(place.manifest, name)
    assert found is not None
    if found.whole:
        place.sweep()
    if as_json:
        click.echo(json.dumps(found.as_json() | more))
    else:
        _show(name, place, found)
        show(more)
    if not found.whole:
        click.get_current_context().exit(UNFINISHED)


def _show(name: str, place: Vault, found: Balance) -> None:
    from eccs_backup.cli import text
    from eccs_backup.model import State

    number = found.listing.number
    explained = place.manifest.listed(name, number, State.EXPLAINED)
    text.show_entries("Explained - what you can do:", text.telling(explained))
    text.show_entries("Failed:", place.manifest.listed(name, number, State.FAILED))
    text.show_balance(found)


def _show_dry_run(name: str, found: Survey, place: Vault, as_json: bool) -> None:
    from eccs_backup import balance
    from eccs_backup.cli import text
    from eccs_backup.model import State

    pending = found.counts[State.PENDING]
    shown = balance.of(place.manifest, name)
    assert shown is not None
    if as_json:
        numbers = {
            "to_fetch": pending,
            "bytes_to_fetch": found.bytes,
            "of_unknown_size": found.unsized,
            "titles": [entry.title for entry in place.manifest.listed(name, found.number, State.PENDING)],
        }
        click.echo(json.dumps(shown.as_json() | numbers))
        return
    for entry in islice(place.manifest.listed(name, found.number, State.PENDING), SHOWN):
        click.echo(f"  {text.plain(entry.title)}")
    if pending > SHOWN:
        click.echo(f"  and {pending - SHOWN:,} more (--json names them all)")
    text.show_counts(shown)
    words = WORDS[name]
    unsized = f", and {found.unsized:,} {words.unsized}" if found.unsized else ""
    sized = pending - found.unsized
    click.echo(f"To fetch: {sized:,} files, {text.size(found.bytes)}{unsized}. Nothing was changed.")


def refuse_long(out: Path) -> None:
    """Raise Unusable when the records could not be opened, for the length of the folder's path."""
    from eccs_backup.errors import Unusable

    length = len(os.fsencode(os.path.realpath(out)))
    if length > LONGEST_OUT and sys.platform != "win32":
        raise Unusable(
            f"The folder's path is too long: {length} bytes; {LONGEST_OUT} are allowed.",
            hint="Name a folder that is less deep, for example one in your home folder.",
        )


def refuse_synchronised(out: Path) -> None:
    """Raise Unusable when the folder's path shows that a service synchronises it."""
    from eccs_backup.disk import synchronised
    from eccs_backup.errors import Unusable

    if service := synchronised(out):
        raise Unusable(
            f"{out} is synchronised by {service}: what is saved there is uploaded again.",
            hint="Name a folder outside it, or add --synced-folder if you are sure.",
        )
