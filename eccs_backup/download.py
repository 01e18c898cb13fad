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
from eccs_backup.disk import make_folder, set_aside
from eccs_backup.errors import Changed, Corrupt, ItemError, Transient, Unavailable, of_disk
from eccs_backup.model import Digest, Entry, Item, Kind, Proof, State
from eccs_backup.ranges import Journal, RangesIgnored, receive_ranges
from eccs_backup.retry import Patience
from eccs_backup.sources import Opener

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


def fetch(source: Opener, item: Item, target: Path, path: str, known: Entry | None, tools: Tools) -> Entry:
    """Bring `item` to `target` (`path` in the vault); returns its row, which is the caller's to write.

    `target` appears whole and checked, or not at all; an older version lies there until then. An item that changed
    under our hands is fetched as it is now. Raises ItemError, Transient when patience is used up, Stop.
    """
    try:
        if adopted := _adopt(item, target, path, tools.part(item)):
            return adopted
        trouble: ItemError | None = None
        refused = False
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
            except Unavailable as error:
                if refused:
                    raise _confirmed(error) from error
                trouble, refused = error, True
                item = _as_now(source, item, tools)
                continue
            _settle(item, part, target, known.sha256 if known and known.path == path else None, sha256)
            return _row(item, path, size, sha256, proof)
        assert trouble is not None
        raise trouble
    except OSError as error:
        raise of_disk(error) from error


def _adopt(item: Item, target: Path, path: str, part: Path) -> Entry | None:
    """The file may lie there already: put in place by a run that was killed before it wrote the row.

    Where the service gives no digest, that run left a note of what it was about to put there.
    """
    promised = item.digest or _noted(part)
    if promised is None or not target.is_file() or (item.size is not None and target.stat().st_size != item.size):
        return None
    found = digests(target, *{"sha256", promised.algorithm})
    if found[promised.algorithm] != promised.hex:
        return None
    return _row(item, path, target.stat().st_size, found["sha256"], _proof(item))


def _receive(source: Opener, item: Item, part: Path, tools: Tools) -> None:
    """Bring the bytes into the part, over several connections where it pays."""
    if tools.lanes and item.size is not None and item.size >= LARGE and item.digest:
        with suppress(RangesIgnored):
            receive_ranges(source, item, part, tools.lanes, tools.crew, tools.patience, tools.on_bytes)
            return
    if Journal.started(part):  # its holes would pass for bytes
        _destroy(part)
    patience = tools.patience()
    best = _held(item, part)
    tools.on_bytes(best)
    while True:
        try:
            size = _receive_once(source, item, part, best, patience, tools.on_bytes)
            if item.size is None or size >= item.size:
                return
            raise Transient(f"{item.name} ended after {size} of {item.size} bytes.")
        except Transient as error:
            best = max(best, _held(item, part))
            patience.wait_or_raise(error)


def _receive_once(
    source: Opener, item: Item, part: Path, best: int, patience: Patience, on_bytes: Callable[[int], object]
) -> int:
    """One attempt; returns how far it came. Only what goes beyond `best` is progress: some networks cut every answer
    at the same byte."""
    held = _held(item, part)
    if held and held == item.size:
        return held
    with source.open(item, held) as stream, part.open("ab", buffering=0) as file:
        size = min(stream.start, held)
        file.truncate(size)
        on_bytes(size - held)
        for block in stream.chunks:
            file.write(block)
            size += len(block)
            on_bytes(len(block))
            if size > best:
                best = size
                patience.restore()
            if item.size is not None and size > item.size:
                raise Corrupt(f"{item.name} does not end after its {item.size} bytes.")
    return size


def _held(item: Item, part: Path) -> int:
    """Bytes of the part that may stay. None without a digest: nothing would show two versions put together."""
    if item.digest is None:
        return 0
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0


def _check(item: Item, part: Path) -> tuple[int, str, Proof]:
    """Read back what is on the disk, the resumed half included, and compare it. Raises Corrupt."""
    size = part.stat().st_size
    if item.size not in (None, size):
        raise Corrupt(f"{item.name} has {size} bytes; {item.size} were promised.")
    promised = item.digest
    found = digests(part, *{"sha256", promised.algorithm if promised else "sha256"})
    if promised and found[promised.algorithm] != promised.hex:
        raise Corrupt(f"{item.name} does not match the service's {promised.algorithm}.")
    if _proof(item) is Proof.STRUCTURE and (fault := structure.fault(part, item.format or "")):
        raise Corrupt(f"{item.name} is not a whole {item.format} file: {fault}.")
    return size, found["sha256"], _proof(item)


def _proof(item: Item) -> Proof:
    """What shows that a file of this item is whole."""
    if item.digest:
        return Proof.DIGEST
    if item.format in structure.KNOWN:
        return Proof.STRUCTURE
    return Proof.NONE if item.size is None else Proof.SIZE


def _settle(item: Item, part: Path, target: Path, older: str | None, newer: str) -> None:
    """Put the part in its place. `older` is the hash of the version that our row describes, `newer` the part's.

    Whatever else lies there - edited, or saved by hand because we could not - is the person's, and is set aside.
    """
    make_folder(target.parent)
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    if item.modified:
        with suppress(OSError, OverflowError):  # FAT knows no year before 1980; the manifest keeps the true time
            os.utime(part, (item.modified.timestamp(),) * 2)
    if os.path.lexists(target) and (target.is_symlink() or not target.is_file() or _hash(target) not in (older, newer)):
        set_aside(target)
    if item.digest is None:
        _note(part).write_text(newer, encoding="ascii")
    part.replace(target)
    Journal.forget(part)


def _hash(path: Path) -> str:
    return digests(path, "sha256")["sha256"]


def _note(part: Path) -> Path:
    """Where it is noted what a part without a digest becomes: the SHA-256 of the finished file."""
    return part.with_name(f"{part.name}.note")


def _noted(part: Path) -> Digest | None:
    try:
        hex = _note(part).read_text(encoding="ascii")
    except (FileNotFoundError, IsADirectoryError, UnicodeDecodeError):
        return None
    return Digest("sha256", hex) if len(hex) == 64 else None  # a kill may have cut the note short


def _confirmed(error: Unavailable) -> ItemError:
    """A refusal that came twice although the service's own description shows nothing of it.

    Only where the description never tells (harmful files, documents that cannot be converted) is it believed.
    """
    if error.obstacle.kind in (Kind.ABUSE, Kind.NO_EXPORT):
        return error
    return ItemError(f"{error} But it is listed as if it could be fetched.", hint=error.hint)


def _destroy(part: Path) -> None:
    part.unlink(missing_ok=True)
    Journal.forget(part)


def _as_now(source: Opener, item: Item, tools: Tools) -> Item:
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
