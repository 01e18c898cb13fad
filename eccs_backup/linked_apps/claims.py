"""What a piece of evidence says: that some service knows this address, and how."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

LONGEST_QUOTE = 160
MOST_EXAMPLES = 3


class Kind(StrEnum):
    """What the evidence shows. The values stand in files, and stay."""

    SIGN_IN = "sign-in"
    """Somebody signs in there with Google."""
    GRANT = "grant"
    """It may use data of the Google account."""
    SIGN_UP = "sign-up"
    """An account was made with the address, or the address was confirmed."""
    RESET = "reset"
    """A password was reset or changed, or that was offered."""
    SECURITY = "security"
    """A sign-in, a new device or a one-time code was reported."""
    RECEIPT = "receipt"
    """Something was bought, booked, paid or billed."""
    PASSWORD = "password"
    """A password manager holds a password for it."""
    NOTICE = "notice"
    """It writes to its members, about nothing of the above."""
    NEWSLETTER = "newsletter"
    """It writes to subscribers."""


class Claim(NamedTuple):
    """One piece of evidence.

    `name` is the service as the evidence writes it, "" when it does not; `domain` is its registrable domain in lower
    case ASCII, "" when only the name is known. `when` is in Unix seconds. `source` says where it was read, as
    "message 18f0c2..." or "row 12"; `quote` is one line of it. `proven` when nobody else could have written it: the
    sender's domain is authenticated, or it does not come by mail. `alone`: it is enough to call the writer a service;
    offices write to people, too, who have no account there.
    """

    name: str
    domain: str
    kind: Kind
    when: float | None
    source: str
    quote: str
    proven: bool = True
    alone: bool = True


class Trace(NamedTuple):
    """All claims of one kind about one service from one source: how many, when, and a few of them in words.

    `number` is how many; `proven` and `alone` count those that are so.
    """

    name: str
    domain: str
    kind: Kind
    number: int
    proven: int
    alone: int
    first: float | None
    last: float | None
    examples: tuple[tuple[str, str, float | None], ...]
    """Source, quote and time of the newest ones, newest first."""


class Gathering:
    """Takes claims in any number, and keeps what a `Trace` says of them: memory grows with services, not with mail."""

    def __init__(self, traces: Iterable[Trace] = ()) -> None:
        self._found: dict[tuple[str, Kind], Trace] = {}
        for each in traces:
            self._merge(each)

    def add(self, claim: Claim) -> None:
        """One more claim."""
        example = (claim.source, plain(claim.quote), claim.when)
        name, proven, alone = plain(claim.name), int(claim.proven), int(claim.alone)
        self._merge(Trace(name, claim.domain, claim.kind, 1, proven, alone, claim.when, claim.when, (example,)))

    def traces(self) -> Iterator[Trace]:
        """What has been gathered, in the order in which services and kinds first came."""
        yield from self._found.values()

    def _merge(self, new: Trace) -> None:
        key = (new.domain or new.name.casefold(), new.kind)
        old = self._found.get(key)
        if old is None:
            self._found[key] = new
            return
        moments = [each for each in (old.first, old.last, new.first, new.last) if each is not None]
        examples = sorted({*old.examples, *new.examples}, key=_newest)[:MOST_EXAMPLES]
        self._found[key] = old._replace(
            name=old.name or new.name,
            number=old.number + new.number,
            proven=old.proven + new.proven,
            alone=old.alone + new.alone,
            first=min(moments, default=None),
            last=max(moments, default=None),
            examples=tuple(examples),
        )


def plain(text: str) -> str:
    """One line without control characters and without what turns the direction of writing, of bounded length."""
    kept = text[: 4 * LONGEST_QUOTE]
    if not kept.isprintable():
        kept = "".join(" " if unicodedata.category(each) in _UNSEEN else each for each in kept)
    short = " ".join(kept.split())
    return short if len(short) <= LONGEST_QUOTE else f"{short[: LONGEST_QUOTE - 1]}…"


_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _newest(example: tuple[str, str, float | None]) -> tuple[float, str]:
    source, _, when = example
    return (-when if when is not None else float("inf"), source)
