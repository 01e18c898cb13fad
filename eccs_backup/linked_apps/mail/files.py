"""Saved mail as evidence: a vault's, an mbox, or the mboxes inside a Takeout archive. Nothing is asked of a network."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from eccs_backup.errors import Unusable
from eccs_backup.linked_apps.mail.heads import Head
from eccs_backup.linked_apps.mail.judge import NOT_RECEIVED
from eccs_backup.mail import content, letters, mbox_reading
from eccs_backup.vault import Vault

FIRST = 1 << 16
"""Bytes of a mail that are read: its headers, and the beginning of its text."""


OPENING = 3 << 13
"""Bytes of a mail in which the beginning of its text is looked for; pages have their styles before it."""


class SavedMail(NamedTuple):
    """A saved mail: where it is from, as "message 18f0c2", and its first bytes."""

    source: str
    raw: bytes

    @property
    def head(self) -> Head:
        """Its headers."""
        return Head.of(self.raw)

    def text(self) -> str:
        """The beginning of its text."""
        return content.opening(self.raw[:OPENING])


def of_vault(place: Vault, on_missing: Callable[[str], object] = lambda path: None) -> Iterator[SavedMail]:
    """Every received mail of an open vault. `on_missing` is told of files that cannot be read."""
    with closing(letters.letters(place)) as found:
        for letter in found:
            if not NOT_RECEIVED.isdisjoint(each.lower() for each in letter.labels):
                continue
            try:
                with place.path(letter.path).open("rb", buffering=0) as file:
                    raw = file.read(FIRST)
            except OSError:
                on_missing(letter.path)
                continue
            yield SavedMail(f"message {letter.id}", raw)


def of_file(path: Path, on_bytes: Callable[[int], object] = lambda count: None) -> Iterator[SavedMail]:
    """Every mail of an mbox, or of the mboxes in a zip archive. `on_bytes` is told what has been read.

    Raises Unusable when there is none, or the file is damaged.
    """
    if not path.is_file():
        raise Unusable(f"{path} is no file.", hint="Name an mbox, or a part of a Takeout archive.")
    try:
        if path.suffix.lower() == ".zip" or zipfile.is_zipfile(path):
            yield from _of_archive(path, on_bytes)
            return
        with path.open("rb") as stream:
            yield from _of_mbox(_Counted(stream, on_bytes), path.name)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError) as error:
        why = "is encrypted" if "encrypted" in str(error) else "is damaged, or packed in an unknown way"
        raise Unusable(
            f"{path.name} {why}.", hint="Download that part of the archive again, without a password."
        ) from error
    except OSError as error:
        raise Unusable(f"{path} cannot be read ({error.strerror}).", hint="Name a file that you may read.") from error


def _of_archive(path: Path, on_bytes: Callable[[int], object]) -> Iterator[SavedMail]:
    with zipfile.ZipFile(path) as archive:
        mboxes = [each for each in archive.infolist() if each.filename.lower().endswith(".mbox") and each.file_size]
        if not mboxes:
            raise Unusable(f"There is no mail in {path.name}.", hint="Name the part of the archive that holds an .mbox")
        for each in mboxes:
            with archive.open(each) as stream:
                yield from _of_mbox(_Counted(stream, on_bytes), each.filename)


def _of_mbox(stream: _Counted, name: str) -> Iterator[SavedMail]:
    for found in mbox_reading.messages(stream, name, FIRST):
        yield SavedMail(f"message {found.id}" if found.id else f"mail {found.number} of {Path(name).name}", found.head)


class _Counted:
    """A stream that tells how much is read of it."""

    def __init__(self, stream: mbox_reading.Readable, on_bytes: Callable[[int], object]) -> None:
        self._stream, self._on_bytes = stream, on_bytes

    def read(self, size: int) -> bytes:
        """At most so many bytes."""
        data = self._stream.read(size)
        self._on_bytes(len(data))
        return data
