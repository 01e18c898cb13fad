"""The labels of saved mail in the new mailbox: which are there, which are made, and which cannot be given."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from eccs_backup.errors import Unavailable
from eccs_backup.model import Json
from eccs_backup.restore.letters import Letter
from eccs_backup.restore.mailbox import Mailbox

GIVEN = frozenset(
    {"INBOX", "UNREAD", "STARRED", "IMPORTANT", "SENT", "SPAM", "TRASH"}
    | {f"CATEGORY_{name}" for name in ("PERSONAL", "SOCIAL", "PROMOTIONS", "UPDATES", "FORUMS")}
)
"""System labels that a message may be put in with.
https://developers.google.com/workspace/gmail/api/guides/labels"""
INSTEAD = {"DRAFT": "Drafts (restored)", "CHAT": "Chats (restored)"}
"""System labels that only Gmail itself gives, and what stands for them. A draft would have to be made anew by
drafts.create, which gives it another Message-ID and other bytes: it is kept as a message instead."""
_LOOKS = ("color", "labelListVisibility", "messageListVisibility")


class Labels:
    """Names of saved labels -> ids in the new mailbox. `saved` is what Gmail once said of each."""

    def __init__(self, mailbox: Mailbox, saved: Mapping[str, Mapping[str, Json]]) -> None:
        self._mailbox, self._saved = mailbox, saved
        self._ids: dict[str, str] = {}
        """User labels only: a system label is given by its id, and never found by a name."""
        self._system: set[str] = set()
        self.renamed: dict[str, str] = {}
        """Names that Gmail did not take -> what they became; empty when the label could not be made at all."""
        self._read()

    def to_make(self, found: Iterable[Letter]) -> list[str]:
        """The names of the labels that are not there, those that hold others first."""
        wanted = dict.fromkeys(INSTEAD.get(name, name) for each in found for name in each.labels)
        names = {part for name in wanted if self._is_own(name) for part in (*self._above(name), name)}
        missing: dict[str, str] = {}
        for name in sorted(names):
            if _folded(name) not in self._ids and not self._stood_for(name):
                missing.setdefault(_folded(name), name)
        return list(missing.values())

    def make(self, names: Iterable[str]) -> None:
        """Make these labels, with the colours and places that they had. Raises ItemError, Transient, Stop."""
        for name in names:
            for wish in (_instead(name),) if self._is_reserved(name) else (name, _instead(name)):
                if id := self._ids.get(_folded(wish)) or self._make(wish, name):
                    self._stand_for(name, wish, id)
                    break
            else:
                self.renamed[name] = ""

    def ids(self, letter: Letter) -> list[str]:
        """The labels of a message by their ids in the new mailbox; what cannot be given is not among them."""
        names = (INSTEAD.get(name, name) for name in letter.labels)
        found = (name if name in GIVEN else self._ids.get(_folded(name)) for name in names if self._can(name))
        return list(dict.fromkeys(id for id in found if id))

    def lost(self, letter: Letter) -> list[str]:
        """The labels of a message that the new mailbox does not get."""
        return [name for name in letter.labels if not self._can(INSTEAD.get(name, name)) or self._unmade(name)]

    def _is_reserved(self, name: str) -> bool:
        """Whether a person's label is called like one of Gmail's own: putting mail there would hide or delete it."""
        plain = _folded(name.strip())
        return any(plain == _folded(each) for each in (*GIVEN, *INSTEAD, *self._system))

    def _stood_for(self, name: str) -> bool:
        """Whether an earlier run made the label that stands for this one."""
        wish = _instead(name)
        if not self._is_reserved(name) or _folded(wish) not in self._ids:
            return False
        self._stand_for(name, wish, self._ids[_folded(wish)])
        return True

    def _stand_for(self, name: str, wish: str, id: str) -> None:
        self._ids[_folded(name)] = id
        if wish != name:
            self.renamed[name] = wish

    def _unmade(self, name: str) -> bool:
        return self.renamed.get(INSTEAD.get(name, name)) == ""

    def _can(self, name: str) -> bool:
        return name in GIVEN or self._is_own(name)

    def _is_own(self, name: str) -> bool:
        """Whether it is a label that people make, and not one of Gmail's."""
        about = self._saved.get(name)
        return name not in GIVEN and name not in self._system and (about is None or about.get("type") != "system")

    def _above(self, name: str) -> list[str]:
        """The labels that hold this one: those that were there, all when nothing is known of them."""
        parts = name.split("/")
        above = ["/".join(parts[:end]) for end in range(1, len(parts)) if all(parts[: end + 1])]
        return [each for each in above if not self._saved or each in self._saved]

    def _read(self) -> None:
        for row in self._mailbox.labels():
            name = str(row.description["name"])
            if row.description.get("type") == "system":
                self._system.update((row.id, name))
            else:
                self._ids.setdefault(_folded(name), row.id)

    def _make(self, name: str, like: str) -> str | None:
        """The new label's id, or None when Gmail does not take the name: some are its own, in many languages."""
        about = self._saved.get(like, {})
        looks = {field: about[field] for field in _LOOKS if field in about}
        for more in _tries(looks):
            try:
                return self._mailbox.make_label({"name": name, **more})
            except Unavailable:
                self._read()  # somebody else may have made it meanwhile
                if id := self._ids.get(_folded(name)):
                    return id
        return None


def _tries(looks: Mapping[str, Json]) -> Collection[Mapping[str, Json]]:
    """With its looks, then without: a colour that Gmail no longer has must not cost the label."""
    return (looks, {}) if looks else ({},)


def _instead(name: str) -> str:
    return f"{name.strip()} (restored)"


def _folded(name: str) -> str:
    """Names that differ only by case are one label to Gmail. No wider than that: "Masse" is not "Maße"."""
    return name.lower()
