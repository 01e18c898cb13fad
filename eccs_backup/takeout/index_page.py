"""What an export claims of itself: archive_browser.html, which lists every product and every file, in one of the parts.

Read by classes and numbers, as the words follow the account's language. The classes are known from programs that read
such pages (header_title, service-detail, data-folder-name, service_summary, extracted-folder-name,
extracted-file-name), not from Google: a page of another form gives no claims, and is no error. How failed files look
there is not known; what has "error" or "fail" in its class is taken for one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

LARGEST = 64 << 20
"""Bytes of a page that are read: some half a million files."""
LONGEST = 1_000
"""Characters of a text that is kept."""
MOST_FAILED = 1_000
_ADDRESS = re.compile(r"[^\s@<>\"'()]{1,64}@[^\s@<>\"'()]{1,255}\.[^\s@<>\"'().]{2,63}")
_NUMBER = re.compile(r"(?<![\d.,])(\d{1,3}(?:[.,'’  ]\d{3})+|\d+)(?![\d.,]*\d)\s*(\w*)")
_UNITS = re.compile(r"(?:[kmgt]i?b|bytes?|o|ko|mo|go|to|バイト)\Z", re.IGNORECASE)
_BYTES = re.compile(r"(?:b|bytes?|バイト)\Z", re.IGNORECASE)
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)


@dataclass
class Claim:
    """One product: its folder as it is called in the archive; how many files, and how many bytes where the page is
    exact, None where it is not told; files that Google could not export; and those that it lists, by their paths below
    the product's folder."""

    name: str
    files: int | None = None
    bytes: int | None = None
    failed: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)


@dataclass
class Claims:
    """A whole page: whose export it is, empty when it is not told, and the products."""

    account: str = ""
    products: list[Claim] = field(default_factory=list)


def claims(content: bytes) -> Claims:
    """What a page claims. Never raises: whatever it is, what can be read of it is."""
    reader = _Reader()
    reader.feed(content[:LARGEST].decode("utf-8", "replace"))
    reader.close()
    return reader.claims


class _Reader(HTMLParser):
    """Listens for elements of known classes, and hands on their text when they end."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.claims = Claims()
        self._open: list[tuple[str, str]] = []
        """Elements whose text is collected: tag, and what it is."""
        self._depth = 0
        self._text: list[str] = []
        self._folder = ""
        self._headed = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        about = {name: value or "" for name, value in attrs}
        classes = about.get("class", "").split()
        if "service-detail" in classes or ("data-folder-name" in classes and not self._begun(about)):
            self._product(about.get("data-folder-name", ""))
        what = _role(tag, classes, about)
        if self._open and tag == self._open[-1][0] and tag not in _VOID:
            self._depth += 1
        elif what and not self._open and tag not in _VOID:
            self._open.append((tag, what))
            self._depth, self._text = 1, []
        if "data-folder-name" in about and self.claims.products:
            self.claims.products[-1].name = about["data-folder-name"][:LONGEST]

    def handle_data(self, data: str) -> None:
        """Text, of the element that is open, or behind a product's heading."""
        if self._open:
            if sum(map(len, self._text)) < LONGEST:
                self._text.append(data)
        elif self._headed and self.claims.products:
            _count(self.claims.products[-1], data)

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        if not self._open or tag != self._open[-1][0]:
            return
        self._depth -= 1
        if not self._depth:
            _, what = self._open.pop()
            self._said(what, " ".join("".join(self._text).split())[:LONGEST])

    def _begun(self, about: dict[str, str]) -> bool:
        """Whether the product of this heading was begun by the element around it."""
        last = self.claims.products[-1] if self.claims.products else None
        return last is not None and last.name in ("", about.get("data-folder-name")) and not last.listed

    def _product(self, name: str) -> None:
        self.claims.products.append(Claim(name[:LONGEST]))
        self._folder, self._headed = "", False

    def _said(self, what: str, text: str) -> None:
        if what == "account":
            found = _ADDRESS.search(text)
            self.claims.account = self.claims.account or (found[0] if found else "")
            return
        if not self.claims.products:
            return
        product = self.claims.products[-1]
        if what == "heading":
            product.name, self._headed = product.name or text, True
        elif what == "summary":
            _count(product, text)
        elif what == "folder":
            self._folder = text
        elif what == "file" and text:
            product.listed.append(f"{self._folder}/{text}" if self._folder else text)
        elif what == "failed" and text and len(product.failed) < MOST_FAILED:
            product.failed.append(text)


def _role(tag: str, classes: list[str], about: dict[str, str]) -> str:
    """What the text of an element is; empty when nothing is known of it."""
    names = {
        "header_title": "account", "data-folder-name": "heading", "service_summary": "summary",
        "extracted-folder-name": "folder", "extracted-file-name": "file",
    }  # fmt: skip
    for each in classes:
        if each in names:
            return names[each]
    if any("error" in each.lower() or "fail" in each.lower() for each in classes):
        return "failed"
    return "heading" if tag == "h1" and not about.get("class") else ""


def _count(product: Claim, text: str) -> None:
    """ "227,263 files, 1,731.65 GB", "3 files exported successfully • 1.2 GB", "12 個のファイル、5 MB"."""
    for found in _NUMBER.finditer(text):
        number = int(re.sub(r"\D", "", found[1]))
        if _BYTES.match(found[2]):
            product.bytes = product.bytes if product.bytes is not None else number
        elif not _UNITS.match(found[2]) and product.files is None:
            product.files = number
