"""What an export claims of itself: archive_browser.html, which lists every product and every file, in one of the parts.

Read by classes and numbers, as the words follow the account's language. Pages of 2019 to 2026 look alike:

    h1.header_title                                    "Archive for ADDRESS"
    div.header_subtext                                 "Dec 30, 2023, 8:03:21 AM PST • 71.4 MB • ..."
    div.service_wrapper#service-tile-FITBIT            one for each product
      div.service_summary > div.service_name > h1.data-folder-name[data-folder-name="Fitbit"]
                                                       then "818 files, 71.4 MB", or "No data found"
    div.service-detail#service-details-FITBIT          the same product
      div.service-header                               its h1, then "818 files exported successfully"
      div.extracted-list
        div.table-row > div.file-leaf                  a file at the top; in it div.extracted-file-name or, where a
                                                       browser can show the file, a.takeout-resource-link
        div.table-row                                  a folder: button.extracted-folder > div.extracted-folder-name,
          div.extracted-child.extracted-file-name      then what is in it, likewise: one element each

https://github.com/KaimiHuang/Fitbit, https://github.com/c21senseman/Takeout, https://github.com/edwardtanoto/gdata .
A file that Google could not export has a div.failure-message beside its name, with the reason
(https://github.com/d3i-infra/data-donation-task, tests); no such page has been seen whole, so whether the counts count
it is not known. A page of another form gives no claims, and is no error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

LARGEST = 64 << 20
"""Bytes of a page that are read: some 400,000 files."""
HEAD = 2 << 20
"""Bytes at the beginning of a page within which its header is: 0.3 MB of scripts have been seen before it."""
LONGEST = 1_000
"""Characters of a text that is kept."""
LISTED = 64 << 20
"""Characters of all paths that are kept."""
MOST_FAILED = 1_000
DEEPEST = 100
"""Elements within each other that are told apart."""
_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,8}\.[a-z]{2,63}", re.I | re.A)
_GROUPED = r"[.,'’\u00a0\u202f\u2009٬ ]"
_NUMBER = re.compile(rf"(?<![\d.,])(\d{{1,3}}(?:{_GROUPED}\d{{2,3}})*{_GROUPED}\d{{3}}|\d+)(?![\d.,]*\d)\s*(\w*)")
_UNITS = re.compile(r"(?:[kmgt]i?b|bytes?|b|o|ko|mo|go|to|バイト)\Z", re.IGNORECASE)
_BYTES = re.compile(r"(?:b|bytes?|バイト)\Z", re.IGNORECASE)
_PRODUCT = re.compile(r"service-(?:tile|details)-(.+)")
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_ROLES = {
    "header_title": "account", "header_subtext": "made", "data-folder-name": "name", "service_summary": "summary",
    "service-header": "header", "extracted-folder": "opener", "extracted-folder-name": "folder", "file-leaf": "leaf",
    "extracted-file-name": "file", "takeout-resource-link": "file", "failure-message": "failed",
    "failure-warning": "warning",
}  # fmt: skip


@dataclass
class Claim:
    """One product: its folder as it is called in the archive; how many files, and how many bytes where the page is
    exact, None where it is not told; files that Google could not export; and those that it lists as exported. Both by
    their paths below the product's folder."""

    name: str
    files: int | None = None
    bytes: int | None = None
    failed: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)


@dataclass
class Claims:
    """A whole page: whose export it is, and when it was made, in words of the account's language; empty when it is not
    told. And the products."""

    account: str = ""
    created: str = ""
    products: list[Claim] = field(default_factory=list)


def claims(content: bytes) -> Claims:
    """What a page claims. Never raises: whatever it is, what can be read of it is."""
    reader = _Reader()
    reader.feed(content[:LARGEST].decode("utf-8", "replace"))
    # An unfinished end is left: what closes it searches from every "<" to the end, in quadratic time.
    return reader.result()


def account(content: bytes) -> str:
    """Whose export a page is of, by its beginning alone; empty when that does not tell."""
    return claims(content[:HEAD]).account


@dataclass(slots=True)
class _Element:
    """An element that is open: what it is for us, its text, the folder that its children are in, and of a leaf the
    file's name and why Google could not export it."""

    tag: str
    role: str
    text: list[str] = field(default_factory=list)
    size: int = 0
    folder: str = ""
    leaf: str = ""
    failed: str = ""


class _Reader(HTMLParser):
    """Keeps the elements that are open, and hands on their text when they end."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._claims = Claims()
        self._products: dict[str, Claim] = {}
        self._warnings: dict[str, str] = {}
        self._product: Claim | None = None
        self._key = ""
        self._open = [_Element("", "")]
        self._deeper = 0
        self._listed = 0

    def result(self) -> Claims:
        """The products in their order. Where a page warns of failures without naming one, its words are named."""
        for key, warning in self._warnings.items():
            product = self._products[key]
            product.failed = product.failed or [warning]
        self._claims.products = [each for each in self._products.values() if each.name]
        return self._claims

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        if tag in _VOID:
            return
        if self._deeper or len(self._open) > DEEPEST:
            self._deeper += 1
            return
        about = {name: value or "" for name, value in attrs}
        element = _Element(tag, self._role(tag, about))
        if element.role == "product":
            found = _PRODUCT.fullmatch(about.get("id", ""))
            self._begin(found[1] if found else f"#{len(self._products)}")
        elif element.role == "name":
            self._named(about.get("data-folder-name", ""))
        self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """An element ends, and with it those in it that were not ended."""
        if self._deeper:
            self._deeper -= 1
        elif any(each.tag == tag for each in self._open[1:]):
            while self._end() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Text: of the nearest element that is something for us."""
        if self._deeper or self._open[-1].tag in ("script", "style"):
            return
        element = next((each for each in reversed(self._open) if each.role), None)
        if element and element.size < LONGEST:
            element.text.append(data[:LONGEST])
            element.size += len(data)

    def parse_html_declaration(self, i: int) -> int:
        """Pass over a declaration; the parser's own method ends with an AssertionError at "<![<". -1: it has no end."""
        if self.rawdata.startswith("<!--", i):
            return self.parse_comment(i)
        return self.rawdata.find(">", i) + 1 or -1

    def updatepos(self, i: int, j: int) -> int:
        """Lines are not counted."""
        return j

    def _role(self, tag: str, about: dict[str, str]) -> str:
        """What an element is for us; empty when nothing is known of it."""
        classes = about.get("class", "").split()
        if "service-detail" in classes or _PRODUCT.fullmatch(about.get("id", "")):
            return "product"
        role = next((_ROLES[each] for each in classes if each in _ROLES), "")
        return "name" if not role and tag == "h1" and self._inside("header") else role

    def _inside(self, role: str) -> _Element | None:
        return next((each for each in reversed(self._open) if each.role == role), None)

    def _begin(self, key: str) -> None:
        """The text that follows is about this product: its tile and its details have the same key."""
        self._key, self._product = key, self._products.setdefault(key, Claim(""))

    def _named(self, name: str) -> None:
        """A product's heading, which begins it where nothing around it does."""
        name = _line(name)
        if not self._inside("product") and name:
            self._begin(f"={name}")
        if self._product and name:
            self._product.name = name

    def _end(self) -> str:
        element = self._open.pop()
        text = "".join(element.text)[:LONGEST]
        if element.role == "account":
            found = _ADDRESS.search(text)
            self._claims.account = self._claims.account or (found[0] if found else "")
        elif element.role == "made":
            self._claims.created = self._claims.created or _line(text.partition("•")[0])
        elif self._product:
            self._said(self._product, element, text)
        return element.tag

    def _said(self, product: Claim, element: _Element, text: str) -> None:
        if element.role == "product":
            self._product = None
        elif element.role == "name":
            product.name = product.name or _line(text)
        elif element.role in ("summary", "header"):
            _count(product, text, sure=element.role == "header")
        elif element.role == "warning" and text.strip():
            self._warnings.setdefault(self._key, _line(text))
        else:
            self._heard(product, element, text.strip())

    def _heard(self, product: Claim, element: _Element, text: str) -> None:
        """Of the list of files."""
        leaf = self._inside("leaf")
        if element.role == "folder":
            self._around_opener().folder = text
        elif element.role == "leaf":
            self._file(product, element.leaf, element.failed)
        elif element.role == "file" and leaf:
            leaf.leaf = leaf.leaf or text
        elif element.role == "file":
            self._file(product, text, "")
        elif element.role == "failed" and leaf:
            leaf.failed = text
        elif element.role == "failed":
            self._file(product, text, text)

    def _around_opener(self) -> _Element:
        """The element whose children are in the folder that was named just now: it holds the button with its name."""
        opener = next((place for place, each in enumerate(self._open) if each.role == "opener"), len(self._open))
        return self._open[max(opener - 1, 0)]

    def _file(self, product: Claim, name: str, failed: str) -> None:
        path = "/".join([*(each.folder for each in self._open if each.folder), name])[:LONGEST]
        if failed and len(product.failed) < MOST_FAILED:
            product.failed.append(path if name else _line(failed))
        elif name and not failed and self._listed < LISTED:
            self._listed += len(path)
            product.listed.append(path)


def _line(text: str) -> str:
    return " ".join(text.split())[:LONGEST]


def _count(product: Claim, text: str, *, sure: bool) -> None:
    """ "227,263 files, 1,731.65 GB", "파일 1993개, 22.9MB", "3 files exported successfully", "12 個のファイル"."""
    for found in _NUMBER.finditer(text):
        number = int(re.sub(r"\D", "", found[1]))
        if _BYTES.match(found[2]):
            product.bytes = product.bytes if product.bytes is not None else number
        elif not _UNITS.match(found[2]) and (product.files is None or sure):
            product.files, sure = number, False
