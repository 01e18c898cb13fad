"""Pauses, and what the service asks for."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from eccs_backup.errors import Halted, Transient
from eccs_backup.http import retry_after
from eccs_backup.retry import Halt, Patience, patiently

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", None),
        ("3", 3.0),
        ("0.5", 0.5),
        ("-1", 0.0),
        ("Sun, 22 Nov 2026 12:00:10 GMT", 10.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("2026-11-22T12:00:20Z", 20.0),
        ("2026-11-22T12:00:20", 20.0),
        ("2026-11-22T21:00:20+09:00", 20.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": header}, NOW) == seconds


def test_pauses_double_up_to_the_ceiling() -> None:
    pauses: list[float] = []
    patience = Patience(attempts=9, base=1, ceiling=30, sleep=pauses.append, jitter=lambda: 0.5)
    with pytest.raises(Transient):
        patiently(_down, patience)
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]


def test_the_services_delay_wins() -> None:
    pauses: list[float] = []
    patience = Patience(attempts=2, base=1, sleep=pauses.append, jitter=lambda: 0.5)
    patience.wait_or_raise(Transient("busy", after=12))
    assert pauses == [12]


def test_progress_restores_patience() -> None:
    patience = Patience(attempts=2, sleep=lambda seconds: None)
    for _ in range(10):
        patience.wait_or_raise(Transient("cut"))
        patience.restore()


def _down() -> None:
    raise Transient("down")


def test_a_service_that_asks_for_an_hour_is_not_waited_for() -> None:
    with pytest.raises(Transient):
        Patience(sleep=lambda seconds: pytest.fail("waited")).wait_or_raise(Transient("busy", after=3600))


def test_a_halt_ends_every_waiting() -> None:
    halt = Halt()
    threading.Timer(0.05, halt.set).start()
    with pytest.raises(Halted):
        halt.sleep(60)
    with pytest.raises(Halted):
        halt.check()
