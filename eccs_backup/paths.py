"""Owns the names of the vault: from what a service calls a thing to one safe path component, and back inside."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import Path

from eccs_backup.errors import VaultDamaged

LONGEST_NAME = 200
"""Bytes of UTF-8 in one component. File systems take 255 bytes (ext4, APFS) or 255 UTF-16 units (NTFS, exFAT);
the rest is room for what may be put behind a name, such as a second suffix, by us or by the person."""

LONGEST_FOLDER = 480
"""Bytes of UTF-8 in a vault-relative folder path. macOS ends a path at 1024 bytes, the closing NUL included
(PATH_MAX in <sys/syslimits.h>, https://github.com/apple-oss-distributions/xnu/blob/main/bsd/sys/syslimits.h);
Linux at 4096, Windows at 32767 UTF-16 units behind the prefix \\\\?\\. So the smallest rules:
1023 = 250 (root) + 1 + 480 (folder) + 1 + 255 (one component) + 36 to spare."""

# Default_Ignorable_Code_Point: what has no shape of its own, zero-width and bidirectional controls included.
# https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
# The selectors are apart because Japanese personal names (IVS) and emoji are written with them.
_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_SHAPELESS = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
_HIDDEN = re.compile(f"[{_SHAPELESS}]")
_IGNORABLE = re.compile(f"[{_SHAPELESS}{_SELECTORS}]")
_STRAY_SELECTOR = re.compile(rf"(?:\A|(?<=[\s.]))[{_SELECTORS}]+")  # nothing stands there to be selected

_BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_LINE_BREAKS = "\t\n\x0b\x0c\r\x85\u2028\u2029"
_NONCHARACTERS = [*range(0xFDD0, 0xFDF0), *(plane << 16 | low for plane in range(17) for low in (0xFFFE, 0xFFFF))]
_REPLACEMENTS: dict[int, str] = {
    # Cygwin, Samba and Services for Mac read these private characters as the forbidden ASCII ones:
    # https://cygwin.com/cygwin-ug-net/using-specialnames.html
    **dict.fromkeys(range(0xF000, 0xF100), "_"),
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *_NONCHARACTERS], "_"),
    **dict.fromkeys(map(ord, _LINE_BREAKS), " "),
    **dict(zip(map(ord, '/\\:*?"<>|'), "／＼：＊？＂＜＞｜", strict=True)),
}

# https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file ; Windows looks only before the first dot.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\.|\Z)", re.IGNORECASE)
# NTFS and FAT give "Report 2024.docx" the second name "REPORT~1.DOC"; a file really called so would replace it.
_SHORT_ALIAS = re.compile(r"(?=[^.]{2,8}(?:\.|\Z))[^.~]*~[0-9]+(?:\.[^.]{1,3})?\Z")
_EXTENSION = re.compile(r"(?<=.)(?:\.tar)?\.[^\s.]{1,16}\Z", re.IGNORECASE)
_OURS = ".eccs-backup"


_PLAIN = re.compile(r"[0-9a-z]{7,60}\.[0-9a-z]{2,5}|[0-9]{2,4}")
"""Names that need no second look: too long for the devices of DOS, and of nothing but small letters and digits."""


def safe(name: str) -> str:
    """One path component, valid on Windows, macOS and Linux, that a person recognises as `name`.

    Any text is taken, lone surrogates included. The result is NFC, at most LONGEST_NAME bytes of UTF-8, never
    begins with ".eccs-backup" (in any case), and `safe(safe(x)) == safe(x)`. Good names come back unchanged.
    Different names may become equal here: see `fold` and `distinct`.
    """
    if _PLAIN.fullmatch(name):
        return name
    while (better := _safer(name)) != name:  # a cut or a strip can bring forth the next fault: "nul   [200x].txt"
        name = better
    return name


def fold(name: str) -> str:
    """A key that is equal for any two safe names that could land on one file on some file system.

    Unicode's NFKC_Casefold (https://www.unicode.org/versions/latest/ch03.pdf, R5) by way of capitals, and with
    the dot of the Turkish i dropped: more than any of NTFS, exFAT, APFS, HFS+, ext4 with casefold, or ZFS with
    normalization=formKD folds. One name too many gets a hash; none is overwritten.
    """
    while (folded := _folded(name)) != name:
        name = folded
    return name


def distinct(name: str, id: str, length: int = 6) -> str:
    """Another safe name for the item `id`, made from the safe name: "Report.docx" -> "Report~3fa9c1.docx".

    `length` (1 to 64) is the number of hex digits taken from SHA-256 of the id; take more when the first try is
    taken. The same arguments always give the same name.
    """
    tag = "~" + hashlib.sha256(id.encode("utf-8", "surrogatepass")).hexdigest()[:length]
    stem, extension = _split(name)
    other = safe(_cut(stem, LONGEST_NAME - len(tag) - _bytes(extension)) + tag + extension)
    if fold(other) == fold(name):  # a long name that already carries this very tag
        return distinct(name, id + "~", length)
    return other


def too_long(folder: str) -> bool:
    """Whether a vault-relative folder path leaves no room for a file under it on some system."""
    return _bytes(folder) > LONGEST_FOLDER


def storable(text: str) -> str:
    """Text that UTF-8 can hold: halves of characters, which JSON can smuggle in, become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def inside(root: Path, relative: str) -> Path:
    """The vault-relative "/" path of a manifest row as a path under `root`; looks at no disk, follows no link.

    Raises VaultDamaged when the row would lead out of the vault on any system, so that a vault written on
    Linux is judged alike on Windows.
    """
    parts = relative.split("/")
    if not all(map(_ordinary, parts)):
        raise VaultDamaged(
            f"The vault's records name a file outside the vault: {relative!r}",
            hint="Do not use this vault; restore its folder .eccs-backup, or back up into a new folder.",
        )
    return root.joinpath(*parts)


def _ordinary(part: str) -> bool:
    """Neither empty nor climbing; Windows drops dots and spaces at the end, so ".. " climbs too."""
    if not part.rstrip(". ") or set(part) & set("\\:\0"):
        return False
    return not any("\ud800" <= char <= "\udfff" for char in part)


def _safer(name: str) -> str:
    text = name.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").translate(_REPLACEMENTS)
    text = unicodedata.normalize("NFC", _HIDDEN.sub("", text))
    text = _STRAY_SELECTOR.sub("", text.lstrip()).rstrip(_BLANKS + ".") or "untitled"
    if _DEVICE.match(text) or fold(text).startswith(_OURS):
        text = "_" + text
    if _SHORT_ALIAS.match(text):
        text = text.replace("~", "～")
    stem, extension = _split(text)
    return _cut(stem, LONGEST_NAME - _bytes(extension)) + extension


def _folded(name: str) -> str:
    text = _IGNORABLE.sub("", unicodedata.normalize("NFKD", name))
    text = unicodedata.normalize("NFKD", text.upper().casefold())  # capitals bring ı to i and ſ to s
    return text.replace("i\u0307", "i")


def _split(name: str) -> tuple[str, str]:
    """Stem and extension with its dot; a leading dot begins no extension."""
    found = _EXTENSION.search(name)
    return (name[: found.start()], found[0]) if found else (name, "")


def _cut(text: str, limit: int) -> str:
    """The beginning of `text` in at most `limit` bytes of UTF-8, without half a letter at its end."""
    if _bytes(text) <= limit:
        return text
    short = text.encode()[:limit].decode(errors="ignore")
    end = len(short)
    while end and _belongs_to_the_one_before(text[end]):
        end -= 1
    return (text[:end] or short).rstrip()


def _belongs_to_the_one_before(char: str) -> bool:
    return unicodedata.category(char).startswith("M") or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin colours


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
