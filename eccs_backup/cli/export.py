"""`drive-export`: options in, the engine's run, the balance out."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from eccs_backup.accounts.google import GoogleTokens
    from eccs_backup.sources import Source
    from eccs_backup.survey import Survey
    from eccs_backup.vault import Vault

UNFINISHED = 3
SHOWN = 40
"""Titles that a dry run prints."""
LONGEST_OUT = 475
"""Bytes of a folder's whole path: SQLite takes 512, and adds "-journal" to our ".eccs-backup/manifest.sqlite".
https://github.com/sqlite/sqlite/blob/master/src/os_unix.c (MAX_PATHNAME)"""


@click.command("drive-export")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--trash", is_flag=True, help="Save what lies in the trash, too.")
@click.option("--shared-with-me", is_flag=True, help="Save what others have shared with you, too.")
@click.option("--owned-only", is_flag=True, help="Save only what you own.")
@click.option("--formats", metavar="LIST", default="", help='What Google documents become, e.g. "docx,xlsx,pdf".')
@click.option("--include", multiple=True, metavar="GLOB", help='Save only this, e.g. "My Drive/Thesis/*" or "*.pdf".')
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave this out: folders by name, files by pattern.")
@click.option("--account", metavar="ADDRESS", help="Which of your signed-in accounts.")
@click.option(
    "--units-per-minute",
    type=click.IntRange(min=0),
    metavar="N",
    help="Google's quota for your client, if it is not the usual 325,000 units; 0: only slow down when refused.",
)
@click.option("--dry-run", is_flag=True, help="Only list, and say what would be fetched.")
@click.option("--synced-folder", is_flag=True, help="Save into a synchronised folder all the same.")
@click.option("--json", "as_json", is_flag=True, help="Print the balance as JSON.")
def drive_export(
    out: Path, account: str | None, dry_run: bool, synced_folder: bool, as_json: bool, **wishes: Any
) -> None:
    """Save everything in Google Drive into the folder OUT, and prove it.

    Run it again at any time: it goes on where it stopped, and fetches only what is new or changed.
    """
    from eccs_backup import vault

    refuse_long(out)
    if not synced_folder:
        _refuse_synchronised(out)
    wishes["formats"] = [each.strip().lower().lstrip(".") for each in wishes["formats"].split(",") if each.strip()]
    _tokens(account)  # nobody is left with an empty folder for want of a sign-in
    with vault.trial(out) if dry_run else vault.opened(out) as place, connected(place, account, wishes) as source:
        found = surveyed(source, place, wishes)
        if dry_run:
            _show_dry_run(found, place, as_json)
        else:
            _fetch(source, place, found)
            _finish(place, as_json)


@contextmanager
def connected(place: Vault, account: str | None, wishes: dict[str, Any]) -> Iterator[Source]:
    """The Drive of a signed-in account, for a vault."""
    from eccs_backup import progress, sources
    from eccs_backup.accounts import home
    from eccs_backup.catalogue import ManifestCatalogue
    from eccs_backup.http import Hangup, Wire

    options = {name: value for name, value in wishes.items() if name not in ("include", "exclude")}
    tokens, address = _tokens(account)
    wire = Wire(tokens)
    catalogue = ManifestCatalogue(place.manifest, "drive")
    try:
        with progress.counting("Asking Google Drive what there is") as bar:
            setup = sources.Setup(
                wire, catalogue, address, home.rehearsal(), options, halt=Hangup(wire), on_listed=bar.add
            )
            source = sources.connect("drive", setup)
            for _ in source.items():  # the first pass lists
                break
        yield source
    finally:
        wire.close()


def _tokens(account: str | None) -> tuple[GoogleTokens, str]:
    from eccs_backup.accounts import google

    return google.account(account, google.SCOPES["drive"])


def surveyed(source: Source, place: Vault, wishes: dict[str, Any]) -> Survey:
    """List everything; the person's wishes are remembered with the listing, for `verify --online`."""
    from eccs_backup import survey
    from eccs_backup.choice import Choice

    choice = Choice(tuple(wishes["include"]), tuple(wishes["exclude"]))
    return survey.survey(source, place, choice, json.dumps(wishes))


def _fetch(source: Source, place: Vault, found: Survey) -> None:
    from eccs_backup import backup, progress, survey
    from eccs_backup.model import State

    survey.check_room(place, found)
    done: Counter[State] = Counter()
    total = found.counts[State.PENDING]
    try:
        with progress.transferring("Fetching", found.bytes or None) as bar:
            for entry in backup.run(source, place, found, on_bytes=bar.add):
                done[entry.state] += 1
                failed = f", {done[State.FAILED]:,} failed" if done[State.FAILED] else ""
                bar.note(f"{done.total():,} of {total:,} files{failed}")
    finally:
        place.write_sums()


def _finish(place: Vault, as_json: bool) -> None:
    from eccs_backup import balance
    from eccs_backup.cli import text
    from eccs_backup.model import State

    found = balance.of(place.manifest, "drive")
    assert found is not None
    if found.whole:
        place.sweep()
    if as_json:
        click.echo(json.dumps(found.as_json()))
    else:
        number = found.listing.number
        explained = place.manifest.listed("drive", number, State.EXPLAINED)
        text.show_entries("Explained - what you can do:", text.telling(explained))
        text.show_entries("Failed:", place.manifest.listed("drive", number, State.FAILED))
        text.show_balance(found)
    if not found.whole:
        click.get_current_context().exit(UNFINISHED)


def _show_dry_run(found: Survey, place: Vault, as_json: bool) -> None:
    from eccs_backup import balance
    from eccs_backup.cli import text
    from eccs_backup.model import State

    pending = found.counts[State.PENDING]
    shown = balance.of(place.manifest, "drive")
    assert shown is not None
    if as_json:
        numbers = {
            "to_fetch": pending,
            "bytes_to_fetch": found.bytes,
            "of_unknown_size": found.unsized,
            "titles": [entry.title for entry in place.manifest.listed("drive", found.number, State.PENDING)],
        }
        click.echo(json.dumps(shown.as_json() | numbers))
        return
    for entry in islice(place.manifest.listed("drive", found.number, State.PENDING), SHOWN):
        click.echo(f"  {text.plain(entry.title)}")
    if pending > SHOWN:
        click.echo(f"  and {pending - SHOWN:,} more (--json names them all)")
    text.show_counts(shown)
    unsized = f", and {found.unsized:,} documents whose size Google does not tell" if found.unsized else ""
    click.echo(f"To fetch: {pending:,} files, {text.size(found.bytes)}{unsized}. Nothing was changed.")


def refuse_long(out: Path) -> None:
    """Raise Unusable when the records could not be opened, for the length of the folder's path."""
    from eccs_backup.errors import Unusable

    length = len(os.fsencode(os.path.realpath(out)))
    if length > LONGEST_OUT and sys.platform != "win32":
        raise Unusable(
            f"The folder's path is too long: {length} bytes; {LONGEST_OUT} are allowed.",
            hint="Name a folder that is less deep, for example one in your home folder.",
        )


def _refuse_synchronised(out: Path) -> None:
    from eccs_backup.disk import synchronised
    from eccs_backup.errors import Unusable

    if service := synchronised(out):
        raise Unusable(
            f"{out} is synchronised by {service}: what is saved there is uploaded again.",
            hint="Name a folder outside it, or add --synced-folder if you are sure.",
        )
