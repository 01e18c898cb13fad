"""The lines of a page in HTML: what is seen of it, and what its structure tells of each line."""

from __future__ import annotations

import re
from collections import Counter
from enum import IntEnum
from html.parser import HTMLParser
from typing import NamedTuple

from eccs_backup.linked_apps.page import words
from eccs_backup.linked_apps.page.line import CONNECTION, Group, Line, Mark, Page

_UNSEEN = frozenset(
    ("iframe", "math", "noscript", "object", "script", "select", "style", "svg", "template", "textarea")
)
_AROUND = frozenset(("dialog", "footer", "nav"))
_ROLES_AROUND = frozenset(
    ("alertdialog", "banner", "contentinfo", "dialog", "menu", "menubar", "navigation", "search", "tooltip")
)
_EMPHASIS = frozenset(("b", "bdi", "bdo", "em", "font", "mark", "small", "strong", "sub", "sup", "u", "wbr"))
"""Elements that do not end a line."""
_VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_CHIPS = frozenset(("button", "checkbox", "menuitemcheckbox", "option", "radio", "switch", "tab"))
_ICONS = ("material-icons", "material-symbols", "google-symbols")
"""Classes of elements that have the name of an icon as their text."""
_DEEPEST = 50
"""Elements around an entry that are looked at: a page whose elements do not end shall not take for ever."""
_SAVED_FROM = re.compile(r"saved from url=\(\d+\)(\S+)")


class _Hold(IntEnum):
    """How firmly an element is part of an entry."""

    NONE = 0
    AFTER = 1
    """It follows an entry in the same element."""
    ITEM = 2
    """It is in an item of a list."""
    SURE = 3
    """It is in what links to a connection."""


class _Frame(NamedTuple):
    """What an open element hands on to what is in it. `owner` when the entry begins with it."""

    tag: str
    unseen: bool = False
    mark: Mark = Mark.NONE
    link: str = ""
    group: Group | None = None
    hold: _Hold = _Hold.NONE
    owner: bool = False


def page(text: str) -> Page:
    """The lines of a document, however broken it is."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    parser.flush()
    return Page(parser.lines, parser.address, parser.title)


class _Parser(HTMLParser):
    """Takes HTML apart into lines. Every element ends one, but for those of emphasis."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[Line] = []
        self.address = ""
        self.title = ""
        self._frames = [_Frame("")]
        self._open: Counter[str] = Counter()
        self._buffer: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _EMPHASIS:
            return
        self.flush()
        told = {name: value or "" for name, value in attrs}
        if tag == "link" and told.get("rel") == "canonical":
            self.address = self.address or told.get("href", "")
        if tag in _VOID:
            return
        if tag == "li" and self._frames[-1].tag == "li":  # the one before was not closed
            self.handle_endtag("li")
        self._open[tag] += 1
        self._frames.append(self._frame(tag, told))

    def handle_endtag(self, tag: str) -> None:
        if tag in _EMPHASIS or not self._open[tag]:
            return
        self.flush()
        while True:
            frame = self._frames.pop()
            self._open[frame.tag] -= 1
            if frame.owner and frame.group and frame.group.label and not frame.group.named:
                self._add(frame.group.label, frame)
            if frame.tag == tag:
                return

    def handle_data(self, data: str) -> None:
        self._buffer.append(data)

    def handle_comment(self, data: str) -> None:
        if found := _SAVED_FROM.search(data[:5000]):
            self.address = found[1]

    def flush(self) -> None:
        """Ends a line."""
        text = " ".join("".join(self._buffer).split())
        self._buffer.clear()
        frame = self._frames[-1]
        if not text or frame.unseen:
            return
        if frame.tag == "title":
            self.title = self.title or text
        elif not self._open["head"] or self._open["body"]:
            self._add(text, frame)

    def _add(self, text: str, frame: _Frame) -> None:
        if frame.group and words.meaning(text).sort is words.Sort.FREE:
            frame.group.named = True
        inside = frame.hold > _Hold.AFTER
        self.lines.append(Line(len(self.lines) + 1, text, frame.mark, frame.group, inside, frame.link))

    def _frame(self, tag: str, told: dict[str, str]) -> _Frame:
        role, css = told.get("role", "").lower(), told.get("class", "").lower()
        frame = self._in_group(told, is_item=tag == "li" or role == "listitem")
        unseen = tag in _UNSEEN or tag in _AROUND or role in _ROLES_AROUND or any(each in css for each in _ICONS)
        return frame._replace(
            tag=tag,
            unseen=frame.unseen or unseen,
            mark=_mark(tag, role, told) or frame.mark,
            link=told.get("href", "") if tag == "a" else frame.link,
        )

    def _in_group(self, told: dict[str, str], *, is_item: bool) -> _Frame:
        """What an element hands on of the entry that it is in, or begins."""
        above = self._frames[-1]._replace(owner=False)
        if above.hold is _Hold.SURE:
            return above
        if _is_sure(told):
            group = above.group
            if group is None or group.sure:
                group = Group()
                self._follow(above, group)
            group.sure, group.label = True, told.get("aria-label", "") or told.get("data-name", "")
            return above._replace(group=group, hold=_Hold.SURE, owner=True)
        if is_item and not (above.hold is _Hold.ITEM and above.group and (above.group.sure or above.group.named)):
            return above._replace(group=Group(), hold=_Hold.ITEM)
        return above

    def _follow(self, above: _Frame, group: Group) -> None:
        """What comes after the entry in the same element is about it, until another one begins there."""
        if above.group is None:
            self._frames[-1] = self._frames[-1]._replace(group=group, hold=_Hold.AFTER)
            return
        for place in range(len(self._frames) - 1, max(0, len(self._frames) - _DEEPEST), -1):
            if self._frames[place].group is not above.group:
                return
            self._frames[place] = self._frames[place]._replace(group=group)


def _is_sure(told: dict[str, str]) -> bool:
    """Whether an element is an entry of the list: by what it links to, or by the number of its app."""
    if any(each in told.get("href", "") for each in CONNECTION):
        return True
    if any(name in told for name in ("data-provider-index", "data-client-id", "data-app-id")):
        return True
    return told.get("data-id", "").isdecimal() and len(told["data-id"]) > 5


def _mark(tag: str, role: str, told: dict[str, str]) -> Mark | None:
    if tag in _HEADINGS or role == "heading":
        return Mark.HEADING
    if tag == "button" or role in _CHIPS:
        chosen = "true" in (told.get("aria-pressed"), told.get("aria-selected"), told.get("aria-checked"))
        return Mark.CHOSEN if chosen else Mark.CHIP
    return None
