"""Reads and changes a mailbox's forwarding through Gmail's API; every change is read back by the caller."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from eccs_backup.accounts.google_answers import ForwardingDisabled
from eccs_backup.errors import BackupError, ItemError, Throttled, Transient, Unavailable, Unfinished
from eccs_backup.forwarding.addresses import PUBLIC, domain, same
from eccs_backup.forwarding.steps import ALL_MAIL, Filter, Keep, Standing, takes_in_all
from eccs_backup.http import Wire
from eccs_backup.model import Json, Kind
from eccs_backup.retry import Halt, Patience, patiently
from eccs_backup.sources.gmail import answers
from eccs_backup.sources.gmail.answers import Answer, must
from eccs_backup.sources.gmail.asking import Asking, Question
from eccs_backup.sources.gmail.quota import Quota

T = TypeVar("T")
ATTEMPTS = 5
REFUSED = "Look at the account's settings, and run the same command again:\n  https://mail.google.com"


class Unsure(Unfinished):
    """The answer was lost: what was to be sent was sent, or not."""


class Mailbox:
    """One account's mailbox. Every method raises Stop, ItemError, and Transient when patience ends."""

    def __init__(self, wire: Wire, endpoint: str | None, halt: Halt) -> None:
        quota = Quota("none", sleep=halt.sleep)
        self._asking = Asking(wire, endpoint, quota, halt, ATTEMPTS)
        self._once = Asking(wire, endpoint, quota, halt, 1)
        self._settings = self._asking.users.settings()

    def aliases(self) -> list[str]:
        """The addresses whose mail arrives here, as far as Gmail tells: those that it sends from by itself.

        Many send from their private address here, too; that one is a mailbox of its own, and goes by its own server,
        is Gmail's, or nobody has confirmed it yet. https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.settings.sendAs
        """
        request = self._settings.sendAs().list(userId="me")

        def read(answer: Answer) -> list[str]:
            held = [each for each in _list(answer, "sendAs") if each.get("isPrimary") or _sent_from_here(each)]
            found = [answers.word(each, "sendAsEmail") for each in held]
            return [each for each in found if domain(each) not in PUBLIC]

        return self._ask(request, read)

    def standing(self) -> Standing:
        """How forwarding stands, in one request."""
        questions: list[Question[Any]] = [
            Question(self._settings.forwardingAddresses().list(userId="me"), _addresses),
            Question(self._settings.getAutoForwarding(userId="me"), _auto),
            Question(self._settings.filters().list(userId="me"), _filters),
        ]
        found: list[Any] = []
        try:
            for each in self._asking.ask_each(questions, "other"):
                if isinstance(each, Unavailable):
                    raise _refused(each) from each
                if isinstance(each, BackupError):
                    raise each
                found.append(each)
        except ForwardingDisabled:
            return Standing(blocked=True)
        addresses, (on, to, keep), filters = found
        return Standing(addresses, on, to, keep, filters)

    def add(self, to: str) -> None:
        """Add a forwarding address; its confirmation mail goes out. For delegated service accounts only."""
        body = {"forwardingEmail": to}
        try:
            self._do(self._settings.forwardingAddresses().create(userId="me", body=body))
        except ItemError:  # the answer to a first attempt may have been lost
            if not any(same(each, to) for each in self.standing().addresses):
                raise

    def switch_on(self, to: str, keep: Keep) -> None:
        """Forward everything. For delegated service accounts only."""
        body = {"enabled": True, "emailAddress": to, "disposition": keep.value}
        self._do(self._settings.updateAutoForwarding(userId="me", body=body))

    def switch_off(self) -> None:
        """Forward nothing more. For delegated service accounts only."""
        self._do(self._settings.updateAutoForwarding(userId="me", body={"enabled": False}))

    def make_filter(self, to: str) -> Filter | None:
        """A filter that forwards all mail: the first criterion that Gmail takes, and gives back as it was sent.

        None when it takes none of them. https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.settings.filters
        """
        filters = self._settings.filters()
        for criteria in ALL_MAIL:
            body = {"criteria": dict(criteria), "action": {"forward": to}}
            try:
                id = self._ask(filters.create(userId="me", body=body), lambda answer: answers.word(answer, "id"))
                made = self._ask(filters.get(userId="me", id=id), _filter)
            except ItemError:  # this criterion is not taken, and the next may be; or it was taken at the second try
                there = (each for each in self.standing().filters if each.criteria == dict(criteria))
                if found := next((each for each in there if same(each.to, to)), None):
                    return found
                continue
            if same(made.to, to) and takes_in_all(made.criteria):
                return made
            self.remove_filter(id)
        return None

    def remove_filter(self, id: str) -> None:
        """Delete a filter; one that is gone already is as well. Google's answer to it is empty."""
        request = self._settings.filters().delete(userId="me", id=id)
        read = request.postproc
        request.postproc = lambda head, content: read(head, content) or {}
        try:
            self._asking.ask(request, "other", lambda answer: None)
        except Unavailable as error:
            if error.obstacle.kind is not Kind.GONE:
                raise _refused(error) from error

    def reply(self) -> dict[str, Json]:
        """The vacation reply as it is."""
        found: dict[str, Json] = self._ask(self._settings.getVacation(userId="me"), lambda answer: answer)
        return found

    def set_reply(self, reply: dict[str, Json]) -> None:
        """Set the vacation reply."""
        self._do(self._settings.updateVacation(userId="me", body=reply))

    def send(self, message: bytes) -> str:
        """Send a message; its id. Only what was certainly not sent is tried again. Raises Unsure."""
        body = {"raw": base64.urlsafe_b64encode(message).decode("ascii")}
        request = self._once.users.messages().send(userId="me", body=body)

        def once() -> str:
            try:
                return self._once.ask(request, "other", lambda answer: answers.word(answer, "id"))
            except Throttled:
                raise
            except Transient as error:
                raise Unsure(str(error)) from error

        return patiently(once, Patience(ATTEMPTS, sleep=self._once.halt.sleep))

    def find(self, message_id: str) -> Iterator[str]:
        """The ids of the messages with that Message-ID, spam and trash included."""
        request = self._asking.users.messages().list(
            userId="me", q=f"rfc822msgid:{message_id}", includeSpamTrash=True, maxResults=10
        )
        yield from (row.id for row in self._ask(request, lambda answer: answers.messages(answer, None).rows))

    def headers(self, id: str) -> tuple[list[str], dict[str, str]]:
        """A message's labels, and its headers by lower-case name (the last of each)."""
        request = self._asking.users.messages().get(userId="me", id=id, format="metadata")

        def read(answer: Answer) -> tuple[list[str], dict[str, str]]:
            payload = answer.get("payload")
            must(isinstance(payload, dict), "no headers")
            found = _list(dict(payload or {}), "headers")
            return answers.label_ids(answer, id), {str(e.get("name")).lower(): str(e.get("value")) for e in found}

        return self._ask(request, read)

    def _do(self, request: Any) -> None:
        self._ask(request, lambda answer: None)

    def _ask(self, request: Any, read: Callable[[Answer], T]) -> T:
        try:
            return self._asking.ask(request, "other", read)
        except Unavailable as error:
            raise _refused(error) from error


def _refused(error: Unavailable) -> ItemError:
    """A setting is no file that one could open or ask its owner for."""
    return ItemError(str(error), hint=REFUSED)


def _sent_from_here(answer: Answer) -> bool:
    return not answer.get("smtpMsa") and answer.get("verificationStatus") != "pending"


def _addresses(answer: Answer) -> dict[str, str]:
    found = _list(answer, "forwardingAddresses")
    return {answers.word(each, "forwardingEmail"): str(each.get("verificationStatus", "")) for each in found}


def _auto(answer: Answer) -> tuple[bool, str | None, str | None]:
    on, to, keep = answer.get("enabled", False), answer.get("emailAddress"), answer.get("disposition")
    must(isinstance(on, bool) and (not on or isinstance(to, str)), "forwarding that is neither on nor off")
    return on, to if on else None, keep if on else None


def _filters(answer: Answer) -> tuple[Filter, ...]:
    """Those that forward."""
    every = [_filter(each) for each in _list(answer, "filter")]
    return tuple(each for each in every if each.to)


def _filter(answer: Answer) -> Filter:
    criteria, action = answer.get("criteria") or {}, answer.get("action") or {}
    must(isinstance(criteria, dict) and isinstance(action, dict), "a filter that is none")
    more = tuple(f"{name}: {value}" for name, value in action.items() if name != "forward" and value)
    return Filter(answers.word(answer, "id"), criteria, str(action.get("forward") or ""), more)


def _list(answer: Answer, name: str) -> list[Answer]:
    found = answer.get(name) or []
    must(isinstance(found, list) and all(isinstance(each, dict) for each in found), f"no {name}")
    return list(found)
