"""The student's labels, whose names are a trial for folders, IMAP and tables."""

from __future__ import annotations

import unicodedata

from eccs_backup.rehearsal.mail.mailbox import Mailbox
from eccs_backup.rehearsal.things import Json

_KANA = "がくせいべんこう"
HARD: dict[str, tuple[str, str]] = {
    "Label_1": ("研究", "a Japanese name"),
    "Label_2": ("研究/ゼミ", "inside another label"),
    "Label_3": ("研究/ゼミ/2024", "two levels down"),
    "Label_4": ("実験/データ/生", "two levels down, without labels for the levels above"),
    "Label_5": ("/先頭", "a slash in front"),
    "Label_6": ("末尾/", "a slash at the end"),
    "Label_7": ("二重//斜線", "an empty level"),
    "Label_8": ("\"引用\" と 'quote'", "quotation marks"),
    "Label_9": ("C:\\mail\\", "backslashes, one at the end"),
    "Label_10": ("A&B &- 研究&", "ampersands, which modified UTF-7 writes as &-"),
    "Label_11": ("100%", "a percent sign, which IMAP's LIST takes as a pattern"),
    "Label_12": ("*重要*", "asterisks, which IMAP's LIST takes as a pattern"),
    "Label_13": ("👩‍🔬 実験 🎓", "emoji, one joined from several"),
    "Label_14": (unicodedata.normalize("NFC", _KANA), "composed kana (NFC)"),
    "Label_15": (unicodedata.normalize("NFD", _KANA), "the same, taken apart (NFD)"),
    "Label_16": ("Inbox2", "almost a system label"),
    "Label_17": ("受信トレイ", "the inbox's name in Japanese"),
    "Label_18": ("分類" * 112 + "。", "225 characters, the longest name there may be"),
    "Label_19": ("../../etc/passwd", "a path that leads out"),
    "Label_20": ("[Imap]/Sent", "made by a mail program"),
    "Label_21": ("=HYPERLINK(\"http://example.com\")", "a formula of a spreadsheet"),
    "Label_22": ("<script>alert(1)</script>", "HTML"),
    "Label_23": ("CON", "a device of Windows"),
    "Label_24": ("請求書\u202efdp", "a bidi override"),
    "Label_25": ("(paren) {1} ]", "characters that end an atom in IMAP"),
    "Label_26": ("&MKQ-", "reads like modified UTF-7 itself"),
    "Label_1234567890123456789": ("Zürich", "an id of nineteen digits"),
}  # fmt: skip
"""Label id to its name and what is special about it."""
EMPTY = "Label_27"
_MORE: dict[str, dict[str, Json]] = {
    "Label_1": {
        "color": {"textColor": "#ffffff", "backgroundColor": "#4a86e8"},
        "labelListVisibility": "labelShow",
        "messageListVisibility": "show",
    },
    "Label_11": {"labelListVisibility": "labelHide", "messageListVisibility": "hide"},
    "Label_16": {"labelListVisibility": "labelShowIfUnread", "messageListVisibility": "show"},
}


def make_labels(mailbox: Mailbox) -> None:
    """The student's labels, with one that no message has."""
    for id, (name, _) in HARD.items():
        mailbox.new_label(name, id).more.update(_MORE.get(id, {}))
    mailbox.new_label("空っぽ", EMPTY)


def many_labels(mailbox: Mailbox, count: int = 10_000) -> None:
    """Add `count` user labels, and put each of the first fifty on three messages, if there are any.

    10,000 is the most that Gmail allows.
    https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.labels
    """
    ids = [mailbox.new_label(f"分類 {n // 100:03}/{n:05}", f"Label_9{n:06}").id for n in range(count)]
    if not mailbox.order:
        return
    for number, id in enumerate(ids[:50]):
        for step in range(3):
            message = mailbox.messages[mailbox.order[(number * 3 + step) % len(mailbox.order)]]
            message.labels = message.labels | {id}
