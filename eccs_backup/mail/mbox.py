"""The mbox format: one file, message after message, in the dialect that loses nothing (mboxrd).

Every message is a separator line "From SENDER DATE", lines of ours, the saved bytes, and an empty line.

- Every line that begins with any number of ">" and "From " gets one more ">"; taking one away gives the line back.
  A line ends with LF here; a lone CR ends none, in keeping with what other readers of mbox do.
- All other bytes stay: CRLF, lone CR, LF, NUL, and what is no valid mail. `Content-Length` is not looked at.
- The headers of ours have the message's own line end. A message that does not begin with a header gets an empty line
  after ours, so that its text does not become headers.
- The one thing that mbox cannot hold is a last line without an end: it gets an LF, and such messages are counted.

https://www.loc.gov/preservation/digital/formats/fdd/fdd000385.shtml describes mboxrd.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from email.header import Header
from functools import lru_cache
from pathlib import Path

from eccs_backup.mail import folders
from eccs_backup.mail.letters import Letter
from eccs_backup.paths import storable

BLOCK = 1 << 20
HEAD = 1 << 16
"""Bytes at a message's start in which the sender is looked for."""
LONGEST_LINE = 900
"""Of a header that is not folded; RFC 5322 allows 998 bytes."""
READ, MARKED = 1, 4
"""Bits of Thunderbird's X-Mozilla-Status.
https://searchfox.org/comm-central/source/mailnews/base/public/nsMsgMessageFlags.idl"""
_QUOTABLE = re.compile(rb"(\n>*)From ")
_UNFINISHED = re.compile(rb"\n>*(F(?:r(?:om?)?)?)?\Z")
_HEADER = re.compile(rb"(?:From |[!-9;-~]+[ \t]*:|\r?\n)")
_SENDER = re.compile(rb"^(Return-Path|From):(?:[^\n]*<|[ \t]*)([!#-;=?-~]+@[!#-;=?-~]+)", re.IGNORECASE | re.MULTILINE)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def blocks(file: Path) -> Iterator[bytes]:
    """A file's bytes, block after block."""
    with file.open("rb", buffering=0) as opened:
        while block := opened.read(BLOCK):
            yield block


def written(letter: Letter, content: Iterable[bytes]) -> Iterator[bytes]:
    """One message as it stands in an mbox, block after block, from its saved bytes. Its own blocks are never empty."""
    blocks = iter(content)
    first = next(blocks, b"")
    end = b"\r\n" if first.partition(b"\n")[0].endswith(b"\r") else b"\n"
    yield separator(letter, first[:HEAD]) + headers(letter, end)
    if not _HEADER.match(first):
        yield end
    last = first[-1:]
    quoting = Quoting()
    yield quoting.quoted(first)
    for block in blocks:
        last = block[-1:]
        yield quoting.quoted(block)
    yield quoting.rest() + (b"\n" if last in (b"\n", b"") else b"\n\n")


class Quoting:
    """The ">" before lines that would look like a separator, for bytes that come in blocks of any size."""

    def __init__(self) -> None:
        self._kept = b""  # the beginning of "From " at the end of a block
        self._fresh = True  # nothing, or only ">", stands before it in its line

    def quoted(self, block: bytes) -> bytes:
        """The block, quoted; up to four bytes at its end may come with the next one."""
        data = (b"\n" if self._fresh else b" ") + self._kept + block
        tail = _UNFINISHED.search(data, max(data.rfind(b"\n"), 0))
        self._fresh, self._kept = tail is not None, (tail[1] or b"") if tail else b""
        data = data[: len(data) - len(self._kept)]
        return (_QUOTABLE.sub(rb"\1>From ", data) if b"From " in data else data)[1:]

    def rest(self) -> bytes:
        """What was still kept when the message ended."""
        return self._kept


def separator(letter: Letter, head: bytes) -> bytes:
    """The line before a message: who sent it by its envelope, else by its own word, and when it came, in UTC."""
    found = {name.lower(): address for name, address in reversed(_SENDER.findall(_own(head)))}
    sender = found.get(b"return-path") or found.get(b"from") or b"MAILER-DAEMON"
    try:
        date = time.asctime(time.gmtime(letter.date))
    except (OverflowError, ValueError, OSError):  # a year that no calendar has
        date = time.asctime(time.gmtime(0))
    return b"From " + sender + b" " + date.encode("ascii") + b"\n"


def headers(letter: Letter, end: bytes = b"\n") -> bytes:
    """The lines of ours: labels as Takeout writes them and as Thunderbird does, Gmail's numbers, read and starred."""
    lines = []
    if letter.thread_number is not None:
        lines.append(f"X-GM-THRID: {letter.thread_number}")
    if letter.number is not None:
        lines.append(f"X-GM-MSGID: {letter.number}")
    text = "\n".join([*lines, *_of_labels(letter.labels)]) + "\n"
    return text.encode("ascii", "replace").replace(b"\n", end)


@lru_cache(4096)
def _of_labels(labels: tuple[str, ...]) -> tuple[str, ...]:
    own = [each for each in labels if each not in folders.SYSTEM]
    keywords = " ".join(folders.keyword(each) for each in own)
    starred, unread = "STARRED" in labels, "UNREAD" in labels
    status = (0 if unread else READ) | (MARKED if starred else 0)
    lines = [f"X-Gmail-Labels: {_encoded(','.join(map(_listed, labels)))}"]
    if keywords:
        lines += [_folded("X-Keywords", keywords), _folded("X-Mozilla-Keys", keywords)]
    lines += [f"X-Mozilla-Status: {status:04x}", f"Status: {'O' if unread else 'RO'}"]
    return (*lines, "X-Status: F") if starred else tuple(lines)


def _listed(label: str) -> str:
    """A label in a list with commas."""
    name = _CONTROLS.sub(" ", folders.shown(label))
    return '"' + name.replace('"', '""') + '"' if set(name) & set(',"') else name


def _encoded(value: str) -> str:
    """A header's value: as it is when it is short ASCII, else as encoded words (RFC 2047)."""
    if value.isascii() and len(value) <= LONGEST_LINE and "=?" not in value:
        return value
    return Header(storable(value), "utf-8", 76, "X-Gmail-Labels").encode()


def _folded(name: str, words: str) -> str:
    """A header with many words, in lines of lawful length."""
    line, lines = f"{name}:", []
    for word in words.split(" "):
        if len(line) + len(word) >= LONGEST_LINE:
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\n".join([*lines, line])


def _own(head: bytes) -> bytes:
    """The message's header lines, without its text."""
    found = re.search(rb"\n\r?\n", head)
    return head[: found.start()] if found else head
