"""Joins the evidence of every source into one list of services, each with what to do about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from eccs_backup.linked_apps import services
from eccs_backup.linked_apps.claims import Kind, Trace

MEMBERS = frozenset({Kind.SIGN_UP, Kind.RESET, Kind.SECURITY, Kind.RECEIPT, Kind.PASSWORD, Kind.NOTICE})
"""Kinds that show that the address is registered."""
OWN_SIGN_IN = frozenset({Kind.RESET, Kind.PASSWORD})
"""Kinds that show that Google is not the only way in."""
STRONG = (Kind.PASSWORD, Kind.SIGN_IN, Kind.GRANT, Kind.SIGN_UP, Kind.RESET, Kind.SECURITY, Kind.RECEIPT)
"""Kinds that one proven claim is enough for, the strongest first."""
GRAVITY: tuple[str, ...] = (
    "money", "security", "government", "utilities", "research", "publishing", "code", "office", "ai", "social", "career"
)  # fmt: skip
"""Sorts of services, the worst to lose first; all others follow."""
_ORDER = (*STRONG, Kind.NOTICE, Kind.NEWSLETTER)


class Way(StrEnum):
    """How a service hangs on the address. The values stand in files, and stay."""

    GOOGLE = "google"
    """Only the sign-in with Google leads in: without the account nobody gets in."""
    REGISTERED = "registered"
    """The address is registered: passwords are reset through it."""
    GRANT = "grant"
    """It may use data of the Google account; that ends with it."""
    NEWSLETTER = "newsletter"
    """It only writes."""


class Confidence(StrEnum):
    """How sure it is."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class State(StrEnum):
    """What the person has done about it."""

    TODO = "todo"
    MOVED = "moved"
    CLOSED = "closed"
    IGNORED = "ignored"


class Step(StrEnum):
    """What to do first about it. The values stand in files, and stay."""

    SET_PASSWORD = "set-password"
    """Give it a password or another sign-in while Google still leads in, then change the address."""
    NEW_ACCOUNT = "new-account"
    """It cannot be kept without Google: make an account elsewhere, and take along what is in this one."""
    CHANGE_ADDRESS = "change-address"
    """Change the registered address."""
    RECONNECT = "reconnect"
    """Connect it with another account, or let it end."""
    RESUBSCRIBE = "resubscribe"
    """Subscribe with another address, or let it end."""


class Evidence(NamedTuple):
    """A trace and the source it was found in, as "mailbox hanako@..." or "page connections.html"."""

    reader: str
    trace: Trace


class Linked(NamedTuple):
    """One service that knows the address. Times are Unix seconds.

    `id` names it on the command line: the id of the table of services, else its domain, else its name. `ways` are all
    of the ways in which it hangs on the address, `way` the one that is worst to lose. `kind` is what sort of service it
    is, by the table, or "". `change` is the page where the address is changed, or "". `without_google` says whether it
    can be kept without the sign-in with Google: "yes", "no" or "unknown". `evidence` has the strongest first.
    `arrived` counts mail since it was marked as moved or closed. `note` and `marked` are the person's note and when.
    """

    id: str
    name: str
    domain: str
    kind: str
    way: Way
    ways: frozenset[Way]
    confidence: Confidence
    evidence: tuple[Evidence, ...]
    first: float | None
    last: float | None
    change: str
    without_google: str
    step: Step
    state: State = State.TODO
    note: str = ""
    marked: float | None = None
    arrived: int = 0


def join(evidence: Iterable[Evidence]) -> list[Linked]:
    """One `Linked` for each service that the evidence shows, the worst to lose first; nothing is marked yet.

    Evidence of which nothing is enough alone only adds to what other evidence shows.
    """
    groups: dict[str, list[Evidence]] = {}
    nameless: list[Evidence] = []
    for each in evidence:
        if known := _known(each.trace):
            groups.setdefault(known.id, []).append(each)
        elif each.trace.domain:
            groups.setdefault(each.trace.domain, []).append(each)
        else:
            nameless.append(each)
    for each in nameless:
        groups.setdefault(_group_of(each.trace.name, groups) or each.trace.name, []).append(each)
    shown = {id: found for id, found in groups.items() if _is_enough(found)}
    return sorted((_linked(id, found) for id, found in shown.items()), key=rank)


def _is_enough(evidence: list[Evidence]) -> bool:
    """One claim of a strong kind, or of a known service; of an unknown writer's mere mails it takes two."""
    alone = [each.trace for each in evidence if each.trace.alone]
    if any(each.kind in STRONG or _known(each) for each in alone):
        return True
    return bool(alone) and sum(each.trace.number for each in evidence) > 1


def identity(name: str, domain: str) -> str:
    """The id of the service that a claim is about: the table's, else its domain, else its name."""
    known = services.of_domain(domain) if domain else services.named(name)
    return known.id if known else domain or name


def _known(trace: Trace) -> services.Service | None:
    return services.of_domain(trace.domain) if trace.domain else services.named(trace.name)


def _group_of(name: str, groups: Mapping[str, list[Evidence]]) -> str | None:
    """The group that is called like the service: by its domain, "mathpix.com" of "Mathpix", or in its own mail."""
    squeezed = "".join(name.lower().split())
    by_domain = next((each for each in groups if each.partition(".")[0] == squeezed), None)
    names = ((id, each.trace.name.casefold()) for id, found in groups.items() for each in found)
    return by_domain or next((id for id, each in names if each == name.casefold()), None)


def _linked(id: str, evidence: list[Evidence]) -> Linked:
    evidence.sort(key=lambda each: (_ORDER.index(each.trace.kind), -(each.trace.last or 0)))
    known = next((found for each in evidence if (found := _known(each.trace))), None)
    named = next((each.trace.domain for each in evidence if each.trace.domain), "")
    domain = known.domains[0] if known else named
    ways = _ways({each.trace.kind for each in evidence})
    without = known.without_google if known else "unknown"
    way = next(each for each in Way if each in ways)
    moments = [each for one in evidence for each in (one.trace.first, one.trace.last) if each is not None]
    return Linked(
        id,
        known.name if known else next((each.trace.name for each in evidence if each.trace.name), domain),
        domain,
        str(known.kind) if known else "",
        way,
        ways,
        _confidence([each.trace for each in evidence]),
        tuple(evidence),
        min(moments, default=None),
        max(moments, default=None),
        known.change if known else "",
        without,
        _step(way, without),
    )


def _ways(kinds: Collection[Kind]) -> frozenset[Way]:
    """Who has a password of its own there does not depend on Google alone."""
    found = set()
    if Kind.SIGN_IN in kinds:
        found.add(Way.REGISTERED if OWN_SIGN_IN & set(kinds) else Way.GOOGLE)
    elif MEMBERS & set(kinds):
        found.add(Way.REGISTERED)
    if Kind.GRANT in kinds:
        found.add(Way.GRANT)
    return frozenset(found or {Way.NEWSLETTER})


def _step(way: Way, without_google: str) -> Step:
    if way is Way.GOOGLE:
        return Step.NEW_ACCOUNT if without_google == "no" else Step.SET_PASSWORD
    return {Way.REGISTERED: Step.CHANGE_ADDRESS, Way.GRANT: Step.RECONNECT, Way.NEWSLETTER: Step.RESUBSCRIBE}[way]


def _confidence(traces: Iterable[Trace]) -> Confidence:
    """One proven claim of a strong kind is certain; the rest is likely when it is proven, and else only possible."""
    proven = [each for each in traces if each.proven]
    if any(each.kind in STRONG for each in proven):
        return Confidence.CERTAIN
    return Confidence.LIKELY if proven else Confidence.POSSIBLE


def rank(linked: Linked) -> tuple[int, int, int, float, str]:
    """What is worst to lose comes first: by way, then by sort of service, by confidence, and by when it was seen."""
    gravity = GRAVITY.index(linked.kind) if linked.kind in GRAVITY else len(GRAVITY)
    seen = -(linked.last or 0)
    sure = [*Confidence].index(linked.confidence)
    return [*Way].index(linked.way), gravity, sure, seen, linked.name.casefold()
