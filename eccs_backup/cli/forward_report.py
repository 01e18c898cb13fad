"""How forwarding stands, in words or as JSON."""

from __future__ import annotations

import json
from typing import Any

import click

from eccs_backup import profiles
from eccs_backup.cli import forward_terminal
from eccs_backup.forwarding.addresses import same
from eccs_backup.forwarding.steps import ACCEPTED, PENDING, Keep, Standing, forwarded, goes_to, some_goes_to
from eccs_backup.forwarding.talk import Talk


class Report:
    """What is told of one account. `found` is told in JSON besides how forwarding stands."""

    def __init__(self, talk: Talk, account: str, *, as_json: bool) -> None:
        self._talk, self._account, self.as_json = talk, account, as_json
        self.found: dict[str, Any] = {}

    def tell(self, sentence: str, colour: str | None = None, **values: object) -> None:
        """A result."""
        forward_terminal.result(self._talk.voice.say(sentence, **values), colour, err=self.as_json)

    def show(self, now: Standing, to: str, *, wished: bool = False) -> None:
        """How it stands. `wished` says that what becomes of the copy is the person's wish."""
        if self.as_json:
            self._print(now, to)
        elif forwarded(now, to):
            self._show_on(now, to, wished)
        else:
            self._show_off(now, to)

    def rules(self) -> None:
        """What is not forwarded, and until when it has to be set."""
        self.tell("not-forwarded")
        self.dates()

    def dates(self) -> None:
        """What the institution says, where it is known."""
        if profile := profiles.of(self._account):
            self.tell("dates", **profile._asdict())

    def _print(self, now: Standing, to: str) -> None:
        filters = [{"id": each.id, "to": each.to, "criteria": dict(each.criteria)} for each in now.filters]
        found: dict[str, Any] = {"account": self._account, "to": to or None, "forwarded": forwarded(now, to)}
        found |= {"on": now.on, "goes_to": now.to, "keep": now.keep, "addresses": dict(now.addresses)}
        found |= {"filters": filters, "blocked": now.blocked, **self.found}
        click.echo(json.dumps(found, ensure_ascii=False))

    def _show_on(self, now: Standing, to: str, wished: bool) -> None:
        if now.on and same(now.to, to):
            keep = self._talk.keep(now.keep) if now.keep in [*Keep] and now.keep else str(now.keep)
            self.tell("on", "green", account=self._account, to=to, keep=keep)
            if now.keep == Keep.TRASH and not wished:
                self.tell("copy-in-trash", "yellow", account=self._account)
        else:
            self.tell("on-by-filter", "green", account=self._account, to=to)
        self._show_others(now, to)
        self.rules()
        self.tell("hosted", account=self._account, to=to)

    def _show_off(self, now: Standing, to: str) -> None:
        some = some_goes_to(now, to)
        sentence = "blocked" if now.blocked else "some" if some else "off"
        self.tell(sentence, "red", account=self._account, to=to, filters="; ".join(map(str, some)))
        self._show_others(now, to)
        for address, standing in now.addresses.items():
            known = standing in (ACCEPTED, PENDING)
            self.tell(
                "address", address=address, standing=self._talk.voice.say(f"state-{standing}") if known else standing
            )
        if not now.blocked:
            self.rules()

    def _show_others(self, now: Standing, to: str) -> None:
        if others := [each for each in goes_to(now) if not same(each, to)]:
            sentence = "elsewhere-too" if forwarded(now, to) else "elsewhere"
            self.tell(sentence, "yellow", account=self._account, others=", ".join(others))
