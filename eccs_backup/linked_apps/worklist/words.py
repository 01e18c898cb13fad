"""How a service is put into words for people: the same on the page, in the table and in the calendar.

What comes from outside (names, subjects, notes) is hostile: `line` makes one harmless line of it, `web_link` lets only
addresses of web pages be links.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from urllib.parse import urlsplit

from eccs_backup.linked_apps import inventory
from eccs_backup.linked_apps.inventory import Confidence, Evidence, Linked, State, Step, Way
from eccs_backup.messages import Voice, sentences

FILE = "worklist"
WAYS, STEPS, STATES, SURE = list(Way), list(Step), list(State), list(Confidence)
"""Each in the order in which it is shown: the worst first."""
KEPT_BY_CHANGE = frozenset({Step.SET_PASSWORD, Step.CHANGE_ADDRESS})
LINKABLE = re.compile(r"https?://[^\s\\\"<>`]+", re.IGNORECASE)
HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.IGNORECASE)
START = datetime(1970, 1, 1, tzinfo=UTC)
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of characters that control, turn the direction of writing, or are halves of one."""


def line(text: str) -> str:
    """One line without control characters, halves of characters and what turns the direction of writing."""
    spaced = "".join(" " if each.isspace() else each for each in text)
    return " ".join("".join(each for each in spaced if unicodedata.category(each) not in UNSEEN).split())


def web_link(text: str) -> str:
    """The address when it is one of a web page and hides nothing, else ""."""
    if text != line(text) or not LINKABLE.fullmatch(text):
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.hostname and "@" not in parts.netloc else ""


def own_change_page(service: Linked) -> str:
    """Where the site may lead to its change page, or "" when that is no way to keep it, or its domain no host's name.

    https://w3c.github.io/webappsec-change-password-url/
    """
    wanted = service.step in KEPT_BY_CHANGE and HOST.fullmatch(service.domain)
    return f"https://{service.domain}/.well-known/change-password" if wanted else ""


def moment(seconds: float | None, zone: tzinfo | None) -> datetime | None:
    """A time in Unix seconds on the clock of a zone; None for none, and for one that no calendar holds."""
    if seconds is None:
        return None
    try:
        return (START + timedelta(seconds=seconds)).astimezone(zone)
    except (OverflowError, ValueError, OSError):
        return None


def day(seconds: float | None, zone: tzinfo | None) -> str:
    """The day of a time as 2027-03-31, or ""."""
    when = moment(seconds, zone)
    return "" if when is None else when.date().isoformat()


def is_open(service: Linked) -> bool:
    """Whether something is left to do: nothing was done yet, or mail came after all."""
    return service.state is State.TODO or (service.state is not State.IGNORED and service.arrived > 0)


def worst_first(services: Iterable[Linked]) -> list[Linked]:
    """What is open comes first, then what is worst to lose."""
    return sorted(services, key=lambda each: (not is_open(each), *inventory.rank(each), each.id))


def title(service: Linked) -> str:
    """What a service is called: its name, else its domain, else its id."""
    return line(service.name) or line(service.domain) or line(service.id)


def sort_of(voice: Voice, service: Linked) -> str:
    """What sort of service it is, in the person's language where there is a word for it."""
    word = f"sort-{service.kind}"
    return voice.say(word) if word in sentences(FILE) else line(service.kind)


def evidence_in_full(voice: Voice, service: Linked, zone: tzinfo | None) -> list[str]:
    """Every piece of evidence, with where it was found: "Saved password (1) in file passwords.csv"."""
    said = [_found(voice, each, zone) for each in service.evidence]
    return [*said, voice.say("arrived", count=service.arrived)] if service.arrived else said


def evidence_in_short(voice: Voice, service: Linked) -> str:
    """What was found, wherever it was: "Sign-in with Google (3) · Saved password (1)"."""
    counts: dict[str, int] = {}
    for each in service.evidence:
        counts[each.trace.kind] = counts.get(each.trace.kind, 0) + each.trace.number
    said = (voice.say("times", what=voice.say(f"evidence-{kind}"), count=count) for kind, count in counts.items())
    return " · ".join(said)


def account_mark(account: str) -> str:
    """A short hash that stands for an account where its address need not be written."""
    return hashlib.sha256(account.casefold().encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _found(voice: Voice, evidence: Evidence, zone: tzinfo | None) -> str:
    trace, last = evidence.trace, day(evidence.trace.last, zone)
    values = {"what": voice.say(f"evidence-{trace.kind}"), "count": trace.number, "reader": line(evidence.reader)}
    return voice.say("found", day=last, **values) if last else voice.say("found-undated", **values)
