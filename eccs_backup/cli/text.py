"""How results are written for people: numbers, sizes, the balance."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click

from eccs_backup.balance import Balance
from eccs_backup.model import Entry, Kind, Proof

KINDS = {
    Kind.FOLDER: "folder",
    Kind.SHORTCUT: "shortcut to something that is listed itself",
    Kind.NO_EXPORT: "has no file form (forms, sites, maps ...)",
    Kind.VIEW_ONLY: "may not be downloaded",
    Kind.ABUSE: "held to be harmful by Google",
    Kind.GONE: "gone, or nothing that is listed",
    Kind.ELSEWHERE: "kept already in another place of this folder",
    Kind.ARCHIVE: "part of an export, read to its end",
}
PROOFS = {
    Proof.DIGEST: "proven by the service's checksum",
    Proof.STRUCTURE: "proven by the structure of the file",
    Proof.SIZE: "compared by size alone: the service gave no checksum",
    Proof.NONE: "without any proof",
}
OWN_PROOFS = {
    ("mail", Proof.STRUCTURE): "complete: Gmail's answer ended, and was of that message",
    ("mail", Proof.SIZE): "complete: as many bytes as Gmail promised",
    ("mail", Proof.DIGEST): "from a Takeout: proven by the checksum in Google's archive",
    ("takeout", Proof.DIGEST): "proven by the checksum in Google's archive",
}
"""What a source calls its proofs, where the usual words would mislead."""
QUIET = (Kind.FOLDER, Kind.SHORTCUT, Kind.ELSEWHERE, Kind.ARCHIVE)
"""Explained items that leave nothing to do: counted, not named."""
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str) -> str:
    """Text from outside, safe for a terminal: control and direction characters are taken out."""
    return CONTROLS.sub("�", text)


def size(count: int) -> str:
    """Bytes in units people use (1 kB = 1,000 bytes)."""
    if count < 1000:
        return f"{count} bytes"
    number = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        number /= 1000
        if number < 999.95:
            return f"{number:.1f} {unit}"
    return f"{number / 1000:.1f} PB"


def show_balance(balance: Balance) -> None:
    """One source's balance on stdout: the sum, line by line, then the verdict."""
    show_counts(balance)
    click.secho(balance.verdict, fg="green" if balance.whole else "red")


def show_counts(balance: Balance) -> None:
    """The lines of a balance, without a verdict."""
    listed = "the listing did not finish" if balance.listed is None else f"{balance.listed:,} listed"
    click.secho(f"{balance.source} - {plain(balance.account)}: {listed}", bold=True)
    _line(balance.saved, f"saved, {size(balance.bytes)}")
    for proof, number in sorted(balance.proofs.items(), key=lambda each: list(Proof).index(each[0])):
        click.echo(f"             {number:,} {OWN_PROOFS.get((balance.source, proof), PROOFS[proof])}")
    for kind, number in sorted(balance.explained.items()):
        _line(number, f"explained: {KINDS.get(kind, str(kind))}")
    for reason, number in sorted(balance.left_out.items()):
        _line(number, f"left out: {plain(reason)}")
    if balance.failed:
        _line(balance.failed, "failed")
    if balance.pending:
        _line(balance.pending, "not fetched yet")
    if balance.kept and balance.listed is not None:
        click.echo(f"  and {balance.kept:,} files kept here that the newest listing does not name")
    if balance.vanished and balance.listed is not None:
        click.echo(f"  and {balance.vanished:,} things that were listed once, never saved, and are listed no more")


def show_entries(heading: str, entries: Iterable[Entry]) -> None:
    """Items with their reasons, two lines each, below a heading; nothing when there are none."""
    for number, entry in enumerate(list(entries)):  # read first: a pager that waits must not hold the records
        if number == 0 and heading:
            click.secho(heading, bold=True)
        click.echo(f"  {plain(entry.title)}\n      {plain(entry.reason or '')}")


def telling(entries: Iterable[Entry]) -> Iterable[Entry]:
    """Without the explained items that leave nothing to do."""
    return (entry for entry in entries if entry.kind not in QUIET)


def _line(number: int, text: str) -> None:
    click.echo(f"  {number:>9,}  {text}")
