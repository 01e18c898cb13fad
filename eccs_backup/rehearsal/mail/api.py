"""The way of one request through Gmail's API v1: sign-in, validation, quota, then the method itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from eccs_backup.rehearsal import discovery, refusals
from eccs_backup.rehearsal.discovery import Method
from eccs_backup.rehearsal.identity.grants import Access
from eccs_backup.rehearsal.ledger import World
from eccs_backup.rehearsal.mail import filters, forwarding_methods, history, imports, labels, messages, settings
from eccs_backup.rehearsal.mail.forwarding import Forwarding
from eccs_backup.rehearsal.mail.forwarding_pages import ForwardingPages
from eccs_backup.rehearsal.mail.prices import MailQuota
from eccs_backup.rehearsal.mail.question import Question
from eccs_backup.rehearsal.mail.sending import PostOffice
from eccs_backup.rehearsal.reply import Reply

Handler = Callable[[Question], Reply]
SignIn = Callable[[Mapping[bytes, bytes]], Access]
PREFIX = "/gmail/v1/"
UPLOAD = "/upload"
BATCHES = ("/batch", "/batch/gmail/v1")
COMFORTABLE = 50
"""Calls in one batch that Google recommends at most. https://developers.google.com/workspace/gmail/api/guides/batch"""
_MESSAGES = "gmail.users.messages."
_SETTINGS = "gmail.users.settings."
_UPLOADS = (_MESSAGES + "import", _MESSAGES + "insert", _MESSAGES + "send")
_HANDLERS: dict[str, Handler] = {
    "gmail.users.getProfile": messages.profile,
    _MESSAGES + "list": messages.list_messages,
    _MESSAGES + "get": messages.get,
    _MESSAGES + "import": imports.put,
    _MESSAGES + "insert": imports.put,
    "gmail.users.labels.list": labels.list_labels,
    "gmail.users.labels.get": labels.get_label,
    "gmail.users.labels.create": labels.create_label,
    "gmail.users.history.list": history.list_history,
    _SETTINGS + "delegates.list": settings.list_delegates,
    _SETTINGS + "filters.get": filters.get,
    _SETTINGS + "filters.delete": filters.delete,
    _SETTINGS + "sendAs.get": settings.get_send_as,
    _SETTINGS + "updateVacation": settings.update_vacation,
    **dict.fromkeys(settings.METHODS, settings.get),
}


class Gmail:
    """Answers requests under /gmail/v1/ and /upload/gmail/v1/, and those for its pages under /mail/."""

    def __init__(self, world: World, sign_in: SignIn, quota: MailQuota) -> None:
        self.world, self.quota = world, quota
        self._sign_in = sign_in
        self.office = PostOffice(world)
        self.forwarding = Forwarding(world, self.office)
        self._unlocked = forwarding_methods.Methods(self.forwarding).handlers()
        self._pages = ForwardingPages(world, self.forwarding)
        self.document = discovery.load("gmail", "v1")
        self.strict_batches = False
        """Refuse every other call of a batch after its fiftieth, as if too many were under way."""

    def serves(self, path: str) -> bool:
        """Whether a path is Gmail's own."""
        return path.startswith((PREFIX, UPLOAD + PREFIX)) or self._pages.serves(path)

    def enter(self, path: str, headers: Mapping[bytes, bytes]) -> str | None:
        """Count a request in as being under way, until `quota.leave` with the address that is given back.

        None when it does not count: not Gmail's, or nobody's. Raises `Refused` when there are too many.
        """
        if self._pages.serves(path) or not (self.serves(path) or path in BATCHES):
            return None
        try:
            person = self._sign_in(headers).address
        except refusals.Refused:
            return None  # its answer will say so
        if not self.quota.enter(person):
            raise refusals.Refused(refusals.too_many())
        return person

    def crowded(self, number: int) -> Reply | None:
        """The refusal of a batch's call, counted from 0, that is too many; None when it may run."""
        if not self.strict_batches or number < COMFORTABLE or number % 2:
            return None
        self.quota.crowded()
        return refusals.too_many()

    def answer(self, http: str, path: str, query: str, headers: Mapping[bytes, bytes], body: bytes) -> Reply:
        """The answer to one request; header names in lower case."""
        if self._pages.serves(path):
            return self._pages.answer(http, path, query, headers, body)
        try:
            return self._answer(http, path, query, headers, body)
        except refusals.Refused as refused:
            return refused.reply

    def _answer(self, http: str, path: str, text: str, headers: Mapping[bytes, bytes], body: bytes) -> Reply:
        access = self._sign_in(headers)
        upload = path.startswith(UPLOAD)
        found = self.document.find(http, path.removeprefix(UPLOAD))
        if found is None or (upload and found[0].id not in _UPLOADS):
            raise refusals.refuse(404, "notFound", "Not Found")
        method, ids = found
        self._admit(method, access, ids["userId"])
        query = _gathered(text)
        self._check(method, query)
        if not self.quota.charge(access.address, method.id):
            raise refusals.Refused(refusals.too_fast(self.quota.reason))
        handler = self._unlocked.get(method.id) or _HANDLERS.get(method.id)
        if handler is None:
            raise refusals.refuse(501, "notImplemented", f"The rehearsal does not play {method.id}.")
        mailbox = self.world.mail[access.address]
        mask = self.document.mask(method, {"fields": query["fields"][-1]}) if "fields" in query else None
        question = Question(method.id, mailbox, query, ids, access.scopes, headers, body, upload, mask)
        if method.id in self._unlocked:
            return handler(question)
        with mailbox.lock:
            return handler(question)

    def _check(self, method: Method, query: Mapping[str, list[str]]) -> None:
        last = {name: values[-1] for name, values in query.items()}
        self.document.check(method, last)
        for name, values in query.items():
            for value in values[:-1]:
                self.document.check(method, last | {name: value})

    def _admit(self, method: Method, access: Access, user: str) -> None:
        policy = self.world.policy
        if policy.mail_switched_off:
            raise refusals.Refused(refusals.api_disabled(refusals.GMAIL))
        if policy.domain_policy:
            raise refusals.Refused(refusals.domain_policy("Gmail"))
        if method.scopes.isdisjoint(access.scopes):
            *_, resource, action = method.id.split(".")
            name = f"caribou.api.proto.MailboxService.{action[0].upper()}{action[1:]}{resource.capitalize()}"
            raise refusals.Refused(refusals.scope_missing(name, refusals.GMAIL))
        if user not in ("me", access.address):
            reply = refusals.body(403, "forbidden", f"Delegation denied for {access.address}", word="PERMISSION_DENIED")
            raise refusals.Refused(reply)
        forwarding_methods.admit(method.id, delegated=access.delegated)
        if policy.mail_disabled or access.address not in self.world.mail:
            raise refusals.Refused(refusals.no_mail_service())


def _gathered(text: str) -> dict[str, list[str]]:
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    return query
