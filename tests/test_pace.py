"""The bucket against a service's own, in simulated time."""

from __future__ import annotations

import pytest

from eccs_backup.pace import Bucket, Pace

PACE = Pace(workers=24, lanes=8, units_per_minute=60_000, prices={"get": 200})


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bucket(clock: Clock) -> Bucket:
    return Bucket(PACE, clock=clock.time, sleep=clock.sleep)


def test_a_minutes_units_at_once_then_evenly(bucket: Bucket, clock: Clock) -> None:
    burst = round(300 - Bucket.LAG * 5)
    for _ in range(burst):
        bucket.spend("get")
    assert clock.now == pytest.approx(100.0, abs=0.2)
    for _ in range(300):
        bucket.spend("get")
    assert clock.now == pytest.approx(160.0, abs=0.2)


@pytest.mark.parametrize("idle", [0, 5, 300])
def test_it_never_outruns_a_bucket_that_learns_of_us_later(bucket: Bucket, clock: Clock, idle: float) -> None:
    units, filled, way = 60_000.0, 100.0, 0.2
    for number in range(2_000):
        if number == 3:
            clock.now += idle
        bucket.spend("get")
        arrived = clock.now + way * (number > 3)  # the first requests are quick, the later ones slow, or the reverse
        units = min(60_000.0, units + (arrived - filled) * 1_000) - 200
        filled = arrived
        assert units >= 0


def test_a_refusal_waits_as_long_as_was_asked(bucket: Bucket, clock: Clock) -> None:
    bucket.spend("get")
    bucket.refused(after=7)
    bucket.spend("get")
    assert clock.now - 100 >= 7


def test_a_single_refusal_leaves_the_rate(bucket: Bucket, clock: Clock) -> None:
    bucket.spend("get")
    for _ in range(3):
        bucket.refused()
        clock.now += Bucket.PATIENCE + 1
    assert bucket.rate == 1_000


def test_refusals_of_one_moment_count_once(bucket: Bucket, clock: Clock) -> None:
    bucket.spend("get")
    bucket.refused()
    clock.now += 1
    for _ in range(24):
        bucket.refused()
    assert bucket.rate == pytest.approx(1_000 * Bucket.FALL)


def test_the_rate_climbs_back(bucket: Bucket, clock: Clock) -> None:
    bucket.spend("get")
    for _ in range(3):
        bucket.refused()
        clock.now += 1
    assert bucket.rate < 1_000
    for _ in range(10):
        clock.now += Bucket.PATIENCE + 1
        bucket.spend("get")
    assert bucket.rate == 1_000


def test_the_rate_never_falls_to_nothing(bucket: Bucket, clock: Clock) -> None:
    for _ in range(500):
        clock.now += 1
        bucket.refused()
    assert bucket.rate == 20


def test_a_refusal_for_hours_does_not_stop_everybody_for_hours(bucket: Bucket, clock: Clock) -> None:
    bucket.spend("get")
    bucket.refused(after=7200)
    bucket.spend("get")
    assert clock.now - 100 <= Bucket.LONGEST + 1
