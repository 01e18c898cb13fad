"""What a disk may have in the way: other people's files, synchronised folders, paths that are too long."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path

SYNCS_TOGETHER = sys.platform == "linux"
"""Whether `sync` does anything: whoever relies on it has to sync each file where it does not."""

_BY_NUMBER = os.utime in os.supports_fd
"""Whether an open file may be dated: looking it up again by its path costs as much as writing it."""


def set_aside(path: Path) -> None:
    """Rename whatever lies at `path` and is not as we left it, so that nothing of the person's is overwritten."""
    number = 1
    while os.path.lexists(other := path.with_name(f"{path.stem} (set aside {number}){path.suffix}")):
        number += 1
    with suppress(FileNotFoundError):  # another worker was quicker
        path.rename(other)


def write_whole(path: Path, body: bytes, modified: datetime | None) -> bool:
    """Write a file with its date, and on systems where `sync` does nothing wait for the disk; whether the very same
    can be read back. Raises OSError."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o666)
    try:
        if not _written(file, body):
            return False
        if not SYNCS_TOGETHER:
            os.fsync(file)
        if modified and _BY_NUMBER:
            date(file, modified)
    finally:
        os.close(file)
    if modified and not _BY_NUMBER:
        date(path, modified)
    return True


def date(file: int | Path, when: datetime) -> None:
    """Give a file its time, if the file system has such a time: FAT knows no year before 1980."""
    with suppress(OSError, OverflowError):
        os.utime(file, (when.timestamp(),) * 2)


def _written(file: int, body: bytes) -> bool:
    left = memoryview(body)
    while left:
        left = left[os.write(file, left) :]
    os.lseek(file, 0, os.SEEK_SET)
    left = memoryview(body)
    while block := os.read(file, min(len(left) + 1, 1 << 20)):  # one byte more would show
        if block != left[: len(block)]:
            return False
        left = left[len(block) :]
    return not left


def make_folder(folder: Path) -> None:
    """Make the folder and those above it; a file that lies where a folder belongs is set aside."""
    for _ in range(len(folder.parts)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return
        except (FileExistsError, NotADirectoryError):
            for each in (*reversed(folder.parents), folder):
                if os.path.lexists(each) and not each.is_dir():
                    set_aside(each)
                    break
    folder.mkdir(parents=True, exist_ok=True)


def sync(folder: Path) -> None:
    """Wait until everything written so far to the disk of `folder` lies on it, at once for many files. Raises OSError.

    https://man7.org/linux/man-pages/man2/sync.2.html: elsewhere than on Linux such a call does not wait.
    """
    if not SYNCS_TOGETHER:
        return
    at = os.open(folder, os.O_RDONLY)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.syncfs(at):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(at)


def allocated(folder: Path) -> int:
    """Bytes that the files in `folder` take on the disk; of a file with holes only what is written."""
    return sum(getattr(file.stat(), "st_blocks", 0) * 512 for file in os.scandir(folder) if file.is_file())


def synchronised(root: Path) -> str | None:
    """The name of the service that synchronises `root` with a cloud, when its path shows one.

    Files saved there would be uploaded again, and vanish with the account. The names are those the services' own
    programs give: OneDrive sets `OneDrive*` in the environment on Windows; macOS keeps them in Library/CloudStorage.
    """
    whole = Path(os.path.abspath(root))  # noqa: PTH100 - resolve() would follow links to folders that do not exist yet
    for name, value in os.environ.items():
        if name.startswith("OneDrive") and value and whole.is_relative_to(Path(value)):
            return "OneDrive"
    marks = {"onedrive": "OneDrive", "google drive": "Google Drive", "googledrive": "Google Drive",
             "dropbox": "Dropbox", "mobile documents": "iCloud", "box sync": "Box"}  # fmt: skip
    for part in whole.parts:
        for mark, service in marks.items():
            if part.casefold() == mark or part.casefold().startswith((f"{mark} -", f"{mark}-")):
                return service
    return None


def long_path(root: Path) -> Path:
    """On Windows, the form of the path that may be longer than 260 characters.
    https://learn.microsoft.com/windows/win32/fileio/maximum-file-path-limitation"""
    if sys.platform != "win32" or str(root).startswith("\\\\"):
        return root
    return Path("\\\\?\\" + os.path.abspath(root))  # noqa: PTH100 - resolve() follows links
