"""The student's messages by what became of them: conversations, drafts, spam, trash, labels, very old mail."""

from __future__ import annotations

from collections.abc import Iterator

from eccs_backup.rehearsal.cast import STUDENT
from eccs_backup.rehearsal.mail.student_mail_labels import HARD
from eccs_backup.rehearsal.mail.student_mail_making import Fields, Letter, letter, mail, moment, typed, word

_ME = STUDENT.address.encode()
_HOUR = 3_600_000
_JA: Fields = typed(b"text/plain; charset=UTF-8", b"8bit")
_OLD = 1_099_511_627_776  # 2004-11-03: from here on, ids have 16 hexadecimal digits
LONG_THREAD = 40
ORDINARY = 5


def life_letters() -> Iterator[Letter]:
    """What a mailbox of some years holds."""
    yield from _thread()
    yield from _drafts_and_sent()
    yield from _spam_and_trash()
    yield from _marks()
    yield from _labelled()
    yield from _chats()
    yield from _old()
    for number in range(ORDINARY):
        key = f"Ordinary{number}"
        yield letter(key, "nothing special", mail(key, f"本文 {number}\r\n".encode(), _JA), ("INBOX", "UNREAD"))


def _thread() -> Iterator[Letter]:
    start = moment("Thread1")
    for number in range(1, LONG_THREAD + 1):
        key = f"Thread{number}"
        fields: dict[str, bytes | None] = {**_JA, "Subject": b"Re: " * (number > 1) + word("ゼミの日程")}
        if number > 1:
            ids = [b"<Thread%d@mail.example.ac.jp>" % before for before in range(1, number)]
            fields |= {"In-Reply-To": ids[-1], "References": b"\r\n ".join(ids)}
        mine = number % 3 == 0
        if mine:
            fields |= {"From": _ME, "To": b"suzuki.ichiro@g.example.ac.jp"}
        date = start + number * _HOUR
        whole = mail(key, f"{number} 通目です。\r\n".encode(), fields, date)
        what = f"message {number} of a conversation of {LONG_THREAD}"
        yield letter(key, what, whole, ("SENT",) if mine else ("INBOX",), date=date, thread="Thread1")
    lone = mail("OtherSubject", fields={"In-Reply-To": b"<Thread40@mail.example.ac.jp>", "Subject": b"Lunch?"})
    yield letter("OtherSubject", "answers a conversation, but Gmail shows it apart", lone)


def _drafts_and_sent() -> Iterator[Letter]:
    cases: tuple[tuple[str, Fields, tuple[str, ...], str], ...] = (
        ("Draft", {"From": _ME, "To": b"a@example.com"}, ("DRAFT",), "a draft with a recipient"),
        ("DraftNobody", {"From": _ME, "To": None, "Message-ID": None}, ("DRAFT",), "a draft without recipients"),
        ("Sent", {"From": _ME, "Bcc": b"secret@example.com"}, ("SENT",), "sent, with a blind copy"),
        ("ToSelf", {"From": _ME}, ("SENT", "INBOX", "UNREAD"), "sent to oneself"),
    )
    for key, fields, labels, what in cases:
        yield letter(key, what, mail(key, fields=fields), labels)
    reply = mail("DraftReply", fields={"From": _ME, "In-Reply-To": b"<Thread40@mail.example.ac.jp>"})
    date = moment("Thread1") + 50 * _HOUR
    yield letter("DraftReply", "a draft inside a conversation", reply, ("DRAFT",), date=date, thread="Thread1")
    empty = b"From: " + _ME + b"\r\n\r\n"
    yield letter("DraftEmpty", "a draft of which nothing is written", empty, ("DRAFT",))


def _spam_and_trash() -> Iterator[Letter]:
    terminal = b"\x1b]0;owned\x07\x1b[2J\x1b[31mYOU WON\x1b[0m\x08\x08"
    for key, subject, labels, what in (
        ("SpamTerminal", terminal, ("SPAM", "UNREAD"), "spam with escape codes for terminals in the subject"),
        ("SpamBidi", "安全\u202eexe.fdp\u2066です".encode(), ("SPAM",), "spam with bidi overrides in the subject"),
        ("SpamHtml", b"</td><script>alert('x')</script>", ("SPAM",), "spam with HTML in the subject"),
        ("SpamMarkup", b"[bold red]x[/] %s {0} $(id) `id`", ("SPAM",), "spam with formats and commands in the subject"),
        ("SpamStarred", b"really?", ("SPAM", "STARRED"), "spam with a star"),
        ("Trash", b"thrown away", ("TRASH",), "in the trash, read"),
        ("TrashUnread", b"thrown away", ("TRASH", "UNREAD", "Label_1"), "in the trash, unread, with a label"),
        ("TrashSent", b"thrown away", ("TRASH", "SENT", "STARRED"), "sent, starred, in the trash"),
    ):
        yield letter(key, what, mail(key, fields={"Subject": subject}), labels)


def _marks() -> Iterator[Letter]:
    for key, labels, what in (
        ("Archived", (), "archived: no label at all"),
        ("Unread", ("UNREAD",), "unread and archived"),
        ("Starred", ("INBOX", "STARRED"), "starred"),
        ("Important", ("INBOX", "IMPORTANT"), "important"),
        ("Personal", ("INBOX", "CATEGORY_PERSONAL"), "category: personal"),
        ("Social", ("INBOX", "CATEGORY_SOCIAL"), "category: social"),
        ("Promotions", ("INBOX", "CATEGORY_PROMOTIONS"), "category: promotions"),
        ("Updates", ("CATEGORY_UPDATES",), "category: updates, archived"),
        ("Forums", ("INBOX", "CATEGORY_FORUMS", "IMPORTANT"), "category: forums"),
    ):
        yield letter(key, what, mail(key), labels)


def _labelled() -> Iterator[Letter]:
    ids = list(HARD)
    for first in range(0, len(ids), 3):
        some = ids[first : first + 3]
        key = f"Labelled{first // 3 + 1}"
        body = "\r\n".join(HARD[id][0] for id in some)
        what = "labels: " + "; ".join(HARD[id][1] for id in some)
        yield letter(key, what, mail(key, body.encode(), _JA), (*some, "INBOX"))
    everything = ("INBOX", "STARRED", "IMPORTANT", "UNREAD", "SENT", *HARD)
    yield letter("AllLabels", "has every label of the student's", mail("AllLabels"), everything)
    yield letter("OnlyLabel", "archived, with a label", mail("OnlyLabel"), ("Label_3",))


def _chats() -> Iterator[Letter]:
    for key, body in (("Chat", "お昼どう?\r\n"), ("ChatLong", "<div>了解</div>\r\n" * 30)):
        fields: Fields = {"From": b"tanaka.jiro@g.example.ac.jp", "Subject": None, "Date": None, **_JA}
        yield letter(key, "a chat of the years before 2013", mail(key, body.encode(), fields), ("CHAT",))


def _old() -> Iterator[Letter]:
    for key, date, what in (
        ("Old2004", _OLD - 150 * 24 * _HOUR, "of June 2004: its id has 15 digits"),
        ("OldLast", _OLD - 1000, "the last second of ids with 15 digits"),
        ("OldFirst", _OLD, "the first second of ids with 16 digits"),
    ):
        yield letter(key, what, mail(key, date=date), date=date)
