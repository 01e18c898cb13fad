"""A tgz is trusted at its very end, and only when nothing in it lies; its headers are as hostile as its members."""

from __future__ import annotations

import gzip
import os
import random
from pathlib import Path

import pytest
from hostile_archives import pax, pax_record, tar_file, tar_header, tgz_of

from eccs_backup.errors import Corrupt
from eccs_backup.takeout import archive
from eccs_backup.takeout.archive import Limits, Member, Refused

TEXT = b"a line of a letter\r\n" * 40
NAME = "Takeout/ドライブ/" + "レポート" * 20 + ".txt"
NOISE = random.Random(5).randbytes(3_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "takeout-1.tgz"


def judged(path: Path, limits: Limits = archive.DEFAULT, step: int = 7) -> list[tuple[str, bytes | str]]:
    """Each member's bytes, or why there are none."""
    found: list[tuple[str, bytes | str]] = []
    with archive.opened(path, limits) as part:
        for member in part.members():
            if isinstance(member, Refused):
                found.append((member.path, member.why))
                continue
            with part.open(member) as content:
                found.append((member.path, b"".join(iter(lambda: content.read(step), b""))))
    return found


@pytest.mark.parametrize(
    ("pieces", "why"),
    [
        (tar_file(b"a", kind=b"1"), "a link"),
        (tar_file(b"a", kind=b"2"), "a link"),
        (tar_file(b"a", kind=b"3"), "a device"),
        (tar_file(b"a", kind=b"6"), "a device"),
        (tar_file(b"a", TEXT, b"Z"), "a kind that is not known"),
        (tar_file(b"a", TEXT, b"M"), "a kind that is not known"),
        (tar_file(b"a/", TEXT), "called a folder, but holds bytes"),
        (tar_file(b"a", TEXT, b"S"), "stored with holes"),
        (
            tar_header(b"a", 20, b"S", tail=b"\1" + bytes(29)) + bytes(504) + b"\1" + bytes(519) + bytes(512),
            "with holes",
        ),
        (pax({"GNU.sparse.major": "1", "GNU.sparse.name": "a"}) + tar_file(b"b", TEXT), "stored with holes"),
    ],
)
def test_what_is_not_read(path: Path, pieces: bytes, why: str) -> None:
    path.write_bytes(tgz_of(tar_file(b"before", TEXT), pieces, tar_file(b"after", TEXT)))
    (_, one), (_, found), (_, other) = judged(path)
    assert why in str(found)
    assert (one, other) == (TEXT, TEXT)


def test_folders(path: Path) -> None:
    path.write_bytes(tgz_of(tar_file(b"a", kind=b"5"), tar_file(b"b/", kind=b"5"), tar_file(b"c/")))
    with archive.opened(path) as part:
        assert all(isinstance(each, Member) and each.is_folder for each in part.members())


BROKEN = {
    "no end": (tgz_of(tar_file(b"a", TEXT), end=b""), "cut off"),
    "no end in a body": (tgz_of(tar_file(b"a", TEXT)[:900], end=b""), "cut off"),
    "no end in a header": (tgz_of(tar_file(b"a", TEXT)[:100], end=b""), "cut off"),
    "promise": (tgz_of(tar_header(b"a", b"\x80" + b"\x7f" * 11)), "cut off"),
    "negative size": (tgz_of(tar_header(b"a", b"\xff" * 12)), "header"),
    "no size": (tgz_of(tar_header(b"a", b"-0000000001\0")), "header"),
    "checksum": (tgz_of(tar_file(b"a", TEXT).replace(b"a", b"b", 1)), "header"),
    "link with bytes": (tgz_of(tar_file(b"a", TEXT, b"1")), "a link, folder or device in it claims"),
    "folder with bytes": (tgz_of(tar_file(b"a", TEXT, b"5")), "a link, folder or device in it claims"),
    "huge pax": (tgz_of(tar_header(b"a", 1 << 30, b"x")), "a header in it claims 1,073,741,824 bytes"),
    "huge name": (tgz_of(tar_header(b"a", 1 << 30, b"L")), "a header in it claims"),
    "huge link": (tgz_of(tar_header(b"a", b"\x80" + b"\x7f" * 11, b"K")), "a header in it claims"),
    "one name for all": (tgz_of(pax({"path": "x"}, b"g"), tar_file(b"a", TEXT)), "gives all files one name"),
    "one size for all": (tgz_of(pax({"size": "3"}, b"g"), tar_file(b"a", TEXT)), "gives all files one name"),
    "header of nothing": (tgz_of(tar_file(b"a", TEXT), pax({"path": "x"})), "header"),
    "pax size": (tgz_of(pax({"size": "-5"}), tar_file(b"a", TEXT)), "header"),
    "pax length": (tgz_of(tar_file(b"x", b"99 path=a\n", b"x"), tar_file(b"a")), "header"),
    "pax length 0": (tgz_of(tar_file(b"x", b"0 path=a\n", b"x"), tar_file(b"a")), "header"),
    "pax length 3": (tgz_of(tar_file(b"x", b"3 path=a\n", b"x"), tar_file(b"a")), "header"),
    "pax end": (tgz_of(tar_file(b"x", pax_record("path", "a")[:-1] + b"x", b"x"), tar_file(b"a")), "header"),
    "pax of digits": (tgz_of(tar_file(b"x", b"9" * 9000, b"x"), tar_file(b"a")), "header"),
    "something behind the tar": (tgz_of(tar_file(b"a", TEXT), end=bytes(1024) + b"x" + bytes(511)), "follows its last"),
    "something behind": (tgz_of(tar_file(b"a", TEXT)) + b"PK\3\4", "something else follows its end"),
    "something behind zeros": (tgz_of(tar_file(b"a", TEXT)) + bytes(70_000) + b"x", "something else follows its end"),
    "half a gzip behind": (tgz_of(tar_file(b"a", TEXT)) + b"\x1f", "cut off"),
    "another tar behind": (2 * tgz_of(tar_file(b"a", TEXT)), "follows its last"),
    "no tar": (gzip.compress(b"just text" * 999), "header"),
    "nothing": (gzip.compress(b""), "cut off"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_the_whole_is_refused(path: Path, kind: str) -> None:
    data, sentence = BROKEN[kind]
    path.write_bytes(data)
    with pytest.raises(Corrupt, match=rf"takeout-1.tgz (?:is|would) .*{sentence}") as caught:
        judged(path)
    assert caught.value.hint


WHOLE = tgz_of(pax({"path": NAME}), tar_file(b"x", TEXT), tar_file(b"empty"), tar_file(b"noise", NOISE[:300]))
CONTENTS = [(NAME, TEXT), ("empty", b""), ("noise", NOISE[:300])]


def test_every_cut_is_noticed(path: Path) -> None:
    path.write_bytes(WHOLE)
    for size in reversed(range(2, len(WHOLE))):
        os.truncate(path, size)
        with pytest.raises(Corrupt, match=r"takeout-1.tgz is "):
            judged(path, step=1 << 16)


def test_no_flipped_bit_goes_unnoticed(path: Path) -> None:
    """Some change nothing: the date in the gzip's header, or from where deflate repeats what stands there twice."""
    unharmed = 0
    for place in range(2, len(WHOLE)):
        harmed = path.with_name(f"{place}")  # writing over a file takes a disk's time
        harmed.write_bytes(WHOLE[:place] + bytes([WHOLE[place] ^ 1 << place % 8]) + WHOLE[place + 1 :])
        try:
            assert judged(harmed, step=1 << 16) == CONTENTS
        except Corrupt:
            continue
        unharmed += 1
    assert 6 <= unharmed < 20


@pytest.mark.parametrize(
    "filling", [b"", bytes(3), bytes(200_000), gzip.compress(b"", mtime=0), gzip.compress(bytes(9_999), mtime=0)]
)
def test_what_may_follow(path: Path, filling: bytes) -> None:
    path.write_bytes(WHOLE + filling)
    assert judged(path) == CONTENTS


def test_unread_members(path: Path) -> None:
    """What is left of a member is passed over, and still checked."""
    path.write_bytes(WHOLE)
    with archive.opened(path) as part:
        names = []
        for member in part.members():
            names.append(member.path)
            if isinstance(member, Member) and member.size:
                with part.open(member) as content:
                    assert len(content.read(10)) == 10
    assert names == [name for name, _ in CONTENTS]
    path.write_bytes(WHOLE[:-8] + bytes(4) + WHOLE[-4:])
    with archive.opened(path) as part, pytest.raises(Corrupt, match="checksum"):
        list(part.members())


def test_only_the_last_member_opens_and_only_once(path: Path) -> None:
    path.write_bytes(WHOLE)
    with archive.opened(path) as part:
        walk = part.members()
        first, second = next(walk), next(walk)
        assert isinstance(first, Member)
        assert isinstance(second, Member)
        with pytest.raises(ValueError, match="last"):
            part.open(first)
        with part.open(second), pytest.raises(ValueError, match="before"):
            part.open(second)


def test_what_is_wrong_stays_wrong(path: Path) -> None:
    path.write_bytes(tgz_of(tar_file(b"a", NOISE))[:2_000])
    with archive.opened(path) as part:
        walk = part.members()
        member = next(walk)
        assert isinstance(member, Member)
        with part.open(member) as content:
            assert content.read(1 << 20)
            for _ in range(3):
                with pytest.raises(Corrupt, match="cut off"):
                    content.read(1 << 20)
        with pytest.raises(Corrupt, match="cut off"):
            next(walk)


def test_a_damaged_header_ends_everything(path: Path) -> None:
    path.write_bytes(tgz_of(tar_file(b"a", kind=b"1")[:-1] + b"x", tar_file(b"b", TEXT)))
    with archive.opened(path) as part:
        for _ in range(2):
            with pytest.raises(Corrupt, match="header"):
                list(part.members())


LIMITS = Limits(ratio=50, floor=600_000)
BOMBS = {
    "one": (tgz_of(tar_file(b"a", bytes(900_000))), LIMITS),
    "one that the honest one would allow": (
        tgz_of(tar_file(b"a", random.Random(6).randbytes(40_000)), tar_file(b"b", bytes(1_500_000))), LIMITS,
    ),
    "many": (tgz_of(*[tar_file(b"a", bytes(200_000))] * 20), LIMITS),
    "behind the end": (tgz_of(tar_file(b"a", TEXT), end=bytes(1 << 20)), LIMITS),
    "names": (tgz_of(*[tar_file(b"a", bytes(200_000), b"L")] * 9), LIMITS),
    "in all": (tgz_of(tar_file(b"a", NOISE), tar_file(b"b", NOISE)), Limits(total=5_999)),
}  # fmt: skip


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs(path: Path, kind: str) -> None:
    data, limits = BOMBS[kind]
    path.write_bytes(data)
    with pytest.raises(Corrupt, match=r"takeout-1.tgz would unpack to more than"):
        judged(path, limits)


def test_a_total_that_just_fits(path: Path) -> None:
    path.write_bytes(tgz_of(tar_file(b"a", NOISE), tar_file(b"b", NOISE)))
    assert len(judged(path, Limits(total=6_000))) == 2
