"""`forward`: set mail forwarding up, or see how it stands, or end it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

KEEP = {"inbox": "leaveInInbox", "archive": "archive", "trash": "trash", "read": "markRead"}


def _stripped(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not (value := value.strip()):
        raise click.BadParameter("Name an address.")
    return value


@click.command()
@click.option("--to", metavar="ADDRESS", callback=_stripped, help="Where mail is to go.")
@click.option(
    "--keep", type=click.Choice([*KEEP]), help="What becomes of the copy in the old mailbox; else: as it is, or inbox."
)
@click.option("--by-filter", is_flag=True, help="By a filter that takes in everything, instead of forward-all.")
@click.option("--status", is_flag=True, help="Only show how it stands; exit status 0 when mail goes to ADDRESS.")
@click.option("--stop", is_flag=True, help="Forward nothing more.")
@click.option("--test", is_flag=True, help="Send a message to the old address and see whether it arrives.")
@click.option(
    "--test-account",
    metavar="ADDRESS",
    callback=_stripped,
    help="Send it from the signed-in account of --to, and look for it there.",
)
@click.option("--reply-text", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Vacation reply.")
@click.option(
    "--reply-until",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Last day of the reply, e.g. 2027-09-30.",
)
@click.option("--same-institution", is_flag=True, help="The address stays, although it is of the same institution.")
@click.option(
    "--account", metavar="ADDRESS", callback=_stripped, help="Which of your signed-in accounts is to forward."
)
@click.option("--language", type=click.Choice(["en", "ja"]), help="Of the guide; else the terminal's.")
@click.option("--time-limit", type=click.IntRange(min=1), default=900, show_default=True, help="Seconds for a step.")
@click.option("--no-browser", is_flag=True, help="Print the page's address; open nothing.")
@click.option("--yes", is_flag=True, help="Change it without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print how it stands as JSON.")
def forward(to: str | None, status: bool, stop: bool, test: bool, **more: Any) -> None:
    """Forward all new mail to ADDRESS, and do not rest until Gmail says that it is on.

    What only you can do in the browser is explained step by step, and checked. Run it again at any time: it goes on
    from what Gmail says. Nothing is changed without a question.
    """
    _refuse_mixtures(to, status, stop, test, more)
    from eccs_backup.cli.forward_desk import Desk
    from eccs_backup.errors import Transient, Unfinished

    if chosen := more["keep"]:
        more["keep"] = KEEP[chosen]
    desk = Desk(to, more, reading=status or stop)
    try:
        if status:
            desk.show()
        elif stop:
            desk.stop()
        else:
            desk.set_up(test=test)
    except Transient as error:
        raise Unfinished(str(error), hint=desk.again) from error


def _refuse_mixtures(to: str | None, status: bool, stop: bool, test: bool, more: dict[str, Any]) -> None:
    """Raise UsageError for options that say nothing, or two things, together."""
    if status + stop + test > 1:
        raise click.UsageError("--status, --stop and --test exclude one another.")
    if to is None and not stop:
        raise click.UsageError("Name the address: --to you@example.com")
    if more["reply_until"] and not more["reply_text"]:
        raise click.UsageError("--reply-until belongs to --reply-text.")
    if more["reply_text"] and (status or stop):
        raise click.UsageError("--reply-text goes neither with --status nor with --stop.")
    if more["test_account"] and not test:
        raise click.UsageError("--test-account belongs to --test.")
    if more["keep"] and more["by_filter"]:
        raise click.UsageError("--keep belongs to forward-all; a filter leaves the copy in the inbox.")
