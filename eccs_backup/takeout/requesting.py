"""Asking Google for an export: which page, which boxes, what is noted of it, and when the links die.

No API makes an export of one's own account, so a person does it: https://github.com/GAM-team/GAM/issues/1428 . Nothing
here talks to Google.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import quote

from eccs_backup.accounts import home
from eccs_backup.model import Json
from eccs_backup.takeout.names import LINKS_LIVE

PAGE = "https://takeout.google.com/settings/takeout"
"""Where an export is requested; at first every box is ticked. https://support.google.com/accounts/answer/3024190"""
MANAGE = "https://takeout.google.com/manage"
"""Exports that were requested, and their parts; Google's mail about a finished export leads here."""
TRANSFER = "https://takeout.google.com/transfer"
"""Where a school's account is copied into another. https://support.google.com/accounts/answer/6386856"""
EXPORT_DAYS, TRANSFER_DAYS = 10, 14
"""With fewer days left, it is high time: an export takes days until it is made and days until it is downloaded; a
transfer up to a week (https://support.google.com/accounts/answer/6386856), and all of it before the account ends."""
_REQUESTS = "takeout requests"
"""The setting that holds what is noted, by account; "" is an account that nobody named."""
_GIGABYTE = 10**9


class Box(NamedTuple):
    """A product on Google's page: its word in a link that ticks boxes, what stands beside its box in English and in
    Japanese, and the source that saves it with proof, once there is one of that name; "" where no API gives it."""

    word: str
    en: str
    ja: str
    source: str = ""

    def named(self, language: str) -> str:
        """What stands beside the box, first as in that language, "en" or "ja": the page is in the account's."""
        if self.en == self.ja:
            return self.en
        return f"{self.en} ({self.ja})" if language == "en" else f"{self.ja}（{self.en}）"


BOXES: Mapping[str, Box] = {
    "photos": Box("photos", "Google Photos", "Google フォト"),
    "keep": Box("keep", "Keep", "Keep"),
    "youtube": Box("youtube", "YouTube and YouTube Music", "YouTube と YouTube Music"),
    "groups": Box("groups", "Groups", "グループ"),
    "chat": Box("hangouts_chat", "Google Chat", "Google Chat", "chat"),
    "classroom": Box("classroom", "Classroom", "Classroom", "classroom"),
    "calendar": Box("calendar", "Calendar", "カレンダー", "calendar"),
    "contacts": Box("contacts", "Contacts", "連絡先", "contacts"),
    "tasks": Box("tasks", "Tasks", "ToDo リスト", "tasks"),
    "activity": Box("my_activity", "My Activity", "マイ アクティビティ"),
    "saved": Box("save", "Saved", "保存済み"),
    "places": Box("local_actions", "Maps (your places)", "マップ（マイプレイス）"),
    "mymaps": Box("mymaps", "My Maps", "マイマップ"),
    "chrome": Box("chrome", "Chrome", "Chrome"),
    "mail": Box("gmail", "Mail", "メール", "mail"),
    "drive": Box("drive", "Drive", "ドライブ", "drive"),
}
"""What a person may miss, by our names. Where the words were read: docs/takeout.md."""


class Request(NamedTuple):
    """What is noted of an account's export: the day it was requested, the day Google's mail came, and the account's
    last day."""

    requested: date | None = None
    ready: date | None = None
    until: date | None = None

    @classmethod
    def of(cls, noted: Json) -> Self:
        """From the settings; what makes no sense there is not known."""
        found = noted if isinstance(noted, dict) else {}
        return cls(*(_date(found.get(name)) for name in cls._fields))

    def as_json(self) -> dict[str, Json]:
        """For the settings, without what is not known."""
        return {name: when.isoformat() for name, when in self._asdict().items() if when}

    @property
    def dies(self) -> date | None:
        """The day the links die, about; the account's last day, when that comes first."""
        if self.ready is None:
            return None
        dies = self.ready + timedelta(LINKS_LIVE)
        return min(dies, self.until) if self.until else dies


def noted(account: str) -> Request:
    """What is noted of an account's export, or else of the account that was not named. Raises Unusable."""
    known = _all_noted()
    return Request.of(known.get(account.casefold(), known.get("")))


def note(account: str, request: Request) -> None:
    """Keep it for later runs in place of what was noted; an empty request forgets it. Raises Unusable."""
    replaced = (account.casefold(), "")
    known = {whose: each for whose, each in _all_noted().items() if whose not in replaced}
    kept = request.as_json()
    home.remember(_REQUESTS, (known | {account.casefold(): kept} if kept else known) or None)


def not_saved_by(sources: Collection[str]) -> tuple[str, ...]:
    """The boxes whose products none of these sources saves."""
    return tuple(name for name, box in BOXES.items() if box.source not in sources)


def page(boxes: Iterable[str], account: str) -> str:
    """The page with these boxes ticked, with all for none. `account` is "" when it is not known.

    Google's own page of one's Maps data links with several words between commas; that every product is found by its
    word, and the account by its address, is not documented: the guide relies on neither.
    """
    words = ",".join(BOXES[each].word for each in boxes)
    return for_account(f"{PAGE}/custom/{words}" if words else PAGE, account)


def for_account(url: str, account: str) -> str:
    """A page of Google's for one of several accounts that are signed in in the browser."""
    return f"{url}?authuser={quote(account)}" if account else url


def in_order(boxes: Iterable[str], language: str) -> list[str]:
    """What stands beside the boxes, about as they lie on the page in that language, from the top."""
    return sorted((BOXES[each].named(language) for each in boxes), key=str.casefold)


def part_size(free: int | None) -> int:
    """Gigabytes of a part that suit a disk with so many bytes free, None when that is not known.

    Large parts are fewer downloads; but a download that breaks begins again, and Google refuses a part after a few of
    them (https://github.com/Hameds/GoogleBackup/issues/30), so it is never the largest.
    """
    if free is None:
        return 10
    return next((size for size in (10, 4, 2) if free >= 4 * size * _GIGABYTE), 1)


def room() -> int | None:
    """Bytes free where browsers put what they download; None when that cannot be found out."""
    try:
        downloads = Path.home() / "Downloads"
        return shutil.disk_usage(downloads if downloads.is_dir() else Path.home()).free
    except (OSError, RuntimeError):  # RuntimeError: nobody knows where the home is
        return None


def _all_noted() -> dict[str, Json]:
    found = home.settings().get(_REQUESTS)
    return found if isinstance(found, dict) else {}


def _date(text: Json) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
