"""The student's mailbox: every hard case that is known of mail, each with a name."""

from __future__ import annotations

from functools import cache

from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message
from eccs_backup.rehearsal.mail.student_mail_headers import header_letters
from eccs_backup.rehearsal.mail.student_mail_labels import make_labels, many_labels
from eccs_backup.rehearsal.mail.student_mail_life import life_letters
from eccs_backup.rehearsal.mail.student_mail_making import Letter
from eccs_backup.rehearsal.mail.student_mail_mime import mime_letters
from eccs_backup.rehearsal.mail.student_mail_settings import student_settings
from eccs_backup.rehearsal.mail.student_mail_text import text_letters

__all__ = ["MAIL_CASES", "MAIL_IDS", "many_labels", "student_mail"]


def student_mail(mailbox: Mailbox) -> None:
    """Fill the mailbox with labels, settings and messages; the messages' ids are those of `MAIL_CASES`."""
    make_labels(mailbox)
    mailbox.settings.update(student_settings())
    ids = {letter.key: letter.id for letter in _letters()}
    mailbox.fill(
        Message(letter.id, ids[letter.thread], letter.date, letter.body, set(letter.labels)) for letter in _letters()
    )


@cache
def _letters() -> tuple[Letter, ...]:
    return (*text_letters(), *header_letters(), *mime_letters(), *life_letters())


MAIL_CASES: dict[str, str] = {f"{letter.id:x}": letter.what for letter in _letters()}
"""Message id, in hexadecimal as the API writes it, to what is special about the message."""
MAIL_IDS: dict[str, str] = {letter.key: f"{letter.id:x}" for letter in _letters()}
"""Short name of a case to its message's id."""
