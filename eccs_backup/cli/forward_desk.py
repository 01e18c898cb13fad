"""One `forward` command: what it does in which order, and what it ends with."""

from __future__ import annotations

from typing import Any

import click

from eccs_backup import profiles
from eccs_backup.accounts import home
from eccs_backup.accounts.google_purposes import READ
from eccs_backup.cli import fail, forward_proof, forward_terminal
from eccs_backup.cli.forward_reply import set_reply
from eccs_backup.cli.forward_report import Report
from eccs_backup.cli.forward_session import Session, signed_in
from eccs_backup.errors import BackupError, BlockedByAdministrator, Halted, ItemError, Transient, Unfinished, Unusable
from eccs_backup.forwarding import checks, reply
from eccs_backup.forwarding.addresses import same
from eccs_backup.forwarding.run import PAGE, Run
from eccs_backup.forwarding.steps import Filter, Keep, Standing, Wish, forwarded, goes_to, takes_in_all, works

UNFINISHED = 3
NOT_FINISHED = (Unfinished, Transient, ItemError, BlockedByAdministrator)
"""Ends after which programs are told how forwarding stands all the same."""


class Desk:
    """One command. `more` holds its options; `reading` says that it changes nothing, and needs no more than reading."""

    def __init__(self, to: str | None, more: dict[str, Any], *, reading: bool) -> None:
        self._more, self._talk = more, forward_terminal.talk(more)
        self._voice = self._talk.voice
        self.again = self._voice.say("again")
        """What to do about trouble that passes."""
        self._to = "" if to is None else checks.destination(to, self._voice)
        others = [each for each in (self._to, more["test_account"]) if each]
        changes = not reading and bool(more["by_filter"] or more["reply_text"])
        self._session = Session(more["account"], others, self._talk, more["time_limit"], changes=changes)
        self._account, self._mailbox = self._session.account, self._session.mailbox
        self._report = Report(self._talk, self._account, as_json=more["as_json"])

    def show(self) -> None:
        """How it stands; exit status 0 only when all mail goes to that address."""
        now = self._mailbox.standing()
        self._report.show(now, self._to)
        self._finish(forwarded(now, self._to))

    def set_up(self, *, test: bool) -> None:
        """Until Gmail says that it is on; then, when that is wished for, the proof."""
        more, to = self._more, self._to
        aliases = self._mailbox.aliases()
        checks.fits(to, self._account, aliases, self._voice, same_institution=more["same_institution"])
        self._check_loop(aliases)
        self._check_provider()
        answer = None
        if more["reply_text"]:
            answer = reply.read(more["reply_text"], more["reply_until"], voice=self._voice)
        if test:
            forward_proof.prepare(self._session, to, more["test_account"])
        now = self._bring_about(answer)
        if not more["as_json"]:
            self._report.show(now, to, wished=more["keep"] is not None)
        if not more["by_filter"] and not (now.on and same(now.to, to)):
            self._talk.say("filter-already", to=to)
        try:
            good = set_reply(self._session, self._report, answer) if answer else True
            if test:
                good = forward_proof.prove(self._session, self._report, to, more["test_account"]) and good
        except NOT_FINISHED:
            self._print(now)
            raise
        self._print(now)
        self._finish(good)

    def stop(self) -> None:
        """Until Gmail says that nothing is forwarded. Filters that take in only some mail are the person's own."""
        now = self._mailbox.standing()
        if now.blocked:
            self._print(now)
            raise self._talk.error(BlockedByAdministrator, "stop-blocked")
        every = tuple(each for each in now.filters if takes_in_all(each.criteria))
        self._check_destination(now)
        changing = self._session.changing() if every else self._mailbox
        self._agree_to_stop(now, every)
        run = self._run()
        try:
            now = run.switch_off(self._session.delegated, every, changing.remove_filter)
        except NOT_FINISHED:
            self._print(run.now, known=run.known)
            raise
        left = {each.to for each in now.filters if works(now, each)}
        if self._more["as_json"]:
            self._print(now)
        elif left:
            self._report.tell("left-filters", "yellow", account=self._account, to=", ".join(sorted(left)))
        else:
            self._report.tell("stopped", "green")
        self._finish(not left)

    def _check_destination(self, now: Standing) -> None:
        """Raise Unusable when mail goes elsewhere than the person thinks."""
        to = self._to
        if to and (others := [each for each in goes_to(now) if not same(each, to)]):
            raise self._talk.error(Unusable, "stop-other", account=self._account, to=to, others=", ".join(others))

    def _agree_to_stop(self, now: Standing, every: tuple[Filter, ...]) -> None:
        """Name what is to end. Raise Unusable when nobody says yes."""
        if not (now.on or every):
            return
        ends = ([self._voice.say("forward-all", to=now.to)] if now.on else []) + [
            self._voice.say("a-filter", filter=each) for each in every
        ]
        if not self._talk.ask("will-stop", account=self._account, ends="\n".join(ends)):
            raise self._talk.error(Unusable, "left", hint="say-yes")

    def _bring_about(self, answer: reply.Reply | None) -> Standing:
        more = self._more
        keep = Keep(more["keep"]) if more["keep"] else None
        run = self._run()
        try:
            return run.bring_about(Wish(self._to, keep, more["by_filter"], delegated=self._session.delegated))
        except BlockedByAdministrator as error:
            if answer:  # all the more: it is what is left
                self._only_reply(answer, error)
            self._print(run.now)
            if answer:
                click.get_current_context().exit(error.exit_status)
            raise
        except NOT_FINISHED:
            if answer:
                self._talk.say("reply-not-set")
            self._print(run.now, known=run.known)
            raise

    def _only_reply(self, answer: reply.Reply, blocked: BlockedByAdministrator) -> None:
        """Tell the block first; then the reply, whatever becomes of it."""
        fail(blocked)
        try:
            set_reply(self._session, self._report, answer)
        except Halted:
            raise
        except BackupError as error:
            fail(error)

    def _print(self, now: Standing, *, known: bool = True) -> None:
        """For programs: how it stands, also when that is not how it should; nothing when that is not known."""
        if self._more["as_json"] and known:
            self._report.show(now, self._to)

    def _check_loop(self, aliases: list[str]) -> None:
        """Raise Unusable when the destination forwards back; only of a signed-in account it can be known."""
        there = signed_in(self._to, READ)
        if there is None:
            return
        try:
            back = self._session.other(there, READ)[0].standing()
        except Halted:
            raise
        except BackupError:  # its sign-in has ended, say: no reason to refuse
            return
        checks.leads_on(self._to, self._account, aliases, back, self._voice)

    def _check_provider(self) -> None:
        """Raise Unusable unless the person agrees to a mail service known to turn forwarded mail away."""
        doubted = checks.refuses(self._to)
        if doubted is None:
            return
        name = doubted.name[self._voice.language]
        if not self._talk.ask("refuses", **doubted._asdict() | {"to": self._to, "name": name}):
            raise self._talk.error(Unusable, "left", hint="another-or-yes")

    def _run(self) -> Run:
        practice = home.rehearsal()
        page = PAGE.replace("https://mail.google.com", practice) if practice else PAGE
        return Run(self._mailbox, self._account, self._talk, self._session.watch, page=page, opening=self._open)

    def _open(self) -> None:
        """What the person should know before the first step."""
        self._talk.say("not-forwarded")
        if profile := profiles.of(self._account):
            self._talk.say("dates", **profile._asdict())

    def _finish(self, good: bool) -> None:
        if not good:
            click.get_current_context().exit(UNFINISHED)
