"""Who sends the student's service mails, and the header fields that such senders and Gmail's own server put on them.

The mails are invented; names and domains are those of well-known services, network addresses those for documentation
(RFC 5737).
"""

from __future__ import annotations

import base64
import hashlib
import html
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import Header

from eccs_backup.rehearsal.cast import STUDENT
from eccs_backup.rehearsal.mail.student_mail_making import Letter, date_field, folded, letter, part, parts

UPDATES, PROMOTIONS, SOCIAL, FORUMS = (
    ("INBOX", f"CATEGORY_{name}") for name in ("UPDATES", "PROMOTIONS", "SOCIAL", "FORUMS")
)
_ZERO = 1_577_836_800_000  # 2020-01-01, in milliseconds
_DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: what stands in From, and how the mail is signed."""

    name: str
    address: str
    signers: tuple[str, ...]
    """The domains that sign it (DKIM), the sender's own first."""
    bounce: str = ""
    """The address on the envelope (SPF); empty for the one in From."""
    policy: str = "REJECT"
    """What the domain in From asks for when neither fits (DMARC)."""
    japanese: str = "UTF-8"
    """The character set of the mails; other than UTF-8, they are plain text in it."""
    feedback: str = ""
    """The Feedback-ID."""
    list: str = ""
    """The List-ID of a mailing list."""
    forged: bool = False
    """Somebody else sends it: no signature, not one of the domain's servers."""

    @property
    def domain(self) -> str:
        """The domain in From."""
        return self.address.rpartition("@")[2]


def service_letter(
    key: str,
    who: Sender,
    day: int,
    subject: str,
    text: str,
    what: str,
    labels: tuple[str, ...] = UPDATES,
    *,
    bulk: str = "",
) -> Letter:
    """A mail that came `day` days after the first of January 2020; `{me}` in its text is the student's address.

    `bulk` is the address for leaving the list, by https or by mail, which makes it a newsletter.
    """
    date = _ZERO + day * _DAY + zlib.crc32(key.encode()) % 50_000 * 1000
    text = text.replace("{me}", STUDENT.address)
    lines = [*_by_gmail(key, who, date), *_by_sender(key, who, date, subject), *(_list(bulk) if bulk else ())]
    return letter(key, what, "\r\n".join(lines).encode() + _body(key, who, subject, text), labels, date=date)


def _by_gmail(key: str, who: Sender, date: int) -> Iterator[str]:
    """The fields of the server that took it in, the newest first."""
    envelope, ip, when = who.bounce or who.address, _ip(who), date_field(date).decode()
    host = envelope.rpartition("@")[2]
    helo = f"mail-{zlib.crc32(key.encode()) % 90 + 10}.{host}"
    yield f"Delivered-To: {STUDENT.address}"
    yield f"Return-Path: <{envelope}>"
    yield (
        f"Received: from {helo} ({helo}. [{ip}])\r\n        by mx.google.com with ESMTPS id {_digest(key, 18)}"
        f"\r\n        for <{STUDENT.address}>;\r\n        {when}"
    )
    if who.forged:
        spf = f"softfail (google.com: domain of transitioning {envelope} does not designate {ip} as permitted sender)"
    else:
        spf = f"pass (google.com: domain of {envelope} designates {ip} as permitted sender)"
    yield f"Received-SPF: {spf} client-ip={ip};"
    yield f"Authentication-Results: mx.google.com;\r\n       {_results(key, who, envelope, spf)}"


def _results(key: str, who: Sender, envelope: str, spf: str) -> str:
    """What the server found: which signatures hold, and whether one of them is the visible sender's."""
    signed = [
        f"dkim=pass header.i=@{one} header.s={_selector(one)} header.b={_digest(key + one, 8)}" for one in who.signers
    ]
    domain, asked = who.domain, f"p={who.policy} sp={who.policy}"
    aligned = any(domain == one or domain.endswith("." + one) for one in (*who.signers, envelope.rpartition("@")[2]))
    dmarc = "pass" if aligned and not who.forged else "fail"
    done = "NONE" if dmarc == "pass" else who.policy
    each = [*signed, f"spf={spf} smtp.mailfrom={envelope}"]
    if who.policy:
        each.append(f"dmarc={dmarc} ({asked} dis={done}) header.from={domain}")
    return ";\r\n       ".join(each)


def _by_sender(key: str, who: Sender, date: int, subject: str) -> Iterator[str]:
    for domain in who.signers:
        yield (
            f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={_selector(domain)};"
            f"\r\n\tt={date // 1000}; h=From:To:Subject:Date:Message-ID;\r\n\tbh={_digest(key, 43)}=;"
            f"\r\n\tb={_digest(key + domain, 96)}"
        )
    name = f'"{who.name}"' if who.name.isascii() else _encoded(who.name, who.japanese)
    yield f"From: {name} <{who.address}>"
    yield f"To: {STUDENT.address}"
    yield f"Subject: {subject if subject.isascii() else _encoded(subject, who.japanese)}"
    yield f"Date: {date_field(date - 2000).decode()}"
    host = "notifications.google.com" if who.domain == "accounts.google.com" and not who.forged else who.domain
    yield f"Message-ID: <{hashlib.sha256(key.encode()).hexdigest()[:24]}@{host}>"
    yield "MIME-Version: 1.0"
    if who.feedback:
        yield f"Feedback-ID: {who.feedback}"
    if who.list:
        yield f"List-ID: <{who.list}>"


def _list(bulk: str) -> Iterator[str]:
    """The fields of a newsletter. https://www.rfc-editor.org/rfc/rfc8058"""
    yield f"List-Unsubscribe: <{bulk}>"
    if bulk.startswith("https:"):
        yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    yield "Precedence: bulk"


def _body(key: str, who: Sender, subject: str, text: str) -> bytes:
    """The content type, the empty line and what follows: text beside HTML, or plain text in an older character set."""
    lines = text.replace("\n", "\r\n") + "\r\n"
    if who.japanese != "UTF-8":
        head = f"\r\nContent-Type: text/plain; charset={who.japanese}\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
        return head.encode() + lines.encode(who.japanese)
    mark = f"----=_Part_{zlib.crc32(key.encode())}"
    head = f'\r\nContent-Type: multipart/alternative; boundary="{mark}"\r\n\r\n'
    coded = b"Content-Transfer-Encoding: base64"
    plain = part(b"text/plain; charset=UTF-8", folded(lines.encode()), coded)
    page = part(b"text/html; charset=UTF-8", folded(_page(who, subject, text).encode()), coded)
    return head.encode() + parts(mark.encode(), plain, page)


def _page(who: Sender, subject: str, text: str) -> str:
    rows = "".join(f"<tr><td>{html.escape(line)}</td></tr>\n" for line in text.splitlines() if line)
    return (
        f"<!doctype html><html><head><title>{html.escape(subject)}</title><style>td{{color:#333}}</style></head>\n"
        f'<body><img src="https://{who.domain}/logo.png" alt="{html.escape(who.name)}"><table>\n{rows}</table>'
        f'<img src="https://{who.domain}/open?u=1" width="1" height="1" alt=""></body></html>\n'
    )


def _encoded(text: str, charset: str) -> str:
    return Header(text, charset, maxlinelen=70, header_name="Subject").encode(linesep="\r\n")


def _selector(domain: str) -> str:
    return f"s{zlib.crc32(domain.encode()) % 9000 + 1000}"


def _ip(who: Sender) -> str:
    block = "203.0.113" if who.forged else "192.0.2"
    return f"{block}.{zlib.crc32(who.address.encode()) % 250 + 1}"


def _digest(text: str, count: int) -> str:
    """`count` characters that look like a signature."""
    return base64.b64encode(hashlib.sha512(text.encode()).digest() * 2).decode()[:count].replace("/", "x")
