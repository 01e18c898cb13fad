"""The methods of Gmail's API that read and change forwarding, and who may call them.

https://developers.google.com/workspace/gmail/api/guides/forwarding_settings
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.mail import filters, settings
from eccs_backup.rehearsal.mail.forwarding import ADDRESS, ADDRESSES, DISPOSITIONS, SETTINGS, Forwarding
from eccs_backup.rehearsal.mail.question import Question, invalid
from eccs_backup.rehearsal.mail.settings import Row, unknown, unmet
from eccs_backup.rehearsal.reply import Reply

Handler = Callable[[Question], Reply]
RESERVED = frozenset({ADDRESSES + "create", ADDRESSES + "delete", SETTINGS + "updateAutoForwarding"})
"""What only service accounts with domain-wide authority may do, whatever a person has granted."""


class Methods:
    """Answers the methods whose work reaches beyond the mailbox that is asked about."""

    def __init__(self, forwarding: Forwarding) -> None:
        self._forwarding, self._office = forwarding, forwarding.office

    def handlers(self) -> Mapping[str, Handler]:
        """Method of the API -> what answers it. They look after locks themselves, as mail may go elsewhere."""
        return {
            ADDRESSES + "list": self._list,
            ADDRESSES + "get": self._get,
            ADDRESSES + "create": self._create,
            ADDRESSES + "delete": self._delete,
            SETTINGS + "getAutoForwarding": self._get_auto,
            SETTINGS + "updateAutoForwarding": self._update_auto,
            SETTINGS + "filters.create": self._create_filter,
            "gmail.users.messages.send": self._office.send,
        }

    def _list(self, question: Question) -> Reply:
        self._look(question)
        return settings.get(question)

    def _get(self, question: Question) -> Reply:
        self._look(question)
        return question.answer(self._forwarding.row(question.mailbox, question.ids["forwardingEmail"]))

    def _create(self, question: Question) -> Reply:
        self._office.check_enabled()
        body = question.json()
        to = body.get("forwardingEmail")
        if extra := body.keys() - {"forwardingEmail", "verificationStatus"}:
            raise unknown(min(extra))
        if not isinstance(to, str) or not ADDRESS.fullmatch(to):
            raise invalid("Invalid forwarding address")
        if self._forwarding.knows(question.mailbox, to):
            reply = refusals.body(409, "aborted", "Forwarding address already exists", word="ABORTED")
            raise refusals.Refused(reply)  # status and words of the real answer are not known
        return question.answer(self._forwarding.add(question.mailbox, to, seen_at(question.headers)))

    def _delete(self, question: Question) -> Reply:
        self._office.check_enabled()
        to = question.ids["forwardingEmail"]
        self._forwarding.row(question.mailbox, to)  # 404 when it was never added
        self._forwarding.drop(question.mailbox, to)
        return Reply(204)

    def _get_auto(self, question: Question) -> Reply:
        self._look(question)
        return settings.get(question)

    def _update_auto(self, question: Question) -> Reply:
        self._office.check_enabled()
        body = question.json()
        if extra := body.keys() - {"enabled", "emailAddress", "disposition"}:
            raise unknown(min(extra))
        kept: Row = {"enabled": bool(body.get("enabled"))}
        if kept["enabled"]:
            to, disposition = body.get("emailAddress"), body.get("disposition")
            if not isinstance(to, str) or not filters.accepted(question.mailbox, to):
                raise unmet(filters.UNRECOGNIZED)
            if disposition not in DISPOSITIONS:
                raise invalid("Invalid disposition")
            kept |= {"emailAddress": to, "disposition": disposition}
        question.mailbox.settings["autoForwarding"] = dict(kept)
        return question.answer(kept)

    def _create_filter(self, question: Question) -> Reply:
        if filters.destination(question.json()):
            self._office.check_enabled()
        with question.mailbox.lock:
            return filters.create(question)

    def _look(self, question: Question) -> None:
        self._office.check_enabled()
        self._forwarding.look(question)


def admit(method: str, *, delegated: bool) -> None:
    """Raise `Refused` when a reserved method is asked for by anyone but a delegated service account."""
    if method in RESERVED and not delegated:
        raise refusals.refuse(403, "forbidden", settings.ONLY_DELEGATED)


def seen_at(headers: Mapping[bytes, bytes]) -> str | None:
    """How the server is reached, by what a request says; None when it does not."""
    host = headers.get(b"host", b"").decode("latin-1")
    return f"http://{host}" if host else None
