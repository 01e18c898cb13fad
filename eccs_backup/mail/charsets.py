"""Bytes of mail to text, whatever the mail says its charset is. Nothing here raises."""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
import re
from functools import lru_cache

ALIASES = {
    "shift_jis": "cp932", "x-sjis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "windows-31j": "cp932",
    "ms_kanji": "cp932", "iso-8859-1": "cp1252", "latin1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030",
    "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "x-euc-jp": "euc_jp", "iso-8859-8-i": "iso8859-8",
    "cp50220": "iso2022_jp", "cp50221": "iso2022_jp", "x-windows-iso2022jp": "iso2022_jp",
}  # fmt: skip
"""Names as mail uses them, and the larger charset that programs mean by them."""
NO_TEXT = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
"""Python's codecs that are none of mail's, or take more than linear time."""
SEVEN_BIT = ("utf-7", "utf-16", "utf-32", "iso2022", "hz")
"""How the names of codecs begin whose bytes may look like ASCII and are not."""
_ESCAPE = re.compile(rb"\x1b(\$[@B]|\$\([A-Q]|\([BJIH])")
_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,60})?\?([bBqQ])\?([^?]*)\?=")
_DIGRAPH = re.compile(rb"[!-~]{2}")


def text(data: bytes, charset: str = "") -> str:
    """The text, by the charset that is declared where that is true, and by what the bytes look like where not.

    UTF-8 with characters of three bytes is never anything else; ISO-2022-JP tells itself by its escapes, EUC-JP comes
    before Shift_JIS, which takes nearly every EUC text for kana. A few broken bytes do not make a charset wrong.
    """
    name = _known(charset)
    if _ESCAPE.search(data) and name in ("", "ascii", "utf-8", "iso2022_jp", "cp932", "euc_jp", "cp1252"):
        return _iso_2022_jp(data)
    if data.isascii() and not name.startswith(SEVEN_BIT):
        return data.decode("ascii")
    utf8 = _strict(data, "utf-8")
    if utf8 is not None and (name in ("", "ascii") or max(utf8, default="") >= "\u0800"):
        return utf8
    if name and (found := _strict(data, name)) is not None:
        return found
    declared = data.decode(name or "utf-8", "replace")
    if _mostly_read(declared):
        return declared
    guesses = (_strict(data, each) for each in ("utf-8", "euc_jp", "cp932"))
    return next((each for each in guesses if each is not None), declared)


def header(value: str) -> str:
    """A header's value for people: unfolded, encoded words (RFC 2047) decoded, raw 8-bit text guessed.

    `value` is as the email package keeps it: bytes above 127 as surrogates. Words of one charset that follow one
    another are joined before they are decoded: some programs cut a character in two.
    """
    line = value.replace("\r", "").replace("\n", "")
    if "=?" not in line and line.isascii() and "\x1b" not in line:
        return line
    found: list[tuple[str, bytes]] = []
    end = 0
    for word in _WORD.finditer(line):
        between = line[end : word.start()]
        charset, data = word[1].lower(), _unpacked(word[2], word[3])
        if found and found[-1][0] and not between.strip():
            if found[-1][0] == charset:
                found[-1] = (charset, found[-1][1] + data)
            else:
                found.append((charset, data))
        else:
            found += [("", raw(between)), (charset, data)]
        end = word.end()
    found.append(("", raw(line[end:])))
    return "".join(text(data, charset) for charset, data in found)


def raw(value: str) -> bytes:
    """The bytes that the email package keeps as text."""
    try:
        return value.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace")


def _unpacked(encoding: str, packed: str) -> bytes:
    data = raw(packed)
    if encoding in "qQ":
        return quopri.decodestring(data.replace(b"_", b" "), header=False)
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    try:
        return base64.b64decode(clean[: len(clean) - (len(clean) % 4 == 1)] + b"==")
    except binascii.Error:
        return data


@lru_cache(maxsize=1024)
def _known(charset: str) -> str:
    """The name of a codec of Python's for the charset of a mail; empty when there is none."""
    name = charset.strip("\"' \t").lower()
    try:
        name = codecs.lookup(ALIASES.get(name, name)).name
        b"A".decode(name)  # refuses what turns bytes into bytes
    except LookupError:
        return ""
    except ValueError:
        pass  # one byte is no character there
    return "" if name in NO_TEXT else name


def _mostly_read(found: str) -> bool:
    """Whether a few bytes are broken, rather than the charset wrong."""
    strange = len(found) - len(found.encode("ascii", "ignore"))
    return found.count("\ufffd") * 4 <= strange


def _strict(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except ValueError:
        return None


def _iso_2022_jp(data: bytes) -> str:
    """ISO-2022-JP as it is used, with NEC's and IBM's characters (①, ㈱, 髙) and halfwidth kana, which is CP50220."""
    for name in ("iso2022_jp", "iso2022_jp_ext"):
        if (found := _strict(data, name)) is not None:
            return found
    pieces = _ESCAPE.split(data)
    found = text(pieces[0]) if not _ESCAPE.search(pieces[0]) else ""
    for escape, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if escape in (b"$@", b"$B"):
            piece = _DIGRAPH.sub(lambda pair: _shifted(*pair[0]), piece)
        elif escape == b"(I":
            piece = bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in piece)
        found += piece.decode("cp932", "replace")
    return found


def _shifted(row: int, cell: int) -> bytes:
    """The two bytes of JIS X 0208 in Shift_JIS."""
    lead = (row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)
    if row % 2:
        return bytes((lead, cell + (0x1F if cell < 0x60 else 0x20)))
    return bytes((lead, cell + 0x7E))
