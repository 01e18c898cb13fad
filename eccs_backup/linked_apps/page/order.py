"""What the order of a page's lines tells where nothing else does: whether words head a section or are about an app."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from eccs_backup.linked_apps import services
from eccs_backup.linked_apps.page import own
from eccs_backup.linked_apps.page.line import Line, Mark, folded
from eccs_backup.linked_apps.page.words import Meaning, Sort

_HEADS = (Sort.SECTION, Sort.EITHER)
_STATED = (Sort.EITHER, Sort.BELOW, Sort.BASIC)
_IN_BAR = (Sort.FREE, Sort.EITHER, Sort.OWN, Sort.CHOSEN)
_LONGEST_BAR = 12
"""Lines between the word before filters and the one before orders."""
_PRESSED = (Mark.CHIP, Mark.CHOSEN)


def controls(lines: list[Line], told_of: list[Meaning]) -> set[int]:
    """Which of the lines are filters by where they stand, though they could be names, or be said below one.

    Those are that stand between the word before filters and the one before orders; and what precedes the names of
    several filters, one after another, before anything is said of an app. A known service is none.
    """
    found = _between(lines, told_of)
    place = next((place for place, told in enumerate(told_of) if told.sort in _STATED and place not in found), 0)
    end = next((each for each in range(place, len(lines)) if told_of[each].sort is not Sort.EITHER), len(lines))
    start = place
    while start and own.is_control(folded(lines[start - 1].text)):
        start -= 1
    if len({folded(line.text) for line in lines[place:end]}) > 1 and _is_row(lines, told_of, start, end):
        found.add(start - 1)
    return found


def _between(lines: list[Line], told_of: list[Meaning]) -> set[int]:
    for start in (place for place, line in enumerate(lines) if folded(line.text) in own.FILTER_BY):
        for end in range(start + 1, min(start + _LONGEST_BAR, len(lines))):
            text, sort = folded(lines[end].text), told_of[end].sort
            if text in own.SORT_BY:
                chosen = any(told_of[each].sort is Sort.CHOSEN for each in range(start, end))
                sorts = (Sort.FREE,) if chosen else (Sort.FREE, Sort.EITHER)
                return {each for each in range(start, end) if told_of[each].sort in sorts}
            if sort not in _IN_BAR or text in own.BUTTONS or services.named(lines[end].text):
                break
    return set()


def _is_row(lines: list[Line], told_of: list[Meaning], start: int, end: int) -> bool:
    """Whether what could be said below the first name are filters: by the word before them, or what is behind them."""
    before = start - 1
    while before >= 0 and told_of[before].sort is Sort.FREE:
        before -= 1
    if before == start - 1 or end == len(lines) or services.named(lines[start - 1].text):
        return False
    if before >= 0 and folded(lines[before].text) in own.FILTER_BY:
        return True
    ends = told_of[end].sort is Sort.OWN and not own.is_button(folded(lines[end].text))
    sorts = [told.sort for told in told_of[end:]]
    names = sorts.count(Sort.FREE)
    return ends and (names > 1 or (names > 0 and any(each in _STATED for each in sorts)))


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
    many |= set(_further(lines, told_of, many))
    heads = {place for place, told in enumerate(told_of) if told.sort in _HEADS and lines[place].mark not in _PRESSED}
    heads -= many | _filters(told_of, able)
    if heads <= able and not any(_heads_names(told_of, place) for place in heads):
        return many | heads
    return many


def _further(lines: list[Line], told_of: list[Meaning], many: set[int]) -> Iterator[int]:
    """Which lines say something more of the same app, behind one that is below its name."""
    last = -1
    for place, told in enumerate(told_of):
        if place in many:
            last = place
        elif told.sort is not Sort.EITHER or not 0 <= last == place - 1 or lines[place].mark is not Mark.NONE:
            continue
        elif not _heads_names(told_of, place):
            last = place
            yield place


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
