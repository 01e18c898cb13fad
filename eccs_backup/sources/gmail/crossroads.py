"""Chooses the road for what is to be fetched, and says why in one line."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from eccs_backup.accounts import google
from eccs_backup.accounts.google_purposes import PURPOSES, to_sign_in
from eccs_backup.errors import BackupError, Halted, ItemError, SignInNeeded, Stop, Transient, Unfinished
from eccs_backup.http import Tokens
from eccs_backup.retry import Patience
from eccs_backup.sources import Setup
from eccs_backup.sources.gmail.api_road import ApiRoad
from eccs_backup.sources.gmail.asking import Asking
from eccs_backup.sources.gmail.imap_line import DaySpent, Line, place
from eccs_backup.sources.gmail.imap_road import SPENT, Budget, ImapRoad
from eccs_backup.sources.gmail.listing import Listing
from eccs_backup.sources.gmail.roads import Road
from eccs_backup.sources.gmail.settings import Settings

AUTO, API, IMAP = "auto", "api", "imap"
ROADS = (AUTO, API, IMAP)
WORTH_IT = 3.0
"""Minutes by the API from which IMAP is thought of: to look where every message lies takes a while, too."""
ATTEMPTS = 4
"""How often IMAP is asked where the messages lie, before the road counts as closed."""
BYTES_PER_MINUTE = 120_000_000
"""What IMAP is taken to bring, for the estimate: 2 MB a second."""
UNSHOWN = ("CATEGORY_PERSONAL", "CATEGORY_SOCIAL", "CATEGORY_PROMOTIONS", "CATEGORY_UPDATES", "CATEGORY_FORUMS", "CHAT")
"""Labels that IMAP does not show; a listing of each is cheap."""


class Way(NamedTuple):
    """The road to take, and why."""

    road: Road
    why: str


class Crossroads:
    """What is needed to set out on either road."""

    def __init__(self, setup: Setup, asking: Asking, listing: Listing, settings: Settings, address: str) -> None:
        self._setup, self._asking, self._listing, self._settings = setup, asking, listing, settings
        self._address = address
        self.budget = Budget(setup.catalogue)

    def choose(self, wish: str, messages: int) -> Way:
        """The way for so many messages. Raises Stop when the person wishes for a road that is closed."""
        minutes = self._asking.quota.minutes_for(messages)
        api = ApiRoad(self._asking)
        by_api = f"{messages:,} messages by Gmail's API take {_long(minutes)}"
        if wish == API or (wish == AUTO and minutes < WORTH_IT):
            return Way(api, f"{by_api}.")
        try:
            tokens, _ = google.account(self._address, PURPOSES[IMAP].scopes, group=IMAP)
        except SignInNeeded:
            if wish == IMAP:
                raise
            return Way(api, f"{by_api}. IMAP is quicker, if you allow it: {to_sign_in(IMAP, self._address)}")
        try:
            road = self._by_imap(tokens, api) if self.budget.left else None
        except DaySpent:
            self.budget.end()
            self._setup.catalogue.note(SPENT, self.budget.row())
            road = None
        except Halted:
            raise
        except (Transient, ItemError, Stop) as error:
            if wish == IMAP:
                raise _as_stop(error) from error
            return Way(api, f"{by_api}. The quicker road is closed: {error} {error.hint}")
        if road is None:
            return Way(api, f"{by_api}. IMAP has given today's 2,500 MB; tomorrow it is quick again.")
        return Way(road, f"{self._by_imap_words(road, messages)}; by the API {_long(minutes)}.")

    def _by_imap(self, tokens: Tokens, api: ApiRoad) -> ImapRoad:
        wire, at = self._setup.wire, place(self._setup.wire, self._setup.endpoint)
        ids = {name: id for id, name in self._settings.names.items()}
        categories = self._categories()

        def dial() -> Line:
            return Line(wire, at, self._address, tokens)

        road = ImapRoad(dial, api, self.budget, ids, categories, self._setup.on_notice)
        road.look(lambda: Patience(ATTEMPTS, sleep=self._setup.halt.sleep))
        return road

    def _categories(self) -> dict[int, tuple[str, ...]]:
        """The labels that IMAP does not show, by message id; listed at once, as each takes a while."""
        labels = [label for label in UNSHOWN if label in self._settings.names]
        found: dict[int, tuple[str, ...]] = {}
        with ThreadPoolExecutor(len(UNSHOWN), "label") as pool:
            try:
                for label, ids in zip(labels, pool.map(self._listing.ids, labels), strict=True):
                    for id in ids:
                        found[int(id, 16)] = (*found.get(int(id, 16), ()), label)
            except KeyboardInterrupt:
                self._setup.halt.set()  # nobody waits for the others
                raise
        return found

    def _by_imap_words(self, road: ImapRoad, messages: int) -> str:
        share = messages / max(1, len(road.where))
        size = road.where.bytes * min(1.0, share)
        much = size > self.budget.left
        more = ", more than today's share: the API takes the rest, or run it again tomorrow" if much else ""
        took = _long(size / BYTES_PER_MINUTE)
        return f"{messages:,} messages by IMAP (about {size / 1e6:,.0f} MB{more}) take {took}"


def _as_stop(error: BackupError) -> Stop:
    return error if isinstance(error, Stop) else Unfinished(str(error), hint=error.hint)


def _long(minutes: float) -> str:
    if minutes < 2:
        return "a minute or two" if minutes > 0.8 else "less than a minute"
    return f"about {minutes / 60:.1f} hours" if minutes > 90 else f"about {minutes:.0f} minutes"
