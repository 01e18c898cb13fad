"""Brings the catalogue up to date with the mailbox: a listing once, and from then on the log of changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import TypeVar

from eccs_backup.errors import BackupError, ItemError, Transient, Unavailable, Unfinished
from eccs_backup.sources import Catalogue, Row
from eccs_backup.sources.gmail import answers
from eccs_backup.sources.gmail.answers import Change, Profile
from eccs_backup.sources.gmail.asking import Asking, Question

T = TypeVar("T")
MESSAGES = "messages"
"""The log of what is in the mailbox: id -> thread."""
KNOWN = "known"
"""What is known of messages that were fetched: id -> labels, date, size. Never listed, only kept up to date."""
STALE = "stale labels"
"""Has a row as long as labels of known messages have to be asked for."""
OUTDATED = Row("outdated", {})
PAGE = 500
RESTARTS = 3
"""How often a listing is begun afresh when its page token is refused."""
GET_PRICE, LIST_PRICE = 20, 5


class _StartAgain(Exception):
    """The token of a page was refused."""


class Listing:
    """Lists one mailbox. `on_listed` hears how many messages another page held."""

    def __init__(self, asking: Asking, catalogue: Catalogue, on_listed: Callable[[int], object]) -> None:
        self._asking, self._catalogue, self._on_listed = asking, catalogue, on_listed
        self._ask, self._users = asking.ask, asking.users

    def refresh(self, profile: Profile) -> bool:
        """List the mailbox, or read what changed since the last time. Whether anything did.

        A log position is good for a week or more, seldom only for hours; then everything is listed again, and the
        labels of what is known are asked for: no message is fetched twice for that.
        https://developers.google.com/workspace/gmail/api/guides/sync . Raises Stop.
        """
        try:
            changed = self._update(profile)
            if self._catalogue.get(STALE, OUTDATED.id):
                self.relabel()
            return changed
        except (ItemError, Transient) as error:
            raise Unfinished(f"The mailbox could not be listed: {error}", hint=error.hint) from error

    def _update(self, profile: Profile) -> bool:
        token = self._catalogue.token(MESSAGES)
        if token == profile.history:
            return False
        if token is not None:
            try:
                return self._follow(token)
            except Unavailable:  # 404: the position is too old
                self._catalogue.replace(STALE, [OUTDATED], "")  # noted first: a kill must not hide it
        self._list(profile)
        return True

    def ids(self, label: str) -> list[str]:
        """The ids of the messages with a label, spam and trash included. Raises ItemError, Transient, Stop."""
        return self._whole(lambda: [row.id for page in self._pages(labelIds=[label]) for row in page])

    def _list(self, profile: Profile) -> None:
        """The whole mailbox, then what changed meanwhile: from a position noted before the listing began."""
        self._whole(lambda: self._catalogue.replace(MESSAGES, self._rows(), profile.history))
        if not any(True for _ in self._catalogue.rows(MESSAGES)) and any(True for _ in self._catalogue.rows(KNOWN)):
            self._catalogue.forget(MESSAGES)
            raise Unfinished(
                "Gmail listed no message at all, although this folder holds messages of this mailbox.",
                hint="Look into the mailbox with a browser; if it is empty indeed, what you hold is all there was.",
            )
        self._follow(profile.history)

    def _whole(self, read: Callable[[], T]) -> T:
        """Read a listing from its first page to its last, anew when one of its page tokens is refused."""
        for _ in range(RESTARTS):
            with suppress(_StartAgain):
                return read()
        raise Unfinished("The mailbox could not be listed: Gmail refused its own page tokens.")

    def _rows(self) -> Iterator[Row]:
        for page in self._pages():
            self._on_listed(len(page))
            yield from page

    def _pages(self, **which: object) -> Iterator[list[Row]]:
        token = None
        while True:
            request = self._users.messages().list(
                userId="me", maxResults=PAGE, includeSpamTrash=True, pageToken=token, **which
            )
            try:
                page = self._ask(request, "list", partial(answers.messages, token=token))
            except Unavailable as error:
                if token:
                    raise _StartAgain from error
                raise
            yield page.rows
            token = page.following
            if not token:
                return

    def _follow(self, start: str) -> bool:
        """Read the log of changes from `start` on, page by page; each is written down before the next is asked for.

        Raises Unavailable when Gmail forgot that far.
        """
        token, position, changed = None, start, False
        while True:
            request = self._users.history().list(userId="me", startHistoryId=start, maxResults=PAGE, pageToken=token)
            page = self._ask(request, "history", partial(answers.history, token=token, start=position))
            self._write(page.changes, page.position)
            changed = changed or bool(page.changes)
            position, token = page.position, page.following
            if not token:
                return changed

    def _write(self, changes: Iterable[Change], position: str) -> None:
        added: dict[str, Row] = {}
        removed: set[str] = set()
        labels: dict[str, dict[str, bool]] = {}
        anew: dict[str, tuple[str, ...]] = {}
        for change in changes:
            if change.kind == "messagesAdded":
                removed.discard(change.id)
                added[change.id] = change.row
                anew[change.id] = change.labels  # it may have been there before: an administrator can bring mail back
                labels[change.id] = {}
            elif change.kind == "messagesDeleted":
                added.pop(change.id, None)
                removed.add(change.id)
            else:
                put_on = change.kind == "labelsAdded"
                labels.setdefault(change.id, {}).update(dict.fromkeys(change.labels, put_on))
        # Labels first: after a kill they are applied again, which changes nothing.
        if rows := list(self._relabelled(labels, anew)):
            self._catalogue.update(KNOWN, rows, (), "")
        self._catalogue.update(MESSAGES, added.values(), removed, position)

    def _relabelled(self, labels: dict[str, dict[str, bool]], anew: dict[str, tuple[str, ...]]) -> Iterator[Row]:
        """What is known of messages, with labels put on or taken off. Of those not fetched yet they come with them."""
        for id, news in labels.items():
            if known := self._catalogue.get(KNOWN, id):
                held = known.description.get("labelIds")
                before = (
                    list(anew[id]) if id in anew else [str(each) for each in held] if isinstance(held, list) else []
                )
                kept = [each for each in before if news.get(each, True)]
                new = [each for each, put_on in news.items() if put_on and each not in before]
                yield Row(id, {**known.description, "labelIds": [*kept, *new]})

    def relabel(self) -> None:
        """Ask for the labels of all that is known: label by label, or message by message if that is cheaper.

        Raises ItemError, Transient, Stop; then, or after a kill, the next run does it.
        """
        self._catalogue.replace(STALE, [OUTDATED], "")
        known = sum(1 for _ in self._catalogue.rows(KNOWN))
        if known:
            self._relabel(known)
        self._catalogue.forget(STALE)

    def _relabel(self, known: int) -> None:
        request = self._users.labels().list(userId="me")
        names = [row.id for row in self._ask(request, "other", answers.labels)]
        # A message has some three labels; every label costs one page at least.
        by_label = LIST_PRICE * (len(names) + 3 * known // PAGE)
        if by_label < GET_PRICE * known:
            self._relabel_by_label(names)
        else:
            self._relabel_one_by_one()

    def _relabel_by_label(self, names: list[str]) -> None:
        held: dict[int, list[str]] = {}
        for name in names:
            for id in self.ids(name):
                held.setdefault(int(id, 16), []).append(name)
        # A message that came in between has no row here, and is asked for with its labels.
        rows = (
            Row(row.id, {**row.description, "labelIds": list(held.get(int(row.id, 16), []))})
            for row in self._catalogue.rows(KNOWN)
        )
        self._replace(rows)

    def _relabel_one_by_one(self) -> None:
        ids = [row.id for row in self._catalogue.rows(KNOWN) if self._catalogue.get(MESSAGES, row.id)]
        get = self._users.messages().get
        questions = (
            Question(get(userId="me", id=id, format="minimal", fields="id,labelIds"), partial(answers.label_ids, id=id))
            for id in ids
        )
        found = self._asking.ask_each(questions, "get")
        for id, labels in zip(ids, found, strict=True):
            if isinstance(labels, Unavailable):  # gone since it was listed
                continue
            if isinstance(labels, BackupError):
                raise labels
            row = self._catalogue.get(KNOWN, id)
            assert row is not None
            self._catalogue.update(KNOWN, [Row(id, {**row.description, "labelIds": list(labels)})], (), "")

    def _replace(self, rows: Iterable[Row]) -> None:
        """Write rows that are being read: in pages, as reading goes by pages too."""
        page: list[Row] = []
        for row in rows:
            page.append(row)
            if len(page) == 1000:
                self._catalogue.update(KNOWN, page, (), "")
                page = []
        self._catalogue.update(KNOWN, page, (), "")
