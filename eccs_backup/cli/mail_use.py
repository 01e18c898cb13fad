"""`mail-convert` and `mail-search`: the saved mail put to use, without a network."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from eccs_backup.mail.convert import Sums
    from eccs_backup.mail.search import Found, Query, Result
    from eccs_backup.progress import Bar

DAMAGED = 5
SHOWN = 50
DAY = click.DateTime(["%Y-%m-%d", "%Y/%m/%d", "%Y-%m"])


@click.command("mail-convert")
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("destination", type=click.Path(path_type=Path), required=False)
@click.option("--to", type=click.Choice(["mbox", "maildir"]), required=True, help="What other programs read.")
@click.option("--label", "wanted", multiple=True, metavar="LABEL", help="Only messages with this label; repeatable.")
@click.option("--by-label", is_flag=True, help="One mbox, or one folder of the Maildir, for every label.")
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace what an earlier conversion of OUT has written and nobody has changed since.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def mail_convert(
    out: Path,
    destination: Path | None,
    to: str,
    wanted: tuple[str, ...],
    by_label: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write the mail saved in the folder OUT as an mbox or a Maildir, which Thunderbird, Apple Mail and others open.

    The result lies at DESTINATION, or beside OUT; the saved mail stays as it is. Exit status 5 when saved messages
    are missing or damaged: they are named and left out.
    """
    from eccs_backup import progress
    from eccs_backup.cli.export import refuse_long
    from eccs_backup.mail import convert, letters

    refuse_long(out)
    form = convert.Format(to)
    target = convert.at(destination) if destination else convert.beside(out, form, by_label)
    with letters.place(out) as place:
        letters.refuse_none(place)
        labels = letters.chosen(letters.labels(place), wanted)
        convert.check(out, target, overwrite=overwrite)
        with progress.transferring("Converting", convert.extent(place, labels)[1]) as bar:
            sums = convert.convert(
                place, target, form, wanted=labels, by_label=by_label, on_letter=lambda letter: bar.add(letter.size)
            )
    _show_sums(sums, target, as_json)
    if sums.damaged:
        click.get_current_context().exit(DAMAGED)


def _show_sums(sums: Sums, target: Path, as_json: bool) -> None:
    from eccs_backup.cli import text

    if as_json:
        damaged = [each._asdict() for each in sums.damaged]
        found = {"messages": sums.messages, "labels": len(sums.labels), "bytes": sums.bytes, "damaged": damaged}
        found |= {"without_final_newline": sums.open_ended, "remembered": sums.remembered}
        click.echo(json.dumps(found | {"destination": str(target)}))
        return
    for damage in sums.damaged:
        click.secho(f"left out: {text.plain(damage.path)} {damage.what}", fg="red")
    messages, labels = _counted(sums.messages, "message"), _counted(len(sums.labels), "label")
    click.echo(f"{messages}, {labels}, {text.size(sums.bytes)}: {text.plain(str(target))}")
    if sums.open_ended:
        click.echo(f"{_counted(sums.open_ended, 'message')} had an unfinished last line, which an mbox has to finish.")
    if not sums.remembered:
        click.echo("OUT cannot be written: --overwrite will not know this result.", err=True)
    if sums.damaged:
        click.echo("Run the export again: it fetches what is missing or damaged. Then convert once more.", err=True)


@click.command("mail-search")
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("words", nargs=-1)
@click.option("--from", "sender", default="", metavar="NAME", help="Only from this person: a part of name or address.")
@click.option("--label", "labels", multiple=True, metavar="LABEL", help="Only with this label, or one of these.")
@click.option("--after", type=DAY, metavar="DATE", help='From this day on, e.g. "2024-04-01".')
@click.option("--before", type=DAY, metavar="DATE", help="Before this day.")
@click.option("--limit", type=click.IntRange(min=0), default=SHOWN, help="How many to show, newest first; 0: all.")
@click.option("--paths", is_flag=True, help="Print only the files' paths.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def mail_search(
    out: Path,
    words: tuple[str, ...],
    sender: str,
    labels: tuple[str, ...],
    after: datetime | None,
    before: datetime | None,
    limit: int,
    paths: bool,
    as_json: bool,
) -> None:
    """Find messages in the mail saved in the folder OUT: those that hold all WORDS, newest first.

    Words are looked for in senders, recipients, subjects, texts and the names of attachments, whatever their case and
    width; several words in quotes are one phrase. Of each message the first million characters of text count, without
    the markup of pages (of which 20 million characters are read); what is inside attachments is not searched. The
    first search reads all messages and keeps an index in OUT; later ones read what is new.
    """
    from eccs_backup import vault
    from eccs_backup.cli import text
    from eccs_backup.cli.export import refuse_long
    from eccs_backup.mail import letters, search

    refuse_long(out)
    query = search.Query(search.phrases(words), sender.strip(), labels, _seconds(after), _seconds(before))
    search.refuse_empty(query)
    with vault.reading(out) as place:
        letters.refuse_none(place)
    result = _searched(out, query, limit)
    if as_json:
        click.echo(json.dumps({"total": result.total, "unread": result.unread, "messages": _as_json(result.found)}))
    elif paths:
        click.echo("".join(f"{text.plain(str(out / each.path))}\n" for each in result.found), nl=False)
    else:
        _show_found(result)


def _searched(out: Path, query: Query, limit: int) -> Result:
    """The result, with a progress bar for what has to be read first, and words about what was in the way."""
    from eccs_backup import progress
    from eccs_backup.mail import search
    from eccs_backup.mail.index import Watch, Where

    with ExitStack() as shown:
        bars: list[Bar] = []

        def expect(total: int) -> None:
            bars.append(shown.enter_context(progress.counting("Reading the mail", total, " messages")))

        result = search.search(out, query, limit or None, Watch(expect, lambda: bars[-1].add()))
    if result.where is not Where.VAULT:
        click.echo("The folder cannot be written: the index was made for this search alone.", err=True)
    if result.unread:
        missing = _counted(result.unread, "message")
        click.echo(f"{missing} could not be read: missing or damaged. See: eccs-backup verify", err=True)
    return result


def _show_found(result: Result) -> None:
    from eccs_backup.cli import text

    if not result.found:
        click.echo("No saved message fits.")
    for each in result.found:
        click.echo(f"{_when(each.date)}  {text.plain(each.sender)}")
        click.secho(f"    {text.plain(each.subject) or '(no subject)'}", bold=True)
        click.echo(f"    {text.plain(each.path)}{'  (deleted online)' if each.deleted else ''}")
    if result.total > len(result.found):
        click.echo(f"These are the newest {len(result.found):,} of {result.total:,}; --limit 0 shows all.")


def _as_json(found: list[Found]) -> list[dict[str, object]]:
    return [each._asdict() | {"date": _when(each.date, "%Y-%m-%dT%H:%M:%SZ", UTC)} for each in found]


def _when(seconds: float, form: str = "%Y-%m-%d %H:%M", zone: tzinfo | None = None) -> str:
    try:
        return datetime.fromtimestamp(seconds, zone).strftime(form)
    except (OverflowError, ValueError, OSError):  # a year that no calendar has
        return "(no date)"


def _seconds(day: datetime | None) -> float | None:
    """The day's beginning here, in Unix seconds."""
    if day is None:
        return None
    try:
        return day.timestamp()
    except (OverflowError, ValueError, OSError):  # Windows knows no time zone before 1970
        return day.replace(tzinfo=UTC).timestamp()


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
