"""LIST and STATUS: which folders there are, and how many messages each holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from eccs_backup.rehearsal.mail.imap.folders import Folder, View
from eccs_backup.rehearsal.mail.imap.folders import view as current
from eccs_backup.rehearsal.mail.imap.grammar import Atom, BadCommand, Node
from eccs_backup.rehearsal.mail.imap.names import quoted
from eccs_backup.rehearsal.mail.mailbox import Mailbox

_SELECTIONS = {"SPECIAL-USE", "SUBSCRIBED", "REMOTE"}
_RETURNS = {"SPECIAL-USE", "SUBSCRIBED", "CHILDREN"}


@dataclass(slots=True)
class Wish:
    """What a LIST asked for. RFC 5258, RFC 6154, RFC 5819"""

    patterns: list[str]
    special: bool = False
    """Only folders with a special use."""
    subscribed: bool = False
    """Say that they are subscribed; all are."""
    status: list[str] = field(default_factory=list)


def wish(arguments: Sequence[Node]) -> Wish:
    """Read the arguments of LIST. Raises BadCommand."""
    rest = list(arguments)
    found = Wish([])
    if rest and isinstance(rest[0], list):
        chosen = _names(rest.pop(0), _SELECTIONS)
        found.special = "SPECIAL-USE" in chosen
    if len(rest) not in (2, 4) or not isinstance(rest[0], str):
        raise BadCommand("Could not parse command")
    wanted = rest[1] if isinstance(rest[1], list) else [rest[1]]
    found.patterns = [rest[0] + each for each in wanted if isinstance(each, str)]
    if len(rest) == 4:
        if str(rest[2]).upper() != "RETURN" or not isinstance(rest[3], list):
            raise BadCommand("Could not parse command")
        _returns(found, list(rest[3]))
    return found


def _returns(found: Wish, options: list[Node]) -> None:
    for place, option in enumerate(options):
        if isinstance(option, list):
            if not place or str(options[place - 1]).upper() != "STATUS":
                raise BadCommand("Could not parse command")
            found.status = status_items(option)
    plain = [option for option in options if isinstance(option, str) and option.upper() != "STATUS"]
    found.subscribed = "SUBSCRIBED" in _names(list(plain), _RETURNS)


def _names(node: Node, known: set[str]) -> set[str]:
    names = {str(each).upper() for each in node} if isinstance(node, list) else set()
    if not names <= known:
        raise BadCommand("Unknown LIST option")
    return names


def lines(mailbox: Mailbox, all: Sequence[Folder], wish: Wish, name: str) -> Iterator[str]:
    """The answer's lines; `name` is LIST, LSUB or XLIST."""
    if wish.patterns == [""]:
        yield f'* {name} (\\Noselect) "/" "/"'
        return
    matching = [re.compile(_pattern(pattern)) for pattern in wish.patterns]
    for folder in all:
        if wish.special and not folder.use:
            continue
        if any(pattern.fullmatch(folder.spelled) for pattern in matching):
            flags = _attributes(folder, all) + (["\\Subscribed"] if wish.subscribed else [])
            yield f'* {name} ({" ".join(flags)}) "/" {quoted(folder.spelled)}'
            if wish.status and folder.label:
                yield status(folder, current(mailbox, folder), wish.status, mailbox)


def _pattern(text: str) -> str:
    if text.upper() == "INBOX":
        return "INBOX"
    return "".join({"*": ".*", "%": "[^/]*"}.get(mark, re.escape(mark)) for mark in text)


def _attributes(folder: Folder, all: Sequence[Folder]) -> list[str]:
    below = any(other.name.startswith(folder.name + "/") for other in all)
    found = [folder.use] if folder.use else []
    found.append("\\HasChildren" if below else "\\HasNoChildren")
    return found if folder.label else [*found, "\\Noselect"]


def status_items(node: Node) -> list[str]:
    """The items of a STATUS. Raises BadCommand."""
    known = {"MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN"}
    if not isinstance(node, list) or not node or not all(isinstance(each, Atom) for each in node):
        raise BadCommand("Could not parse command")
    wanted = [str(each).upper() for each in node]
    if not set(wanted) <= known:
        raise BadCommand("Unknown STATUS item")
    return wanted


def status(folder: Folder, view: View, wanted: Sequence[str], mailbox: Mailbox) -> str:
    """One folder's STATUS line."""
    numbers = {
        "MESSAGES": len(view.ids),
        "RECENT": 0,
        "UIDNEXT": view.next,
        "UIDVALIDITY": folder.validity,
        "UNSEEN": _unseen(mailbox, view) if "UNSEEN" in wanted else 0,
    }
    shown = " ".join(f"{item} {numbers[item]}" for item in wanted)
    return f"* STATUS {quoted(folder.spelled)} ({shown})"


def _unseen(mailbox: Mailbox, view: View) -> int:
    found = (mailbox.messages.get(id) for id in view.ids)
    return sum(1 for message in found if message is not None and "UNREAD" in message.labels)
