"""The labelled mails: enough of them, of both languages, whole, and in two parts that do not share their wording."""

from __future__ import annotations

import email
from collections import Counter
from email import policy
from email.utils import parseaddr

import pytest
from corpus import Mail, Part, mails, services

from eccs_backup.linked_apps.claims import Kind
from eccs_backup.linked_apps.domains import registrable
from eccs_backup.linked_apps.inventory import Way

PARTS: tuple[Part, Part] = ("tuning", "final")
WHY_NOT = {
    "personal", "mailing-list", "phishing", "forwarded", "calendar", "bounce", "university", "cold-spam", "google",
}  # fmt: skip
KINDS = {Kind.SIGN_UP, Kind.RESET, Kind.SECURITY, Kind.RECEIPT, Kind.NOTICE, Kind.NEWSLETTER, Kind.GRANT, Kind.SIGN_IN}


def test_enough() -> None:
    every = [each for part in PARTS for each in mails(part)]
    assert len(every) >= 600
    assert len({each.domain for part in PARTS for each in services(part)}) >= 120
    languages = Counter(each.label["lang"] for each in every)
    assert min(languages["ja"], languages["en"]) >= 0.4 * len(every)
    assert {each.label["why_not"] for each in every} - {None} == WHY_NOT
    assert {each.label["kind"] for each in every} - {None} == {str(each) for each in KINDS}


@pytest.mark.parametrize("part", PARTS)
def test_large_parts(part: Part) -> None:
    assert len(list(mails(part))) >= 250
    assert {each.way for each in services(part)} == {str(each) for each in Way}


@pytest.mark.parametrize("part", PARTS)
def test_labels(part: Part) -> None:
    known = {each.domain for each in services(part)}
    assert len(known) == len(services(part))
    for each in mails(part):
        label = each.label
        assert set(label) == {"id", "service", "kind", "why_not", "lang"}
        assert (label["service"] is None) == (label["kind"] is None) == (label["why_not"] in WHY_NOT), label
        assert label["service"] is None or label["service"] in known, label
        assert label["kind"] is None or label["kind"] in KINDS, label
    for service in services(part):
        assert all(each == registrable(each) for each in (service.domain, *service.also)), service
        assert service.name, service


@pytest.mark.parametrize("part", PARTS)
def test_verdicts_follow_from_kinds(part: Part) -> None:
    kinds: dict[str | None, set[str | None]] = {}
    for each in mails(part):
        kinds.setdefault(each.label["service"], set()).add(each.label["kind"])
    for service in services(part):
        found = kinds[service.domain]
        if service.way == Way.GOOGLE:
            assert Kind.SIGN_IN in found, service
            assert not found & {Kind.RESET, Kind.RECEIPT}, service
        elif service.way in (Way.GRANT, Way.NEWSLETTER):
            assert found == {str(service.way)}, service
        else:
            assert found & {Kind.SIGN_UP, Kind.RESET, Kind.SECURITY, Kind.RECEIPT, Kind.NOTICE}, service


@pytest.mark.parametrize("part", PARTS)
def test_every_mail_parses(part: Part) -> None:
    for each in mails(part):
        read = email.message_from_bytes(each.raw, policy=policy.default)
        assert not read.defects, each.label
        assert read["From"], each.label
        assert read["Subject"] is not None, each.label
        assert read["Date"], each.label
        assert read["Message-ID"], each.label
        body = read.get_body(("plain", "html"))
        assert body is not None, each.label
        text = body.get_content()
        assert text.strip(), each.label
        assert "\ufffd" not in text, each.label
        assert max(map(len, each.raw.splitlines())) < 2_000, each.label


def test_parts_share_no_wording() -> None:
    assert len(_heads(PARTS[0])) == len(list(mails(PARTS[0])))
    assert not _heads(PARTS[0]) & _heads(PARTS[1])


def test_same_again() -> None:
    assert [each.raw for each in mails("tuning")] == [each.raw for each in mails("tuning")]
    assert len({each.label["id"] for part in PARTS for each in mails(part)}) == sum(len(list(mails(p))) for p in PARTS)


def _heads(part: Part) -> set[tuple[str, str]]:
    return {
        _head(each) for each in mails(part) if each.label["why_not"] != "google" and each.label["kind"] != "grant"
    } | {
        (each.label["id"] or "", "")
        for each in mails(part)
        if each.label["why_not"] == "google" or each.label["kind"] == "grant"
    }


def _head(each: Mail) -> tuple[str, str]:
    read = email.message_from_bytes(each.raw, policy=policy.default)
    return str(read["Subject"]), parseaddr(str(read["From"]))[1]
