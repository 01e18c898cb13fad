"""Signing in with an access token: reads XOAUTH2 and OAUTHBEARER, and decides."""

from __future__ import annotations

import base64
import binascii
import json
import re

from eccs_backup.rehearsal.identity.grants import Grants
from eccs_backup.rehearsal.ledger import World
from eccs_backup.rehearsal.mail.imap import limits as rules
from eccs_backup.rehearsal.mail.imap.limits import ImapLimits, ImapLog

MECHANISMS = ("XOAUTH2", "OAUTHBEARER")
_XOAUTH2 = re.compile(r"user=([^\x01]+)\x01auth=Bearer ([^\x01]+)\x01\x01", re.IGNORECASE)
_OAUTHBEARER = re.compile(r"n,a=([^,\x01]+),\x01(?:[a-z]+=[^\x01]*\x01)*?auth=Bearer ([^\x01]+)\x01\x01", re.IGNORECASE)


class Denied(Exception):
    """The person may not come in, though who they are is known. `kind` is the counter's name."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind, self.words = kind, words


def claim(mechanism: str, answer: bytes) -> tuple[str, str] | None:
    """The address and the token that the client sent in base64; None when it cannot be read.

    https://developers.google.com/workspace/gmail/imap/xoauth2-protocol and RFC 7628
    """
    try:
        text = base64.b64decode(answer, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    match = (_XOAUTH2 if mechanism == "XOAUTH2" else _OAUTHBEARER).fullmatch(text)
    return (match[1], match[2]) if match else None


def challenge(scope: str) -> bytes:
    """The base64 of the JSON that says what was wrong with a token; the client answers with an empty line."""
    words = {"status": "400", "schemes": "Bearer", "scope": scope}
    return base64.b64encode(json.dumps(words, separators=(",", ":")).encode())


def person(world: World, grants: Grants, scope: str, address: str, token: str) -> str | None:
    """The address of whoever the token speaks for; None when the token is not good for this mailbox."""
    known = grants.access(token)
    if known is None or scope not in known.scopes or known.address.lower() != address.lower():
        return None
    return known.address if known.address in world.mail else None


def admit(address: str, limits: ImapLimits, log: ImapLog) -> None:
    """Count the person in. Raises Denied when the service is switched off, used up, or has no place left."""
    if not limits.enabled:
        raise Denied("not_enabled", limits.disabled)
    if log.today[address] > limits.bytes_per_day:
        raise Denied("exceeded", rules.EXCEEDED_AT_SIGN_IN)
    with log.lock:
        if log.signed_in[address] >= limits.connections:
            raise Denied("too_many", rules.TOO_MANY)
        log.signed_in[address] += 1
