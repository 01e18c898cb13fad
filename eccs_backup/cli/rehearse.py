"""`rehearse`: the whole story with a practice account, on this machine, with the real commands."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

if TYPE_CHECKING:
    from eccs_backup.rehearsal.server import Rehearsal

ADDRESS = "ECCS_BACKUP_REHEARSAL"


@click.command()
@click.argument("out", type=click.Path(path_type=Path), required=False)
@click.option("--serve", is_flag=True, help="Keep the practice account open, to try every command by hand.")
@click.option("--trouble", is_flag=True, help="Let one request in twenty go wrong, in every way that happens.")
@click.option("--seconds", default=3600, show_default=True, help="How long --serve stays open at most.")
def rehearse(out: Path | None, serve: bool, trouble: bool, seconds: int) -> None:
    """Try everything with a practice account: sign in, export to the folder OUT, verify, and see the balance.

    Nothing leaves this machine.
    """
    from eccs_backup.errors import Unusable
    from eccs_backup.rehearsal import server
    from eccs_backup.rehearsal.faults import Faults
    from eccs_backup.rehearsal.world import student

    if not serve and out is None:
        raise Unusable("Name the folder to save into.", hint="For example: eccs-backup rehearse ./out")
    faults = Faults.random(rate=0.05, seed=2026) if trouble else None
    with (
        tempfile.TemporaryDirectory(prefix="eccs-backup-rehearsal-") as home,
        server.serve(student(services=True), faults=faults) as practice,
    ):
        if serve:
            _keep_open(practice, Path(home), seconds)
        elif out is not None:
            _tell_story(practice, Path(home), out)


def _tell_story(practice: Rehearsal, home: Path, out: Path) -> None:
    """Every step as a command of its own, as a person would type it; a browser stand-in presses the buttons."""
    from eccs_backup.rehearsal.browser import COMMAND

    practice.next_day()  # the file that is handed out too often is a story of two days
    client = practice.client_file(home)
    browser = COMMAND.format(python=shlex.quote(sys.executable))
    env = {**os.environ, "ECCS_BACKUP_HOME": str(home), ADDRESS: practice.url, "BROWSER": browser}
    env = {name: value for name, value in env.items() if not name.lower().endswith("_proxy")}  # loopback needs none
    export = ("drive-export", str(out), "--trash", "--shared-with-me")
    _step(env, "auth", "--client", str(client))
    _step(env, *export)
    _step(env, "mail-export", str(out))
    _step(env, "verify", str(out), "--online")
    _step(env, "status", str(out))
    _step(env, "mail-search", str(out), "卒論")
    _step(env, "linked-apps", "--mail", str(out))
    click.echo("That was practice. Your own account: eccs-backup auth")


def _step(env: dict[str, str], *words: str) -> None:
    """One command; the story ends with its exit status when that is not 0."""
    click.secho(f"$ eccs-backup {shlex.join(words)}", bold=True)
    status = subprocess.run([sys.executable, "-m", "eccs_backup", *words], env=env, check=False).returncode
    click.echo()
    if status:
        click.get_current_context().exit(status)


def _keep_open(practice: Rehearsal, home: Path, seconds: int) -> None:
    from eccs_backup.rehearsal.world import SECOND, STUDENT

    practice.forwarding.remove(STUDENT.address, SECOND.address)  # so that this can be practised from the beginning
    client = practice.client_file(home)
    click.echo("The practice account is open. In another terminal:\n")
    click.echo(f"  export ECCS_BACKUP_HOME={shlex.quote(str(home))} {ADDRESS}={practice.url}")
    command = "eccs-backup" if shutil.which("eccs-backup") else f"{shlex.quote(sys.executable)} -m eccs_backup"
    click.echo(f"  {command} auth --client {shlex.quote(str(client))}")
    click.echo(f"  {command} drive-export ./saved")
    click.echo(f"  {command} mail-export ./saved")
    click.echo(f"  {command} mail-search ./saved 卒論")
    click.echo(f"  {command} linked-apps --online\n")
    click.echo(f"To put the mail into another practice account, {SECOND.address}:\n")
    click.echo(f"  {command} auth --for restore --account {SECOND.address}")
    click.echo(f"  {command} mail-restore ./saved --account {SECOND.address}\n")
    _tell_forwarding(command, practice.url, STUDENT.address, SECOND.address)
    click.echo(f"Ctrl-C closes it; it closes by itself after {seconds:,} seconds.")
    with suppress(KeyboardInterrupt):
        threading.Event().wait(seconds)
    click.echo("The practice account is closed.")


def _tell_forwarding(command: str, url: str, old: str, new: str) -> None:
    """How forwarding is practised: the command waits while the pages are used and the confirmation mail is read."""
    click.echo(f"To forward the mail of {old} to {new}:\n")
    click.echo(f"  {command} forward --to {new} --account {old}\n")
    click.echo("It names the page to use; here that is:\n")
    click.echo(f"  {url}/mail/u/?authuser={quote(old)}#settings/fwdandpop\n")
    click.echo("While it waits, read the confirmation mail in a third terminal, with the same line `export` first:\n")
    click.echo(f"  {command} auth --account {new}")
    click.echo(f"  {command} mail-export ./new --account {new} --label INBOX")
    click.echo(f"  {command} mail-search ./new --from forwarding-noreply --paths --limit 1\n")
    click.echo("The last one names the file of the mail; open its first link in the browser.\n")
