"""Hash a finished file, once, with as many algorithms as are needed."""

from __future__ import annotations

import hashlib
from pathlib import Path

BLOCK = 1 << 20


def digests(path: Path, *algorithms: str) -> dict[str, str]:
    """Lower-case hex by algorithm name; reads the file once, from the disk."""
    hashes = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    with path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK):
            for each in hashes.values():
                each.update(block)
    return {name: each.hexdigest() for name, each in hashes.items()}
