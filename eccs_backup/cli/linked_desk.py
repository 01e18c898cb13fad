"""One `linked-apps` command: whose account it is, what is read, and how the worklist is shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import quote

import click

from eccs_backup import profiles
from eccs_backup.accounts import google, home
from eccs_backup.accounts.google_purposes import READ
from eccs_backup.cli import linked_reading, text
from eccs_backup.errors import SignInNeeded, Unusable
from eccs_backup.forwarding import checks
from eccs_backup.linked_apps import memory
from eccs_backup.linked_apps.inventory import Linked, State, Way
from eccs_backup.linked_apps.worklist import exports
from eccs_backup.linked_apps.worklist import page as worklist_page
from eccs_backup.linked_apps.worklist import words as worklist_words
from eccs_backup.messages import Voice, language
from eccs_backup.vault import reading

CONNECTIONS = "https://myaccount.google.com/connections"
UNFINISHED = 3


class Desk:
    """One command. `also` are further addresses of the account; `saved` is mail that may tell whose it is."""

    def __init__(
        self, account: str | None, spoken: str | None, also: Sequence[str] = (), saved: Sequence[Path] = ()
    ) -> None:
        self._language = spoken or language()
        self._voice, self._words = Voice("linked_apps", self._language), Voice("worklist", self._language)
        self.account = checks.destination(account).lower() if account else _whose(saved)
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
                    hint="Name saved mail: eccs-backup linked-apps --mail FOLDER - or sign in (eccs-backup auth) and "
                    "use --online",
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
        self._memory = memory.load(self.account)

    def show_list(self, form: str, output: Path | None, states: Sequence[str], until: date | None) -> None:
        """The worklist, in one of the forms."""
        services = [each for each in self._memory.services() if not states or each.state in states]
        now = datetime.now().astimezone()
        if form == "table":
            shown = "\n".join(self._table(services))
        elif form == "json":
            shown = exports.as_json(services, self.account, now)
        elif form == "csv":
            shown = exports.as_csv(services, now, self._language)
        elif form == "ics":
            shown = exports.as_ics(services, self.account, now, self._language, until)
        else:
            profile = profiles.of(self.account)
            reuse = profile.reuse if profile and profile.reuse else None
            shown = worklist_page.as_html(services, self.account, now, self._language, until, reuse)
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
            return
        words = self._words
        click.secho(f"{worklist_words.title(service)}  [{worklist_words.line(service.id)}]", bold=True)
        click.echo(f"{words.say(f'way-{service.way}')}: {words.say(f'way-{service.way}-means')}")
        if others := [words.say(f"way-{each}") for each in Way if each in service.ways and each is not service.way]:
            click.echo(words.say("ways-besides", ways=words.say("and").join(others)))
        click.echo(f"{words.say(f'step-{service.step}')}: {words.say(f'step-{service.step}-how')}")
        if page := worklist_words.web_link(service.change) or worklist_words.own_change_page(service):
            click.echo(f"  {page}")
        click.echo(f"{words.say('column-confidence')}: {words.say(f'confidence-{service.confidence}')}")
        click.echo(f"{words.say('column-state')}: {self._state(service)}")
        for each in worklist_words.evidence_in_full(words, service, None):
            click.echo(f"  {each}")
        for evidence in service.evidence:
            for source, quoted, when in evidence.trace.examples:
                click.echo(f"    {worklist_words.day(when, None)} {text.plain(source)}: {text.plain(quoted)}")

    def mark(self, wish: str, state: str, note: str | None) -> None:
        """Remember what was done."""
        service = self._find(wish)
        self._memory = memory.update(self.account, lambda held: held.mark(service, State(state), note))
        said = self._words.say(f"state-{State(state)}")
        click.echo(self._voice.say("marked", name=worklist_words.title(service), state=said))

    def watch(self, mail: Sequence[Path], *, online: bool, as_json: bool) -> None:
        """What still comes from services that are marked as done; exit status 3 when something does."""
        marked = [each for each in self._memory.services() if each.state in (State.MOVED, State.CLOSED)]
        if not marked:
            click.echo("[]" if as_json else self._voice.say("nothing-marked"))
            return
        arrivals = linked_reading.Readers(self.account, self._memory, self._voice).arrivals(marked, mail, online=online)
        self._memory = memory.update(self.account, lambda held: held.arrivals.update(arrivals))
        came = [each for each in marked if each.id in arrivals]
        if as_json:
            rows = [{"id": each.id, "name": each.name, **arrivals[each.id]._asdict()} for each in came]
            click.echo(json.dumps(rows, ensure_ascii=True))
        elif not came:
            click.secho(self._voice.say("nothing-arrived", count=len(marked)), fg="green")
        else:
            for each in came:
                click.echo(self._arrived(each, arrivals[each.id]))
            click.echo(self._voice.say("arrived-next"))
        if came:
            click.get_current_context().exit(UNFINISHED)

    def open_connections(self, *, no_browser: bool) -> None:
        """Google's own list."""
        from eccs_backup.cli.auth import browse

        page = f"{CONNECTIONS}?authuser={quote(self.account)}"
        click.echo(self._voice.say("connections", account=self.account, page=page).strip())
        if not no_browser:
            browse(page)

    def _table(self, services: Sequence[Linked]) -> Iterable[str]:
        left = sum(map(worklist_words.is_open, services))
        yield self._voice.say("account", account=self.account, services=len(services), open=left)
        for way in Way:
            found = [each for each in services if each.way is way]
            if found:
                yield ""
                words = self._words.say(f"way-{way}"), self._words.say(f"way-{way}-means")
                yield self._voice.say("heading", way=words[0], count=len(found), means=words[1])
                for each in worklist_words.worst_first(found):
                    yield from self._rows(each)

    def _rows(self, service: Linked) -> Iterable[str]:
        day = worklist_words.day(service.last, None)
        last = self._voice.say("last", day=day) if day else ""
        sure = self._voice.say("sure", confidence=self._words.say(f"confidence-{service.confidence}"))
        values = {"name": worklist_words.title(service), "id": worklist_words.line(service.id), "last": last}
        yield self._voice.say("row", **values, state=self._state(service), sure=sure)
        page = worklist_words.web_link(service.change) or worklist_words.own_change_page(service)
        if page and worklist_words.is_open(service):
            yield "      " + self._voice.say("step", step=self._words.say(f"step-{service.step}"), page=page)

    def _state(self, service: Linked) -> str:
        said = self._words.say(f"state-{service.state}")
        if service.arrived:
            said += " - " + self._words.say("arrived", count=service.arrived)
        return f"{said} ({worklist_words.line(service.note)})" if service.note else said

    def _arrived(self, service: Linked, arrival: memory.Arrival) -> str:
        values = {"name": worklist_words.title(service), "id": service.id, "count": arrival.number}
        values |= {"day": worklist_words.day(service.marked, None), "last": worklist_words.day(arrival.last, None)}
        return self._voice.say("arrived", **values, subject=text.plain(arrival.subject))

    def _put(self, shown: str, output: Path | None) -> None:
        if output is None:
            sys.stdout.flush()
            sys.stdout.buffer.write(shown.encode("utf-8", "replace") + (b"" if shown.endswith("\n") else b"\n"))
            return
        home.write_private(output, shown, hint="Name a file that you may write.")
        click.echo(self._voice.say("written", file=text.plain(str(output))), err=True)

    def _tell_next(self) -> None:
        kinds = {reader.partition(" ")[0] for reader in self._memory.readers}
        hints = ["next"] if self._memory.readers else []
        hints += ["not-all"] if not kinds & {"page", "tokens"} else []
        hints += ["passwords-too"] if "passwords" not in kinds else []
        for hint in hints:
            click.echo(self._voice.say(hint), err=True)

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
        if found is None:
            near = [*begun] or [named[each].id for each in get_close_matches(wanted, named, 3, 0.5)]
            hint = f"Did you mean: {', '.join(dict.fromkeys(near))}" if near else "See: eccs-backup linked-apps"
            raise Unusable(f"No service is called {text.plain(wish)}.", hint=hint)
        return found


def _address(given: str) -> str:
    return checks.destination(given).lower()


def _whose(saved: Iterable[Path]) -> str:
    """The account of the saved mail, else the one that is signed in. Raises Unusable."""
    for path in saved:
        if path.is_dir():
            with reading(path) as place:
                if held := place.manifest.account("mail"):
                    return held.lower()
    try:
        return google.saved().address.lower()
    except SignInNeeded as error:
        raise Unusable(
            "It is not known which address this is about.",
            hint="Name it: eccs-backup linked-apps --account you@g.ecc.u-tokyo.ac.jp",
        ) from error
