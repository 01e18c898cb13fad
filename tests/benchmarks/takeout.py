"""Ratios of `takeout import`, measured against `unzip -p | sha256sum` of the same parts in the same run; its memory.

    python tests/benchmarks/takeout.py [mailbox] [sparse] [many] [roads]

`mailbox`: 2 GB of mail in 4 parts. `sparse`: 60 GB in 12 parts, all of it holes: it takes no room on disks that know
holes. `many`: 500,000 small members in one part, and 50,000 for comparison. `roads`: an export of 20,000 mails, then
mail-export by the API: what is fetched, and what it costs; both roads' bytes. TMPDIR says where; 8 GB are needed.
"""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from pathlib import Path

import psutil
from measuring import PYTHON, main, practice, run

from eccs_backup.rehearsal.cast import STUDENT
from eccs_backup.rehearsal.server import build

STAMP = "20261101T101010Z"
GB = 10**9
MAIL_BYTES, MAIL_PARTS = 2 * GB, 4
SPARSE_BYTES, SPARSE_PARTS = 60 * GB, 12


def _mailbox(folder: Path) -> None:
    parts = _mail_parts(folder / "mail")
    size = sum(each.stat().st_size for each in parts)
    for _ in range(3):
        bare = _unzipped(parts)
        seconds, peak, _ = _imported(folder / "out", parts)
        files = sum(1 for _ in (folder / "out" / "mail").rglob("*.eml"))
        print(
            f"mailbox: {MAIL_BYTES / GB:.1f} GB ({size / GB:.2f} GB packed), {files:,} messages: unzip -p | sha256sum "
            f"{bare:.1f} s, takeout import {seconds:.1f} s: {bare / seconds:.0%} of its speed; {peak >> 20} MB"
        )
        shutil.rmtree(folder / "out")


def _sparse(folder: Path) -> None:
    (folder / "sparse").mkdir()
    parts = [_sparse_part(folder / "sparse", number) for number in range(1, SPARSE_PARTS + 1)]
    seconds, peak, read = _imported(folder / "out", parts)
    once = sum(each.stat().st_size for each in parts) + SPARSE_BYTES
    print(
        f"sparse: {SPARSE_BYTES / GB:.0f} GB in {SPARSE_PARTS} parts: {seconds:.0f} s, {peak >> 20} MB; "
        f"{read / GB:.1f} GB read, which is {read / once:.3f} times the parts and, once each, the files written"
    )
    shutil.rmtree(folder / "out")
    shutil.rmtree(folder / "sparse")


def _many(folder: Path) -> None:
    peaks = {}
    for count in (50_000, 500_000):
        part = folder / f"takeout-{STAMP}-001.zip"
        with zipfile.ZipFile(part, "w") as archive:
            for number in range(count):
                archive.writestr(
                    f"Takeout/Drive/{number // 1000:03}/A file of many {number:06}.txt", f"{number}\n" * 20
                )
        seconds, peaks[count], _ = _imported(folder / "out", [part])
        print(f"many: {count:,} members: {seconds:.0f} s, {seconds / count * 1e6:.0f} us each; {peaks[count] >> 20} MB")
        shutil.rmtree(folder / "out")
        part.unlink()
    growth = (peaks[500_000] - peaks[50_000]) / 450_000
    print(f"many: memory grows by {growth:.0f} bytes for each further member")


def _roads(folder: Path, count: int = 20_000, newer: int = 100) -> None:
    name = f"mail:{count}:6000"
    messages = sorted(build(name).mail[STUDENT.address].messages.values(), key=lambda each: each.id)
    part = folder / f"takeout-{STAMP}-001.zip"
    with (
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("Takeout/Mail/All mail Including Spam and Trash.mbox", "w") as box,
    ):
        for each in messages[:-newer]:
            when = time.strftime("%a %b %d %H:%M:%S +0000 %Y", time.gmtime(each.date / 1000))
            head = f"From {each.id}@xxx {when}\r\nX-GM-THRID: {each.thread}\r\nX-Gmail-Labels: Inbox,Opened\r\n"
            box.write(head.encode() + bytes(each.body) + b"\r\n")
    with practice(name) as server:
        words = [PYTHON, "-m", "eccs_backup", "takeout", "import", folder / "roads", part]
        subprocess.run([*map(str, words)], env=server.env, check=True, stdout=subprocess.DEVNULL)
        server.reset()
        taken = run(server, "mail-export", folder / "roads", "--road", "api", "--quota", "none")
        state = server.state()["mail_quota"]
        fetched = state["served"]
        print(
            f"roads: {count:,} mails, {count - newer:,} of them imported before: mail-export made {fetched:,} calls, "
            f"{state['spent']:,} units; all costs {20 * count:,} and the listing; {taken.seconds:.0f} s, exit "
            f"{taken.status}"
        )
        run(server, "mail-export", folder / "api first", "--road", "api", "--quota", "none")
        words = [PYTHON, "-m", "eccs_backup", "takeout", "import", folder / "api first", part, "--json"]
        told = json.loads(subprocess.run([*map(str, words)], env=server.env, capture_output=True).stdout)
        print(f"roads: the same mails by both roads: {told['mails']}")


def _imported(out: Path, parts: list[Path]) -> tuple[float, int, int]:
    """(seconds, peak resident bytes, bytes read by system calls) of a whole command that has to succeed."""
    words = ["takeout", "import", out, *parts, "--account", "me@example.org"]
    command = [PYTHON, "-m", "eccs_backup", *map(str, words)]
    env = {**os.environ, "ECCS_BACKUP_HOME": str(out.parent / "home")}
    started = time.monotonic()
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    watched, peak, read = psutil.Process(process.pid), 0, 0
    while process.poll() is None:
        try:
            peak = max(peak, watched.memory_info().rss)
            read = watched.io_counters().read_chars if sys.platform == "linux" else 0
        except psutil.NoSuchProcess:
            break
        time.sleep(0.02)
    seconds = time.monotonic() - started
    assert process.wait() == 0, process.returncode
    return seconds, peak, read


def _unzipped(parts: list[Path]) -> float:
    started = time.monotonic()
    loop = 'for part in "$@"; do unzip -p "$part"; done | sha256sum'
    subprocess.run(["sh", "-c", loop, "sh", *map(str, parts)], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def _mail_parts(folder: Path) -> list[Path]:
    """Mails of all sizes: mostly text, some with attachments; no two parts of text alike."""
    folder.mkdir()
    rng = random.Random(5)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 10))) for _ in range(5000)]
    attachments = [base64.encodebytes(rng.randbytes(300_000)).replace(b"\n", b"\r\n") for _ in range(40)]
    found, number = [], 0
    for part in range(1, MAIL_PARTS + 1):
        found.append(folder / f"takeout-{STAMP}-{part:03}.zip")
        name = "All mail Including Spam and Trash" + (f"-{part:03}" if part > 1 else "")
        path = f"Takeout/Mail/{name}.mbox"
        with (
            zipfile.ZipFile(found[-1], "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open(path, "w", force_zip64=True) as box,
        ):
            size = 0
            while size < MAIL_BYTES / MAIL_PARTS:
                mail = _mail(rng, words, attachments, number)
                box.write(mail)
                size, number = size + len(mail), number + 1
    return found


def _mail(rng: random.Random, words: list[str], attachments: list[bytes], number: int) -> bytes:
    id, when = (1_400_000_000_000 + number * 20_000_000) << 20, 1_400_000_000 + number * 20_000
    head = (
        f"From {id}@xxx {time.strftime('%a %b %d %H:%M:%S +0000 %Y', time.gmtime(when))}\r\nX-GM-THRID: {id}\r\n"
        f"X-Gmail-Labels: Inbox,Opened,Category Updates\r\nDelivered-To: me@example.org\r\n"
        f"Subject: {' '.join(rng.choices(words, k=5))}\r\nMessage-ID: <{id}@mail.example>\r\n"
        f"From: x@mail.example\r\n\r\n"
    )
    lines = [" ".join(rng.choices(words, k=12)) for _ in range(int(rng.expovariate(1 / 70)) + 4)]
    body = "\r\n".join(lines).encode() + b"\r\n"
    if rng.random() > 0.62:
        left = int(rng.expovariate(1 / 260_000)) + 2_000
        while left > 0:
            start = rng.randrange(0, 200_000) // 78 * 78
            body += rng.choice(attachments)[start : start + min(left, 100_000) // 78 * 78 + 78]
            left -= 100_000
    return head.encode() + body + b"\r\n"


def _sparse_part(folder: Path, number: int) -> Path:
    """A zip with one stored member that is a hole, written by hand; zip64, as it is larger than 4 GB."""
    path = folder / f"takeout-{STAMP}-{number:03}.zip"
    size, name = SPARSE_BYTES // SPARSE_PARTS, f"Takeout/Drive/film {number}.raw".encode()
    crc = 0
    for _ in range(size // (1 << 20)):
        crc = zlib.crc32(bytes(1 << 20), crc)
    crc = zlib.crc32(bytes(size % (1 << 20)), crc)
    extra = struct.pack("<HHQQ", 1, 16, size, size)
    common = struct.pack("<HHHHHIIIHH", 45, 0x800, 0, 0, 0x5B61, crc, 0xFFFFFFFF, 0xFFFFFFFF, len(name), len(extra))
    local = b"PK\3\4" + common + name + extra
    central = b"PK\1\2" + struct.pack("<H", 45) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name + extra
    start = len(local) + size
    end64 = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 1, 1, len(central), start)
    locator = b"PK\6\7" + struct.pack("<IQI", 0, start + len(central), 1)
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), 0xFFFFFFFF, 0)
    with path.open("wb") as file:
        file.write(local)
        file.truncate(start)
        file.seek(start)
        file.write(central + end64 + locator + end)
    return path


if __name__ == "__main__":
    main({"mailbox": _mailbox, "sparse": _sparse, "many": _many, "roads": _roads}, __doc__)
