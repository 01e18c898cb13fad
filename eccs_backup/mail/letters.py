"""Which messages a vault holds: one `Letter` per saved message, by what the manifest says."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from eccs_backup.digest import digests
from eccs_backup.errors import Unusable
from eccs_backup.mail import folders
from eccs_backup.model import Entry
from eccs_backup.vault import Vault, reading, trial

SOURCE = "mail"
SETTINGS = "settings/"
"""How the ids of saved settings begin, which are no messages."""
LATEST = 10.0**12
"""Seconds; a date beyond it is a damaged one."""


class Letter(NamedTuple):
    """A saved message. `path` is relative to the vault, `size` in bytes, `date` Gmail's internal date in Unix seconds.

    `id` and `thread` are Gmail's, in hex; `labels` are user labels by name and system labels by their API id,
    each once.
    `deleted`: the newest listing of the mailbox, if it was finished, does not show it any more.
    """

    id: str
    path: str
    size: int
    sha256: str
    date: float
    thread: str
    labels: tuple[str, ...]
    deleted: bool

    @property
    def number(self) -> int | None:
        """Gmail's id as a number, as IMAP and Takeout write it; None when it is none."""
        return _number(self.id)

    @property
    def thread_number(self) -> int | None:
        """The thread's id as a number."""
        return _number(self.thread)


@contextmanager
def place(root: Path) -> Iterator[Vault]:
    """The vault with a copy of its records, so that a long reading never holds up a run that saves. Raises Stop."""
    with reading(root):  # says so when it is no vault
        pass
    with trial(root) as vault:
        yield vault


def refuse_none(vault: Vault) -> None:
    """Raise Unusable when the vault holds no message."""
    with closing(letters(vault)) as found:
        if next(found, None) is None:
            raise Unusable(f"{vault.root} holds no mail yet.", hint="Run first: eccs-backup mail-export")


def letters(vault: Vault) -> Generator[Letter, None, None]:
    """Every message with a file, by path and so by month, lazily."""
    listing = vault.manifest.last_listing(SOURCE)
    newest = listing.number if listing and listing.finished is not None else 0  # a running one has not seen them yet
    for entry in vault.manifest.entries(SOURCE, held=True):
        if not entry.key.id.startswith(SETTINGS):
            yield _letter(entry, newest)


def labels(vault: Vault) -> dict[str, int]:
    """Every label that a saved message carries, with the number of its messages."""
    found: dict[str, int] = {}
    for letter in letters(vault):
        for label in letter.labels:
            found[label] = found.get(label, 0) + 1
    return found


def chosen(known: Iterable[str], wanted: Iterable[str]) -> frozenset[str]:
    """Those labels that a person means by `wanted`, in any case and width. Raises Unusable for an unknown one."""
    names: dict[str, set[str]] = {}
    for label in known:
        for name in (label, folders.shown(label)):
            names.setdefault(same(name), set()).add(label)
    found: set[str] = set()
    for wish in wanted:
        if same(wish) not in names:
            near = get_close_matches(same(wish), names, 1) or sorted(names)[:10]
            few = ", ".join(sorted({folders.shown(min(names[each])) for each in near}))
            hint = f"There is: {few}" if few else "The saved messages carry no labels."
            raise Unusable(f"No saved message carries the label {wish}.", hint=hint)
        found |= names[same(wish)]
    return frozenset(found)


def fault(vault: Vault, letter: Letter) -> str | None:
    """What is wrong with the message's file, which is read to its end; None when it is as it was saved."""
    path = vault.path(letter.path)
    try:
        size = os.stat(path).st_size  # noqa: PTH116 - once for every message
        if size != letter.size:
            return f"has {size} bytes instead of {letter.size}"
        if letter.sha256 and digests(path, "sha256")["sha256"] != letter.sha256:
            return "its content is not what was saved"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None


def same(text: str) -> str:
    """A form that is equal for what a person holds to be the same: NFKC, without case."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _letter(entry: Entry, newest: int) -> Letter:
    facts = entry.facts
    date, names, thread = facts.get("internalDate"), facts.get("labels"), facts.get("thread")
    told = date / 1000 if isinstance(date, int | float) and abs(date) <= LATEST * 1000 else None
    kept = entry.modified if entry.modified is not None and abs(entry.modified) <= LATEST else 0.0
    carried = [each for each in names if isinstance(each, str)] if isinstance(names, list) else []
    return Letter(
        entry.key.id, entry.path or "", entry.size or 0, entry.sha256 or "", kept if told is None else told,
        thread if isinstance(thread, str) else "", tuple(dict.fromkeys(carried)), entry.seen < newest,
    )  # fmt: skip


def _number(hex: str) -> int | None:
    try:
        return int(hex, 16)
    except ValueError:
        return None
