"""Builds whole exports of Google Takeout, as people get them: parts in the account's language, with every nasty case.

    export = exports.build(folder, language="ja", parts=12)

The same arguments give the same bytes. Nothing here comes from the program under test: it must not share our
misreadings. What is in an export stands in `export_mails` and `export_files`.
"""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from takeout import export_files, export_mails, export_names
from takeout.export_mails import Mail, some_mails

__all__ = ["Export", "Mail", "build", "flipped", "flipped_member", "some_mails", "truncated"]

ROOT = export_files.ROOT
INDEX = f"{ROOT}archive_browser.html"
MAILBOXES = 3
"""Files into which the mailbox is split."""
WRITTEN = (2026, 11, 1, 10, 10, 10)
"""The time that every member bears."""


@dataclass(frozen=True)
class Export:
    """What was built. `parts` in their order; `mails` by hex id; `files` holds every member that is no mailbox, by
    path; `boxes` the mailboxes in their order; `where` the numbers of the parts (from 1) that hold a member; `counts`
    the files of a product, mailboxes not counted; `products` the paths of a product's files."""

    stamp: str
    language: str
    folder: Path
    account: str
    group: int | None
    suffix: str
    parts: list[Path]
    mails: dict[str, Mail]
    files: dict[str, bytes]
    boxes: dict[str, bytes]
    where: dict[str, list[int]]
    products: dict[str, list[str]] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Files of each product; the mailboxes are not among them."""
        return {product: len(paths) for product, paths in self.products.items()}

    def part(self, number: int) -> Path:
        """The part of that number, from 1."""
        return self.parts[number - 1]

    def members(self, number: int) -> list[str]:
        """Paths of a part's members, sorted."""
        return sorted(path for path, parts in self.where.items() if number in parts)


def build(
    folder: Path,
    *,
    language: str = "ja",
    stamp: str = "20261101T101010Z",
    group: int | None = None,
    parts: int = 12,
    suffix: str = "zip",
    mails: int | Sequence[Mail] = 60,
    account: str = "yamada.hanako@g.example.ac.jp",
    line_end: bytes = b"\r\n",
    quoting: bool = False,
    split_mid_message: bool = False,
    cut_at: str = "body",
    boxes: int = MAILBOXES,
    index: bytes | None = None,
    only: Sequence[str] = (),
    more: Mapping[str, bytes] | None = None,
    seed: int = 0,
) -> Export:
    """Write an export into the folder, which is made.

    `mails`: how many, or which. `split_mid_message`: a mailbox ends inside a mail, at `cut_at` ("body", "head",
    "separator", "crlf"), and the next goes on with it; else between two. `boxes`: files of the mailbox. `index`: what
    archive_browser.html holds. `only`: products (keys of `Export.products`; "mailbox" is the mailbox) that were chosen;
    all, when empty. `more`: further members by path. `seed`: another deal of the members to the parts. Files of Drive's
    fill parts that would hold nothing.
    """
    letters = some_mails(mails, language=language, account=account) if isinstance(mails, int) else list(mails)
    products = export_files.products(language, account)
    products = {name: files for name, files in products.items() if not only or name in only}
    files = {path: data for chosen in products.values() for path, data in chosen.items()}
    cut = cut_at if split_mid_message else "between"
    bodies = export_mails.boxes(letters, boxes, language, line_end=line_end, quoting=quoting, cut_at=cut)
    mailboxes = dict(zip(_box_names(language), bodies, strict=False)) if not only or "mailbox" in only else {}
    files[INDEX] = _index(language, account, [*products]) if index is None else index
    files |= more or {}
    files |= export_files.padding(parts - (len(mailboxes) or 1) - (len(files) - 1), language)
    dealt = _dealt(files, mailboxes, parts, random.Random(f"deal {seed}"))
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / _name(stamp, group, number, suffix) for number in range(1, parts + 1)]
    for path, members in zip(paths, dealt, strict=True):
        _written(path, members)
    where: dict[str, list[int]] = {}
    for number, members in enumerate(dealt, 1):
        for member in members:
            where.setdefault(member, []).append(number)
    return Export(
        stamp, language, folder, account, group, suffix, paths, {each.id: each for each in letters}, files, mailboxes,
        where, {name: sorted(chosen) for name, chosen in products.items()},
    )  # fmt: skip


def _name(stamp: str, group: int | None, number: int, suffix: str) -> str:
    return f"takeout-{stamp}-{number:03}.{suffix}" if group is None else f"takeout-{stamp}-{group}-{number:03}.{suffix}"


def _box_names(language: str) -> list[str]:
    names = export_names.NAMES[language]
    stem = f"{ROOT}{names['mail']}/{names['all mail']}"
    return [f"{stem}.mbox", *(f"{stem}-{number:03}.mbox" for number in range(2, 1000))]


def _index(language: str, account: str, products: list[str]) -> bytes:
    return f"<!DOCTYPE html><html lang='{language}'><title>Google</title><p>{account}<p>{' '.join(products)}".encode()


def _dealt(
    files: Mapping[str, bytes], boxes: Mapping[str, bytes], parts: int, rng: random.Random
) -> list[dict[str, bytes]]:
    """Members by part: the index in the first, the mailboxes in order and apart, all others as it comes, none empty."""
    dealt: list[list[tuple[str, bytes]]] = [[] for _ in range(parts)]
    for number, box in enumerate(boxes.items()):
        dealt[number * parts // len(boxes)].append(box)
    dealt[0].append((INDEX, files[INDEX]))
    rest = [item for item in files.items() if item[0] != INDEX]
    rng.shuffle(rest)
    for part in dealt:
        if not part:
            part.append(rest.pop())
    for item in rest:
        rng.choice(dealt).append(item)
    for part in dealt:
        rng.shuffle(part)
    return [dict(part) for part in dealt]


def _written(path: Path, members: Mapping[str, bytes]) -> None:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, data in members.items():
                info = zipfile.ZipInfo(name, WRITTEN)
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, data)
        return
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(data), 1_793_527_810, 0o600
            tar.addfile(entry, io.BytesIO(data))


# --- spoiling -----------------------------------------------------------------------------------------------------


def truncated(part: Path, keep: float) -> Path:
    """The part with only that share of its beginning, as a download that broke off leaves it; `keep` 0 to 1."""
    with part.open("r+b") as file:
        file.truncate(int(part.stat().st_size * keep))
    return part


def flipped(part: Path, offset: int) -> Path:
    """The part with one byte changed; a negative offset counts from its end."""
    data = bytearray(part.read_bytes())
    data[offset] ^= 0x55
    part.write_bytes(data)
    return part


def flipped_member(part: Path, member: str) -> Path:
    """The zip with one byte changed in the middle of a member's data; the directories still look well."""
    with zipfile.ZipFile(part) as archive:
        info = archive.getinfo(member)
    head = part.read_bytes()[info.header_offset : info.header_offset + 30]
    start = info.header_offset + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    return flipped(part, start + info.compress_size // 2)
