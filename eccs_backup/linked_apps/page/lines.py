"""A saved page as lines of text: from HTML, from MHTML, or from text that was pasted, in any encoding."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.message import Message

from eccs_backup.linked_apps import reading
from eccs_backup.linked_apps.page import html
from eccs_backup.linked_apps.page.line import CONNECTION, Group, Line, Page

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]{1,40})", re.I)
_HTML = re.compile(r"\s*<(?:!doctype html|html\b|head\b|body\b|!--|meta\b|\?xml)", re.I)
_MHTML = re.compile(rb"(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){0,40}?content-type:\s*multipart/related", re.I)
_BULLET = re.compile(r"[*•·-] (?=\S)")
_FIREFOX = re.compile(r"(.*\S)\s*<(https?://[^<>\s]+|[\w./-]*connections/[^<>\s]+)>")
"""Firefox writes the address of a link behind it when it saves a page as text."""


def page(data: bytes, suffix: str) -> Page:
    """The lines of a saved or pasted page; `suffix` of its name counts only where its beginning tells nothing."""
    address = declared = ""
    data = data.lstrip() if data[:1].isspace() else data
    if _MHTML.match(data[:20_000].replace(b"\r\n", b"\n")):
        data, declared, address = _unpacked(data)
        suffix = ".html"
    named = _CHARSET.search(data[:4096])
    text = reading.text(data, declared or (named[1].decode("ascii") if named else ""))
    if _HTML.match(text[:1000]) or (suffix.lower() in (".html", ".htm") and text.lstrip()[:1] == "<"):
        found = html.page(text)
        return found._replace(address=address or found.address)
    return Page(list(_pasted(text)))


def _unpacked(data: bytes) -> tuple[bytes, str, str]:
    """The first document of an MHTML file, its charset, and where it was saved from, which Blink tells at the top."""
    message = email.message_from_bytes(data)
    address = str(message.get("Snapshot-Content-Location") or "").strip()
    for part in message.walk():
        if part.get_content_type() in ("text/html", "application/xhtml+xml"):
            return _payload(part), part.get_content_charset() or "", address or str(part.get("Content-Location") or "")
    return b"<html>", "", address


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _pasted(text: str) -> Iterator[Line]:
    for number, line in enumerate(text.splitlines(), 1):
        shown = " ".join(line.replace("\0", "").split())
        if bullet := _BULLET.match(shown):
            shown = shown[bullet.end() :]
        link = ""
        if found := _FIREFOX.fullmatch(shown):
            shown, link = found[1], found[2]
        if shown:
            sure = any(each in link for each in CONNECTION)
            yield Line(number, shown, group=Group(sure=True) if sure else None, inside=sure, link=link)
