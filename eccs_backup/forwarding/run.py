"""Carries the steps out: acts where we may, guides where only the person can, and asks the service after each."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote

from eccs_backup.errors import BlockedByAdministrator, Unfinished, Unusable
from eccs_backup.forwarding.mailbox import Mailbox
from eccs_backup.forwarding.steps import ENDS, Keep, Standing, Step, Wish, decide
from eccs_backup.messages import Voice

POLL = 5.0
"""Seconds between two questions to Gmail while the person is busy in the browser."""
PAGE = "https://mail.google.com/mail/u/?authuser={account}#settings/fwdandpop"
"""The settings page of the right account; "u/0" would be whichever signed in first."""


@dataclass(frozen=True)
class Talk:
    """How the run reaches the person: sentences, questions to be answered with yes or no, and the browser."""

    voice: Voice
    tell: Callable[[str], None]
    agree: Callable[[str], bool]
    browse: Callable[[str], bool] = lambda url: False

    def say(self, sentence: str, **values: object) -> None:
        """Tell a sentence."""
        self.tell(self.voice.say(sentence, **values))


class Run:
    """One try to bring forwarding about. `seconds` is how long the person may take for one step by hand."""

    def __init__(
        self,
        mailbox: Mailbox,
        account: str,
        talk: Talk,
        *,
        page: str = PAGE,
        seconds: float = 900.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._mailbox, self._account, self._talk = mailbox, account, talk
        self._page, self._seconds, self._clock, self._sleep = page, seconds, clock, sleep
        self._pending_seen = False

    def bring_about(self, wish: Wish) -> Standing:
        """Until Gmail says that mail is forwarded as wished. Raises Stop, with how to go on."""
        done: Step | None = None
        while True:
            now = self._look(wish)
            step = decide(now, wish, self._pending_seen)
            if step in (Step.ON, Step.ON_BY_FILTER):
                return now
            if step is Step.ELSEWHERE:
                wish = self._instead(now, wish)
            elif step in ENDS:
                raise self._end(step, wish)
            elif step is done:  # we did it, and the service does not show it
                raise Unfinished(f"Gmail does not show what was set ({step.value}).", hint=_AGAIN)
            else:
                done = self._take(step, wish, now)

    def switch_off(self, delegated: bool, filters: tuple[str, ...]) -> Standing:
        """Until Gmail says that nothing is forwarded: forward-all off, and our filters gone."""
        for id in filters:
            self._mailbox.remove_filter(id)
        now = self._mailbox.standing()
        if now.on and delegated:
            self._mailbox.switch_off()
            now = self._mailbox.standing()
        if now.on:
            self._guide("switch-off-by-hand")
            self._talk.say("waiting")
            now = self._wait(lambda now: not now.on, f"Forwarding of {self._account} is still on.")
        return now

    def _look(self, wish: Wish) -> Standing:
        now = self._mailbox.standing()
        self._pending_seen = self._pending_seen or decide(now, replace(wish, instead=True)) is Step.AWAIT
        return now

    def _take(self, step: Step, wish: Wish, now: Standing) -> Step | None:
        """Carry one step out; the step when it was ours, None when it was the person's."""
        match step:
            case Step.ADD:
                self._ask("will-add", wish)
                self._mailbox.add(wish.to)
            case Step.SWITCH_ON:
                self._ask("will-switch-on", wish)
                self._mailbox.switch_on(wish.to, wish.keep or Keep.INBOX)
            case Step.FILTER:
                if now.on:
                    self._talk.say("besides", account=self._account, other=now.to)
                self._ask("will-filter", wish)
                if self._mailbox.make_filter(wish.to) is None:
                    raise Unfinished("Gmail took no filter that forwards all mail.", hint=_BY_HAND)
            case Step.ASK_TO_ADD:
                self._guide("add-by-hand", wish)
            case Step.AWAIT:
                self._talk.say("accept", to=wish.to)
            case Step.ASK_TO_SWITCH_ON:
                self._guide("switch-on-by-hand", wish)
        if step in (Step.ADD, Step.SWITCH_ON, Step.FILTER):
            return step
        self._talk.say("waiting")
        missing = _MISSING[step].format(to=wish.to, account=self._account)
        self._wait(lambda now: decide(now, wish, self._seen(now, wish)) is not step, missing)
        return None

    def _seen(self, now: Standing, wish: Wish) -> bool:
        self._pending_seen = self._pending_seen or decide(now, replace(wish, instead=True)) is Step.AWAIT
        return self._pending_seen

    def _wait(self, over: Callable[[Standing], bool], missing: str) -> Standing:
        """Ask Gmail until it says so. Raises Unfinished, with what is missing, when the person's time is over."""
        until = self._clock() + self._seconds
        while True:
            now = self._mailbox.standing()
            if over(now):
                return now
            if self._clock() >= until:
                raise Unfinished(missing, hint=_AGAIN)
            self._sleep(min(POLL, max(until - self._clock(), 0.0)))

    def _guide(self, sentence: str, wish: Wish | None = None) -> None:
        url = self._page.format(account=quote(self._account))
        to = wish.to if wish else ""
        keep = self._keep(wish.keep if wish else None)
        self._talk.say(sentence, account=self._account, to=to, keep=keep)
        self._talk.say("opened" if self._talk.browse(url) else "open", url=url)

    def _ask(self, sentence: str, wish: Wish) -> None:
        text = self._talk.voice.say(sentence, account=self._account, to=wish.to, keep=self._keep(wish.keep))
        if not self._talk.agree(text):
            raise Unusable(LEFT, hint="Answer yes, or add --yes.")

    def _instead(self, now: Standing, wish: Wish) -> Wish:
        text = self._talk.voice.say("instead", account=self._account, other=now.to, to=wish.to)
        if not self._talk.agree(text):
            raise Unusable(f"Mail goes on to {now.to}; nothing was changed.", hint="Answer yes to change it.")
        return replace(wish, instead=True)

    def _keep(self, keep: Keep | None) -> str:
        return self._talk.voice.say(f"keep-{(keep or Keep.INBOX).value}")

    def _end(self, step: Step, wish: Wish) -> BlockedByAdministrator | Unfinished:
        if step is Step.BLOCKED:
            return BlockedByAdministrator("Your organisation has switched forwarding off.", hint=_BLOCKED)
        return Unfinished(
            f"The request for {wish.to} is gone: its second link cancels it, or the address was removed.",
            hint="Run the same command again, and use the first link of the new mail.",
        )


LEFT = "It was left as it is: nobody said yes."
_MISSING = {
    Step.ASK_TO_ADD: "{to} is not among the forwarding addresses of {account} yet.",
    Step.AWAIT: "{to} is not accepted yet: the confirmation mail there is still to be answered.",
    Step.ASK_TO_SWITCH_ON: "Forwarding of {account} to {to} is not switched on as wished yet.",
}
_AGAIN = "Run the same command again at any time: it goes on from what Gmail says."
_BY_HAND = "Switch forward-all on instead: run it again without --by-filter."
_BLOCKED = (
    "Ask your administrator whether forwarding can be allowed. Otherwise tell the people who write to you, set a "
    "vacation reply (--reply-text), and save your mail with: eccs-backup mail-export"
)
