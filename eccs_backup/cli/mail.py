"""`mail-export`: what can be wished for of Gmail, and what its balance shows beside the sum."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from eccs_backup.cli import export

if TYPE_CHECKING:
    from eccs_backup.sources import Source
    from eccs_backup.sources.gmail import Gmail
    from eccs_backup.sources.gmail.counts import Count
    from eccs_backup.survey import Survey
    from eccs_backup.vault import Vault


@click.command("mail-export")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--label", multiple=True, metavar="NAME", help="Save only mail with this label.")
@click.option("--without-label", multiple=True, metavar="NAME", help="Leave out mail with this label, e.g. SPAM.")
@click.option("--account", metavar="ADDRESS", help="Which of your signed-in accounts.")
@click.option(
    "--road",
    type=click.Choice(["auto", "api", "imap"]),
    default="auto",
    show_default=True,
    help="How messages are fetched: IMAP is quicker for many, and needs: eccs-backup auth --for imap",
)
@click.option(
    "--quota",
    type=click.Choice(["auto", "2026", "older", "none"]),
    default="auto",
    show_default=True,
    help="Google's prices for your client: 300 messages a minute since 2026, 3,000 before; none: only slow down when "
    "refused.",
)
@click.option("--dry-run", is_flag=True, help="Only list, and say what would be fetched.")
@click.option("--synced-folder", is_flag=True, help="Save into a synchronised folder all the same.")
@click.option("--json", "as_json", is_flag=True, help="Print the balance as JSON.")
def mail_export(
    out: Path, account: str | None, dry_run: bool, synced_folder: bool, as_json: bool, **wishes: Any
) -> None:
    """Save every message in Gmail into the folder OUT - spam, trash, drafts and sent mail, too - and prove it.

    Each message becomes one .eml file with the very bytes that Gmail holds; its labels, its thread and its date are in
    the records. Nothing is marked as read. Run it again at any time: it goes on where it stopped, and fetches only what
    is new.
    """
    export.run(
        "mail",
        out,
        wishes,
        account=account,
        dry_run=dry_run,
        synced_folder=synced_folder,
        as_json=as_json,
        more=_Mail(),
    )


class _Mail(export.More):
    """Which road is taken, and whether Gmail counts as many messages for each label as are listed here."""

    def before(self, source: Source, found: Survey) -> None:
        if found.unsized:  # messages: the settings have a size
            export.tell(cast("Gmail", source).set_out(found.unsized))

    def after(self, source: Source, place: Vault) -> dict[str, Any]:
        from eccs_backup.errors import Unfinished

        try:
            counts = cast("Gmail", source).counts()
        except Unfinished as error:  # everything is saved all the same
            export.tell(f"{error} The next run compares them.")
            counts = []
        return {"labels": [each._asdict() for each in counts]}

    def show(self, more: dict[str, Any]) -> None:
        from eccs_backup.sources.gmail.counts import Count

        show_counts([Count(**each) for each in more["labels"]])


def show_noted(place: Vault) -> None:
    """What the last comparison of the labels showed."""
    from eccs_backup.catalogue import ManifestCatalogue
    from eccs_backup.sources.gmail.counts import noted

    show_counts(list(noted(ManifestCatalogue(place.manifest, "mail"))))


def show_counts(counts: list[Count]) -> None:
    """Whether Gmail counts as many messages for each label as are listed here; each difference on a line."""
    from eccs_backup.cli import text

    different = [each for each in counts if not each.agrees]
    if counts and not different:
        click.echo(
            f"Gmail counts {counts[0].gmail:,} messages in all, as listed here beside the settings, "
            f"and as many for each of {len(counts) - 1:,} labels."
        )
    for each in different:
        click.secho(f"Gmail counts {each.gmail:,} of {text.plain(each.label)}; {each.here:,} are here.", fg="yellow")
    if different:
        click.echo("If mail came in meanwhile, the next run counts anew; otherwise look for it in the browser.")
