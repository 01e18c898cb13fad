"""Owns proof by structure: is a file that came without a checksum whole by the rules of its own format?"""

from __future__ import annotations

import codecs
import json
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from errno import EINVAL
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeAlias
from xml.parsers import expat

BLOCK = 1 << 20
BOMB_FLOOR = 1 << 30
BOMB_RATIO = 250
"""A zip may unpack to BOMB_RATIO times its own size in bytes, or to BOMB_FLOOR bytes if that is more. Deflate ends
at 1032:1 (https://zlib.net/zlib_tech.html), real documents stay below 100:1, and a gibibyte is read in seconds."""

_Reader: TypeAlias = Callable[[BinaryIO], None]


class _Broken(Exception):
    """What is wrong, in a short sentence; never leaves this module."""


def fault(path: Path, format: str) -> str | None:
    """None when the file is whole by the rules of `format` (one of KNOWN), else a short sentence on what is wrong.

    The file is read from the disk in blocks; memory does not grow with it, except for json (its values) and zip
    (its directory). What is wrong inside the file is returned, never raised. Raises OSError when the disk cannot be
    read, KeyError for an unknown format.
    """
    read = _READERS[format]
    with path.open("rb") as file:
        head = file.read(4096)
        file.seek(0)
        try:
            _must(head or read is _text, "the file is empty")
            _must(read is _html or not _PAGE.match(head), "holds a web page instead of a document")
            read(file)
        except _Broken as broken:
            return str(broken)
    return None


def _must(holds: object, sentence: str) -> None:
    if not holds:
        raise _Broken(sentence)


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    _must(len(data) == count, "the file ends too early")
    return data


def _tail(file: BinaryIO, count: int) -> bytes:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - count))
    return file.read(count)


_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, ArithmeticError, RuntimeError)


def _zip(file: BinaryIO, needs: tuple[str, ...] = (), mimetype: bytes = b"") -> None:
    _check_last_record(file)
    try:
        with zipfile.ZipFile(file) as archive:
            _check_directory(archive, file.seek(0, os.SEEK_END), needs)
            for member in archive.infolist():
                _check_member(archive, member)
            if mimetype:
                with archive.open("mimetype") as content:
                    _must(content.read(100).startswith(mimetype), "is a document of another kind")
    except OSError as error:
        if error.errno != EINVAL:  # EINVAL: the directory sent us before the file's first byte; the disk is fine
            raise
        raise _Broken("the zip directory is damaged") from error
    except _ZIP_ERRORS as error:
        raise _Broken("a part of the zip is damaged") from error


def _check_last_record(file: BinaryIO) -> None:
    """The directory must end with the file: else a zip stored inside a cut-off zip would be taken for the whole.

    https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.16.
    """
    tail = _tail(file, 22 + 0xFFFF)
    found = tail.rfind(b"PK\5\6")
    comment = int.from_bytes(tail[found + 20 : found + 22], "little")
    _must(found >= 0 and found + 22 + comment == len(tail), "the zip directory is missing")


def _check_directory(archive: zipfile.ZipFile, size: int, needs: tuple[str, ...]) -> None:
    members = archive.infolist()
    _must(min((each.header_offset for each in members), default=0) == 0, "the beginning of the zip is missing")
    missing = set(needs).difference(each.filename for each in members)
    _must(not missing, f"the part {min(missing, default='')} is missing")
    total = sum(each.file_size for each in members)
    _must(total <= max(BOMB_FLOOR, BOMB_RATIO * size), "would unpack to far more than a document can hold")


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    _must(not member.flag_bits & 1, "is locked with a password")
    # bzip2 and lzma have no bound on what one block unpacks to, and no service uses them.
    _must(member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED), "is packed in an unknown way")
    with archive.open(member) as content:
        size = sum(map(len, iter(partial(content.read, BLOCK), b"")))
    _must(size == member.file_size, "a part of the zip is damaged")


def _office(main: str) -> _Reader:
    return partial(_zip, needs=("[Content_Types].xml", main))


def _open_document(kind: str) -> _Reader:
    mimetype = f"application/vnd.oasis.opendocument.{kind}".encode()
    return partial(_zip, needs=("mimetype", "content.xml"), mimetype=mimetype)


_PAGE = re.compile(rb"(?is)\s*+(?:(?><!--.*?-->|<\?xml[^>]*>)\s*+)*+<(?:!doctype\s+html|html[\s>])")
_PAGE_END = re.compile(rb"(?is)</html\s*>\s*+(?:(?><!--.*?-->)\s*+)*+\Z")
# Forms, bases and redirections that lead to a sign-in; a document may well mention or link such an address.
_SIGN_IN = re.compile(rb"(?i)<(?:form|base|meta)\b[^>]{0,2000}(?:accounts\.google\.com|login\.microsoftonline\.com)")


def _html(file: BinaryIO) -> None:
    head = file.read(4096)
    _must(_PAGE.match(head.removeprefix(codecs.BOM_UTF8)), "does not begin like a web page")
    file.seek(0)
    before = b""
    for block in _blocks(file):
        _must(not _SIGN_IN.search(before + block), "holds a sign-in page instead of a document")
        before = block[-4096:]
    _must(_PAGE_END.search(_tail(file, 4096)), "the end of the page is missing")


def _text(file: BinaryIO) -> None:
    """UTF-8 without zero bytes, which a download with a hole leaves; an empty document is whole."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in _blocks(file):
            _must("\0" not in decoder.decode(block), "holds a gap of zero bytes")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _Broken("is not text in UTF-8") from error


def _rtf(file: BinaryIO) -> None:
    r"""One group from the first byte to the last. Not for files with \bin, which Google never writes."""
    _must(_exactly(file, 5) == rb"{\rtf", "does not begin like an RTF document")
    depth, rest = 1, b""
    for block in _blocks(file):
        plain = (rest + block).replace(rb"\\", b"").replace(rb"\{", b"").replace(rb"\}", b"")
        rest = b"\\" if plain.endswith(b"\\") else b""
        for brace in re.finditer(rb"[{}]", plain):
            _must(depth, "something follows the end of the document")
            depth += 1 if brace[0] == b"{" else -1
    _must(not depth and re.search(rb"}[\s\0]*\Z", _tail(file, 1024)), "the end of the document is missing")


def _json(file: BinaryIO) -> None:
    try:
        # Numbers stay text, since int() refuses long ones; objects are dropped as soon as they are read.
        json.load(file, parse_int=str, parse_float=str, object_pairs_hook=lambda pairs: None)
    except (ValueError, RecursionError) as error:
        raise _Broken("is not JSON, or not all of it") from error


def _svg(file: BinaryIO) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")

    def root(name: str, attributes: dict[str, str]) -> None:
        _must(name.rpartition(" ")[2] == "svg", "is not an SVG drawing")
        parser.StartElementHandler = None

    parser.StartElementHandler = root
    parser.EntityDeclHandler = lambda *_: _must(False, "declares XML entities, which no drawing needs")
    try:
        for block in _blocks(file):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the latter two: an encoding nobody knows
        raise _Broken("is not XML, or not all of it") from error


def _pdf(file: BinaryIO) -> None:
    """The end must name the place of the cross-reference table or stream (ISO 32000-1, 7.5.5 and 7.5.8)."""
    _must(_exactly(file, 5) == b"%PDF-", "does not begin like a PDF")
    found = re.search(rb"startxref\s+(\d{1,18})\s+%%EOF[\s\0]*\Z", _tail(file, 2048))
    if not found:
        raise _Broken("the end of the PDF is missing")
    file.seek(min(int(found[1]), file.tell()))  # the disk refuses to go absurdly far
    _must(re.match(rb"\s*(?:xref\b|\d+\s+\d+\s+obj\b)", file.read(64)), "the PDF's contents list is not in its place")


def _png(file: BinaryIO) -> None:
    """Every chunk by its CRC, from IHDR to IEND (https://www.w3.org/TR/png-3/#5DataRep)."""
    head, kind = _exactly(file, 16), b""
    _must(head[:8] == b"\x89PNG\r\n\x1a\n" and head[12:] == b"IHDR", "does not begin like a PNG picture")
    file.seek(8)
    while kind != b"IEND":
        length, kind = struct.unpack(">I4s", _exactly(file, 8))
        checksum = zlib.crc32(kind)
        for start in range(0, length, BLOCK):
            checksum = zlib.crc32(_exactly(file, min(BLOCK, length - start)), checksum)
        _must(checksum == int.from_bytes(_exactly(file, 4)), "a part of the picture is damaged")
    _must(not file.read(1), "something follows the end of the picture")


def _jpg(file: BinaryIO) -> None:
    """Segment by segment to EOI (ITU-T T.81, annex B), so that the thumbnail's EOI is not taken for the picture's.

    What follows EOI is let be: telephones put films there.
    """
    _must(_exactly(file, 2) == b"\xff\xd8", "does not begin like a JPEG picture")
    scans = 0
    while (marker := _marker(file)) != 0xD9:
        length = int.from_bytes(_exactly(file, 2))
        _must(length >= 2, "a part of the picture is damaged")
        file.seek(length - 2, os.SEEK_CUR)
        if marker == 0xDA:
            scans += 1
            _skip_scan(file)
    _must(scans, "the picture is empty")


def _marker(file: BinaryIO) -> int:
    _must(_exactly(file, 1) == b"\xff", "a part of the picture is damaged")
    while (byte := _exactly(file, 1)) == b"\xff":
        pass
    return byte[0]


def _skip_scan(file: BinaryIO) -> None:
    """To the next marker: 0xFF not followed by a stuffed zero, a restart or a fill byte."""
    before = b""
    for block in _blocks(file):
        block = before + block
        if found := re.search(rb"\xff[^\x00\xd0-\xd7\xff]", block):
            file.seek(found.start() - len(block), os.SEEK_CUR)
            return
        before = block[-1:]


def _mp4(file: BinaryIO) -> None:
    """Boxes from ftyp on that fill the file exactly, moov and mdat among them (ISO/IEC 14496-12, 4.2)."""
    size = file.seek(0, os.SEEK_END)
    place, kinds = 0, set[bytes]()
    while place < size:
        file.seek(place)
        length, kind = struct.unpack(">I4s", _exactly(file, 8))
        least = 16 if length == 1 else 8
        length = int.from_bytes(_exactly(file, 8)) if length == 1 else length or size - place
        _must(place or kind == b"ftyp", "does not begin like an MP4 film")
        _must(length >= least and re.fullmatch(rb"[ -~\xa9]{4}", kind), "a part of the film is damaged")
        place += length
        kinds.add(kind)
    _must(place == size, "the file ends too early")
    _must({b"moov", b"mdat"} <= kinds, "the film has no contents list" if b"mdat" in kinds else "the film is empty")


_READERS: dict[str, _Reader] = {
    "docx": _office("word/document.xml"),
    "xlsx": _office("xl/workbook.xml"),
    "pptx": _office("ppt/presentation.xml"),
    "odt": _open_document("text"),
    "ods": _open_document("spreadsheet"),
    "odp": _open_document("presentation"),
    "epub": partial(_zip, needs=("mimetype", "META-INF/container.xml"), mimetype=b"application/epub+zip"),
    "zip": _zip,
    "pdf": _pdf,
    "svg": _svg,
    "json": _json,
    "html": _html,
    **dict.fromkeys(("txt", "md", "csv", "tsv"), _text),
    "rtf": _rtf,
    "png": _png,
    "jpg": _jpg,
    "mp4": _mp4,
}

KNOWN: frozenset[str] = frozenset(_READERS)
"""The formats, as file name suffixes in lower case without the dot, that `fault` can judge."""
