"""Exports beyond the balance of their parts: what their own page says, and what Gmail and Drive listed last.

Nothing is asked online: everything comes from the vault's records, and from the index pages it holds. Memory does not
grow with the number of messages and files: rows come in one order from both sides, and only differences are named.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from eccs_backup.errors import Unusable
from eccs_backup.mail.letters import SOURCE as MAIL
from eccs_backup.takeout import comparing_drive, comparing_index, comparing_mail
from eccs_backup.takeout.comparing_drive import DRIVE, Drive
from eccs_backup.takeout.comparing_index import Page
from eccs_backup.takeout.comparing_mail import Mail
from eccs_backup.takeout.records import SOURCE
from eccs_backup.vault import Vault


@dataclass(frozen=True)
class Comparison:
    """`mail` and `drive` are a sentence where nothing could be compared, and why. `mail_listed`, `drive_listed`: when
    the services were last listed to their end, in ISO 8601 (UTC); empty when that is not known."""

    pages: tuple[Page, ...]
    mail: Mail | str
    drive: Drive | str
    mail_listed: str = ""
    drive_listed: str = ""

    @property
    def lacking(self) -> int:
        """How much of what Gmail and Drive list is neither in an export nor saved otherwise."""
        mail = 0 if isinstance(self.mail, str) else self.mail.lacking.count
        return mail if isinstance(self.drive, str) else mail + self.drive.lacking.count + self.drive.changed.count

    @property
    def pages_agree(self) -> bool:
        """Whether every export's own page could be read, and all that it lists was in the parts."""
        return bool(self.pages) and all(
            not page.trouble and all(each.agrees for each in page.products) for page in self.pages
        )

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return asdict(self) | {"lacking": self.lacking}


def compare(place: Vault) -> Comparison:
    """What exports have brought against what is known of it otherwise. Raises Unusable when no export was ever read,
    Stop."""
    listing = place.manifest.last_listing(SOURCE)
    if listing is None:
        hint = "Read one first: eccs-backup takeout import"
        raise Unusable(f"No export was read into {place.root} yet.", hint=hint)
    return Comparison(
        comparing_index.compare(place, listing.number),
        comparing_mail.compare(place.manifest, listing.number),
        comparing_drive.compare(place.manifest, listing.number),
        _listed(place, MAIL),
        _listed(place, DRIVE),
    )


def _listed(place: Vault, source: str) -> str:
    listing = place.manifest.last_listing(source)
    if listing is None or listing.finished is None:
        return ""
    return datetime.fromtimestamp(listing.finished, UTC).isoformat(timespec="seconds")
