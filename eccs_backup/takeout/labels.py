"""What X-Gmail-Labels says, in the words of Gmail's API: system labels by id, a person's own by name.

Takeout writes the list "in CSV format", as its archive_browser.html says, in the language of the account, and encodes
what is not ASCII in as many encoded words (RFC 2047) as fit into lines. Which words stand for which label is in
labels.toml.

A person's own label may be called as a system label is in another language. So the language of a mailbox is found once,
over its messages (`observed`); then only that language's words count. Without a language, the words of all do.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files

from eccs_backup import paths
from eccs_backup.mail import charsets, folders

LONGEST_KEPT = 2_000
"""Bytes of a value up to which what it says is remembered."""
CLEAR = 1.5
"""How much more often than those of any other the words of the mailbox's language must come."""
STATE = 3
"""The weight of "read", "unread" and "archived" among words: every message bears one of them, and few labels of people
are called so."""

_NOTHING = ("read", "archived", "none")
_STATES = ("UNREAD", "read", "archived")
_QUOTED = re.compile(r'\s*"((?:[^"]|"")*+)"\s*(?:,|\Z)')
_PLAIN = re.compile(r"([^,]*+)(?:,|\Z)")
_MARKS = re.compile("[\"'`´‘’‚‛“”„‟«»‹›「」『』〈〉《》]")
_IMAP = re.compile(r"IMAP_(?:\$.*|(?:Non|Not)?Junk|JunkRecorded|Forwarded|Redirected|receipt-handled)", re.IGNORECASE)
"""Keywords that a mail program set by IMAP. Takeout lists them among labels; the API does not know them.
https://github.com/rgladwell/imap-upload leaves them out, too."""


def labels(value: bytes, language: str | None = None) -> tuple[str, ...]:
    """The labels in the value of a header, folded or not, each once, in its order.

    `language` is one of those of labels.toml, as `observed` finds it; without one, the words of all languages count.
    "Opened" and "Archived" are no labels, nor is what the API has none for. A label of a person's own that is called
    like an id of the API ("TRASH", in a Japanese mailbox) gets small letters ("Trash"), so that it is not taken for it.
    """
    return _kept_labels(value, language) if len(value) <= LONGEST_KEPT else _labels(value, language)


def observed(values: Iterable[bytes]) -> str | None:
    """The language that a mailbox speaks, by the values of its messages; None when it is not clear."""
    scores: Counter[str] = Counter()
    for value, count in Counter(values).items():
        for name in _names(value):
            for language, word in _speakers(folded(name)):
                scores[language] += count * (STATE if word in _STATES else 1)
    (best, most), (_, second) = (*scores.most_common(2), ("", 0), ("", 0))[:2]
    return best if most and most >= second * CLEAR else None


def folded(name: str) -> str:
    """A name as it is compared: case, width, composition, quotation marks, and blanks by the colon do not matter."""
    text = paths.fold(_MARKS.sub("", name).replace("\xa0", " "))
    return re.sub(r" ?: ?", ": ", " ".join(text.split()))


def _labels(value: bytes, language: str | None) -> tuple[str, ...]:
    words = (_words(language) if language else {}) or _union()
    found: dict[str, None] = {}
    for name in _names(value):
        label = words.get(folded(name), "")
        if label in _NOTHING or _IMAP.fullmatch(name):
            continue
        found[label or _own(name)] = None
    return tuple(found)


_kept_labels = lru_cache(4096)(_labels)


def _own(name: str) -> str:
    return name.capitalize() if name in folders.SYSTEM else name


def _names(value: bytes) -> list[str]:
    """The names in the list, decoded."""
    text = charsets.header(value.decode("ascii", "surrogateescape"))
    return [name for each in _fields(text) if (name := each.strip())]


def _fields(text: str) -> Iterable[str]:
    """The fields of one line of CSV. Quotation marks are doubled; Takeout does that also where none stand around."""
    at = 0
    while at < len(text):
        found = _QUOTED.match(text, at) or _PLAIN.match(text, at)
        assert found is not None  # what is plain may be empty
        yield paths.storable(found[1]).replace('""', '"')
        at = found.end()


@cache
def _tables() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files(__package__).joinpath("labels.toml").read_text("utf-8"))


@cache
def _words(language: str) -> Mapping[str, str]:
    """Folded word -> what it stands for, in one language; none in an unknown one."""
    table = _tables().get(language, {})
    found: dict[str, str] = {}
    for label, names in table.items():
        kind, _, rest = label.partition("_")
        if kind != "CATEGORY":
            found |= {folded(name): label for name in names if label != "category"}
            continue
        meant = "none" if rest == "none" else label
        for word in table.get("category", ()):
            for name in names:
                forms = (f"{word} {name}", f"{word}: {name}", f"{word}{name}", f"{name} {word}")
                found |= dict.fromkeys(map(folded, forms), meant)
    return found


@cache
def _union() -> Mapping[str, str]:
    """The words of all languages. None of them means two things, which is tested."""
    return {name: word for language in _tables() for name, word in _words(language).items()}


@cache
def _meanings() -> Mapping[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for language in _tables():
        for name, word in _words(language).items():
            found.setdefault(name, []).append((language, word))
    return found


def _speakers(name: str) -> Iterable[tuple[str, str]]:
    """The languages that have the word, each with what it stands for there."""
    return _meanings().get(name, ())
