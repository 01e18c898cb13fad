"""What still comes to the old address from services that are said to be moved or closed."""

from __future__ import annotations

import time
from collections.abc import Iterable

from eccs_backup.linked_apps import inventory, services
from eccs_backup.linked_apps.claims import Claim, plain
from eccs_backup.linked_apps.inventory import Linked
from eccs_backup.linked_apps.mail.judge import Judge
from eccs_backup.linked_apps.mail.searching import RECEIVED, Box
from eccs_backup.linked_apps.memory import Arrival

A_DAY = 86_400
MOST_LOOKS = 3
"""Mails of one service that are looked at by the API: the newest may be a forger's."""


class Arrivals:
    """Counts the mail of marked services that was sent after they were marked."""

    def __init__(self, marked: Iterable[Linked]) -> None:
        self.marked = {each.id: each for each in marked}
        self._found: dict[str, Arrival] = {}
        self._now = time.time()
        self.newest = 0.0
        """The time of the newest mail that was seen, of any service."""

    def add(self, claim: Claim) -> None:
        """A claim that a mail makes; of other services, and before the mark, it is passed over."""
        if (claim.when or 0) > self._now + A_DAY:
            return  # its date is not true
        self.newest = max(self.newest, claim.when or 0)
        service = self.marked.get(inventory.identity(claim.name, claim.domain))
        if service is None or claim.when is None or claim.when <= (service.marked or 0):
            return
        before = self._found.get(service.id, Arrival(0, 0.0, ""))
        newest = (claim.when, plain(claim.quote)) if claim.when > before.last else before[1:]
        self._found[service.id] = Arrival(before.number + 1, *newest)

    def count(self, id: str, number: int) -> None:
        """So many mails there were, where only some were looked at."""
        if id in self._found:
            self._found[id] = self._found[id]._replace(number=max(number, self._found[id].number))

    def by_id(self) -> dict[str, Arrival]:
        """What came, for the services from which something did."""
        return dict(self._found)


def look(box: Box, judge: Judge, found: Arrivals) -> None:
    """Ask the mailbox, by one search for each service. Raises BackupError."""
    found.newest = float("inf")  # the mailbox is as new as can be
    for id, service in found.marked.items():
        known = services.of_domain(service.domain)
        domains = known.domains if known else (service.domain,) if service.domain else ()
        if not domains:
            continue
        since = int(service.marked or 0)
        ids = box.search(f"from:{{{' '.join(domains)}}} after:{since} {RECEIVED}")
        for each in ids[:MOST_LOOKS]:
            if mail := box.look(each):
                for claim in judge.claims(mail.head, mail.text, f"message {each}"):
                    found.add(claim)
        found.count(id, len(ids))
