"""Files that the person made elsewhere: opened to be read only, and decoded whatever they were saved in."""

from __future__ import annotations

import codecs
from pathlib import Path

from eccs_backup.errors import Unusable
from eccs_backup.mail import charsets

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_GUESSES = ("utf-8", "euc_jp", "cp932")
"""In this order: Shift_JIS takes nearly every text in EUC-JP for kana."""
_STEP = 1 << 18


def whole(path: Path, limit: int, hint: str) -> bytes:
    """All bytes of a file of at most `limit` bytes. Raises Unusable with that hint."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise unreadable(path, error) from error
    if len(data) > limit:
        raise Unusable(f"{path} is larger than {limit // 1_000_000} MB.", hint=hint)
    return data


def text(data: bytes, declared: str = "") -> str:
    """The text of a whole file, by its mark, by the charset that it declares, or by what its bytes look like."""
    codec = marked(data[:_STEP])
    if codec:
        return data.decode(codec, "replace").removeprefix("\ufeff")
    return charsets.text(data, declared)


def marked(start: bytes) -> str:
    """The codec that the first bytes of a file tell: by a mark, or by UTF-16's empty bytes. "" when they do not."""
    for mark, codec in _MARKS:
        if start.startswith(mark):
            return codec
    pairs = len(start) // 2
    if pairs and start[1::2].count(0) * 10 >= pairs * 3:
        return "utf-16-le"
    if pairs and start[0::2].count(0) * 10 >= pairs * 3:
        return "utf-16-be"
    return ""


def encoding(path: Path) -> str:
    """The codec of a text file of any size, found in one pass that keeps nothing of it. Raises Unusable."""
    try:
        with path.open("rb") as file:
            start = file.read(_STEP)
            if codec := marked(start):
                return codec
            decoders = {name: codecs.getincrementaldecoder(name)() for name in _GUESSES}
            while start:
                _try(decoders, start, last=False)
                start = file.read(_STEP)
            _try(decoders, b"", last=True)
    except OSError as error:
        raise unreadable(path, error) from error
    return next(iter(decoders), "utf-8")


def unreadable(path: Path, error: OSError) -> Unusable:
    """What to raise when a file of the person's cannot be opened."""
    return Unusable(f"{path} cannot be read ({error.strerror}).", hint="Look at the file's name and its permissions.")


def _try(decoders: dict[str, codecs.IncrementalDecoder], piece: bytes, *, last: bool) -> None:
    for name, decoder in list(decoders.items()):
        try:
            decoder.decode(piece, last)
        except UnicodeDecodeError:
            del decoders[name]
