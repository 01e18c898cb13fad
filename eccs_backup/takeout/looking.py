"""A look at a part before it is read: how much is in it, and whose export it says it is."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from eccs_backup.errors import Corrupt
from eccs_backup.takeout import archive, index_page
from eccs_backup.takeout.archive import Limits, Refused

INDEX = "archive_browser.html"
LARGEST_INDEX = 64 << 20


class Look(NamedTuple):
    """What a part's directory tells: members and their bytes, None where only reading tells (tgz); the address that its
    index page names, if it holds that; what is wrong with it, empty when nothing is."""

    members: int | None
    bytes: int | None
    account: str = ""
    wrong: str = ""


def look(path: Path, limits: Limits) -> Look:
    """Reads the directory alone, and the index page. Raises OSError."""
    try:
        with archive.opened(path, limits) as found:
            if not found.sealed:
                return Look(None, None)
            account = ""
            for member in found.members():
                if isinstance(member, Refused) or member.size > LARGEST_INDEX or not _may_be_index(member.path):
                    continue
                with found.open(member) as stream:
                    page = b"".join(iter(lambda: stream.read(1 << 20), b""))
                account = account or index_page.account(page)
            return Look(found.count, found.size, account)
    except Corrupt as error:
        return Look(None, None, wrong=f"{error} {error.hint}")


def _may_be_index(path: str) -> bool:
    """It lies at the top, under a name that follows the language ("Archiv_Übersicht.html")."""
    return path.count("/") <= 1 and path.lower().endswith(".html")
