"""Whether messages that were under way when a run broke off have arrived: found out, never guessed."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterator

from eccs_backup.errors import Corrupt, ItemError, Unavailable
from eccs_backup.restore import headers, letters
from eccs_backup.restore.ledger import Ledger
from eccs_backup.restore.letters import Letter
from eccs_backup.restore.mailbox import Found, Mailbox, around, with_id
from eccs_backup.vault import Vault

_ON_TOP = re.compile(
    rb"(?:(?:Delivered-To|Received|X-Received|Return-Path|Received-SPF|Authentication-Results|ARC-[A-Za-z-]+|"
    rb"X-Google-[A-Za-z-]+|X-Gm-[A-Za-z-]+|Message-ID|Date):[^\n]*\n(?:[ \t][^\n]*\n)*)+",
    re.IGNORECASE,
)
"""Header fields that Gmail may put in front of a message that it takes in."""


def settle(mailbox: Mailbox, ledger: Ledger, vault: Vault, found: Collection[Letter]) -> None:
    """Decide about every message of `found`, all of them uncertain: the ledger has them as arrived or as absent.

    What was added to the mailbox since is compared with ours, by content. Raises Transient, Stop.
    """
    known = {placed.id for placed in ledger.done.values()}
    missing = {letter.id: letter for letter in found}
    others: list[Found] = []
    for id in dict.fromkeys(_candidates(mailbox, ledger, vault, found)):
        held = mailbox.fetch(id) if missing and id not in known else None
        if held and not _claim(held, missing, ledger):
            others.append(held)
    _claim_lengthened(others, missing, ledger, vault)
    for id in missing:
        ledger.absent(id)
    ledger.commit()


def _candidates(mailbox: Mailbox, ledger: Ledger, vault: Vault, found: Collection[Letter]) -> Iterator[str]:
    """What may be one of ours: all that was added since, or if Gmail forgot that, what a search finds."""
    if start := ledger.start:
        try:
            yield from list(mailbox.added(start))
            return
        except Unavailable:  # 404: too long ago
            pass
    for letter in found:
        yield from mailbox.search(_words(ledger, vault, letter))


def _words(ledger: Ledger, vault: Vault, letter: Letter) -> str:
    try:
        body = letters.body(vault, letter)
    except Corrupt:
        body = b""
    if name := headers.message_id(body):
        return with_id(name)
    dated = headers.date(body)
    return around(int(ledger.uncertain[letter.id] * 1000) if dated is None else dated)


def _claim(held: Found, missing: dict[str, Letter], ledger: Ledger) -> bool:
    """Whether it is one of ours, byte for byte; of several with the same bytes it is one."""
    digest = hashlib.sha256(held.body).hexdigest()
    for letter in missing.values():
        if letter.sha256 == digest:
            ledger.arrived(letter.id, held.placed, headers.is_redated(held.body, letter.date))
            del missing[letter.id]
            return True
    return False


def _claim_lengthened(others: list[Found], missing: dict[str, Letter], ledger: Ledger, vault: Vault) -> None:
    """Ours, with Gmail's own header fields in front, or with other line ends."""
    ends: dict[bytes, list[Letter]] = defaultdict(list)
    for letter in missing.values():
        try:
            ends[_lines(letters.body(vault, letter))].append(letter)
        except ItemError:
            continue
    for held in others:
        theirs = _lines(held.body)
        front = _ON_TOP.match(theirs)
        for ours, waiting in ends.items():
            at = len(theirs) - len(ours)
            if waiting and theirs.endswith(ours) and (at == 0 or (front and at in _breaks(theirs, front.end()))):
                letter = waiting.pop()
                ledger.arrived(letter.id, held.placed, headers.is_redated(ours, letter.date))
                del missing[letter.id]
                break


def _breaks(text: bytes, end: int) -> set[int]:
    """Where a line begins, up to `end`."""
    return {found.end() for found in re.finditer(rb"\n", text[:end])}


def _lines(body: bytes) -> bytes:
    return body.replace(b"\r\n", b"\n")
