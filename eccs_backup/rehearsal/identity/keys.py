"""The practice services' signing key: service accounts' assertions and identity tokens (RS256)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from eccs_backup.rehearsal.things import Json


@lru_cache(maxsize=1)
def key() -> rsa.RSAPrivateKey:
    """One key for the life of the process; made when it is first needed."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem() -> str:
    """The key as a service account's file holds it (PKCS #8)."""
    private = key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode("ascii")


def sign(claims: Mapping[str, Json]) -> str:
    """A JSON Web Token with these claims. RFC 7515"""
    head = _encode(json.dumps({"alg": "RS256", "typ": "JWT"}).encode())
    body = f"{head}.{_encode(json.dumps(claims).encode())}"
    return f"{body}.{_encode(key().sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def read(token: str) -> dict[str, Json] | None:
    """The claims of a token signed with our key; None when it is damaged or signed by someone else."""
    try:
        signed, _, signature = token.rpartition(".")
        key().public_key().verify(_decode(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        claims = json.loads(_decode(signed.partition(".")[2]))
    except (InvalidSignature, ValueError, binascii.Error):
        return None
    return claims if isinstance(claims, dict) else None


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
