"""Exports that are text, and the zip of a page that a document can be exported to."""

from __future__ import annotations

import html as markup
import json

from eccs_backup.rehearsal.documents.archive import pack

_MARK = "\ufeff"
"""Plain text exports begin with a byte order mark, as the real ones do."""


def plain(title: str, line: str) -> bytes:
    """Text with Windows line ends."""
    return f"{_MARK}{title}\r\n\r\n{line}\r\n".encode()


def markdown(title: str, line: str) -> bytes:
    """A heading and a paragraph."""
    return f"# {title}\n\n{line}\n".encode()


def html(title: str, line: str) -> bytes:
    """A whole page."""
    head = f'<meta charset="utf-8"><title>{markup.escape(title)}</title>'
    body = f"<p>{markup.escape(title)}</p><p>{markup.escape(line)}</p>"
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>".encode()


def zipped_html(title: str, line: str) -> bytes:
    """A zip that holds the page."""
    return pack({"index.html": html(title, line)})


def rtf(title: str, line: str) -> bytes:
    """Rich text; characters beyond ASCII are written as numbers of UTF-16 units."""
    return b"{\\rtf1\\ansi\\deff0 " + _rich(title) + b"\\par " + _rich(line) + b"\\par }"


def csv(title: str, line: str) -> bytes:
    """Two rows of two cells."""
    return f'"{_quoted(title)}",1\r\n"{_quoted(line)}",2\r\n'.encode()


def tsv(title: str, line: str) -> bytes:
    """Two rows of two cells."""
    return f"{title}\t1\r\n{line}\t2\r\n".encode()


def script(title: str, line: str) -> bytes:
    """A script project. https://developers.google.com/workspace/drive/api/guides/ref-export-formats"""
    manifest = json.dumps({"timeZone": "Asia/Tokyo", "runtimeVersion": "V8"})
    files = [
        {
            "id": "a1",
            "name": "コード",
            "type": "server_js",
            "source": f"// {title}: {line}\nfunction f() {{}}\n",
        },
        {"id": "a2", "name": "appsscript", "type": "json", "source": manifest},
    ]
    return json.dumps({"files": files}, ensure_ascii=False).encode()


def _quoted(text: str) -> str:
    return text.replace('"', '""')


def _rich(text: str) -> bytes:
    units = memoryview(text.encode("utf-16-le")).cast("H")
    return b"".join(_unit(unit) for unit in units)


def _unit(unit: int) -> bytes:
    if 32 <= unit < 127 and chr(unit) not in "{}\\":
        return bytes([unit])
    return b"\\u%d?" % (unit - 65536 if unit > 32767 else unit)
