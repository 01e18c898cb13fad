"""`eccs-backup auth`: sign in, see how the sign-in stands, and end it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eccs_backup.accounts.google_purposes import PURPOSES, READ
from eccs_backup.errors import Transient, Unfinished, Unusable

if TYPE_CHECKING:
    from eccs_backup.accounts.google_sign_in import Talk
    from eccs_backup.accounts.google_standing import Lame, Standing

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("service", type=click.Choice(["google"]), default="google")
@click.option("--client", type=FILE, help="The OAuth client file from Google's console; needed once.")
@click.option("--account", "address", metavar="ADDRESS", help="The account that is meant, when you have several.")
@click.option(
    "--for",
    "purpose",
    type=click.Choice(list(PURPOSES)),
    help="Give further permissions, kept apart from those that only read: "
    + "; ".join(f"{name}: {purpose.words} ({purpose.command})" for name, purpose in PURPOSES.items())
    + ".",
)
@click.option("--no-browser", is_flag=True, help="Print the address of the page; take the pasted reply.")
@click.option("--time-limit", type=click.IntRange(min=1), default=300, show_default=True, help="Seconds to wait.")
@click.option("--check", is_flag=True, help="Show every sign-in, and try whether it works.")
@click.option("--json", "as_json", is_flag=True, help="With --check: for programs.")
@click.option("--forget", is_flag=True, help="End all sign-ins of an account at the service and delete them here.")
@click.option("--service-account", type=FILE, help="Administrators: the key of a service account with delegation.")
@click.option("--subject", metavar="ADDRESS", help="With --service-account: whose data.")
def auth(
    service: str,
    client: Path | None,
    address: str | None,
    purpose: str | None,
    no_browser: bool,
    time_limit: int,
    check: bool,
    as_json: bool,
    forget: bool,
    service_account: Path | None,
    subject: str | None,
) -> None:
    """Sign in to a service, so that your data can be read.

    The first time, the way to an OAuth client of your own is shown step by step.
    """
    _refuse_mixtures(check, forget, as_json, service_account, subject)
    if purpose and (check or forget):
        raise click.UsageError("--for belongs to signing in.")
    _announce_rehearsal()
    try:
        if check:
            _check(address, as_json)
        elif forget:
            _forget(address)
        elif service_account and subject:
            _service_account(service_account, subject, purpose or READ)
        else:
            _sign_in(client, address, purpose or READ, no_browser, time_limit)
    except Transient as error:
        raise Unfinished(str(error), hint=error.hint) from error


def _refuse_mixtures(
    check: bool, forget: bool, as_json: bool, service_account: Path | None, subject: str | None
) -> None:
    if check + forget + bool(service_account) > 1:
        raise click.UsageError("--check, --forget and --service-account exclude one another.")
    if bool(service_account) != bool(subject):
        raise click.UsageError("--service-account FILE and --subject ADDRESS belong together.")
    if as_json and not check:
        raise click.UsageError("--json belongs to --check.")


def _announce_rehearsal() -> None:
    from eccs_backup.accounts.home import rehearsal

    if practice := rehearsal():
        _say(f"This is a rehearsal with the practice server at {practice}; your real accounts are not touched.")


def _sign_in(client_file: Path | None, address: str | None, group: str, no_browser: bool, seconds: int) -> None:
    from eccs_backup.accounts.google import asked_for
    from eccs_backup.accounts.google_client import obtain
    from eccs_backup.accounts.google_sign_in import sign_in
    from eccs_backup.http import Wire

    purpose = PURPOSES.get(group)
    if purpose and purpose.delegated:
        raise Unusable(f"This is nothing to sign in for in the browser: {purpose.words}.", hint=purpose.before)
    wire = Wire()
    talk = _talk(no_browser, seconds)
    if purpose:
        _say(purpose.before)
    client = obtain(client_file, wire, talk.say, talk.lines)
    token = sign_in(client, asked_for(group), talk, address=address, group=group, wire=wire)
    click.echo(f"Signed in to Google as {token.address}{_for(group)}.")
    following = purpose.command if purpose else "drive-export FOLDER, and mail-export FOLDER"
    _say(f"Next: eccs-backup {following}")


def _for(group: str) -> str:
    return f" (for {PURPOSES[group].words})" if group in PURPOSES else ""


def _service_account(file: Path, subject: str, group: str) -> None:
    from eccs_backup.accounts.google import asked_for
    from eccs_backup.accounts.google_sign_in import use_service_account

    use_service_account(file, subject, asked_for(group), group=group)
    click.echo(f"The service account may act for {subject}{_for(group)}.")


def _check(address: str | None, as_json: bool) -> None:
    """Every sign-in; in JSON the first one's words stand outside as well. Raises what the first lame one met with."""
    import json

    from eccs_backup.accounts.google_standing import Lame, check_each

    found = check_each(address)
    lame = [each for each in found if isinstance(each, Lame)]
    if as_json:
        described = [_described(each) for each in found]
        click.echo(json.dumps(described[0] | {"sign_ins": described}, indent=2))
    elif len(lame) < len(found):
        click.echo("\n\n".join(map(_sentences, found)))
    if lame:
        raise lame[0].trouble


def _described(found: Standing | Lame) -> dict[str, object]:
    from datetime import UTC, datetime

    from eccs_backup.accounts.google_standing import Lame

    if isinstance(found, Lame):
        return {"service": "google", "account": found.address, "purpose": found.group, "trouble": str(found.trouble)}
    consented = datetime.fromtimestamp(round(found.consented), UTC).isoformat()
    return {
        "service": "google",
        "account": found.address,
        "purpose": found.group,
        "allows": found.allows,
        "client": found.client,
        "consented": consented,
    }


def _sentences(found: Standing | Lame) -> str:
    from datetime import datetime

    from eccs_backup.accounts.google_purposes import words_of
    from eccs_backup.accounts.google_standing import Lame
    from eccs_backup.cli.text import plain

    if isinstance(found, Lame):
        trouble = f"does not work: {plain(str(found.trouble))}"
        return _table([("Account", found.address), ("For", words_of(found.group)), ("State", trouble)])
    when = datetime.fromtimestamp(found.consented).astimezone()
    rows = [
        ("Account", found.address),
        ("For", words_of(found.group)),
        *(("Allows", words) for words in found.allows or ["nothing but knowing the address"]),
        ("Client", found.client),
        ("Agreed", f"{when:%Y-%m-%d %H:%M}"),
        ("State", "works: Google has just renewed it"),
    ]
    return _table(rows)


def _table(rows: list[tuple[str, str]]) -> str:
    return "\n".join(f"{name + ':':<9}{text}" for name, text in rows)


def _forget(address: str | None) -> None:
    from eccs_backup.accounts.google_client import kept_path
    from eccs_backup.accounts.google_purposes import words_of
    from eccs_backup.accounts.google_refusals import CONNECTIONS
    from eccs_backup.accounts.google_standing import forget
    from eccs_backup.cli.text import plain

    ended = forget(address)
    if ended is None:
        click.echo("No sign-in to Google is saved; there is nothing to forget.")
        return
    if len(ended.groups) == 1:
        click.echo(f"The sign-in of {ended.address} is deleted from this computer.")
    else:
        each = "; ".join(map(words_of, ended.groups))
        click.echo(f"All {len(ended.groups)} sign-ins of {ended.address} are deleted from this computer (for {each}).")
    if ended.trouble:
        _say(f"Google could not be told: {plain(str(ended.trouble))} Remove this program yourself at {CONNECTIONS}")
    elif ended.revoked:
        click.echo("Google has ended it, too." if len(ended.groups) == 1 else "Google has ended them all, too.")
    if kept_path().exists():
        _say(f"Your OAuth client stays in {kept_path()} for the next sign-in; delete that file if there is none.")


def _talk(no_browser: bool, seconds: int) -> Talk:
    from eccs_backup.accounts.google_sign_in import Talk

    asked = no_browser or sys.stdin.isatty()
    return Talk(_say, None if no_browser else browse, _lines() if asked else None, seconds)


def browse(url: str) -> bool:
    """Open a page in the person's browser; whether one was found."""
    import os
    import webbrowser

    # Without a display, a text browser would take over the terminal, and cannot show Google's page.
    if sys.platform == "linux" and not any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))):
        return False
    return webbrowser.open(url)


def _lines() -> Iterator[str]:
    """What is typed, read without a buffer: a thread waiting in Python's own buffer would break the exit."""
    with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as typed:
        while line := typed.readline():
            yield line.decode(errors="replace")


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)
