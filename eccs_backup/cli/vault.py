"""`verify` and `status`: what the folder holds, and whether it is true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from eccs_backup.vault import Vault
    from eccs_backup.verify import Damage

DAMAGED = 5
UNFINISHED = 3


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--explained", is_flag=True, help="Name every explained item, with what to do.")
def status(out: Path, as_json: bool, explained: bool) -> None:
    """Show the balance of every source in the folder OUT. Exit status 0 when all of them are whole."""
    from eccs_backup import balance, vault
    from eccs_backup.cli import text
    from eccs_backup.cli.export import refuse_long
    from eccs_backup.cli.mail import show_noted
    from eccs_backup.model import State

    refuse_long(out)
    with vault.reading(out) as place:
        found = [each for name in place.manifest.sources() if (each := balance.of(place.manifest, name))]
        if not found:
            from eccs_backup import verify as checks  # with all of HTTP, which `status` does not need otherwise

            checks.refuse_lost_records(place)
        if as_json:
            click.echo(json.dumps([each.as_json() for each in found]))
        else:
            for each in found:
                text.show_balance(each)
                if each.source == "mail":
                    show_noted(place)
                states = (State.FAILED, State.EXPLAINED) if explained else (State.FAILED,)
                text.show_entries("", text.telling(place.manifest.listed(each.source, each.listing.number, *states)))
                if not explained and any(kind not in text.QUIET for kind in each.explained):
                    click.echo(f"What you can do about the explained ones: eccs-backup status --explained {out}")
            if not found:
                click.echo(f"Nothing has been listed yet. Run: eccs-backup drive-export {out}, or mail-export {out}")
    if not found or not all(each.whole for each in found):
        click.get_current_context().exit(UNFINISHED)


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--online", is_flag=True, help="List the service again and compare.")
@click.option("--account", metavar="ADDRESS", help="Which of your signed-in accounts, for --online.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(out: Path, online: bool, account: str | None, as_json: bool) -> None:
    """Hash every file in the folder OUT again and compare it with what was saved."""
    from eccs_backup import vault
    from eccs_backup import verify as checks
    from eccs_backup.cli.export import refuse_long

    refuse_long(out)
    with vault.existing(out) as place:
        checks.refuse_lost_records(place)
        count, size, damages = _hashed(place)
        strangers = list(checks.strangers(place))
        missing = _online(out, place, account) if online else []
    if as_json:
        found = {"files": count, "bytes": size, "damaged": [each._asdict() for each in damages]}
        click.echo(json.dumps(found | {"unknown": strangers, "not_saved": missing}))
    else:
        _show(count, size, damages, strangers, missing, online)
    if damages or missing or not count:
        click.get_current_context().exit(DAMAGED if damages else UNFINISHED)


def _hashed(place: Vault) -> tuple[int, int, list[Damage]]:
    """(files, bytes, what is wrong with them), with a progress bar."""
    from eccs_backup import progress
    from eccs_backup import verify as checks

    count, size = checks.extent(place)
    with progress.transferring("Checking", size) as bar:
        return count, size, list(checks.files(place, lambda entry: bar.add(entry.size or 0)))


def _online(out: Path, held: Vault, account: str | None) -> list[str]:
    """The titles of what the services list and the folder does not hold, by fresh listings with the same wishes."""
    from eccs_backup.errors import Unusable
    from eccs_backup.sources import SOURCES

    names = [name for name in held.manifest.sources() if name in SOURCES]
    if not names:
        raise Unusable(
            f"{out} holds nothing that a service can list again.", hint="Run an export first: see eccs-backup --help"
        )
    if len(names) < len(held.manifest.sources()):
        click.echo("What Takeout brought cannot be listed again; see: eccs-backup takeout compare", err=True)
    return [title for name in names for title in _missing(name, out, held, account)]


def _missing(name: str, out: Path, held: Vault, account: str | None) -> list[str]:
    from eccs_backup import vault
    from eccs_backup import verify as checks
    from eccs_backup.catalogue import ManifestCatalogue
    from eccs_backup.cli.export import connected, surveyed

    with vault.trial(out) as place:
        listing = place.manifest.last_listing(name)
        assert listing is not None
        wishes = json.loads(listing.choices)
        catalogue = ManifestCatalogue(place.manifest, name)
        for log in catalogue.logs():
            if catalogue.token(log):  # whatever was listed; not what is only remembered
                catalogue.forget(log)
        with connected(name, place, account, wishes) as source:
            found = surveyed(source, place, wishes)
            return checks.missing(source, held.manifest, place.manifest, found.number)


def _show(count: int, size: int, damages: list[Damage], strangers: list[str], missing: list[str], online: bool) -> None:
    from eccs_backup.cli import text

    if not count:
        click.echo("This folder holds no saved files yet.")
        return
    for damage in damages:
        click.secho(f"{text.plain(damage.path)} {damage.what}", fg="red")
    click.echo(f"{count - len(damages):,} of {count:,} files are as they were saved ({text.size(size)}).")
    if strangers:
        click.echo(
            f"Other files in the folder, your own or set aside (see their names), left alone: {len(strangers):,}."
        )
    for title in missing:
        click.secho(f"not saved yet: {text.plain(title)}", fg="red")
    if online and not missing:
        click.echo("Online there is nothing that is not saved, explained or left out.")
    if not online and not damages:
        click.echo("Whether they are all there is, says: eccs-backup status, or verify --online.")
    if damages or missing:
        click.echo("Run the export again: it fetches what is missing or damaged.", err=True)
