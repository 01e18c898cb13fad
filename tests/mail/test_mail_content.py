"""Reading messages for their words: charsets that lie, broken structure, sizes that hurt."""

from __future__ import annotations

import base64
import os
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eccs_backup.mail import content, index


def _read(tmp_path: Path, raw: bytes) -> content.Content:
    path = tmp_path / "one.eml"
    path.write_bytes(raw)
    return content.read(path)


JIS = b"\x1b$B\x3c\x2b\x46\x30\x1b(B"  # 自動
NEC = b"\x1b$B\x2d\x21\x2d\x6a\x1b(B"  # ① and ㈱, which only CP50220 has
PLAIN = b"Content-Type: text/plain; charset=%s\r\n\r\n%s\r\n"


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        (b"iso-2022-jp", JIS, "自動"),
        (b"ISO-2022-JP", NEC, "①㈱"),
        (b"iso-2022-jp", b"\x1b(I12\x1b(B" + NEC, "ｱｲ①㈱"),
        (b"us-ascii", JIS, "自動"),
        (b"utf-8", JIS, "自動"),
        (b"iso-2022-jp", "卒論提出".encode("cp932"), "卒論提出"),
        (b"shift_jis", "①髙﨑～".encode("cp932"), "①髙﨑～"),
        (b"utf-8", "卒論を提出する".encode("cp932"), "卒論を提出する"),
        (b"shift_jis", "卒論を提出する".encode(), "卒論を提出する"),
        (b"iso-8859-1", "卒論".encode(), "卒論"),
        (b"euc-jp", "卒論".encode("euc_jp"), "卒論"),
        (b"x-nobody-knows", "卒論を提出".encode("euc_jp"), "卒論を提出"),
        (b"iso-8859-1", "für".encode("cp1252"), "für"),
        (b"utf-16le", "卒論".encode("utf-16le"), "卒論"),
        (b"utf-7", "卒論".encode("utf-7"), "卒論"),
        (b"gb2312", "卒論".encode("gb18030"), "卒論"),
        (b"hex", b"abc", "abc"),
        (b"a\0b", b"abc", "abc"),
        (b"utf-8''x", b"abc", "abc"),
    ],
)
def test_charsets_as_they_are_and_not_as_they_are_called(
    charset: bytes, data: bytes, text: str, tmp_path: Path
) -> None:
    encoded = base64.encodebytes(data)
    raw = b"Content-Transfer-Encoding: base64\r\n" + PLAIN % (charset, encoded)
    assert text in _read(tmp_path, raw).text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("卒論".encode(), "卒論"),
        ("卒論の件".encode("cp932"), "卒論の件"),
        (JIS, "自動"),
        (b"=?ISO-2022-JP?B?" + base64.b64encode(NEC) + b"?=", "①㈱"),
        (b"=?utf-8?B?5Y2S?=\r\n =?utf-8?Q?=E8=AB=96?= end", "卒論 end"),
        (b"=?utf-8?B?5Y0=?= =?utf-8?B?kg==?=", "卒"),
        (b"=?utf-8?B?5Y2S!6KuW44Gu5Lu2!5Y2?= x", "卒論の件"),
        (b"=?nobody?Q?abc?= =?utf-8?X?abc?=", "abc =?utf-8?X?abc?="),
    ],
)
def test_subjects(value: bytes, text: str, tmp_path: Path) -> None:
    assert text in _read(tmp_path, b"Subject: " + value + b"\r\n\r\nx\r\n").subject


def test_parts_names_and_pages(tmp_path: Path) -> None:
    page = "<html><style>p{x}</style><p>見え&eacute;る<script>hidden()</script><b>太</b>字<![broken <p>end"
    inner = b"Content-Type: message/rfc822\r\n\r\nSubject: within\r\n\r\ndeep text\r\n"
    raw = b'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
    raw += b"Content-Type: text/html; charset=utf-8\r\n\r\n" + page.encode() + b"\r\n--b\r\n" + inner + b"--b\r\n"
    raw += (
        b"Content-Type: text/plain\r\nContent-Disposition: attachment; filename*=utf-8''%E5%8D%92.txt\r\n\r\nsecret\r\n"
    )
    raw += b'--b\r\nContent-Type: image/png; name="=?utf-8?B?5Y2S6KuW?=.png"\r\n\r\nx\r\n--b\r\n'
    raw += b'Content-Disposition: attachment; filename="' + "表.pdf".encode("cp932") + b'"\r\n\r\nx\r\n'  # no end
    found = _read(tmp_path, raw)
    assert "見えéる" in found.text
    assert "太字" in found.text
    assert "deep text" in found.text
    assert "within" in found.text
    assert "hidden" not in found.text
    assert "secret" not in found.text
    assert found.names.split("\n") == ["卒.txt", "卒論.png", "表.pdf"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 1000,
        b"no headers at all\r\n",
        b"Subject: x" * 100_000,
        b"Subject: " + b"=?utf-8?q?" * 100_000,
        b"To: " + b"a@example.com, " * 70_000 + b"\r\n\r\nx",
        b"Content-Type: multipart/mixed\r\n\r\n--\r\n",
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2000)),
        b"Content-Type: message/rfc822\r\n\r\n" * 2000,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 20_000,
        b"Content-Type: text/html\r\n\r\n" + b"<" * 300_000,
        b"Content-Type: text/html\r\n\r\n" + b"<!--" * 100_000,
        b"Content-Transfer-Encoding: base64\r\n\r\n=!?A\r\n",
        b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 666 x\r\n\xff\xff\r\n",
        b"Content-Disposition: attachment; filename*0*=a'b'%ff; filename*1=\xff; filename*x=y\r\n\r\n",
        b"Content-Type: text/plain; charset*=utf-8'en\r\n\r\nx",
    ],
)
def test_reading_never_fails_and_never_takes_long(raw: bytes, tmp_path: Path) -> None:
    began = time.perf_counter()
    _read(tmp_path, raw)
    assert time.perf_counter() - began < 5


@given(st.lists(st.sampled_from([
    b"Content-Type: ", b"text/html", b"text/plain", b"multipart/mixed; boundary=b", b"; charset=", b"iso-2022-jp",
    b"Content-Transfer-Encoding: ", b"base64", b"quoted-printable", b"x-uuencode", b"Content-Disposition: ",
    b"; filename*0*=", b"'", b'"', b"--b", b"--b--", b"\r\n", b"\r\n\r\n", b"\x1b$B", b"\xff", b"\0", b"=",
    b"=?utf-8?B?", b"?=", b"begin 6 x\n", b"<", b">", b"<![",
    b"&#", b"Subject: ", b"message/rfc822", b"%", b"\x1b(I", b"\x1b$(D",
])))  # fmt: skip
def test_reading_never_fails(pieces: list[bytes]) -> None:
    path = Path(os.environ["ECCS_BACKUP_HOME"])
    found = _read(path, b"".join(pieces))
    assert all(isinstance(each, str) for each in map(index.comparable, found))


def test_a_multipart_without_parts_is_text(tmp_path: Path) -> None:
    raw = b"Content-Type: multipart/mixed; boundary=never\r\n\r\nstill to be found\r\n"
    assert "still to be found" in _read(tmp_path, raw).text


def test_large_attachments_are_not_kept(tmp_path: Path) -> None:
    raw = b'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nfirst text\r\n--b\r\n'
    raw += b"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"QUJD" * 19 + b"\r\n"
    path = tmp_path / "large.eml"
    with path.open("wb") as file:
        file.write(raw)
        for _ in range(400):
            file.write((b"QUJD" * 19 + b"\r\n") * 1000)
        file.write(b"--b\r\n\r\nlast text\r\n--b--\r\n")
    tracemalloc.start()
    found = content.read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "first text" in found.text
    assert "last text" in found.text
    assert peak < 40_000_000


@pytest.mark.parametrize(
    "coding", ["base64 ", "base64 (note)", "(a note) BASE64", '"base64"', "\r\n base64", "bAsE64;", "\tBase64\t"]
)
def test_encodings_as_programs_write_them(coding: str, tmp_path: Path) -> None:
    head = f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {coding}\r\n\r\n".encode()
    assert _read(tmp_path, head + base64.encodebytes("卒論".encode())).text.strip() == "卒論"


def test_quoted_printable_with_a_blank_behind_its_name(tmp_path: Path) -> None:
    raw = b"Content-Transfer-Encoding: Quoted-Printable \r\n\r\nfind=\r\nme"
    assert _read(tmp_path, raw).text == "findme"


@pytest.mark.parametrize("page", ["<noscript>findme</noscript>", "<p>x<template>y<p>findme", "<script/><p>findme"])
def test_text_that_some_browsers_hide(page: str) -> None:
    assert "findme" in content.plain(page)


@pytest.mark.parametrize("times", [260_000, 4_000_000])
def test_markup_does_not_count_as_text(times: int, tmp_path: Path) -> None:
    page = b"<style>" + b".a{}" * times + b"</style><p>findme"
    raw = b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(page)
    assert _read(tmp_path, raw).text.strip() == "findme"


def test_the_text_of_a_long_page_ends_somewhere(tmp_path: Path) -> None:
    raw = b"Content-Type: text/html\r\n\r\n" + b"<b>word</b> " * 1_000_000
    assert len(_read(tmp_path, raw).text) == content.LONGEST_TEXT


def test_everyone_who_sent_it(tmp_path: Path) -> None:
    raw = b"Reply-To: list@example.com\r\nFrom: Bob <bob@example.com>\r\nSender: office@example.com\r\n"
    raw += b"Resent-From: carol@example.com\r\nTo: x@example.com\r\n\r\nx"
    senders = _read(tmp_path, raw).sender.split("\n")
    assert senders[0] == "Bob <bob@example.com>"
    assert sorted(senders[1:]) == ["carol@example.com", "list@example.com", "office@example.com"]
