"""A part of an export is read as it was written, or it is said what is wrong with it."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import tracemalloc
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from hostile_archives import Zipped, tar_file, tgz_of, zip_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eccs_backup.errors import Corrupt
from eccs_backup.takeout import archive, members
from eccs_backup.takeout.archive import Limits, Refused

NOISE = random.Random(3).randbytes(150_000)
SPARE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/\\:"), min_size=1, max_size=80)
PATHS = st.lists(NAMES.filter(lambda name: name.strip(" .")), min_size=1, max_size=3).map("/".join)
BODIES = st.one_of(st.binary(max_size=600), st.integers(0, 9).map(lambda place: NOISE[place:] + bytes(90_000)))
STEPS = st.sampled_from([700, 4_099, 1 << 16, 1 << 20])
TREES = st.lists(st.tuples(PATHS, BODIES), max_size=6)


def read(path: Path, step: int = 1 << 20, limits: Limits = archive.DEFAULT) -> Iterator[tuple[str, bytes | None]]:
    """Paths and bytes, None for folders. Nothing may be refused."""
    with archive.opened(path, limits) as part:
        for member in part.members():
            assert not isinstance(member, Refused), member
            if member.is_folder:
                yield member.path, None
                continue
            with part.open(member) as content:
                body = b"".join(iter(lambda: content.read(step), b""))
            assert len(body) == member.size
            yield member.path, body


class Pipe(io.RawIOBase):
    """Cannot be rewound: what is written to it gets descriptors behind the bytes, as on a server that streams."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        return self._file.write(data)

    def close(self) -> None:
        self._file.close()
        super().close()


@SPARE
@given(TREES, st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]), st.booleans(), STEPS)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_zips_as_python_writes_them(
    tmp_path: Path, tree: list[tuple[str, bytes]], packing: int, streamed: bool, step: int
) -> None:
    path = tmp_path / "takeout.zip"
    path.unlink(missing_ok=True)  # writing over a file takes a disk's time
    file = Pipe(path) if streamed else path.open("wb")
    with file, zipfile.ZipFile(file, "w", packing, compresslevel=1) as written:  # type: ignore[call-overload]
        for number, (name, body) in enumerate(tree):
            with written.open(zipfile.ZipInfo(name), "w", force_zip64=bool(number % 2)) as target:
                target.write(body)
    assert list(read(path, step)) == tree
    with archive.opened(path) as part:
        assert (part.sealed, part.count, part.size) == (True, len(tree), sum(len(body) for _, body in tree))


@SPARE
@given(
    TREES,
    st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    STEPS,
    st.lists(st.integers(0, 2000), max_size=3),
)
def test_tgzs_as_python_writes_them(
    tmp_path: Path, tree: list[tuple[str, bytes]], form: int, step: int, cuts: list[int]
) -> None:
    """In one gzip, or in several behind each other."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=form) as written:
        for name, body in tree:
            info = tarfile.TarInfo(name[:60] if form == tarfile.USTAR_FORMAT else name)
            info.size, info.mtime = len(body), 1_600_000_000
            try:
                written.addfile(info, io.BytesIO(body))
            except ValueError:  # a name that is too long in bytes for the oldest format
                return
    bounds = [0, *sorted(cuts), len(plain.getvalue())]
    pieces = [plain.getvalue()[start:end] for start, end in pairwise(bounds)]
    path = tmp_path / "takeout.tgz"
    path.unlink(missing_ok=True)
    path.write_bytes(b"".join(gzip.compress(piece, 1) for piece in pieces))
    shown = [(name[:60] if form == tarfile.USTAR_FORMAT else name, body) for name, body in tree]
    assert list(read(path, step)) == shown
    with archive.opened(path) as part:
        assert (part.sealed, part.count, part.size) == (False, None, None)


PAGE = b"\n<!DOCTYPE html><html><head><title>Sign in</title>"
STRANGERS = {
    "empty": (b"", "is empty"),
    "zeros": (bytes(5000), "holds only zeros"),
    "page": (PAGE, "is a web page that was saved instead of the archive"),
    "sign-in": (PAGE + b'<base href="https://accounts.google.com/v3/signin/">', "is a sign-in page"),
    "unpacked": (tar_file(b"Takeout/a", b"x") + bytes(1024), "was unpacked by the browser"),
    "split": (b"PK\7\x08PK\3\4" + bytes(99), "is one piece of a zip"),
    "seven": (b"7z\xbc\xaf\x27\x1c", "is neither a zip nor a tgz"),
    "begun": (b"PK", "is cut off after its first bytes"),
    "headless": (zip_of(Zipped(b"a", b"x"))[3:], "is neither a zip nor a tgz, or its beginning is damaged"),
}


@pytest.mark.parametrize("kind", STRANGERS)
def test_what_was_saved_in_its_place(tmp_path: Path, kind: str) -> None:
    data, sentence = STRANGERS[kind]
    path = tmp_path / "takeout-1.zip"
    path.write_bytes(data)
    with pytest.raises(Corrupt, match=f"takeout-1.zip {sentence}") as caught, archive.opened(path):
        pass
    assert "ownload this part again" in caught.value.hint


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), archive.opened(tmp_path / "takeout.zip"):
        pass


@pytest.mark.parametrize(
    "name",
    [
        "../x", "a/../x", "a/..", "..", "/x", "\\x", "C:\\x", "c:x", "\\\\host\\x", "a\\..\\x", "a/.. /x", "a\\../x",
        "..\\", "",
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere(tmp_path: Path, name: str) -> None:
    path = tmp_path / "takeout.zip"
    path.write_bytes(zip_of(Zipped(name.encode(), b"x"), Zipped(b"good", b"y")))
    with archive.opened(path) as part:
        refused, good = part.members()
    assert isinstance(refused, Refused)
    assert (refused.path, refused.why[-1]) == (name, ".")
    assert not isinstance(good, Refused)
    path.write_bytes(tgz_of(tar_file(name.encode(), b"x"), tar_file(b"good", b"y")))
    with archive.opened(path) as part:
        assert next(part.members()) == refused


@pytest.mark.parametrize("name", ["a..b", "..a", "a/...", "a/..b", "a/C:", "表\\..表", "a\0b", "\u202e", "....", " "])
def test_names_that_are_only_strange(name: str) -> None:
    assert members.unsafe(name) is None


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("ドライブ".encode(), "ドライブ"),
        ("ドライブ/表.txt".encode("cp932"), "ドライブ/表.txt"),
        (b"caf\x82", "café"),
        (b"a\0b", "a\0b"),
    ],
)
def test_decoding(raw: bytes, name: str) -> None:
    assert members.decoded(raw) == name


@given(st.binary(max_size=60))
def test_every_name_is_some_text(raw: bytes) -> None:
    members.decoded(raw).encode("utf-8")


@pytest.mark.parametrize("kind", ["zip", "tgz"])
def test_memory_does_not_grow(tmp_path: Path, kind: str) -> None:
    """A zip takes the eight bytes of a place in the file for each member."""
    few, many = (_memory(tmp_path / f"{count}.{kind}", count) for count in (10, 2_010))
    assert (many - few) / 2_000 < 20


def _memory(path: Path, count: int) -> int:
    """Bytes that are held when the last member has been read."""
    names = [b"Takeout/%080d" % number for number in range(count)]
    if path.suffix == ".zip":
        path.write_bytes(zip_of(*(Zipped(name, b"x") for name in names)))
    else:
        path.write_bytes(tgz_of(*(tar_file(name, b"x") for name in names), tar_file(b"last", NOISE)))
    tracemalloc.start()
    try:
        for _ in read(path):
            held, _ = tracemalloc.get_traced_memory()
        return held
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("data", [zip_of(Zipped(b"a", NOISE)), tgz_of(tar_file(b"a", NOISE))], ids=["zip", "tgz"])
def test_read_in_another_thread(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "takeout"
    path.write_bytes(data)
    with archive.opened(path) as part:
        (found,) = [_read_there(part, member) for member in part.members()]
        assert found == NOISE
        assert len(data) * 0.9 < part.place() <= len(data)


def _read_there(part: archive.Archive, member: members.Member | Refused) -> bytes:
    assert not isinstance(member, Refused)
    with part.open(member) as content, ThreadPoolExecutor(1) as other:
        return b"".join(iter(lambda: other.submit(content.read, 1 << 16).result(), b""))
