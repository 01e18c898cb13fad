"""Where a Drive file lies: the path of every id, built from a flat listing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from eccs_backup.model import Json, Step

FOLDER = "application/vnd.google-apps.folder"
MY_DRIVE = Step("my-drive", "My Drive")
SHARED_DRIVES = Step("shared-drives", "Shared drives")
SHARED_WITH_ME = Step("shared-with-me", "Shared with me")
UNFILED = Step("unfiled", "Unfiled")
TRASH = Step("trash", "Trash")


class Folder(NamedTuple):
    """What the tree needs to know of a folder."""

    name: str
    parent: str | None
    owned: bool
    trashed: bool


@dataclass
class Tree:
    """The folders of an account: `root` is the id of My Drive, `drives` the shared drives' names by id.

    An item has one parent or none that we can see. It is the topmost folder we see that decides: My Drive, a shared
    drive, somebody else's folder ("Shared with me"), or nothing at all ("Unfiled": own things whose folder is gone).
    https://developers.google.com/workspace/drive/api/guides/folder
    """

    root: str
    drives: Mapping[str, str]
    folders: dict[str, Folder] = field(default_factory=dict)

    def add(self, row: Mapping[str, Json]) -> None:
        """Take in a listed folder."""
        self.folders[str(row["id"])] = Folder(
            str(row.get("name", "")), parent_of(row), row.get("ownedByMe") is True, row.get("explicitlyTrashed") is True
        )

    def path(self, row: Mapping[str, Json], name: str) -> tuple[Step, ...]:
        """The steps to a listed file, which is to be called `name`; trashed things lie under "Trash".

        What is in the trash with its folder is told by the folder: the log of changes need not mention every file when
        a folder is trashed or brought back. Only where the folder cannot be seen is the file's own word taken.
        """
        steps = [Step(str(row["id"]), name)]
        owned, parent = row.get("ownedByMe") is True, parent_of(row)
        trashed = row.get("explicitlyTrashed") is True
        seen = {steps[0].id}
        while parent in self.folders and parent not in seen and not self._is_top(parent):
            seen.add(parent)
            folder = self.folders[parent]
            steps.append(Step(parent, folder.name))
            owned, parent, trashed = folder.owned, folder.parent, trashed or folder.trashed
        steps += self._top(parent, owned, row)
        if trashed or (row.get("trashed") and steps[-1] in (UNFILED, SHARED_WITH_ME)):
            steps.append(TRASH)
        return tuple(reversed(steps))

    def _is_top(self, id: str | None) -> bool:
        """The tops of the drives may turn up in the log of changes, as folders like any other."""
        return id == self.root or id in self.drives

    def _top(self, parent: str | None, owned: bool, row: Mapping[str, Json]) -> list[Step]:
        """The upper end of the path, innermost first; `parent` is the first id that is no listed folder."""
        if parent is not None and parent == self.root:
            return [MY_DRIVE]
        drive = parent if parent in self.drives else row.get("driveId")
        if isinstance(drive, str) and drive in self.drives:
            return [Step(drive, self.drives[drive]), SHARED_DRIVES]
        return [UNFILED if owned else SHARED_WITH_ME]


def parent_of(row: Mapping[str, Json]) -> str | None:
    """The id of the item's folder; None when there is none that we may see."""
    parents = row.get("parents")
    return str(parents[0]) if isinstance(parents, list) and parents else None
