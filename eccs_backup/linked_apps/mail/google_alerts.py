"""Google's own mails that an app got access to the account's data, worded as before and since the middle of 2025."""

from __future__ import annotations

import re
import unicodedata

SENDER = "no-reply@accounts.google.com"
LONGEST_NAME = 80
LONGEST_TEXT = 4_000
"""Characters of the text that are looked at; the sentence stands at its beginning."""
_NAME = rf"(?P<app>\S(?:.{{0,{LONGEST_NAME}}}?\S)?)"
_ACCOUNT = " ?Google ?アカウント(?:のデータ)?(?:の一部)?(?:のデータ)?への?アクセス"
_SENTENCES = [
    re.compile(each)
    for each in (
        rf"(?:^|[.!?\s])You allowed {_NAME} access to (?:some of )?your Google Account(?: data)?\b",
        rf"^{_NAME} was granted access to your (?:linked )?Google Account\b",
        rf"^(?:あなたは ?)?{_NAME} ?に{_ACCOUNT}を許可しました",
        rf"^[「『]?{_NAME}[」』]? ?に(?:お使いの|あなたの)?{_ACCOUNT}(?:権)?が(?:許可|付与)されました",
    )
]


def app(text: str) -> str | None:
    """The name of the app that was given access, as the mail writes it; None for any other mail of Google's.

    `text` is the mail's text, or the snippet that the API gives of it.
    """
    short = unicodedata.normalize("NFC", text[:LONGEST_TEXT])
    lines = [" ".join(each.split()) for each in short.split("\n")]
    for line in (*lines, " ".join(lines)):
        for sentence in _SENTENCES:
            if found := sentence.search(line):
                return found["app"]
    return None
