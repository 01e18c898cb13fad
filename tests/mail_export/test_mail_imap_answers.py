"""IMAP's FETCH answers: literals anywhere, quotes, lists, nonsense, and lines that end too soon."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eccs_backup.errors import Transient
from eccs_backup.rehearsal.mail.imap import names
from eccs_backup.sources.gmail import imap_answers
from eccs_backup.sources.gmail.imap_answers import Said

TEXTS = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=60)
PIECES = st.sampled_from(
    [b"* 1 FETCH ", b"(", b")", b'"', b"\\", b"{3}\r\n", b"{0}\r\n", b"{99999}\r\n", b"{4}", b"NIL", b"UID", b" 7 ",
     b"BODY[] ", b"X-GM-LABELS ", b"\r\n", b"\n", b"E1 OK\r\n", b"* BYE\r\n", b"9" * 5000, b"INTERNALDATE ",
     b'" 1-Jan-2020 00:00:00 +9999"']
)  # fmt: skip


def said(line: bytes) -> Said:
    """The first answer in these bytes."""
    stream = io.BytesIO(line)
    return imap_answers.said(stream.readline, stream.read)


def values(inner: bytes) -> dict[bytes, imap_answers.Value]:
    """What an answer with these pairs is taken for."""
    found = said(b"* 12 FETCH (" + inner + b")\r\n").fetched
    assert found
    return found.values


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        (b"UID 5", {b"UID": b"5"}),
        (b"uid 5 Flags ()", {b"UID": b"5", b"FLAGS": []}),
        (b"FLAGS (\\Seen \\Flagged)", {b"FLAGS": [b"\\Seen", b"\\Flagged"]}),
        (b"BODY[] {5}\r\n) (\r\n UID 5", {b"BODY[]": b") (\r\n", b"UID": b"5"}),
        (b"UID 5 BODY[] {0}\r\n", {b"UID": b"5", b"BODY[]": b""}),
        (b'BODY[] "a \\"b\\" \\\\"', {b"BODY[]": b'a "b" \\'}),
        (b"BODY[] NIL", {b"BODY[]": []}),
        (b'BODY[] "NIL"', {b"BODY[]": b"NIL"}),
        (b'BODY[] ""', {b"BODY[]": b""}),
        (
            b'X-GM-LABELS ("\\\\Inbox" "UID 5" "BODY[] {3}" ") (" {4}\r\na"\\b NIL "NIL" "") UID 7',
            {
                b"X-GM-LABELS": [b"\\Inbox", b"UID 5", b"BODY[] {3}", b") (", b'a"\\b', [], b"NIL", b""],
                b"UID": b"7",
            },
        ),
        (b"X-GM-LABELS (\\Inbox {1}\r\na {2}\r\nbc) UID 9", {b"X-GM-LABELS": [b"\\Inbox", b"a", b"bc"], b"UID": b"9"}),
        (b"A (B (C (D) E) F) G 1", {b"A": [b"B", [b"C", [b"D"], b"E"], b"F"], b"G": b"1"}),
        (b"UID", {}),
        (b"", {}),
        (b"(UID) 5 FLAGS", {}),
    ],
)
def test_pairs(inner: bytes, expected: object) -> None:
    assert values(inner) == expected


@pytest.mark.parametrize(
    "line",
    [b"* 12 EXISTS\r\n", b"E1 OK Success\r\n", b"* OK FETCH\r\n", b"* 1 EXPUNGE\r\n", b"\r\n", b"+ go\r\n",
     b"* 1 FETCHED (UID 5)\r\n", b"A 1 FETCH (UID 5)\r\n"],
)  # fmt: skip
def test_other_lines(line: bytes) -> None:
    assert said(line).fetched is None


def test_literals_of_other_answers_are_passed_over() -> None:
    stream = io.BytesIO(b"* LIST () {7}\r\nE1 OK\r\n {3}\r\nabc x\r\nE1 OK done\r\n")
    assert imap_answers.said(stream.readline, stream.read).tag == b"*"
    assert imap_answers.said(stream.readline, stream.read) == Said(b"E1", b"OK done")


@pytest.mark.parametrize(
    "line",
    [b"", b"* 1 FETCH (UID 5", b"* 1 FETCH (BODY[] {5}\r\nabc", b"* 1 FETCH (BODY[] {3}\r\nabc", b"* LIST {9}\r\n",
     b"* 1 FETCH (BODY[] {9999999999}\r\nabc)\r\n", b"* 1 FETCH (X " + b"a" * (1 << 20) + b")\r\n"],
)  # fmt: skip
def test_what_ends_too_soon_or_never(line: bytes) -> None:
    with pytest.raises(Transient):
        said(line)


def test_a_size_that_cannot_be_is_not_waited_for() -> None:
    with pytest.raises(Transient, match="9,999,999,999"):
        said(b"* 1 FETCH (BODY[] {9999999999}\r\nabc)\r\n")


def test_a_line_of_nearly_a_million_bytes() -> None:
    names_ = [b"label-%05d" % number for number in range(80_000)]
    assert values(b"X-GM-LABELS (" + b" ".join(names_) + b") UID 5") == {b"X-GM-LABELS": names_, b"UID": b"5"}


@pytest.mark.parametrize(
    ("text", "number"),
    [(b"0", 0), (b"18446744073709551615", 2**64 - 1), (b"18446744073709551616", None), (b"9" * 5000, None),
     (b"-1", None), (b"1.0", None), (b"x", None), (b"()", None), (b"NIL", None)],
)  # fmt: skip
def test_numbers(text: bytes, number: int | None) -> None:
    found = said(b"* 1 FETCH (UID " + text + b")\r\n").fetched
    assert found
    assert found.number(b"UID") == number
    assert found.number(b"X-GM-MSGID") is None
    assert found.words(b"FLAGS") == []
    assert found.body is None


@pytest.mark.parametrize(
    ("text", "when"),
    [
        (b"17-Jul-1996 02:44:25 -0700", datetime(1996, 7, 17, 2, 44, 25, tzinfo=timezone(timedelta(hours=-7)))),
        (b" 1-Apr-2024 00:00:00 +0900", datetime(2024, 4, 1, tzinfo=timezone(timedelta(hours=9)))),
        (b"1-Apr-2024 00:00:00 +0000", datetime(2024, 4, 1, tzinfo=UTC)),
        (b"31-Dec-1969 23:59:58 +0000", datetime(1969, 12, 31, 23, 59, 58, tzinfo=UTC)),
        (b"01-Jan-0001 00:00:00 +1400", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))),
        (b"31-Feb-2024 00:00:00 +0000", None),
        (b"01-Foo-2024 00:00:00 +0000", None),
        (b"01-Jan-2024 25:00:00 +0000", None),
        (b"01-Jan-2024 00:00:00 +9959", None),
        (b"01-Jan-2024 00:00:60 +0000", None),
        (b"01-Jan-0000 00:00:00 +0000", None),
        (b"", None),
        ([], None),
        (None, None),
    ],
)
def test_dates(text: bytes | None, when: datetime | None) -> None:
    assert imap_answers.milliseconds(text) == (int(when.timestamp()) * 1000 if when else None)


@given(st.lists(st.integers(1, 1 << 32), unique=True).map(sorted))
@example([1, 2, 3, 5, 7, 8])
def test_ranges(uids: list[int]) -> None:
    found: list[int] = []
    for each in imap_answers.ranges(uids[:2000]):
        first, _, last = each.partition(":")
        found += range(int(first), int(last or first) + 1)
    assert found == uids[:2000]


@given(st.lists(TEXTS, max_size=8))
def test_every_label_comes_back_as_it_is(labels: list[str]) -> None:
    spelled = " ".join(names.label(label) for label in labels).encode()
    found = said(b"* 1 FETCH (UID 5 X-GM-LABELS (" + spelled + b") X-GM-MSGID 7)\r\n").fetched
    assert found
    assert [imap_answers.label(word) for word in found.words(b"X-GM-LABELS")] == labels
    assert found.number(b"X-GM-MSGID") == 7


@given(st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=30).map(b"".join)))
def test_nonsense_is_no_more_than_trouble(noise: bytes) -> None:
    for line in (noise, b"* 1 FETCH (" + noise, b"* 1 FETCH (UID 5 BODY[] {2}\r\n" + noise + b")\r\n"):
        stream = io.BytesIO(line)
        try:
            while True:
                one = imap_answers.said(stream.readline, stream.read)
                if one.fetched:
                    one.fetched.number(b"UID")
                    assert isinstance(one.fetched.body, bytes | None)
                    imap_answers.milliseconds(one.fetched.values.get(b"INTERNALDATE"))
                    [imap_answers.label(word) for word in one.fetched.words(b"X-GM-LABELS")]
        except Transient:
            pass


@given(st.binary(max_size=60))
def test_any_bytes_are_some_label(word: bytes) -> None:
    assert isinstance(imap_answers.label(word), str)
