"""Mailboxes of Takeout become the messages that Gmail holds: byte for byte, whatever is in them, however cut."""

from __future__ import annotations

import io
import mailbox as pythons

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eccs_backup.takeout import mailbox

LINES = st.sampled_from(
    [
        b"text", b"", b">From here", b"From the sea", b"Fro", b"\x00\xff", b"x" * 90, b"From 12@xxx not", b"\r",
        b"From 1552986831000000000@xxx", b"caf\xc3\xa9", b"X-GM-THRID: 5", b"X-Gmail-Labels: a,b", b"\x1a", b"a\rb",
    ]
)  # fmt: skip
MAILS = st.lists(st.lists(LINES, max_size=20), min_size=1, max_size=6)
ENDS = st.sampled_from([b"\n", b"\r\n"])
FIRST = 1628424719502045299
SECONDS = 1552986831


class Trickle(io.BytesIO):
    """Gives little at a time, so that every boundary falls between two reads some day."""

    def __init__(self, data: bytes, step: int) -> None:
        super().__init__(data)
        self._step = step

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._step)


def written(mails: list[bytes], end: bytes) -> bytes:
    """As Takeout writes them."""
    return b"".join(
        b"From %d@xxx Tue Mar 19 09:13:51 +0000 2019" % (FIRST + place)
        + end
        + b"X-GM-THRID: %d" % FIRST
        + end
        + b"X-Gmail-Labels: =?UTF-8?Q?a?="
        + end
        + b" =?UTF-8?Q?b?=,Inbox"
        + end
        + mail
        + end
        for place, mail in enumerate(mails)
    )


def read(data: bytes, step: int = 1 << 20) -> list[tuple[mailbox.Message, bytes]]:
    return [(each, b"".join(each.blocks())) for each in mailbox.messages(Trickle(data, step), "x.mbox")]


@settings(max_examples=200, deadline=None)
@given(MAILS, ENDS, st.integers(60, 400))
def test_the_very_bytes(bodies: list[list[bytes]], end: bytes, step: int) -> None:
    mails = [end.join([b"Subject: %d" % place, b"", *lines, b""]) for place, lines in enumerate(bodies)]
    found = read(written(mails, end), step)
    assert [body for _, body in found] == mails
    heads = [each.head for each, _ in found if each.head]
    assert [head.id for head in heads] == [f"{FIRST + place:x}" for place in range(len(mails))]
    assert {head.thread for head in heads} == {f"{FIRST:x}"}
    assert {head.date for head in heads} == {1552986831}
    assert [each.end for each, _ in found] == [False] * (len(mails) - 1) + [True]


@settings(max_examples=100, deadline=None)
@given(bodies=MAILS, step=st.integers(60, 400))
def test_as_python_reads_it(tmp_path_factory: pytest.TempPathFactory, bodies: list[list[bytes]], step: int) -> None:
    """Python's mailbox takes every line that begins with "From " for a separator: such lines are left out here."""
    mails = [
        b"\n".join([b"Subject: x", b"", *(line for line in lines if b"From " not in line), b""]) for lines in bodies
    ]
    path = tmp_path_factory.mktemp("box") / "x.mbox"
    path.write_bytes(written(mails, b"\n"))
    box = pythons.mbox(path, create=False)
    theirs = [box.get_bytes(key) for key in box.keys()]  # noqa: SIM118 - a mailbox iterates over its messages
    ours = [each.head.raw.partition(b"\n")[2] + body for each, body in read(path.read_bytes(), step) if each.head]
    assert ours == theirs


@settings(max_examples=200, deadline=None)
@given(MAILS, ENDS, st.data())
def test_cut_anywhere(bodies: list[list[bytes]], end: bytes, data: st.DataObject) -> None:
    """Two files read by themselves give every message, once the last of one is joined with what follows."""
    mails = [end.join([b"Subject: %d" % place, b"", *lines, b""]) for place, lines in enumerate(bodies)]
    whole = written(mails, end)
    place = data.draw(st.integers(1, len(whole) - 1))
    if place < len(b"From 1628424719502045299@xxx Tue Mar 19 09:13:51 +0000 2019\r\n"):
        place = len(whole) // 2
    first, second = read(whole[:place]), read(whole[place:])
    last, body = first[-1]
    assert last.head is not None
    joined = last.head.raw + body + last.cut
    if second[0][0].head is None:
        joined += second[0][1] + second[0][0].cut
        second = second[1:]
    assert [text for _, text in (*first[:-1], *read(joined), *second)] == mails


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mail", [b"", b"Subject: x", b"no header, no end", b"\0", b"a\n\n\n"])
def test_strange_mails(mail: bytes, end: bytes) -> None:
    """A last line without an end gets one in the file: whether it had one cannot be told."""
    ((_, first), (_, second)) = read(written([mail + end if mail else mail, b"Subject: 2" + end], end))
    assert (first, second) == (mail + end if mail else mail, b"Subject: 2" + end)


def test_a_large_message_comes_in_pieces() -> None:
    large = b"Subject: x\n\n" + b"y" * 5_000_000 + b"\n"
    message = next(mailbox.messages(io.BytesIO(written([large, b"Subject: z\n"], b"\n")), "x"))
    assert message.whole is None
    blocks = list(message.blocks())
    assert b"".join(blocks) == large
    assert max(map(len, blocks)) < 3 << 20


def test_a_message_that_is_not_read_is_passed_over() -> None:
    large = b"Subject: x\n\n" + b"y" * 5_000_000 + b"\n"
    found = mailbox.messages(io.BytesIO(written([large, b"Subject: z\n"], b"\n")), "x")
    assert [each.head.id for each in found if each.head] == [f"{FIRST:x}", f"{FIRST + 1:x}"]


def test_lines_of_a_mail_that_look_like_takeouts() -> None:
    """A mail that was once in a Takeout, and was imported, begins with such lines of its own."""
    mail = b"X-GM-THRID: 7\r\nX-Gmail-Labels: Old\r\nSubject: x\r\n\r\n"
    ((message, body),) = read(written([mail], b"\r\n"))
    assert body == mail
    assert message.head
    assert message.head.labels == b"=?UTF-8?Q?a?=\r\n =?UTF-8?Q?b?=,Inbox"


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        (b"Tue Mar 19 09:13:51 +0000 2019", 1552986831),
        (b"Tue Mar 19 18:13:51 +0900 2019", 1552986831),
        (b"Mon Mar 18 23:13:51 -1000 2019", 1552986831),
        (b"Thu Jan  1 00:00:00 +0000 1970", 0),
        (b"Tue Xxx 19 09:13:51 +0000 2019", None),
        (b"Tue Mar 19 09:13:51 +0000 0000", None),
    ],
)
def test_internal_dates(line: bytes, seconds: int | None) -> None:
    ((message, _),) = read(b"From 5@xxx " + line + b"\nSubject: x\n\n")
    assert message.head
    assert message.head.date == seconds


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("Mail/All mail.mbox", ("Mail/All mail", 1)),
        ("Mail/All mail-002.mbox", ("Mail/All mail", 2)),
        (
            "メール/すべてのメール（迷惑メール、ゴミ箱のメールを含む）-012.mbox",
            ("メール/すべてのメール（迷惑メール、ゴミ箱のメールを含む）", 12),
        ),
        ("Mail/2019-04.mbox", ("Mail/2019-04", 1)),
        ("Mail/All mail.txt", None),
    ],
)
def test_files_of_one_mailbox(path: str, found: tuple[str, int] | None) -> None:
    assert mailbox.series(path) == found
