"""A mailbox at Gmail's API, for `searching`: ids by searches, headers of single mails."""

from __future__ import annotations

from functools import partial
from html import unescape
from typing import Any

from eccs_backup.errors import Unavailable, Unfinished
from eccs_backup.http import Wire
from eccs_backup.linked_apps.mail.heads import WANTED, Head
from eccs_backup.linked_apps.mail.searching import Look
from eccs_backup.retry import Halt
from eccs_backup.sources.gmail import answers
from eccs_backup.sources.gmail.answers import Answer, must
from eccs_backup.sources.gmail.asking import Asking
from eccs_backup.sources.gmail.quota import TODAY, Quota

ATTEMPTS = 8
PAGE = 500
MOST_PAGES = 400
"""Of one search: 200,000 mails."""
HEADERS = sorted(WANTED)


class GmailBox:
    """One account's mailbox. Every method raises Stop, ItemError, and Transient when patience ends."""

    def __init__(self, wire: Wire, endpoint: str | None, halt: Halt) -> None:
        self._asking = Asking(wire, endpoint, Quota("2026", sleep=halt.sleep), halt, ATTEMPTS)
        self._messages = self._asking.users.messages()
        self.spent = 0

    def total(self) -> int:
        """How many mails there are."""
        self.spent += TODAY.prices["other"]
        return self._asking.ask(self._asking.users.getProfile(userId="me"), "other", answers.profile).messages

    def search(self, query: str) -> list[str]:
        """The ids of the mails that fit, the newest first; spam and trash are left out."""
        found: list[str] = []
        token: str | None = None
        for _ in range(MOST_PAGES):
            request = self._messages.list(userId="me", q=query, maxResults=PAGE, pageToken=token)
            self.spent += TODAY.prices["list"]
            page = self._asking.ask(request, "list", partial(answers.messages, token=token))
            found += [row.id for row in page.rows]
            token = page.following
            if token is None:
                return found
        raise Unfinished(
            f"Gmail found more than {len(found):,} mails for one search.", hint="Use saved mail: --mail FOLDER"
        )

    def look(self, id: str) -> Look | None:
        """The headers of a mail and the beginning of its text; None when it is gone."""
        request = self._messages.get(userId="me", id=id, format="metadata", metadataHeaders=HEADERS)
        self.spent += TODAY.prices["get"]
        try:
            return self._asking.ask(request, "get", lambda answer: _look(answer, id))
        except Unavailable:
            return None


def _look(answer: Answer, id: str) -> Look:
    labels = answers.label_ids(answer, id)
    payload, snippet = answer.get("payload"), answer.get("snippet", "")
    must(isinstance(payload, dict) and isinstance(snippet, str), "no headers")
    told: Any = dict(payload or {}).get("headers") or []
    must(isinstance(told, list) and all(isinstance(each, dict) for each in told), "no headers")
    pairs = [(str(each.get("name")), str(each.get("value"))) for each in told]
    pairs.append(("X-Gmail-Labels", ",".join(labels)))
    return Look(Head.of_pairs(pairs), unescape(snippet))
