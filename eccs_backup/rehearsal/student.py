"""The student's world: every hard case that is known of Drive and of mail, each with a name."""

from __future__ import annotations

from collections.abc import Iterator

from eccs_backup.rehearsal.cast import ADMIN, SECOND, STUDENT
from eccs_backup.rehearsal.ledger import World
from eccs_backup.rehearsal.mail.student_mail import student_mail
from eccs_backup.rehearsal.mail.student_mail_services import service_mail
from eccs_backup.rehearsal.making import Case
from eccs_backup.rehearsal.student_apps import student_apps, student_tokens
from eccs_backup.rehearsal.student_files import own_files
from eccs_backup.rehearsal.student_names import names
from eccs_backup.rehearsal.student_sharing import second_account, shared, shared_drives

_PAGE = 60
"""Files on a page at most, so that every listing has several pages."""


def student(*, services: bool = False) -> World:
    """A fresh copy of the world; the files' ids are those of `CASES`, the messages' those of `MAIL_CASES`.

    With `services`, the mailbox holds mails from services as well: those of `SERVICE_CASES`.
    """
    world = World([STUDENT, SECOND, ADMIN], shared_drives(), page_limit=_PAGE)
    world.fill(file for file, _ in _cases())
    world.comments["1Doc-document"] = ["図2の出典を書いてください", "直しました"]
    world.administrators.add(ADMIN.address)
    world.apps[STUDENT.address], world.tokens[STUDENT.address] = student_apps(), student_tokens()
    student_mail(world.mail[STUDENT.address])
    if services:
        service_mail(world.mail[STUDENT.address])
    return world


def _cases() -> Iterator[Case]:
    yield from own_files()
    yield from names()
    yield from shared()
    yield from second_account()


CASES: dict[str, str] = {file.id: what for file, what in _cases()}
"""File id to what is special about it."""
