"""Gmail's prices, found out in simulated time against the practice service's own bucket, and what an export costs."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_mail import GET, LIST, calls, check_true, clear, export

from conftest import signed_in
from eccs_backup import vault
from eccs_backup.catalogue import ManifestCatalogue
from eccs_backup.rehearsal.mail.plain import plain_mail
from eccs_backup.rehearsal.mail.prices import MailQuota
from eccs_backup.rehearsal.server import serve
from eccs_backup.sources.gmail.quota import AUTO, Quota
from practice import Student

WORKERS = 10


class Clock:
    """Time that passes only when it is set; what somebody would have slept is kept."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept = 0.0

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


def fetch(prices: str, count: int, latency: float, table: str = AUTO) -> tuple[Quota, MailQuota, float]:
    """`count` messages by ten workers, each waiting `latency` seconds for an answer; the seconds that it took."""
    clock = Clock()
    ours = Quota(table, clock=clock.time, sleep=clock.sleep)
    service = MailQuota(prices, clock=clock.time)
    start, left = clock.now, count
    events = [(clock.now, worker, "spend") for worker in range(WORKERS)]
    while events:
        clock.now, worker, what = heapq.heappop(events)
        if what == "spend":
            if not left:
                continue
            left -= 1
            clock.slept = 0.0
            ours.spend("get")
            heapq.heappush(events, (clock.now + clock.slept + latency / 2, worker, "arrive"))
        elif what == "arrive":
            taken = service.charge("me", GET)
            heapq.heappush(events, (clock.now + latency / 2, worker, "taken" if taken else "refused"))
        else:
            pause = 0.0
            if what == "refused":
                ours.refused(None)
                left, pause = left + 1, 1.0
            heapq.heappush(events, (clock.now + pause, worker, "spend"))
    return ours, service, clock.now - start


@pytest.mark.parametrize("latency", [0.02, 0.1, 0.3, 0.8])
def test_todays_prices_are_found_with_few_refusals(latency: float) -> None:
    ours, service, took = fetch("2026", 5_000, latency)
    assert ours.found == "2026"
    assert service.refused <= 2 * WORKERS
    assert took < (5_000 - 300) / 300 * 60 * 1.06


@pytest.mark.parametrize("latency", [0.02, 0.1, 0.2])
def test_the_older_prices_are_found_and_used(latency: float) -> None:
    ours, service, took = fetch("older", 30_000, latency)
    assert ours.found == "older"
    assert service.refused <= 2 * WORKERS
    assert took < max((30_000 - 3_000) / 3_000 * 60, 30_000 / WORKERS * latency) * 1.1 + 30


@pytest.mark.parametrize("prices", ["2026", "older"])
def test_known_prices_are_never_outrun(prices: str) -> None:
    ours, service, took = fetch(prices, 10_000, 0.05, prices)
    assert service.refused == 0
    per_minute = 300 if prices == "2026" else 3_000
    assert took < 10_000 / per_minute * 60 * 1.02
    assert ours.found == prices


def test_a_slow_network_finds_out_nothing() -> None:
    ours, service, _ = fetch("older", 2_000, 3.0)  # less than today's prices allow
    assert ours.found is None
    assert service.refused == 0


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Student]:
    """A practice account with 2,000 messages, by the older prices."""
    with serve(plain_mail(2_000, 900), mail_quota=MailQuota("older")) as server:
        yield signed_in(server, tmp_path / "home", monkeypatch)


def noted(out: Path) -> object:
    with vault.reading(out) as place:
        row = ManifestCatalogue(place.manifest, "mail").get("quota", "table")
    return row.description["name"] if row else None


def test_what_was_found_out_is_remembered(older: Student, out: Path) -> None:
    assert export(older, out)["whole"]
    assert noted(out) == "older"
    assert older.server.mail_quota.refused == 0
    check_true(older, out)
    result = older.run("mail-export", out, "--road", "api", "--dry-run")
    assert result.exit_code == 0
    clear(older)
    assert export(older, out)["whole"]
    assert noted(out) == "older"


def test_what_the_person_says_is_not_remembered(tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(plain_mail(50, 900)) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        assert export(student, out, "--quota", "older")["whole"]
        assert noted(out) is None


def test_two_thousand_messages_cost_what_they_must(tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(plain_mail(2_000, 900), mail_quota=MailQuota(limits=False)) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        clear(student)
        assert export(student, out, "--quota", "none")["whole"]
        state = server.mail_quota.state()
        print(state)
        assert calls(student) == 2_000
        assert calls(student, LIST) == 4
        assert server.mail_quota.spent / 2_000 <= 20.1
        assert state["too_many"] == 0
        assert isinstance(state["most"], int)
        assert state["most"] <= WORKERS


def test_ten_at_once_and_never_more(tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(plain_mail(500, 900), mail_quota=MailQuota(limits=False), latency=0.02) as server:
        student = signed_in(server, tmp_path / "home", monkeypatch)
        server.gmail.strict_batches = True
        assert export(student, out, "--quota", "none")["whole"]
        assert server.mail_quota.too_many == 0
        assert server.mail_quota.most == WORKERS
