"""What labelled mails are found to show: the figures on both parts, kind by kind."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pytest
from corpus import Part, Service, mails, services
from corpus_wire import ME

from eccs_backup.linked_apps.claims import Gathering
from eccs_backup.linked_apps.inventory import Evidence, Linked, join
from eccs_backup.linked_apps.mail.files import SavedMail
from eccs_backup.linked_apps.mail.judge import Judge

LEAST = 0.95


class Outcome(NamedTuple):
    """What came of a part: the services that were found and are there, and those that are not; mails by label."""

    found: dict[str, Linked]
    false: list[Linked]
    kinds: Counter[tuple[str, str]]
    """(what the label says, what was found), for each mail; "-" is nothing."""


@pytest.fixture(scope="module")
def outcomes() -> dict[Part, Outcome]:
    return {part: _outcome(part) for part in ("tuning", "final")}


@pytest.mark.parametrize("part", ["tuning", "final"])
def test_services(part: Part, outcomes: dict[Part, Outcome]) -> None:
    outcome, there = outcomes[part], services(part)
    recall = len(outcome.found) / len(there)
    precision = len(outcome.found) / (len(outcome.found) + len(outcome.false))
    print(f"\n{part}: {len(there)} services, recall {recall:.3f}, precision {precision:.3f}")
    _print_ways(outcome, there)
    _print_kinds(outcome.kinds)
    assert recall >= LEAST
    assert precision >= LEAST


@pytest.mark.parametrize("part", ["tuning", "final"])
def test_phishing_never_becomes_a_service(part: Part) -> None:
    judge, gathering = Judge([ME]), Gathering()
    forged = [mail for mail in mails(part) if mail.label["why_not"] == "phishing"]
    for mail in forged:
        saved = SavedMail("message 1", mail.raw)
        for claim in judge.claims(saved.head, saved.text, saved.source):
            gathering.add(claim)
    assert len(forged) > 20
    assert not join(Evidence("mail", each) for each in gathering.traces())


@pytest.mark.parametrize("why", ["personal", "forwarded", "university", "mailing-list", "bounce", "calendar", "google"])
@pytest.mark.parametrize("part", ["tuning", "final"])
def test_what_shows_no_account(part: Part, why: str, outcomes: dict[Part, Outcome]) -> None:
    kinds = outcomes[part].kinds
    wrong = sum(count for (label, found), count in kinds.items() if label == why and found != "-")
    assert wrong <= 0.05 * sum(count for (label, _), count in kinds.items() if label == why), kinds


def _outcome(part: Part) -> Outcome:
    judge, gathering, kinds = Judge([ME]), Gathering(), Counter[tuple[str, str]]()
    for mail in mails(part):
        saved = SavedMail(f"message {mail.label['id']}", mail.raw)
        claims = [*judge.claims(saved.head, saved.text, saved.source)]
        for claim in claims:
            gathering.add(claim)
        said = next((str(each.kind) for each in claims if each.alone), "-")
        kinds[mail.label["kind"] or mail.label["why_not"] or "", said] += 1
    linked = join(Evidence("mail", each) for each in gathering.traces())
    there = services(part)
    owners = {each.id: _owners(each, there) for each in linked}
    found = {domain: each for each in linked for domain in owners[each.id]}
    return Outcome(found, [each for each in linked if not owners[each.id]], kinds)


def _owners(linked: Linked, there: list[Service]) -> set[str]:
    """The services that one row stands for: the table may know two domains as one service."""
    shown = {(each.trace.domain, each.trace.name) for each in linked.evidence} | {(linked.domain, linked.name)}
    return {each.domain for each in there for domain, name in shown if each.answers_to(domain, name)}


def _print_ways(outcome: Outcome, there: list[Service]) -> None:
    for way in ("google", "registered", "grant", "newsletter"):
        meant = {each.domain for each in there if each.way == way}
        said = {domain for domain, linked in outcome.found.items() if linked.way == way}
        wrong = sum(linked.way == way for linked in outcome.false)
        right = len(meant & said)
        print(
            f"  {way:11} {len(meant):3}  recall {right / len(meant):.2f}  precision {right / (len(said) + wrong):.2f}"
        )


def _print_kinds(kinds: Counter[tuple[str, str]]) -> None:
    for kind in sorted({label for label, _ in kinds}):
        total = sum(count for (label, _), count in kinds.items() if label == kind)
        said = ", ".join(f"{found} {count}" for (label, found), count in kinds.most_common() if label == kind)
        print(f"  {kind:12} {total:3}: {said}")
