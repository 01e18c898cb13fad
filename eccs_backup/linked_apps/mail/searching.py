"""Finds the services in a mailbox without fetching its mail: searches give ids for little, headers are dear.

A search costs 5 units for 500 ids, the headers of one mail 20. So one mail is looked at for each writer, the one that
says most, and a search by its domain then takes all others of that writer off the list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from eccs_backup.linked_apps import services
from eccs_backup.linked_apps.claims import Claim, Gathering, Kind
from eccs_backup.linked_apps.domains import registrable
from eccs_backup.linked_apps.mail.authors import Proof, proof
from eccs_backup.linked_apps.mail.google_alerts import SENDER
from eccs_backup.linked_apps.mail.heads import Head
from eccs_backup.linked_apps.mail.judge import GOOGLE, Judge
from eccs_backup.linked_apps.mail.senders import SENDERS

RECEIVED = "-in:sent -in:drafts -in:chats"
ALERTS = f'from:{SENDER} {{"was granted access" "You allowed" "アクセスを許可" "アクセスが許可" "アクセス権"}}'
SEARCHES: Mapping[Kind, str] = {
    Kind.SIGN_IN: '{"with google" "using google" "your google account" "googleアカウント" "googleで"}',
    Kind.SIGN_UP: (
        "subject:{verify confirm activate activation welcome registration account 登録 認証 ようこそ 有効化 入会}"
    ),
    Kind.RESET: "subject:{password username パスワード 再設定 再発行}",
    Kind.SECURITY: "subject:{code login sign-in device security コード ログイン サインイン ワンタイム 端末}",
    Kind.RECEIPT: (
        "subject:{receipt invoice order booking reservation payment purchase 注文 予約 購入 領収 請求 発送 支払 申込}"
    ),
    Kind.NOTICE: "{category:updates category:social subject:{terms policy 規約 お知らせ ご案内 通知}}",
    Kind.NEWSLETTER: "{category:promotions unsubscribe 配信停止 配信解除 メールマガジン}",
}
"""What each kind of mail is looked for by, the strongest kind first. It only says where to look: what a mail is, its
headers and its beginning decide. https://support.google.com/mail/answer/7190"""
UNITS_FOR_A_SMALL_MAILBOX = 3_000
"""Half a minute's worth: spent at most where one unit for each mail would be less."""
MOST_LOOKS = 3
"""Mails of one writer that are looked at."""
TOGETHER = 20
"""Domains in one search."""
_WEAK = frozenset({Kind.NOTICE, Kind.NEWSLETTER})


class Look(NamedTuple):
    """What the API tells of a mail without its body: its headers, and how its text begins."""

    head: Head
    snippet: str

    def text(self) -> str:
        """How its text begins."""
        return self.snippet


class Box(Protocol):
    """A mailbox that can be searched; `spent` counts the units that it took. Methods raise BackupError."""

    @property
    def spent(self) -> int:
        """Units of Gmail's quota."""

    def total(self) -> int:
        """How many mails there are."""

    def search(self, query: str) -> list[str]:
        """The ids of the mails that fit, the newest first; spam and trash are left out."""

    def look(self, id: str) -> Look | None:
        """One mail; None when it is gone."""


class Result(NamedTuple):
    """How far it came: mails in the box, mails that were looked at, units, and mails that nobody can tell of yet."""

    total: int
    looked: int
    units: int
    left: int


class Exploring:
    """One pass over a mailbox. `known` are domains whose writers were looked at before."""

    def __init__(self, box: Box, judge: Judge, gathering: Gathering, on_look: Callable[[], object]) -> None:
        self._box, self._judge, self._gathering, self._on_look = box, judge, gathering, on_look
        self._hits: dict[Kind, list[str]] = {}
        self._told: set[str] = set()
        self._later: set[str] = set()
        self._forged: Counter[str] = Counter()
        self._last = False
        self._looked = 0
        self._most = 0

    def run(self, known: Iterable[str] = ()) -> Result:
        """Look at one mail of each writer, until the units are spent. Raises BackupError."""
        total = self._box.total()
        self._most = max(total, UNITS_FOR_A_SMALL_MAILBOX)
        self._hits = {kind: self._box.search(f"{query} {RECEIVED}") for kind, query in SEARCHES.items()}
        for some in batches([*known], TOGETHER):
            self._told.update(self._box.search(f"from:{{{' '.join(some)}}} {RECEIVED}"))
        for id in self._box.search(ALERTS):
            if id not in self._told and self._may_look():
                self._alert(id)
        for last in (False, True):  # those that were put off come last
            self._last = last
            for id in (id for ids in self._hits.values() for id in ids):
                if id not in self._told and (last or id not in self._later) and self._may_look():
                    self._writer_of(id)
        left = {id for ids in self._hits.values() for id in ids} - self._told
        return Result(total, self._looked, self._box.spent, len(left))

    def _may_look(self) -> bool:
        return self._box.spent + 25 <= self._most

    def _look(self, id: str) -> tuple[Head | None, list[Claim]]:
        self._told.add(id)
        look = self._box.look(id)
        self._looked += 1
        self._on_look()
        if look is None:
            return None, []
        claims = [*self._judge.claims(look.head, look.text, f"message {id}")]
        for claim in claims:
            self._gathering.add(claim)
        return look.head, claims

    def _alert(self, id: str) -> None:
        """Look at one of Google's alerts; others of the same app say nothing new."""
        for claim in self._look(id)[1]:
            if name := "".join(each for each in claim.name if each not in '"{}()'):
                self._told.update(self._box.search(f'from:{SENDER} "{name}" {RECEIVED}'))

    def _writer_of(self, id: str) -> None:
        """Look at a mail, and take all of its writer's off the list; at more of them where it says little."""
        head, claims = self._look(id)
        if head is None:
            return
        whose = _writer(head)
        if whose is None:
            self._put_off(head)
            return
        if listed := _list(head):
            self._told.update(self._box.search(f"list:{listed} {RECEIVED}"))
        theirs = set(self._box.search(f"from:{whose} {RECEIVED}")) - self._told
        self._told |= theirs
        for _ in range(MOST_LOOKS - 1):
            more = self._worth_a_look(theirs, claims) if claims else None
            if more is None or not self._may_look():
                return
            theirs.discard(more)
            claims += self._look(more)[1]

    def _put_off(self, head: Head) -> None:
        """After a forged mail those of the same address come last, and only a few of them: a forger writes often, and
        true ones are told by other addresses of the domain, too."""
        address = head.address("from").address
        if not address or not set(address) <= _SEARCHABLE:
            return
        self._forged[address] += 1
        if not self._last or self._forged[address] > MOST_LOOKS:
            theirs = self._box.search(f"from:{address} {RECEIVED}")
            (self._told if self._last else self._later).update(theirs)

    def _worth_a_look(self, ids: set[str], claims: list[Claim]) -> str | None:
        """The mail of these that may say more than what was found: more than notices, or that there is a password.

        Of an unknown writer's mere mails it takes two.
        """
        found = {each.kind for each in claims}
        if found <= _WEAK:
            enough = len(claims) > 1 or services.of_domain(claims[0].domain)
            wanted: Sequence[Kind] = [kind for kind in SEARCHES if not enough or kind not in _WEAK]
        else:
            wanted = [Kind.RESET] if Kind.SIGN_IN in found and Kind.RESET not in found else []
        return next((id for kind in wanted for id in self._hits[kind] if id in ids), None)


def batches(things: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    """Some at a time."""
    return (things[at : at + size] for at in range(0, len(things), size))


def _writer(head: Head) -> str | None:
    """What to search for to find all mails of the same writer; None when nobody can say, as of a forged one."""
    author = head.address("from")
    domain = registrable(author.host)
    if not domain or not set(author.address) <= _SEARCHABLE:
        return None
    if domain in GOOGLE and author.host not in SENDERS.people:
        return author.host
    if proof(head, author.host) is Proof.FORGED:
        return None
    if SENDERS.is_platform(domain, author.local):
        return author.address
    return author.host if author.host in SENDERS.people else domain


def _list(head: Head) -> str | None:
    """What to search for to find all mails of the same mailing list."""
    id = head.first("list-id").rpartition("<")[2].strip("<> ").lower()
    return id if id and "list-post" in head and set(id) <= _SEARCHABLE else None


_SEARCHABLE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_+@=")
"""Characters of an address that mean nothing else in a search."""
