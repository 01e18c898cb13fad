"""Lines that fit a terminal: broken between words, in Japanese anywhere, and never inside an address or a command."""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator

_TOKEN = re.compile(r"[!-~]+|[ \t]+|.", re.DOTALL)
_INDENT = re.compile(r"\s*(?:\d+\. )?")
_NOT_FIRST = "、。，．・：；！？）」』】〉》〕々ーぁぃぅぇぉっゃゅょァィゥェォッャュョ…"
"""What does not begin a line."""
_NOT_LAST = "（「『【〈《〔"
_CLOSING = re.compile(r"[:;,.!?)\]}\"']+")
_ENDS = (".", ",", ";", ":", ")")
COMMAND = "eccs-backup"


def shown(text: str, *, err: bool = False) -> str:
    """The text as it is to be written to the standard output, or `err` to the other: fitted if that is a terminal."""
    if not (sys.stderr if err else sys.stdout).isatty():
        return text
    return fitted(text, shutil.get_terminal_size().columns - 1)


def fitted(text: str, columns: int) -> str:
    """The text in lines of at most so many columns, but for words that are longer; what a line begins with (blanks, a
    number) sets in those that follow it."""
    return "\n".join(line for each in text.split("\n") for line in _lines(each, columns))


def width(text: str) -> int:
    """Columns: most of what is Japanese takes two. https://www.unicode.org/reports/tr11/"""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else not unicodedata.combining(each) for each in text)


def _lines(line: str, columns: int) -> Iterator[str]:
    begin = _INDENT.match(line)
    indent = " " * width(begin[0] if begin else "")
    filled = ""
    for piece in _pieces(line[len(indent) :]):
        if filled.strip() and width(indent + filled + piece.rstrip()) > columns:
            yield (line[: len(indent)] if begin else "") + filled.rstrip()
            line, begin, filled = indent, _INDENT.match(indent), piece.lstrip()
        else:
            filled += piece
    yield line[: len(indent)] + filled.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """What is not to be broken, each with the blanks after it."""
    held = ""
    for token in _commands(text):
        if not held or token.isspace() or _stays(held, token):
            held += token
        else:
            yield held
            held = token
    if held:
        yield held


def _stays(held: str, token: str) -> bool:
    if held[-1].isspace():
        return False
    if token[0] in _NOT_FIRST or held[-1] in _NOT_LAST:
        return True
    return not held[-1].isascii() and _CLOSING.fullmatch(token) is not None


def _commands(text: str) -> Iterator[str]:
    """Words and letters; a command of ours with its options is one word."""
    tokens = _TOKEN.findall(text)
    at = 0
    while at < len(tokens):
        word = tokens[at]
        at += 1
        if word == COMMAND:
            while at + 1 < len(tokens) and tokens[at].isspace() and _goes_on(word, tokens[at + 1]):
                word += tokens[at] + tokens[at + 1]
                at += 2
        yield word


def _goes_on(command: str, token: str) -> bool:
    return token[0].isascii() and not token.isspace() and token != "-" and not command.endswith(_ENDS)
