"""What a message says, for people to find it again: sender, recipients, subject, text, names of what is attached.

Reading never fails: what is broken is read as far as it goes. At most LONGEST_TEXT characters of a message's text are
taken, from its first MOST_PARTS parts; attachments are not decoded. The markup of a page does not count as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import policy
from email.errors import MessageError
from email.feedparser import BytesFeedParser
from email.message import Message
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from eccs_backup.mail import charsets

LONGEST_TEXT = 1_000_000
LONGEST_PAGE = 20_000_000
"""Characters of one page, markup and all, that are read for its text."""
LONGEST_HEADER = 20_000
LONGEST_PART = 3_000_000
"""Bytes of one part that are looked at; the rest of it is skipped line by line, and never in memory."""
LONGEST_TEXT_PART = 30_000_000
"""The same for a part that is text: as many as LONGEST_PAGE characters in base64 take."""
LONGEST_HEAD = 1 << 16
"""Bytes of a part's headers in which its type is looked for."""
SENDERS = ("sender", "reply-to", "resent-from", "resent-sender")
MOST_PARTS = 500
DEEPEST = 40
PIECE = 1 << 16
BROKEN = (MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)
"""What the standard library's mail parser raises on mail that was made to break it, one or another in every version."""
_SILENT = {"script", "style"}
"""What no reader shows. A template is shown by those that take it for an unknown tag, as mail programs do."""
_BREAKING = {"p", "div", "br", "li", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr"}
_TAG = re.compile(r"<[^<>]{0,1000}>")
_MARKUP = re.compile(
    r"<(?i:style|script|title)\b[^>]{0,1000}>[^<]*(?:<(?!/)[^<]*)*(?:</(?i:style|script|title)[^>]{0,99}>)?"
    r"|<!--.{0,1000}?-->|<[^>]{0,1000}>",
    re.DOTALL,
)
"""Tags, comments, and what no reader shows: for text that is bounded."""
_COMMENT = re.compile(r"\([^()]*\)")
_CODING = "content-transfer-encoding"
_ATTACHED = re.compile(
    rb"^content-(?:disposition:\s*attachment|type:\s*(?!\s|text|multipart|message))", re.IGNORECASE | re.MULTILINE
)
_WITHIN = re.compile(rb"^content-type:\s*message/", re.IGNORECASE | re.MULTILINE)


class Content(NamedTuple):
    """A message's text. Headers are as they would be shown; `names` are the attachments' file names, one a line.

    `sender` begins with the line of From; whoever else sent it or takes the answer follows, one a line.
    """

    sender: str = ""
    recipients: str = ""
    subject: str = ""
    text: str = ""
    names: str = ""


def read(path: Path) -> Content:
    """What the message in a file says. Raises OSError."""
    try:
        message = _parsed(path)
    except BROKEN:  # nested beyond what Python's stack takes: the headers are still good
        with path.open("rb") as file:
            message = _parser_of(_head(file.read(PIECE)))
    return _content(message)


def opening(data: bytes) -> str:
    """How the text of a message begins, of which these are the first bytes: of the first part that has any.

    For many messages in little time: markup is cut away by simpler rules than `read` has.
    """
    try:
        for part in _parts(_parser_of(data)):
            if part.get_content_maintype() == "text" and (found := _decoded(part)).strip():
                return unescape(_MARKUP.sub(" ", found)) if part.get_content_subtype() == "html" else found
    except BROKEN:
        pass  # what was made to break parsers says nothing
    return ""


def _head(data: bytes) -> bytes:
    return data.partition(b"\n\r\n")[0].partition(b"\n\n")[0]


def _content(message: Message) -> Content:
    texts: list[str] = []
    names: list[str] = []
    left = LONGEST_TEXT
    for part in _parts(message):
        try:
            names += filter(None, [_name(part)])
            if left > 0 and (found := _text(part)[:left]):
                texts.append(found)
                left -= len(found)
        except BROKEN:  # the other parts may be good
            continue
    recipients = "\n".join(_headers(message, "to", "cc", "bcc"))
    subject = "".join(_headers(message, "subject")[:1])
    senders = dict.fromkeys(_headers(message, "from") + _headers(message, *SENDERS))
    return Content("\n".join(senders), recipients, subject, "\n".join(texts), "\n".join(names))


def _parsed(path: Path) -> Message:
    """The message. Of a large file the end of each part that is too long is left out, up to its boundary."""
    if path.stat().st_size <= LONGEST_PART:
        return _parser_of(path.read_bytes())
    parser = BytesFeedParser(policy=policy.compat32)
    length, most, head = 0, LONGEST_TEXT_PART, b""
    in_head = True
    with path.open("rb") as file:
        while piece := file.readline(PIECE):
            length += len(piece)
            if piece.startswith(b"--"):
                length, most, head, in_head = 0, LONGEST_TEXT_PART, b"", True
            elif in_head and piece.strip() and len(head) < LONGEST_HEAD:
                head += piece
            elif in_head:
                most = LONGEST_PART if _ATTACHED.search(head) else LONGEST_TEXT_PART
                head, in_head = b"", _WITHIN.search(head) is not None
            if length <= most:
                parser.feed(piece)
    return parser.close()


def _parser_of(data: bytes) -> Message:
    parser = BytesFeedParser(policy=policy.compat32)
    parser.feed(data)
    return parser.close()


def _headers(message: Message, *names: str) -> list[str]:
    return [
        " ".join(charsets.header(str(value)[:LONGEST_HEADER]).split())
        for name, value in message.raw_items()
        if name.lower() in names
    ]


def _parts(message: Message) -> Iterator[Message]:
    """The message and its parts in reading order, not too many and not too deep."""
    waiting = [(message, 0)]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part, depth = waiting.pop()
        yield part
        below = part.get_payload()
        if isinstance(below, list) and depth < DEEPEST:
            waiting += [(each, depth + 1) for each in reversed(below) if isinstance(each, Message)]


def _name(part: Message) -> str:
    """The file name of an attachment, by any of the ways in which programs write it."""
    plain: Message = Message()
    for name, value in part.raw_items():
        if name.lower() in ("content-disposition", "content-type"):
            plain[name] = charsets.text(charsets.raw(str(value)[:LONGEST_HEADER])).replace("\r", " ").replace("\n", " ")
    return charsets.header(plain.get_filename() or "")


def _text(part: Message) -> str:
    """The text of one part; of a message within the message its headers, as its text follows as a part of its own."""
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        lines = [_headers(each, "subject", "from", "to") for each in inner if isinstance(each, Message)]
        return "\n".join("\n".join(each) for each in lines)
    if part.is_multipart() or part.get_content_maintype() not in ("text", "multipart"):  # a multipart without parts
        return ""
    if part.get_content_disposition() == "attachment":
        return ""
    found = _decoded(part)
    return plain(found) if part.get_content_subtype() == "html" else found


def _decoded(part: Message) -> str:
    """The text of a part as it is written, markup and all."""
    _plain_coding(part)
    data = part.get_payload(decode=True)
    charset = part.get_param("charset", "")
    declared = charset[2] if isinstance(charset, tuple) else str(charset or "")
    return charsets.text(data if isinstance(data, bytes) else b"", declared)


def _plain_coding(part: Message) -> None:
    """Write the part's encoding as the email package knows it, without the blanks, quotes and comments of some."""
    if value := part.get(_CODING):
        word = re.search(r"[\w-]+", _COMMENT.sub(" ", str(value)[:LONGEST_HEADER]))
        del part[_CODING]
        part[_CODING] = word[0].lower() if word else ""


class _Text(HTMLParser):
    """Keeps what a browser would show, and a little more."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.length = 0
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _BREAKING:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and self._silent:
            self._silent -= 1
        if tag in _BREAKING:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)
            self.length += len(data)


def plain(html: str) -> str:
    """The text of a page, as much of it as is wanted. Broken markup at its end is read by simpler rules."""
    page = html[:LONGEST_PAGE].replace("<![", "<!x[")  # comments to a browser; the parser would raise for some of them
    parser = _Text()
    try:
        end = 0
        while end < len(page) and parser.length < LONGEST_TEXT:  # more each time, as unfinished markup is read again
            start, end = end, max(2 * end, LONGEST_TEXT)
            parser.feed(page[start:end])
        rest = parser.rawdata  # never `close`: what it does to unfinished markup takes quadratic time
    except AssertionError:
        parser.found, rest = [], page
    return "".join(parser.found) + unescape(_TAG.sub(" ", rest))
