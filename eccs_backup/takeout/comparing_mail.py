"""The messages of exports against the mailbox as Gmail listed it last: what no export held, and what only exports hold.

All roads to a message end at one id, so that rows of the records meet by it, in its order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from eccs_backup.catalogue import ManifestCatalogue
from eccs_backup.mail.letters import SETTINGS
from eccs_backup.mail.letters import SOURCE as MAIL
from eccs_backup.manifest import Manifest
from eccs_backup.sources.gmail import counts
from eccs_backup.sources.gmail.listing import MESSAGES
from eccs_backup.takeout.counted import Counting, Some, select, told

CHAT = "CHAT"
MOST_LABELS = 20_000
"""Different labels that are counted; Gmail has at most 10,000 in a mailbox.
https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.labels/create"""
_FROM_EXPORT = (
    "(e.proof = 'digest' OR json_extract(e.facts, '$.takeout') IS NOT NULL OR EXISTS"
    " (SELECT 1 FROM catalogue WHERE source = 'takeout' AND log = 'also' AND id = e.id))"
)
"""Only the checksum of an archive proves a message by a digest; that stays when Gmail tells newer facts of it."""
_LISTED = f"""
    SELECT c.id, e.title, e.state, e.path IS NOT NULL, {_FROM_EXPORT}
    FROM catalogue c LEFT JOIN entries e ON e.source = ?1 AND e.id = c.id
    WHERE c.source = ?1 AND c.log = ?2 ORDER BY c.id"""
_HELD = f"""
    SELECT e.id, e.title, e.facts,
           EXISTS (SELECT 1 FROM catalogue c WHERE c.source = ?1 AND c.log = ?2 AND c.id = e.id)
    FROM entries e
    WHERE e.source = ?1 AND e.path IS NOT NULL AND substr(e.id, 1, length(?3)) <> ?3 AND {_FROM_EXPORT}
    ORDER BY e.id"""

_MAILBOXES = """
    SELECT sum(json_extract(facts, '$.messages')) AS messages FROM entries
    WHERE source = 'takeout' AND seen = ? AND json_extract(facts, '$.product') = 'mail'
    GROUP BY json_extract(facts, '$.export') ORDER BY messages DESC LIMIT 1"""


@dataclass(frozen=True)
class Label:
    """A label with the messages that Gmail counts for it, and those of the exports that bear it. `gmail` is None when
    Gmail has no such label."""

    name: str
    gmail: int | None
    export: int


@dataclass(frozen=True)
class Mail:
    """`listed` messages = `both` in Gmail and in an export + `saved` by mail-export, of which no export is known to
    have held them + `waived` (left out by choice, or explained) + `lacking`.

    `untold`: how many messages more the mailboxes of an export held than the records name. Then some of `saved` were in
    an export as well, as another road had brought them before, and labels are not compared.

    `only_export`: messages of exports that Gmail does not list, `chats` of them chats. `labels` are those for which the
    numbers differ, `agreeing` how many do not; both are empty when Gmail's counts were never asked for.
    """

    listed: int
    both: int
    saved: Some
    untold: int
    waived: int
    lacking: Some
    only_export: Some
    chats: int
    labels: tuple[Label, ...]
    agreeing: int


def compare(manifest: Manifest, number: int) -> Mail | str:
    """The comparison, or why there is none, in a sentence; `number` is that of the exports' listing. Raises Stop."""
    most = next((count or 0 for (count,) in select(manifest, _MAILBOXES, number)), 0)
    if not most and not any(select(manifest, f"{_HELD} LIMIT 1", MAIL, MESSAGES, SETTINGS)):
        return "The exports hold no mail."
    catalogue = ManifestCatalogue(manifest, MAIL)
    if MESSAGES not in catalogue.logs():
        return "Gmail was never listed into this folder. To compare the mail with it, run: eccs-backup mail-export"
    both, waived, saved, lacking = 0, 0, Counting(), Counting()
    for id, title, state, kept, exported in select(manifest, _LISTED, MAIL, MESSAGES):
        if kept and exported:
            both += 1
        elif kept:
            saved.add(title or id)
        elif state in ("left-out", "explained"):
            waived += 1
        else:
            lacking.add(title or id)
    held = _Held(manifest)
    untold = max(0, most - held.total) if saved.found.count else 0
    labels, agreeing = ((), 0) if untold else _labels(list(counts.noted(catalogue)), held)
    listed = both + saved.found.count + waived + lacking.found.count
    return Mail(
        listed, both, saved.found, untold, waived, lacking.found, held.unlisted.found, held.chats, labels, agreeing
    )  # fmt: skip


class _Held:
    """The messages of exports, counted."""

    def __init__(self, manifest: Manifest) -> None:
        self.unlisted, self.chats = Counting(), 0
        self.total, self.labels = 0, Counter[str]()
        for id, title, facts, listed in select(manifest, _HELD, MAIL, MESSAGES, SETTINGS):
            labels = frozenset(_names(facts))
            self.total += 1
            self.labels.update(each for each in labels if each in self.labels or len(self.labels) < MOST_LABELS)
            if not listed:
                self.unlisted.add(title or id)
                self.chats += CHAT in labels


def _names(facts: str) -> Iterator[str]:
    labels = told(facts).get("labels")
    return (each for each in labels if isinstance(each, str)) if isinstance(labels, list) else iter(())


def _labels(counted: list[counts.Count], held: _Held) -> tuple[tuple[Label, ...], int]:
    """The labels whose numbers differ, and how many do not; the first of Gmail's counts is of all messages."""
    if not counted:
        return (), 0
    whole, *others = counted
    pairs = [Label(whole.label, whole.gmail, held.total)]
    pairs += [Label(each.label, each.gmail, held.labels[each.label]) for each in others]
    unknown = sorted(held.labels.keys() - {each.label for each in others})
    different = [each for each in pairs if each.gmail != each.export]
    different += [Label(each, None, held.labels[each]) for each in unknown]
    return tuple(different), len(pairs) + len(unknown) - len(different)
