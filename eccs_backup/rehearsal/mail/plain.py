"""Mailboxes for measuring: many ordinary messages, whose bytes are cut from a pool when they are asked for."""

from __future__ import annotations

import base64
import random
import time
from collections.abc import Iterator
from functools import cache

from eccs_backup.rehearsal.cast import FRIEND, SECOND, STUDENT, TEACHER
from eccs_backup.rehearsal.ledger import World
from eccs_backup.rehearsal.mail.mailbox import Message

SMALLEST = 900
"""Bytes that an ordinary message has at least, so that its headers and a line of text fit."""
_START = 1_585_666_800_000  # 2020-04-01 in Japan, in milliseconds
_SPAN = 6 * 365 * 86_400_000
_LINE = 78
_LINES = 1 << 14
_USER_LABELS = {
    "Label_1": "講義",
    "Label_2": "講義/線形代数",
    "Label_3": "サークル",
    "Label_4": "Receipts",
    "Label_5": "就活",
}
_OTHERS = (TEACHER, FRIEND, "kyomu@adm.example.ac.jp", "library@lib.example.ac.jp", "no-reply@shop.example.com")
_SUBJECTS = tuple(
    f"=?UTF-8?B?{base64.b64encode(words.encode()).decode()}?=" if not words.isascii() else words
    for words in (
        "次回のゼミについて", "Re: 実験レポート", "休講のお知らせ", "Your receipt", "図書の返却期限", "Re: Re: lunch?",
        "奨学金の手続き", "Weekly digest", "合宿の出欠", "[announce] Maintenance on Sunday", "履修登録の確認",
    )
)  # fmt: skip
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HEAD = (
    "From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s, %02d %s %d %02d:%02d:%02d +0000\r\n"
    "Message-ID: <%016x.%d@mail.example.ac.jp>\r\nMIME-Version: 1.0\r\nContent-Type: %s\r\n"
    "Content-Transfer-Encoding: %s\r\nX-Room: "
)


def _text_pool() -> bytes:
    """Lines of Japanese text in UTF-8, 25 characters each, so that a slice at line ends breaks none."""
    chance = random.Random("plain mail, text")
    letters = [chr(code) for code in range(0x3042, 0x3094)] + list("大学研究室実験報告図書館卒業論文先生友人、。")
    lines = ("".join(chance.choices(letters, k=25)) + ".\r\n" for _ in range(_LINES))
    return "".join(lines).encode()


def _base64_pool() -> bytes:
    noise = random.Random("plain mail, base64").randbytes(57 * _LINES)
    return base64.encodebytes(noise).replace(b"\n", b"\r\n")


@cache
def _pools() -> tuple[tuple[memoryview, str, str], ...]:
    """Each pool with the content type and the transfer encoding of what is cut from it."""
    return (
        (memoryview(_text_pool()), "text/plain; charset=UTF-8", "8bit"),
        (memoryview(_base64_pool()), "application/octet-stream", "base64"),
    )


class PlainBody:
    """A message's bytes, all lines ending in CRLF, the same at every call."""

    __slots__ = ("date", "id", "plan")

    def __init__(self, id: int, date: int, plan: tuple[int, int, bool]) -> None:
        self.id = id
        self.date = date
        """Milliseconds since 1970, for the Date header."""
        self.plan = plan
        """Size in bytes, seed, and whether the student sent it; shared by many messages."""

    def __len__(self) -> int:
        return self.plan[0]

    def __bytes__(self) -> bytes:
        size, seed, sent = self.plan
        mix = (self.id ^ seed << 48) * 0x9E3779B97F4A7C15 >> 24
        pool, kind, encoding = _pools()[mix & 1]
        other = _OTHERS[mix % len(_OTHERS)]
        people = (STUDENT.address, other) if sent else (other, STUDENT.address)
        year, month, day, hour, minute, second, weekday, _, _ = time.gmtime(self.date // 1000)
        when = (_DAYS[weekday], day, _MONTHS[month - 1], year, hour, minute, second)
        words = (*people, _SUBJECTS[mix % len(_SUBJECTS)], *when, self.id, seed, kind, encoding)
        head = (_HEAD % words).encode("ascii")
        lines, room = divmod(size - len(head) - 4, _LINE)
        first = (mix >> 8) % _LINES
        return b"".join((head, b"x" * room, b"\r\n\r\n", *_cut(pool, first, lines)))


def plain_mail(count: int, size: int = 6000, seed: int = 0) -> World:
    """A world in which the student has `count` ordinary messages of `size` bytes each, of six years.

    Every fiftieth message was imported: its id is that of the import, later than the message's own date.
    Raises ValueError when `size` is below `SMALLEST`.
    """
    if size < SMALLEST:
        raise ValueError(f"an ordinary message has at least {SMALLEST} bytes")
    world = World([STUDENT, SECOND])
    mailbox = world.mail[STUDENT.address]
    for id, name in _USER_LABELS.items():
        mailbox.new_label(name, id)
    mailbox.fill(_messages(count, size, seed))
    return world


def gmail_id(arrival: int, low: int) -> int:
    """An id as Gmail makes them: `arrival` in milliseconds since 1970, then 20 bits that look random."""
    return arrival << 20 | low & 0xFFFFF


def _cut(pool: memoryview, first: int, lines: int) -> Iterator[memoryview]:
    """`lines` lines of the pool from line `first` on; behind its end it begins anew."""
    while lines > 0:
        last = min(first + lines, _LINES)
        yield pool[first * _LINE : last * _LINE]
        lines -= last - first
        first = 0


def _messages(count: int, size: int, seed: int) -> Iterator[Message]:
    chance = random.Random(seed)
    received, sent = (size, seed, False), (size, seed, True)
    step = max(_SPAN // max(count, 1), 1)
    thread = 0
    for number in range(count):
        bits = chance.getrandbits(52)
        date = _START + number * step + (bits >> 20) % step
        id = gmail_id(_START + _SPAN + number if number % 50 == 49 else date, bits)
        labels = _LABELS[number % 100]
        if number % 5 != 1:  # two of five messages are one conversation
            thread = id
        yield Message(id, thread, date, PlainBody(id, date, sent if "SENT" in labels else received), set(labels))


def _labels(place: int) -> tuple[str, ...]:
    """The labels of the message at this place among a hundred."""
    if place in (37, 73):
        return ("SPAM" if place == 37 else "TRASH", "UNREAD")
    if place % 5 == 0:
        return ("SENT", "INBOX") if place % 20 == 0 else ("SENT",)
    kinds = ("PERSONAL", "UPDATES", "PROMOTIONS", "SOCIAL", "FORUMS")
    labels = ["CATEGORY_" + kinds[place % 7 % 5]]
    labels += ["INBOX"] * (place % 4 < 2) + ["UNREAD"] * (place % 6 == 1) + ["STARRED"] * (place % 33 == 1)
    labels += ["IMPORTANT"] * (place % 9 == 2)
    if place % 3 == 0:
        labels += [f"Label_{1 + place // 21}"]
    return tuple(labels)


_LABELS = tuple(_labels(place) for place in range(100))
