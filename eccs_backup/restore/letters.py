"""What a vault holds to be restored: its messages, oldest first, and the labels they had."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from eccs_backup.errors import Corrupt, Unusable, of_disk
from eccs_backup.model import Entry, Json
from eccs_backup.vault import Vault

SOURCE = "mail"
SETTINGS = "settings/"
"""What the ids of settings begin with; they are no messages."""
LABELS = f"{SOURCE}/settings/labels.json"


@dataclass(frozen=True, slots=True)
class Letter:
    """One saved message. `labels` are names, a system label's is its id; `date` is in milliseconds since 1970, or None
    when it is not known; `thread` is the conversation in the old mailbox."""

    id: str
    path: str
    size: int
    sha256: str
    labels: tuple[str, ...]
    thread: str
    date: int | None


def letters(vault: Vault) -> list[Letter]:
    """Every message that the vault holds, oldest first. Raises Stop."""
    held = vault.manifest.entries(SOURCE, held=True)
    found = [_letter(entry) for entry in held if not entry.key.id.startswith(SETTINGS)]
    return sorted(found, key=lambda each: (each.date or 0, each.id))


def chosen(found: Collection[Letter], wanted: Collection[str]) -> list[Letter]:
    """Those with one of the labels; all when none is named. Case does not count. Raises Unusable for an unknown one."""
    if not wanted:
        return list(found)
    known = {label.casefold(): label for each in found for label in each.labels}
    for name in wanted:
        if name.casefold() not in known:
            shown = ", ".join(sorted(known.values())[:20]) or "none"
            raise Unusable(f"No saved message has the label '{name}'.", hint=f"Labels are, for example: {shown}.")
    names = {name.casefold() for name in wanted}
    return [each for each in found if any(label.casefold() in names for label in each.labels)]


def body(vault: Vault, letter: Letter) -> bytes:
    """The very bytes that were saved. Raises Corrupt when the file is not what it was, VaultUnwritable."""
    path = vault.path(letter.path)
    try:
        held = path.read_bytes()
    except FileNotFoundError as error:
        raise Corrupt("The file is missing.", hint=again(vault)) from error
    except OSError as error:
        raise of_disk(error) from error
    if len(held) != letter.size or hashlib.sha256(held).hexdigest() != letter.sha256:
        raise Corrupt("The file is not what was saved.", hint=again(vault))
    return held


def again(vault: Vault) -> str:
    """How a damaged file is got again: verifying marks it, and the export fetches what is marked."""
    return (
        f"As long as the old account lasts: run `eccs-backup verify {vault.root}`, "
        f"then `eccs-backup mail-export {vault.root}`, then this again."
    )


def saved_labels(vault: Vault) -> dict[str, Mapping[str, Json]]:
    """Label name -> what Gmail said of it, from the settings that were saved; empty when there are none.

    Raises Corrupt when they cannot be read. They make labels prettier, and no message hangs on them.
    """
    path = vault.path(LABELS)
    try:
        answer = json.loads(path.read_text(encoding="utf-8"))
        return {each["name"]: each for each in answer["labels"] if isinstance(each["name"], str)}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Corrupt(f"{path} cannot be read.", hint=again(vault)) from error


def _letter(entry: Entry) -> Letter:
    labels, date, thread = (entry.facts.get(name) for name in ("labels", "internalDate", "thread"))
    if not isinstance(date, int):
        date = None if entry.modified is None else int(entry.modified * 1000)
    return Letter(
        entry.key.id,
        entry.path or "",
        entry.size or 0,
        entry.sha256 or "",
        tuple(str(each) for each in labels) if isinstance(labels, list) else (),
        str(thread or entry.key.id),
        date,
    )
