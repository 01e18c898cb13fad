"""Which message of the new mailbox is which of ours: told by their bytes, and where those are equal by their labels."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from eccs_backup.errors import ItemError
from eccs_backup.restore import headers, letters
from eccs_backup.restore.labels import Labels
from eccs_backup.restore.ledger import Ledger
from eccs_backup.restore.letters import Letter
from eccs_backup.restore.mailbox import Found
from eccs_backup.vault import Vault

_ON_TOP = re.compile(
    rb"(?:(?:Delivered-To|Received|X-Received|Return-Path|Received-SPF|Authentication-Results|ARC-[A-Za-z-]+|"
    rb"X-Google-[A-Za-z-]+|X-Gm-[A-Za-z-]+|Message-ID|Date):[^\n]*\n(?:[ \t][^\n]*\n)*)+",
    re.IGNORECASE,
)
"""Header fields that Gmail may put in front of a message that it takes in."""


class Sorting(NamedTuple):
    """What is needed to tell messages apart; `threads` are the new conversations of the old ones."""

    vault: Vault
    ledger: Ledger
    labels: Labels
    threads: Mapping[str, str]

    def claim(self, held: Iterable[Found | None], wanted: Iterable[Letter]) -> None:
        """Write to the ledger which of `wanted` are among `held`, and that the others are absent. Raises Stop."""
        missing = {letter.id: letter for letter in wanted}
        digests = {letter.sha256 for letter in missing.values()}
        same: dict[str, list[Found]] = defaultdict(list)
        others: list[Found] = []
        for each in held:
            if each is not None and (digest := hashlib.sha256(each.body).hexdigest()) in digests:
                same[digest].append(each._replace(body=headers.head(each.body)))
            elif each is not None:
                others.append(each)
        for digest, twins in same.items():
            self._claim_twins(twins, [each for each in missing.values() if each.sha256 == digest], missing)
        self._claim_lengthened(others, missing)
        for id in missing:
            self.ledger.absent(id)
        self.ledger.commit()

    def _claim_twins(self, held: list[Found], ours: list[Letter], missing: dict[str, Letter]) -> set[str]:
        """Messages with the same bytes: those belong together that differ by the fewest labels, then by no thread.

        Returns the ids, over there, of those that are taken.
        """
        pairs = sorted(
            (self._difference(there, letter), at, number)
            for at, letter in enumerate(ours)
            for number, there in enumerate(held)
        )
        taken: set[int] = set()
        for _, at, number in pairs:
            if ours[at].id in missing and number not in taken:
                taken.add(number)
                self._arrived(missing.pop(ours[at].id), held[number])
        return {held[number].placed.id for number in taken}

    def _difference(self, there: Found, letter: Letter) -> tuple[int, bool]:
        labels = len(there.labels.symmetric_difference(self.labels.ids(letter)))
        return labels, self.threads.get(letter.thread, there.placed.thread) != there.placed.thread

    def _claim_lengthened(self, others: list[Found], missing: dict[str, Letter]) -> None:
        """Ours, with Gmail's own header fields in front, or with other line ends."""
        ends: dict[bytes, list[Letter]] = defaultdict(list)
        for letter in missing.values() if others else ():
            try:
                ends[_lines(letters.body(self.vault, letter))].append(letter)
            except ItemError:
                continue
        left = {each.placed.id: each._replace(body=_lines(each.body)) for each in others}
        for ours in sorted(ends, key=len, reverse=True):  # the longest first: it may end with a shorter one
            twins = [each for each in left.values() if _is_lengthened(each.body, ours)]
            lean = [each._replace(body=headers.head(ours)) for each in twins]
            for id in self._claim_twins(lean, ends[ours], missing):
                del left[id]

    def _arrived(self, letter: Letter, there: Found) -> None:
        self.ledger.arrived(letter.id, there.placed, headers.is_redated(there.body, letter.date))


def _is_lengthened(theirs: bytes, ours: bytes) -> bool:
    """Whether `theirs` is `ours` behind nothing but whole header fields of Gmail's."""
    at = len(theirs) - len(ours)
    if not theirs.endswith(ours):
        return False
    front = _ON_TOP.match(theirs)
    return at == 0 or (front is not None and at <= front.end() and theirs[at - 1 : at] == b"\n")


def _lines(body: bytes) -> bytes:
    return body.replace(b"\r\n", b"\n")
