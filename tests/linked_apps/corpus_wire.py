"""Turns a drafted mail into the bytes that a mailbox holds: headers as receiver and sender write them, and the text.

"corpus/carriers.toml" says how mailing services shape what they carry.
"""

from __future__ import annotations

import base64
import html
import quopri
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from eccs_backup.linked_apps.domains import registrable

FOLDER = Path(__file__).with_name("corpus")
ME = "yamada.hanako@g.example.ac.jp"
GOOGLE = "Google <no-reply@accounts.google.com>"
ENCODINGS = {"utf8", "qp", "7bit", "8bit", "jis", "sjis", "euc"}
CHARSETS = {"jis": "iso-2022-jp", "sjis": "shift_jis", "euc": "euc-jp"}
SHAPES = {"text", "html", "alt"}
FLAGS = ENCODINGS | SHAPES | {"unsub", "nounsub", "bulk", "alert", "spam", "bcc"}
AUTHS = {"aligned", "esp", "dkim", "spf", "spfdmarc", "fail", "broken", "absent"}


class Draft(NamedTuple):
    """A mail as the file has it: `at` is its place in the file, `where` the table it stands in."""

    at: str
    where: dict[str, Any]
    kind: str
    flags: frozenset[str]
    options: dict[str, str]
    subject: str
    headers: tuple[tuple[str, str], ...]
    body: str
    number: int

    def get(self, key: str, default: str) -> str:
        """An option of the mail, else of its table."""
        return self.options.get(key) or str(self.where.get(key, default))

    def pick(self, salt: str, *of: str) -> str:
        """One of several, always the same."""
        return of[int(self.hex(salt, 8), 16) % len(of)]

    def hex(self, salt: str, length: int = 16) -> str:
        """Hexadecimal digits that belong to this mail."""
        return sha256(f"{self.at} {salt}".encode()).hexdigest()[:length]


@cache
def _carriers() -> dict[str, dict[str, Any]]:
    return tomllib.loads((FOLDER / "carriers.toml").read_text(encoding="utf-8"))


def _when(draft: Draft) -> datetime:
    if date := draft.options.get("on"):
        return datetime.fromisoformat(date).replace(hour=int(draft.hex("hour", 2), 16) % 24, tzinfo=UTC)
    start = int(sha256(draft.at.rpartition("/")[0].encode()).hexdigest()[:8], 16) % 1500
    days = start + draft.number * 83 + int(draft.hex("day", 4), 16) % 70
    return datetime(2019, 4, 2, 1, tzinfo=UTC) + timedelta(days=days, seconds=int(draft.hex("time", 8), 16) % 50_000)


# The head, from the receiver's lines down to the sender's.


def raw(draft: Draft) -> bytes:
    """The mail as it is stored, with CR LF."""
    given = dict(draft.headers)
    sender = given.get("From") or (GOOGLE if "alert" in draft.flags else str(draft.where["from"]))
    via = draft.get("via", "google" if "alert" in draft.flags else "own")
    carrier = _carriers()[via]
    fields = _fields(draft, sender, via)
    head = [] if via == "sent" else _received(draft, carrier, fields)
    head += _signatures(draft, carrier, fields)
    own = _own(draft, sender, carrier, fields)
    head += [(name, value) for name, value in own if name == "From" or name not in given]
    head += [(name, value) for name, value in draft.headers if name != "From"]
    shape, body = _content(draft)
    lines = [f"{name}: {value}" for name, value in [*head, ("MIME-Version", "1.0"), *shape]]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def _fields(draft: Draft, sender: str, via: str) -> dict[str, str]:
    address = sender.rpartition("<")[2].split(">")[0].split(" (")[0]
    host = address.rpartition("@")[2]
    number = str(int(draft.hex("number", 7), 16))
    fields = {"address": address, "host": host, "base": registrable(host) or host, "n": number, "via": via}
    listed = dict(draft.headers).get("List-Post", "").rpartition("@")[2].strip(">")
    fields |= {"hex": draft.hex("id", 24), "verp": ME.replace("@", "="), "lists": listed or host}
    fields["return"] = draft.get("return", str(_carriers()[via].get("return", "{address}"))).format(**fields)
    if _borrowed(draft):  # the envelope's sender is a host of the forger's, and passes
        fields["return"] = f"bounce@vps{number[:3]}-post.top"
    return fields


def _borrowed(draft: Draft) -> bool:
    return draft.get("auth", "") == "fail" and draft.pick("envelope", "own", "borrowed") == "borrowed"


def _received(draft: Draft, carrier: dict[str, Any], fields: dict[str, str]) -> list[tuple[str, str]]:
    host = str(carrier.get("relay", "mail{n}.{base}")).format(**fields).replace(fields["n"], fields["n"][:2])
    address = f"203.0.113.{int(fields['n']) % 254 + 1}"
    stamp = format_datetime(_when(draft))
    verdict = _verdict(draft, carrier, fields, address)
    token = fields["hex"][:16]
    lines = [
        ("Delivered-To", ME),
        ("Received", f"by 2002:a05:6a10:{token[:4]}:b0:{token[4:7]}:{token[7:11]} with SMTP id {token};\r\n\t{stamp}"),
        ("X-Google-Smtp-Source", f"AGHT+I{fields['hex']}"),
        ("ARC-Seal", f"i=1; a=rsa-sha256; t={int(_when(draft).timestamp())}; cv=none;\r\n d=google.com; s=arc-20240605;"
         f"\r\n b={_filler(draft, 'seal')}"),
    ]  # fmt: skip
    if verdict:
        lines.append(("ARC-Authentication-Results", f"i=1; {verdict}"))
    lines.append(("Return-Path", f"<{fields['return']}>"))
    lines.append(("Received", f"from {host} ({host}. [{address}])\r\n        by mx.google.com with ESMTPS id {token}"
                  f"\r\n        for <{ME}>;\r\n        {stamp}"))  # fmt: skip
    return [*lines, ("Authentication-Results", verdict)] if verdict else lines


def _verdict(draft: Draft, carrier: dict[str, Any], fields: dict[str, str], address: str) -> str:
    auth = draft.get("auth", "aligned")
    assert auth in AUTHS, f"{draft.at}: {auth}"
    if auth == "absent":
        return ""
    passed = "fail" if auth == "broken" else "pass"
    found = [f"dkim={passed} header.i=@{each} header.s={_selector(draft, each)} header.b={draft.hex(each, 8)}"
             for each in _signers(draft, carrier, fields)]  # fmt: skip
    mailfrom = fields["address"] if auth in ("spf", "spfdmarc") else fields["return"]
    bad = auth == "broken" or (auth == "fail" and not _borrowed(draft))
    spf = draft.pick("spf", "softfail", "fail", "none") if bad else "pass"
    word = "designates" if spf == "pass" else "does not designate"
    note = f"google.com: domain of {mailfrom} {word} {address} as permitted sender"
    found.append(f"spf={spf} ({note}) smtp.mailfrom={draft.pick('quoted', mailfrom, chr(34) + mailfrom + chr(34))}")
    policy = draft.pick("policy", "p=NONE sp=NONE dis=NONE", "p=REJECT sp=REJECT dis=NONE", "p=QUARANTINE dis=NONE")
    if auth in ("aligned", "spfdmarc"):
        found.append(f"dmarc=pass ({policy}) header.from={fields['host']}")
    elif auth in ("fail", "broken"):
        failed = draft.pick("failed", "p=REJECT dis=QUARANTINE", "p=QUARANTINE dis=QUARANTINE", "p=NONE dis=NONE")
        found.append(f"dmarc=fail ({failed}) header.from={fields['host']}")
    elif auth == "esp" and int(fields["n"]) % 2:
        found.append(f"dmarc=none (p=NONE sp=NONE dis=NONE) header.from={fields['host']}")
    return "mx.google.com;\r\n       " + ";\r\n       ".join(found)


def _signers(draft: Draft, carrier: dict[str, Any], fields: dict[str, str]) -> list[str]:
    auth = draft.get("auth", "aligned")
    if auth in ("spf", "spfdmarc", "fail"):
        return []
    own = [draft.get("dkim", "{host}").format(**fields)] if auth in ("aligned", "dkim", "broken", "absent") else []
    return [*own, *(each.format(**fields) for each in carrier.get("dkim", []))]


def _selector(draft: Draft, domain: str) -> str:
    return draft.pick("selector", "s1", "k2", "20230601", "mail", "google") + sha256(domain.encode()).hexdigest()[:2]


def _filler(draft: Draft, salt: str) -> str:
    whole = base64.b64encode(sha256(f"{draft.at} {salt}".encode()).digest() * 3).decode()
    return f"{whole[:64]}\r\n         {whole[64:]}"


def _signatures(draft: Draft, carrier: dict[str, Any], fields: dict[str, str]) -> list[tuple[str, str]]:
    return [
        ("DKIM-Signature", f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={each}; s={_selector(draft, each)};\r\n"
         f"\th=from:to:subject:date:message-id; bh={draft.hex('bh', 40)}=;\r\n\tb={_filler(draft, each)}")
        for each in _signers(draft, carrier, fields)
    ]  # fmt: skip


def _own(draft: Draft, sender: str, carrier: dict[str, Any], fields: dict[str, str]) -> Iterator[tuple[str, str]]:
    hours = int(draft.pick("zone", "0", "9", "-7")) if "alert" not in draft.flags else 0
    yield "Date", format_datetime(_when(draft).astimezone(timezone(timedelta(hours=hours))))
    yield "From", _mailbox(draft, sender)
    to = draft.pick("to", ME, f"<{ME}>", f"Hanako Yamada <{ME}>", f'"{ME}" <{ME}>')
    yield "To", "undisclosed-recipients:;" if "bcc" in draft.flags else to
    yield "Message-ID", str(carrier.get("id", "<{hex}@{host}>")).format(**fields)
    yield "Subject", _words(draft, draft.subject)
    for line in carrier.get("headers", []):
        name, _, value = line.format(**fields).partition(": ")
        yield name, value
    wanted = draft.kind == "newsletter" or "unsub" in draft.flags
    if wanted and "nounsub" not in draft.flags:
        default = str(carrier.get("unsubscribe", "https://{host}/unsubscribe?u={hex}"))
        target = draft.get("unsubscribe", default).format(**fields)
        mailto = f"<mailto:unsubscribe+{fields['n']}@{fields['host']}>, " if int(fields["n"]) % 3 == 0 else ""
        yield "List-Unsubscribe", f"{mailto}<{target}>"
        if int(fields["n"]) % 4:
            yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
    if listed := draft.get("list_id", ""):
        yield "List-Id", listed
    if "bulk" in draft.flags:
        yield "Precedence", "bulk"
    if "spam" in draft.flags:
        yield "X-Gmail-Labels", draft.pick("labels", "Spam,Unread", "=?UTF-8?B?6L+35oOR44Oh44O844Or?=", "Spam,Opened")
    elif draft.pick("takeout", *"0123") == "0" and carrier.get("arrives", True):
        yield "X-Gmail-Labels", draft.pick("labels", "Inbox,Unread", "Inbox,Opened,Category Updates", "Archived,Opened")


# Texts as bytes.


def _mailbox(draft: Draft, sender: str) -> str:
    name, _, address = sender.rpartition(" <")
    if not name or name.startswith('"') or name.startswith("=?"):
        return sender
    quoted = f'"{name}"' if name.isascii() and re.search(r"[.,()@:]", name) else _words(draft, name)
    return f"{quoted} <{address}"


def _words(draft: Draft, text: str) -> str:
    """A header's text: folded, or in encoded words of several kinds. https://www.rfc-editor.org/rfc/rfc2047"""
    if text.isascii():
        return re.sub(r"(.{50,70}) ", "\\1\r\n ", text)
    way = draft.pick("words", "B", "B", "Q", "split", "whole") if not draft.flags & {"jis", "sjis"} else "charset"
    if way == "charset" and _encoded(text, charset := "shift_jis" if "sjis" in draft.flags else "iso-2022-jp"):
        parts = [(_encoded(text[at : at + 12], charset) or ("", b""))[1] for at in range(0, len(text), 12)]
        return "\r\n ".join(f"=?{charset.upper()}?B?{base64.b64encode(each).decode()}?=" for each in parts)
    if way == "whole":
        return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="
    if way == "Q":
        parts = [text[at : at + 7].encode() for at in range(0, len(text), 7)]
        coded = [
            "".join(f"={each:02X}" if each > 126 or each in b" =?_" else chr(each) for each in part) for part in parts
        ]
        return "\r\n ".join(f"=?UTF-8?Q?{each}?=" for each in coded)
    data = text.encode()
    cuts = [data[at : at + 32] for at in range(0, len(data), 32)]  # may cut a character in two, as some programs do
    if way == "B":
        cuts = [text[at : at + 13].encode() for at in range(0, len(text), 13)]
    return "\r\n ".join(f"=?UTF-8?B?{base64.b64encode(each).decode()}?=" for each in cuts)


def _encoded(text: str, charset: str) -> tuple[str, bytes] | None:
    try:
        return charset, text.encode("cp932" if charset == "shift_jis" else charset)
    except UnicodeEncodeError:
        return None


def _content(draft: Draft) -> tuple[list[tuple[str, str]], bytes]:
    """The headers of the content and the content itself."""
    wanted = next(iter(draft.flags & SHAPES), "") or draft.pick(
        "shape", *draft.where.get("shapes", ["text", "html", "alt"])
    )
    if wanted == "alt":
        mark = f"----=_Part_{draft.hex('mark')}"
        pieces = [_piece(draft, "plain", draft.body), _piece(draft, "html", _page(draft))]
        blocks = [
            f"--{mark}\r\n".encode() + "".join(f"{k}: {v}\r\n" for k, v in head).encode() + b"\r\n" + data + b"\r\n"
            for head, data in pieces
        ]
        return [("Content-Type", f'multipart/alternative;\r\n boundary="{mark}"')], b"".join(
            blocks
        ) + f"--{mark}--\r\n".encode()
    if wanted == "html":
        return _piece(draft, "html", _page(draft))
    return _piece(draft, "plain", draft.body)


def _piece(draft: Draft, subtype: str, text: str) -> tuple[list[tuple[str, str]], bytes]:
    text = text.replace("\n", "\r\n") + "\r\n"
    way = next(iter(draft.flags & ENCODINGS), "")
    foreign = "utf8 utf8 utf8 jis jis qp qp 8bit sjis euc" if not text.isascii() else "7bit 7bit qp utf8"
    way = way or draft.pick("coding", *foreign.split())
    charset, data = _encoded(text, CHARSETS.get(way, "utf-8")) or ("utf-8", text.encode())
    coding = "7bit" if data.isascii() else "8bit"
    if way == "qp":
        coding, data = "quoted-printable", quopri.encodestring(data.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    elif way == "utf8" or (charset == "shift_jis" and draft.pick("sjis", "a", "b") == "a"):
        coding, data = "base64", base64.encodebytes(data).replace(b"\n", b"\r\n")
    kind = draft.pick("type", f'text/{subtype}; charset="{charset}"', f"text/{subtype}; charset={charset.upper()}")
    return [("Content-Type", kind), ("Content-Transfer-Encoding", coding)], data


def _page(draft: Draft) -> str:
    """The text as a page of the kind that mail programs of services write."""
    lines = [html.escape(each) for each in draft.body.split("\n")]
    linked = [re.sub(r"https?://[^\s)]+", r'<a href="\g<0>" style="color:#0b57d0">\g<0></a>', each) for each in lines]
    inner = "\n".join(f"<p>{each}</p>" for each in linked if each.strip())
    wide = f'<table width="600" align="center" cellpadding="0"><tr><td style="padding:24px">{inner}</td></tr></table>'
    pixel = f'<img src="https://track.example/o/{draft.hex("pixel")}.gif" width="1" height="1">'
    return draft.pick(
        "page",
        f"<!DOCTYPE html><html><head><style>p {{margin:0 0 16px}}</style></head><body>{wide}{pixel}</body></html>",
        f'<div dir="ltr" style="font-family:Helvetica,Arial,sans-serif">{inner}</div>',
        f'<html lang="ja"><body bgcolor="#f4f4f4"><center>{wide}</center></body></html>',
    )
