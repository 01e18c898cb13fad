"""The student's messages whose header fields are a trial: missing, doubled, lying, immense."""

from __future__ import annotations

from collections.abc import Iterator

from eccs_backup.rehearsal.cast import FRIEND, STUDENT
from eccs_backup.rehearsal.mail.student_mail_making import Fields, Letter, date_field, letter, mail, moment

_DAY = 86_400_000
_Y2038 = 2_147_483_648_000


def header_letters() -> Iterator[Letter]:
    """Messages with hardly any header, message ids, dates, people, and fields that lie."""
    yield from _shapes()
    yield from _message_ids()
    yield from _twins()
    yield from _dates()
    yield from _internal_dates()
    yield from _people()
    yield from _lies()


def _shapes() -> Iterator[Letter]:
    start = b"From: a@example.com\r\nSubject: header only\r\n"
    for key, whole, what in (
        ("NoBytes", b"", "zero bytes"),
        ("OneEnd", b"\r\n", "one line end and nothing else"),
        ("NoHeaders", b"\r\nNo header fields, only this.\r\n", "a body without header fields"),
        ("TextOnly", b"Neither header fields nor an empty line\r\nbefore this.\r\n", "text where the header should be"),
        ("HeadersOnly", start, "a header without the empty line behind it"),
        ("HeadersCut", start[:-2], "a header without even a last line end"),
        ("NoBody", start + b"\r\n", "a header, an empty line, no body"),
        (
            "NoColon",
            b"From: a@example.com\r\nthis is no field\r\nSubject: x\r\n\r\nbody\r\n",
            "a line without a colon",
        ),
        ("FoldFirst", b" folded: before anything\r\nSubject: x\r\n\r\nbody\r\n", "begins with a folded line"),
        ("EmptyName", b": no name\r\nSubject : space before the colon\r\n\r\nbody\r\n", "a field without a name"),
        ("BlankFold", b"Subject: one\r\n \r\n\t\r\n two\r\n\r\nbody\r\n", "folded lines of spaces only"),
    ):
        yield letter(key, what, whole)


def _message_ids() -> Iterator[Letter]:
    cases: tuple[tuple[str, bytes | None, str], ...] = (
        ("NoMessageId", None, "no Message-ID"),
        ("EmptyMessageId", b"", "an empty Message-ID"),
        ("FoldedMessageId", b"\r\n <folded@mail.example.ac.jp>", "a Message-ID on the next line"),
        ("LongMessageId", b"<" + b"0123456789" * 400 + b"@mail.example.ac.jp>", "a Message-ID of 4,000 characters"),
        ("BareMessageId", b"no-brackets@mail.example.ac.jp", "a Message-ID without brackets"),
        ("SpacedMessageId", b"<with a space@mail.example.ac.jp>", "a Message-ID with spaces"),
        ("HostileMessageId", b'<../../"x\x1b[2J%s@mail.example.ac.jp>', "a Message-ID with a path and an escape code"),
        ("Utf8MessageId", "<卒論@例え.jp>".encode(), "a Message-ID in Japanese"),
    )
    for key, value, what in cases:
        yield letter(key, what, mail(key, fields={"Message-ID": value}))


def _twins() -> Iterator[Letter]:
    for number in (1, 2):
        fields: Fields = {"Message-ID": b"<pair@mail.example.ac.jp>"}
        body = b"copy %d\r\n" % number
        yield letter(f"Pair{number}", "two messages, one Message-ID", mail(f"Pair{number}", body, fields))
    for number in (1, 2, 3):
        fields = {"Message-ID": b"<trio@lists.example.org>", "List-Id": b"<list%d.lists.example.org>" % number}
        yield letter(f"Trio{number}", "three messages, one Message-ID", mail(f"Trio{number}", fields=fields))
    same = mail("Same")
    for number in (1, 2):
        yield letter(f"Same{number}", "the same bytes under two ids", same, date=moment("Same") + number)


def _dates() -> Iterator[Letter]:
    cases: tuple[tuple[str, bytes | None, str], ...] = (
        ("NoDate", None, "no Date"),
        ("EmptyDate", b"", "an empty Date"),
        ("NonsenseDate", b"the day before yesterday, late", "a Date that is none"),
        ("JapaneseDate", "令和6年3月10日(日) 午後1時".encode(), "a Date in Japanese"),
        ("Date1970", b"Thu, 01 Jan 1970 00:00:00 +0000", "a Date in 1970"),
        ("Date1900", b"Mon, 01 Jan 1900 00:00:00 +0900", "a Date in 1900"),
        ("Date2038", b"Tue, 19 Jan 2038 03:14:08 +0000", "a Date behind the 32-bit clocks' last second"),
        ("Date9999", b"Fri, 31 Dec 9999 23:59:59 -1200", "a Date at the end of the calendar"),
        ("Date10000", b"Sat, 01 Jan 10000 00:00:00 +0000", "a Date in the year 10000"),
        ("DateTwoDigits", b"1 Apr 99 9:5 JST", "a Date with two digits for the year and a name for the zone"),
        ("DateLeap", b"Sat, 31 Dec 2016 23:59:60 +0000", "a Date in a leap second"),
        ("DateNowhere", b"Fri, 31 Feb 2023 25:61:00 +9900", "a Date that is on no calendar, in no zone"),
    )
    for key, value, what in cases:
        yield letter(key, what, mail(key, fields={"Date": value}))


def _internal_dates() -> Iterator[Letter]:
    for key, date, what in (
        ("InternalZero", 0, "internal date 0"),
        ("InternalEarly", moment("InternalEarly") - 3000 * _DAY, "imported: arrived eight years after its date"),
        ("Internal2038", _Y2038 + _DAY, "internal date in 2038"),
    ):
        yield letter(key, what, mail(key, date=date), date=date, arrived=moment(key))
    late = mail("InternalDiffers", date=moment("InternalDiffers") - 400 * _DAY)
    yield letter("InternalDiffers", "a Date 400 days before the internal date", late)
    other = moment("InternalMillis") + 789
    yield letter("InternalMillis", "an internal date with milliseconds", mail("InternalMillis"), date=other)


def _people() -> Iterator[Letter]:
    crowd = b",\r\n ".join(b'"Member %03d" <member%03d@lab.example.ac.jp>' % (n, n) for n in range(200))
    named = b'"\\"Boss\\" , <x@y>" <boss@example.com>, =?UTF-8?B?44GC?= (comment) <a@[192.0.2.1]>, broken@'
    cases: tuple[tuple[str, Fields, str], ...] = (
        ("Crowd", {"To": crowd}, "200 recipients"),
        ("NoFrom", {"From": None}, "no From"),
        ("NoTo", {"To": None, "Bcc": STUDENT.address.encode()}, "nobody in To, the student in Bcc"),
        ("Undisclosed", {"To": b"undisclosed-recipients:;"}, "undisclosed recipients"),
        ("HardNames", {"To": named}, "names with quotation marks, brackets, comments"),
        ("Idn", {"From": "花子@大学.example".encode()}, "an internationalised address"),
    )
    for key, fields, what in cases:
        yield letter(key, what, mail(key, fields=fields))


def _lies() -> Iterator[Letter]:
    hops = b"\r\nReceived: ".join(b"from a%d.example.net by b%d.example.net; x" % (n, n) for n in range(100))
    many = b"\r\n ".join(b"<reference-%04d@mail.example.ac.jp>" % number for number in range(2000))
    doubled = b"first\r\nSubject: second\r\nDate: " + date_field(moment("x")) + b"\r\nFrom: " + FRIEND.encode()
    cases: tuple[tuple[str, Fields, str], ...] = (
        ("ContentLength", {"Content-Length": b"3", "Lines": b"999"}, "wrong Content-Length and Lines"),
        ("GmailFields", {"X-GM-MSGID": b"1", "X-GM-THRID": b"2", "X-Gmail-Labels": b"Spam"}, "Gmail's fields, made up"),
        ("Mozilla", {"X-Mozilla-Status": b"0008", "Status": b"RO"}, "a mail program's own marks: deleted"),
        ("Hops", {"Received": hops}, "100 Received fields"),
        ("References", {"References": many}, "a References field of 2,000 ids"),
        ("Doubled", {"Subject": doubled}, "Subject, Date and From twice"),
        ("Bounce", {"Return-Path": b"<>", "Auto-Submitted": b"auto-replied"}, "an automatic reply"),
        ("LongName", {"X-" + "Long" * 500: b"value"}, "a field name of 2,000 characters"),
        ("Odd", {"X-\x7f;=(": b"\x1b[31mred\x07"}, "odd characters in a field's name, escape codes in its value"),
    )
    for key, fields, what in cases:
        yield letter(key, what, mail(key, fields=fields))
