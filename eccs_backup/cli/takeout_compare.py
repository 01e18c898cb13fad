"""`takeout compare`: what exports lack of what the services list, and how it is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from eccs_backup.takeout.comparing import Comparison
    from eccs_backup.takeout.comparing_drive import Drive
    from eccs_backup.takeout.comparing_index import Page, Product
    from eccs_backup.takeout.comparing_mail import Mail
    from eccs_backup.takeout.counted import Some

UNFINISHED = 3
NAMED = 20
"""Products, folders and labels that are shown; JSON has all."""


@click.command("compare")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def takeout_compare(out: Path, as_json: bool) -> None:
    """Compare the exports that were read into the folder OUT with what else is known of the account.

    That is what their own index pages say, and what Gmail and Drive listed when mail-export and drive-export last ran.
    Nothing is asked online. Exit status 3 when something that is listed online is neither in an export nor saved
    otherwise.
    """
    from eccs_backup.cli.export import refuse_long
    from eccs_backup.mail import letters
    from eccs_backup.takeout import comparing

    refuse_long(out)
    with letters.place(out) as place:
        found = comparing.compare(place)
    if as_json:
        click.echo(json.dumps(found.as_json()))
    else:
        show(found)
    if found.lacking:
        click.get_current_context().exit(UNFINISHED)


def show(found: Comparison) -> None:
    """The comparison in lines for people, on stdout."""
    for page in found.pages:
        _show_page(page)
    if isinstance(found.mail, str):
        click.echo(found.mail)
    else:
        _show_mail(found.mail, found.mail_listed)
    if isinstance(found.drive, str):
        click.echo(found.drive)
    else:
        _show_drive(found.drive, found.drive_listed)


def _show_page(page: Page) -> None:
    from eccs_backup.cli.text import plain

    if page.trouble:
        click.echo(f"Export {plain(page.export)}: {page.trouble}.")
        return
    agreeing = [each for each in page.products if each.agrees]
    told = sum(each.files or 0 for each in agreeing)
    products = _of(len(agreeing), "product")
    click.echo(f"Export {plain(page.export)}: {products} with {_files(told)} as its index page says.")
    different = [each for each in page.products if not each.agrees]
    for each in different[:NAMED]:
        for line in _product(each):
            click.secho(f"  {plain(each.name)}: {line}", fg="yellow")
        _some(each.missing, "{count} of those that the page lists are not among them:")
    _more(len(different))
    for name, files in page.others[:NAMED]:
        click.echo(f"  The page does not name the folder {plain(name)}: {_files(files)}.")
    _more(len(page.others))
    for each in page.products:
        _some(each.failed, f"{plain(each.name)}: by its page, Google could not export {{count}}:", "red")


def _product(each: Product) -> Iterator[str]:
    from eccs_backup.cli.text import size

    if each.found is None:
        told = "an unknown number of files" if each.files is None else _files(each.files)
        yield f"the page names {told}; no folder that was read is called so."
        return
    if each.files is not None and each.files not in (each.found, each.found - each.series):
        yield f"the page names {_files(each.files)}; the parts that were read hold {each.found:,}."
    if each.bytes is not None and each.found_bytes is not None and each.bytes != each.found_bytes:
        yield f"the page names {size(each.bytes)} ({each.bytes:,}); the parts that were read hold {each.found_bytes:,}."


def _show_mail(found: Mail, when: str) -> None:
    from eccs_backup.cli.text import plain

    messages = _of(found.listed, "message")
    click.echo(f"Gmail{_listed(when)}: {messages}; {found.both:,} of them known to be in an export.")
    if found.untold:
        untold = _of(found.untold, "message")
        click.echo(f"  {found.saved.count:,} more are saved by mail-export; some of them were in an export as well:")
        click.echo(f"  its mailboxes hold {untold} more than the records name.")
    else:
        _some(found.saved, "{count} more are saved by mail-export; no export is known to have held them:")
    if found.waived:
        click.echo(f"  {found.waived:,} were left out by your choice, or are explained: see eccs-backup status")
    _some(found.lacking, "{count} in no export, and not saved yet; mail-export fetches them:", "red")
    chats = f" ({_of(found.chats, 'chat')} among them)" if found.chats else ""
    _some(found.only_export, f"{{count}} only in exports{chats}, and kept: Gmail does not list them:")
    if not found.labels and not found.agreeing:
        why = "it is not known which messages were in exports" if found.untold else "Gmail was not asked for its counts"
        click.echo(f"  Labels are not compared: {why}.")
        return
    click.echo(f"  {_of(found.agreeing, 'label')} with as many messages in exports as Gmail counts.")
    for each in found.labels[:NAMED]:
        gmail = "has no such label" if each.gmail is None else f"counts {each.gmail:,}"
        click.echo(f"  {plain(each.name)}: Gmail {gmail}; {each.export:,} came with exports.")
    _more(len(found.labels))


def _show_drive(found: Drive, when: str) -> None:
    files = f"{_files(found.listed)} of your own in My Drive"
    click.echo(f"Drive{_listed(when)}: {files}; {found.both:,} of them in an export.")
    _some(found.saved, "{count} more are saved by drive-export; no export holds them as they are now:")
    _some(found.changed, "{count} in an export as they were before, and not saved as they are now:", "red")
    _some(found.lacking, "{count} in no export, and not saved yet:", "red")
    if found.changed.count or found.lacking.count:
        click.echo("  Fetch them with: eccs-backup drive-export")
    _some(found.only_export, "{count} only in exports, and kept: Drive does not list them:")


def _some(some: Some, heading: str, colour: str | None = None) -> None:
    from eccs_backup.cli.text import plain

    if not some.count:
        return
    click.secho("  " + heading.replace("{count}", f"{some.count:,}"), fg=colour)
    for name in some.names:
        click.echo(f"      {plain(name)}")
    _more(some.count, len(some.names), "      ")


def _more(count: int, shown: int = NAMED, indent: str = "  ") -> None:
    if count > shown:
        click.echo(f"{indent}and {count - shown:,} more")


def _listed(when: str) -> str:
    return f", as listed on {when[:10]}" if when else ", as far as it was listed"


def _of(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def _files(count: int) -> str:
    return _of(count, "file")
