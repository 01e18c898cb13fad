"""Opens one part of an export, whatever it is: a zip, a tgz, or something else that was saved in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eccs_backup.errors import Corrupt
from eccs_backup.takeout import gzips, tars, zips
from eccs_backup.takeout.members import AGAIN, Archive, Limits, Member, Refused

__all__ = ["Archive", "Limits", "Member", "Refused", "opened"]

HEAD = 1 << 14
"""Bytes at the beginning that tell what a file is."""
DEFAULT = Limits()
_ZIP = (b"PK\3\4", b"PK\5\6")
_SPLIT = (b"PK\7\x08", b"PK00")
"""https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 8.5.3 and 8.5.4."""
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|script|!--|\?xml)", re.IGNORECASE)
_SIGN_IN = b"accounts.google.com"
_UNPACKED = (
    "Turn off 'Open \"safe\" files after downloading' in Safari's settings, and download this part again from "
    "takeout.google.com."
)


@contextmanager
def opened(path: Path, limits: Limits = DEFAULT) -> Iterator[Archive]:
    """A part, ready to be read.

    Raises Corrupt, with the file's name, what is wrong with it and what to do, when it is cut off, damaged, empty, or
    no archive at all; and OSError when the disk cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(_ZIP):
        with zips.opened(path, limits) as zip:
            yield zip
    elif head.startswith(gzips.MAGIC):
        with tars.opened(path, limits) as tgz:
            yield tgz
    else:
        raise _stranger(path.name, head)


def _stranger(name: str, head: bytes) -> Corrupt:
    """What was saved in the archive's place."""
    if not head:
        return Corrupt(f"{name} is empty.", hint=AGAIN)
    if head.count(0) == len(head):
        return Corrupt(
            f"{name} holds only zeros where the archive should begin: its download was not finished.", hint=AGAIN
        )
    if _PAGE.match(head):
        kind = "a sign-in page" if _SIGN_IN in head else "a web page"
        hint = f"Sign in to Google in the browser first. {AGAIN}"
        return Corrupt(f"{name} is {kind} that was saved instead of the archive.", hint=hint)
    if head[257:262] == b"ustar":
        return Corrupt(f"{name} was unpacked by the browser, and its checksum is lost with that.", hint=_UNPACKED)
    if head.startswith(_SPLIT):
        return Corrupt(f"{name} is one piece of a zip that some program has split.", hint=AGAIN)
    if any(magic.startswith(head) for magic in (*_ZIP, gzips.MAGIC)):
        return Corrupt(f"{name} is cut off after its first bytes.", hint=AGAIN)
    return Corrupt(f"{name} is neither a zip nor a tgz, or its beginning is damaged.", hint=AGAIN)
