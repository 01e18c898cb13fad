"""Google's own document types: which file forms they take, and why some take none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eccs_backup.errors import Unusable

NATIVE = "application/vnd.google-apps."
VID = f"{NATIVE}vid"
SHORTCUT = f"{NATIVE}shortcut"

MIMES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/x-vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "pdf": "application/pdf",
    "epub": "application/epub+zip",
    "md": "text/markdown",
    "html": "text/html",
    "zip": "application/zip",
    "rtf": "application/rtf",
    "txt": "text/plain",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "json": f"{NATIVE}script+json",
    "mp4": "video/mp4",
}
"""File name suffix -> the type to ask for.
https://developers.google.com/workspace/drive/api/guides/ref-export-formats"""
SYNONYMS = {"application/vnd.oasis.opendocument.spreadsheet": "ods", "text/x-markdown": "md"}
SUFFIXES = {mime: suffix for suffix, mime in MIMES.items()} | SYNONYMS
ALSO_SENT = SUFFIXES | {"text/rtf": "rtf", "application/x-zip-compressed": "zip", "image/jpg": "jpg"}
BYTES = frozenset({"", "application/octet-stream"})
PROVEN = frozenset({"docx", "xlsx", "pptx", "odt", "ods", "odp", "pdf", "epub", "zip", "png", "jpg", "mp4"})
"""Suffixes of files whose structure shows whether they are what they are called; any text passes for a csv."""
PREFERRED = ("docx", "xlsx", "pptx", "svg", "json", "mp4", "pdf", "zip", "html", "txt", "png", "jpg", "csv")
"""The form a document takes when the person names none: the first that its type has."""

BY_HAND = {
    "form": "A Google Form has no file form. Open it, link its answers to a spreadsheet (which is saved), and take "
    "the questions along with Takeout (Drive) or by printing.",
    "site": "A Google Site has no file form. Take it along with Takeout (Drive), or print its pages.",
    "map": "A My Maps map has no file form here. Open it and choose Export to KML/KMZ in its menu.",
    "jam": "A Jamboard is a retired format that Google no longer converts. Look for the PDF that Google made of it.",
    "fusiontable": "A Fusion Table is a retired format; its data came with Takeout until 2020.",
    "drive-sdk": "It belongs to another program that is connected to Drive. Open it there and save it from there.",
}


class Formats:
    """Which files a document becomes: the account's live conversion table, and the person's wishes.

    `table` is `about.exportFormats`: document type -> the types it can be exported to.
    """

    def __init__(self, table: Mapping[str, Sequence[str]], wished: Sequence[str] = ()) -> None:
        known = {SUFFIXES[mime] for mimes in table.values() for mime in mimes if mime in SUFFIXES} | {"mp4"}
        if unknown := [each for each in wished if each not in known]:
            raise Unusable(
                f"Google Drive has no format {', '.join(unknown)}.",
                hint=f"Formats: {', '.join(sorted(known))}.",
            )
        self._table, self._wished = table, tuple(wished)

    def of(self, mime: str) -> list[str]:
        """The suffixes of the files a document of this type becomes; none when it cannot be exported."""
        if mime == VID:  # not in the table: vids leave only by the download operation
            return ["mp4"]
        offered = [SUFFIXES[each] for each in self._table.get(mime, ()) if each in SUFFIXES]
        wished = [each for each in self._wished if each in offered]
        return wished or [each for each in PREFERRED if each in offered][:1] or offered[:1]


def may_be(suffix: str, content_type: str) -> bool:
    """Whether what was sent under this `Content-Type` may be a file with this suffix."""
    sent = content_type.partition(";")[0].strip().lower()
    return ALSO_SENT.get(sent) == suffix or (sent in BYTES and suffix in PROVEN)


def why_not(mime: str, link: str) -> str:
    """What to do by hand with a document that has no file form."""
    kind = mime.removeprefix(NATIVE).partition(".")[0]
    sentence = BY_HAND.get(kind, f"Google has no file form of the type {kind}. Open it and save it by hand.")
    return f"{sentence} {link}".rstrip()
