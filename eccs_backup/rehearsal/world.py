"""The door to the practice worlds: what they are made of, and the ones that are ready-made."""

from eccs_backup.rehearsal.cast import ADMIN, FRIEND, SECOND, STUDENT, TEACHER
from eccs_backup.rehearsal.content import Literal, Noise
from eccs_backup.rehearsal.ledger import World
from eccs_backup.rehearsal.mail.plain import plain_mail
from eccs_backup.rehearsal.mail.student_mail import MAIL_CASES, MAIL_IDS, many_labels, student_mail
from eccs_backup.rehearsal.mail.student_mail_services import SERVICE_CASES, SERVICE_IDS, service_mail
from eccs_backup.rehearsal.plain import large, listing, plain
from eccs_backup.rehearsal.student import CASES, student
from eccs_backup.rehearsal.things import (
    FOLDER,
    GOOGLE,
    SHORTCUT,
    Account,
    File,
    Policy,
    SharedDrive,
    Trouble,
)

__all__ = [
    "ADMIN",
    "CASES",
    "FOLDER",
    "FRIEND",
    "GOOGLE",
    "MAIL_CASES",
    "MAIL_IDS",
    "SECOND",
    "SERVICE_CASES",
    "SERVICE_IDS",
    "SHORTCUT",
    "STUDENT",
    "TEACHER",
    "Account",
    "File",
    "Literal",
    "Noise",
    "Policy",
    "SharedDrive",
    "Trouble",
    "World",
    "large",
    "listing",
    "many_labels",
    "plain",
    "plain_mail",
    "service_mail",
    "student",
    "student_mail",
]
