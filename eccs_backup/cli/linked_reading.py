"""Reads evidence for `linked-apps` from one source after another, with progress, and keeps what each shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from eccs_backup import progress
from eccs_backup.accounts import google, home, tokens
from eccs_backup.accounts.google_purposes import PURPOSES, READ
from eccs_backup.cli import fitting, text
from eccs_backup.errors import SignInNeeded, Unusable
from eccs_backup.http import Hangup, Wire
from eccs_backup.linked_apps import google_lists, inventory, memory, passwords, watching
from eccs_backup.linked_apps import page as connections_page
from eccs_backup.linked_apps.claims import Claim, Gathering
from eccs_backup.linked_apps.inventory import Evidence, Linked
from eccs_backup.linked_apps.mail.files import SavedMail, of_file, of_vault
from eccs_backup.linked_apps.mail.gmail import GmailBox
from eccs_backup.linked_apps.mail.judge import Judge
from eccs_backup.linked_apps.mail.searching import Exploring
from eccs_backup.linked_apps.memory import Memory
from eccs_backup.mail import letters
from eccs_backup.messages import Voice


class Readers:
    """Reads for one account. Each method keeps what it found before it returns."""

    def __init__(self, account: str, known: Memory, voice: Voice) -> None:
        self._account, self._known, self._voice = account, known, voice
        self._judge = Judge(known.addresses)
        self.unreadable = 0
        """Saved mails that could not be read."""

    def mail(self, path: Path) -> None:
        """Saved mail: a vault, an mbox or a Takeout archive."""
        gathering = Gathering()
        with self._saved(path) as mails:
            for each in mails:
                for claim in self._judge.claims(each.head, each.text, each.source):
                    gathering.add(claim)
        self._keep(f"mail {_named(path)}", gathering)

    def page(self, path: Path) -> None:
        """The saved page of Google's connections."""
        _refuse_pipe(path)
        self._keep(f"page {_named(path)}", _gathered(connections_page.read(path)))

    def passwords(self, path: Path) -> None:
        """A browser's or a password manager's export."""
        _refuse_pipe(path)
        others: list[tuple[str, bool]] = []
        found = passwords.read(path, self._known.addresses, lambda host, local: others.append((host, local)))
        self._keep(f"passwords {_named(path)}", _gathered(found))
        if others:
            self._tell("passed-over", count=len(others))
        if hosts := sorted({host for host, local in others if local and host}):
            self._tell("passed-local", hosts=", ".join(map(text.plain, hosts)))
        self._tell("delete-export", file=text.plain(str(path)))

    def online(self) -> bool:
        """The mailbox by searches, and Drive's apps; whether nothing is left to look at."""
        unfinished = "mailbox" in self._known.unfinished
        gathering = Gathering(self._known.readers.get("mailbox", ()) if unfinished else ())
        known = {each.domain for each in gathering.traces()} - {""}
        with self._wire(READ) as (wire, halt), progress.counting("Looking at mails", None, " mails") as bar:
            box = GmailBox(wire, home.rehearsal(), halt)
            result = Exploring(box, self._judge, gathering, bar.add).run(known)
        self._keep("mailbox", gathering, unfinished=result.left > 0)
        self._tell("explored", total=result.total, looked=result.looked, units=result.units)
        if result.left:
            self._tell("left", left=result.left)
        if not google.is_saved(self._account, "apps"):
            self._tell("apps-not-asked", account=self._account)
            return not result.left
        with self._wire("apps") as (wire, halt):
            self._keep("drive-apps", _gathered(google_lists.drive_apps(wire, home.rehearsal(), halt)))
        return not result.left

    def tokens(self) -> None:
        """What the Directory tells an administrator of the account."""
        with self._wire("tokens", _administrator()) as (wire, halt):
            found = google_lists.directory_tokens(wire, home.rehearsal(), self._account, halt)
            self._keep("tokens", _gathered(found))

    def arrivals(self, marked: Sequence[Linked], mail: Sequence[Path], *, online: bool) -> watching.Arrivals:
        """What came from marked services since they were marked."""
        if not mail and not online and not google.is_saved(self._account, READ):
            raise Unusable("There is no mail to look at.", hint="Name it: --mail FOLDER, or sign in and use --online")
        found = watching.Arrivals(marked)
        for path in mail:
            with self._saved(path) as mails:
                for each in mails:
                    for claim in self._judge.claims(each.head, lambda: "", each.source):
                        found.add(claim)
        if online or not mail:
            with self._wire(READ) as (wire, halt):
                watching.look(GmailBox(wire, home.rehearsal(), halt), self._judge, found)
        return found

    @contextmanager
    def _saved(self, path: Path) -> Iterator[Iterator[SavedMail]]:
        """The mails at a path, with a bar, and a word about those that cannot be read."""
        if path.is_dir():
            missing: list[str] = []
            with letters.place(path) as place:
                letters.refuse_none(place)
                self._refuse_other(place.manifest.account("mail"), path)
                with progress.counting(
                    "Reading the mail", sum(row[-2] for row in place.manifest.counts("mail") if row[0]), " mails"
                ) as bar:
                    yield _counted(of_vault(place, missing.append), bar)
            self.unreadable += len(missing)
            if missing:
                self._tell("unreadable", count=len(missing))
        else:
            with progress.transferring("Reading the mail", path.stat().st_size) as bar:
                yield of_file(path, bar.add)

    def _refuse_other(self, held: str | None, path: Path) -> None:
        if held and held.lower() not in self._known.addresses:
            raise Unusable(
                f"{path} holds the mail of {held}, and not of {self._account}.",
                hint=f"Add --account {held}, or --address {held} if both are one account.",
            )

    @contextmanager
    def _wire(self, group: str, address: str | None = None) -> Iterator[tuple[Wire, Hangup]]:
        """A connection for the account, or for another address, with the permissions of a group."""
        scopes = PURPOSES[group].scopes if group in PURPOSES else google.SCOPES["mail"]
        current, _ = google.account(address or self._account, scopes, group=group)
        wire = Wire(current)
        try:
            yield wire, Hangup(wire)
        finally:
            wire.close()

    def _keep(self, reader: str, gathering: Gathering, *, unfinished: bool = False) -> None:
        traces = [*gathering.traces()]
        memory.update(self._account, lambda held: held.keep(reader, traces, unfinished=unfinished))
        found = inventory.join(Evidence(reader, each) for each in traces)
        self._tell("read", what=text.plain(reader), services=len(found))

    def _tell(self, sentence: str, **values: object) -> None:
        click.echo(fitting.shown(self._voice.say(sentence, **values), err=True), err=True)


def _administrator() -> str:
    """The one who is signed in to see the Directory. Raises SignInNeeded, Unusable."""
    found = [token.address for token in tokens.every(google.SERVICE) if token.group == "tokens"]
    if len(found) == 1:
        return found[0]
    if found:
        raise Unusable(
            f"Several administrators are signed in: {', '.join(found)}.",
            hint="End all but one: eccs-backup auth --forget",
        )
    how = "eccs-backup auth --service-account FILE --subject ADMIN --for tokens"
    raise SignInNeeded("No administrator is signed in.", hint=f"Sign in with: {how}")


def _refuse_pipe(path: Path) -> None:
    """Raise Unusable for what is no file: it might never end."""
    if not path.is_file():
        raise Unusable(f"{path} is no file.", hint="Name a file that was saved.")


def _named(path: Path) -> str:
    """Where it lies: two files may have one name."""
    whole = path.resolve()
    return f"~/{whole.relative_to(Path.home()).as_posix()}" if whole.is_relative_to(Path.home()) else whole.as_posix()


def _gathered(claims: Iterable[Claim]) -> Gathering:
    gathering = Gathering()
    for claim in claims:
        gathering.add(claim)
    return gathering


def _counted(mails: Iterator[SavedMail], bar: progress.Bar) -> Iterator[SavedMail]:
    for each in mails:
        yield each
        bar.add()
