"""Finding saved messages: what a person types, and the messages that fit it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from eccs_backup.errors import Unusable
from eccs_backup.mail import index
from eccs_backup.mail import letters as saved
from eccs_backup.mail.index import Index, Watch, Where, comparable

COLUMNS = ("subject", "sender", "recipients", "names", "text")
"""Where words are looked for, the short ones first."""
LONGEST_WORD = 500
MOST_THREES = 24
"""Of a word's triples of characters; these narrow the search down far enough."""
_PHRASES = re.compile(r'"([^"]*)"|([^"]+)')


class Query(NamedTuple):
    """What to find: every phrase in a message, in any case and width; times are Unix seconds, `before` excluded."""

    phrases: tuple[str, ...] = ()
    sender: str = ""
    labels: tuple[str, ...] = ()
    after: float | None = None
    before: float | None = None


class Found(NamedTuple):
    """A message that fits. `date` is in Unix seconds, `path` relative to the vault."""

    id: str
    date: float
    sender: str
    subject: str
    path: str
    labels: tuple[str, ...]
    deleted: bool


class Result(NamedTuple):
    """The newest messages that fit, the number of all that do, and what was in the way.

    `unread`: messages whose file is missing, damaged or unreadable; they cannot be found. `where`: where the index is.
    """

    found: list[Found]
    total: int
    unread: int
    where: Where


def phrases(words: Iterable[str]) -> tuple[str, ...]:
    """What was typed, as phrases to compare: an argument is one phrase, unless it is cut by a full-width space.

    Text between double quotes stays together; a quote without a partner is a letter like any other.
    """
    found: list[str] = []
    for word in words:
        if word.count('"') % 2:
            found += word.split("\u3000")
            continue
        for quoted, free in _PHRASES.findall(word):
            found += [quoted] if quoted else free.split("\u3000")
    return tuple(dict.fromkeys(phrase for each in found if (phrase := comparable(each)[:LONGEST_WORD])))


def search(
    root: Path,
    query: Query,
    limit: int | None,
    watch: Watch | None = None,
    where: Where = Where.VAULT,
    *,
    anew: bool = False,
) -> Result:
    """The newest `limit` messages that fit, after the index was brought up to date.

    A damaged index is made `anew`, once; where the vault cannot be written, the index is made for this one search.
    Raises Stop, and Damaged when the new index is no better.
    """
    try:
        with index.opened(root, where) as db:
            unread = index.update(db, root, watch or Watch())
            numbers = _numbers(db, query)
            return Result(list(_rows(db, numbers[:limit])), len(numbers), unread, where)
    except index.Damaged:
        if where is Where.NEW:
            raise
        index.remove(root)
        usable = where is Where.VAULT and not anew and not index.lies_in(root)
        return search(root, query, limit, watch, Where.VAULT if usable else Where.NEW, anew=True)
    except index.Unwritable:
        if where is not Where.VAULT:
            raise
        return search(root, query, limit, watch, Where.COPY)


def _numbers(db: Index, query: Query) -> list[int]:
    """The numbers of all messages that fit, newest first."""
    conditions, values = _conditions(query)
    if query.labels:
        wanted = saved.chosen(_labels(db), query.labels)
        carries = lru_cache(1024)(lambda labels: not wanted.isdisjoint(json.loads(labels)))
        db.create_function("carries", 1, carries, deterministic=True)
        conditions.append("carries(letters.labels)")
    sql = f"""
        SELECT letters.number FROM letters JOIN texts ON texts.number = letters.number
        WHERE {" AND ".join(conditions) or "1"} ORDER BY letters.date DESC, letters.id DESC"""
    return [row[0] for row in db.execute(sql, values)]


def _conditions(query: Query) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    if narrow := _narrowing(query.phrases):
        conditions.append("letters.number IN (SELECT rowid FROM words WHERE words MATCH ?)")
        values.append(narrow)
    for phrase in query.phrases:
        conditions.append(f"({' OR '.join(f'instr(texts.{name}, ?)' for name in COLUMNS)})")
        values += [phrase] * len(COLUMNS)
    if query.sender:
        conditions.append("instr(texts.sender, ?)")
        values.append(comparable(query.sender))
    if query.after is not None:
        conditions.append("letters.date >= ?")
        values.append(query.after)
    if query.before is not None:
        conditions.append("letters.date < ?")
        values.append(query.before)
    return conditions, values


def _narrowing(phrases: Iterable[str]) -> str:
    """What the index is asked: for triples of characters, each quoted, so that none is a command. Empty when none is
    that long: then all texts are read, which takes some 0.2 s for 20,000 messages."""
    threes = {phrase[start : start + 3] for phrase in phrases for start in range(min(len(phrase) - 2, MOST_THREES))}
    return " AND ".join('"' + each.replace('"', '""') + '"' for each in sorted(threes))


def _labels(db: Index) -> set[str]:
    return {each for row in db.execute("SELECT DISTINCT labels FROM letters") for each in json.loads(row[0])}


def _rows(db: Index, numbers: Iterable[int]) -> Iterator[Found]:
    sql = "SELECT id, date, sender, subject, path, labels, deleted FROM letters WHERE number = ?"
    for number in numbers:
        id, date, sender, subject, path, labels, deleted = db.execute(sql, (number,)).fetchone()
        yield Found(id, date, sender, subject, path, tuple(json.loads(labels)), bool(deleted))


def refuse_empty(query: Query) -> None:
    """Raise Unusable when nothing at all is asked for."""
    if query == Query():
        raise Unusable("There is nothing to look for.", hint='Name a word: eccs-backup mail-search OUT "word"')
