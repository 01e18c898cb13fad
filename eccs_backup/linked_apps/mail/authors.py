"""Who really wrote a mail: the domain in From, and whether the receiving server found it to be true."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from eccs_backup.linked_apps.domains import registrable
from eccs_backup.linked_apps.mail.heads import Head
from eccs_backup.linked_apps.mail.senders import SENDERS

RECEIVER = "mx.google.com"
"""The server whose word counts. It takes out lines that others have written in its name, and puts its own on top."""
_ASIDE = re.compile(r'"([^"\\]*)"|\([^()\\]*\)')
_SAFE = re.compile(r"[\w.+=@-]*")


class Proof(Enum):
    """How true the domain in From is."""

    ALIGNED = "the domain itself signed or sent it"
    CARRIED = "a mailing service signed it for somebody"
    UNKNOWN = "no receiving server has said anything"
    FORGED = "somebody else wrote it"


class Verdict(NamedTuple):
    """What the receiving server found: registrable domains that signed, that sent, and what DMARC says of `covers`."""

    signed: frozenset[str]
    sent: str
    dmarc: str
    covers: str


def proof(head: Head, host: str) -> Proof:
    """How true it is that the domain of that host wrote the mail.

    RFC 8601 describes the line; Google's is the topmost one. https://www.rfc-editor.org/rfc/rfc8601
    """
    lines = head.every("authentication-results")
    verdict = _read(lines[0]) if lines else None
    if verdict is None:
        return Proof.FORGED if lines else Proof.UNKNOWN
    domain = registrable(host)
    if not domain or verdict.dmarc in ("fail", "permerror"):
        return Proof.FORGED
    if (verdict.dmarc == "pass" and verdict.covers == domain) or domain in verdict.signed or domain == verdict.sent:
        return Proof.ALIGNED
    return Proof.CARRIED if any(each in SENDERS.carriers for each in (*verdict.signed, verdict.sent)) else Proof.FORGED


def is_carried(head: Head) -> bool:
    """Whether a mailing service signed or sent it, be it for the domain in From or not."""
    lines = head.every("authentication-results")
    verdict = _read(lines[0]) if lines else None
    return verdict is not None and not SENDERS.carriers.isdisjoint({*verdict.signed, verdict.sent})


@lru_cache(maxsize=4096)
def _read(line: str) -> Verdict | None:
    """None when it is not the receiver's, or written so that it can be read in two ways."""
    bare = _ASIDE.sub(lambda aside: aside[1] if aside[1] and _SAFE.fullmatch(aside[1]) else " ", line)
    server, *results = bare.split(";")
    if set('"()\\') & set(bare) or server.split()[:1] != [RECEIVER]:
        return None
    if any(aside[0].count('"') % 2 for aside in _ASIDE.finditer(line)):
        return None  # what is quoted goes beyond the comment: a sender may have written the rest
    signed, sent, dmarc, covers = set(), "", "", ""
    for result in results:
        what, *properties = result.split()[:12] or [""]
        method, _, outcome = what.partition("=")
        pairs = [each.split("=", 1) for each in properties if "=" in each]
        told = dict(pairs)
        if len(told) < len(pairs) or (method == "dmarc" and dmarc):
            return None
        if method == "dmarc":
            dmarc, covers = outcome, registrable(told.get("header.from", ""))
        elif outcome == "pass" and method == "dkim":
            signed.add(registrable((told.get("header.i") or told.get("header.d", "")).rpartition("@")[2]))
        elif outcome == "pass" and method == "spf":
            sent = registrable(told.get("smtp.mailfrom", "").rpartition("@")[2])
    return Verdict(frozenset(signed - {""}), sent, dmarc, covers)
