"""The balance: what was listed against what is saved, explained, or left out by choice."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field

from eccs_backup.manifest import Listing, Manifest
from eccs_backup.model import Kind, Proof, State

EXPORTS = "takeout"
"""The source whose items are parts of archives and what is in them."""


@dataclass
class Balance:
    """One source's account of every listed item; `bytes` are those on the disk.

    `listed` was counted while listing, everything else is counted from the rows: a lost row shows.
    `kept` files are held although the newest listing does not show them; `vanished` things were listed once, never
    saved, and are listed no more.
    """

    source: str
    account: str
    listing: Listing
    saved: int = 0
    bytes: int = 0
    proofs: Counter[Proof] = field(default_factory=Counter)
    explained: Counter[Kind] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    pending: int = 0
    kept: int = 0
    vanished: int = 0

    @property
    def listed(self) -> int | None:
        """How many things the service listed; None when the listing did not finish."""
        return self.listing.listed

    @property
    def whole(self) -> bool:
        """Whether listed = saved + explained + left out, and nothing failed or waits."""
        if self.failed or self.pending:
            return False
        return self.listed == self.saved + self.explained.total() + self.left_out.total()

    @property
    def verdict(self) -> str:
        """One sentence: may this source be lost?"""
        if self.source == EXPORTS:
            return self._of_exports()
        if self.listed is None:
            return "Not safe to lose: the listing did not finish. Run the export again."
        if not self.whole:
            missing = self.listed - self.saved - self.explained.total() - self.left_out.total()
            be = "is" if missing == 1 else "are"
            return f"Not safe to lose: {missing:,} of {self.listed:,} {be} missing. Run the export again."
        if self.left_out:
            return "Safe to lose, but for what was left out: that will be lost with the account."
        return "Safe to lose: everything listed is saved or explained."

    def _of_exports(self) -> str:
        """Archives tell nothing of the account: what is in the parts is whole, or not."""
        if self.listed is None:
            return "The import did not finish. Run it again."
        if not self.whole:
            missing = self.listed - self.saved - self.explained.total() - self.left_out.total()
            return f"Not whole: {missing:,} of {self.listed:,} missing. Import the parts that are named."
        return "Whole: everything in the parts of the export is saved or explained."

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "source": self.source, "account": self.account, "whole": self.whole, "listed": self.listed,
            "saved": self.saved, "proofs": dict(self.proofs), "bytes": self.bytes, "explained": dict(self.explained),
            "left_out": dict(self.left_out), "failed": self.failed, "pending": self.pending, "kept": self.kept,
            "vanished": self.vanished,
            "choices": json.loads(self.listing.choices), "verdict": self.verdict,
        }  # fmt: skip


def of(manifest: Manifest, source: str) -> Balance | None:
    """The balance of a source by its newest listing; None when it was never listed."""
    listing = manifest.last_listing(source)
    if listing is None:
        return None
    balance = Balance(source, manifest.account(source) or "", listing)
    for shown, state, kind, reason, proof, number, size in manifest.counts(source):
        if not shown:
            if state is State.SAVED:
                balance.kept += number
            elif state in (State.PENDING, State.FAILED):
                balance.vanished += number
            continue
        if state is State.SAVED:
            balance.saved += number
            balance.bytes += size
            balance.proofs[proof] += number
        elif state is State.EXPLAINED:
            balance.explained[kind or Kind.REFUSED] += number
        elif state is State.LEFT_OUT:
            balance.left_out[reason or ""] += number
        elif state is State.FAILED:
            balance.failed += number
        else:
            balance.pending += number
    return balance
