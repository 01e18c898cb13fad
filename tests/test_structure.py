"""Whole, cut off, damaged, or something else in its place: what the structure of a file gives away."""

from __future__ import annotations

import io
import json
import random
import struct
import sys
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eccs_backup import structure
from eccs_backup.structure import fault

NOISE = random.Random(7).randbytes(700)
PROSE = ("卒業論文 第一章 " * 60).encode()
OASIS = "application/vnd.oasis.opendocument."


def make_zip(members: dict[str, bytes], comment: bytes = b"", stored: bool = False) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
        archive.comment = comment
    return buffer.getvalue()


def make_office(main: str) -> bytes:
    return make_zip({"[Content_Types].xml": b"<Types/>", main: PROSE, "media/1.bin": NOISE})


def make_open_document(kind: str) -> bytes:
    return make_zip({"mimetype": (OASIS + kind).encode(), "content.xml": PROSE, "p/1.bin": NOISE})


def make_pdf() -> bytes:
    body = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\n" + NOISE.replace(b"%", b"") + b"\n"
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1/Root 1 0 R>>\n"
    return body + table + b"startxref\n%d\n%%%%EOF" % len(body)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def make_png() -> bytes:
    header = struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(NOISE[:272]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def make_jpg() -> bytes:
    thumbnail = b"\xff\xd8" + segment(0xDA, b"") + b"small\xff\xd9"
    scan = NOISE.replace(b"\xff", b"\xff\x00") + b"\xff\xd3" + b"more\xff\x00"
    frame = segment(0xE1, b"Exif\0\0" + thumbnail) + segment(0xC2, b"\x08" + bytes(8))
    return b"\xff\xd8" + frame + segment(0xDA, b"\1\2\3") + scan + b"\xff" + segment(0xDA, b"") + scan + b"\xff\xd9"


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


FTYP = box(b"ftyp", b"isom\0\0\2\0isomavc1")
MOOV = box(b"moov", box(b"mvhd", bytes(100)))
BIG_MDAT = struct.pack(">I4sQ", 1, b"mdat", 16 + len(NOISE)) + NOISE
JSON = json.dumps({"files": [{"name": "コード", "source": "function f() {}\n" * 20, "n": 1.5}]}).encode()
SVG = b'<?xml version="1.0" standalone="yes"?>\n<svg xmlns="http://www.w3.org/2000/svg"><g><path d="M0 0"/></g></svg>'
HTML = b'<html><head><meta content="text/html; charset=UTF-8"></head><body>' + PROSE + b"</body></html>"
RTF = rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}} a brace \{ and \} and \\{\b bold} \'8e}"

WHOLE: dict[str, bytes] = {
    "docx": make_office("word/document.xml"),
    "xlsx": make_office("xl/workbook.xml"),
    "pptx": make_office("ppt/presentation.xml"),
    "odt": make_open_document("text"),
    "ods": make_open_document("spreadsheet"),
    "odp": make_open_document("presentation"),
    "epub": make_zip({"mimetype": b"application/epub+zip", "META-INF/container.xml": PROSE}),
    "zip": make_zip({"a/b.html": HTML, "a/c.css": b""}),
    "pdf": make_pdf(),
    "svg": SVG,
    "json": JSON,
    "html": HTML,
    "txt": b"\xef\xbb\xbf" + PROSE,
    "md": b"# Title\n\n" + PROSE,
    "csv": "名前,点\r\n山田,90\r\n".encode(),
    "tsv": b"a\tb\n",
    "rtf": RTF,
    "png": make_png(),
    "jpg": make_jpg(),
    "mp4": FTYP + MOOV + box(b"mdat", NOISE),
}
TEXT = {"txt", "md", "csv", "tsv"}
STRUCTURED = sorted(WHOLE.keys() - TEXT)
ZIPPED = ["docx", "xlsx", "pptx", "odt", "ods", "odp", "epub", "zip"]

OTHERS_WHOLE = {
    "zip with a comment": ("zip", make_zip({"a": PROSE}, comment=b"made by a service")),
    "zip without members": ("zip", make_zip({})),
    "zip of stored members": ("zip", make_zip({"a": PROSE, "empty/": b""}, stored=True)),
    "zip holding a zip": ("zip", make_zip({"in.zip": make_zip({"a": PROSE}), "b": NOISE}, stored=True)),
    "pdf with a line end": ("pdf", make_pdf() + b"\r\n"),
    "pdf with an xref stream": ("pdf", b"%PDF-1.5\n\n7 0 obj <</Type/XRef>> endobj\nstartxref\n10\n%%EOF\n"),
    "json list": ("json", b"[]"),
    "json with BOM": ("json", b"\xef\xbb\xbf{}\n"),
    "json with a long number": ("json", b"[" + b"9" * 10000 + b"]"),
    "svg with a public DOCTYPE": (
        "svg",
        b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">'
        b'<svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>\n',
    ),
    "svg in UTF-16": ("svg", '<?xml version="1.0" encoding="UTF-16"?><svg/>'.encode("utf-16")),
    "html with doctype and comments": (
        "html",
        b"\xef\xbb\xbf<!-- a --> <!DOCTYPE html>\n<html></html\n>\n<!-- b -->\n",
    ),
    "html that links a sign-in": (
        "html",
        b'<html><a href="https://accounts.google.com/ServiceLogin">accounts.google.com/ServiceLogin</a></html>',
    ),
    "xhtml": ("html", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"></html>'),
    "empty document": ("txt", b""),
    "document of a BOM": ("txt", b"\xef\xbb\xbf"),
    "document about HTML": ("txt", b"\xef\xbb\xbf<!DOCTYPE html>\n<html>is how a page begins</html>"),
    "empty sheet": ("csv", b""),
    "rtf with a line end": ("rtf", RTF + b"\r\n\0"),
    "mp4 of 64 bits": ("mp4", FTYP + BIG_MDAT + MOOV),
    "mp4 open to the end": ("mp4", FTYP + MOOV + struct.pack(">I4s", 0, b"mdat") + NOISE),
    "mp4 with other boxes": ("mp4", FTYP + box(b"free", b"") + BIG_MDAT + MOOV + box(b"\xa9xyz", b"")),
    "jpg with a film behind": ("jpg", make_jpg() + FTYP),
}


@pytest.fixture
def judge(tmp_path: Path):
    path = tmp_path / "file"

    def judge(content: bytes, format: str) -> str | None:
        path.write_bytes(content)
        return fault(path, format)

    return judge


def is_sentence(text: str | None) -> bool:
    return isinstance(text, str) and 5 < len(text) < 100 and text.isprintable() and not text.endswith(".")


def test_known_formats() -> None:
    assert WHOLE.keys() == structure.KNOWN


@pytest.mark.parametrize("format", WHOLE)
def test_a_whole_file_has_no_fault(judge, format: str) -> None:
    assert judge(WHOLE[format], format) is None


@pytest.mark.parametrize("name", OTHERS_WHOLE)
def test_other_whole_files(judge, name: str) -> None:
    format, content = OTHERS_WHOLE[name]
    assert judge(content, format) is None


@pytest.mark.parametrize("format", STRUCTURED)
def test_every_strict_beginning_is_a_fault(judge, format: str) -> None:
    for end in range(len(WHOLE[format])):
        assert is_sentence(judge(WHOLE[format][:end], format)), end


@pytest.mark.parametrize("name", ["zip with a comment", "zip of stored members", "zip holding a zip", "mp4 of 64 bits"])
def test_every_strict_beginning_of_harder_files(judge, name: str) -> None:
    format, content = OTHERS_WHOLE[name]
    for end in range(len(content)):
        assert is_sentence(judge(content[:end], format)), end


@pytest.mark.parametrize("format", sorted(TEXT))
def test_text_cut_inside_a_character(judge, format: str) -> None:
    assert judge("円".encode()[:-1], format) == "is not text in UTF-8"
    assert judge(b"a" + "円".encode()[1:], format) == "is not text in UTF-8"


@pytest.mark.parametrize("format", sorted(TEXT))
def test_text_with_a_hole(judge, format: str) -> None:
    assert judge(PROSE + bytes(100) + PROSE, format) == "holds a gap of zero bytes"


def test_text_longer_than_a_block(judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure, "BLOCK", 7)
    assert judge(PROSE, "txt") is None
    for format, content in [*WHOLE.items(), *OTHERS_WHOLE.values()]:
        assert judge(content, format) is None, format


PAGES = [
    b"<!DOCTYPE html>\n<html><title>Error</title></html>",
    b"  \r\n<HTML lang=ja><body>sign in</body></HTML>",
    b"<!-- <p> --><!-- x -->\n<!doctype HTML><html></html>",
]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("format", sorted(WHOLE.keys() - {"html"}))
def test_a_web_page_in_place_of_a_document(judge, format: str, page: bytes) -> None:
    assert judge(page, format) == "holds a web page instead of a document"


SIGN_INS = [
    b'<!doctype html><html><form method="post" action="https://accounts.google.com/ServiceLoginAuth"></form></html>',
    b'<html><head><base href="https://accounts.google.com/v3/signin/"></head></html>',
    b'<html><META http-equiv="refresh" content="0; url=https://accounts.google.com/ServiceLogin?x=1"></html>',
    b'<html><form action="https://login.microsoftonline.com/common/login"></form></html>',
]


@pytest.mark.parametrize("page", SIGN_INS)
@pytest.mark.parametrize("padding", [0, 4090, (1 << 20) - 30, (1 << 20) + 5])
def test_a_sign_in_page_is_no_exported_page(judge, page: bytes, padding: int) -> None:
    page = page.replace(b"<html>", b"<html>" + b" " * padding)
    assert judge(page, "html") == "holds a sign-in page instead of a document"


@pytest.mark.parametrize("format", STRUCTURED)
def test_an_empty_file(judge, format: str) -> None:
    assert judge(b"", format) == "the file is empty"


@pytest.mark.parametrize("format", STRUCTURED)
@pytest.mark.parametrize("content", [bytes(3000), PROSE, NOISE, WHOLE["png"], WHOLE["pdf"], WHOLE["zip"], JSON])
def test_something_else_in_place_of_a_document(judge, format: str, content: bytes) -> None:
    if content != WHOLE[format]:
        assert is_sentence(judge(content, format))


@pytest.mark.parametrize("format", ZIPPED[:-1])
def test_documents_are_told_apart(judge, format: str) -> None:
    for other in set(ZIPPED) - {format}:
        assert is_sentence(judge(WHOLE[other], format)), other
    assert judge(WHOLE[format], "zip") is None


@pytest.mark.parametrize("format", ZIPPED)
def test_one_flipped_byte_in_a_member(judge, format: str) -> None:
    whole = WHOLE[format]
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = archive.infolist()
    for member in members:
        start = member.header_offset + 30 + len(member.filename.encode())
        # A deflate stream ends with a mark and padding: damage there leaves the content as it was.
        end = start + member.compress_size - (2 if member.compress_type else 0)
        for place in range(start, end):
            damaged = bytearray(whole)
            damaged[place] ^= 0xFF
            assert is_sentence(judge(bytes(damaged), format)), (member.filename, place)


@pytest.mark.parametrize("place", range(8, len(WHOLE["png"])))
def test_one_flipped_byte_in_a_png(judge, place: int) -> None:
    damaged = bytearray(WHOLE["png"])
    damaged[place] ^= 0x10
    assert is_sentence(judge(bytes(damaged), "png"))


def patched(content: bytes, place: int, new: bytes) -> bytes:
    return content[:place] + new + content[place + len(new) :]


def test_a_zip_missing_its_beginning(judge) -> None:
    assert is_sentence(judge(b"junk" + WHOLE["zip"], "zip"))
    assert is_sentence(judge(WHOLE["zip"][4:], "zip"))


def test_a_zip_with_something_behind_it(judge) -> None:
    assert judge(WHOLE["zip"] + b"\n", "zip") == "the zip directory is missing"


def test_a_locked_zip(judge) -> None:
    content = WHOLE["docx"]
    directory = content.index(b"PK\1\2")
    content = patched(patched(content, 6, b"\1\0"), directory + 8, b"\1\0")
    assert judge(content, "docx") == "is locked with a password"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_packed_without_bounds(judge, method: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("a", PROSE)
    assert judge(buffer.getvalue(), "zip") == "is packed in an unknown way"


def test_a_zip_of_64_bits(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive, archive.open("a", "w", force_zip64=True) as member:
        member.write(PROSE)
    assert fault(path, "zip") is None


def test_a_bomb_by_its_own_words(judge) -> None:
    content = WHOLE["zip"]
    directory = content.index(b"PK\1\2")
    content = patched(content, directory + 24, struct.pack("<I", 0xFFFFFFF0))
    assert judge(content, "zip") == "would unpack to far more than a document can hold"


def test_a_bomb_that_lies_about_its_size(judge) -> None:
    bomb = make_zip({"zeros": bytes(50_000_000)})
    content = patched(bomb, bomb.index(b"PK\1\2") + 24, struct.pack("<I", 100))
    assert judge(content, "zip") == "a part of the zip is damaged"


def test_a_bomb_is_measured_by_ratio(judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure, "BOMB_FLOOR", 1_000_000)
    assert judge(make_zip({"zeros": bytes(5_000_000)}), "zip") == "would unpack to far more than a document can hold"
    assert judge(make_zip({"zeros": bytes(900_000)}), "zip") is None
    assert judge(make_zip({"zeros": bytes(5_000_000), "noise": random.Random(1).randbytes(20_000)}), "zip") is None


def peak(path: Path, format: str) -> int:
    tracemalloc.start()
    try:
        assert fault(path, format) is None
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_stays_flat_over_a_large_zip(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(make_zip({"zeros": bytes(100_000_000), "noise": NOISE * 20_000}))
    assert peak(path, "zip") < 10_000_000


def test_memory_stays_flat_over_a_large_film(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    size = 5 << 30
    with path.open("wb") as file:
        file.write(FTYP + struct.pack(">I4sQ", 1, b"mdat", size))
        file.seek(len(FTYP) + size)
        file.write(MOOV)
    assert peak(path, "mp4") < 10_000_000


@pytest.mark.parametrize("format", ["txt", "rtf", "jpg", "png", "html", "svg"])
def test_memory_stays_flat_over_other_large_files(tmp_path: Path, format: str) -> None:
    mass = b"ab \\\\cd\n" * 4_000_000
    path = tmp_path / "file"
    path.write_bytes(
        {
            "txt": mass,
            "rtf": rb"{\rtf" + mass + b"}",
            "jpg": b"\xff\xd8" + segment(0xDA, b"") + mass + b"\xff\xd9",
            "png": make_png()[:33] + chunk(b"IDAT", mass) + chunk(b"IEND", b""),
            "html": b"<html>" + mass + b"</html>",
            "svg": b"<svg>" + mass + b"</svg>",
        }[format]
    )
    assert peak(path, format) < 12_000_000


BROKEN = {
    "a PDF whose contents list is elsewhere": ("pdf", make_pdf().replace(b"xref\n0", b"xrex\n0")),
    "a PDF pointing behind itself": ("pdf", b"%PDF-1.4\nstartxref\n99999\n%%EOF"),
    "a PDF pointing at its header": ("pdf", b"%PDF-1.4\nstartxref\n0\n%%EOF"),
    "a PDF pointing absurdly far": ("pdf", b"%PDF-1.4\nstartxref\n999999999999999999\n%%EOF"),
    "a PDF of one line": ("pdf", b"%PDF-1.4\n%%EOF"),
    "a PDF with a page behind": ("pdf", make_pdf() + b"<html></html>"),
    "entities that laugh": ("svg", b'<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><svg>&b;</svg>'),
    "an entity from a file": ("svg", b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'),
    "a parameter entity": ("svg", b'<!DOCTYPE svg [<!ENTITY % x SYSTEM "http://a/b"> %x;]><svg/>'),
    "another root": ("svg", b"<feed/>"),
    "an svg inside": ("svg", b"<feed><svg/></feed>"),
    "two roots": ("svg", b"<svg/><svg/>"),
    "an unknown encoding": ("svg", b'<?xml version="1.0" encoding="rot13"?><svg/>'),
    "a wrong encoding": ("svg", b"<svg>\xff</svg>"),
    "deep JSON": ("json", b"[" * 200_000 + b"]" * 200_000),
    "JSON in Latin-1": ("json", b'"\xe9"'),
    "two JSON values": ("json", b"{}{}"),
    "RTF with something behind": ("rtf", RTF + b"{}"),
    "RTF with text behind": ("rtf", RTF + b"text"),
    "RTF with a group left open": ("rtf", rb"{\rtf{\b}"),
    "RTF closed by an escaped brace": ("rtf", rb"{\rtf a\}"),
    "a page without its end": ("html", b"<html><body>" + PROSE),
    "a page cut after a quoted end": ("html", b"<html></html><p>more"),
    "no page": ("html", PROSE),
    "a PNG without pixels' end": ("png", make_png()[:-12]),
    "a PNG with something behind": ("png", make_png() + b"\0"),
    "a PNG of another first chunk": ("png", make_png()[:8] + chunk(b"tEXt", b"a" * 13) + chunk(b"IEND", b"")),
    "a PNG with an endless chunk": ("png", make_png()[:33] + b"\xff\xff\xff\xffIDAT"),
    "a JPEG without a scan": ("jpg", b"\xff\xd8\xff\xd9"),
    "a JPEG with a segment too short": ("jpg", b"\xff\xd8\xff\xe0\0\1\xff\xd9"),
    "a JPEG of fill bytes": ("jpg", b"\xff\xd8" + segment(0xDA, b"") + b"\xff" * 3_000_000),
    "a film without ftyp": ("mp4", MOOV + BIG_MDAT),
    "a film without moov": ("mp4", FTYP + BIG_MDAT),
    "a film without mdat": ("mp4", FTYP + MOOV),
    "a film with a box too long": ("mp4", FTYP + MOOV + BIG_MDAT[:-1]),
    "a film with a box too short": ("mp4", FTYP + struct.pack(">I4s", 4, b"moov") + MOOV + BIG_MDAT),
    "a film with a box of 64 bits too short": ("mp4", FTYP + struct.pack(">I4sQ", 1, b"mdat", 8) + MOOV),
    "a film ending in a hole": ("mp4", FTYP + MOOV + BIG_MDAT + bytes(4096)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files(judge, name: str) -> None:
    format, content = BROKEN[name]
    assert is_sentence(judge(content, format))


ONCE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@ONCE
@given(st.sampled_from(sorted(WHOLE)), st.binary(max_size=200), st.data())
def test_no_damage_raises(judge, format: str, splice: bytes, data: st.DataObject) -> None:
    whole = WHOLE[format]
    start = data.draw(st.integers(0, len(whole)))
    found = judge(whole[:start] + splice + whole[start + data.draw(st.integers(0, 300)) :], format)
    assert found is None or is_sentence(found)


@ONCE
@given(st.sampled_from(ZIPPED), st.data())
def test_no_damage_to_a_zip_directory_raises(judge, format: str, data: st.DataObject) -> None:
    damaged = bytearray(WHOLE[format])
    directory = damaged.index(b"PK\1\2")
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(directory, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    found = judge(bytes(damaged), format)
    assert found is None or is_sentence(found)


@ONCE
@given(st.sampled_from(STRUCTURED), st.binary(max_size=300))
def test_no_bytes_raise(judge, format: str, content: bytes) -> None:
    found = judge(content, format)
    assert found is None or is_sentence(found)


def test_the_disk_s_errors_are_not_the_file_s(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        fault(tmp_path / "missing", "zip")
    with pytest.raises(OSError, match=r"directory|denied"):
        fault(tmp_path, "pdf")


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that cannot be read")
@pytest.mark.parametrize("format", sorted(WHOLE))
def test_a_disk_that_cannot_be_read(format: str) -> None:
    with pytest.raises(OSError, match="Input/output error"):
        fault(Path("/proc/self/mem"), format)


def test_an_unknown_format(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        fault(tmp_path / "a.exe", "exe")
