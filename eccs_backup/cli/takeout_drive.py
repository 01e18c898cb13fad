"""`takeout import --from-drive`: signs in to the Drive that Google delivered an export to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from eccs_backup.cli import export
from eccs_backup.mail.letters import SOURCE as MAIL
from eccs_backup.sources import Opener
from eccs_backup.takeout import from_drive
from eccs_backup.takeout.from_drive import Offer
from eccs_backup.takeout.records import SOURCE
from eccs_backup.vault import Vault


@contextmanager
def offered(place: Vault, account: str | None) -> Iterator[list[Offer]]:
    """The parts in the Drive of an account, else of the one whose data the folder holds, else of who signed in last.

    Drive is listed, which is no listing in Drive's balance; nothing is changed online. Raises Stop, Transient.
    """
    known = next(filter(None, map(place.manifest.account, (from_drive.SOURCE, SOURCE, MAIL))), None)
    with (
        export.connected(from_drive.SOURCE, place, account or known, from_drive.MINE) as source,
        from_drive.offered(place, cast(Opener, source), export.tell) as offers,
    ):
        yield offers
