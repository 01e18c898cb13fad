"""What a person may sign in for: reading everything, or one further purpose with a token file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

READ = "read"
"""The group of permissions that only read; they share one token file."""
ALL_MAIL = "https://mail.google.com/"
INSERT = "https://www.googleapis.com/auth/gmail.insert"
LABELS = "https://www.googleapis.com/auth/gmail.labels"
READ_MAIL = "https://www.googleapis.com/auth/gmail.readonly"
APPS = "https://www.googleapis.com/auth/drive.apps.readonly"
TOKENS = "https://www.googleapis.com/auth/admin.directory.user.security"
SETTINGS = "https://www.googleapis.com/auth/gmail.settings.basic"
SHARING = "https://www.googleapis.com/auth/gmail.settings.sharing"
SEND = "https://www.googleapis.com/auth/gmail.send"


class Purpose(NamedTuple):
    """Permissions that are asked for apart: the scopes, what they are for in words, the command that needs them, and
    what the person should know before Google's page opens. `delegated`: Google lets only service accounts use them."""

    scopes: tuple[str, ...]
    words: str
    command: str
    before: str
    delegated: bool = False


PURPOSES: Mapping[str, Purpose] = {
    "imap": Purpose(
        (ALL_MAIL,),
        "fetching mail quickly by IMAP",
        "mail-export FOLDER",
        "Google's page will speak of reading, writing and deleting mail: IMAP has no smaller permission. This program "
        "only reads. To take it back: eccs-backup auth --forget",
    ),
    "restore": Purpose(
        (READ_MAIL, INSERT, LABELS),
        "putting saved mail into this account",
        "mail-restore FOLDER --account ADDRESS",
        "Choose the account that the saved mail is to be put INTO. To take it back: eccs-backup auth --forget",
    ),
    "forward": Purpose(
        (SETTINGS,),
        "making a forwarding filter or a vacation reply",
        "forward --to ADDRESS --by-filter",
        "Google's page will speak of settings and filters. To take it back: eccs-backup auth --forget",
    ),
    "forward-all": Purpose(
        (SETTINGS, SHARING),
        "switching forwarding on for a person, by a service account",
        "forward --to ADDRESS --account PERSON",
        "Only a service account with delegation can use this: add --service-account FILE --subject ADDRESS.",
        delegated=True,
    ),
    "apps": Purpose(
        (APPS,),
        "seeing which apps are connected to Drive",
        "linked-apps --online",
        "Google's page will speak of your Drive apps. To take it back: eccs-backup auth --forget",
    ),
    "tokens": Purpose(
        (TOKENS,),
        "seeing which apps a person has given access, as an administrator",
        "linked-apps --tokens --account PERSON",
        "Sign in as an administrator of the organisation, or add --service-account FILE --subject ADMIN.",
    ),
    "send": Purpose(
        (SEND,),
        "sending a test message",
        "forward --to ADDRESS --test",
        "Google's page will speak of sending mail on your behalf: one test message to your own old address.",
    ),
}
"""The group of the token file -> what it is for. IMAP knows no smaller scope than all mail.
https://developers.google.com/workspace/gmail/imap/xoauth2-protocol"""


def to_sign_in(group: str = READ, address: str | None = None) -> str:
    """The command that brings the permissions of a group, as it is typed."""
    purpose = "" if group == READ else f" --for {group}"
    return f"eccs-backup auth{purpose}{f' --account {address}' if address else ''}"


def words_of(group: str) -> str:
    """What the sign-ins of a group are for, in words."""
    return PURPOSES[group].words if group in PURPOSES else "reading your data"
