"""In what the two roads' copies of one message differ: a mail by Takeout, and the same by the API or IMAP."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from itertools import combinations

_QUOTED = re.compile(rb"(?m)^>+From ")


class Difference(StrEnum):
    """What an mbox can do to a message; OTHER is nothing that is known."""

    LINE_ENDS = "line ends"  # CR LF here, LF there
    QUOTING = "quoted From"  # ">" before a line that begins with "From "
    LAST_LINE = "end of the last line"
    HEADERS = "header lines"  # the text is the same, what stands above it is not
    OTHER = "other"


def differences(one: bytes, other: bytes) -> tuple[Difference, ...]:
    """The fewest things that have to be levelled until both are the same; none when they are."""
    if one == other:
        return ()
    for number in range(1, len(_LEVELS) + 1):
        for kinds in combinations(_LEVELS, number):
            if _levelled(one, kinds) == _levelled(other, kinds):
                return kinds
    texts = [_levelled(_text(mail), _LEVELS) for mail in (one, other)]
    return (Difference.HEADERS,) if texts[0] == texts[1] != b"" else (Difference.OTHER,)


def _levelled(mail: bytes, kinds: Iterable[Difference]) -> bytes:
    for kind in kinds:
        mail = _LEVELS[kind](mail)
    return mail


def _text(mail: bytes) -> bytes:
    """What stands below the headers."""
    found = re.search(rb"\n\r?\n", mail)
    return mail[found.start() + 1 :] if found else b""


_LEVELS: dict[Difference, Callable[[bytes], bytes]] = {
    Difference.LINE_ENDS: lambda mail: mail.replace(b"\r\n", b"\n"),
    Difference.QUOTING: lambda mail: _QUOTED.sub(b"From ", mail),
    Difference.LAST_LINE: lambda mail: mail.rstrip(b"\r\n"),
}
