"""`drive-export`: what can be wished for of Google Drive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


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
    from eccs_backup.cli import export

    wishes["formats"] = [each.strip().lower().lstrip(".") for each in wishes["formats"].split(",") if each.strip()]
    export.run("drive", out, wishes, account=account, dry_run=dry_run, synced_folder=synced_folder, as_json=as_json)
