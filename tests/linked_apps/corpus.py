"""Labelled mails, as they lie in the mailbox of one person, made from the texts in the folder corpus.

Every file there is one of a part: "tuning-*.toml" or "final-*.toml". A `[[service]]` is a service that knows the
person's address, `[[more]]` has further mails of one, a `[[none]]` is mail that shows no account, with the reason.
`mails` is a text: a line "= KIND FLAGS" opens a mail, the next line is its subject, lines that begin with "+" are
further headers, the rest is what it says. What a text leaves open (dates, charsets, shapes, identifiers) follows from a
checksum of its place: nothing is by chance.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, NamedTuple

from corpus_wire import FLAGS, FOLDER, ME, Draft, raw

Part = Literal["tuning", "final"]


class Mail(NamedTuple):
    """A mail and what it is: the keys of `label` are id, service, kind, why_not and lang; None where there is none."""

    raw: bytes
    label: dict[str, str | None]


class Service(NamedTuple):
    """A service that must be found. `also` are further registrable domains under which it writes or is known."""

    domain: str
    name: str
    way: str
    also: tuple[str, ...] = ()

    def answers_to(self, domain: str, name: str = "") -> bool:
        """Whether a finding means this service: by domain, or by name where the finding has no domain."""
        if domain:
            return domain in (self.domain, *self.also)
        return bool(name) and name.casefold() == self.name.casefold()


def mails(part: Part) -> Iterator[Mail]:
    """Every mail of a part, in the order of the files."""
    for draft in _drafts(part):
        service = draft.where.get("domain")
        why = draft.where.get("why_not")
        yield Mail(
            raw(draft),
            {
                "id": draft.at,
                "service": service,
                "kind": draft.kind if service else None,
                "why_not": why,
                "lang": "ja" if re.search("[ぁ-んァ-ヶ一-龠]", draft.subject + draft.body) else "en",
            },
        )


def services(part: Part) -> list[Service]:
    """The services that the mails of a part show."""
    return [
        Service(each["domain"], each["name"], each["way"], tuple(each.get("also", ())))
        for _, table in _tables(part)
        for each in table.get("service", [])
    ]


@cache
def _tables(part: str) -> list[tuple[str, dict[str, Any]]]:
    found = sorted(FOLDER.glob(f"{part}-*.toml"))
    return [(each.stem, tomllib.loads(each.read_text(encoding="utf-8"))) for each in found]


def _drafts(part: str) -> Iterator[Draft]:
    for stem, table in _tables(part):
        for place, where in enumerate([*table.get("service", []), *table.get("more", []), *table.get("none", [])]):
            owner = where.get("domain") or f"{where['why_not']}-{place}"
            chunks = re.split(r"^= ", where["mails"], flags=re.M)
            assert not chunks[0].strip(), f"{stem} {owner}: text before the first mail"
            for number, chunk in enumerate(chunks[1:]):
                yield _draft(f"{stem}/{owner}/{number}", where, chunk, number)


def _draft(at: str, where: dict[str, Any], chunk: str, number: int) -> Draft:
    head, subject, *rest = chunk.rstrip("\n").split("\n")
    kind, *words = head.split()
    options = dict(each.split("=", 1) for each in words if "=" in each)
    flags = frozenset(each for each in words if "=" not in each)
    assert flags <= FLAGS, f"{at}: unknown flags {sorted(flags - FLAGS)}"
    count = next((n for n, line in enumerate(rest) if not line.startswith("+")), len(rest))
    headers = [line[1:].partition(": ") for line in rest[:count]]
    pairs = tuple((name, value.replace("{me}", ME).replace("\\n", "\r\n ")) for name, _, value in headers)
    body = "\n".join(rest[count:]) + where.get("foot", "")
    return Draft(at, where, kind, flags, options, subject.replace("{me}", ME), pairs, body.replace("{me}", ME), number)
