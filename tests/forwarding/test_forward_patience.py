"""Does trouble on the way end nothing, does the person's time limit hold, and is there no loop without an end?"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from forward_account import FIXTURE, LONG, OLD, SHORT, TO, Account

from eccs_backup.errors import Halted, Transient
from eccs_backup.forwarding.mailbox import Mailbox
from eccs_backup.forwarding.steps import Standing
from eccs_backup.forwarding.talk import Talk
from eccs_backup.forwarding.watch import Watch
from eccs_backup.messages import Voice
from eccs_backup.rehearsal.faults import Fault
from eccs_backup.retry import Halt

ACCOUNT = FIXTURE
DOWN = Fault(status=503)


def flapping(account: Account) -> None:
    """Gmail says by turns that the address is accepted, and that it is not."""
    account.hand.add_by_hand(OLD, TO)
    look, looks = account.hand.look, [0]

    def looking(question: object) -> None:
        look(question)  # type: ignore[arg-type]
        looks[0] += 1
        for row in account.box.settings["forwardingAddresses"]["forwardingAddresses"]:  # type: ignore[index, call-overload, union-attr]
            row["verificationStatus"] = "accepted" if looks[0] // 2 % 2 else "pending"  # type: ignore[index, call-overload]

    account.hand.look = looking  # type: ignore[method-assign]


def test_answers_that_change_to_and_fro_come_to_an_end(account: Account) -> None:
    flapping(account)
    result = account.run(*LONG)
    assert result.exit_code == 3, result.output
    assert "keeps changing" in result.stderr
    assert result.stderr.count("Waiting") <= 12


@pytest.mark.parametrize(("restless", "most"), [(True, 13), (False, 3)])
def test_and_gmail_is_not_asked_without_a_pause(account: Account, restless: bool, most: int) -> None:
    if restless:
        flapping(account)
    account.server.log.clear()
    began = time.monotonic()
    words = ["forward", "--to", TO, "--account", OLD, "--no-browser", "--time-limit", "3"]
    done = subprocess.run(
        [sys.executable, "-m", "eccs_backup", *words], env=os.environ, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 3, done.stderr
    assert time.monotonic() - began < 20
    assert len([seen for seen in account.server.log if seen.path.startswith("/batch/")]) <= most


def test_trouble_while_the_person_is_busy_is_waited_out(account: Account) -> None:
    account.hand.add_by_hand(OLD, TO)
    account.server.faults.add("batch", None, None, *[DOWN] * 12)
    account.hand.accept(OLD, TO, after_polls=3)
    account.hand.switch_on(OLD, TO, after_polls=3)
    result = account.run("--time-limit", "600")
    assert result.exit_code == 0, result.output
    assert result.stderr.count("Gmail cannot be asked just now") == 1


def test_trouble_until_the_end_is_named(account: Account) -> None:
    account.hand.add_by_hand(OLD, TO)
    account.server.faults.add("batch", None, *[DOWN] * 3000)
    result = account.run(*SHORT)
    assert result.exit_code == 3
    assert "HTTP 503" in result.stderr.partition("Error: ")[2]
    assert "Run the same command again at any time" in result.stderr
    assert "is not accepted yet" not in result.stderr  # nobody knows


def test_a_pause_that_google_asks_for(account: Account) -> None:
    account.on()
    account.server.faults.add("batch", Fault(status=503, headers={"Retry-After": "20"}))
    began = time.monotonic()
    result = account.run(*SHORT)
    assert result.exit_code == 3
    assert "asks for a pause of 20 seconds" in result.stderr
    assert time.monotonic() - began < 5
    account.server.faults.add("batch", Fault(status=503, headers={"Retry-After": "20"}))
    result = account.run(*LONG)
    assert result.exit_code == 0
    assert "going on in 20 seconds" in result.stderr


class Watched:
    """A clock that only sleeping moves."""

    def __init__(self, seconds: float) -> None:
        self.now, self.slept, self.told = 0.0, [], []  # type: ignore[var-annotated]
        halt = Halt()
        halt.sleep = self.sleep  # type: ignore[method-assign]
        talk = Talk(Voice("forward", "en"), self.told.append, lambda sentence: True)
        self.watch = Watch(halt, seconds, talk, clock=lambda: self.now)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_pauses_end_with_the_persons_time() -> None:
    found = Watched(10)
    found.watch.sleep(6)
    assert not found.told
    found.watch.rest(6)
    assert found.slept == [6, 4]
    found.watch.sleep(1)
    with pytest.raises(Transient) as caught:
        found.watch.sleep(9)
    assert caught.value.after == 9
    found.watch.start()
    found.watch.sleep(9)
    assert found.slept == [6, 4, 0, 9]
    assert "9 seconds" in found.told[0]


def test_the_time_of_a_step_does_not_begin_again() -> None:
    found = Watched(10)
    found.watch.start("a")
    found.watch.rest(7)
    found.watch.start("b")
    found.watch.rest(5)
    found.watch.start("a")
    assert found.watch.left() == 0
    found.watch.start("b")
    assert found.watch.left() == 5
    found.watch.start()
    assert found.watch.left() == 10


def stale(monkeypatch: pytest.MonkeyPatch, shown: Callable[[int, Standing], Standing | None]) -> list[int]:
    """What Gmail shows at the n-th look, from 1 on, if it is not what is true; how many looks there were."""
    real, looks = Mailbox.standing, [0]

    def standing(self: Mailbox) -> Standing:
        looks[0] += 1
        true = real(self)
        return shown(looks[0], true) or true

    monkeypatch.setattr(Mailbox, "standing", standing)
    return looks


def test_what_was_set_may_be_shown_later(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.delegate()
    account.accepted()
    stale(monkeypatch, lambda number, true: Standing({TO: "accepted"}) if number < 4 else None)
    result = account.run("--yes", *LONG)
    assert result.exit_code == 0, result.output
    assert [seen.method for seen in account.changes()] == ["PUT"]


def test_what_is_never_shown_is_not_set_again_and_again(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.delegate()
    account.accepted()
    stale(monkeypatch, lambda number, true: Standing({TO: "accepted"}))
    result = account.run("--yes", *LONG)
    assert result.exit_code == 3
    assert "does not show what was set" in result.stderr
    assert [seen.method for seen in account.changes()] == ["PUT"]


def test_one_stale_look_is_no_cancellation(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.hand.add_by_hand(OLD, TO)
    account.hand.accept(OLD, TO, after_polls=5)
    account.hand.switch_on(OLD, TO, after_polls=1)
    stale(monkeypatch, lambda number, true: Standing() if number == 3 else None)
    assert account.run(*LONG).exit_code == 0


@pytest.mark.parametrize("late", [2, 100])
def test_forwarding_that_was_switched_off_is_looked_at(
    account: Account, monkeypatch: pytest.MonkeyPatch, late: int
) -> None:
    account.delegate()
    account.on()
    on = Standing({TO: "accepted"}, True, TO, "leaveInInbox")
    stale(monkeypatch, lambda number, true: on if number <= 2 + late else None)
    result = account.run("--stop", "--yes")
    assert result.exit_code == (0 if late == 2 else 3), result.output
    assert ("nothing is forwarded any more" in result.stdout) is (late == 2)
    assert ("does not show what was set" in result.stderr) is (late == 100)


def test_interrupted_while_the_destination_is_asked(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.sign_in("--account", TO)
    account.on()

    def halted(number: int, true: Standing) -> None:
        if number == 1:
            raise Halted("Interrupted.")

    stale(monkeypatch, halted)
    assert account.run(*SHORT).exit_code == 130


def test_the_practice_page_is_the_one_that_is_named(account: Account) -> None:
    result = account.run(*SHORT)
    assert f"{account.server.url}/mail/u/?authuser=" in result.stderr
    assert "https://mail.google.com" not in result.stderr
    account.hand.add_by_hand(OLD, TO)
    result = account.run(*SHORT)  # also where the code is to be typed
    assert f"{account.server.url}/mail/u/?authuser=" in result.stderr
    assert "remove the address on the settings page" in result.stderr
