"""Whether messages are in the new mailbox already: those under way when a run broke off, and those of other runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import NamedTuple

from eccs_backup.errors import Corrupt, Unavailable
from eccs_backup.restore import headers, letters
from eccs_backup.restore.letters import Letter
from eccs_backup.restore.mailbox import PACE, Mailbox, around, with_id
from eccs_backup.restore.sorting import Sorting
from eccs_backup.retry import Halt
from eccs_backup.vault import Vault

_AT_ONCE = 32
"""Messages that are looked for together; what is found of them is in memory at once."""
_MOST = 50
"""Messages of the same second, without a Message-ID, that are still fetched and compared."""


class _Alike(NamedTuple):
    """What may be a message, by ids in the new mailbox. One that is not `sure` may be there unfound, and of one that is
    not `whole` nothing is known: it is not going to be sent, and is looked for when its file is mended."""

    letter: Letter
    ids: Sequence[str] = ()
    sure: bool = True
    whole: bool = True


def settle(mailbox: Mailbox, sorting: Sorting, found: Collection[Letter]) -> None:
    """Decide about every message of `found`, all of them uncertain: the ledger has them as arrived or as absent.

    What was added to the mailbox since is compared with ours, by content. Raises ItemError, Transient, Stop.
    """
    known = {placed.id for placed in sorting.ledger.done.values()}
    ids = dict.fromkeys(_candidates(mailbox, sorting, found)) if found else {}
    sorting.claim((mailbox.fetch(id) for id in ids if id not in known), found)


def look(
    mailbox: Mailbox, sorting: Sorting, unknown: Iterable[Letter], halt: Halt, on_looked: Callable[[int], object]
) -> list[Letter]:
    """Find what is there of messages that the ledger knows nothing of: it has them as arrived or as absent afterwards.

    The records may have been made anew, or another vault of the same mail was restored. An empty mailbox costs one
    listing; otherwise each message costs a search (5 units), and each that is found is fetched (20) and compared.
    Returns those that cannot be searched for: they may be there all the same. Raises ItemError, Transient, Stop.
    """
    waiting = sorted(unknown, key=lambda each: (each.sha256, each.date or 0, each.id))
    if not waiting or next(mailbox.search(""), None) is None:
        sorting.claim((), waiting)
        return []
    unsure: list[Letter] = []
    with ThreadPoolExecutor(PACE.workers, "looker") as workers:
        try:
            for some in _bundles(waiting):
                answers = list(workers.map(lambda each: _alike(mailbox, sorting.vault, each), some))
                known = {placed.id for placed in sorting.ledger.done.values()}
                ids = dict.fromkeys(id for each in answers for id in each.ids if id not in known)
                sorting.claim(workers.map(mailbox.fetch, ids), [each.letter for each in answers if each.whole])
                missed = (each.letter for each in answers if not each.sure)
                unsure += [each for each in missed if each.id not in sorting.ledger.done]
                on_looked(len(some))
        except BaseException:
            halt.set()
            workers.shutdown(wait=True, cancel_futures=True)
            raise
    return unsure


def _bundles(waiting: Iterable[Letter]) -> Iterator[list[Letter]]:
    """Some messages at a time; those with the same bytes stay together, so that each gets its own again."""
    some: list[Letter] = []
    for _, twins in groupby(waiting, key=lambda each: each.sha256):
        some += twins
        if len(some) >= _AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _alike(mailbox: Mailbox, vault: Vault, letter: Letter) -> _Alike:
    """Search for a message. Runs in a worker. Raises ItemError, Transient, Stop."""
    try:
        body = letters.body(vault, letter)
    except Corrupt:
        return _Alike(letter, whole=False)
    if name := headers.message_id(body):
        return _Alike(letter, list(mailbox.search(with_id(name))))
    dated = headers.date(body)
    moments = {moment for moment in (dated, letter.date) if moment is not None}  # as restored, and as it once came
    found = [id for moment in sorted(moments) for id in mailbox.search(around(moment, 2))]
    return _Alike(letter, found[:_MOST], sure=dated is not None and len(found) <= _MOST)


def _candidates(mailbox: Mailbox, sorting: Sorting, found: Collection[Letter]) -> Iterator[str]:
    """What may be one of ours: all that was added since, or if Gmail forgot that, what a search finds."""
    if start := sorting.ledger.start:
        try:
            yield from list(mailbox.added(start))
            return
        except Unavailable:  # 404: too long ago
            pass
    for letter in found:
        yield from mailbox.search(_words(sorting, letter))


def _words(sorting: Sorting, letter: Letter) -> str:
    try:
        body = letters.body(sorting.vault, letter)
    except Corrupt:
        body = b""
    if name := headers.message_id(body):
        return with_id(name)
    dated = headers.date(body)
    return around(int(sorting.ledger.uncertain[letter.id] * 1000) if dated is None else dated)
