"""What the person wants saved, and what left out."""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import cache

from eccs_backup.errors import Unusable
from eccs_backup.model import Item, Kind, Obstacle


@dataclass(frozen=True)
class Choice:
    """What the person wants: globs on the path as the service names it ("My Drive/Thesis/*.pdf").

    A glob without "/" is compared with every folder and with the name; `*` matches "/" too. Neither case counts nor
    the Unicode normalization: a Mac writes the dots of "が" and "ö" as letters of their own.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    _hit: set[str] = field(default_factory=set, compare=False)

    def apply(self, item: Item) -> Item:
        """The item, left out if the person's globs say so."""
        if item.obstacle:
            return item
        named = [glob for glob in self.include if _matches(glob, item)]
        self._hit.update(named)
        if self.include and not named:
            return replace(item, obstacle=Obstacle(Kind.LEFT_OUT, "not named by --include"))
        for glob in self.exclude:
            if _matches(glob, item):
                self._hit.add(glob)
                return replace(item, obstacle=Obstacle(Kind.LEFT_OUT, f"--exclude {glob}"))
        return item

    def refuse_slips(self) -> None:
        """Raise Unusable when a glob has named nothing: most likely a slip of the fingers."""
        for option, globs in (("--include", self.include), ("--exclude", self.exclude)):
            for glob in globs:
                if glob not in self._hit:
                    raise Unusable(
                        f"Nothing is named by {option} '{glob}'.",
                        hint='A pattern looks like "My Drive/Thesis/*" or "*.pdf"; --dry-run shows the paths.',
                    )


def _matches(glob: str, item: Item) -> bool:
    wanted = _pattern(glob)
    names = [_folded(step.name) for step in item.path]
    if "/" not in glob:
        return any(map(wanted.match, names))
    return any(wanted.match("/".join(names[: length + 1])) for length in range(len(names)))


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(_folded(glob)))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
