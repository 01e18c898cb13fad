"""Google's own lists of apps: those connected to Drive, and for administrators those of a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eccs_backup.accounts import google_api
from eccs_backup.http import Wire
from eccs_backup.linked_apps import granted
from eccs_backup.linked_apps.claims import Claim
from eccs_backup.retry import Halt, Patience, patiently

ATTEMPTS = 5


def drive_apps(wire: Wire, endpoint: str | None, halt: Halt) -> Iterator[Claim]:
    """The apps that are connected to the person's Drive. Raises ItemError, Transient when patience ends, Stop.

    Google may leave out apps that were never installed from its shop.
    https://developers.google.com/workspace/drive/api/reference/rest/v3/apps/list
    """
    drive = google_api.service("drive", "v3", wire, f"{endpoint}/drive/v3/" if endpoint else None)
    yield from _asked(drive.apps().list(), granted.drive_apps, halt)


def directory_tokens(wire: Wire, endpoint: str | None, person: str, halt: Halt) -> Iterator[Claim]:
    """The apps to which a person has given access, for an administrator. Raises as `drive_apps`.

    https://developers.google.com/workspace/admin/directory/reference/rest/v1/tokens/list
    """
    directory = google_api.service("admin", "directory_v1", wire, f"{endpoint}/" if endpoint else None)
    yield from _asked(directory.tokens().list(userKey=person), granted.directory_tokens, halt)


def _asked(request: Any, read: Any, halt: Halt) -> list[Claim]:
    """What an answer says; one that makes no sense is asked for again."""
    return patiently(lambda: [*read(google_api.execute(request))], Patience(ATTEMPTS, sleep=halt.sleep))
