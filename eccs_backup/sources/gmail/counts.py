"""Compares how many messages Gmail counts for each label with how many are listed here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from eccs_backup.errors import ItemError
from eccs_backup.sources import Catalogue, Row
from eccs_backup.sources.gmail import answers
from eccs_backup.sources.gmail.asking import Asking, Question
from eccs_backup.sources.gmail.listing import OUTDATED

COUNTS = "counts"
"""The log of the last comparison: label id -> its name, Gmail's count, ours. Its token is the state it was made of. It
has the row OUTDATED when messages were fetched since; that is written with the first of them."""
ALL = "ALL"
"""The whole mailbox, by `users.getProfile`."""


class Count(NamedTuple):
    """A label, the messages that Gmail counts for it, and those listed here with it."""

    label: str
    gmail: int
    here: int

    @property
    def agrees(self) -> bool:
        """Whether both are the same."""
        return self.gmail == self.here


def compare(
    asking: Asking, catalogue: Catalogue, names: Mapping[str, str], labels: Iterable[Iterable[str]], state: str
) -> list[Count]:
    """Count the messages of each label here - `labels` holds each message's label ids - and ask Gmail for its counts.

    Asked only when messages were fetched, or `state` is another, since the last comparison.
    https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.labels#Label.FIELDS.messages_total
    Raises Stop, Transient, ItemError.
    """
    if catalogue.token(COUNTS) != state or catalogue.get(COUNTS, OUTDATED.id):
        here: Counter[str] = Counter()
        for each in labels:
            here.update(each)
            here[ALL] += 1
        get = asking.users.labels().get
        profile = asking.ask(asking.users.getProfile(userId="me"), "other", answers.profile)
        found = [Count("all messages", profile.messages, here[ALL])]
        questions = (Question(get(userId="me", id=id), answers.count) for id in names)
        counted = asking.ask_each(questions, "other")
        for (id, name), count in zip(names.items(), counted, strict=True):
            if isinstance(count, ItemError):  # deleted meanwhile
                continue
            if not isinstance(count, int):
                raise count
            found.append(Count(name, count, here[id]))
        # What came in since the listing is no difference: then the next run compares.
        token = state if profile.history == state.partition(" ")[0] else ""
        rows = (Row(f"{place:06}", each._asdict()) for place, each in enumerate(found))
        catalogue.replace(COUNTS, rows, token)
    return list(noted(catalogue))


def noted(catalogue: Catalogue) -> Iterator[Count]:
    """The last comparison."""
    for row in catalogue.rows(COUNTS):
        if row.id == OUTDATED.id:
            continue
        label, gmail, here = (row.description.get(name) for name in Count._fields)
        yield Count(str(label), *(each if isinstance(each, int) else -1 for each in (gmail, here)))
