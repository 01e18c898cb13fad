"""The accounts, the language and the mailbox of one `forward` command, and what it does with them."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from typing import Any

import click

from eccs_backup import profiles
from eccs_backup.accounts import google, home
from eccs_backup.accounts.google_purposes import PURPOSES, READ
from eccs_backup.errors import BackupError, BlockedByAdministrator, Halted, Unusable
from eccs_backup.forwarding import checks, proof, reply
from eccs_backup.forwarding.mailbox import Mailbox
from eccs_backup.forwarding.run import LEFT, PAGE, Run, Talk
from eccs_backup.forwarding.steps import Keep, Standing, Wish, forwarded, same, takes_in_all, works
from eccs_backup.http import Hangup, Wire
from eccs_backup.messages import Voice, language

UNFINISHED = 3


class Desk:
    """One command. `more` holds its options; `reading` says that it changes nothing, and needs no more than reading."""

    def __init__(self, more: dict[str, Any], *, reading: bool) -> None:
        self._more, self._json = more, bool(more["as_json"])
        self._voice = Voice("forward", more["language"] or language())
        self.delegated = google.is_saved(more["account"], "forward-all")
        changes = not reading and bool(more["by_filter"] or more["reply_text"])
        self._group = "forward-all" if self.delegated else "forward" if changes else READ
        tokens, self.account = google.account(more["account"], _scopes(self._group), group=self._group)
        wire = Wire(tokens)
        self._halt = Hangup(wire)
        self._mailbox = Mailbox(wire, home.rehearsal(), self._halt)
        self._talk = self._make_talk()
        self._more_found: dict[str, Any] = {}

    def show(self, to: str) -> None:
        """How it stands; exit status 0 only when mail goes to that address."""
        now = self._mailbox.standing()
        on = forwarded(now, to)
        self._report(now, to, on)
        self._finish(on)

    def set_up(self, to: str, *, test: bool) -> None:
        """Until Gmail says that it is on; then, when that is wished for, the proof."""
        checks.fits(to, self.account, self._mailbox.aliases(), same_institution=self._more["same_institution"])
        self._check_loop(to)
        self._check_provider(to)
        answer = self._reply() if self._more["reply_text"] else None
        if test:
            self._sign_ins_of_test()  # what is lacking is said now, and not after all the rest
        keep = self._more["keep"]
        wish = Wish(to, Keep(keep) if keep else None, self._more["by_filter"], delegated=self.delegated)
        try:
            now = self._run().bring_about(wish)
        except BlockedByAdministrator:
            if answer:  # all the more: it is what is left
                self._set_reply(answer)
            raise
        if not self._json:
            self._report(now, to, True)
        good = self._set_reply(answer) if answer else True
        if test:
            good = self._prove(to) and good
        if self._json:
            self._report(now, to, True)
        self._finish(good)

    def stop(self) -> None:
        """Until Gmail says that nothing is forwarded. Filters that take in only some mail are the person's own."""
        now = self._mailbox.standing()
        if now.blocked:
            raise BlockedByAdministrator(
                "Your organisation has switched forwarding off: nothing is forwarded now, and nothing can be seen.",
                hint="Should it be allowed again, run the same command again.",
            )
        ours = tuple(each.id for each in now.filters if takes_in_all(each.criteria))
        if ours and self._group == READ:
            raise Unusable(
                "To remove the filter takes another permission.",
                hint="Sign in with: eccs-backup auth --for forward - then: eccs-backup forward --stop --by-filter",
            )
        if (now.on or ours) and not self._talk.agree(self._voice.say("will-stop", account=self.account)):
            raise Unusable(LEFT, hint="Answer yes, or add --yes.")
        now = self._run().switch_off(self.delegated, ours)
        left = {each.to for each in now.filters if works(now, each)}
        if self._json:
            self._report(now, "", not left)
        elif left:
            self._tell("left-filters", "yellow", account=self.account, to=", ".join(sorted(left)))
        else:
            self._tell("stopped", "green")
        self._finish(not left)

    def _prove(self, to: str) -> bool:
        """Send a message to the old address, and look for it where it should arrive; whether it did."""
        second = self._more["test_account"]
        sender, address = self._other(second or self.account, "send")
        sent = proof.probe(address, self.account)
        if not self._talk.agree(self._voice.say("will-send", sender=address, account=self.account)):
            raise Unusable("No message was sent.", hint="Answer yes, or add --yes.")
        sender.send(sent.body)
        self._more_found["test_subject"] = sent.subject
        if not second:
            self._more_found["test"] = "sent"
            self._tell("test-sent", account=self.account, to=to, subject=sent.subject)
            return True
        box, _ = self._other(second, READ)
        self._talk.say("looking", to=second)
        arrival = proof.await_copy(box, sent, seconds=self._more["time_limit"], sleep=self._halt.sleep)
        if arrival is None or not proof.came_by_forwarding(arrival, to):
            self._more_found["test"] = "lost"
            self._tell("test-lost", "red", to=to, subject=sent.subject)
            return False
        self._more_found["test"] = "spam" if arrival.spam else "arrived"
        self._tell("test-spam" if arrival.spam else "test-arrived", "yellow" if arrival.spam else "green", to=to)
        return True

    def _sign_ins_of_test(self) -> None:
        second = self._more["test_account"]
        if same(second, self.account):
            raise Unusable(
                f"{second} is the old address itself.",
                hint="Name another signed-in account, or leave --test-account out and look for the message yourself.",
            )
        google.account(second or self.account, _scopes("send"), group="send")
        if second:
            google.account(second, _scopes(READ), group=READ)

    def _reply(self) -> reply.Reply:
        return reply.read(self._more["reply_text"], self._more["reply_until"])

    def _set_reply(self, wished: reply.Reply) -> bool:
        """Show the reply, set it, and read it back; whether Gmail shows it."""
        until = f"{wished.until:%Y-%m-%d}" if wished.until else "-"
        shown = self._voice.say("will-reply", account=self.account, text=wished.text, until=until)
        if not self._talk.agree(shown):
            raise Unusable("The vacation reply was left as it is.", hint="Answer yes, or add --yes.")
        self._mailbox.set_reply(wished.body())
        good = wished.is_in(self._mailbox.reply())
        self._more_found["reply"] = good
        self._tell("reply-on" if good else "reply-lost", None if good else "red")
        return good

    def _check_loop(self, to: str) -> None:
        """Raise Unusable when the destination forwards back; only of a signed-in account it can be known."""
        if not google.is_saved(to, READ):
            return
        try:
            back = self._other(to, READ)[0].standing()
        except Halted:
            raise
        except BackupError:  # its sign-in has ended, say: no reason to refuse
            return
        checks.leads_on(to, self.account, back)

    def _check_provider(self, to: str) -> None:
        """Raise Unusable unless the person agrees to a mail service known to turn forwarded mail away."""
        doubted = checks.refuses(to)
        if doubted is None:
            return
        name = doubted.name[self._voice.language]
        if not self._talk.agree(self._voice.say("refuses", **doubted._asdict() | {"to": to, "name": name})):
            raise Unusable(LEFT, hint="Name another address, or answer yes, or add --yes.")

    def _other(self, account: str, group: str) -> tuple[Mailbox, str]:
        tokens, address = google.account(account, _scopes(group), group=group)
        return Mailbox(Wire(tokens), home.rehearsal(), self._halt), address

    def _run(self) -> Run:
        practice = home.rehearsal()
        page = PAGE.replace("https://mail.google.com", practice) if practice else PAGE
        seconds = self._more["time_limit"]
        return Run(self._mailbox, self.account, self._talk, page=page, seconds=seconds, sleep=self._halt.sleep)

    def _make_talk(self) -> Talk:
        from eccs_backup.cli.auth import browse

        def agree(sentence: str) -> bool:
            if self._more["yes"] or not sys.stdin.isatty():
                click.echo(_fitted(sentence), err=True)
                return bool(self._more["yes"])
            return click.confirm(_fitted(sentence), err=True)

        shown = (lambda url: False) if self._more["no_browser"] else browse
        return Talk(self._voice, lambda sentence: click.echo(_fitted(sentence), err=True), agree, shown)

    def _tell(self, sentence: str, colour: str | None = None, **values: object) -> None:
        """A result: for the standard output, unless that is to be JSON."""
        click.secho(_fitted(self._voice.say(sentence, **values)), fg=colour, err=self._json)

    def _finish(self, good: bool) -> None:
        if not good:
            click.get_current_context().exit(UNFINISHED)

    def _report(self, now: Standing, to: str, on: bool) -> None:
        """How it stands: as JSON, or in words with what the person should know of it."""
        if self._json:
            filters = [{"id": each.id, "to": each.to, "criteria": dict(each.criteria)} for each in now.filters]
            found: dict[str, Any] = {"account": self.account, "to": to or None, "forwarded": forwarded(now, to)}
            found |= {"on": now.on, "goes_to": now.to, "keep": now.keep, "addresses": dict(now.addresses)}
            found |= {"filters": filters, "blocked": now.blocked, **self._more_found}
            click.echo(json.dumps(found, ensure_ascii=False))
            return
        if not on:
            self._tell("blocked" if now.blocked else "off", "red", account=self.account, to=to)
            if now.on:
                self._tell("elsewhere", account=self.account, to=now.to)
            for address, standing in now.addresses.items():
                click.echo(f"  {address}: {standing}")
            return
        if now.on and same(now.to, to):
            keep = self._voice.say(f"keep-{now.keep}") if now.keep in [*Keep] else str(now.keep)
            self._tell("on", "green", account=self.account, to=to, keep=keep)
        else:
            self._tell("on-by-filter", "green", account=self.account, to=to)
        self._tell("not-forwarded")
        if profile := profiles.of(self.account):
            self._tell("dates", **profile._asdict())
        self._tell("hosted", account=self.account, to=to)


def _fitted(text: str) -> str:
    """Lines that a terminal does not break within words; Japanese has no spaces, and may be broken anywhere."""
    if not (sys.stderr.isatty() and sys.stdout.isatty() and text.isascii()):
        return text
    wide = shutil.get_terminal_size().columns - 1

    def wrapped(line: str) -> str:
        indent = line[: len(line) - len(line.lstrip())]
        return textwrap.fill(line, wide, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)

    return "\n".join(map(wrapped, text.split("\n")))


def _scopes(group: str) -> tuple[str, ...]:
    return PURPOSES[group].scopes if group in PURPOSES else google.SCOPES["mail"]
