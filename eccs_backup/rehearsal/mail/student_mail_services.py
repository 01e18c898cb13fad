"""The student's mails from services: from signing up to receipts, notices, newsletters and alerts, true and forged."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message
from eccs_backup.rehearsal.mail.student_mail_accounts import account_letters
from eccs_backup.rehearsal.mail.student_mail_google import google_letters
from eccs_backup.rehearsal.mail.student_mail_making import Letter
from eccs_backup.rehearsal.mail.student_mail_shops import shop_letters


def service_mail(mailbox: Mailbox) -> None:
    """Add the service mails to a mailbox; the messages' ids are those of `SERVICE_CASES`."""
    mailbox.fill(Message(one.id, one.id, one.date, one.body, set(one.labels)) for one in _letters())


@cache
def _letters() -> tuple[Letter, ...]:
    def each() -> Iterator[Letter]:
        yield from account_letters()
        yield from shop_letters()
        yield from google_letters()

    return tuple(each())


SERVICE_CASES: dict[str, str] = {f"{letter.id:x}": letter.what for letter in _letters()}
"""Message id, in hexadecimal as the API writes it, to what is special about the mail."""
SERVICE_IDS: dict[str, str] = {letter.key: f"{letter.id:x}" for letter in _letters()}
"""Short name of a service mail to its message's id."""
