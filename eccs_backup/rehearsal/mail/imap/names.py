"""How folders and labels are spelled on an IMAP line: modified UTF-7, atoms, quotes, literals."""

from __future__ import annotations

import base64
import re

SPECIAL = {
    "ja": {
        "ALL": "すべてのメール", "SPAM": "迷惑メール", "TRASH": "ゴミ箱", "SENT": "送信済みメール", "DRAFT": "下書き",
        "STARRED": "スター付き", "IMPORTANT": "重要",
    },
    "en": {
        "ALL": "All Mail", "SPAM": "Spam", "TRASH": "Trash", "SENT": "Sent Mail", "DRAFT": "Drafts",
        "STARRED": "Starred", "IMPORTANT": "Important",
    },
}  # fmt: skip
"""Label id ("ALL" for everything) -> the folder's name below "[Gmail]", by the account's language."""
USES = {
    "ALL": "\\All", "SPAM": "\\Junk", "TRASH": "\\Trash", "SENT": "\\Sent", "DRAFT": "\\Drafts",
    "STARRED": "\\Flagged", "IMPORTANT": "\\Important",
}  # fmt: skip
"""RFC 6154, and https://developers.google.com/workspace/gmail/imap/imap-extensions for \\Important"""

_RUNS = re.compile(r"([^\x20-\x7e]+)|(&)")
_ATOM = re.compile(r"[A-Za-z0-9&+,\-./:;<=>?@^_`|~!#$']+")


def modified_utf7(name: str) -> str:
    """A folder's name in printable ASCII. RFC 3501, 5.1.3"""

    def shifted(match: re.Match[str]) -> str:
        if match[2]:
            return "&-"
        packed = base64.b64encode(match[1].encode("utf-16-be", "surrogatepass")).rstrip(b"=")
        return "&" + packed.decode("ascii").replace("/", ",") + "-"

    return _RUNS.sub(shifted, name)


def quoted(text: str) -> str:
    """A quoted string; `text` must be printable ASCII."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def label(name: str) -> str:
    """A user's label within X-GM-LABELS: an atom, a quoted string, or a literal when quoting it needs escapes."""
    spelled = modified_utf7(name)
    if _ATOM.fullmatch(spelled) and spelled.upper() != "NIL":
        return spelled
    if '"' in spelled or "\\" in spelled:
        return f"{{{len(spelled)}}}\r\n{spelled}"
    return quoted(spelled)
