"""`takeout`: request an export, read it into the vault, and compare it with what the services list."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {"open": "takeout_open", "import": "takeout_import", "compare": "takeout_compare"}
"""Command -> module, in which it is called as the module; one loads when it is used."""
SUMMARIES = {
    "open": "Request an export: which page, which boxes, which buttons.",
    "import": "Read the parts of an export into a folder, and prove it.",
    "compare": "Compare what was read with what Gmail and Drive list.",
}


class _Takeout(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a person needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        name = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"eccs_backup.cli.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`, without loading a single command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))


@click.group(cls=_Takeout)
def takeout() -> None:
    """Google Takeout: the only way out for Photos, Keep, YouTube and Groups, and the quick one for a large mailbox."""
