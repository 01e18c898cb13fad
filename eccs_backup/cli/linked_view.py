"""The worklist and one service of it as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eccs_backup.cli import text
from eccs_backup.linked_apps.inventory import Linked, State, Step, Way
from eccs_backup.linked_apps.memory import Arrival
from eccs_backup.linked_apps.worklist import words as in_words
from eccs_backup.messages import Voice

URGENT = (Way.GOOGLE, Way.REGISTERED)
MOST_URGENT = 5


class View:
    """Says services in one language: `voice` has the sentences of the command, the worklist's words are its own."""

    def __init__(self, voice: Voice) -> None:
        self._voice, self._words = voice, Voice("worklist", voice.language)

    def table(self, account: str, services: Sequence[Linked]) -> Iterator[str]:
        """All of them by way, the worst to lose first, then which to begin with."""
        left = [each for each in services if in_words.is_open(each)]
        yield self._voice.say("account", account=account, services=len(services), open=len(left))
        for way in Way:
            found = [each for each in services if each.way is way]
            if found:
                yield ""
                words = self._words.say(f"way-{way}"), self._words.say(f"way-{way}-means")
                yield self._voice.say("heading", way=words[0], count=len(found), means=words[1])
                for step in dict.fromkeys(each.step for each in found):
                    told = self._words.say(f"step-{step}"), self._words.say(f"step-{step}-how")
                    yield self._voice.say("first", step=told[0], how=told[1])
                for each in in_words.worst_first(found):
                    yield from self._row(each)
        urgent = [in_words.title(each) for each in in_words.worst_first(left) if each.way in URGENT][:MOST_URGENT]
        if urgent:
            yield ""
            yield self._voice.say("begin", names=self._words.say("and").join(urgent))

    def service(self, service: Linked) -> Iterator[str]:
        """All about one of them."""
        words = self._words
        yield f"{in_words.title(service)}  [{in_words.line(service.id)}]"
        yield f"{words.say(f'way-{service.way}')}: {words.say(f'way-{service.way}-means')}"
        if others := [words.say(f"way-{each}") for each in Way if each in service.ways and each is not service.way]:
            yield words.say("ways-besides", ways=words.say("and").join(others))
        yield f"{words.say(f'step-{service.step}')}: {words.say(f'step-{service.step}-how')}"
        yield from self._page(service, "  ")
        yield f"{words.say('column-confidence')}: {words.say(f'confidence-{service.confidence}')}"
        yield f"{words.say('column-state')}: {self._state(service)}"
        for said, evidence in zip(in_words.evidence_in_full(words, service, None), service.evidence, strict=False):
            yield f"  {said}"
            for source, quoted, when in evidence.trace.examples:
                day = in_words.day(when, None) or "-"
                yield f"    {day}  {text.plain(quoted)} ({text.plain(source)})"

    def marked(self, service: Linked, state: State) -> str:
        """What was remembered."""
        said = self._words.say(f"state-{state}")
        return self._voice.say("marked", name=in_words.title(service), state=said)

    def arrived(self, service: Linked, arrival: Arrival) -> str:
        """What came since it was marked."""
        values = {"name": in_words.title(service), "id": in_words.line(service.id), "count": arrival.number}
        values |= {"day": in_words.day(service.marked, None), "last": in_words.day(arrival.last, None)}
        return self._voice.say("arrived", **values, subject=text.plain(arrival.subject))

    def _row(self, service: Linked) -> Iterator[str]:
        day = in_words.day(service.last, None)
        values = {"name": in_words.title(service), "id": in_words.line(service.id), "state": self._state(service)}
        values |= {"last": self._voice.say("last", day=day) if day else ""}
        yield self._voice.say("row", **values, sure=self._words.say(f"confidence-{service.confidence}"))
        if in_words.is_open(service):
            if service.step is Step.NEW_ACCOUNT:  # the others of its way are told another one
                yield f"      {self._words.say(f'step-{service.step}')}"
            if page := in_words.web_link(service.change):
                yield f"      {page}"
            elif page := in_words.own_change_page(service):
                yield "      " + self._voice.say("perhaps", page=page)

    def _page(self, service: Linked, indent: str) -> Iterator[str]:
        """Where it is done: the page that is known, or where the site may lead to it."""
        if page := in_words.web_link(service.change):
            yield indent + page
        elif page := in_words.own_change_page(service):
            yield indent + self._words.say("no-change")
            yield f"{indent}  {page}"
        elif service.step in in_words.KEPT_BY_CHANGE:
            yield indent + self._words.say("no-change-at-all")

    def _state(self, service: Linked) -> str:
        said = self._words.say(f"state-{service.state}")
        if service.arrived:
            said += self._words.say("and") + self._words.say("arrived", count=service.arrived)
        return f"{said} ({in_words.line(service.note)})" if service.note else said
