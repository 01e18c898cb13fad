"""Short ways to make the student's messages, each with a name that never changes."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from eccs_backup.rehearsal.cast import STUDENT, TEACHER
from eccs_backup.rehearsal.mail.mailbox import Body
from eccs_backup.rehearsal.mail.plain import gmail_id

Fields = Mapping[str, bytes | None]
_FIRST = 1_680_307_200_000  # 2023-04-01, in milliseconds
_YEAR = 365 * 86_400_000


@dataclass(frozen=True, slots=True)
class Letter:
    """One message of the student's: `key` is its name among the cases, `what` says what is special about it."""

    key: str
    what: str
    body: Body
    labels: frozenset[str]
    date: int
    id: int
    thread: str
    """The key of the letter that began the conversation."""


def letter(
    key: str,
    what: str,
    body: Body,
    labels: Iterable[str] = ("INBOX",),
    *,
    date: int | None = None,
    arrived: int | None = None,
    thread: str = "",
) -> Letter:
    """A message; `date` is Gmail's internal date and `arrived` the time in its id, in milliseconds since 1970."""
    date = moment(key) if date is None else date
    id = gmail_id(date if arrived is None else arrived, zlib.crc32(key.encode()))
    return Letter(key, what, body, frozenset(labels), date, id, thread or key)


def mail(key: str, body: bytes = b"Hello.\r\n", fields: Fields | None = None, date: int | None = None) -> bytes:
    """Header lines and a body, with CRLF; `fields` replaces or adds header fields, None leaves one out."""
    every: dict[str, bytes | None] = {
        "From": TEACHER.encode(),
        "To": STUDENT.address.encode(),
        "Subject": b"Case " + key.encode(),
        "Date": date_field(moment(key) if date is None else date),
        "Message-ID": b"<" + key.encode() + b"@mail.example.ac.jp>",
        "MIME-Version": b"1.0",
        **(fields or {}),
    }
    lines = [name.encode() + b": " + value for name, value in every.items() if value is not None]
    return b"\r\n".join([*lines, b"", body])


def typed(kind: bytes, encoding: bytes | None = None, **more: bytes | None) -> dict[str, bytes | None]:
    """Header fields for a body of this content type; `more` are fields without a hyphen, such as Subject."""
    return {"Content-Type": kind, **({"Content-Transfer-Encoding": encoding} if encoding else {}), **more}


def part(kind: bytes, body: bytes, *more: bytes) -> bytes:
    """One part of a multipart body; `more` are whole header lines."""
    return b"\r\n".join([b"Content-Type: " + kind, *more, b"", body])


def parts(boundary: bytes, *each: bytes, end: bool = True) -> bytes:
    """The body of a multipart message, with or without its final boundary."""
    opened = b"".join(b"--" + boundary + b"\r\n" + one + b"\r\n" for one in each)
    return opened + (b"--" + boundary + b"--\r\n" if end else b"")


def mixed(key: str, *each: bytes, fields: Fields | None = None) -> bytes:
    """A message of type multipart/mixed."""
    kind = typed(b'multipart/mixed; boundary="=_' + key.encode() + b'"')
    return mail(key, parts(b"=_" + key.encode(), *each), {**kind, **(fields or {})})


def attachment(name: bytes, data: bytes, kind: bytes = b"application/octet-stream") -> bytes:
    """A part with a file in base64; `name` is the parameter as it stands, such as `filename="a.txt"`."""
    return part(kind, folded(data), b"Content-Disposition: attachment; " + name, b"Content-Transfer-Encoding: base64")


def word(text: str, charset: str = "UTF-8") -> bytes:
    """An encoded-word in base64. https://www.rfc-editor.org/rfc/rfc2047"""
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?=".encode()


def folded(data: bytes) -> bytes:
    """Base64 in lines of 76 characters that end in CRLF."""
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def moment(key: str) -> int:
    """When this case's message came, in milliseconds: some whole second of the two years from April 2023."""
    return _FIRST + zlib.crc32(b"when " + key.encode()) % (2 * _YEAR) // 1000 * 1000


def date_field(date: int) -> bytes:
    """A Date header field's value."""
    return format_datetime(datetime.fromtimestamp(date // 1000, UTC)).encode()
