"""What Gmail's labels are called elsewhere: folders, files, keywords, and the names that Google Takeout writes."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable

from eccs_backup import paths

SYSTEM = {
    "INBOX": "Inbox", "SENT": "Sent", "DRAFT": "Drafts", "TRASH": "Trash", "SPAM": "Spam", "CHAT": "Chat",
    "UNREAD": "Unread", "STARRED": "Starred", "IMPORTANT": "Important",
    "CATEGORY_PERSONAL": "Category Personal", "CATEGORY_SOCIAL": "Category Social",
    "CATEGORY_PROMOTIONS": "Category Promotions", "CATEGORY_UPDATES": "Category Updates",
    "CATEGORY_FORUMS": "Category Forums",
}  # fmt: skip
"""System labels by API id, as Google Takeout names them in English."""
MARKS = {"UNREAD", "STARRED", "IMPORTANT"}
"""Labels that are marks on a message and no place where it lies; CATEGORY_... are such marks, too."""
ARCHIVE = "Archived"
"""What holds a message that lies in no folder; Takeout's word for it."""
LONGEST = 180
"""Bytes of a folder's name on the disk; file systems take 255."""
_KEYWORD_BREAKERS = str.maketrans(dict.fromkeys(' ()/{%*<>\\"', "_"))


def shown(label: str) -> str:
    """The label as people know it: "INBOX" -> "Inbox"; a user's own label is its name."""
    return SYSTEM.get(label, label)


def places(labels: Iterable[str], wanted: frozenset[str]) -> list[str]:
    """The folders a message belongs into: all its labels but the marks, or those in `wanted` when there are any."""
    carried = list(labels)
    if wanted:
        return [each for each in carried if each in wanted]
    found = [each for each in carried if each not in MARKS and not each.startswith("CATEGORY_")]
    return found or [ARCHIVE]


class Names:
    """One safe file name for every label, never the same for two of them on any disk; stable by order of asking."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, label: str) -> str:
        """The name for a label."""
        if label not in self._names:
            name, length = self._style(shown(label)), 6
            while len(name.encode()) > LONGEST or paths.fold(name) in self._taken:
                name, length = self._style(paths.distinct(paths.safe(shown(label))[:40], label, length)), length + 4
            self._taken.add(paths.fold(name))
            self._names[label] = name
        return self._names[label]


class Style:
    """How a label becomes a file name: flat ("研究／ゼミ") or as a Maildir++ folder (".&eBR6dg-.&MLww34-").

    Where the system's language has no letters for a flat name (LC_ALL=C), that is in modified UTF-7, too.

    Maildir++ (https://www.courier-mta.org/imap/README.maildirquota.html) puts every folder beside the others, with
    "." between the levels. Names are in IMAP's modified UTF-7 (RFC 3501, 5.1.3), which is how Courier and Dovecot
    keep them on a disk; it is ASCII, so every file system takes it and no normalisation touches it.
    """

    def __init__(self, *, nested: bool) -> None:
        self.nested = nested

    def __call__(self, name: str) -> str:
        if not self.nested:
            return _writable(paths.safe(name))
        levels = [each for each in name.split("/") if each.strip()] or ["_"]
        return "".join("." + modified_utf7(paths.safe(each).replace(".", "_")) for each in levels)


def _writable(name: str) -> str:
    """The name, or where Python cannot hand it to the file system its form in ASCII."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return modified_utf7(name)
    return name


def modified_utf7(text: str) -> str:
    """The text in ASCII, as IMAP writes folder names (RFC 3501, section 5.1.3)."""
    return re.sub(r"&|[^ -~]+", _shifted, text)


def keyword(label: str) -> str:
    """The label as one word of ASCII; in Thunderbird the key of a tag that is called like the label.

    https://searchfox.org/comm-central/source/mailnews/base/src/nsMsgTagService.cpp (AddTag)
    """
    return modified_utf7(shown(label).translate(_KEYWORD_BREAKERS)).lower()


def _shifted(found: re.Match[str]) -> str:
    if found[0] == "&":
        return "&-"
    encoded = base64.b64encode(found[0].encode("utf-16-be", "replace"), b"+,").decode("ascii")
    return f"&{encoded.rstrip('=')}-"
