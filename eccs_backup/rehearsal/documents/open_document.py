"""Minimal true OpenDocument files and EPUB books: zips that begin with a stored member named `mimetype`."""

from __future__ import annotations

from xml.sax.saxutils import escape

from eccs_backup.rehearsal.documents.archive import pack

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_FIRST = frozenset({"mimetype"})


def odt(title: str, line: str) -> bytes:
    """A text of two paragraphs."""
    return _document("text", f"<office:text>{_paragraph(title)}{_paragraph(line)}</office:text>")


def ods(title: str, line: str) -> bytes:
    """A workbook of one sheet with two cells."""
    rows = "".join(
        f'<table:table-row><table:table-cell office:value-type="string">{_paragraph(text)}'
        "</table:table-cell></table:table-row>"
        for text in (title, line)
    )
    sheet = f'<table:table table:name="Sheet1">{rows}</table:table>'
    return _document("spreadsheet", f"<office:spreadsheet>{sheet}</office:spreadsheet>")


def odp(title: str, line: str) -> bytes:
    """A presentation of one page."""
    box = f"<draw:frame><draw:text-box>{_paragraph(title)}{_paragraph(line)}</draw:text-box></draw:frame>"
    page = f'<draw:page draw:name="page1">{box}</draw:page>'
    return _document("presentation", f"<office:presentation>{page}</office:presentation>")


def epub(title: str, line: str) -> bytes:
    """A book of one page. https://www.w3.org/TR/epub-33/"""
    container = (
        '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    book = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">rehearsal</dc:identifier>'
        f"<dc:title>{escape(title)}</dc:title><dc:language>ja</dc:language></metadata><manifest>"
        '<item id="nav" href="page.xhtml" media-type="application/xhtml+xml" properties="nav"/></manifest>'
        '<spine><itemref idref="nav"/></spine></package>'
    )
    page = (
        f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{escape(title)}</title></head>'
        f"<body><p>{escape(line)}</p></body></html>"
    )
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": _XML + container,
        "book.opf": _XML + book,
        "page.xhtml": _XML + page,
    }
    return pack(members, _FIRST)


def _document(kind: str, body: str) -> bytes:
    mime = f"application/vnd.oasis.opendocument.{kind}"
    spaces = " ".join(f'xmlns:{name}="{_SPACE}{name}:1.0"' for name in ("office", "text", "table"))
    spaces += f' xmlns:draw="{_SPACE}drawing:1.0" office:version="1.3"'
    manifest = (
        f'<manifest:manifest xmlns:manifest="{_SPACE}manifest:1.0" manifest:version="1.3">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    content = f"<office:document-content {spaces}><office:body>{body}</office:body></office:document-content>"
    members = {"mimetype": mime, "content.xml": _XML + content, "META-INF/manifest.xml": _XML + manifest}
    return pack(members, _FIRST)


def _paragraph(text: str) -> str:
    return f"<text:p>{escape(text)}</text:p>"
