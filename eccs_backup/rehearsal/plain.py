"""Worlds for measuring: many small files, one large file, a long listing."""

from __future__ import annotations

import random
from collections.abc import Iterator

from eccs_backup.rehearsal.cast import SECOND, STUDENT
from eccs_backup.rehearsal.content import Noise
from eccs_backup.rehearsal.ledger import World
from eccs_backup.rehearsal.things import FOLDER, File

_PER_FOLDER = 200


def plain(count: int, smallest: int = 1024, largest: int = 65536, seed: int = 1) -> World:
    """`count` blobs of `smallest` to `largest` bytes, two hundred to a folder."""
    world = World([STUDENT, SECOND])
    world.fill(_blobs(count, smallest, largest, seed))
    return world


def large(size: int, seed: int = 1) -> World:
    """One blob of `size` bytes. Its checksums take a second for every 300 MB: `world.warm()` has them ready."""
    world = World([STUDENT, SECOND])
    content = Noise(seed, size)
    world.fill([File(f"1Large{size}", "実験データ.bin", parent=STUDENT.root, owner=STUDENT.address, content=content)])
    return world


def listing(count: int, seed: int = 1) -> World:
    """A large account for listing: `count` blobs of 0 to 2 kB, which can be downloaded like any other."""
    return plain(count, 0, 2048, seed)


def _blobs(count: int, smallest: int, largest: int, seed: int) -> Iterator[File]:
    chance = random.Random(seed)
    for number in range(count):
        folder = f"1Folder{seed}-{number // _PER_FOLDER:05}"
        if number % _PER_FOLDER == 0:
            name = f"フォルダ {number // _PER_FOLDER:05}"
            yield File(folder, name, FOLDER, parent=STUDENT.root, owner=STUDENT.address)
        yield File(
            f"1Blob{seed}-{number:07}",
            f"資料 {number:07}.dat",
            parent=folder,
            owner=STUDENT.address,
            content=Noise(seed << 32 | number, chance.randint(smallest, largest)),
        )
