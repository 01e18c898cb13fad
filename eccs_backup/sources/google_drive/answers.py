"""Drive's JSON, checked once where it enters: an answer that makes no sense is asked for again, never guessed at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from eccs_backup.errors import Transient
from eccs_backup.model import Json
from eccs_backup.sources import Row

Answer = dict[str, Any]
LARGEST = (1 << 63) - 1
"""Bytes; what the manifest can write down."""
SUMS = {"md5Checksum": 32, "sha1Checksum": 40, "sha256Checksum": 64}
WORDS = ("name", "mimeType", "driveId", "modifiedTime", "headRevisionId", "webViewLink")


class Page(NamedTuple):
    """Some of a listing, and the token of what follows."""

    rows: list[Row]
    following: str | None


class Change(NamedTuple):
    """One line of a log of changes: the file as it is now, or None when it is there no longer.

    `drive` says that it is the shared drive `id` that changed: its name, or who may do what there.
    """

    id: str
    file: Row | None
    drive: bool = False


class Changes(NamedTuple):
    """Some of a log of changes; `position` is the token to go on with, at once when there is `more`."""

    changes: list[Change]
    position: str
    more: bool


def about(answer: Answer) -> tuple[str, dict[str, list[str]]]:
    """The account's address and its conversion table. Raises Transient."""
    user, formats = answer.get("user"), answer.get("exportFormats")
    _must(isinstance(user, dict), "no account")
    # Without the table every document would pass for one that has no file form
    _must(isinstance(formats, dict) and formats and all(map(_are_words, formats.values())), "no conversion table")
    return word(user, "emailAddress"), formats  # type: ignore[arg-type, return-value]


def file(answer: Answer) -> Row:
    """A file's description, without its empty fields: 200,000 of them are kept in one database. Raises Transient."""
    id = word(answer, "id")
    _must(all(isinstance(answer.get(name, ""), str | None) for name in WORDS), "a word that is none")
    _must(_are_words(answer.get("parents") or []), "parents that are none")
    _must(_is_size(answer.get("size")), "a size that is none")
    _must(all(_is_sum(answer.get(name), length) for name, length in SUMS.items()), "a checksum that is none")
    return Row(id, dict(_telling(answer)))


def files(answer: Answer, token: str | None) -> Page:
    """A page of `files.list`, asked for with `token`. Raises Transient, also when not everything was searched."""
    _must(not answer.get("incompleteSearch"), "not everything was searched")
    things, following = _page(answer, "files", token)
    return Page([file(each) for each in things], following)


def drives(answer: Answer, token: str | None) -> Page:
    """A page of `drives.list`, asked for with `token`. Raises Transient."""
    things, following = _page(answer, "drives", token)
    return Page([Row(word(each, "id"), each) for each in things], following)


def changes(answer: Answer, token: str) -> Changes:
    """A page of `changes.list`, asked for with `token`. Raises Transient."""
    things, following = _page(answer, "changes", token)
    position = following or word(answer, "newStartPageToken")
    return Changes([_change(each) for each in things], position, following is not None)


def word(answer: Answer, name: str) -> str:
    """A text that has to be there. Raises Transient."""
    value = answer.get(name)
    _must(isinstance(value, str) and value, f"no {name}")
    return str(value)


def _change(answer: Answer) -> Change:
    if answer.get("changeType") == "drive":
        return Change(word(answer, "driveId"), None, drive=True)
    id, found = word(answer, "fileId"), answer.get("file")
    if answer.get("removed") or found is None:
        return Change(id, None)
    _must(isinstance(found, dict) and found.get("id") == id, "a change of one file that tells of another")
    return Change(id, file(found))


def _page(answer: Answer, name: str, token: str | None) -> tuple[list[Answer], str | None]:
    things, following = answer.get(name), answer.get("nextPageToken") or None
    if things is None and str(answer.get("kind", "")).startswith("drive#"):  # an empty list may be left out
        things = []
    _must(isinstance(things, list) and all(isinstance(each, dict) for each in things), f"no {name}")
    _must(following is None or isinstance(following, str), "a page token that is none")
    _must(following is None or following != token, "a page that is followed by itself")
    return things or [], following


def _must(holds: object, what: str) -> None:
    if not holds:
        raise Transient(f"Drive's answer made no sense ({what}).")


def _telling(answer: Answer) -> Iterator[tuple[str, Json]]:
    for name, value in answer.items():
        if value not in (None, False, "", [], {}) or name == "ownedByMe":
            yield name, value


def _are_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_size(value: object) -> bool:
    """Whole numbers of 64 bits come as texts."""
    text = str(value) if type(value) is int else value
    return text is None or (isinstance(text, str) and re.fullmatch("[0-9]{1,19}", text) is not None and _fits(text))


def _fits(digits: str) -> bool:
    return int(digits) <= LARGEST


def _is_sum(value: object, length: int) -> bool:
    return value in (None, "") or (
        isinstance(value, str) and re.fullmatch(f"[0-9A-Fa-f]{{{length}}}", value) is not None
    )
