"""The mailbox's settings and labels: asked for together in every run, kept as JSON files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eccs_backup.errors import BackupError, ItemError, Stop, Transient
from eccs_backup.model import Item, Json, Proof
from eccs_backup.sources import Parcel
from eccs_backup.sources.gmail import answers, items
from eccs_backup.sources.gmail.answers import Answer
from eccs_backup.sources.gmail.asking import Asking, Question


class Settings:
    """What the person has set up. `found` holds each setting's answer by name, or why it cannot be had."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self.found: dict[str, Json | BackupError] = {}
        self.names: Mapping[str, str] = {}
        """Labels' names by id; a system label's name is its id."""

    def refresh(self) -> None:
        """Ask for everything, as one request. Raises ItemError, Transient, Stop when the labels cannot be had.

        Delegates are left out: only administrators may read them.
        https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.settings
        """
        users = self._asking.users
        settings = users.settings()
        requests: dict[str, Any] = {
            "labels": users.labels().list(userId="me"),
            "filters": settings.filters().list(userId="me"),
            "forwardingAddresses": settings.forwardingAddresses().list(userId="me"),
            "autoForwarding": settings.getAutoForwarding(userId="me"),
            "sendAs": settings.sendAs().list(userId="me"),
            "vacation": settings.getVacation(userId="me"),
            "imap": settings.getImap(userId="me"),
            "pop": settings.getPop(userId="me"),
            "language": settings.getLanguage(userId="me"),
        }
        questions = (Question(each, _labels if name == "labels" else _as_it_is) for name, each in requests.items())
        found = self._asking.ask_each(questions, "other")
        self.found = dict(zip(requests, found, strict=True))
        labels = self.found["labels"]
        if isinstance(labels, BackupError):
            raise labels
        assert isinstance(labels, dict)
        self.names = {row.id: str(row.description["name"]) for row in answers.labels(labels)}
        for error in self.found.values():
            if isinstance(error, Transient | Stop):
                raise error

    def parcel(self, item: Item) -> Parcel | tuple[Item, ItemError | Transient]:
        """A setting's file; the service was asked already."""
        found = self.found[item.key.id.removeprefix(f"{items.SETTINGS}/")]
        assert not isinstance(found, BackupError)
        return Parcel(item, items.text(found), Proof.STRUCTURE)


def _labels(answer: Answer) -> Json:
    answers.labels(answer)
    return answer


def _as_it_is(answer: Answer) -> Json:
    return answer
