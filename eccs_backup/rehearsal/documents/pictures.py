"""Exports that are pages, pictures and films, each small but whole."""

from __future__ import annotations

import base64
import struct
import zlib
from xml.sax.saxutils import escape

_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////"
    "////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AKp//2Q=="
)


def pdf(title: str, line: str) -> bytes:
    """A document of one page, with a table of its objects and the end mark. ISO 32000-1, 7.5"""
    stream = f"BT /F1 12 Tf 72 720 Td ({_ascii(line)}) Tj ET".encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Title <feff%s> >>" % title.encode("utf-16-be").hex().encode(),
    ]
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 6 0 R >>\n" % (len(objects) + 1)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % table)


def svg(title: str, line: str) -> bytes:
    """A drawing with two lines of text."""
    text = f'<text x="10" y="20">{escape(title)}</text><text x="10" y="40">{escape(line)}</text>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="60">{text}</svg>\n'.encode()


def png(title: str, line: str) -> bytes:
    """One grey pixel; title and line are in text chunks. https://www.w3.org/TR/png-3/"""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    words = b"Title\0\0\0\0\0" + f"{title}: {line}".encode()
    chunks = ((b"IHDR", header), (b"iTXt", words), (b"IDAT", zlib.compress(b"\0\x80")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def jpeg(title: str, line: str) -> bytes:
    """One pixel; title and line are in a comment segment."""
    words = f"{title}: {line}".encode()
    return _JPEG[:2] + b"\xff\xfe" + struct.pack(">H", len(words) + 2) + words + _JPEG[2:]


def mp4(title: str, line: str) -> bytes:
    """A film of no length: the boxes that every film has. ISO/IEC 14496-12"""
    header = bytes(12) + struct.pack(">II", 1000, 0) + struct.pack(">I", 0x10000) + bytes(76)
    return b"".join(
        (
            _box(b"ftyp", b"isom\0\0\2\0isomiso2mp41"),
            _box(b"moov", _box(b"mvhd", header)),
            _box(b"mdat", f"{title}: {line}".encode()),
        )
    )


def _box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _ascii(text: str) -> str:
    plain = text.encode("ascii", "replace").decode("ascii")
    return plain.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
