"""One `takeout import`: which parts, whose they are, what became of them, and the balance."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import click

from eccs_backup import balance, progress, vault
from eccs_backup.accounts import google
from eccs_backup.cli import export, takeout_compare, takeout_drive, text
from eccs_backup.errors import ItemError, SignInNeeded, Transient, Unusable, VaultFull, WrongAccount
from eccs_backup.mail.letters import SOURCE as MAIL
from eccs_backup.model import State
from eccs_backup.progress import Bar
from eccs_backup.takeout import comparing, looking, names, picking, run, watching
from eccs_backup.takeout.from_drive import Offer
from eccs_backup.takeout.looking import Look
from eccs_backup.takeout.members import Limits
from eccs_backup.takeout.names import PartName
from eccs_backup.takeout.outcome import Outcome, Part, Wishes, was_read
from eccs_backup.takeout.picking import Stranger
from eccs_backup.takeout.records import LASTS, SOURCE, Records
from eccs_backup.takeout.run import Import
from eccs_backup.vault import Vault

UNFINISHED = 3
PERHAPS_MORE = (
    "Nothing in an archive tells how many parts there are. The last part of {stamp} is as large as the others: look at "
    "the download page whether there are more, or say --parts N."
)
OTHERS = (MAIL, "drive")
"""Sources whose account has to be the export's."""
UNTOLD = (
    "You have not said how many parts the download page shows, and no archive tells it: look there, and add --parts N."
)


class Desk:
    """One command, with its options by name."""

    def __init__(self, out: Path, files: tuple[Path, ...], wishes: dict[str, Any]) -> None:
        self._out, self._files, self._wishes = out, files, wishes
        total = wishes["limit_total"]
        self._limits = Limits(ratio=wishes["limit_ratio"], total=None if total is None else total * 10**9)
        self._strangers: list[Stranger] = []
        self._counts = True

    def run(self) -> None:
        """From the options to the balance. Raises Stop."""
        wishes = self._wishes
        export.refuse_long(self._out)
        if not wishes["synced_folder"]:
            export.refuse_synchronised(self._out)
        if not (self._files or wishes["watch"] or wishes["from_drive"]):
            hint = "Name the parts (takeout-...zip) or the folder they lie in, or add --watch DIR or --from-drive."
            raise Unusable("Which parts shall be read?", hint=hint)
        given = picking.found(self._files)
        self._refuse_slips(given)
        with vault.trial(self._out) if wishes["dry_run"] else vault.opened(self._out) as place:
            parts = self._picked(place, given)
            looks = {name: looking.look(path, self._limits) for name, path in parts.items()}
            if looks or wishes["account"]:
                self._check_account(place, looks.values())
            if wishes["dry_run"]:
                self._show_looks(place, looks)
                return
            _check_room(place, [each for name, each in looks.items() if not was_read(place, name)])
            self._show(place, self._import(place, parts))

    def _refuse_slips(self, given: picking.Picked) -> None:
        """Raise Unusable for what nobody means: no part at all, or the folders the wrong way round."""
        others = self._wishes["watch"] or self._wishes["from_drive"]
        if not given.parts and not given.strangers and not others:
            where = ", ".join(map(str, self._files))
            hint = "They are called takeout-...-001.zip. If the browser has unpacked them, download them again."
            raise Unusable(f"No part of a Takeout lies in {where}.", hint=hint)
        for each in self._files:
            if each.is_dir() and (each / vault.INNER).is_dir():
                raise Unusable(
                    f"{each} is a folder of saved data, not of parts.", hint="OUT comes first, then the parts."
                )
        here = self._out.is_dir() and any(names.parsed(path.name) for path in self._out.iterdir())
        if here:
            hint = "Name another folder first, then the parts: eccs-backup takeout import OUT FILES"
            raise Unusable(f"{self._out} holds parts of a Takeout itself.", hint=hint)

    def _picked(self, place: Vault, given: picking.Picked) -> dict[PartName, Path]:
        picked = picking.picked(given.parts, Records(place.manifest).parts(), self._wishes["stamp"])
        self._leave_alone([*given.strangers, *picked.strangers])
        return picked.parts

    def _leave_alone(self, strangers: list[Stranger]) -> None:
        self._strangers += strangers
        for each in strangers:
            export.tell(f"Not read: {each.path.name}. {each.why}")

    def _check_account(self, place: Vault, looks: Iterable[Look]) -> None:
        """An export is read into the folder of its own account only. Raises WrongAccount, Unusable."""
        named = {each.account.casefold(): each.account for each in looks if each.account}
        if len(named) > 1:
            hint = "Read each account's parts into a folder of its own."
            raise WrongAccount(f"These are exports of several accounts: {', '.join(named.values())}.", hint=hint)
        told = next(iter(named.values()), "")
        given = self._wishes["account"] or ""
        if told and given and told.casefold() != given.casefold():
            raise WrongAccount(f"This is an export of {told}, not of {given}.")
        address = given or told or _known_account(place)
        if not address:
            raise Unusable("Nothing tells whose export this is.", hint="Add --account ADDRESS.")
        for name in OTHERS:
            held = place.manifest.account(name)
            if held and held.casefold() != address.casefold():
                raise WrongAccount(f"{self._out} holds {name} data of {held}, but this is an export of {address}.")
        place.check_account(SOURCE, address)
        place.check_account(MAIL, address)

    def _import(self, place: Vault, parts: dict[PartName, Path]) -> Outcome:
        wishes = self._wishes
        total = sum(path.stat().st_size for path in parts.values())
        with progress.transferring("Reading", total or None) as bar:
            how = Wishes(
                self._limits, wishes["parts"], photo_times=wishes["photo_times"], on_bytes=partial(self._read, bar)
            )
            with run.importing(place, how) as work:
                for name, path in parts.items():
                    bar.note(name.name)
                    work.read(Part(name, path))
                if wishes["from_drive"]:
                    self._from_drive(place, work, bar)
                if wishes["watch"]:
                    self._watch(place, work, bar)
                return work.finish()

    def _read(self, bar: Bar, size: int) -> None:
        if self._counts:
            bar.add(size)

    def _from_drive(self, place: Vault, work: Import, bar: Bar) -> None:
        """One part after the other: fetched, read, and taken off this disk again once all of it lasts."""
        with takeout_drive.offered(place, self._wishes["account"]) as offers:
            there = {each.name: each for each in offers}
            if not there and not self._files:
                hint = 'Google puts them into the folder "Takeout" when it has finished the export.'
                raise Unusable("No part of an export lies in your Drive.", hint=hint)
            picked = picking.picked(
                {name: Path(name.name) for name in there}, Records(place.manifest).parts(), self._wishes["stamp"]
            )
            self._leave_alone(picked.strangers)
            for name in picked.parts:
                if not work.knows(name):
                    self._fetch(place, work, there[name], bar)
                there[name].release()

    def _fetch(self, place: Vault, work: Import, offer: Offer, bar: Bar) -> None:
        bar.note(offer.name.name)
        try:
            path = offer.fetch(bar.add)
        except (ItemError, Transient) as error:
            work.cannot_be_had(offer.name, offer.size, f"{error} {error.hint}")
            return
        look = looking.look(path, self._limits)
        self._check_account(place, [look])
        _check_room(place, [look])
        self._counts = False  # its bytes were counted as they came
        work.read(Part(offer.name, path))
        work.settle()

    def _watch(self, place: Vault, work: Import, bar: Bar) -> None:
        """Until the time is over, every part is there, or Ctrl-C: then comes the balance."""
        export.tell(f"Waiting for parts in {self._wishes['watch']}. Ctrl-C ends the waiting, and shows the balance.")
        end = time.monotonic() + self._wishes["minutes"] * 60
        found = watching.finished(
            self._wishes["watch"], time.monotonic, time.sleep, until=lambda: time.monotonic() > end or work.complete
        )
        for path in _until_interrupted(found):
            name = names.parsed(path.name)
            assert name is not None
            if self._wishes["stamp"] not in (None, name.stamp):
                continue
            self._check_account(place, [looking.look(path, self._limits)])
            bar.note(name.name)
            work.read(Part(name, path))
            work.settle()
            export.tell(work.outcome.last_news)

    def _show_looks(self, place: Vault, looks: dict[PartName, Look]) -> None:
        gaps = names.missing({*looks, *Records(place.manifest).parts()}, self._wishes["parts"])
        if self._wishes["as_json"]:
            parts = {name.name: each._asdict() for name, each in looks.items()}
            click.echo(json.dumps({"parts": parts, "missing": [each.name for each in gaps], **self._left_alone()}))
        else:
            for name, each in looks.items():
                click.echo(f"  {name.name}: {_inside(each)}")
            for name in gaps:
                click.secho(f"  {name.name}: missing", fg="red")
            click.echo("Nothing was changed.")
        if gaps or self._strangers or any(each.wrong for each in looks.values()):
            click.get_current_context().exit(UNFINISHED)

    def _show(self, place: Vault, outcome: Outcome) -> None:
        found = balance.of(place.manifest, SOURCE)
        assert found is not None
        compared = comparing.compare(place)
        if found.whole:
            place.sweep()
        if self._wishes["as_json"]:
            more = {"parts": outcome.parts(), "mails": outcome.mails.facts(), "compared": compared.as_json()}
            click.echo(json.dumps(found.as_json() | more | self._left_alone()))
        else:
            text.show_entries("Failed:", place.manifest.listed(SOURCE, found.listing.number, State.FAILED))
            _show_mails(outcome)
            takeout_compare.show(compared)
            text.show_balance(found)
            if not self._wishes["parts"] and not compared.pages_agree and not list(Records(place.manifest).rows(LASTS)):
                click.secho(UNTOLD, fg="yellow")
            for each in outcome.perhaps_more:
                click.secho(PERHAPS_MORE.format(stamp=each), fg="yellow")
        if not found.whole or self._strangers:
            click.get_current_context().exit(UNFINISHED)

    def _left_alone(self) -> dict[str, Any]:
        return {"not_read": {str(each.path): each.why for each in self._strangers}}


def _inside(look: Look) -> str:
    if look.wrong:
        return text.plain(look.wrong)
    if look.members is None or look.bytes is None:
        return "what is in it shows only when it is read"
    return f"{look.members:,} members, {text.size(look.bytes)}"


def _known_account(place: Vault) -> str:
    """Whose data the folder holds already, else who signed in last."""
    for name in (SOURCE, *OTHERS):
        if held := place.manifest.account(name):
            return held
    with suppress(SignInNeeded):
        return google.account(None, ())[1]
    return ""


def _check_room(place: Vault, looks: Iterable[Look]) -> None:
    needed, free = sum(each.bytes or 0 for each in looks), place.room()
    if needed > free:
        raise VaultFull(f"The parts unpack to {text.size(needed)}; the disk has room for {text.size(free)}.")


def _until_interrupted(parts: Iterator[Path]) -> Iterator[Path]:
    """Ctrl-C while waiting ends the waiting; while a part is read, it is raised where that happens."""
    while True:
        try:
            path = next(parts, None)
        except KeyboardInterrupt:
            return
        if path is None:
            return
        yield path


def _show_mails(outcome: Outcome) -> None:
    found = outcome.mails
    if not found.messages:
        return
    click.echo(f"Messages read: {found.messages:,}; new here: {found.new:,}; here already: {found.same:,} alike.")
    for kind, number in sorted(found.different.items()):
        click.echo(f"  {number:,} are here already with other bytes, which are kept; they differ in: {kind}")
    if found.strange:
        click.secho(f"  for no known reason: {', '.join(found.strange)}", fg="yellow")
