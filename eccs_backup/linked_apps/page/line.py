"""A line of a page, and what is known of it beside its words."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from typing import NamedTuple

CONNECTION = ("connections/overview", "connections/details", "connections/link", "connections/app")
"""What the links of Google's list lead to, whatever stands around them."""
_BETWEEN = re.compile(r"(?<=[\u3040-\u30ff\u4e00-\u9fff]) | (?=[\u3040-\u30ff\u4e00-\u9fff])")
"""A blank next to a Japanese character: some put one between two scripts."""


class Mark(Enum):
    """What HTML tells of a line."""

    NONE = ""
    HEADING = "a heading"
    CHIP = "something to press"
    CHOSEN = "something to press that is pressed"


class Group:
    """The lines of what may be one entry of the list: `sure` when it links to a connection."""

    def __init__(self, *, sure: bool = False) -> None:
        self.sure = sure
        self.named = False
        self.label = ""
        """What a screen reader says in place of its text."""


class Line(NamedTuple):
    """A line of text and its number in the page or the file.

    `group` is the entry that it is part of; not `inside` when it merely follows that one. `link` is where it leads.
    """

    number: int
    text: str
    mark: Mark = Mark.NONE
    group: Group | None = None
    inside: bool = False
    link: str = ""


class Page(NamedTuple):
    """All lines of a page. `address` is where it was saved from, `title` its title, as far as it tells them."""

    lines: list[Line]
    address: str = ""
    title: str = ""


def folded(text: str) -> str:
    """A line in the form in which it is compared: widths, cases, blanks, quotes and a last colon do not matter."""
    line = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace(" and ", " & ")
    line = " ".join("".join(each for each in line if unicodedata.category(each) not in ("Cf", "Cc", "Co")).split())
    return _BETWEEN.sub("", line).rstrip(" :")


def words(text: str) -> frozenset[str]:
    """Lines that are known, written with "|" between them, folded."""
    return frozenset(folded(each) for each in text.split("|"))
