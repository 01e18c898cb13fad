"""The student's messages whose characters, lines and line ends are a trial."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from eccs_backup.rehearsal.mail.student_mail_making import Letter, letter, mail, typed, word

_JA = "表計算ソフトで能力を十分に発揮する。\r\n次の会議は三月十日です。\r\n"
_SMILE = base64.b64encode("Re: 卒業研究の進め方について😀".encode())
_HTML = "<html><body><h1>成績</h1><script>alert(1)</script><img src='http://track.example.com/1'></body></html>\r\n"


def text_letters() -> Iterator[Letter]:
    """Character sets, then strange bytes, then line ends."""
    yield from _charsets()
    yield from _mislabelled()
    yield from _subject_words()
    yield from _strange_bytes()
    yield from _protocol_lines()
    yield from _line_ends()


def _charsets() -> Iterator[Letter]:
    for key, charset, encoding, what in (
        ("Iso2022Jp", "ISO-2022-JP", b"7bit", "subject and body in ISO-2022-JP"),
        ("ShiftJis", "Shift_JIS", b"8bit", "Shift_JIS in 8 bits, with backslashes as second bytes"),
        ("EucJp", "EUC-JP", b"8bit", "EUC-JP in 8 bits"),
        ("Cp932", "cp932", b"8bit", "declared as cp932, Windows's name for its Shift_JIS"),
        ("Gb18030", "GB18030", b"8bit", "GB18030"),
        ("Utf7", "UTF-7", b"7bit", "UTF-7"),
        ("Utf8", "UTF-8", b"8bit", "UTF-8 in 8 bits"),
    ):
        kind = typed(f"text/plain; charset={charset}".encode(), encoding, Subject=word("表計算の会議", charset))
        yield letter(key, what, mail(key, _JA.encode(charset), kind))
    utf16 = base64.encodebytes(_JA.encode("utf-16")).replace(b"\n", b"\r\n")
    yield letter("Utf16", "UTF-16 in base64", mail("Utf16", utf16, typed(b"text/plain; charset=UTF-16", b"base64")))
    # Row 13 of the table and half-width kana are no part of ISO-2022-JP, but Japanese mail is full of them.
    beyond = b"\x1b$B-!-j\x1b(B \x1b(I1234\x1b(B\r\n"
    kind = typed(b"text/plain; charset=ISO-2022-JP", b"7bit")
    yield letter("JisBeyond", "circled digits and half-width kana in ISO-2022-JP", mail("JisBeyond", beyond, kind))
    html = typed(b"text/html; charset=UTF-8", b"8bit", Subject=word("成績のお知らせ"))
    yield letter("Html", "only HTML, with a script and a tracking image", mail("Html", _HTML.encode(), html))
    flowed = typed(b"text/plain; charset=UTF-8; format=flowed; delsp=yes", b"8bit")
    body = "長い文が続 \r\nいています。\r\n-- \r\n山田\r\n".encode()
    yield letter("Flowed", "format=flowed: spaces at line ends count", mail("Flowed", body, flowed))


def _mislabelled() -> Iterator[Letter]:
    for key, said, charset, what in (
        ("SaidAscii", b"us-ascii", "utf-8", "UTF-8 declared as US-ASCII"),
        ("SaidJis", b"ISO-2022-JP", "shift_jis", "Shift_JIS declared as ISO-2022-JP"),
        ("UnknownCharset", b"x-no-such-charset", "utf-8", "an unknown character set"),
        ("QuotedCharset", b"\"'utf-8'\"", "utf-8", "a character set in two kinds of quotes"),
    ):
        yield letter(key, what, mail(key, _JA.encode(charset), typed(b"text/plain; charset=" + said, b"8bit")))
    nothing = mail("NoType", _JA.encode("shift_jis"), {"MIME-Version": None})
    yield letter("NoType", "Shift_JIS without any MIME header field", nothing)
    bad = typed(b"text/plain; charset=UTF-8", b"quoted-printable")
    yield letter("BrokenQp", "broken quoted-printable", mail("BrokenQp", b"=ZZ=E3=81 =\r\n=E=\r\n100%=", bad))
    bare = {"From": "鈴木 一郎 <suzuki.ichiro@g.example.ac.jp>".encode(), "Subject": "生の UTF-8 の件名".encode()}
    yield letter("RawUtf8", "UTF-8 in the header, not encoded", mail("RawUtf8", fields=bare))
    sjis = {"Subject": "生の件名ソ表".encode("shift_jis")}
    yield letter("RawShiftJis", "Shift_JIS in the header, not encoded", mail("RawShiftJis", fields=sjis))


def _subject_words() -> Iterator[Letter]:
    jis = "研究室".encode("iso-2022-jp")
    halves = [base64.b64encode(piece).decode() for piece in (jis[:6], jis[6:])]
    for key, subject, what in (
        (
            "SplitWord",
            b"\r\n ".join(b"=?UTF-8?B?" + _SMILE[at : at + 16] + b"?=" for at in range(0, len(_SMILE), 16)),
            "encoded-words folded in the middle of characters",
        ),
        (
            "SplitJisWord",
            "\r\n ".join(f"=?ISO-2022-JP?B?{half}?=" for half in halves).encode(),
            "encoded-words in ISO-2022-JP, the second without its escape",
        ),
        ("UnknownWord", b"=?x-mojibake?B?44GC?= rest", "an encoded-word of unknown character set"),
        ("OpenWord", b"=?UTF-8?B?44GC44GE", "an encoded-word without an end"),
        ("SpacedWord", b"=?UTF-8?Q?two words inside?=", "spaces inside an encoded-word"),
        ("BrokenWord", b"=?UTF-8?B?44G=C!?=", "an encoded-word with broken base64"),
        ("WordInjects", word("会議\r\nBcc: all@example.com\r\n\r\n<b>x</b>"), "line ends inside an encoded-word"),
        ("LongSubject", b"\r\n ".join([b"subject " * 10] * 125), "a subject of 10,000 characters, folded"),
        ("LongLineSubject", b"x" * 10_000, "a subject of 10,000 characters in one line"),
        ("EmptySubject", b"", "an empty subject"),
        ("Formula", b'=HYPERLINK("http://example.com","open")', "a subject that is a formula of a spreadsheet"),
        ("SlashSubject", b"../../../.ssh/authorized_keys", "a subject that is a path"),
    ):
        yield letter(key, what, mail(key, fields={"Subject": subject}))


def _strange_bytes() -> Iterator[Letter]:
    for key, body, what in (
        ("NulBody", b"before\0after\r\n\0\0\0\r\n", "NUL bytes in the body"),
        ("AllBytes", bytes(range(256)) * 4, "every byte there is, in the body"),
        ("CtrlZ", b"before\r\n\x1a\r\nafter, \x0c too\r\n", "Ctrl-Z and a form feed in the body"),
        ("Spaces", b"  \t \r\n \t\r\n", "a body of spaces and tabs"),
        ("LongLine", b"long " * 20_000 + b"\r\n", "a line of 100,000 characters"),
        ("LongLineUtf8", ("長い" * 50_000 + "\r\n").encode(), "a line of 100,000 Japanese characters"),
    ):
        yield letter(key, what, mail(key, body))
    yield letter("NulHeader", "a NUL byte in the header", mail("NulHeader", fields={"Subject": b"nul \0 here"}))
    yield letter("Bom", "a byte order mark before the first header field", b"\xef\xbb\xbf" + mail("Bom"))
    yield letter("BareCrHeader", "a lone CR in a header field", mail("BareCrHeader", fields={"Subject": b"one\rtwo"}))


def _protocol_lines() -> Iterator[Letter]:
    separators = (
        b"From here on, mbox files break.\r\n\r\nFrom suzuki Mon Jan  1 00:00:00 2024\r\n"
        b">From quoted once\r\n>>From quoted twice\r\n> From with a space\r\nfrom in lower case\r\n"
    )
    yield letter("FromLines", "lines that begin with From, >From and >>From", mail("FromLines", separators))
    first = b"From suzuki.ichiro@g.example.ac.jp Mon Jan  1 00:00:00 2024\r\n"
    yield letter("FromFirst", "the separator of an mbox as first line", first + mail("FromFirst"))
    quoted = b">From suzuki.ichiro@g.example.ac.jp Mon Jan  1 00:00:00 2024\r\n"
    yield letter("QuotedFromFirst", "a quoted separator as first line", quoted + mail("QuotedFromFirst"))
    imap = b")\r\nA1 OK FETCH completed\r\n* BYE see you\r\n* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n"
    yield letter("ImapLines", "lines like the answers of an IMAP server", mail("ImapLines", imap))
    yield letter("Dots", "lines that begin with dots", mail("Dots", b".\r\n..\r\n.end\r\n.\r\n\r\nQUIT\r\n"))
    boundary = b"--batch_x\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 404 Not Found\r\n--batch_x--\r\n"
    yield letter("HttpLines", "lines like the answer to a batch", mail("HttpLines", boundary))


def _line_ends() -> Iterator[Letter]:
    for key, what in (("Lf", "only LF"), ("Cr", "only CR"), ("CrLf", "only CRLF"), ("CrCrLf", "CR CR LF")):
        ending = {"Lf": b"\n", "Cr": b"\r", "CrLf": b"\r\n", "CrCrLf": b"\r\r\n"}[key]
        whole = mail(key, b"one\r\ntwo\r\n\r\nthree\r\n").replace(b"\r\n", ending)
        yield letter(key, f"line ends: {what}", whole)
    yield letter(
        "MixedEnds", "line ends of all kinds", mail("MixedEnds", b"one\ntwo\r\nthree\rfour\n\rfive\r\r\nsix\n")
    )
    header = mail("LfHeader", b"crlf\r\n").replace(b"\r\n", b"\n", 4)
    yield letter("LfHeader", "LF in half of the header, CRLF after", header)
    yield letter("NoEnd", "no line end at the end", mail("NoEnd", b"one\r\ntwo"))
    yield letter("EndCr", "a lone CR at the end", mail("EndCr", b"one\r\ntwo\r"))
    yield letter("BlankEnd", "a hundred empty lines at the end", mail("BlankEnd", b"one" + b"\r\n" * 100))
