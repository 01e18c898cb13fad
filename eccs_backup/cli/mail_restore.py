"""`mail-restore`: what will be put where, whether that is wanted, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from eccs_backup.http import Hangup
    from eccs_backup.model import Json
    from eccs_backup.restore.labels import Labels
    from eccs_backup.restore.ledger import Ledger
    from eccs_backup.restore.letters import Letter
    from eccs_backup.restore.mailbox import Mailbox
    from eccs_backup.restore.plan import Plan
    from eccs_backup.restore.run import Outcome, Trouble
    from eccs_backup.vault import Vault

UNFINISHED, DAMAGED = 3, 5
SHOWN = 40
"""Messages of one kind that are named one by one; --json names them all."""
GROUP = "restore"


@click.command("mail-restore")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--account", "address", metavar="ADDRESS", required=True, help="The account that the mail is put into.")
@click.option("--label", multiple=True, metavar="NAME", help="Restore only mail with this label.")
@click.option("--dry-run", is_flag=True, help="Only check the files, and say what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--same-account", is_flag=True, help="Allow the account that the mail came from: only what it lost.")
@click.option("--json", "as_json", is_flag=True, help="Print the balance as JSON.")
def mail_restore(
    out: Path, address: str, label: tuple[str, ...], dry_run: bool, yes: bool, same_account: bool, as_json: bool
) -> None:
    """Put the saved mail of the folder OUT into another account at Gmail, each message once.

    Bytes, labels and conversations are kept. A message is dated by its own Date field; those that came at another
    time are named. Drafts become ordinary messages with the label "Drafts (restored)". Sign in to that account first:
    eccs-backup auth --for restore --account ADDRESS. Run it again at any time: it goes on where it stopped.
    """
    from eccs_backup import vault
    from eccs_backup.cli.export import refuse_long

    refuse_long(out)
    with (
        _mailbox(address) as (mailbox, history, halt),
        vault.trial(out) if dry_run else vault.existing(out) as place,
    ):
        _refuse_same(place, address, same_account)
        labels, ledger, plan = _planned(place, mailbox, halt, address, label)
        if dry_run:
            _show_dry_run(place, plan, as_json)
        elif (not plan.missing and not plan.uncertain) or _agreed(plan, yes):
            outcome = _restore(place, mailbox, ledger, labels, halt, plan, history)
            _finish(place, plan, outcome, ledger, labels, as_json)


@contextmanager
def _mailbox(address: str) -> Iterator[tuple[Mailbox, str, Hangup]]:
    """The mailbox of that account, and where its log of changes stands. Raises SignInNeeded, WrongAccount, Stop."""
    from eccs_backup.accounts import google, home
    from eccs_backup.accounts.google_purposes import PURPOSES, to_sign_in
    from eccs_backup.errors import ItemError, SignInNeeded, Transient, Unfinished, WrongAccount
    from eccs_backup.http import Hangup, Wire
    from eccs_backup.restore.mailbox import Mailbox

    tokens, known = google.account(address, PURPOSES[GROUP].scopes, group=GROUP)
    wire = Wire(tokens)
    halt = Hangup(wire)
    try:
        mailbox = Mailbox(wire, home.rehearsal(), halt)
        profile = mailbox.profile()
        if profile.address.casefold() != known.casefold():
            raise WrongAccount(
                f"{known} was expected, but {profile.address} answered.",
                hint=f"Sign in again with: {to_sign_in(GROUP, known)}",
            )
        yield mailbox, profile.history, halt
    except SignInNeeded as error:
        if f"--for {GROUP}" in error.hint:
            raise
        raise SignInNeeded(str(error), hint=f"Sign in again with: {to_sign_in(GROUP, known)}") from error
    except (ItemError, Transient) as error:
        raise Unfinished(f"Gmail did not answer as it should: {error}", hint=error.hint) from error
    finally:
        wire.close()


def _refuse_same(place: Vault, address: str, allowed: bool) -> None:
    from eccs_backup.errors import Unusable
    from eccs_backup.restore.letters import SOURCE

    owner = place.manifest.account(SOURCE)
    if owner is None:
        raise Unusable(f"{place.root} holds no mail.", hint="Name the folder of an earlier mail-export.")
    if owner.casefold() == address.casefold() and not allowed:
        raise Unusable(
            f"The mail in {place.root} came from {owner} itself.",
            hint="Name another account with --account, or add --same-account to put back what this one has lost.",
        )


def _planned(
    place: Vault, mailbox: Mailbox, halt: Hangup, address: str, wishes: Sequence[str]
) -> tuple[Labels, Ledger, Plan]:
    from eccs_backup.restore import letters
    from eccs_backup.restore.labels import Labels
    from eccs_backup.restore.ledger import Ledger
    from eccs_backup.restore.plan import plan

    every = letters.letters(place)
    wanted = letters.chosen(every, wishes)
    ledger = Ledger(place.manifest, address)
    labels = Labels(mailbox, _saved_labels(place))
    unsure = _looked(place, mailbox, halt, ledger, labels, wanted)
    return labels, ledger, plan(address, every, wanted, unsure, ledger, labels)


def _saved_labels(place: Vault) -> Mapping[str, Mapping[str, Json]]:
    from eccs_backup.cli import text
    from eccs_backup.errors import Corrupt
    from eccs_backup.restore import letters

    try:
        return letters.saved_labels(place)
    except Corrupt as error:
        click.echo(
            f"{text.plain(str(error))} Labels are made without their colours. {text.plain(error.hint)}", err=True
        )
        return {}


def _looked(
    place: Vault, mailbox: Mailbox, halt: Hangup, ledger: Ledger, labels: Labels, wanted: Sequence[Letter]
) -> list[Letter]:
    """Look for what is there without the ledger knowing of it; those that cannot be looked for."""
    from eccs_backup import progress
    from eccs_backup.restore.arrivals import look
    from eccs_backup.restore.sorting import Sorting

    if ledger.damaged:
        click.echo(f"{ledger.damaged:,} records of what was restored cannot be read: that is looked for.", err=True)
    unknown = [each for each in wanted if not ledger.knows(each.id)]
    with progress.counting("Looking for what is there already", len(unknown), " messages") as bar:
        return look(mailbox, Sorting(place, ledger, labels, {}), unknown, halt, bar.add)


def _sentence(plan: Plan) -> str:
    """What will be done, in one sentence."""
    from eccs_backup.cli import text
    from eccs_backup.restore.mailbox import PER_MINUTE

    minutes = len(plan.missing) / PER_MINUTE
    long = f"{minutes / 60:.1f} hours" if minutes > 90 else f"{minutes:.0f} minutes" if minutes > 1.5 else "a minute"
    size = text.size(sum(each.size for each in plan.missing))
    made = f", {len(plan.labels):,} labels will be made there" if plan.labels else ""
    there = f" ({plan.there:,} more are there already)" if plan.there else ""
    sure = f"; of {plan.uncertain:,} it is found out first whether they have arrived" if plan.uncertain else ""
    sure += f"; {len(plan.unsure):,} cannot be searched for there, and may be doubled" if plan.unsure else ""
    return (
        f"{len(plan.missing):,} messages ({size}) will be put into {text.plain(plan.address)}{there}{made}; "
        f"that takes about {long}{sure}."
    )


def _agreed(plan: Plan, yes: bool) -> bool:
    import sys

    from eccs_backup.errors import Unusable

    click.echo(_sentence(plan), err=True)
    if yes:
        return True
    try:
        if click.confirm("Go on?", err=True):
            return True
    except click.Abort as error:
        if sys.stdin.isatty():
            raise KeyboardInterrupt from error
        raise Unusable(
            "Nobody answered; nothing was changed.", hint="Add --yes to go on without being asked."
        ) from error
    click.echo("Nothing was changed.", err=True)
    return False


def _restore(
    place: Vault, mailbox: Mailbox, ledger: Ledger, labels: Labels, halt: Hangup, plan: Plan, history: str
) -> Outcome:
    from eccs_backup import progress
    from eccs_backup.restore.run import Restoring

    labels.make(plan.labels)
    with progress.counting("Restoring", len(plan.missing), " messages") as bar:
        return Restoring(place, mailbox, ledger, labels, halt, bar.add).run(plan.every, plan.wanted, history)


def _show_dry_run(place: Vault, plan: Plan, as_json: bool) -> None:
    """What would be done; every file is read, so that damage and other dates are known beforehand."""
    from eccs_backup import progress
    from eccs_backup.cli import text
    from eccs_backup.errors import ItemError
    from eccs_backup.restore import headers, letters

    damaged, redated = [], []
    with progress.transferring("Checking", sum(each.size for each in plan.missing)) as bar:
        for each in plan.missing:
            try:
                if headers.is_redated(letters.body(place, each), each.date):
                    redated.append(each.path)
            except ItemError as error:
                damaged.append({"path": each.path, "reason": str(error)})
            bar.add(each.size)
    if as_json:
        found: dict[str, Any] = {
            "account": plan.address,
            "in_the_vault": len(plan.every),
            "to_restore": len(plan.missing),
            "already_there": plan.there,
            "may_be_doubled": [each.path for each in plan.unsure],
        }
        found |= {"bytes": sum(each.size for each in plan.missing), "labels_to_make": list(plan.labels)}
        click.echo(json.dumps(found | {"left_out": plan.left_out, "damaged": damaged, "redated": redated}))
    else:
        click.echo(_sentence(plan))
        for name in plan.labels:
            click.echo(f"  label to make: {text.plain(name)}")
        _named("Damaged - these would not be sent:", [f"{each['path']}: {each['reason']}" for each in damaged])
        _named(_REDATED, redated)
        click.echo("Nothing was changed.")
    if damaged:
        click.get_current_context().exit(DAMAGED)


_REDATED = "With another date than they had, as their own Date field is missing or differs:"


def _finish(place: Vault, plan: Plan, outcome: Outcome, ledger: Ledger, labels: Labels, as_json: bool) -> None:
    from eccs_backup.restore.letters import again

    failed = [*outcome.failed, *outcome.damaged]
    there = len(plan.wanted) - len(outcome.restored) - len(failed)
    redated = [each.path for each in plan.wanted if each.id in ledger.redated]
    if as_json:
        numbers = {"in_the_vault": len(plan.every), "restored": len(outcome.restored), "already_there": there}
        troubles = {"failed": _described(outcome.failed), "damaged": _described(outcome.damaged), "redated": redated}
        troubles |= {"may_be_doubled": [each.path for each in plan.unsure]}
        rest = {"unlabelled": [each.path for each in outcome.unlabelled], "renamed_labels": labels.renamed}
        click.echo(json.dumps({"account": plan.address, **numbers, "left_out": plan.left_out, **troubles, **rest}))
    else:
        _show(plan, outcome, there, redated, labels)
        if outcome.damaged:
            click.echo(again(place))
    if failed:
        click.get_current_context().exit(DAMAGED if outcome.damaged else UNFINISHED)


def _show(plan: Plan, outcome: Outcome, there: int, redated: list[str], labels: Labels) -> None:
    from eccs_backup.cli import text

    _named("Refused or unfinished:", [f"{each.letter.path}: {each.reason}" for each in outcome.failed])
    _named("Damaged, and not sent:", [f"{each.letter.path}: {each.reason}" for each in outcome.damaged])
    _named(_REDATED, redated)
    _named("Without some of their labels:", [each.path for each in outcome.unlabelled])
    for name, new in labels.renamed.items():
        became = f"is called '{new}' there" if new else "could not be made there"
        click.echo(f"The label '{text.plain(name)}' {text.plain(became)}: Gmail does not take the name.")
    failed = len(outcome.failed) + len(outcome.damaged)
    click.secho(
        f"{len(plan.every):,} messages in the vault = {len(outcome.restored):,} restored + {there:,} already there "
        f"+ {plan.left_out:,} left out + {failed:,} failed",
        fg="red" if failed else "green",
    )


def _described(troubles: Sequence[Trouble]) -> list[dict[str, str]]:
    return [{"path": each.letter.path, "reason": each.reason} for each in troubles]


def _named(heading: str, lines: Sequence[str]) -> None:
    from eccs_backup.cli import text

    if not lines:
        return
    click.secho(f"{heading} ({len(lines):,})", bold=True)
    for line in lines[:SHOWN]:
        click.echo(f"  {text.plain(line)}")
    if len(lines) > SHOWN:
        click.echo(f"  and {len(lines) - SHOWN:,} more (--json names them all)")
