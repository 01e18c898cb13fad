"""The saved mail as other programs take it: where it is written, and that it is whole or not there at all."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from eccs_backup import digest
from eccs_backup import manifest as records
from eccs_backup.errors import Unusable, VaultBusy, of_disk
from eccs_backup.mail import converted, maildir, mbox
from eccs_backup.mail import letters as saved
from eccs_backup.mail.converted import Made
from eccs_backup.mail.folders import Names, Style, places
from eccs_backup.mail.letters import Letter
from eccs_backup.vault import INNER, Vault

UNFINISHED = ".unfinished"
LOCK = ".eccs-backup-lock"


class Format(StrEnum):
    """What the mail is converted to."""

    MBOX = "mbox"
    MAILDIR = "maildir"


class Damage(NamedTuple):
    """A saved message that is left out: its path in the vault, and what is wrong."""

    path: str
    what: str


@dataclass
class Sums:
    """What was written. `open_ended` messages had a last line without an end, and mbox gave them one.

    `remembered`: the vault knows the result from now on, and may replace it when it is asked to.
    """

    messages: int = 0
    bytes: int = 0
    labels: set[str] = field(default_factory=set)
    open_ended: int = 0
    damaged: list[Damage] = field(default_factory=list)
    remembered: bool = False


class Writer(Protocol):
    """Writes messages below one path."""

    def put(self, letter: Letter, source: Path) -> None:
        """Add a message, whose bytes lie in `source`. Raises OSError."""

    def made(self) -> Made:
        """The files that were written so far."""


class MboxWriter:
    """One mbox at `target`, or a folder with one for every label."""

    def __init__(self, target: Path, by_label: bool, wanted: frozenset[str]) -> None:
        self._target, self._by_label, self._wanted = target, by_label, wanted
        self._names = Names(Style(nested=False))
        self._hashes: dict[str, hashlib._Hash] = {}
        if by_label:
            target.mkdir()
        else:
            target.touch()
            self._hashes[""] = hashlib.sha256()

    def put(self, letter: Letter, source: Path) -> None:
        """Add a message to its mboxes."""
        labels = places(letter.labels, self._wanted) if self._by_label else [""]
        for label in labels:
            name = f"{self._names.of(label)}.mbox" if self._by_label else ""
            hash = self._hashes.setdefault(name, hashlib.sha256())
            with (self._target / name).open("ab") as file:
                for block in mbox.written(letter, mbox.blocks(source)):
                    file.write(block)
                    hash.update(block)

    def made(self) -> Made:
        """The mboxes."""
        return {name: hash.hexdigest() for name, hash in self._hashes.items()}


class MaildirWriter:
    """One Maildir at `target`, with a Maildir++ folder for every label but the inbox when `by_label`."""

    def __init__(self, target: Path, by_label: bool, wanted: frozenset[str]) -> None:
        self._target, self._by_label, self._wanted = target, by_label, wanted
        self._names = Names(Style(nested=True))
        self._folders: dict[str, Path] = {"INBOX": target}
        self._files: Made = {}
        maildir.make(target)

    def put(self, letter: Letter, source: Path) -> None:
        """Add a message to its folders."""
        labels = places(letter.labels, self._wanted) if self._by_label else ["INBOX"]
        first = maildir.put(letter, source, self._folder(labels[0]))
        files = [first, *(maildir.link(letter, first, self._folder(label)) for label in labels[1:])]
        sha256 = letter.sha256 or digest.digests(source, "sha256")["sha256"]
        self._files |= {file.relative_to(self._target).as_posix(): sha256 for file in files}

    def made(self) -> Made:
        """The messages, and the marks of the folders."""
        return self._files

    def _folder(self, label: str) -> Path:
        if label not in self._folders:
            folder = self._folders[label] = self._target / self._names.of(label)
            maildir.make(folder, nested=True)
            self._files[f"{folder.name}/{maildir.NESTED}"] = hashlib.sha256().hexdigest()
        return self._folders[label]


WRITERS: dict[Format, Callable[[Path, bool, frozenset[str]], Writer]] = {
    Format.MBOX: MboxWriter,
    Format.MAILDIR: MaildirWriter,
}


def beside(out: Path, to: Format, by_label: bool) -> Path:
    """Where the result lies when the person names no place: beside the vault, named after it."""
    root = Path(os.path.abspath(out))  # noqa: PTH100 - the folder's own name, also when it is a link
    ending = ("-mbox" if by_label else "-mail.mbox") if to is Format.MBOX else "-maildir"
    return root.with_name((root.name or "mail") + ending)


def at(destination: Path) -> Path:
    """The place a person names, as a whole path: "." has no name that could be put beside another."""
    return Path(os.path.abspath(destination))  # noqa: PTH100 - a link is not what it leads to


def check(out: Path, target: Path, *, overwrite: bool) -> None:
    """Raise Unusable when the result may not lie at `target`: nothing of the person's is ever replaced."""
    inner = (out / INNER).resolve()
    if target.resolve() == inner or inner in target.resolve().parents:
        raise Unusable(f"{target} lies among the vault's own records.", hint="Name another place.")
    if out.resolve().is_relative_to(target.resolve()):
        raise Unusable(f"{target} holds the vault itself.", hint="Name another place.")
    if converted.is_free(target):
        return
    if not overwrite:
        raise Unusable(f"{target} is there already.", hint="Name another place, or add --overwrite to replace it.")
    converted.refuse_strange(out, target)


def extent(vault: Vault, wanted: frozenset[str] = frozenset()) -> tuple[int, int]:
    """How many messages `convert` will write, and their bytes."""
    number = size = 0
    for letter in saved.letters(vault):
        if not wanted or wanted.intersection(letter.labels):
            number, size = number + 1, size + letter.size
    return number, size


def convert(
    vault: Vault,
    target: Path,
    to: Format,
    *,
    wanted: frozenset[str] = frozenset(),
    by_label: bool = False,
    on_letter: Callable[[Letter], object] = lambda letter: None,
) -> Sums:
    """Write every saved message, or those with a label in `wanted`, to the whole path `target`, which `check` allowed.

    The result appears at `target` when it is whole; until then it lies in a folder beside it that says "unfinished".
    A message whose file is missing or damaged is left out and named. Raises Stop.
    """
    sums = Sums()
    try:
        with _draft(vault.root, target) as draft, closing(saved.letters(vault)) as found:
            writer = WRITERS[to](draft, by_label, wanted)
            for letter in found:
                if wanted and not wanted.intersection(letter.labels):
                    continue
                if fault := saved.fault(vault, letter):
                    sums.damaged.append(Damage(letter.path, fault))
                else:
                    _put(vault.path(letter.path), letter, writer, sums, to)
                on_letter(letter)
        sums.remembered = converted.remember(vault.root, target, writer.made())
    except OSError as error:
        raise of_disk(error) from error
    return sums


def _put(source: Path, letter: Letter, writer: Writer, sums: Sums, to: Format) -> None:
    writer.put(letter, source)
    sums.messages += 1
    sums.bytes += letter.size
    sums.labels.update(letter.labels)
    sums.open_ended += to is Format.MBOX and _is_open_ended(source)


def _is_open_ended(source: Path) -> bool:
    with source.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return False
        file.seek(-1, os.SEEK_END)
        return file.read() != b"\n"


@contextmanager
def _draft(root: Path, target: Path) -> Iterator[Path]:
    """A path beside the target to write to; moved there when the block ends well, and deleted when it does not.

    What has come to lie at the target meanwhile is looked at again before it is replaced.
    """
    folder = target.with_name(target.name + UNFINISHED)
    if os.path.lexists(folder) and not (folder / LOCK).is_file():
        raise Unusable(f"{folder} is in the way.", hint="Move it away, or name another place.")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        held = records.lock(folder / LOCK)
    except VaultBusy as error:
        raise VaultBusy(f"Another run is writing {target}.") from error
    try:
        draft, old = folder / "mail", folder / "old"
        _remove(draft)  # what a killed run left
        if os.path.lexists(old) and not os.path.lexists(target):
            old.rename(target)
        yield draft
        if hasattr(os, "sync"):
            os.sync()
        converted.refuse_strange(root, target)
        _remove(old)
        if draft.is_dir() and target.is_dir() and converted.is_free(target):
            for each in draft.iterdir():  # somebody may be in that folder: it is filled, and stays the same one
                each.rename(target / each.name)
            return
        if target.is_dir() or (draft.is_dir() and os.path.lexists(target)):
            target.rename(old)
        draft.replace(target)
    finally:
        held.close()
        with suppress(OSError):  # it says of itself that it is unfinished
            shutil.rmtree(folder)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
