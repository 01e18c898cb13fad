"""Is an address refused that is none, that leads back, or that ends as well - before anything is changed?"""

from __future__ import annotations

import pytest
from forward_account import FIXTURE, OLD, OTHER, SHORT, TO, Account

from eccs_backup.errors import Unusable
from eccs_backup.forwarding import checks
from eccs_backup.forwarding.steps import ALL_MAIL, Filter, Standing

ACCOUNT = FIXTURE
ECCS = "1234567890@g.ecc.u-tokyo.ac.jp"
PRIVATE = "me@example.com"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (PRIVATE, PRIVATE),
        ("  me@Example.COM \n", PRIVATE),
        ("花子@例え.jp", "花子@例え.jp"),
        ("me+eccs@example.com", "me+eccs@example.com"),
    ],
)
def test_addresses(typed: str, expected: str) -> None:
    assert checks.destination(typed) == expected


@pytest.mark.parametrize(
    "typed",
    ["", " ", "nonsense", "me@", "@example.com", "me@example", "a b@example.com", "a@example.com, b@example.com",
     "Me <me@example.com>", "me@example.com;", "me@exa mple.com", "me@@example.com"],
)  # fmt: skip
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(Unusable, match="is not a mail address") as caught:
        checks.destination(typed)
    assert "name@example.com" in caught.value.hint


@pytest.mark.parametrize(
    ("to", "account", "aliases"),
    [
        (OLD, OLD, []),
        (OLD.upper(), OLD, []),
        (OLD.replace("@", "+x@"), OLD, []),
        ("f.i.r.s.t@gmail.com", "first@gmail.com", []),
        ("first+x@googlemail.com", "first@gmail.com", []),
        ("hanako@phys.example.ac.jp", OLD, [OLD, "hanako@phys.example.ac.jp"]),
        ("Hanako+1@phys.example.ac.jp", OLD, ["hanako@phys.example.ac.jp"]),
    ],
)
def test_the_same_mailbox(to: str, account: str, aliases: list[str]) -> None:
    for stays in (False, True):
        with pytest.raises(Unusable, match="this very mailbox"):
            checks.fits(to, account, aliases, same_institution=stays)


@pytest.mark.parametrize(
    ("to", "account"),
    [
        ("other@g.ecc.u-tokyo.ac.jp", ECCS),
        ("other@phys.s.u-tokyo.ac.jp", ECCS),
        ("other@U-TOKYO.ac.jp", ECCS),
        ("friend@g.example.ac.jp", OLD),
        ("friend@G.Example.ac.jp", OLD),
        ("friend@lab.g.example.ac.jp", OLD),
    ],
)
def test_the_same_institution(to: str, account: str) -> None:
    with pytest.raises(Unusable, match="may end as well") as caught:
        checks.fits(to, account, [])
    assert "--same-institution" in caught.value.hint
    checks.fits(to, account, [], same_institution=True)


@pytest.mark.parametrize(("to", "account"), [(PRIVATE, ECCS), (PRIVATE, OLD), ("x@not-u-tokyo.ac.jp", ECCS),
     ("friend@gmail.com", "me@gmail.com"), ("friend@googlemail.com", "me@googlemail.com")],
)  # fmt: skip
def test_what_is_fit(to: str, account: str) -> None:
    checks.fits(to, account, [account])


def test_a_destination_that_forwards_back() -> None:
    on = Standing({OLD: "accepted"}, True, OLD.upper(), "archive")
    by_filter = Standing({OLD: "accepted"}, filters=(Filter("f", dict(ALL_MAIL[0]), OLD),))
    for back in (on, by_filter):
        with pytest.raises(Unusable, match="round and round"):
            checks.leads_on(TO, OLD, [], back)
    for back in (Standing(), Standing({OTHER: "accepted"}, True, OTHER), Standing(blocked=True)):
        checks.leads_on(TO, OLD, [], back)


def test_a_loop_between_two_signed_in_accounts(account: Account) -> None:
    account.sign_in("--account", TO)
    account.new.settings |= {"forwardingAddresses": {}, "filters": {}}
    account.hand.add_by_hand(TO, OLD)
    account.hand.accept(TO, OLD)
    account.hand.switch_on(TO, OLD)
    result = account.run("--yes", *SHORT)
    assert result.exit_code == 2
    assert "round and round" in result.stderr
    assert f"forward --stop --account {TO}" in result.stderr
    assert not account.changes()
    account.hand.switch_off(TO)
    assert account.run("--yes", *SHORT).exit_code == 3  # now it waits for the person


def test_a_destination_whose_sign_in_has_ended_is_no_reason_to_refuse(account: Account) -> None:
    account.sign_in("--account", TO)
    account.on()
    account.new.settings["autoForwarding"] = {"enabled": "perhaps"}
    assert account.run(*SHORT).exit_code == 0


def test_aliases_and_addresses_with_a_mailbox_of_their_own(account: Account) -> None:
    own = {"sendAsEmail": OLD, "isPrimary": True}
    alias = {"sendAsEmail": "hanako@alias.example.jp", "verificationStatus": "accepted"}
    server = {"host": "smtp.example.com", "port": 587}
    elsewhere = {"sendAsEmail": TO, "verificationStatus": "accepted", "smtpMsa": server}
    gmail = {"sendAsEmail": "hanako@gmail.com", "verificationStatus": "accepted"}
    account.box.settings["sendAs"] = {"sendAs": [own, alias, elsewhere, gmail]}
    account.on()
    assert account.run(*SHORT).exit_code == 0
    account.on("hanako@gmail.com")
    assert account.run(*SHORT, to="hanako@gmail.com").exit_code == 0
    result = account.run(*SHORT, to="Hanako@alias.example.jp")
    assert result.exit_code == 2
    assert "this very mailbox" in result.stderr
    for to in ("nonsense", f"friend@{OLD.partition('@')[2]}"):
        assert account.run("--yes", *SHORT, to=to).exit_code == 2
    assert not account.changes()


@pytest.mark.parametrize("to", ["hanako@docomo.ne.jp", "hanako@EZWEB.ne.jp", "hanako@t.vodafone.ne.jp"])
def test_a_provider_known_to_refuse(to: str) -> None:
    doubted = checks.refuses(to)
    assert doubted is not None
    assert doubted.source.startswith("http")


@pytest.mark.parametrize("to", [PRIVATE, TO, "hanako@notdocomo.ne.jp", "hanako@docomo.ne.jp.example.com"])
def test_a_provider_that_is_not_known_to_refuse(to: str) -> None:
    assert checks.refuses(to) is None


def test_a_provider_known_to_refuse_needs_a_yes(account: Account) -> None:
    carrier = "hanako@docomo.ne.jp"
    account.on(carrier)
    result = account.run(*SHORT, to=carrier)
    assert result.exit_code == 2
    assert "turn forwarded mail away as forged" in result.stderr
    assert not account.changes()
    result = account.run(*SHORT, "--yes", "--language", "ja", to=carrier)
    assert result.exit_code == 0
    assert "携帯電話会社のメール" in result.stderr
