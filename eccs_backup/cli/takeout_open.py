"""`takeout open`: how to request an export, step by step, and what is noted of it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import click

from eccs_backup.model import Json
from eccs_backup.takeout.requesting import PRODUCTS

DATE = click.DateTime(["%Y-%m-%d"])
REQUESTS = "takeout requests"
"""The setting that holds what is noted, by account."""
TODAY = "today"


def _day(ctx: click.Context, param: click.Parameter, value: str | None) -> date | None:
    """A date, or today. Raises BadParameter."""
    if value is None or value == TODAY:
        return value and date.today()  # type: ignore[return-value]
    found: datetime = DATE.convert(value, param, ctx)
    return found.date()


@click.command("open")
@click.option("--everything", is_flag=True, help="Export everything, not only what the APIs cannot give.")
@click.option("--mail", is_flag=True, help="Mail as well: the quick road for a large mailbox.")
@click.option("--product", "products", multiple=True, type=click.Choice(PRODUCTS), help="Only these products.")
@click.option("--account", metavar="ADDRESS", help="Whose export; else the account that signed in last.")
@click.option("--transfer", is_flag=True, help="The school's tool that copies Gmail and Drive to a private account.")
@click.option("--requested", is_flag=False, flag_value=TODAY, callback=_day, metavar="[DATE]", help="Note: requested.")
@click.option("--ready", is_flag=False, flag_value=TODAY, callback=_day, metavar="[DATE]", help="Note: the mail came.")
@click.option("--status", is_flag=True, help="What is noted, and when the links die.")
@click.option("--forget", is_flag=True, help="Forget what is noted.")
@click.option("--no-browser", is_flag=True, help="Do not open the page.")
@click.option("--language", type=click.Choice(["en", "ja"]), help="Else that of the environment.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; nothing is opened.")
def takeout_open(**wishes: Any) -> None:
    """Request an export at Google: the page, the boxes, the buttons in English and Japanese.

    Without options it is about what no API gives: Photos, Keep, YouTube, Groups, Chat, activity. Note with --requested
    and --ready when it was requested and when Google's mail came; --status says when the links die.
    """
    Guide(wishes).run()


class Guide:
    """One command, with its options by name."""

    def __init__(self, wishes: dict[str, Any]) -> None:
        from eccs_backup.accounts import google, home
        from eccs_backup.errors import SignInNeeded
        from eccs_backup.messages import Voice, language
        from eccs_backup.takeout.requesting import WITHOUT_API, Request

        self._wishes = wishes
        self._voice = Voice("takeout", wishes["language"] or language())
        self._account = wishes["account"] or ""
        if not self._account:
            with suppress(SignInNeeded):
                self._account = google.account(None, ())[1]
        usual = WITHOUT_API if not wishes["products"] else ()
        named = (*usual, *wishes["products"], *(("mail",) if wishes["mail"] else ()))
        self._products = () if wishes["everything"] else tuple(dict.fromkeys(named))
        noted = home.settings().get(REQUESTS)
        self._noted = dict(noted) if isinstance(noted, dict) else {}
        self._request = Request.of(self._noted.get(self._account.casefold()))

    def run(self) -> None:
        """What the options say."""
        wishes = self._wishes
        if wishes["forget"]:
            self._remember({})
            self._result("forgotten", account=self._account)
        elif wishes["requested"] or wishes["ready"]:
            self._note()
        elif wishes["as_json"]:
            self._print()
        elif wishes["status"]:
            self._status()
        elif wishes["transfer"]:
            self._transfer()
        else:
            self._guide()

    def _url(self) -> str:
        from eccs_backup.takeout import requesting

        return requesting.TRANSFER if self._wishes["transfer"] else requesting.url(self._products, self._account)

    def _guide(self) -> None:
        from eccs_backup.takeout.names import LINKS_LIVE

        self._result("heading")
        self._open()
        account = "step-account" if self._account else "step-account-unknown"
        boxes = ", ".join(self._voice.say(each) for each in self._products)
        products = "step-products" if boxes else "step-everything"
        steps = (account, products, "step-next", "step-delivery", "step-frequency", "step-create")
        for number, step in enumerate(steps, start=1):
            self._line(f"  {number}. {self._voice.say(step, account=self._account, products=boxes)}")
        for sentence in ("warn-time", "warn-links", "then", "blocked", "beside"):
            self._line("")
            self._result(sentence, days=LINKS_LIVE)

    def _transfer(self) -> None:
        self._result("transfer")
        self._line("")
        self._open()
        self._result("transfer-steps")

    def _note(self) -> None:
        from eccs_backup.takeout.requesting import Request

        requested, ready = self._wishes["requested"], self._wishes["ready"]
        now = Request(requested or (self._request.requested if ready else None), ready)
        self._remember(now.noted())
        self._request = now
        if self._wishes["as_json"]:
            self._print()
        elif ready:
            self._result("noted-ready", account=self._account, when=now.ready, dies=now.dies)
        else:
            self._result("noted-requested", account=self._account, when=now.requested)

    def _status(self) -> None:
        from eccs_backup.takeout.run import PAGE

        found, today = self._request, date.today()
        if found.ready and found.dies:
            left = (found.dies - today).days
            name = "status-ready" if left >= 0 else "status-dead"
            self._result(name, when=found.ready, dies=found.dies, left=left, page=PAGE)
        elif found.requested:
            days = (today - found.requested).days
            self._result("status-requested", when=found.requested, days=days, page=PAGE)
        else:
            self._result("status-none", account=self._account or self._voice.say("unknown"))

    def _print(self) -> None:
        found = self._request
        dies = found.dies.isoformat() if found.dies else None
        about = {"account": self._account, "url": self._url(), "products": list(self._products) or "everything"}
        click.echo(json.dumps(about | {"requested": None, "ready": None} | found.noted() | {"links_die": dies}))

    def _remember(self, noted: Any) -> None:
        from eccs_backup.accounts import home
        from eccs_backup.errors import Unusable

        if not self._account:
            raise Unusable("Whose export is this about?", hint="Add --account ADDRESS.")
        self._noted[self._account.casefold()] = noted
        kept: dict[str, Json] = {account: each for account, each in self._noted.items() if each}
        home.remember(REQUESTS, kept or None)

    def _open(self) -> None:
        from eccs_backup.cli.auth import browse

        opened = not self._wishes["no_browser"] and browse(self._url())
        self._result("opened" if opened else "not-opened", url=self._url())

    def _result(self, sentence: str, **values: object) -> None:
        self._line(self._voice.say(sentence, **values).strip("\n"))

    def _line(self, line: str) -> None:
        from eccs_backup.cli import fitting

        click.echo(fitting.shown(line))
