"""Batches: many calls in one multipart request, each with its own answer and its own price.

https://developers.google.com/workspace/drive/api/guides/performance#batch-requests
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from email.message import Message
from email.parser import BytesParser
from http import HTTPStatus

from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal.reply import Gate, Reply

LIMIT = 100
"""Calls in one batch, at most."""


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
    answers = b"".join(_part(gate, part, headers, boundary) for part in parts if isinstance(part, Message))
    content_type = f"multipart/mixed; boundary={boundary}".encode()
    return Reply(200, answers + f"--{boundary}--\r\n".encode(), [(b"content-type", content_type)])


def _part(gate: Gate, part: Message, outer: Mapping[bytes, bytes], boundary: str) -> bytes:
    reply = _call(gate, part, outer)
    id = str(part.get("Content-ID", "")).strip("<>\r\n ")
    status = HTTPStatus(reply.status)
    head = f"--{boundary}\r\nContent-Type: application/http\r\nContent-ID: <response-{id}>\r\n\r\n"
    head += f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Length: {reply.length}\r\n"
    fields = b"".join(name + b": " + value + b"\r\n" for name, value in reply.headers)
    return head.encode() + fields + b"\r\n" + reply.body + b"\r\n"


def _call(gate: Gate, part: Message, outer: Mapping[bytes, bytes]) -> Reply:
    payload = part.get_payload(decode=True)
    first, _, rest = (payload if isinstance(payload, bytes) else b"").partition(b"\n")
    words = first.decode("latin-1").split()
    if len(words) != 3:
        return refusals.body(400, "badRequest", "A call in the batch has no request line.")
    method, target, _ = words
    path, _, query = target.partition("?")
    inner = BytesParser().parsebytes(rest, headersonly=True)
    headers = {name.lower().encode(): value.encode() for name, value in inner.items()}
    if "alt=media" in query:
        return refusals.body(400, "badRequest", "Media cannot be downloaded in a batch.")
    if b"authorization" in outer:
        headers.setdefault(b"authorization", outer[b"authorization"])
    return gate.answer(method, path, query, headers)
