"""Mails of an invented account, with every nasty case, and the mbox that Google Takeout would make of them.

Nothing here comes from the program under test: it must not share our misreadings. The form of an mbox is that of
https://github.com/GAM-team/got-your-back/blob/main/samples/google-takeout/takeout.mbox
"""

from __future__ import annotations

import base64
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

FIRST = 1_552_986_831
"""Internal date of the first mail, in Unix seconds: 19 March 2019."""
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ATTACHMENT = 3_000_000
"""Bytes of the large attachment, at least."""

LABELS: dict[str, dict[str, str]] = {
    "en": {
        "INBOX": "Inbox", "SENT": "Sent", "DRAFT": "Drafts", "SPAM": "Spam", "TRASH": "Trash", "STARRED": "Starred",
        "IMPORTANT": "Important", "UNREAD": "Unread", "CHAT": "Chat", "CATEGORY_PERSONAL": "Category Personal",
        "CATEGORY_SOCIAL": "Category Social", "CATEGORY_PROMOTIONS": "Category Promotions",
        "CATEGORY_UPDATES": "Category Updates", "CATEGORY_FORUMS": "Category Forums",
        "read": "Opened", "archived": "Archived",
    },
    "ja": {
        "INBOX": "受信トレイ", "SENT": "送信済み", "DRAFT": "下書き", "SPAM": "迷惑メール", "TRASH": "ゴミ箱",
        "STARRED": "スター付き", "IMPORTANT": "重要", "UNREAD": "未読", "CHAT": "チャット",
        "CATEGORY_PERSONAL": "カテゴリ: 個人", "CATEGORY_SOCIAL": "カテゴリ: ソーシャル",
        "CATEGORY_PROMOTIONS": "カテゴリ: プロモーション", "CATEGORY_UPDATES": "カテゴリ: 新着",
        "CATEGORY_FORUMS": "カテゴリ: フォーラム", "read": "開封済み", "archived": "アーカイブ済み",
    },
    "de": {
        "INBOX": "Posteingang", "SENT": "Gesendet", "DRAFT": "Entwürfe", "SPAM": "Spam", "TRASH": "Papierkorb",
        "STARRED": "Markiert", "IMPORTANT": "Wichtig", "UNREAD": "Ungelesen", "CHAT": "Chat",
        "CATEGORY_PERSONAL": 'Kategorie: "Persönlich"', "CATEGORY_SOCIAL": 'Kategorie: "Soziale Medien"',
        "CATEGORY_PROMOTIONS": 'Kategorie: "Werbung"', "CATEGORY_UPDATES": 'Kategorie: "Neuigkeiten"',
        "CATEGORY_FORUMS": 'Kategorie: "Foren"', "read": "Geöffnet", "archived": "Archiviert",
    },
}  # fmt: skip
"""What Takeout writes for a system label, by the account's language; "read" and "archived" are no labels."""
OWN_LABELS = (
    "研究/2024", "ゼミ, 輪講", 'the "big" one', "Sent", "Posteingang", "未読", "=?UTF-8?Q?no_word?=", "Größe",
    "日本語" * 30, "a,b,,c", "🎓 卒業", "takeout", "Comma,", '"', "IMAP/Junk", '"quoted"', "a : b",
)  # fmt: skip
"""Labels that people make; one that is a system label in the account's own language is passed over."""


NO_LABELS = ("IMAP_$NotJunk", "IMAP_Forwarded")
"""What Takeout lists among labels, and the API does not."""


@dataclass(frozen=True)
class Mail:
    """A mail as Gmail's API gives it: hex ids, the internal date in Unix seconds, the raw bytes; labels are API ids of
    system labels and names of own ones."""

    id: str
    thread: str
    date: int
    labels: frozenset[str]
    raw: bytes

    def held(self, line_end: bytes = b"\r\n") -> bytes:
        """What an mbox can hold of it: a last line without an end gets one."""
        return self.raw if self.raw.endswith(b"\n") else self.raw + line_end


def some_mails(count: int, *, language: str = "en", account: str = "me@example.org", start: int = 0) -> list[Mail]:
    """Mails number `start` and following; a mail depends on its number, the language and the account alone."""
    return [_mail(number, language, account) for number in range(start, start + count)]


@lru_cache(1000)
def _mail(number: int, language: str, account: str) -> Mail:
    rng = random.Random(f"mail {number}")
    raw = KINDS[number % len(KINDS)](number, account, rng)
    own = set(rng.sample(OWN_LABELS, rng.choice((0, 1, 1, 2, 3)))) - set(LABELS[language].values())
    first = number - number % 5 if number % 5 in (1, 2) else number
    return Mail(_id(number), _id(first), _date(number), frozenset(own | _system(number, rng)), raw)


def _date(number: int) -> int:
    return FIRST + number * 100_003 % 200_000_000


def _id(number: int) -> str:
    """Gmail's ids begin with the milliseconds of their birth."""
    return f"{(_date(number) * 1000 + 189) << 20 | number * 7919 % (1 << 20):x}"


def _system(number: int, rng: random.Random) -> set[str]:
    place: tuple[str, ...] = rng.choice(
        (("INBOX",), ("INBOX",), ("INBOX",), ("SENT",), ("INBOX", "SENT"), ("DRAFT",), ("SPAM",), ("TRASH",), ())
    )
    marks = {each for each in ("UNREAD", "STARRED", "IMPORTANT") if rng.random() < 0.3}
    if place and rng.random() < 0.5:
        marks.add(rng.choice([each for each in LABELS["en"] if each.startswith("CATEGORY_")]))
    return {*place, *marks} - ({"IMPORTANT"} if "SPAM" in place else set())


# --- one function for each kind of mail ---------------------------------------------------------------------------


def _headers(number: int, account: str, *more: str) -> bytes:
    lines = [
        f"Delivered-To: {account}",
        f"Received: by 2002:a0c:8b56:0:0:0:0:0 with SMTP id d22csp{number:07d};",
        "        Tue, 19 Mar 2019 02:13:51 -0700 (PDT)",
        f"Message-ID: <{number}.{number * 31}@mail.example.com>",
        f"From: Sender {number % 7} <sender{number % 7}@example.com>",
        f"To: {account}",
        f"Subject: Mail number {number}",
        "Date: Tue, 19 Mar 2019 11:13:50 +0200",
        *more,
    ]
    return "".join(line + "\r\n" for line in lines).encode()


def _of_body(body: bytes, *more: str) -> Callable[[int, str, random.Random], bytes]:
    return lambda number, account, rng: _headers(number, account, *more) + b"\r\n" + body


def _plain(number: int, account: str, rng: random.Random) -> bytes:
    text = "\r\n".join(f"Line {line} of {number}: {rng.random()}" for line in range(rng.randint(1, 40)))
    return _headers(number, account, "Content-Type: text/plain; charset=utf-8") + b"\r\n" + text.encode() + b"\r\n"


def _japanese(number: int, account: str, rng: random.Random) -> bytes:
    head = _headers(number, account, "Content-Type: text/plain; charset=ISO-2022-JP", "Content-Transfer-Encoding: 7bit")
    return head + b"\r\n" + "卒業する人へ：メールは残りません。\r\n".encode("iso-2022-jp") * rng.randint(1, 9)


def _bare_feeds(number: int, account: str, rng: random.Random) -> bytes:
    return _plain(number, account, rng).replace(b"\r\n", b"\n")


def _large(number: int, account: str, rng: random.Random) -> bytes:
    """The large attachment comes once, and repeats itself, so that it is packed quickly; later ones are small."""
    size = ATTACHMENT if number < len(KINDS) else 3_000
    head = _headers(number, account, "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"')
    lines = (base64.encodebytes(rng.randbytes(min(size, 19_950))) * (size // 19_950 + 1)).replace(b"\n", b"\r\n")
    part = b'Content-Type: application/octet-stream; name="data.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return head + b"\r\n--b\r\n\r\nSee the attachment.\r\n--b\r\n" + part + lines + b"--b--\r\n"


def _no_lines(number: int, account: str, rng: random.Random) -> bytes:
    return _headers(number, account) + b"\r\n" + b"one line without an end " * 3_000


def _own_takeout_headers(number: int, account: str, rng: random.Random) -> bytes:
    """A mail that was in a Takeout before, and was imported from there."""
    return b"X-GM-THRID: 42\r\nX-Gmail-Labels: Trash,Unread\r\n" + _plain(number, account, rng)


def _no_headers(number: int, account: str, rng: random.Random) -> bytes:
    return b"\r\nA mail without a header, number %d.\r\n" % number


FROMS = b"""
From the sea we came.
From here on, see below:

From 12@xxx not
From 1628424719502045299@xxx Tue Mar 19 09:13:51 +0000
>From somebody who quotes
>>From somebody who quotes twice

From me@example.com Tue Mar 19 09:13:51 2019
 From behind a blank
\r\rFrom behind a lone CR
From 
""".replace(b"\n", b"\r\n")

KINDS: tuple[Callable[[int, str, random.Random], bytes], ...] = (
    _plain,
    _of_body(FROMS),
    _japanese,
    _of_body(b""),
    _large,
    _of_body(b"no newline at its end"),
    _of_body(b"\r\n\r\n\r\n"),
    lambda number, account, rng: _headers(number, account),
    _of_body(bytes(range(256)) + b"\r\n", "Content-Transfer-Encoding: binary"),
    _bare_feeds,
    _of_body(b"a lone\rCR, a NUL \x00 and caf\xe9\r\n", "Content-Transfer-Encoding: 8bit"),
    _own_takeout_headers,
    _of_body(b"text\r\n\r\nFrom "),
    _no_lines,
    _of_body(b"\nFrom \n\nFrom here\n\n\n"),
    _of_body(b"ends in a CR\r"),
    _no_headers,
    _of_body("添付はありません\r\n".encode(), "X-Gmail-Labels: Spam"),
)


# --- the mbox -----------------------------------------------------------------------------------------------------


def written(mail: Mail, language: str, *, line_end: bytes = b"\r\n", quoting: bool = False) -> bytes:
    """The mail as it stands in an mbox of Takeout's; `quoting` puts ">" before lines that begin with "From "."""
    body = mail.held(line_end)
    if quoting:
        body = (b"\n" + body).replace(b"\nFrom ", b"\n>From ")[1:]
    head = [_separator(mail), b"X-GM-THRID: %d" % int(mail.thread, 16), label_header(mail, language, line_end)]
    return b"".join(line + line_end for line in head) + body + line_end


def _separator(mail: Mail) -> bytes:
    at = time.gmtime(mail.date)
    clock = f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}"
    day = f"{DAYS[at.tm_wday]} {MONTHS[at.tm_mon - 1]} {at.tm_mday:02} {clock} +0000 {at.tm_year}"
    return f"From {int(mail.id, 16)}@xxx {day}".encode()


def label_header(mail: Mail, language: str, line_end: bytes = b"\r\n") -> bytes:
    """The line X-Gmail-Labels without its end; where it is folded, with ends in between."""
    words = LABELS[language]
    system = [each for each in words if each in mail.labels]
    names = [words[each] for each in system if each != "UNREAD"] + sorted(mail.labels - words.keys())
    if not {"INBOX", "SENT", "DRAFT", "SPAM", "TRASH"} & mail.labels:
        names.insert(0, words["archived"])
    names.append(words["UNREAD" if "UNREAD" in mail.labels else "read"])
    rng = random.Random(f"labels {mail.id}")
    names += [each for each in NO_LABELS if rng.random() < 0.05]
    rng.shuffle(names)
    return b"X-Gmail-Labels: " + encoded(",".join(_listed(name, rng) for name in names), rng, line_end)


def _listed(name: str, rng: random.Random) -> str:
    """A label in a list with commas. Quotation marks are doubled, also where none were seen around the whole label:
    `Kategorie: ""Persönlich""`, https://github.com/hanshuebner/herold"""
    doubled = name.replace('"', '""')
    bare = "," not in name and (name == doubled or (name != '"' and rng.random() < 0.5))
    return doubled if bare else f'"{doubled}"'


def encoded(text: str, rng: random.Random, line_end: bytes = b"\r\n") -> bytes:
    """As it is when it is ASCII, else in encoded words (RFC 2047), B or Q, cut where it comes, also inside a letter."""
    if text.isascii() and "=?" not in text:
        return text.encode()
    data, at, found = text.encode(), 0, []
    form = rng.choice("BQ")
    while at < len(data):
        size = rng.randint(9, 45) if form == "B" else rng.randint(6, 18)
        found.append(b"=?UTF-8?%s?%s?=" % (form.encode(), _coded(data[at : at + size], form)))
        at += size
    return (line_end + b" ").join(found)


def _coded(data: bytes, form: str) -> bytes:
    if form == "B":
        return base64.b64encode(data)
    return b"".join(_letter(each) for each in data)


def _letter(byte: int) -> bytes:
    if byte == 32:
        return b"_"
    return b"%c" % byte if chr(byte).isalnum() and byte < 128 else b"=%02X" % byte


def boxes(
    mails: Sequence[Mail],
    count: int,
    language: str,
    *,
    line_end: bytes = b"\r\n",
    quoting: bool = False,
    cut_at: str = "between",
) -> list[bytes]:
    """The bytes of `count` mboxes, one after the other a whole mailbox.

    `cut_at`: where one ends and the next begins. "between" two mails; else inside one: in its "body", "head",
    "separator", or between the CR and the LF that end its separator ("crlf").
    """
    each = [written(mail, language, line_end=line_end, quoting=quoting) for mail in mails]
    starts = [len(each) * number // count for number in range(count)]
    if cut_at == "between":
        ends = [*starts[1:], len(each)]
        return [b"".join(each[start:end]) for start, end in zip(starts, ends, strict=True)]
    whole, offsets = b"".join(each), [0, *accumulate(map(len, each))]
    cuts = [0, *(offsets[start] + _inside(each[start], cut_at) for start in starts[1:]), len(whole)]
    return [whole[start:end] for start, end in pairwise(cuts)]


def _inside(data: bytes, place: str) -> int:
    first = data.index(b"\n") + 1
    places = {"separator": 12, "crlf": first - 1, "head": first + 30, "body": first + (len(data) - first) // 2}
    return places[place]
