"""`takeout import`: its options."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def _limits(command: Callable[..., None]) -> Callable[..., None]:
    """How much an archive may unpack to."""
    ratio = click.option(
        "--limit-ratio",
        type=click.IntRange(1),
        default=250,
        show_default=True,
        metavar="N",
        help="Refuse a file that would unpack to more than N times its size, if that is more than 1 GiB.",
    )
    total = click.option(
        "--limit-total", type=click.IntRange(1), metavar="GB", help="Refuse what one part would unpack to beyond this."
    )
    return ratio(total(command))


@click.command("import")
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--watch", type=click.Path(path_type=Path), metavar="DIR", help="Read parts as the browser finishes them."
)
@click.option("--minutes", type=click.IntRange(1), default=480, show_default=True, help="How long to --watch.")
@click.option("--from-drive", is_flag=True, help="Read the parts that Google delivered into your Drive.")
@click.option("--account", metavar="ADDRESS", help="Whose export it is.")
@click.option("--parts", type=click.IntRange(1), metavar="N", help="How many parts there are, by the download page.")
@click.option("--export", "stamp", metavar="STAMP", help="Read only this export: what follows 'takeout-' in the names.")
@click.option("--photo-times", is_flag=True, help="Give photos the time they were taken as their file's time.")
@_limits
@click.option("--dry-run", is_flag=True, help="Only look at the parts, and say what is in them and what is missing.")
@click.option("--synced-folder", is_flag=True, help="Save into a synchronised folder all the same.")
@click.option("--json", "as_json", is_flag=True, help="Print the balance as JSON.")
def takeout_import(out: Path, files: tuple[Path, ...], **wishes: Any) -> None:
    """Read the parts of an export (FILES, or folders that hold them) into the folder OUT, and prove it.

    Nothing has to be unpacked. Every file is kept whose checksum matches; missing and damaged parts are named. Mails
    become messages of the folder's mail, under Gmail's own ids: mail-export fetches only the rest. Run it again with
    further parts at any time, in any order: only what is new is added.
    """
    from eccs_backup.cli.takeout_desk import Desk

    Desk(out, files, wishes).run()
