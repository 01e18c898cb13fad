"""Which formats each kind of Google document is exported to, and who writes them.

https://developers.google.com/workspace/drive/api/guides/ref-export-formats
"""

from __future__ import annotations

from collections.abc import Callable

from eccs_backup.rehearsal.documents import office, open_document, pictures, text
from eccs_backup.rehearsal.things import GOOGLE

Writer = Callable[[str, str], bytes]
"""Takes the title and one line of text."""

PDF = "application/pdf"
ZIP = "application/zip"
_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
DOCX, XLSX, PPTX = (
    _OOXML + "wordprocessingml.document",
    _OOXML + "spreadsheetml.sheet",
    _OOXML + "presentationml.presentation",
)

EXPORTS: dict[str, dict[str, Writer]] = {
    GOOGLE + "document": {
        DOCX: office.docx,
        _ODF + "text": open_document.odt,
        "application/rtf": text.rtf,
        PDF: pictures.pdf,
        "text/plain": text.plain,
        "text/html": text.html,
        ZIP: text.zipped_html,
        "application/epub+zip": open_document.epub,
        "text/markdown": text.markdown,
    },
    GOOGLE + "spreadsheet": {
        XLSX: office.xlsx,
        "application/x-vnd.oasis.opendocument.spreadsheet": open_document.ods,
        PDF: pictures.pdf,
        ZIP: text.zipped_html,
        "text/csv": text.csv,
        "text/tab-separated-values": text.tsv,
        _ODF + "spreadsheet": open_document.ods,
    },
    GOOGLE + "presentation": {
        PPTX: office.pptx,
        _ODF + "presentation": open_document.odp,
        PDF: pictures.pdf,
        "text/plain": text.plain,
    },
    GOOGLE + "drawing": {
        PDF: pictures.pdf,
        "image/jpeg": pictures.jpeg,
        "image/png": pictures.png,
        "image/svg+xml": pictures.svg,
    },
    GOOGLE + "script": {GOOGLE + "script+json": text.script},
    GOOGLE + "vid": {"video/mp4": pictures.mp4},
}

LONG_RUNNING_ONLY = frozenset({GOOGLE + "vid"})
"""Kinds that only `files.download` gives."""

MAIN = {GOOGLE + "document": DOCX, GOOGLE + "spreadsheet": XLSX, GOOGLE + "presentation": PPTX}
"""The export that is too large for `files.export` when the document is marked as large."""

SHORT = {
    DOCX: "docx",
    XLSX: "xlsx",
    PPTX: "pptx",
    _ODF + "text": "odt",
    _ODF + "spreadsheet": "ods",
    "application/x-vnd.oasis.opendocument.spreadsheet": "ods",
    _ODF + "presentation": "odp",
    "application/rtf": "rtf",
    PDF: "pdf",
    "text/plain": "txt",
    "text/html": "html",
    ZIP: "zip",
    "application/epub+zip": "epub",
    "text/markdown": "markdown",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "image/jpeg": "jpeg",
    "image/png": "png",
    "image/svg+xml": "svg",
    GOOGLE + "script+json": "json",
}
"""The word each format has in an export link."""


def formats(mime: str) -> list[str]:
    """The formats that `about.exportFormats` names for a kind of document; Vids are not among them."""
    return [] if mime in LONG_RUNNING_ONLY else list(EXPORTS.get(mime, ()))
