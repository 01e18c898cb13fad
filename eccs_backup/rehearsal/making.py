"""Short ways to make the student's files."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

from eccs_backup.rehearsal.cast import STUDENT
from eccs_backup.rehearsal.content import Noise
from eccs_backup.rehearsal.things import FOLDER, GOOGLE, SHORTCUT, File, Json

Case = tuple[File, str]
"""A file, and what is special about it."""


def blob(id: str, name: str, parent: str | None = STUDENT.root, size: int | None = None, **more: Any) -> File:
    """A file of the student's with bytes; `size` in bytes, by default some hundreds."""
    number = zlib.crc32(id.encode())
    content = Noise(number, 200 + number % 3000 if size is None else size)
    return _owned(File(id, name, parent=parent, content=content), more)


def folder(id: str, name: str, parent: str | None = STUDENT.root, **more: Any) -> File:
    """A folder of the student's."""
    return _owned(File(id, name, FOLDER, parent=parent), more)


def document(id: str, name: str, kind: str, parent: str | None = STUDENT.root, **more: Any) -> File:
    """A Google document of the student's; `kind` is the last part of its type, for instance `spreadsheet`."""
    return _owned(File(id, name, GOOGLE + kind, parent=parent), more)


def shortcut(id: str, name: str, target: str, mime: str, parent: str | None = STUDENT.root, key: str = "") -> File:
    """A shortcut to a file of type `mime`."""
    details: dict[str, Json] = {"targetId": target, "targetMimeType": mime}
    if key:
        details["targetResourceKey"] = key
    file = File(id, name, SHORTCUT, parent=parent, extra={"shortcutDetails": details})
    return _owned(file, {})


def _owned(file: File, more: dict[str, Any]) -> File:
    owner = None if "drive" in more else STUDENT.address
    return replace(file, **{"owner": owner, **more})
