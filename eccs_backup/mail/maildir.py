"""The Maildir format: a folder with one file per message, whose name tells what was done with it.

The files are the saved bytes, and their time is Gmail's internal date. All of them lie in `cur`: a message that was
not read lacks the flag S, which every reader understands, while `new` is for mail that no program has seen yet.
https://cr.yp.to/proto/maildir.html
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from eccs_backup import paths
from eccs_backup.mail.letters import Letter

FLAGS = {"DRAFT": "D", "STARRED": "F", "TRASH": "T"}
"""Labels and their flags. "R" (answered) is not among them: Gmail does not tell."""
NESTED = "maildirfolder"
"""An empty file that marks a folder within another Maildir."""
MARK = ";" if sys.platform == "win32" else ":"
"""Before the flags; Windows takes no ":" in a name, and the readers that run there look for ";"."""


def make(folder: Path, *, nested: bool = False) -> None:
    """An empty Maildir; `nested` for a folder within another one (Maildir++ marks it with a file)."""
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    if nested:
        (folder / NESTED).touch()


def name(letter: Letter) -> str:
    """The file name: unique by Gmail's id, with the size as Dovecot and Courier read it, and the flags."""
    flags = {flag for label, flag in FLAGS.items() if label in letter.labels}
    if "UNREAD" not in letter.labels:
        flags.add("S")
    id = paths.safe(letter.id).replace(":", "_").replace(",", "_")
    return f"{max(int(letter.date), 0)}.{id}.gmail,S={letter.size}{MARK}2,{''.join(sorted(flags))}"


def put(letter: Letter, source: Path, folder: Path) -> Path:
    """Copy a saved message into a Maildir; where it lies now."""
    target = folder / "cur" / name(letter)
    shutil.copyfile(source, target)
    with suppress(OverflowError, OSError, ValueError):  # a date that this disk cannot hold
        os.utime(target, (letter.date, letter.date))
    return target


def link(letter: Letter, first: Path, folder: Path) -> Path:
    """The message in one more Maildir: the same file under a second name where the disk can, else a copy."""
    target = folder / "cur" / first.name
    try:
        target.hardlink_to(first)
    except OSError:
        return put(letter, first, folder)
    return target
