"""Carries the steps out: acts where we may, guides where only the person can, and asks the service after each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import quote

from eccs_backup.errors import BlockedByAdministrator, Stop, Transient, Unfinished, Unusable
from eccs_backup.forwarding.mailbox import Mailbox
from eccs_backup.forwarding.steps import ENDS, Filter, Keep, Standing, Step, Wish, decide
from eccs_backup.forwarding.talk import Talk
from eccs_backup.forwarding.watch import Watch

POLL = 5.0
"""Seconds between two questions to Gmail while the person is busy in the browser."""
LOOKS, SOON = 4, 2.0
"""How often Gmail is asked, after how many seconds, until it shows what was just set."""
MOST = 12
"""Steps of one run, at most: answers that change to and fro must not keep it going for ever."""
PAGE = "https://mail.google.com/mail/u/?authuser={account}#settings/fwdandpop"
"""The settings page of the right account; "u/0" would be whichever signed in first."""


class Run:
    """One try to bring forwarding about. `watch` has the person's time for one step by hand; `opening` is called once
    before the first step, when there is something to do."""

    def __init__(
        self,
        mailbox: Mailbox,
        account: str,
        talk: Talk,
        watch: Watch,
        *,
        page: str = PAGE,
        opening: Callable[[], None] = lambda: None,
    ) -> None:
        self._mailbox, self._account, self._talk, self._watch = mailbox, account, talk, watch
        self._page, self._opening = page, opening
        self._pending_seen = self._troubled = False
        self.now, self.known = Standing(), False
        """What Gmail said last, and whether it said anything."""

    def bring_about(self, wish: Wish) -> Standing:
        """Until Gmail says that mail is forwarded as wished. Raises Stop, with how to go on, and Transient."""
        self._watch.start()
        self._look(wish)
        if decide(self.now, wish) not in ENDS:
            self._opening()
        done: Step | None = None
        for _ in range(MOST):
            step = decide(self.now, wish, self._pending_seen)
            if step is done or step is Step.CANCELLED:  # Gmail may not show everything at once
                step = self._look_again(step, wish)
            if step in (Step.ON, Step.ON_BY_FILTER):
                return self.now
            if step is Step.ELSEWHERE:
                wish = self._instead(wish)
            elif step in ENDS or step is done:
                raise self._end(step, wish)
            else:
                done = self._take(step, wish)
        raise self._talk.error(Unfinished, "unsteady", hint="again", account=self._account)

    def switch_off(self, delegated: bool, filters: Sequence[Filter], remove: Callable[[str], None]) -> Standing:
        """Until Gmail says that nothing is forwarded: forward-all off, those filters gone. Raises like the other."""
        self._watch.start()
        for each in filters:
            remove(each.id)
        gone = {each.id for each in filters}
        if self._look().on and delegated:
            self._mailbox.switch_off()
        elif self.now.on:
            self._guide("switch-off-by-hand")
            self._wait("off", lambda now: not now.on, "missing-switch-off")
        self._settle(lambda now: not now.on and not gone & {each.id for each in now.filters})
        if self.now.blocked:
            raise self._end(Step.BLOCKED)
        if self.now.on or gone & {each.id for each in self.now.filters}:
            raise self._talk.error(Unfinished, "not-shown", hint="again")
        return self.now

    def _look(self, wish: Wish | None = None) -> Standing:
        self.now, self.known = self._mailbox.standing(), True
        if wish and decide(self.now, replace(wish, instead=True)) is Step.AWAIT:
            self._pending_seen = True
        return self.now

    def _look_again(self, step: Step, wish: Wish) -> Step:
        """The step after some more looks, if it is another one; what was just set may not be shown at once."""
        self._settle(lambda now: decide(now, wish, self._pending_seen) is not step, wish)
        return decide(self.now, wish, self._pending_seen)

    def _settle(self, over: Callable[[Standing], bool], wish: Wish | None = None) -> None:
        for number in range(LOOKS):
            if over(self._look(wish)) or number == LOOKS - 1:
                return
            self._watch.rest(SOON)

    def _take(self, step: Step, wish: Wish) -> Step | None:
        """Carry one step out, and look; the step when it was ours, None when it was the person's."""
        if step in _MISSING:
            self._lead(step, wish)
            self._wait(step, lambda now: decide(now, wish, self._pending_seen) is not step, _MISSING[step], wish)
            return None
        match step:
            case Step.ADD:
                self._ask("will-add", wish)
                self._mailbox.add(wish.to)
            case Step.SWITCH_ON:
                self._ask("will-switch-on", wish)
                self._mailbox.switch_on(wish.to, wish.keep or Keep.INBOX)
            case Step.FILTER:
                if self.now.on:
                    self._talk.say("besides", account=self._account, other=self.now.to)
                self._ask("will-filter", wish)
                if self._mailbox.make_filter(wish.to) is None:
                    raise self._talk.error(Unfinished, "no-filter")
        self._look(wish)
        return step

    def _lead(self, step: Step, wish: Wish) -> None:
        match step:
            case Step.ASK_TO_ADD:
                self._guide("add-by-hand", wish)
            case Step.ASK_TO_SWITCH_ON:
                self._guide("switch-on-by-hand", wish)
            case _:
                self._talk.say("accept", to=wish.to, account=self._account)
                self._talk.say("open-for-code", url=self._url())

    def _wait(self, step: object, over: Callable[[Standing], bool], missing: str, wish: Wish | None = None) -> None:
        """Ask Gmail until it says so. Trouble on the way is waited out. Raises Unfinished, with what is missing, when
        the person's time is over."""
        self._watch.start(step)
        self._talk.say("waiting", limit=self._limit())
        pause, trouble = POLL, None
        while True:
            self._watch.rest(pause)
            try:
                self._look(wish)
                pause, trouble = POLL, None
            except Transient as error:
                pause, trouble = max(POLL, error.after or 0.0), error
                self._tell_once(error)
            if not trouble and over(self.now):
                return
            if not self._watch.left():
                if trouble:
                    raise Unfinished(str(trouble), hint=self._talk.voice.say("again")) from trouble
                to = wish.to if wish else ""
                raise self._talk.error(Unfinished, missing, hint="again", to=to, account=self._account)

    def _tell_once(self, error: Transient) -> None:
        if not self._troubled:
            self._talk.say("trouble", error=error)
        self._troubled = True

    def _limit(self) -> str:
        seconds = self._watch.seconds
        if seconds < 120:
            return self._talk.voice.say("seconds", number=round(seconds))
        return self._talk.voice.say("minutes", number=round(seconds / 60))

    def _url(self) -> str:
        return self._page.format(account=quote(self._account))

    def _guide(self, sentence: str, wish: Wish | None = None) -> None:
        to, keep = (wish.to, wish.keep) if wish else ("", None)
        self._talk.say(sentence, account=self._account, to=to, keep=self._talk.keep(keep or Keep.INBOX))
        self._talk.say("opened" if self._talk.browse(self._url()) else "open", url=self._url())

    def _ask(self, sentence: str, wish: Wish) -> None:
        keep = self._talk.keep(wish.keep or Keep.INBOX)
        if not self._talk.ask(sentence, account=self._account, to=wish.to, keep=keep):
            raise self._talk.error(Unusable, "left", hint="say-yes")
        self._watch.start()  # thinking about it took as long as it took

    def _instead(self, wish: Wish) -> Wish:
        if not self._talk.ask("instead", account=self._account, other=self.now.to, to=wish.to):
            raise self._talk.error(Unusable, "goes-on", hint="say-yes", other=self.now.to)
        return replace(wish, instead=True)

    def _end(self, step: Step, wish: Wish | None = None) -> Stop:
        if step is Step.BLOCKED:
            return self._talk.error(BlockedByAdministrator, "switched-off")
        if step is Step.CANCELLED:
            return self._talk.error(Unfinished, "cancelled", to=wish.to if wish else "")
        return self._talk.error(Unfinished, "not-shown", hint="again")


_MISSING = {
    Step.ASK_TO_ADD: "missing-add",
    Step.AWAIT: "missing-accept",
    Step.ASK_TO_SWITCH_ON: "missing-switch-on",
}
"""The steps that are the person's, and what is said when one of them is not taken in time."""
