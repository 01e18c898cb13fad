"""Zip archives as office programs write them: a given order, some members stored, the rest deflated."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_WHEN = (2026, 11, 1, 9, 0, 0)


def pack(members: Mapping[str, str | bytes], stored: frozenset[str] = frozenset()) -> bytes:
    """The bytes of a zip with these members in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            kind = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, _WHEN), data, compress_type=kind)
    return buffer.getvalue()


def fatten(archive: bytes, name: str, ballast: bytes) -> bytes:
    """The same archive with one more member, which is stored: for exports beyond a limit of size."""
    buffer = io.BytesIO(archive)
    with zipfile.ZipFile(buffer, "a") as opened:
        opened.writestr(zipfile.ZipInfo(name, _WHEN), ballast, compress_type=zipfile.ZIP_STORED)
    return buffer.getvalue()
