"""One `linked-apps` command: whose account it is, what is read, and what is printed."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import click

from eccs_backup import profiles
from eccs_backup.accounts import google, home
from eccs_backup.accounts.google_purposes import READ
from eccs_backup.cli import fitting, linked_reading, text
from eccs_backup.cli.linked_view import View
from eccs_backup.errors import SignInNeeded, Unusable
from eccs_backup.forwarding import checks
from eccs_backup.linked_apps import memory
from eccs_backup.linked_apps.inventory import Linked, State
from eccs_backup.linked_apps.mail.files import of_file
from eccs_backup.linked_apps.worklist import exports
from eccs_backup.linked_apps.worklist import page as worklist_page
from eccs_backup.linked_apps.worklist import words as in_words
from eccs_backup.messages import Voice, language
from eccs_backup.vault import reading

CONNECTIONS = "https://myaccount.google.com/connections"
UNFINISHED = 3
LOOKED_AT = 200
"""Mails of an mbox that are looked at to see whose it is."""


class Desk:
    """One command. `also` are further addresses of the account; `saved` is mail that may tell whose it is."""

    def __init__(
        self, account: str | None, spoken: str | None, also: Sequence[str] = (), saved: Sequence[Path] = ()
    ) -> None:
        self._language = spoken or language()
        self._voice = Voice("linked_apps", self._language)
        self._view = View(self._voice)
        self._named = f" --account {account}" if account else ""
        self.account = checks.destination(account).lower() if account is not None else _whose(saved)
        self._memory = memory.load(self.account)
        new = [each for each in map(_address, also) if each not in self._memory.addresses]
        if new:
            self._memory = memory.update(self.account, lambda held: held.addresses.extend(new))
        self._unfinished = False

    def read(
        self, mail: Sequence[Path], pages: Sequence[Path], passwords: Sequence[Path], *, online: bool, tokens: bool
    ) -> None:
        """Read what is named; with nothing named and nothing known the mailbox, when somebody is signed in."""
        named = mail or pages or passwords or online or tokens
        if not named and not self._memory.readers:
            if not google.is_saved(self.account, READ):
                raise Unusable(
                    "Nothing is known of this account yet.",
                    hint="Name saved mail: eccs-backup linked-apps --mail FOLDER\n"
                    "Or sign in with: eccs-backup auth - and use --online",
                )
            online = True
        readers = linked_reading.Readers(self.account, self._memory, self._voice)
        for path in mail:
            readers.mail(path)
        for path in pages:
            readers.page(path)
        for path in passwords:
            readers.passwords(path)
        if online:
            self._unfinished = not readers.online()
        if tokens:
            readers.tokens()
        self._unfinished = self._unfinished or readers.unreadable > 0
        self._memory = memory.load(self.account)

    def show_list(self, form: str, output: Path | None, states: Sequence[str], until: date | None) -> None:
        """The worklist, in one of the forms."""
        every = self._memory.services()
        services = [each for each in every if not states or each.state in states]
        if form == "table":
            empty = states and not services
            lines = [self._voice.say("none-so", open=sum(map(in_words.is_open, every)))] if empty else None
            shown = "\n".join(lines or self._view.table(self.account, services))
            shown = shown if output else fitting.shown(shown)
        else:
            shown = self._written(form, services, until)
        self._put(shown, output)
        if form == "table" or output:
            self._tell_next()
        if self._unfinished:
            click.get_current_context().exit(UNFINISHED)

    def show_service(self, wish: str, *, as_json: bool) -> None:
        """All about one service."""
        service = self._find(wish)
        if as_json:
            click.echo(exports.as_json([service], self.account, datetime.now().astimezone()), nl=False)
        else:
            click.echo(fitting.shown("\n".join(self._view.service(service))))

    def mark(self, wishes: Sequence[str], state: str, note: str | None) -> None:
        """Remember what was done."""
        services = [self._find(wish) for wish in wishes]

        def mark_all(held: memory.Memory) -> None:
            for service in services:
                held.mark(service, State(state), note)

        memory.update(self.account, mark_all)
        for service in services:
            click.echo(fitting.shown(self._view.marked(service, State(state))))

    def forget(self, reader: str | None) -> None:
        """Let go of what one source showed; without a name, say which there are."""
        if reader is None:
            for name, traces in self._memory.readers.items():
                when = in_words.day(self._memory.read.get(name), None)
                click.echo(self._voice.say("source", reader=text.plain(name), day=when, traces=len(traces)))
            return
        if reader not in self._memory.readers:
            names = ", ".join(f'"{each}"' for each in self._memory.readers) or "none"
            raise Unusable(f"No source is called {text.plain(reader)}.", hint=f"There is: {text.plain(names)}")
        memory.update(self.account, lambda held: held.forget(reader))
        click.echo(self._voice.say("forgotten", reader=text.plain(reader)))

    def watch(self, mail: Sequence[Path], *, online: bool, as_json: bool) -> None:
        """What still comes from services that are marked as done; exit status 3 when something does."""
        marked = [each for each in self._memory.services() if each.state in (State.MOVED, State.CLOSED)]
        if not marked:
            click.echo("[]" if as_json else fitting.shown(self._voice.say("nothing-marked", named=self._named)))
            return
        readers = linked_reading.Readers(self.account, self._memory, self._voice)
        found = readers.arrivals(marked, mail, online=online)
        arrivals = found.by_id()
        self._memory = memory.update(self.account, lambda held: held.arrivals.update(arrivals))
        came = [each for each in marked if each.id in arrivals]
        if as_json:
            rows = [{"id": each.id, "name": each.name, **arrivals[each.id]._asdict()} for each in came]
            click.echo(json.dumps(rows, ensure_ascii=True))
        elif came:
            for each in came:
                click.echo(fitting.shown(self._view.arrived(each, arrivals[each.id])))
            click.echo(fitting.shown(self._voice.say("arrived-next", named=self._named)))
        else:
            click.secho(fitting.shown(self._voice.say("nothing-arrived", count=len(marked))), fg="green")
            if found.newest and found.newest < max(each.marked or 0 for each in marked):
                day = in_words.day(found.newest, None)
                click.secho(fitting.shown(self._voice.say("too-old", day=day)), fg="yellow")
        if came:
            click.get_current_context().exit(UNFINISHED)

    def open_connections(self, *, no_browser: bool) -> None:
        """Google's own list."""
        from eccs_backup.cli.auth import browse

        page = f"{CONNECTIONS}?authuser={quote(self.account)}"
        said = self._voice.say("connections", account=self.account, page=page, named=self._named).strip()
        click.echo(fitting.shown(said))
        if not no_browser and not browse(page):
            click.echo(fitting.shown(self._voice.say("no-browser"), err=True), err=True)

    def _written(self, form: str, services: Sequence[Linked], until: date | None) -> str:
        now = datetime.now().astimezone()
        if form == "json":
            return exports.as_json(services, self.account, now)
        if form == "csv":
            return exports.as_csv(services, now, self._language)
        if form == "ics":
            return exports.as_ics(services, self.account, now, self._language, until)
        profile = profiles.of(self.account)
        reuse = profile.reuse if profile and profile.reuse else None
        return worklist_page.as_html(services, self.account, now, self._language, until, reuse)

    def _put(self, shown: str, output: Path | None) -> None:
        if output is None:
            sys.stdout.flush()
            sys.stdout.buffer.write(shown.encode("utf-8", "replace") + (b"" if shown.endswith("\n") else b"\n"))
            sys.stdout.buffer.flush()
            return
        home.write_private(output, shown, hint="Name a file that you may write.")
        self._tell("written", file=text.plain(str(output)))

    def _tell_next(self) -> None:
        kinds = {reader.partition(" ")[0] for reader in self._memory.readers}
        hints = ["next"] if self._memory.services() else []
        hints += ["not-all"] if not kinds & {"page", "tokens"} else []
        hints += ["passwords-too"] if "passwords" not in kinds else []
        for hint in hints:
            self._tell(hint, named=self._named)

    def _tell(self, sentence: str, **values: object) -> None:
        click.echo(fitting.shown(self._voice.say(sentence, **values), err=True), err=True)

    def _find(self, wish: str) -> Linked:
        """The service that a person means, by id, domain or name, or by how one of these begins."""
        services = self._memory.services()
        if not services:
            raise Unusable("Nothing is known of this account yet.", hint="See: eccs-backup linked-apps --help")
        named: dict[str, Linked] = {}
        for each in services:
            for name in (each.id, each.domain, each.name):
                named.setdefault(name.casefold(), each)
        wanted = wish.strip().casefold()
        begun = {each.id: each for name, each in named.items() if wanted and name.startswith(wanted)}
        found = named.get(wanted) or (next(iter(begun.values())) if len(begun) == 1 else None)
        if found is None or not wanted:
            near = [*begun] or [named[each].id for each in get_close_matches(wanted, named, 3, 0.7)]
            hint = f"Did you mean: {', '.join(dict.fromkeys(near))}" if near else "See: eccs-backup linked-apps"
            raise Unusable(f"No service is called {text.plain(wish)}.", hint=hint)
        return found


def _address(given: str) -> str:
    return checks.destination(given).lower()


def _whose(saved: Iterable[Path]) -> str:
    """The account of the saved mail, else the one that is signed in, else the only known one. Raises Unusable."""
    for path in saved:
        if owner := _of_folder(path) if path.is_dir() else _of_mails(path):
            return owner
    try:
        return google.saved().address.lower()
    except SignInNeeded as error:
        known = memory.accounts()
        if len(known) == 1:
            return known[0]
        several = f"Known are: {', '.join(known)}. " if known else ""
        hint = f"{several}Add to the same command: --account YOU@g.ecc.u-tokyo.ac.jp"
        raise Unusable("It is not known which address this is about.", hint=hint) from error


def _of_folder(path: Path) -> str | None:
    with reading(path) as place:
        held = place.manifest.account("mail")
    return held.lower() if held else None


def _of_mails(path: Path) -> str | None:
    """The address to which most of the first mails were delivered."""
    to = Counter(each.head.address("delivered-to").address for each in islice(of_file(path), LOOKED_AT))
    told = Counter({address: count for address, count in to.items() if address})
    (best, count), *_ = [*told.most_common(1), ("", 0)]
    return best if count * 2 > sum(told.values()) else None
