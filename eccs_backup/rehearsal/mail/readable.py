"""What a person reads of a message: its header fields decoded, the visible text of its body, and Gmail's snippet."""

from __future__ import annotations

import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as Part
from email.parser import BytesParser
from typing import SupportsBytes

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n|\r\r")
_ATTACHED = re.compile(rb"^content-disposition:\s*attachment", re.IGNORECASE | re.MULTILINE)
_READ = 1 << 20
"""Bytes of a message in which words are looked for: a simplification, as the real limit is not known."""
_GLANCED = 1 << 14
"""Bytes of a message in which the snippet is looked for."""
_SNIPPET = 200
_UNSEEN = re.compile(r"(?is)<!--.*?-->|<(script|style|head|title)\b.*?</\1\s*>")
_BREAK = re.compile(r"(?i)</?(?:br|p|div|t[drh]|table|li|[uo]l|h[1-6]|hr|img|blockquote|pre|center|body)\b[^>]*>")
_TAG = re.compile(r"<[!/a-zA-Z][^>]*>")
_PLAIN_HEAD = re.compile(rb"(?im)^content-type:\s*(?!text/plain)\S|^content-transfer-encoding:\s*[bq]")
_OTHER_HEAD = re.compile(rb"(?im)^content-type:\s*(?!text/|multipart/|message/)[\w-]+/")
_ALIASES = {"shift_jis": "cp932", "us-ascii": "utf-8", "iso-2022-jp": "iso2022_jp_ext", "ks_c_5601-1987": "cp949"}


class Readable:
    """A message's words, folded for comparing (see `folded`), each kind made when it is first asked for."""

    __slots__ = ("_attached", "_fields", "_head", "_text", "body")

    def __init__(self, body: SupportsBytes) -> None:
        self.body = body
        self._head: bytes | None = None
        self._fields: dict[str, str] = {}
        self._text: str | None = None
        self._attached: bool | None = None

    def field(self, name: str) -> str:
        """A header field's decoded value, or all of them when it is there more than once; empty when it is not."""
        if name not in self._fields:
            if self._head is None:
                raw = bytes(self.body)
                end = _END_OF_HEAD.search(raw)
                self._head = b"\n" + (raw[: end.start()] if end else raw[:_READ])
            self._fields[name] = folded(" ".join(_values(self._head, name)))
        return self._fields[name]

    @property
    def text(self) -> str:
        """The text of the body: text/plain and what is visible of text/html, of every part that is no attachment."""
        if self._text is None:
            self._text = folded("\n".join(text for _, text in _texts(bytes(self.body)[:_READ])))
        return self._text

    @property
    def attached(self) -> bool:
        """Whether a part calls itself an attachment."""
        if self._attached is None:
            self._attached = _ATTACHED.search(bytes(self.body)) is not None
        return self._attached


def folded(text: str) -> str:
    """Without differences of case and width: `ＧｉｔＨｕｂ` and `github`, `ﾒｰﾙ` and `メール` become the same."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def snippet(raw: bytes) -> str:
    """The first 200 characters that are visible, HTML-escaped, spaces collapsed.

    Of alternatives the plain text is taken: what the real Gmail prefers is not documented.
    """
    first = ""
    for kind, text in _texts(raw[:_GLANCED]):
        shown = " ".join(text[: _SNIPPET * 40].split())
        if shown and kind == "text/plain":
            first = shown
            break
        first = first or shown
    return html.escape(first[:_SNIPPET].rstrip().encode("utf-8", "replace").decode())


def visible(page: str) -> str:
    """The text of an HTML page. Tags inside a word leave it whole; those that begin a block part words."""
    return html.unescape(_TAG.sub("", _BREAK.sub(" ", _UNSEEN.sub(" ", page))))


def decoded(value: str) -> str:
    """A header field's value with its encoded-words read; as it stands when they are broken."""
    if "=?" not in value:
        return value
    try:
        pieces = decode_header(value)
    except (HeaderParseError, binascii.Error, ValueError):
        return value
    return "".join(piece if isinstance(piece, str) else _decode(piece, charset) for piece, charset in pieces)


def _values(head: bytes, name: str) -> Iterator[str]:
    field = re.compile(rb"\n" + re.escape(name.encode()) + rb":((?:[^\n]|\n[ \t])*)", re.IGNORECASE)
    for found in field.finditer(head):
        line = re.sub(rb"\r?\n", b"", found[1])
        yield decoded(_decode(line, None).strip())


def _texts(raw: bytes) -> Iterator[tuple[str, str]]:
    """Content type and text of each part that is text to be shown."""
    end = _END_OF_HEAD.search(raw)
    if end and not _PLAIN_HEAD.search(raw, 0, end.start()):
        # Most messages are a single text as it stands, which need not be taken apart.
        charset = re.search(rb'(?i)\bcharset="?([^\s";]+)', raw[: end.start()])
        yield "text/plain", _decode(raw[end.end() :], charset[1].decode("latin-1") if charset else None)
        return
    if end and _OTHER_HEAD.search(raw, 0, end.start()):
        return
    for part in BytesParser().parsebytes(raw).walk():
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and not part.is_multipart() and not _is_file(part):
            text = _decode(_payload(part), _charset(part))
            yield kind, visible(text) if kind == "text/html" else text


def _is_file(part: Part) -> bool:
    return str(part.get("Content-Disposition", "")).lstrip().lower().startswith("attachment")


def _payload(part: Part) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except ValueError:  # encodings with odd names
        payload = None
    return payload if isinstance(payload, bytes) else b""


def _charset(part: Part) -> str | None:
    try:
        return part.get_content_charset()
    except (LookupError, ValueError):
        return None


def _decode(data: bytes, charset: str | None) -> str:
    """In the character set that is named, else in one that fits; never fails."""
    named = (charset or "utf-8").strip("'\"").lower()
    tried = [_ALIASES.get(named, named), "utf-8", *(["cp932"] if charset is None or "utf" not in named else [])]
    if named.startswith("iso-2022") and data.isascii():
        tried = tried[:1]  # its escapes would pass for UTF-8
    for one in tried:
        try:
            return data.decode(one)
        except (LookupError, ValueError):
            continue
    try:
        return data.decode(tried[0] if data.isascii() else "utf-8", "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")
