"""What names of parts tell: whose they are, what is missing, and which exports are read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eccs_backup.takeout import names
from eccs_backup.takeout.names import Chosen, PartName

A, B, C = "20261101T101010Z", "20261201T101010Z", "20270101T101010Z"
STAMPS = {"A": A, "B": B, "C": C}
GB = 10**9


def part(text: str) -> PartName:
    """ "A-001" and "A-7-001" for short; a whole stamp is taken, too."""
    stamp, _, rest = text.partition("-")
    found = names.parsed(f"takeout-{STAMPS.get(stamp, stamp)}-{rest}.zip")
    assert found, text
    return found


def parts(*texts: str) -> list[PartName]:
    """ "A-1..3" is A-001, A-002 and A-003; "A-7-1..3" likewise in group 7."""
    found = []
    for text in texts:
        head, _, rest = text.rpartition("-")
        first, dots, last = rest.partition("..")
        numbers = range(int(first), int(last) + 1) if dots else [int(rest)]
        found += [part(f"{head}-{number:03}") for number in numbers]
    return found


def said(found: list[PartName]) -> list[str]:
    return [each.name.removeprefix("takeout-").removesuffix(".zip").replace(A, "A").replace(B, "B") for each in found]


@pytest.mark.parametrize(
    "name",
    [
        "takeout-20261101T101010Z-001.zip",
        "TAKEOUT-20261101t101010z-001.ZIP",
        "takeout-20261101T101010Z-001 (1).zip",
        "takeout-20261101T101010Z-001(12).zip",
        "takeout-20261101T101010Z-001_2.zip",
        "takeout-20261101T101010Z-001-2.zip",
        "takeout-20261101T101010Z-001-002.zip",
        "takeout-20261101T101010Z-001 2.zip",
        "takeout-20261101T101010Z-001 copy.zip",
        "takeout-20261101T101010Z-001 copy 2.zip",
        "takeout-20261101T101010Z-001 - Copy.zip",
        "takeout-20261101T101010Z-001 - Copy (2).zip",
        "takeout-20261101T101010Z-001 - コピー.zip",
        "takeout-20261101T101010Z-001 - コピー (3).zip",
        "takeout-20261101T101010Z-001のコピー.zip",
        "takeout-20261101T101010Z-001 のコピー.zip",
        "takeout-20261101T101010Z-001 - Kopie.zip",
        "takeout-20261101T101010Z-001.zip.zip",
    ],
)
def test_copies_are_the_same_part(name: str) -> None:
    assert names.parsed(name) == PartName(A, None, 1, "zip")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("takeout-20261101T101010Z-016.zip", PartName(A, None, 16, "zip")),
        ("takeout-20261101T101010Z-7-002.zip", PartName(A, 7, 2, "zip")),
        ("takeout-20261101T101010Z-16-002-002.zip", PartName(A, 16, 2, "zip")),
        ("takeout-20261101T101010Z-7-002 (1).tgz", PartName(A, 7, 2, "tgz")),
        ("takeout-20261101T101010Z-1234.tar.gz", PartName(A, None, 1234, "tgz")),
    ],
)
def test_both_schemes(name: str, expected: PartName) -> None:
    assert names.parsed(name) == expected


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (PartName(A, None, 1, "zip"), "takeout-20261101T101010Z-001.zip"),
        (PartName(A, 7, 12, "tgz"), "takeout-20261101T101010Z-7-012.tgz"),
        (PartName(A, None, 1234, "zip"), "takeout-20261101T101010Z-1234.zip"),
    ],
)
def test_names_as_google_writes_them(part: PartName, name: str) -> None:
    assert part.name == name
    assert names.parsed(name) == part


UNFINISHED, DRIVE, NO_ARCHIVE, RENAMED = "not finished", "from Google Drive", "too large", "its own name"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("takeout-20261101T101010Z-001.zip.crdownload", UNFINISHED),
        ("Unconfirmed 12345.crdownload", UNFINISHED),
        ("takeout-20261101T101010Z-001.zip.part", UNFINISHED),
        ("takeout-20261101T101010Z-001.aB3xY.zip.part", UNFINISHED),
        ("takeout-20261101T101010Z-001.zip.download", UNFINISHED),
        ("takeout-20261101T101010Z-001.zip.opdownload", UNFINISHED),
        ("takeout-20261101T101010Z-001.zip.TMP", UNFINISHED),
        ("drive-download-20261101T101010Z-1-001.zip", DRIVE),
        ("研究-20261101T101010Z-1-001.zip", DRIVE),
        ("Photos-20210817T154947Z-001.zip", DRIVE),
        ("Photos-20210817T154947Z-001 (1).zip", DRIVE),
        ("IMG_2063-031.MOV", NO_ARCHIVE),
        ("All mail Including Spam and Trash-002.mbox", NO_ARCHIVE),
        ("Takeout.zip", RENAMED),
        ("takeout-1.zip", RENAMED),
        ("takeout-20261101T101010Z-000.zip", RENAMED),
        ("takeout-20261101T101010Z-1.zip", RENAMED),
        ("takeout-２０２６1101T101010Z-001.zip", RENAMED),
        ("takeout-20261101T101010Z-001.rar", RENAMED),
        ("", RENAMED),
    ],
)
def test_strangers(name: str, why: str) -> None:
    assert names.parsed(name) is None
    assert why in names.stranger(name)


@given(st.text() | st.from_regex(r"takeout-[0-9]{8}T[0-9]{6}Z-.*\.zip"))
def test_any_name_is_dealt_with(name: str) -> None:
    found = names.parsed(name)
    assert found is None or names.parsed(found.name) == found
    assert names.stranger(name).endswith(".")


def test_long_names_take_no_time() -> None:
    for filler in (" ", "(1)", "-001", " - Copy", "1", "の"):
        name = f"takeout-20261101T101010Z-001{filler * 100_000}.zip"
        assert names.parsed(name) is None
        assert names.stranger(name)


@pytest.mark.parametrize(
    ("found", "last", "expected"),
    [
        ([], 5, []),
        (["A-1..12"], None, []),
        (["A-1..6", "A-8..12"], None, ["A-007"]),
        (["A-3"], None, ["A-001", "A-002"]),
        (["A-1..11"], 12, ["A-012"]),
        (["A-1..2", "A-4"], 6, ["A-003", "A-005", "A-006"]),
        (["A-1..12"], 3, []),
        # a product's group, and only some of the products: that is a whole export
        (["A-7-1", "A-8-1", "A-9-1"], None, []),
        (["A-9-1..3", "A-13-1..6", "A-17-1"], None, []),
        (["A-9-1..3", "A-13-2", "A-13-6"], None, ["A-13-001", "A-13-003", "A-13-004", "A-13-005"]),
        # the download page counts the index
        (["A-1", "A-1-1..5"], 6, []),
        (["A-1", "A-1-1..4"], 6, ["A-1-005"]),
        (["A-1-1..5"], 6, ["A-001"]),
        (["A-1", "A-9-1", "A-9-3", "A-13-1"], 7, ["A-9-002", "A-13-002", "A-13-003"]),
    ],
)
def test_gaps(found: list[str], last: int | None, expected: list[str]) -> None:
    assert said(names.gaps(parts(*found), last)) == expected
    assert said(names.gaps(reversed(parts(*found)), last)) == expected


def test_gaps_of_tgz_are_tgz() -> None:
    assert names.gaps([PartName(A, None, 2, "tgz")]) == [PartName(A, None, 1, "tgz")]


def test_no_wish_takes_all_memory() -> None:
    assert len(names.gaps(parts("A-1"), 10**12)) == names.MOST - 1


# As they were seen: https://github.com/Aeroverra/Aero-immich, https://github.com/mmornati/gphoto2proton
LATER = ["20260914T211500Z-1-1..2", "20260915T050420Z-1-3..5", "20260915T001353Z-1"]
BEFORE = ["20260729T191209Z-1", "20260729T191210Z-1-1..8"]
TWO_ACCOUNTS = ["20260928T015749Z-1-1..15", "20260928T015748Z-1", "20260928T025618Z-1-1..2", "20260928T025618Z-1"]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (["A-1..3"], {A: 3}),
        (["A-1..3", "B-1..2"], {A: 3, B: 2}),
        (LATER, {"20260914T211500Z": 6}),
        (BEFORE, {"20260729T191210Z": 9}),
        (TWO_ACCOUNTS, {"20260928T015749Z": 16, "20260928T025618Z": 3}),
        # part 003 of an export and the first two of another of that day, before there were groups
        (["20240101T000000Z-1..2", "20240101T050000Z-3"], {"20240101T000000Z": 2, "20240101T050000Z": 1}),
        # too far apart, or with a gap
        (["20260914T211500Z-1-1..2", "20260920T050420Z-1-3"], {"20260914T211500Z": 2, "20260920T050420Z": 1}),
        (["20260914T211500Z-1-1..2", "20260915T050420Z-1-4"], {"20260914T211500Z": 2, "20260915T050420Z": 1}),
        (["20260914T211500Z-1-1..2", "20260915T050420Z-1-2"], {"20260914T211500Z": 2, "20260915T050420Z": 1}),
        # an index of no export; and times that no calendar has
        (["A-1", "B-7-1"], {A: 1, B: 1}),
        (["99999999T999999Z-1", "99999999T999998Z-7-1"], {"99999999T999999Z": 1, "99999999T999998Z": 1}),
    ],
)
def test_exports(found: list[str], expected: dict[str, int]) -> None:
    exports = names.by_export(parts(*found))
    assert {stamp: len(each) for stamp, each in exports.items()} == expected
    assert names.by_export(reversed(parts(*found))) == exports
    assert all(each == sorted(each, key=lambda name: name.order) for each in exports.values())


@pytest.mark.parametrize(
    ("found", "last", "expected"),
    [
        (LATER, None, []),
        (LATER, 6, []),
        (LATER, 7, ["20260915T050420Z-1-006"]),
        (BEFORE, 9, []),
        (TWO_ACCOUNTS, None, []),
        ([*LATER, "20260915T050420Z-1-7"], None, ["20260915T050420Z-1-006"]),
        (["A-1..3", "B-2"], 4, ["B-001", "B-003", "B-004"]),
        (["A-1", "A-3", "B-1"], None, ["A-002"]),
    ],
)
def test_missing_of_all(found: list[str], last: int | None, expected: list[str]) -> None:
    assert said(names.missing(parts(*found), last)) == expected


@pytest.mark.parametrize(
    ("found", "wanted", "taken", "foreign"),
    [
        ([], None, "", ""),
        (["A-1..11", "B-7"], None, "A", "B"),  # the file that slipped in
        (["A-1..6", "A-8..12", "B-7"], None, "A", "B"),
        (["A-1..6", "A-8..12", "B-7"], B, "B", "A"),
        (["A-1..6", "A-8..12", "B-7"], A, "A", "B"),
        (["A-1..12", "B-1..11"], None, "AB", ""),  # two months
        (["A-1..12", "B-1"], None, "AB", ""),  # perhaps a small export
        (["A-1", "B-7"], None, "AB", ""),  # that first part may be anything
        (["A-1..12", "B-1..2", "B-4"], None, "AB", ""),  # that of which a part is missing
        (["A-1..12", "B-2..3", "C-2..4"], None, "AC", "B"),
        (["A-2", "B-2"], None, "B", "A"),  # as many: the newest
        (["A-2..3", "B-2"], None, "A", "B"),
        (["A-7"], None, "A", ""),
        (["A-1-1..3", "A-9-1", "B-9-2"], None, "A", "B"),
        (["A-1..2", "B-1..2"], A, "A", "B"),
        (["A-1"], C, "", "A"),
    ],
)
def test_chosen(found: list[str], wanted: str | None, taken: str, foreign: str) -> None:
    exports: dict[str, list[PartName]] = {}
    for each in parts(*found):
        exports.setdefault(each.stamp, []).append(each)
    expected = Chosen([STAMPS[each] for each in taken], [STAMPS[each] for each in foreign])
    assert names.chosen(exports, wanted) == expected
    assert names.chosen(dict(reversed(exports.items())), wanted) == expected


def test_an_index_and_later_parts_go_with_their_export() -> None:
    exports: dict[str, set[PartName]] = {}
    for each in parts(*LATER, "A-2"):
        exports.setdefault(each.stamp, set()).add(each)
    whole = ["20260914T211500Z", "20260915T001353Z", "20260915T050420Z"]
    assert names.chosen(exports, None) == Chosen(whole, [A])
    assert names.chosen(exports, "20260915T050420Z") == Chosen(whole, [A])
    # an index beside a single part is no whole export that would make the part a stray one
    only = {stamp: parts(f"{stamp}-{rest}") for stamp, rest in (("20260729T191209Z", "1"), ("20260729T191210Z", "1-3"))}
    assert names.chosen(only, None) == Chosen(["20260729T191209Z", "20260729T191210Z"], [])


def test_moment() -> None:
    assert names.moment(A) == datetime(2026, 11, 1, 10, 10, 10, tzinfo=UTC)
    assert names.moment("20261301T101010Z") is None


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({}, False),
        ({"A-1": 300}, False),
        ({"A-1": 2 * GB, "A-2": 2 * GB, "A-3": GB // 2}, False),
        ({"A-1": 2 * GB, "A-2": int(1.9 * GB)}, True),
        ({"A-1": 2 << 30}, True),
        ({"A-1": 49_510_000_000}, True),
        ({"A-1": 30 * GB}, False),
        ({"A-1": 30 * GB, "A-2": 28 * GB}, True),
        ({"A-1": 30 * GB, "A-2": 26 * GB}, False),
        ({"A-1": 400, "A-2": 500}, False),
        # every group by itself: https://github.com/Aeroverra/Aero-immich
        ({"A-1": 445_000, "A-1-1": 155 * 10**6, "A-2-1": 43_000, "A-5-1": 12 * 10**8}, False),
        ({"A-9-1": 49 * GB, "A-9-2": 12 * GB, "A-13-1": 50 * GB}, True),
        ({"A-9-1": 12 * GB, "A-13-1": 50 * GB, "A-13-2": GB // 2}, False),
    ],
)
def test_perhaps_more(sizes: dict[str, int], expected: bool) -> None:
    assert names.perhaps_more({parts(text)[0]: size for text, size in sizes.items()}) is expected
