"""One item becomes one verified file."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from eccs_backup import structure
from eccs_backup.digest import digests
from eccs_backup.errors import Changed, Corrupt, Transient, Unavailable, of_disk
from eccs_backup.model import Entry, Item, Proof, State
from eccs_backup.ranges import Journal, RangesIgnored, receive_ranges
from eccs_backup.retry import Patience
from eccs_backup.sources import Source
from eccs_backup.vault import set_aside

LARGE = 48 << 20
"""Bytes from which a file is fetched over several connections."""
ATTEMPTS = 4
"""How often an item is fetched anew after it changed or arrived damaged."""


@dataclass(frozen=True)
class Tools:
    """What a download works with. `lanes` runs further connections for large files, at most `crew` for one."""

    part: Callable[[Item], Path]
    patience: Callable[[], Patience]
    lanes: Executor | None = None
    crew: int = 0
    on_bytes: Callable[[int], object] = lambda count: None


def fetch(source: Source, item: Item, target: Path, path: str, known: Entry | None, tools: Tools) -> Entry:
    """Bring `item` to `target` (`path` in the vault); returns its row, which is the caller's to write.

    `target` appears whole and checked, or not at all; an older version lies there until then. An item that changed
    under our hands is fetched as it is now. Raises ItemError, Transient when patience is used up, Stop.
    """
    try:
        if adopted := _adopt(item, target, path):
            return adopted
        for _ in range(ATTEMPTS):
            part = tools.part(item)
            try:
                _receive(source, item, part, tools)
                size, sha256, proof = _check(item, part)
            except (Changed, Corrupt) as error:
                trouble = error
                _destroy(part)
                item = _as_now(source, item, tools)
                continue
            _settle(item, part, target, known if known and known.path == path else None)
            return _row(item, path, size, sha256, proof)
        raise trouble
    except OSError as error:
        raise of_disk(error) from error


def _adopt(item: Item, target: Path, path: str) -> Entry | None:
    """The file may lie there already: put in place by a run that was killed before it wrote the row."""
    if item.digest is None or item.size is None:
        return None
    try:
        if target.stat().st_size != item.size:
            return None
    except FileNotFoundError:
        return None
    found = digests(target, "sha256", item.digest.algorithm)
    if found[item.digest.algorithm] != item.digest.hex:
        return None
    return _row(item, path, item.size, found["sha256"], Proof.DIGEST)


def _receive(source: Source, item: Item, part: Path, tools: Tools) -> None:
    """Bring the bytes into the part, over several connections where it pays."""
    if tools.lanes and item.size is not None and item.size >= LARGE and item.digest:
        with suppress(RangesIgnored):
            receive_ranges(source, item, part, tools.lanes, tools.crew, tools.patience, tools.on_bytes)
            return
    if Journal.started(part):  # its holes would pass for bytes
        _destroy(part)
    patience = tools.patience()
    tools.on_bytes(_held(item, part))
    while True:
        try:
            _receive_once(source, item, part, patience, tools.on_bytes)
            return
        except Transient as error:
            patience.wait_or_raise(error)


def _receive_once(
    source: Source, item: Item, part: Path, patience: Patience, on_bytes: Callable[[int], object]
) -> None:
    held = _held(item, part)
    if held and held == item.size:
        return
    with source.open(item, held) as stream, part.open("ab", buffering=0) as file:
        size = min(stream.start, held)
        file.truncate(size)
        on_bytes(size - held)
        for block in stream.chunks:
            file.write(block)
            size += len(block)
            on_bytes(len(block))
            patience.restore()
    if item.size is not None and size < item.size:
        raise Transient(f"{item.name} ended after {size} of {item.size} bytes.")


def _held(item: Item, part: Path) -> int:
    """Bytes of the part that may stay. None without a digest: nothing would show two versions put together."""
    if item.digest is None:
        return 0
    try:
        size = part.stat().st_size
    except FileNotFoundError:
        return 0
    return size if item.size is None or size <= item.size else 0


def _check(item: Item, part: Path) -> tuple[int, str, Proof]:
    """Read back what is on the disk, the resumed half included, and compare it. Raises Corrupt."""
    size = part.stat().st_size
    if item.size not in (None, size):
        raise Corrupt(f"{item.name} has {size} bytes; {item.size} were promised.")
    promised = item.digest
    found = digests(part, *{"sha256", promised.algorithm if promised else "sha256"})
    if promised and found[promised.algorithm] != promised.hex:
        raise Corrupt(f"{item.name} does not match the service's {promised.algorithm}.")
    if promised:
        return size, found["sha256"], Proof.DIGEST
    if item.format in structure.KNOWN:
        if fault := structure.fault(part, item.format):
            raise Corrupt(f"{item.name} is not a whole {item.format} file: {fault}.")
        return size, found["sha256"], Proof.STRUCTURE
    return size, found["sha256"], Proof.NONE if item.size is None else Proof.SIZE


def _settle(item: Item, part: Path, target: Path, known: Entry | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    if item.modified:
        with suppress(OSError, OverflowError):  # FAT knows no year before 1980; the manifest keeps the true time
            os.utime(part, (item.modified.timestamp(),) * 2)
    if known and target.exists() and target.stat().st_size != known.size:
        set_aside(target)
    part.replace(target)
    Journal.forget(part)


def _destroy(part: Path) -> None:
    part.unlink(missing_ok=True)
    Journal.forget(part)


def _as_now(source: Source, item: Item, tools: Tools) -> Item:
    patience = tools.patience()
    while True:
        try:
            now = source.refresh(item)
            break
        except Transient as error:
            patience.wait_or_raise(error)
    if now.obstacle:
        raise Unavailable(now.obstacle.sentence, kind=now.obstacle.kind)
    return now


def _row(item: Item, path: str, size: int, sha256: str, proof: Proof) -> Entry:
    modified = item.modified.timestamp() if item.modified else None
    return Entry(
        item.key,
        State.SAVED,
        item.name,
        None,
        None,
        item.revision,
        path,
        size,
        sha256,
        proof,
        modified,
        item.facts,
    )
