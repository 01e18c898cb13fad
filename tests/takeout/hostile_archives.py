"""Archives built byte by byte, from the formats' own documents: lawful ones of every form, and ones that lie.

Zip: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT; tar and pax:
https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html. Nothing here is shared with what reads them.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from dataclasses import dataclass, replace
from itertools import accumulate

FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF


def deflated(data: bytes, level: int = 9) -> bytes:
    """Bare deflate."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def field(id: int, data: bytes) -> bytes:
    """An extra field."""
    return struct.pack("<HH", id, len(data)) + data


def unicode_path(name: bytes, path: str) -> bytes:
    """The extra field that says what a name is in Unicode."""
    return field(0x7075, b"\1" + struct.pack("<L", zlib.crc32(name)) + path.encode())


@dataclass(frozen=True)
class Zipped:
    """One member; what is None is as it should be. `wide` writes its numbers in the zip64 field.

    `descriptor` is the size of the record behind the bytes: 12, 16 with its signature, 20 and 24 in zip64.
    """

    name: bytes
    data: bytes = b""
    method: int = 8
    flags: int = 0x800
    system: int = 3
    mode: int = 0
    time: int = 0
    date: int = 0x5822
    packed: bytes | None = None
    size: int | None = None
    crc: int | None = None
    extra: bytes = b""
    local_name: bytes | None = None
    local_method: int | None = None
    local_extra: bytes = b""
    wide: bool = False
    descriptor: int = 0
    offset: int | None = None

    def bytes_packed(self) -> bytes:
        if self.packed is not None:
            return self.packed
        return deflated(self.data) if self.method == 8 else self.data

    def numbers(self) -> tuple[int, int, int]:
        """CRC, packed size, size."""
        crc = zlib.crc32(self.data) if self.crc is None else self.crc
        return crc, len(self.bytes_packed()), len(self.data) if self.size is None else self.size

    def local(self) -> bytes:
        """Its header, its bytes, and its descriptor."""
        name = self.name if self.local_name is None else self.local_name
        method = self.method if self.local_method is None else self.local_method
        crc, packed, size = (0, 0, 0) if self.descriptor else self.numbers()
        extra = self.local_extra
        if self.wide:
            extra = field(1, struct.pack("<QQ", size, packed)) + extra
            packed = size = FULL32
        flags = self.flags | (8 if self.descriptor else 0)
        head = b"PK\3\4" + struct.pack(
            "<5H3L2H", 45, flags, method, self.time, self.date, crc, packed, size, len(name), len(extra)
        )
        return head + name + extra + self.bytes_packed() + self._descriptor()

    def _descriptor(self) -> bytes:
        layout = {0: "", 12: "<LLL", 16: "<4xLLL", 20: "<LQQ", 24: "<4xLQQ"}[self.descriptor]
        body = struct.pack(layout, *self.numbers()) if layout else b""
        return b"PK\7\x08" + body[4:] if self.descriptor in (16, 24) else body

    def central(self, offset: int) -> bytes:
        """Its record in the directory."""
        offset = offset if self.offset is None else self.offset
        crc, packed, size = self.numbers()
        extra = self.extra
        if self.wide:
            extra += field(1, struct.pack("<QQQ", size, packed, offset))
            packed = size = offset = FULL32
        return (
            b"PK\1\2"
            + struct.pack(
                "<BB4H", 45, self.system, 45, self.flags | (8 if self.descriptor else 0), self.method, self.time
            )
            + struct.pack(
                "<H3L5H2L", self.date, crc, packed, size, len(self.name), len(extra), 0, 0, 0, self.mode << 16, offset
            )
            + self.name
            + extra
        )


def zip_of(*members: Zipped, comment: bytes = b"", wide: bool = False, count: int | None = None) -> bytes:
    """A zip of these, in this order."""
    bodies = [member.local() for member in members]
    starts = accumulate(map(len, bodies), initial=0)
    directory = b"".join(member.central(start) for member, start in zip(members, starts, strict=False))
    return (
        b"".join(bodies)
        + directory
        + ends(sum(map(len, bodies)), directory, len(members) if count is None else count, comment, wide)
    )


def ends(start: int, directory: bytes, count: int, comment: bytes = b"", wide: bool = False) -> bytes:
    """What follows the directory."""
    size, records = len(directory), b""
    if wide:
        records = b"PK\6\6" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, count, count, size, start)
        records += b"PK\6\7" + struct.pack("<LQL", 0, start + size, 1)
        count, size, start = FULL16, FULL32, FULL32
    return records + b"PK\5\6" + struct.pack("<4H2LH", 0, 0, count, count, size, start, len(comment)) + comment


def quoted_overlap(count: int, kernel: bytes) -> bytes:
    """Members that quote the headers behind them, and share one kernel: https://www.bamsoftware.com/hacks/zipbomb/ ."""
    last = Zipped(b"%04d" % count, kernel)
    members, rest = [last], last.local()
    for number in range(count - 1, 0, -1):
        header = rest[: len(rest) - len(members[0].bytes_packed())]
        quote = b"\0" + struct.pack("<HH", len(header), FULL16 ^ len(header))  # deflate's block of stored bytes
        members.insert(0, Zipped(b"%04d" % number, header + members[0].data, packed=quote + rest))
        rest = members[0].local()
    starts = [len(rest) - len(member.local()) for member in members]
    directory = b"".join(member.central(start) for member, start in zip(members, starts, strict=True))
    return rest + directory + ends(len(rest), directory, count)


def same_kernel(count: int, kernel: bytes) -> bytes:
    """Members whose headers' extra fields cover the headers behind them, so that all have the same bytes."""
    members = [Zipped(b"%04d" % number, kernel) for number in range(count)]
    packed = members[0].bytes_packed()
    headers = b""
    for member in reversed(members):
        own = replace(member, packed=b"", crc=zlib.crc32(kernel), local_extra=field(0x9999, headers)).local()
        sizes = struct.pack("<LL", len(packed), len(kernel))
        headers = own[:18] + sizes + own[26:]
    directory = b"".join(member.central(38 * number) for number, member in enumerate(members))
    return headers + packed + directory + ends(len(headers + packed), directory, count)


def tar_header(
    name: bytes, size: int | bytes = 0, kind: bytes = b"0", mtime: bytes = b"%011o\0" % 1_600_000_000, **more: bytes
) -> bytes:
    """One block. `more`: prefix, magic, tail (from byte 482 on)."""
    digits = b"%011o\0" % size if isinstance(size, int) else size
    magic = more.get("magic", b"ustar\00000")
    head = name.ljust(100, b"\0") + b"0000644\0" + 2 * b"0000000\0" + digits + mtime
    rest = kind + bytes(100) + magic + bytes(80) + more.get("prefix", b"").ljust(155, b"\0") + bytes(12)
    block = (head + b" " * 8 + rest)[:482] + more.get("tail", rest[-30:])
    return head + b"%06o\0 " % sum(block) + block[156:]


def padded(data: bytes) -> bytes:
    """In whole blocks."""
    return data + bytes(-len(data) % 512)


def tar_file(name: bytes, data: bytes = b"", kind: bytes = b"0", **more: bytes) -> bytes:
    """A header and the bytes behind it."""
    return tar_header(name, len(data), kind, **more) + padded(data)


def pax(records: dict[str, str], kind: bytes = b"x") -> bytes:
    """Records that say more of the next member."""
    return tar_file(b"pax", b"".join(pax_record(key, value) for key, value in records.items()), kind)


def pax_record(key: str, value: str) -> bytes:
    body = f" {key}={value}\n".encode()
    size = len(body)
    while len(str(size)) + len(body) != size:
        size = len(str(size)) + len(body)
    return b"%d" % size + body


def tgz_of(*pieces: bytes, end: bytes = bytes(1024)) -> bytes:
    """A tgz of these headers and bodies."""
    return gzip.compress(b"".join(pieces) + end, 6, mtime=0)
