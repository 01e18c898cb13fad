"""Whose Drive it is, what its documents can be converted to, and which shared drives belong to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from eccs_backup.errors import Unavailable
from eccs_backup.paths import storable
from eccs_backup.sources import Catalogue
from eccs_backup.sources.google_drive import answers
from eccs_backup.sources.google_drive.listing import ROOT, USER, Ask


class About(NamedTuple):
    """What Drive says of the account."""

    address: str
    export_formats: dict[str, list[str]]
    root: str
    drives: dict[str, str]


def about(drive: Any, catalogue: Catalogue, ask: Ask) -> About:
    """The account, its conversion table and its shared drives: two requests, three the first time."""
    request = drive.about().get(fields="user(emailAddress),exportFormats")
    address, formats = ask(request, "read", answers.about)
    root = catalogue.token(ROOT)
    if root is None:
        request = drive.files().get(fileId="root", fields="id")
        root = ask(request, "read", lambda answer: answers.word(answer, "id"))
        catalogue.replace(ROOT, (), root)  # My Drive's id never changes
    drives = dict(_shared_drives(drive, ask))
    earlier = set(catalogue.logs()) - {USER, ROOT, *drives}
    return About(address, formats, root, drives | dict(_still_there(drive, ask, earlier)))


def _shared_drives(drive: Any, ask: Ask) -> Iterator[tuple[str, str]]:
    token = None
    while True:
        request = drive.drives().list(pageSize=100, pageToken=token, fields="kind,nextPageToken,drives(id,name)")
        page = ask(request, "list", partial(answers.drives, token=token))
        yield from ((row.id, storable(str(row.description.get("name") or ""))) for row in page.rows)
        token = page.following
        if not token:
            return


def _still_there(drive: Any, ask: Ask, earlier: set[str]) -> Iterator[tuple[str, str]]:
    """Those drives of earlier runs that the list of drives left out although the person may still look into them."""
    for id in sorted(earlier):
        request = drive.drives().get(driveId=id, fields="id,name")
        with suppress(Unavailable):
            yield id, storable(ask(request, "read", lambda answer: answers.word(answer, "name")))
