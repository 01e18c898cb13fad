"""An mbox is split as Python's own reader splits it, and Takeout's, which does not quote, by its numbers."""

from __future__ import annotations

import io
import mailbox

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eccs_backup.errors import Unusable
from eccs_backup.mail import mbox_reading

LINES = st.sampled_from(
    [b"text", b"", b">From here", b"From the sea", b"Fro", b"\x00\xff", b"x" * 90, b"From 12@xxx not", b"caf\xc3\xa9"]
)
BODIES = st.lists(st.lists(LINES, max_size=30), min_size=1, max_size=8)
ENDS = st.sampled_from([b"\n", b"\r\n"])
NUMBER = 1628424719502045299


class Trickle(io.BytesIO):
    """Gives little at a time, so that every boundary falls between two reads some day."""

    def __init__(self, data: bytes, step: int) -> None:
        super().__init__(data)
        self._step = step

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._step)


@settings(max_examples=200, deadline=None)
@given(BODIES, ENDS, st.integers(60, 400))
def test_takeout(bodies: list[list[bytes]], end: bytes, step: int) -> None:
    """Lines that begin with "From " stay text, also behind an empty line."""
    mails = [end.join([b"Subject: %d" % place, b"", *lines, b""]) for place, lines in enumerate(bodies)]
    data = b"".join(
        b"From %d@xxx Tue Mar 19 09:13:51 +0000 2019" % (NUMBER + place) + end + mail + end
        for place, mail in enumerate(mails)
    )
    found = list(mbox_reading.messages(Trickle(data, step), "x.mbox", 1 << 20))
    assert [each.head for each in found] == [mail + end for mail in mails]
    assert [each.id for each in found] == [f"{NUMBER + place:x}" for place in range(len(mails))]


@settings(max_examples=100, deadline=None)
@given(bodies=BODIES, step=st.integers(60, 400))
def test_as_python_reads_it(tmp_path_factory: pytest.TempPathFactory, bodies: list[list[bytes]], step: int) -> None:
    path = tmp_path_factory.mktemp("box") / "x.mbox"
    box = mailbox.mbox(path)
    for place, lines in enumerate(bodies):
        box.add(b"\n".join([b"Subject: %d" % place, b"", *lines, b""]))
    box.flush()
    found = mbox_reading.messages(Trickle(path.read_bytes(), step), "x.mbox", 1 << 20)
    theirs = [box.get_bytes(key) for key in box.keys()]  # noqa: SIM118 - a mailbox iterates over its messages
    assert [each.head.rstrip(b"\n") for each in found] == [each.rstrip(b"\n") for each in theirs]


def test_bounded_memory() -> None:
    data = b"From a@b Tue\nSubject: x\n\n" + b"y" * 5_000_000 + b"\n\nFrom a@b Tue\nSubject: z\n\n"
    found = list(mbox_reading.messages(io.BytesIO(data), "x.mbox", 1_000))
    assert [len(each.head) for each in found] == [1_000, 12]


@pytest.mark.parametrize("data", [b"", b"Subject: x\n\n", b"PK\x03\x04", b"From without an end"])
def test_what_is_no_mbox(data: bytes) -> None:
    with pytest.raises(Unusable, match=r"x\.mbox is no mbox"):
        list(mbox_reading.messages(io.BytesIO(data), "x.mbox", 100))


def test_a_file_that_is_cut_off() -> None:
    data = b"From 1@xxx Tue\nSubject: x\n\nbody\n\nFrom 2@xx"
    (found,) = mbox_reading.messages(io.BytesIO(data), "x", 99)
    assert found.head == b"Subject: x\n\nbody\n\nFrom 2@xx"
