"""Zips of every lawful form are read; what lies, or hides something, is refused; no flipped bit goes unnoticed."""

from __future__ import annotations

import os
import re
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hostile_archives import Zipped, deflated, ends, field, quoted_overlap, same_kernel, unicode_path, zip_of

from eccs_backup.errors import Corrupt
from eccs_backup.takeout import archive
from eccs_backup.takeout.archive import Limits, Member, Refused

TEXT = b"a line of a letter\r\n" * 20
NAME = "Takeout/ドライブ/レポート.txt"


def judged(path: Path, limits: Limits = archive.DEFAULT, step: int = 7) -> list[tuple[str, bytes | str]]:
    """Each member's bytes, or why there are none. Raises Corrupt for the whole."""
    with archive.opened(path, limits) as part:
        return [
            (member.path, member.why if isinstance(member, Refused) else _body(part, member, step))
            for member in part.members()
        ]


def _body(part: archive.Archive, member: Member, step: int) -> bytes | str:
    found = b""
    try:
        with part.open(member) as content:
            while block := content.read(step):
                found += block
    except Corrupt as error:
        assert len(found) < max(1, member.size), "the last bytes must wait for the checksum"
        return str(error)
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "takeout-1.zip"


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("descriptor", [0, 12, 16, 20, 24])
def test_lawful_forms(path: Path, wide: bool, descriptor: int) -> None:
    members = [Zipped(b"a", TEXT, wide=wide), Zipped(b"b", TEXT, method=0), Zipped(b"empty"), Zipped(b"a", b"again")]
    members = [replace(each, descriptor=descriptor) for each in members]
    path.write_bytes(zip_of(*members, wide=wide, comment=b"PK\5\6 a comment"))
    assert judged(path) == [("a", TEXT), ("b", TEXT), ("empty", b""), ("a", b"again")]


def test_a_zip64_field_for_nothing(path: Path) -> None:
    path.write_bytes(zip_of(Zipped(b"a", TEXT, extra=field(1, b"\7" * 24))))
    assert judged(path) == [("a", TEXT)]


def test_folders(path: Path) -> None:
    """By name, or by mode; Java packs even those."""
    members = [Zipped(b"a/", method=0), Zipped(b"b/"), Zipped(b"c", mode=0o40755), Zipped(b"d", mode=0o40755, system=0)]
    path.write_bytes(zip_of(*members))
    with archive.opened(path) as part:
        assert [each.is_folder for each in part.members() if isinstance(each, Member)] == [True, True, True, False]


def test_no_members(path: Path) -> None:
    path.write_bytes(zip_of())
    assert judged(path) == []


def test_members_in_another_order_than_the_directory(path: Path) -> None:
    one, two = Zipped(b"1", TEXT), Zipped(b"2", b"x")
    bodies = one.local() + two.local()
    directory = two.central(len(one.local())) + one.central(0)
    path.write_bytes(bodies + directory + ends(len(bodies), directory, 2))
    assert judged(path) == [("2", b"x"), ("1", TEXT)]


def test_more_members_than_an_old_writer_counts(path: Path) -> None:
    record = Zipped(b"a", method=0)
    local = record.local()
    directory = b"".join(record.central(place) for place in range(0, 65_537 * len(local), len(local)))
    path.write_bytes(local * 65_537 + directory + ends(65_537 * len(local), directory, 1))
    with archive.opened(path) as part:
        assert part.count == 65_537


@pytest.mark.parametrize(
    ("member", "name"),
    [
        (Zipped(NAME.encode()), NAME),
        (Zipped(NAME.encode(), flags=0), NAME),
        (Zipped(NAME.encode("cp932"), flags=0), NAME),
        (Zipped(b"?", extra=unicode_path(b"?", NAME)), NAME),
        (Zipped(b"?", extra=unicode_path(b"?", NAME), local_extra=unicode_path(b"?", NAME)), NAME),
        (Zipped(b"?", extra=unicode_path(b"another", NAME)), "?"),
        (Zipped(b"?", extra=b"up\xff\xff\1"), "?"),
    ],
)
def test_names(path: Path, member: Zipped, name: str) -> None:
    path.write_bytes(zip_of(member))
    assert judged(path) == [(name, b"")]


def _stamp(seconds: int) -> bytes:
    return field(0x5455, b"\1" + struct.pack("<l", seconds))


@pytest.mark.parametrize(
    ("member", "modified"),
    [
        (Zipped(b"a", date=40 << 9 | 2 << 5 | 29, time=13 << 11 | 5 << 5 | 3), 1_582_981_506.0),
        (Zipped(b"a", extra=_stamp(1_500_000_001)), 1_500_000_001.0),
        (Zipped(b"a", extra=_stamp(0)), None),
        (Zipped(b"a", extra=_stamp(-5)), None),
        (Zipped(b"a", extra=field(0x5455, b"\2abcd")), 1_704_153_600.0),
        (Zipped(b"a", date=0x21), None),
        (Zipped(b"a", date=0), None),
        (Zipped(b"a", date=0xFFFF), None),
        (Zipped(b"a", time=63 << 5), None),
    ],
)
def test_dates(path: Path, member: Zipped, modified: float | None) -> None:
    path.write_bytes(zip_of(member))
    with archive.opened(path) as part:
        (found,) = part.members()
    assert isinstance(found, Member)
    assert found.modified == modified


LONG = bytes((1 << 17) - 15)  # takes a whole block in deflate's own form without packing
LIES = {
    "locked": (Zipped(b"x", TEXT, flags=1), "locked with a password"),
    "locked strongly": (Zipped(b"x", TEXT, flags=0x40), "locked with a password"),
    "masked": (Zipped(b"x", TEXT, flags=0x2000), "locked with a password"),
    "aes": (Zipped(b"x", TEXT, method=99, flags=1), "locked with a password"),
    "bzip2": (Zipped(b"x", TEXT, method=12), "method 12"),
    "link": (Zipped(b"x", b"/etc/passwd", mode=0o120777), "a link"),
    "pipe": (Zipped(b"x", mode=0o010644), "a device"),
    "disk": (Zipped(b"x", mode=0o060644, system=19), "a device"),
    "full folder": (Zipped(b"x/", TEXT), "called a folder, but holds bytes"),
    "two sizes": (Zipped(b"x", TEXT, method=0, size=5), "two sizes that contradict"),
    "bomb": (Zipped(b"x", bytes(50_000)), r"would unpack from \d+ to 50,000 bytes"),
    "promise": (Zipped(b"x", b"", size=1 << 62, wide=True), "as bombs do"),
    "wrong sum": (Zipped(b"x", TEXT, crc=7), "does not match its checksum"),
    "wrong sum, stored": (Zipped(b"x", TEXT, method=0, crc=7), "does not match its checksum"),
    "wrong sum, empty": (Zipped(b"x", crc=7), "does not match its checksum"),
    "more": (Zipped(b"x", TEXT, size=len(TEXT) - 1), "More comes"),
    "some for none": (Zipped(b"x", b"y", size=0), "More comes"),
    "less": (Zipped(b"x", TEXT, size=len(TEXT) + 1), "ends before the size"),
    "cut": (Zipped(b"x", TEXT, packed=deflated(TEXT)[:-3]), "cut off|damaged"),
    "none": (Zipped(b"x", TEXT, packed=b""), "cut off"),
    "none for none": (Zipped(b"x", b"", packed=b""), "cut off"),
    "something behind": (Zipped(b"x", TEXT, packed=deflated(TEXT) + b"y"), "ends before its bytes"),
    "behind a whole block": (Zipped(b"x", LONG, packed=deflated(LONG, 0) + b"y"), "ends before its bytes"),
    "no deflate": (Zipped(b"x", TEXT, packed=b"\xff" * 30), "are damaged"),
    "other name": (Zipped(b"x", TEXT, local_name=b"y"), "tells of another file"),
    "other method": (Zipped(b"x", TEXT, local_method=0), "tells of another file"),
    "other Unicode name": (Zipped(b"x", TEXT, local_extra=unicode_path(b"x", "y")), "tells of another file"),
}  # fmt: skip


@pytest.mark.parametrize("kind", LIES)
def test_lies(path: Path, kind: str) -> None:
    member, sentence = LIES[kind]
    path.write_bytes(zip_of(Zipped(b"before", TEXT), member, Zipped(b"after", TEXT)))
    (_, one), (_, why), (_, other) = judged(path, Limits(ratio=100, floor=20_000))
    assert isinstance(why, str)
    assert re.search(sentence, why)
    assert (one, why[-1], other) == (TEXT, ".", TEXT)


def test_a_record_that_points_into_another_member(path: Path) -> None:
    path.write_bytes(zip_of(Zipped(b"a", TEXT), Zipped(b"b", TEXT, offset=5)))
    assert [why for _, why in judged(path)] == [
        "It shares bytes with another member, as bombs do.",
        "It is not where the archive's list of contents says.",
    ]


@pytest.mark.parametrize("member", [Zipped(b"x", TEXT, crc=7), Zipped(b"x", TEXT, size=20, crc=zlib.crc32(TEXT[:20]))])
def test_what_is_wrong_stays_wrong(path: Path, member: Zipped) -> None:
    path.write_bytes(zip_of(member))
    with archive.opened(path) as part:
        (found,) = part.members()
        assert isinstance(found, Member)
        with part.open(found) as content:
            for _ in range(len(TEXT)):
                with pytest.raises(Corrupt, match=r"checksum|More comes"):
                    content.read(1000)


def test_bombs(path: Path) -> None:
    """One that unpacks to far more than its size, and many that do so together; what is small is still read."""
    members = [Zipped(b"%d" % number, bytes(1_000)) for number in range(9)]
    path.write_bytes(zip_of(*members, Zipped(b"small", b"x")))
    found = judged(path, Limits(ratio=10, floor=1_000, total=2_500))
    assert [isinstance(each, bytes) for _, each in found] == [True] * 2 + [False] * 7 + [True]
    with archive.opened(path, Limits(ratio=10, floor=1_000, total=2_500)) as part:
        assert part.size == 2_500
    found = judged(path, Limits(ratio=2, floor=1_000))
    assert [isinstance(each, bytes) for _, each in found] == [True] + [False] * 8 + [True], "twice the file is not much"


def test_bombs_need_no_room(path: Path) -> None:
    path.write_bytes(zip_of(Zipped(b"a", TEXT), Zipped(b"x", b"y", size=1 << 62, wide=True)))
    with archive.opened(path) as part:
        assert part.size == len(TEXT)


@pytest.mark.parametrize("kernel", [b"a", b"a" * 20_000])
def test_overlaps(path: Path, kernel: bytes) -> None:
    for bomb in (quoted_overlap(30, kernel), same_kernel(30, kernel)):
        path.write_bytes(bomb)
        found = judged(path)
        assert found[-1] == (found[-1][0], kernel)
        with archive.opened(path) as part:
            refused = sum(isinstance(each, Refused) for each in part.members())
        assert refused == 29 or bomb == same_kernel(30, b"a"), "there only the headers tell"
        assert {why for _, why in found[:-1]} == {"It shares bytes with another member, as bombs do."}


def test_two_records_of_one_member(path: Path) -> None:
    path.write_bytes(zip_of(Zipped(b"a", TEXT), Zipped(b"a", TEXT, offset=0)))
    assert all("shares bytes" in str(why) for _, why in judged(path))


WHOLE = zip_of(
    Zipped(b"a/", method=0),
    Zipped(NAME.encode(), TEXT, descriptor=24, extra=_stamp(1_500_000_001)),
    Zipped(b"?", b"stored\n", method=0, extra=unicode_path(b"?", "é"), local_extra=unicode_path(b"?", "é")),
    Zipped(b"empty"),
    Zipped(b"wide", b"ab" * 9, wide=True),
    wide=True,
)
CONTENTS = [("a/", b""), (NAME, TEXT), ("é", b"stored\n"), ("empty", b""), ("wide", b"ab" * 9)]


def test_no_flipped_bit_goes_unnoticed(path: Path) -> None:
    """Of each member, the bytes are as they were, or it is said that they are not; and none is missing silently."""
    unharmed = 0
    for place in range(len(WHOLE)):
        harmed = path.with_name(f"{place}")  # writing over a file takes a disk's time
        harmed.write_bytes(WHOLE[:place] + bytes([WHOLE[place] ^ 1 << place % 8]) + WHOLE[place + 1 :])
        try:
            found = judged(harmed, step=1 << 16)
        except Corrupt:
            continue
        assert len(found) == len(CONTENTS)
        for (name, body), (there, bytes_there) in zip(CONTENTS, found, strict=True):
            assert isinstance(bytes_there, str) or (name, body) == (there, bytes_there), place
        unharmed += found == CONTENTS
    assert unharmed > 100, "dates, versions and the like"


def test_every_cut_is_noticed(path: Path) -> None:
    path.write_bytes(WHOLE)
    for size in reversed(range(len(WHOLE))):
        os.truncate(path, size)
        with pytest.raises(Corrupt, match=r"takeout-1.zip is "), archive.opened(path):
            pass


INNER = zip_of(Zipped(b"inner", TEXT))
OUTER = zip_of(Zipped(b"inner.zip", INNER, method=0), Zipped(b"more", TEXT))
ONE, WIDE = zip_of(Zipped(b"a", TEXT)), zip_of(Zipped(b"a", TEXT), wide=True)
COMMENT = ONE.index(b"PK\1\2") + 32
BROKEN = {
    "no record": (ONE.replace(b"PK\1\2", b"PK\1\3"), "list of contents is not whole"),
    "a record that is too long": (ONE[:COMMENT] + b"\5" + ONE[COMMENT + 1 :], "list of contents is not whole"),
    "zip64 record elsewhere": (WIDE.replace(b"PK\6\6\x2c", b"PK\6\6\x2d"), "does not belong"),
    "something before": (b"PK\3\4junk" + WHOLE, "does not belong to what stands before it"),
    "something behind": (WHOLE + b"\0", "cut off"),
    "cut off behind a zip that is in it": (OUTER[: OUTER.index(INNER) + len(INNER)], "does not belong"),
    "its beginning is lost": (zip_of(Zipped(b"a", TEXT, offset=7)), "its beginning is missing"),
    "offsets behind the directory": (zip_of(Zipped(b"a", TEXT, offset=9999)), "list of contents"),
    "counted wrongly": (zip_of(Zipped(b"a", TEXT), count=2), "list of contents is not whole"),
    "counted wrongly in zip64": (zip_of(Zipped(b"a", TEXT), count=0, wide=True), "list of contents is not whole"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_the_whole_is_refused(path: Path, kind: str) -> None:
    data, sentence = BROKEN[kind]
    path.write_bytes(data)
    with pytest.raises(Corrupt, match=rf"takeout-1.zip is (?:.*)?{sentence}") as caught, archive.opened(path):
        pass
    assert caught.value.hint


def test_a_member_of_another_archive(path: Path) -> None:
    path.write_bytes(zip_of(Zipped(b"a", TEXT)))
    with archive.opened(path) as part, pytest.raises(TypeError):
        part.open(Member("a", 1, 1, None, None, False))
