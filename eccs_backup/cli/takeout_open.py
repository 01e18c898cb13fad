"""`takeout open`: how a person requests an export at Google, step by step, and what is noted of it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import click

from eccs_backup.model import Json
from eccs_backup.takeout import requesting
from eccs_backup.takeout.names import LINKS_LIVE
from eccs_backup.takeout.requesting import BOXES, Request

UNFINISHED = 3
APIS_CANNOT, EVERYTHING = "apis-cannot", "everything"
TODAY = "today"
_BOX = " " * 7
"""What stands before a box in the guide."""


def today() -> date:
    """The day on this computer."""
    return date.today()


def _day(ctx: click.Context, option: click.Parameter, value: str | None) -> date | None:
    """The day that an option names. Raises BadParameter."""
    if value is None:
        return None
    if value == TODAY:
        return today()
    day: datetime = click.DateTime(["%Y-%m-%d"]).convert(value, option, ctx)
    return day.date()


def _to_come(ctx: click.Context, option: click.Parameter, value: str | None) -> date | None:
    if (day := _day(ctx, option, value)) and day < today():
        raise click.BadParameter(f"{day} has passed.")
    return day


def _noting(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say how far the export is."""
    day: dict[str, Any] = {"is_flag": False, "flag_value": TODAY, "callback": _day, "metavar": "[YYYY-MM-DD]"}
    requested = click.option("--requested", **day, help="Note that it was requested: today, or on that day.")
    ready = click.option("--ready", **day, help="Note that Google's mail came: today, or on that day.")
    status = click.option("--status", is_flag=True, help="Show what is noted; exit status 3 when the links have died.")
    done = click.option("--done", is_flag=True, help="All is read in: no export is noted any more.")
    forget = click.option("--forget", is_flag=True, help="Like --done; the account's last day is forgotten as well.")
    until = click.option(
        "--until", callback=_to_come, metavar="YYYY-MM-DD", help="The account's last day. It is noted, too."
    )
    return requested(ready(status(done(forget(until(command))))))


@click.command("open")
@click.option("--what", type=click.Choice([APIS_CANNOT, EVERYTHING]), help="What no other command fetches, or all.")
@click.option("--everything", is_flag=True, help="The same as --what everything.")
@click.option("--mail", is_flag=True, help="Mail besides: the quick road for a large mailbox.")
@click.option(
    "--product",
    "products",
    multiple=True,
    type=click.Choice(list(BOXES)),
    metavar="NAME",
    help=f"Only this; repeatable. NAME is one of: {', '.join(BOXES)}.",
)
@click.option("--transfer", is_flag=True, help="Instead: the school's tool that copies into another account.")
@_noting
@click.option("--account", metavar="ADDRESS", help="Whose export; else the account that is signed in.")
@click.option("--no-browser", is_flag=True, help="Print the page's address; open nothing.")
@click.option("--language", type=click.Choice(["en", "ja"]), help="Of the guide; else the terminal's.")
@click.option("--json", "as_json", is_flag=True, help="Print the page and what is noted as JSON; open nothing.")
def takeout_open(**wishes: Any) -> None:
    """Request an export from Google Takeout: which page, which boxes, which buttons.

    Only you can do it, in the browser; every step is told, with the words on the page in English and Japanese. Unless
    you say otherwise, it is about what no other command fetches, such as Photos, Keep and YouTube.

    \b
    eccs-backup takeout open                the guide
    eccs-backup takeout open --requested    it was requested today
    eccs-backup takeout open --ready        Google's mail came today
    eccs-backup takeout open --status       how far it is, and when the links die
    """
    _refuse_mixtures(**wishes)
    Desk(wishes).run()


def _refuse_mixtures(
    what: str | None,
    everything: bool,
    mail: bool,
    products: tuple[str, ...],
    transfer: bool,
    requested: date | None,
    ready: date | None,
    status: bool,
    done: bool,
    forget: bool,
    **more: Any,
) -> None:
    """Raise UsageError for options that contradict one another."""
    if transfer + status + done + forget + bool(requested or ready) > 1:
        raise click.UsageError("--transfer, --requested or --ready, --status, --done and --forget exclude one another.")
    if everything and what == APIS_CANNOT:
        raise click.UsageError("--everything and --what apis-cannot exclude one another.")
    if (everything or what == EVERYTHING) and (products or mail):
        raise click.UsageError("With everything, mail and every product is requested: leave --mail and --product out.")


class Desk:
    """One command, with its options by name."""

    def __init__(self, wishes: dict[str, Any]) -> None:
        from eccs_backup.messages import Voice, language

        self._wishes = wishes
        self._voice = Voice("takeout", wishes["language"] or language())
        self._account = self._whose(wishes["account"])
        self._named = f" --account {shlex.quote(self._account)}" if wishes["account"] else ""
        self._noted = requesting.noted(self._account)
        self._today = today()

    def run(self) -> None:
        """Note what there is to note; then show it, or the guide. Raises Unusable."""
        wishes = self._wishes
        cleared = wishes["done"] or wishes["forget"]
        changed = cleared or wishes["requested"] or wishes["ready"]
        if changed or wishes["until"]:
            self._note()
        if wishes["as_json"]:
            click.echo(json.dumps(self._as_json(), ensure_ascii=False))
        elif cleared:
            self._tell("open-done")
        elif changed or wishes["status"]:
            self._show_noted()
        elif wishes["transfer"]:
            self._guide_transfer()
        else:
            self._guide()
        if wishes["status"] and self._dead:
            click.get_current_context().exit(UNFINISHED)

    def _whose(self, named: str | None) -> str:
        """The account that is named or signed in; "" when there is none. Raises Unusable."""
        from eccs_backup.accounts import google
        from eccs_backup.errors import SignInNeeded
        from eccs_backup.forwarding import checks
        from eccs_backup.messages import Voice

        if named is not None:
            return checks.destination(named, Voice("forward", self._voice.language))
        with suppress(SignInNeeded):
            return google.saved().address
        return ""

    @property
    def _boxes(self) -> tuple[str, ...]:
        """The boxes to tick, each once; none for all."""
        from eccs_backup.sources import SOURCES

        wishes = self._wishes
        if wishes["everything"] or wishes["what"] == EVERYTHING:
            return ()
        usual = requesting.not_saved_by(SOURCES) if wishes["what"] or not wishes["products"] else ()
        mail = ("mail",) if wishes["mail"] else ()
        return tuple(dict.fromkeys((*usual, *wishes["products"], *mail)))

    @property
    def _url(self) -> str:
        wishes = self._wishes
        if wishes["transfer"]:
            return requesting.for_account(requesting.TRANSFER, self._account)
        if any(wishes[name] for name in ("requested", "ready", "status", "done", "forget")):
            return requesting.for_account(requesting.MANAGE, self._account)
        return requesting.page(self._boxes, self._account)

    @property
    def _dead(self) -> bool:
        dies = self._noted.dies
        return dies is not None and dies < self._today

    def _note(self) -> None:
        """Put together what was noted and what is told now. Raises Unusable."""
        from eccs_backup.errors import Unusable
        from eccs_backup.forwarding.talk import trouble

        wishes, known = self._wishes, self._noted
        requested, ready, until = wishes["requested"], wishes["ready"], wishes["until"] or known.until
        if wishes["done"] or wishes["forget"]:
            now = Request(until=wishes["until"] if wishes["forget"] else until)
        elif requested or ready:  # a new request is another export: what was noted as ready is not its own
            now = Request(requested or known.requested, ready, until)
        else:
            now = known._replace(until=until)
        for day in (requested, ready):
            if day and day > self._today:
                raise trouble(Unusable, "open-future", self._voice, day=day)
        if now.requested and now.ready and now.ready < now.requested:
            raise trouble(Unusable, "open-before", self._voice, requested=now.requested, ready=now.ready)
        requesting.note(self._account, now)
        self._noted = now

    def _as_json(self) -> dict[str, Json]:
        noted = self._noted
        days: dict[str, date | None] = {**noted._asdict(), "links_die": noted.dies}
        boxes: list[Json] = [*self._boxes]
        found: dict[str, Json] = {"account": self._account or None, "url": self._url, "everything": not boxes}
        found |= {"products": boxes, "part_gb": requesting.part_size(requesting.room())}
        return found | {name: day.isoformat() if day else None for name, day in days.items()}

    def _guide(self) -> None:
        self._warn(requesting.EXPORT_DAYS)
        say, boxes = self._voice.say, self._boxes
        listed = "\n".join(f"{_BOX}{each}" for each in requesting.in_order(boxes, self._voice.language))
        tick = say("open-tick", boxes=listed) if boxes else say("open-tick-all")
        size = requesting.part_size(requesting.room())
        notes = ["open-notes", *(["open-mail-too"] if boxes and "mail" not in boxes else []), "open-beside"]
        self._print(
            say("open-heading"),
            self._opened(),
            say("open-steps", who=self._who, tick=tick, size=size, named=self._named),
            say("open-then", days=LINKS_LIVE, named=self._named),
            "\n".join(say(each, named=self._named) for each in notes),
        )

    def _guide_transfer(self) -> None:
        self._warn(requesting.TRANSFER_DAYS)
        self._print(
            self._voice.say("open-transfer"), self._opened(), self._voice.say("open-transfer-steps", who=self._who)
        )

    @property
    def _who(self) -> str:
        return self._voice.say("open-who" if self._account else "open-who-unknown", account=self._account)

    def _warn(self, needed: int) -> None:
        """Tell that the time is short, when the account's last day is known and nearer than so many days; and what is
        under way."""
        noted, left = self._noted, self._left(self._noted.until)
        if left is not None and left < needed:
            self._tell("open-short" if left >= 0 else "open-past", "yellow", left=left, until=noted.until)
            click.echo()
        if noted.requested and not self._dead and not self._wishes["transfer"]:
            page = requesting.for_account(requesting.MANAGE, self._account)
            self._tell("open-requested-already", "yellow", requested=noted.requested, page=page)
            click.echo()

    def _left(self, until: date | None) -> int | None:
        return (until - self._today).days if until else None

    def _show_noted(self) -> None:
        self._tell("open-named" if self._account else "open-unnamed", account=self._account)
        for sentence, colour in self._stages():
            noted, page = self._noted, requesting.for_account(requesting.MANAGE, self._account)
            last = noted.dies if sentence == "open-links" else noted.until
            days = (self._today - noted.requested).days if noted.requested else 0
            values = {**noted._asdict(), "dies": noted.dies, "days": days, "left": self._left(last), "page": page}
            self._tell(sentence, colour, named=self._named, **values)

    def _stages(self) -> Iterator[tuple[str, str | None]]:
        """The sentences about what is noted, each with its colour."""
        noted, left = self._noted, self._left(self._noted.until)
        if left is not None:
            colour = "yellow" if left < requesting.EXPORT_DAYS else None
            yield ("open-until" if left >= 0 else "open-until-past"), colour
        if noted.ready:
            yield ("open-dead", "red") if self._dead else ("open-links", None)
        elif noted.requested:
            yield "open-waiting", None
        else:
            yield "open-nothing", None

    def _opened(self) -> str:
        """Open the page, unless that is not wished for or cannot be done; where it is."""
        from eccs_backup.accounts import home
        from eccs_backup.cli.auth import browse

        practice = home.rehearsal()
        if practice:
            click.echo(self._voice.say("open-rehearsal"), err=True)
        opened = not (practice or self._wishes["no_browser"]) and browse(self._url)
        return self._voice.say("open-opened" if opened else "open-open", url=self._url)

    def _tell(self, sentence: str, colour: str | None = None, **values: object) -> None:
        self._print(self._voice.say(sentence, **values), colour=colour)

    def _print(self, *blocks: str, colour: str | None = None) -> None:
        """A result; blocks of lines are set off from one another."""
        from eccs_backup.cli import forward_terminal

        forward_terminal.result("\n\n".join(blocks), colour)
