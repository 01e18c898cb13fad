"""What stands before a tar's members is read in every lawful form, and whatever else may stand there does no harm."""

from __future__ import annotations

import random
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hostile_archives import padded, pax, pax_record, tar_file, tar_header, tgz_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eccs_backup.errors import Corrupt
from eccs_backup.takeout import archive
from eccs_backup.takeout.archive import Member, Refused

TEXT = b"a line of a letter\r\n" * 40
NAME = "Takeout/ドライブ/" + "レポート" * 20 + ".txt"
NOISE = random.Random(5).randbytes(3_000)
FIELDS = st.one_of(st.binary(min_size=12, max_size=12), st.integers(0, 50))
"""Of twelve bytes: sizes and dates."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "takeout-1.tgz"


def judged(path: Path, step: int = 7) -> list[tuple[str, bytes | str]]:
    """Each member's bytes, or why there are none."""
    found: list[tuple[str, bytes | str]] = []
    with archive.opened(path) as part:
        for member in part.members():
            if isinstance(member, Refused):
                found.append((member.path, member.why))
                continue
            with part.open(member) as content:
                found.append((member.path, b"".join(iter(lambda: content.read(step), b""))))
    return found


LAWFUL = {
    "plain": tar_file(b"a", TEXT),
    "old": tar_file(b"a", TEXT, b"\0", magic=bytes(8)),
    "contiguous": tar_file(b"a", TEXT, b"7"),
    "pax name": pax({"path": "a", "comment": "==\n=", "ctime": "1"}) + tar_file(b"b", TEXT),
    "pax size": pax({"size": str(len(TEXT))}) + tar_header(b"a", 0) + tar_file(b"", TEXT)[512:],
    "pax for all": pax({"comment": "x", "mtime": "1.5"}, b"g") + tar_file(b"a", TEXT),
    "pax taken back": pax({"path": "", "size": ""}) + tar_file(b"a", TEXT),
    "long name": tar_file(b"././@LongLink", b"a\0", b"L") + tar_file(b"b", TEXT),
    "binary size": tar_header(b"a", b"\x80" + len(TEXT).to_bytes(11)) + tar_file(b"", TEXT)[512:],
    "size with spaces": tar_header(b"a", b"%11o " % len(TEXT)) + tar_file(b"", TEXT)[512:],
    "long link": tar_file(b"././@LongLink", b"c" * 900, b"K") + tar_file(b"a", TEXT),
}


@pytest.mark.parametrize("kind", LAWFUL)
def test_lawful_forms(path: Path, kind: str) -> None:
    path.write_bytes(tgz_of(LAWFUL[kind], tar_file(b"after", NOISE)))
    assert judged(path) == [("a", TEXT), ("after", NOISE)]


def test_names(path: Path) -> None:
    halves = NAME.encode()[:99], NAME.encode()[99:]
    path.write_bytes(
        tgz_of(
            tar_file(b"x" * 99, prefix=b"p/" * 77),
            pax({"path": NAME}) + tar_file(halves[0]),
            tar_file(b"@", NAME.encode(), b"L") + tar_file(halves[0]),
            tar_file("表".encode("cp932")),
            tar_file(b"not of POSIX", magic=b"ustar  \0", prefix=b"times stand here"),
        )
    )
    names = [name for name, _ in judged(path)]
    assert names == ["p/" * 77 + "/" + "x" * 99, NAME, NAME, "表", "not of POSIX"]


@pytest.mark.parametrize(
    ("pieces", "modified"),
    [
        (tar_file(b"a"), 1_600_000_000.0),
        (tar_file(b"a", mtime=b"%011o\0" % 0), None),
        (tar_file(b"a", mtime=b"\xff" * 12), None),
        (tar_file(b"a", mtime=b"nonsense\0\0\0\0"), None),
        (pax({"mtime": "1500000000.25"}) + tar_file(b"a"), 1_500_000_000.25),
        (pax({"mtime": "-1"}) + tar_file(b"a"), None),
        (pax({"mtime": "9" * 400}) + tar_file(b"a"), 1_600_000_000.0),
        (pax({"mtime": "nan"}) + tar_file(b"a"), 1_600_000_000.0),
    ],
)
def test_dates(path: Path, pieces: bytes, modified: float | None) -> None:
    path.write_bytes(tgz_of(pieces))
    with archive.opened(path) as part:
        (found,) = part.members()
    assert isinstance(found, Member)
    assert found.modified == modified


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.binary(max_size=100), FIELDS, st.sampled_from("0125xgLKSZ"), FIELDS, st.binary(max_size=40)),
        max_size=4,
    )
)
def test_no_header_is_too_strange(
    path: Path, headers: list[tuple[bytes, bytes | int, str, bytes | int, bytes]]
) -> None:
    """It is read, refused, or the whole is damaged; nothing else happens."""
    blocks = (
        tar_header(name, size, kind.encode(), mtime if isinstance(mtime, bytes) else b"%012o" % mtime) + padded(body)
        for name, size, kind, mtime, body in headers
    )
    path.unlink(missing_ok=True)  # writing over a file takes a disk's time
    path.write_bytes(tgz_of(*blocks))
    with suppress(Corrupt):
        judged(path)


def test_many_headers_take_no_memory(path: Path) -> None:
    bodies = [b"".join(pax_record(f"SCHILY.{one}.{two}", "x" * 600) for two in range(400)) for one in range(20)]
    path.write_bytes(tgz_of(*(tar_file(b"x", body, b"x") for body in bodies), tar_file(b"a")))
    del bodies
    tracemalloc.start()
    try:
        assert judged(path) == [("a", b"")]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_500_000
