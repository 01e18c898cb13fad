"""`linked-apps`: every account that hangs on the old address, as a worklist."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MAIL = click.Path(exists=True, path_type=Path)
FORMATS = ("table", "json", "csv", "html", "ics")
STATES = ("todo", "moved", "closed", "ignored")


def _whose(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every command here has."""
    language = click.option("--language", type=click.Choice(["en", "ja"]), help="Of the words; else the terminal's.")
    account = click.option("--account", metavar="ADDRESS", help="The old address; else the account that is signed in.")
    return account(language(command))


def _mail(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that name mail."""
    saved = click.option(
        "--mail", type=MAIL, multiple=True, help="A folder of mail-export, an mbox, or a Takeout .zip; repeatable."
    )
    online = click.option("--online", is_flag=True, help="The mailbox by Gmail's API, and Drive's connected apps.")
    return saved(online(command))


@click.group("linked-apps", invoke_without_command=True)
@_mail
@click.option("--page", type=FILE, multiple=True, help="The saved page of Google's connections: .html, .mhtml, .txt")
@click.option("--passwords", type=FILE, multiple=True, help="A browser's or password manager's export, .csv")
@click.option("--tokens", is_flag=True, help="For administrators: the apps that the Directory lists for ACCOUNT.")
@click.option("--address", "also", multiple=True, metavar="ADDRESS", help="Another address of the same account.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="How to print; else as --output ends, or a table.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of the terminal.")
@click.option("--state", type=click.Choice(STATES), multiple=True, help="Only services with this mark.")
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="The account's last day, for html and ics."
)
@_whose
@click.pass_context
def linked_apps(
    ctx: click.Context, /, account: str | None, language: str | None, form: str | None, **more: Any
) -> None:
    """List every outside account that is lost, or can be taken over, when the address ends - and what to do first.

    Evidence is read from the mail, Google's connections page and password exports that you name, is joined, and is
    remembered; without such options the list is shown as it is known. Nothing of it leaves this machine.

    \b
    eccs-backup linked-apps --mail ~/leaving       mail that was saved
    eccs-backup linked-apps --online               or the mailbox itself
    eccs-backup linked-apps connections            Google's own list
    eccs-backup linked-apps --passwords FILE.csv   what the browser knows
    eccs-backup linked-apps --output worklist.html
    eccs-backup linked-apps mark github moved      what is done
    """
    if ctx.invoked_subcommand:
        if form or any(more.values()):
            raise click.UsageError(f"Put the options of {ctx.invoked_subcommand} behind that word.")
        ctx.obj = (account, language)
        return
    form = _form(form, more)
    from eccs_backup.cli.linked_desk import Desk

    desk = Desk(account, language, more["also"], saved=more["mail"])
    desk.read(more["mail"], more["page"], more["passwords"], online=more["online"], tokens=more["tokens"])
    until: datetime | None = more["until"]
    desk.show_list(form, more["output"], more["state"], until.date() if until else None)


def _form(form: str | None, more: dict[str, Any]) -> str:
    """The form that is meant, by its option or by the ending of the output. Raises UsageError."""
    output: Path | None = more["output"]
    if more["as_json"]:
        if form not in (None, "json"):
            raise click.UsageError("--json and --format exclude one another.")
        form = "json"
    ending = output.suffix.lower().removeprefix(".") if output else ""
    form = form or (ending if ending in FORMATS else "table")
    if form in ("html", "ics") and output is None and sys.stdout.isatty():
        raise click.UsageError(f"Name a file for it: --output worklist.{form}")
    if more["until"] and form not in ("html", "ics"):
        raise click.UsageError("--until belongs to --format html or ics.")
    if more["until"] and more["until"].date() < date.today():
        raise click.UsageError("--until is a day that has passed.")
    return form


@linked_apps.command()
@click.argument("service")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_whose
@click.pass_obj
def show(
    above: tuple[str | None, str | None], service: str, account: str | None, language: str | None, as_json: bool
) -> None:
    """Show all that is known of one SERVICE: the evidence, what to do first, and where."""
    from eccs_backup.cli.linked_desk import Desk

    Desk(account or above[0], language or above[1]).show_service(service, as_json=as_json)


@linked_apps.command()
@click.argument("service", nargs=-1, required=True)
@click.argument("state", type=click.Choice(STATES))
@click.option("--note", help="A note for yourself.")
@_whose
@click.pass_obj
def mark(
    above: tuple[str | None, str | None],
    service: tuple[str, ...],
    state: str,
    note: str | None,
    account: str | None,
    language: str | None,
) -> None:
    """Remember what you have done about one SERVICE or several: moved, closed, ignored; todo takes it back.

    SERVICE is the word in brackets in the list.
    """
    from eccs_backup.cli.linked_desk import Desk

    Desk(account or above[0], language or above[1]).mark(service, state, note)


@linked_apps.command()
@click.argument("source", required=False)
@_whose
@click.pass_obj
def forget(above: tuple[str | None, str | None], source: str | None, account: str | None, language: str | None) -> None:
    """Let go of what one SOURCE showed, as "page connections.html"; without a name, list the sources."""
    from eccs_backup.cli.linked_desk import Desk

    Desk(account or above[0], language or above[1]).forget(source)


@linked_apps.command("list", hidden=True)
@_whose
@click.pass_obj
def list_(above: tuple[str | None, str | None], account: str | None, language: str | None) -> None:
    """The same as no word at all."""
    from eccs_backup.cli.linked_desk import Desk

    Desk(account or above[0], language or above[1]).show_list("table", None, (), None)


@linked_apps.command()
@_mail
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_whose
@click.pass_obj
def watch(
    above: tuple[str | None, str | None],
    mail: tuple[Path, ...],
    online: bool,
    account: str | None,
    language: str | None,
    as_json: bool,
) -> None:
    """See what still arrives at the old address from services that you marked as moved or closed.

    Exit status 3 when something does.
    """
    from eccs_backup.cli.linked_desk import Desk

    Desk(account or above[0], language or above[1], saved=mail).watch(mail, online=online, as_json=as_json)


@linked_apps.command()
@click.option("--no-browser", is_flag=True, help="Print the page's address; open nothing.")
@_whose
@click.pass_obj
def connections(
    above: tuple[str | None, str | None], account: str | None, language: str | None, no_browser: bool
) -> None:
    """Open Google's page of connections, and say how to save it: the only complete list of what signs in by Google."""
    from eccs_backup.cli.linked_desk import Desk

    Desk(account or above[0], language or above[1]).open_connections(no_browser=no_browser)
