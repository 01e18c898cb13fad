"""Batches: many calls in one multipart request, each with its own answer and its own price.

https://developers.google.com/workspace/drive/api/guides/performance#batch-requests
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from http import HTTPStatus

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.reply import Reply

LIMIT = 100
"""Calls in one batch, at most."""


@dataclass(frozen=True, slots=True)
class Inner:
    """One call of a batch."""

    number: int
    """Its place in the batch, from 0."""
    method: str
    path: str
    query: str
    headers: Mapping[bytes, bytes]
    body: bytes


Gate = Callable[[Inner], Reply]
"""Answers a call, or refuses it: the whole way of a request, with sign-in, validation, quota and work."""


def answer(gate: Gate, body: bytes, headers: Mapping[bytes, bytes]) -> Reply:
    """The multipart answer, 200 even when every call in it was refused."""
    kind = headers.get(b"content-type", b"")
    whole = BytesParser().parsebytes(b"Content-Type: " + kind + b"\r\n\r\n" + body)
    parts = whole.get_payload() if whole.is_multipart() else []
    if not isinstance(parts, list) or not parts:
        return refusals.body(400, "badRequest", "The batch request holds no calls.")
    if len(parts) > LIMIT:
        return refusals.body(400, "badRequest", f"The batch request must not hold more than {LIMIT} calls.")
    boundary = f"batch_{secrets.token_hex(12)}"
    calls = enumerate(part for part in parts if isinstance(part, Message))
    answers = b"".join(_part(gate, number, part, headers, boundary) for number, part in calls)
    content_type = f"multipart/mixed; boundary={boundary}".encode()
    return Reply(200, answers + f"--{boundary}--\r\n".encode(), [(b"content-type", content_type)])


def _part(gate: Gate, number: int, part: Message, outer: Mapping[bytes, bytes], boundary: str) -> bytes:
    reply = _call(gate, number, part, outer)
    id = str(part.get("Content-ID", "")).strip("<>\r\n ")
    status = HTTPStatus(reply.status)
    head = f"--{boundary}\r\nContent-Type: application/http\r\nContent-ID: <response-{id}>\r\n\r\n"
    head += f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Length: {reply.length}\r\n"
    fields = b"".join(name + b": " + value + b"\r\n" for name, value in reply.headers)
    return head.encode() + fields + b"\r\n" + reply.body + b"\r\n"


def _call(gate: Gate, number: int, part: Message, outer: Mapping[bytes, bytes]) -> Reply:
    payload = part.get_payload(decode=True)
    first, _, rest = (payload if isinstance(payload, bytes) else b"").partition(b"\n")
    words = first.decode("latin-1").split()
    if len(words) != 3:
        return refusals.body(400, "badRequest", "A call in the batch has no request line.")
    method, target, _ = words
    path, _, query = target.partition("?")
    head, *body = re.split(rb"\r?\n\r?\n", b"\n" + rest, maxsplit=1)
    inner = BytesParser().parsebytes(head[1:], headersonly=True)
    headers = {name.lower().encode(): value.encode() for name, value in inner.items()}
    if "alt=media" in query:
        return refusals.body(400, "badRequest", "Media cannot be downloaded in a batch.")
    if b"authorization" in outer:
        headers.setdefault(b"authorization", outer[b"authorization"])
    return gate(Inner(number, method, path, query, headers, b"".join(body)))
