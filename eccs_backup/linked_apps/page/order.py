"""What the order of a page's lines tells where nothing else does: whether words head a section or are about an app."""

from __future__ import annotations

from collections import Counter

from eccs_backup.linked_apps.page import own
from eccs_backup.linked_apps.page.line import Line, Mark, folded
from eccs_backup.linked_apps.page.words import Meaning, Sort

_HEADS = (Sort.SECTION, Sort.EITHER)
_PRESSED = (Mark.CHIP, Mark.CHOSEN)


def below(lines: list[Line], told_of: list[Meaning]) -> set[int]:
    """Which of the lines that head a section or stand below a name are below one.

    Those are that follow a name, with the same words below another one. Of words that are said once that holds when no
    line on the page is surely the heading of a section, and none of them heads names that nothing is said of.
    """
    able = {
        place
        for place, told in enumerate(told_of)
        if told.sort is Sort.EITHER and lines[place].mark is Mark.NONE and _follows_name(lines, told_of, place)
    }
    often = Counter(folded(lines[place].text) for place in able)
    many = {place for place in able if often[folded(lines[place].text)] > 1}
    heads = {place for place, told in enumerate(told_of) if told.sort in _HEADS and lines[place].mark not in _PRESSED}
    heads -= many | _filters(told_of, able)
    if heads <= able and not any(_heads_names(told_of, place) for place in heads):
        return many | heads
    return many


def _filters(told_of: list[Meaning], able: set[int]) -> set[int]:
    """Which lines are the names of filters: several, one after another."""
    found: set[int] = set()
    row: list[int] = []
    for place, told in enumerate(told_of):
        if told.sort in _HEADS and place not in able:
            row.append(place)
        elif told.sort not in (Sort.OWN, Sort.CHOSEN):
            found.update(row if len(row) > 1 else ())
            row = []
    return found


def _follows_name(lines: list[Line], told_of: list[Meaning], place: int) -> bool:
    for before in range(place - 1, -1, -1):
        sort = told_of[before].sort
        if sort is Sort.OWN and not own.is_button(folded(lines[before].text)):
            continue
        return sort in (Sort.FREE, Sort.BELOW, Sort.BASIC, Sort.DATE)
    return False


def _heads_names(told_of: list[Meaning], place: int) -> bool:
    names = 0
    for told in told_of[place + 1 :]:
        if told.sort in (Sort.EITHER, Sort.BELOW, Sort.BASIC):
            return names > 1
        if told.sort in (Sort.SECTION, Sort.TITLE):
            break
        names += told.sort is Sort.FREE
    return names > 0
