"""Does the practice Gmail find mail as Google's search language says?"""

from __future__ import annotations

import time

import pytest
from rehearsal_api import reason
from rehearsal_mail import FIXTURES, Gmail, numbers

from eccs_backup.rehearsal.mail import matching, readable, search
from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message
from eccs_backup.rehearsal.mail.query import All, Either, Not, Term, parse
from eccs_backup.rehearsal.refusals import Refused
from eccs_backup.rehearsal.server import Rehearsal
from eccs_backup.rehearsal.world import STUDENT, plain_mail

WORLD, MAILBOX, SERVED, SIGNED_IN = FIXTURES
JIS = "会員登録が完了しました。ﾒｰﾙ"
LETTERS = {
    1: b'From: "GitHub" <noreply@mail.github.com>\r\nSubject: Please verify\r\n\r\n'
    + "Welcome to ＧｉｔＨｕｂ、ようこそ".encode(),
    2: b"From: =?UTF-8?B?5qW95aSp?= <info@rakuten.co.jp>\r\nSubject: =?ISO-2022-JP?B?GyRCMnEwd0VQTz8bKEI=?=\r\n"
    b"To: a@example.com, Me <yamada.hanako@g.example.ac.jp>\r\nContent-Type: text/plain; charset=ISO-2022-JP\r\n\r\n"
    + "会員登録が完了しました。メール".encode("iso-2022-jp"),
    3: b"From: news@github.com.example\r\nSubject: weekly\r\nList-ID: <week.lists.example.org>\r\n"
    b"Content-Type: text/html; charset=UTF-8\r\n\r\n<style>p{hidden}</style><p>Wel<b>come</b> &amp; <br>digest</p>",
    4: b"From: a@example.com\r\nCc: b@example.net\r\nSubject: two\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    b"--x\r\nContent-Type: text/plain; charset=Shift_JIS\r\n\r\n"
    + "表計算ソフト".encode("shift_jis")
    + b"\r\n--x\r\nContent-Disposition: attachment\r\nContent-Type: text/plain\r\n\r\nsecret\r\n--x--\r\n",
    5: b"From: yamada.hanako@g.example.ac.jp\r\nSubject: spam welcome\r\n\r\n" + b"x" * 2000,
    6: b"From: c@example.com\r\nSubject: =?broken\r\n\r\n\xff\xfe no-reply git hub",
}
LABELS = {
    1: {"INBOX", "CATEGORY_UPDATES"},
    2: {"INBOX", "CATEGORY_PERSONAL", "UNREAD"},
    3: {"INBOX", "CATEGORY_PROMOTIONS"},
    4: {"SENT", "Label_1"},
    5: {"SPAM"},
    6: {"TRASH"},
}


@pytest.fixture(name="box", scope="module")
def small() -> Mailbox:
    box = Mailbox(STUDENT.address)
    box.new_label("研究/ゼミ", "Label_1")
    day = 86_400_000
    box.fill(Message(id, id, id * day, body, LABELS[id]) for id, body in LETTERS.items())
    return box


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("from:github.com", [3, 1]),
        ("from:mail.github.com", [1]),
        ("from:noreply@mail.github.com", [1]),
        ("from:git", []),
        ("from:hub.com", []),
        ("from:GitHub -from:github.com.example", [1]),
        ("from:楽天", [2]),
        ("from:me", [5]),
        ("to:me", [2]),
        ("to:(b OR a@example.com)", [4, 2]),
        ("cc:example.net", [4]),
        ("subject:verify", [1]),
        ("subject:ver", []),
        ("subject:会員", [2]),
        ('subject:"please verify"', [1]),
        ('subject:"verify please"', []),
        ("subject:(verify please)", [1]),
        ("subject:{weekly two}", [4, 3]),
        ("subject:(weekly OR two OR 登録)", [4, 3, 2]),
        ("github", [3, 1]),
        ('"welcome to github"', [1]),
        ("GitHub、ようこそ", [1]),
        ("ようこそ", [1]),
        ("登録が完了", [2]),
        ('"ﾒｰﾙ"', [2]),
        ("welcome", [5, 3, 1]),
        ("welcome digest", [3]),
        ("hidden", []),
        ("表計算", [4]),
        ("secret", []),
        ('"no reply"', [6]),
        ("no-reply", [6]),
        ("github.com", [3, 1]),
        ("welcome -digest -in:spam", [1]),
        ("-(welcome OR 登録) -reply", [4]),
        ("-{welcome 登録} -no-reply", [4]),
        ("verify OR 登録 -from:github", [2]),
        ("(verify from:github) OR (登録 to:me)", [2, 1]),
        ("{from:github.com from:rakuten.co.jp} category:updates", [1]),
        ("verify AND github", [1]),
        ("category:promotions", [3]),
        ("category:primary", [2]),
        ("list:week.lists.example.org", [3]),
        ("list:example.org", [3]),
        ("has:attachment", [4]),
        ("larger:1K", [5]),
        ("size:1000", [5]),
        ("smaller:1m -smaller:1k", [5]),
        ("after:1970/01/05", [6, 5]),
        ("newer:1970/1/5", [6, 5]),
        ("older:1970/01/03", [2, 1]),
        ("before:259200", [2, 1]),
        ("newer_than:10y", []),
        ("older_than:1y is:unread", [2]),
        ("is:read in:inbox", [3, 1]),
        ("label:研究-ゼミ", [4]),
        ('label:"研究/ゼミ"', [4]),
        ("label:nothing", []),
        ("-label:nothing in:sent", [4]),
        ("in:(spam OR trash)", [6, 5]),
        ("in:anywhere", [6, 5, 4, 3, 2, 1]),
        ("!!! weekly", [3]),
        ('"weekly', [3]),
    ],
)
def test_what_is_found(box: Mailbox, text: str, ids: list[int]) -> None:
    assert search.find(box, text).ids == ids


@pytest.mark.parametrize(
    "text",
    [
        "filename:pdf", "http://example.com", "has:drive", "category:purchases", "larger:many", "before:yesterday",
        "newer_than:2w", "(open", "close)", "{a)", "from:", "subject: word", "a - b", "subject:(from:x)", "((((" * 20,
    ],
)  # fmt: skip
def test_what_cannot_be_searched_is_refused(box: Mailbox, text: str) -> None:
    with pytest.raises(Refused) as caught:
        search.find(box, text)
    assert caught.value.reply.status == 501


def test_spam_and_trash_are_searched_when_they_are_named() -> None:
    for text, wanted in (
        ("in:spam", True), ("a (b OR in:trash)", True), ("in:anywhere", True), ("-in:spam", False), ("spam", False),
        ("is:unread", False), ("-(in:spam)", False),
    ):  # fmt: skip
        assert matching.everywhere(parse(text)) is wanted, text


def test_how_terms_are_joined() -> None:
    a, b, c = (Term("", name) for name in "abc")
    assert parse("a b OR c") == All((a, Either((b, c))))
    assert parse("a OR b OR c") == Either((a, b, c)) == parse("{a b c}") == parse("{a (b OR c)}")
    assert parse("OR a") == a == parse("(a)") == parse("{a}")
    assert parse("-(a b)") == Not(All((a, b)))
    assert parse('from:{a "b c"}') == Either((Term("from", "a"), Term("from", "b c")))
    assert parse("order") == Term("", "order")
    assert parse("ORANGE AND") == Term("", "ORANGE")
    assert parse("") == parse("()") == All(())
    assert parse("rfc822msgid:<a(b){c}@d>") == Term("rfc822msgid", "<a(b){c}@d>")
    assert parse("{rfc822msgid:a@b rfc822msgid:c@d}") == Either(
        (Term("rfc822msgid", "a@b"), Term("rfc822msgid", "c@d"))
    )


def test_half_width_and_other_character_sets_are_alike() -> None:
    assert matching.phrase(JIS)(readable.folded("会員登録が完了しました。 メール"))
    assert not matching.phrase("登録 完了")(readable.folded("登録が完了"))
    page = "<p>a<b>b</b>c<br>d</p><script>e</script><!-- f -->&lt;g&gt;"
    assert readable.visible(page).split() == ["abc", "d", "<g>"]


def test_over_the_wire(gmail: Gmail, rehearsal: Rehearsal) -> None:
    assert numbers(gmail, q="hello -subject:(1 OR 2)", maxResults=7) == [
        number for number in reversed(range(120)) if number not in (1, 2, 7, 8)
    ]
    assert numbers(gmail, q="in:anywhere subject:(7 OR 8 OR 9)") == [9, 8, 7]
    assert numbers(gmail, q="from:friend@example.ac.jp subject:7", includeSpamTrash="true") == [7]
    assert numbers(gmail, q="subject:11", labelIds="STARRED") == []
    assert reason(gmail.get("messages", q="filename:x")) == (501, "notImplemented")
    narrow = Gmail(rehearsal, "https://www.googleapis.com/auth/gmail.metadata")
    assert reason(narrow.get("messages", q="hello")) == (403, "forbidden")


def test_pages_do_not_search_again_until_something_changes(gmail: Gmail, mailbox: Mailbox) -> None:
    first = gmail.json("messages", q="hello", maxResults=10)
    message = mailbox.messages[int(first["messages"][-1]["id"], 16) - (1000 << 20)]
    message.body = b"Subject: other\r\n\r\nother words"
    token = first["nextPageToken"]
    second = gmail.json("messages", q="hello", maxResults=10, pageToken=token)
    assert message.hex in {row["id"] for row in second["messages"]}, "remembered"
    mailbox.relabel(message.id, add=["STARRED"])
    again = gmail.json("messages", q="hello", maxResults=10, pageToken=token)
    assert message.hex not in {row["id"] for row in again["messages"]}
    assert message.hex not in {row["id"] for row in gmail.json("messages", q="hello", maxResults=500)["messages"]}


def test_a_large_mailbox_is_searched_quickly() -> None:
    box = plain_mail(20_000, 1000).mail[STUDENT.address]
    start = time.monotonic()
    found = search.find(box, '{receipt "図書の返却"} -from:me').ids
    once = time.monotonic() - start
    assert 2000 < len(found) < 8000
    start = time.monotonic()
    assert search.find(box, '{receipt "図書の返却"} -from:me').ids == found
    again = time.monotonic() - start
    start = time.monotonic()
    for _ in range(50):
        search.find(box, '{receipt "図書の返却"} -from:me', on=True)
    assert once < 20, "seconds; some two on an idle machine"
    assert again < 5
    assert time.monotonic() - start < 1
