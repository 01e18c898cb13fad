"""The command line: options, one call, print. Errors become exit statuses here and nowhere else."""

from __future__ import annotations

import os
import sys
from difflib import get_close_matches
from importlib import import_module

import click

from eccs_backup import __version__
from eccs_backup.errors import BackupError

INTERRUPTED = 130
_INTERRUPTED = "Interrupted; nothing is lost. Run the same command again to go on."
COMMANDS = {
    "auth": "auth:auth",
    "drive-export": "drive:drive_export",
    "mail-export": "mail:mail_export",
    "takeout": "takeout:takeout",
    "mail-restore": "mail_restore:mail_restore",
    "mail-convert": "mail_use:mail_convert",
    "mail-search": "mail_use:mail_search",
    "forward": "forward:forward",
    "linked-apps": "linked_apps:linked_apps",
    "verify": "vault:verify",
    "status": "vault:status",
    "rehearse": "rehearse:rehearse",
}
"""Command -> module and name; a module loads when its command is used or asked for help."""
SUMMARIES = {
    "auth": "Sign in to a service, once; see and end sign-ins.",
    "drive-export": "Save everything in Google Drive, with proof.",
    "mail-export": "Save every message in Gmail, with its labels, and the settings.",
    "takeout": "Google Takeout: request an export, and read it into the folder, with proof.",
    "mail-restore": "Put saved mail into another account at Gmail.",
    "mail-convert": "Write the saved mail as mbox or Maildir, for other programs.",
    "mail-search": "Find messages in the saved mail, without a network.",
    "forward": "Forward all new mail, and see that it is on.",
    "linked-apps": "List every account that hangs on the address, and what to do first.",
    "verify": "Check every saved file again.",
    "status": "Show the balance: listed = saved + explained + left out.",
    "rehearse": "Try everything with a practice account on this machine.",
}


class Commands(click.Group):
    """Loads a command when it is needed, and turns errors into messages and exit statuses."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a person meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"eccs_backup.cli.{module}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that was typed. Raises UsageError, with the nearest one."""
        if args and args[0] not in COMMANDS and (near := get_close_matches(args[0], COMMANDS, 1)):
            ctx.fail(f"No such command '{args[0]}'. Did you mean {near[0]}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`, without loading a single command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Run a command. What is not an error of ours is a bug, and shows where it happened."""
        try:
            return super().invoke(ctx)
        except BackupError as error:
            fail(error)
            ctx.exit(error.exit_status)
        except click.Abort:  # Ctrl-C or Ctrl-D at a question: nothing is under way
            click.echo(f"\n{_INTERRUPTED}", err=True)
            ctx.exit(INTERRUPTED)
        except KeyboardInterrupt:
            click.echo(f"\n{_INTERRUPTED}", err=True)
            sys.stdout.flush()
            os._exit(INTERRUPTED)  # not waiting for threads that wait for a dead network; the records are closed


def fail(error: BackupError) -> None:
    """Print an error of ours, and what to do next."""
    from eccs_backup.cli import fitting, text  # not for `--help`: it loads SQLite

    click.secho(fitting.shown(f"Error: {text.plain(str(error))}", err=True), fg="red", err=True)
    hint = "\n".join(map(text.plain, error.hint.split("\n")))
    click.echo(fitting.shown(hint, err=True), err=True)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="eccs-backup")
def cli() -> None:
    """Bring a university account's data home, prove that it arrived, and see when the account is safe to lose.

    Exit status: 0 everything listed is saved or explained, 1 a bug, 2 a wrong option, 3 unfinished (run again),
    4 sign in (again), 5 damage found, 6 another run is under way, 7 disk full, 8 blocked by the administrator,
    9 another account, 10 the folder cannot be written, 130 interrupted.
    """


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal cannot show must not end the run
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    cli(prog_name="eccs-backup")
