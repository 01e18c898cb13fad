"""The student's messages whose MIME structure is a trial: broken, deep, signed, with hostile file names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from eccs_backup.rehearsal.content import Noise
from eccs_backup.rehearsal.mail.student_mail_making import (
    Fields,
    Letter,
    attachment,
    folded,
    letter,
    mail,
    mixed,
    part,
    parts,
    typed,
    word,
)

_PLAIN = part(b"text/plain; charset=UTF-8", b"See the attachment.")
LARGE = Noise(25, 25_000_000)
"""The file in the largest message: what Gmail lets one attach. https://support.google.com/mail/answer/6584"""
_STEP = 57 << 14
"""Bytes encoded at a time: whole lines of 57."""


class LargeBody:
    """A message with a large file in base64, encoded anew whenever it is asked for."""

    __slots__ = ("_after", "_before", "_file")

    def __init__(self, key: str, file: Noise) -> None:
        whole = mixed(key, _PLAIN, attachment(b'filename="data.bin"', b""))
        head, mark, rest = whole.rpartition(b"base64\r\n\r\n")
        self._before, self._after, self._file = head + mark, rest, file

    def __len__(self) -> int:
        lines, rest = divmod(self._file.size, 57)
        coded = 78 * lines + (-(-rest // 3) * 4 + 2 if rest else 0)
        return len(self._before) + coded + len(self._after)

    def __bytes__(self) -> bytes:
        size = self._file.size
        pieces = (b"".join(self._file.read(at, min(at + _STEP, size))) for at in range(0, size, _STEP))
        return b"".join((self._before, *map(folded, pieces), self._after))


def mime_letters() -> Iterator[Letter]:
    """Broken structures, deep ones, signatures, attachments, and the largest message."""
    yield from _broken()
    yield from _deep()
    yield from _encodings()
    yield from _signed()
    yield from _kinds()
    yield from _names()
    yield letter("Large", "an attachment of 25 MB", LargeBody("Large", LARGE))


def _broken() -> Iterator[Letter]:
    odd = b"'()+_,-./:=? x"
    both = parts(b"same", _PLAIN, part(b'multipart/mixed; boundary="same"', parts(b"same", _PLAIN)))
    cases: tuple[tuple[str, bytes, bytes, str], ...] = (
        ("NoLastBoundary", b'multipart/mixed; boundary="b"', parts(b"b", _PLAIN, end=False), "no final boundary"),
        ("SameBoundary", b'multipart/mixed; boundary="same"', both, "inner and outer boundary are equal"),
        ("NoBoundary", b"multipart/mixed", parts(b"b", _PLAIN), "multipart without a boundary parameter"),
        ("OtherBoundary", b'multipart/mixed; boundary="a"', parts(b"b", _PLAIN), "a boundary that never comes"),
        ("EmptyMultipart", b'multipart/mixed; boundary="b"', b"", "a multipart body of zero bytes"),
        ("OddBoundary", b'multipart/mixed; boundary="%s"' % odd, parts(odd, _PLAIN), "an odd boundary"),
        ("Around", b"multipart/mixed; boundary=b", b"<\r\n" + parts(b"b", _PLAIN) + b">", "text around the parts"),
        ("OpenQuote", b'text/plain; charset="utf-8', b"Hello.\r\n", "a quotation mark that is never closed"),
        ("NoSlash", b"text", b"Hello.\r\n", "a content type without a slash"),
        ("SaidMultipart", b'multipart/mixed; boundary="b"', b"Plain text after all.\r\n", "a multipart without parts"),
    )  # fmt: skip
    for key, kind, body, what in cases:
        yield letter(key, what, mail(key, body, typed(kind)))


def _deep() -> Iterator[Letter]:
    inner = mail("Rfc822-0", "いちばん内側\r\n".encode(), typed(b"text/plain; charset=UTF-8", b"8bit"))
    for depth in range(1, 6):
        inner = mixed(f"Rfc822-{depth}", _PLAIN, part(b"message/rfc822", inner))
    yield letter("Nested", "messages attached to messages, five deep", inner)
    tower = _PLAIN
    for depth in range(100):
        name = b"level%d" % depth
        tower = part(b"multipart/mixed; boundary=" + name, parts(name, tower))
    yield letter("Tower", "multiparts nested a hundred deep", mixed("Tower", tower))
    yield letter("ManyParts", "1,000 parts", mixed("ManyParts", *[part(b"text/plain", b"x")] * 1000))
    coded = part(b"message/rfc822", folded(mail("Inside")), b"Content-Transfer-Encoding: base64")
    yield letter("CodedMessage", "an attached message in base64, which is forbidden", mixed("CodedMessage", coded))
    report = part(b"message/delivery-status", b"Reporting-MTA: dns; mx.example.com\r\n\r\nAction: failed\r\n")
    fields: Fields = typed(b'multipart/report; report-type=delivery-status; boundary="=_Report"', From=b"<>")
    yield letter("Report", "a delivery report", mixed("Report", _PLAIN, report, fields=fields))
    partial = typed(b'message/partial; id="p@example.com"; number=1; total=3')
    yield letter("Partial", "the first of three parts of a message", mail("Partial", b"Subject: x\r\n\r\ncut", partial))
    outside = typed(b'message/external-body; access-type=URL; URL="file:///etc/passwd"')
    yield letter(
        "External", "a body that lies elsewhere", mail("External", b"Content-Type: text/plain\r\n\r\n", outside)
    )


def _encodings() -> Iterator[Letter]:
    uu = b"begin 644 ../evil.sh\r\n#86)C\r\n`\r\nend\r\n"
    for key, encoding, body, what in (
        ("BrokenBase64", b"base64", b"44GC=44GE!!\r\n####\r\n4", "broken base64"),
        ("OneLineBase64", b"base64", folded(bytes(9000)).replace(b"\r\n", b""), "base64 in a single line"),
        ("UnknownEncoding", b"x-rot13", b"Uryyb.\r\n", "an unknown transfer encoding"),
        ("Binary", b"binary", Noise(3, 5000).read(0, 5000), "bytes that are not encoded"),
        ("Uuencode", b"x-uuencode", uu, "a file in uuencode"),
    ):
        data = body if isinstance(body, bytes) else b"".join(body)
        yield letter(key, what, mail(key, data, typed(b"application/octet-stream", encoding)))


def signed_part() -> bytes:
    """The part that the S/MIME message signs: its bytes must arrive as they are, spaces at line ends included."""
    text = "署名された本文。  \r\n\t\r\nFrom the first day on.\r\n".encode()
    return part(b"text/plain; charset=UTF-8", text, b"Content-Transfer-Encoding: 8bit")


def _signed() -> Iterator[Letter]:
    # The signature is none that a program would accept; it holds the digest of what it signs, for tests.
    made_up = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" + hashlib.sha256(signed_part()).digest()
    signature = attachment(b'filename="smime.p7s"', made_up, b'application/pkcs7-signature; name="smime.p7s"')
    kind = typed(b'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="=_Smime"')
    yield letter("Smime", "signed with S/MIME", mixed("Smime", signed_part(), signature, fields=kind))
    opaque = typed(b'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"', b"base64")
    noise = folded(b"".join(Noise(4, 2000).read(0, 2000)))
    yield letter("SmimeSecret", "encrypted with S/MIME", mail("SmimeSecret", noise, opaque))
    armour = b"-----BEGIN PGP MESSAGE-----\r\n\r\n" + noise + b"=abcd\r\n-----END PGP MESSAGE-----"
    kind = typed(b'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="=_Pgp"')
    version = part(b"application/pgp-encrypted", b"Version: 1")
    secret = part(b"application/octet-stream", armour)
    yield letter("Pgp", "encrypted with PGP", mixed("Pgp", version, secret, fields=kind))
    inline = (
        b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n- From here on  \r\n- -- \r\n"
        b"-----BEGIN PGP SIGNATURE-----\r\n\r\n" + noise[:156] + b"=abcd\r\n-----END PGP SIGNATURE-----\r\n"
    )
    yield letter("PgpInline", "signed with PGP in the text", mail("PgpInline", inline))


def _kinds() -> Iterator[Letter]:
    tnef = b"\x78\x9f\x3e\x22\x01\x00" + b"".join(Noise(5, 900).read(0, 900))
    winmail = attachment(b'filename="winmail.dat"', tnef, b"application/ms-tnef")
    yield letter("Tnef", "Outlook's winmail.dat", mixed("Tnef", _PLAIN, winmail))
    event = (
        "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:seminar@example.ac.jp\r\n"
        "DTSTART;TZID=Asia/Tokyo:20240310T130000\r\nSUMMARY:ゼミ\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    invitation = part(b"text/calendar; charset=UTF-8; method=REQUEST", event.encode())
    kind = typed(b'multipart/alternative; boundary="=_Invitation"')
    yield letter("Invitation", "a calendar invitation", mixed("Invitation", _PLAIN, invitation, fields=kind))
    html = part(b"text/html; charset=UTF-8", b'<img src="cid:logo@example.com"><p>&amp;</p>')
    logo = part(b"image/png", folded(b"\x89PNG\r\n\x1a\n"), b"Content-ID: <logo@example.com>",
                b"Content-Disposition: inline", b"Content-Transfer-Encoding: base64")  # fmt: skip
    kind = typed(b'multipart/related; boundary="=_Related"')
    yield letter("Related", "HTML with an image inside", mixed("Related", html, logo, fields=kind))
    kind = typed(b'multipart/alternative; boundary="=_Alternative"')
    yield letter("Alternative", "text and HTML", mixed("Alternative", _PLAIN, html, fields=kind))
    yield letter("EmptyFile", "an attachment of zero bytes", mixed("EmptyFile", attachment(b'filename="0"', b"")))
    card = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:鈴木 一郎\r\nEND:VCARD\r\n".encode()
    contact = attachment(b'filename="suzuki.vcf"', card, b"text/vcard")
    yield letter("Contact", "an address card", mixed("Contact", contact))


def _names() -> Iterator[Letter]:
    split = b"filename*0*=UTF-8''%E5%8D%92;\r\n filename*1*=%E8%AB%96;\r\n filename*2=.pdf"
    long = "卒業論文" * 60 + ".pdf"
    for key, name, what in (
        ("NameEscape", b'filename="../../etc/passwd"', "a file name that leads out"),
        ("NameDrive", b'filename="C:\\\\Windows\\\\system32\\\\a.dll"', "a file name with a drive letter"),
        ("NameDevice", b'filename="CON"', "a file name that is a device of Windows"),
        ("NameEmpty", b'filename=""', "an empty file name"),
        ("NameBidi", b"filename*=UTF-8''%E8%AB%8B%E6%B1%82%E2%80%AEfdp.exe", "a file name with a bidi override"),
        ("Name2231", b"filename*=UTF-8''%E5%8D%92%E8%AB%96.pdf", "a Japanese file name after RFC 2231"),
        ("Name2231Jis", b"filename*=ISO-2022-JP'ja'%1B%24BB4O%40%1B%28B.pdf", "the same in ISO-2022-JP"),
        ("Name2231Parts", split, "a Japanese file name in parts"),
        ("NameWord", b'filename="' + word("卒論.pdf") + b'"', "a file name as encoded-word, which is forbidden"),
        ("NameRaw", 'filename="卒論ソ.pdf"'.encode("shift_jis"), "a file name in bare Shift_JIS"),
        ("NameLong", f'filename="{long}"'.encode(), "a file name of 244 Japanese characters"),
        ("NameControl", b'filename="a\x07\x1b[2Jb.txt"', "control characters in a file name"),
    ):  # fmt: skip
        yield letter(key, what, mixed(key, _PLAIN, attachment(name, b"content of " + key.encode())))
    twice = attachment(b'filename="report.pdf"', b"one"), attachment(b'filename="report.pdf"', b"two")
    yield letter("NameTwice", "two attachments of one name", mixed("NameTwice", *twice))
