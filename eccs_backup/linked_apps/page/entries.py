"""From the lines of the page of connections to its entries: an app, and how it is connected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from eccs_backup.linked_apps import hosts, services
from eccs_backup.linked_apps.claims import Kind
from eccs_backup.linked_apps.page import order, own
from eccs_backup.linked_apps.page.line import Group, Line, Mark, folded
from eccs_backup.linked_apps.page.words import GRANT, NONE, SIGN_IN, Meaning, Sort, date, meaning

_HEADS = (Sort.TITLE, Sort.SECTION, Sort.EITHER)
_SAID = (Sort.SECTION, Sort.EITHER, Sort.BELOW)


@dataclass
class Entry:
    """An app on the page. `section` has the kinds that are told above it: None when none are, empty for Google's own.

    `when` is in Unix seconds. `quote` is its name and what is said below it.
    """

    name: str
    number: int
    section: frozenset[Kind] | None
    titled: bool = True
    """Whether it stands below the heading of the page."""
    said: frozenset[Kind] = NONE
    basic: bool = False
    when: float | None = None
    domain: str = ""
    quotes: list[str] = field(default_factory=list)
    bare: bool = True
    """Whether nothing but its name was read."""
    _next: Sort | None = None
    """What the next line is, whatever it says."""

    @property
    def stated(self) -> bool:
        """Whether its kind is said below it."""
        return bool(self.said) or self.basic

    @property
    def told(self) -> bool:
        """Whether the page says what kind it is of."""
        return self.section is not None or self.stated

    @property
    def kinds(self) -> frozenset[Kind]:
        """What it is: a grant when nothing is told, since every connection may use something of the account."""
        return self.said | (self.section or NONE) or (SIGN_IN if self.basic else GRANT)

    @property
    def quote(self) -> str:
        """What the page says of it, in one line."""
        return " · ".join(dict.fromkeys((self.name, *self.quotes)))

    def takes(self, told: Meaning) -> bool:
        """Whether the next line belongs to it, though it could be a name."""
        return told.sort is Sort.FREE and self._next is not None

    def ends(self, button: str) -> None:
        """No more of what was begun follows, but a button, folded."""
        self._next = None
        self.bare &= button not in own.BUTTONS

    def add(self, line: Line, told: Meaning) -> None:
        """One more line of it."""
        if told.sort in _SAID:
            self.said |= told.kinds
        if told.sort in (*_SAID, Sort.BASIC, Sort.DATE):
            self.quotes.append(line.text)
            self.when = told.when if self.when is None else self.when
        self.basic |= told.sort is Sort.BASIC
        self._look_at(line, told)
        self.bare &= told.sort is Sort.OWN and not self.domain
        if told.sort is Sort.RIGHTS or (told.sort in (Sort.DATE, Sort.SITE) and not told.name):
            self._next = told.sort
        elif self._next is not Sort.RIGHTS or told.sort is not Sort.FREE:
            self._next = None

    def _look_at(self, line: Line, told: Meaning) -> None:
        """What a line is by the one before it, and where it links to."""
        if self._next is Sort.DATE and self.when is None:
            self.when = date(line.text)
            self.quotes.append(line.text)
        if self._next is Sort.RIGHTS and told.sort is Sort.FREE and self.section is None:
            self.said |= GRANT
        if told.sort is not Sort.OWN:
            site = hosts.of_name(line.text) if self._next is Sort.SITE else ""
            self.domain = self.domain or hosts.third_party(line.link) or hosts.third_party(line.text) or site


class _Place:
    """Where on the page a line stands: the kinds of its section, None when they are not told."""

    def __init__(self) -> None:
        self.kinds: frozenset[Kind] | None = None
        self.titled = False
        self._filters = False
        self._chosen = False

    def see(self, line: Line, told: Meaning) -> None:
        """A line that may head what follows. Names of filters, one after another, do not, but a chosen one does."""
        if told.sort is Sort.TITLE:
            self.kinds, self.titled, self._filters, self._chosen = None, True, False, False
        elif told.sort is Sort.CHOSEN or line.mark is Mark.CHIP:
            self._chosen = self._chosen or told.sort is Sort.CHOSEN
            self._filters = False
        elif line.mark is Mark.CHOSEN or self._chosen:
            if line.mark is Mark.CHOSEN or not self._filters:
                self.kinds = told.kinds
            self._chosen = self._filters = True
        elif line.mark is Mark.HEADING or told.sort is Sort.SECTION or not self._filters:
            self.kinds, self._filters = told.kinds, True
        else:
            self.kinds = None

    def filter(self, line: Line, told: Meaning) -> None:
        """A line before the list that heads nothing, as such words are said below names there; unless it is chosen."""
        if self._chosen or line.mark is not Mark.NONE:
            self.see(line, told)
        else:
            self.kinds, self._filters = None, True

    def entry(self) -> None:
        """An entry has come: what heads it is a section."""
        self._filters = self._chosen = False


def entries(lines: list[Line]) -> list[Entry]:
    """Every app of the page, in its order. Structure tells where there is some, and else the order of the lines."""
    sure, likely = _grouped(lines)
    found = sure or _chosen(likely) or _chosen(list(_flowing(lines)))
    return [each for each in found if each.section is None or each.section]


def _chosen(found: list[Entry]) -> list[Entry]:
    """Those of whose kind something is said, and known services; all below the heading, when it is said of none.

    Where something is said below names, a name alone is rather one of the page's own words that is not known here.
    """
    kept: list[Entry] = []
    for _, section in groupby(found, key=lambda each: each.section):
        entries = list(section)
        says = any(each.stated for each in entries)
        kept += [each for each in entries if not (says and each.bare and not each.domain) or services.named(each.name)]
    titled = [each for each in found if each.titled]
    if not any(each.told for each in kept):
        return titled
    return [each for each in kept if each.told or (services.named(each.name) and (each.titled or not titled))]


def _grouped(lines: list[Line]) -> tuple[list[Entry], list[Entry]]:
    place = _Place()
    drafts: dict[Group, tuple[frozenset[Kind] | None, bool, list[tuple[Line, Meaning]]]] = {}
    for line in lines:
        told = meaning(line.text)
        if line.group is None or _is_above(line, told):
            if told.sort in _HEADS or told.sort is Sort.CHOSEN:
                place.see(line, told)
            continue
        drafts.setdefault(line.group, (place.kinds, place.titled, []))[2].append((line, told))
        place.entry()
    sure: list[Entry] = []
    likely: list[Entry] = []
    for group, (kinds, titled, drafted) in drafts.items():
        if entry := _entry(drafted, kinds, titled, sure=group.sure):
            (sure if group.sure else likely).append(entry)
    return sure, likely


def _is_above(line: Line, told: Meaning) -> bool:
    """Whether a line that stands in or behind an entry heads the next ones."""
    if told.sort not in _HEADS:
        return False
    if line.inside:
        return line.mark is Mark.HEADING and line.group is not None and not (line.group.named or line.group.sure)
    return line.mark is Mark.HEADING or told.sort is not Sort.EITHER


def _entry(
    drafted: list[tuple[Line, Meaning]], kinds: frozenset[Kind] | None, titled: bool, *, sure: bool
) -> Entry | None:
    names = [place for place, (_, told) in enumerate(drafted) if told.sort is Sort.FREE]
    if not names and sure:  # an app may be called as a button of the page is, but not as those of every entry are
        names = [place for place, (line, _) in enumerate(drafted) if not own.is_button(folded(line.text))]
    if not names:
        return None
    name = drafted[names[0]][0]
    entry = Entry(name.text, name.number, kinds, titled, domain=_own_domain(name))
    for place, (line, told) in enumerate(drafted):
        if place != names[0]:
            entry.add(line, told)
    return entry


def _own_domain(line: Line) -> str:
    return hosts.third_party(line.link) or hosts.of_name(line.text)


def _flowing(lines: list[Line]) -> Iterator[Entry]:
    """Entries of lines that nothing but their order and words tell apart."""
    told_of = [meaning(line.text) for line in lines]
    for number in order.controls(lines, told_of):
        told_of[number] = Meaning(Sort.OWN)
    below = order.below(lines, told_of)
    begun = [*sorted(below), len(lines)][1] if below else 0  # no filters follow behind what two apps say, but sections
    place, current = _Place(), None
    for number, (line, told) in enumerate(zip(lines, told_of, strict=True)):
        if current and (current.takes(told) or hosts.third_party(line.text)):
            current.add(line, told)
        elif (told.sort in _HEADS and number not in below) or told.sort is Sort.CHOSEN:
            (place.filter if told.sort is Sort.EITHER and number < begun else place.see)(line, told)
            current = None
        elif told.name and told.sort is Sort.BELOW and not (current and folded(current.name) == folded(told.name)):
            current = Entry(told.name, line.number, place.kinds, place.titled, domain=hosts.of_name(told.name))
            current.add(line, told)
            yield current
        elif told.sort is Sort.FREE:
            current = Entry(line.text, line.number, place.kinds, place.titled, domain=_own_domain(line))
            place.entry()
            yield current
        elif current and told.sort is not Sort.OWN:
            current.add(line, told)
        elif current and own.is_button(folded(line.text)):
            current.ends(folded(line.text))
