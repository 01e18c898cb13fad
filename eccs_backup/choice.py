"""What the person wants saved, and what left out."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, replace

from eccs_backup.model import Item, Kind, Obstacle


@dataclass(frozen=True)
class Choice:
    """What the person wants: globs on the path as the service names it ("My Drive/Thesis/*.pdf").

    A glob without "/" is compared with every folder and with the name; case does not count; `*` matches "/" too.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def apply(self, item: Item) -> Item:
        """The item, left out if the person's globs say so."""
        if item.obstacle:
            return item
        if self.include and not any(_matches(glob, item) for glob in self.include):
            return replace(item, obstacle=Obstacle(Kind.LEFT_OUT, "not named by --include"))
        for glob in self.exclude:
            if _matches(glob, item):
                return replace(item, obstacle=Obstacle(Kind.LEFT_OUT, f"--exclude {glob}"))
        return item


def _matches(glob: str, item: Item) -> bool:
    wanted = re.compile(fnmatch.translate(glob.casefold()))
    if "/" not in glob:
        return any(wanted.match(step.name.casefold()) for step in item.path)
    names = [step.name.casefold() for step in item.path]
    return any(wanted.match("/".join(names[: length + 1])) for length in range(len(names)))
