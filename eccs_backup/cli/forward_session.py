"""Whose forwarding one `forward` command is about, by which sign-in it is reached, and how much time there is."""

from __future__ import annotations

from collections.abc import Sequence

from eccs_backup.accounts import google, home, tokens
from eccs_backup.accounts.google_purposes import PURPOSES, READ, to_sign_in
from eccs_backup.errors import SignInNeeded, Unusable
from eccs_backup.forwarding import addresses
from eccs_backup.forwarding.mailbox import Mailbox
from eccs_backup.forwarding.talk import Talk
from eccs_backup.forwarding.watch import Watch
from eccs_backup.http import Hangup, Wire

FORWARD, FORWARD_ALL, SEND = "forward", "forward-all", "send"
GROUPS = (READ, FORWARD, FORWARD_ALL)
"""The sign-ins by which a mailbox's forwarding can be seen."""


class Session:
    """The account, its mailbox, and the person's time. `changes` says that settings are to be changed in it."""

    def __init__(self, named: str | None, others: Sequence[str], talk: Talk, seconds: float, *, changes: bool) -> None:
        self.talk = talk
        chosen = whose(named, others, talk)
        self.delegated = google.is_delegated(chosen, FORWARD_ALL)
        self._group = FORWARD_ALL if self.delegated else FORWARD if changes else _reading(chosen)
        held, self.account = google.account(chosen, scopes(self._group), group=self._group)
        wire = Wire(held)
        self.watch = Watch(Hangup(wire), seconds, talk)
        self.mailbox = Mailbox(wire, home.rehearsal(), self.watch)

    def other(self, account: str, group: str) -> tuple[Mailbox, str]:
        """The mailbox of a signed-in account, and its address. Raises SignInNeeded."""
        held, address = google.account(account, scopes(group), group=group)
        return Mailbox(Wire(held), home.rehearsal(), self.watch), address

    def changing(self) -> Mailbox:
        """The mailbox by a sign-in that may delete filters. Raises SignInNeeded, naming the account."""
        if self._group in (FORWARD, FORWARD_ALL):
            return self.mailbox
        if not google.is_saved(self.account, FORWARD):
            command = to_sign_in(FORWARD, self.account)
            raise self.talk.error(SignInNeeded, "filter-permission", account=self.account, command=command)
        return self.other(self.account, FORWARD)[0]


def whose(named: str | None, others: Sequence[str], talk: Talk) -> str | None:
    """The account that is meant; None when nobody is signed in.

    Signing in at the new address, for a test, makes that one the newest: it is not taken for the old one. `others` are
    the addresses that mail is to go to. Raises Unusable when several are left.
    """
    if named:
        return named
    held = [*dict.fromkeys(each.address for each in tokens.every(google.SERVICE) if each.group in GROUPS)]
    if len(held) < 2:
        return next(iter(held), None)
    taken = {addresses.mailbox(each) for each in others}
    left = [each for each in held if addresses.mailbox(each) not in taken]
    if len(left) != 1:
        raise talk.error(Unusable, "which-account", accounts=", ".join(left or held))
    talk.say("about", account=left[0])
    return left[0]


def signed_in(address: str, group: str) -> str | None:
    """The signed-in account whose mailbox that address leads into."""
    held = (each.address for each in tokens.every(google.SERVICE) if each.group == group)
    return next((each for each in held if addresses.mailbox(each) == addresses.mailbox(address)), None)


def scopes(group: str) -> tuple[str, ...]:
    """What a sign-in for that group has to allow."""
    return PURPOSES[group].scopes if group in PURPOSES else google.SCOPES["mail"]


def _reading(account: str | None) -> str:
    """The group of a sign-in that may see forwarding: that for changing it may, too."""
    return FORWARD if not google.is_saved(account, READ) and google.is_saved(account, FORWARD) else READ
