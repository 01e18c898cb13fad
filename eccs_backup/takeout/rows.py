"""What a member of an archive becomes: an item with its steps, and its row when it is no file."""

from __future__ import annotations

from dataclasses import replace

from eccs_backup.model import Entry, Facts, Item, Json, State, Step
from eccs_backup.takeout import mailbox
from eccs_backup.takeout.products import Product

ROOT = "Takeout"
"""The folder that everything in an export lies in."""
MAIL_DEPTH = 2
"""Folder and file: where Gmail's mailboxes lie."""


def steps(path: str) -> tuple[Step, ...]:
    """Folders that several parts share are one folder. A tar that was packed anew may begin with "./"."""
    names = [each for each in path.split("/") if each not in ("", ".")] or [path]
    names = names[1:] if names[0] == ROOT and names[1:] else names
    return tuple(Step("/".join(names[: number + 1]), name) for number, name in enumerate(names))


def may_be_mail(item: Item) -> mailbox.Series | None:
    """The mailbox that a member may be a file of: Gmail's lie in the product's folder itself. Others are files that a
    person has in Drive, or a group's (googlegroups.com), whose separators look alike."""
    return mailbox.series(item.name) if len(item.path) == MAIL_DEPTH else None


def told(item: Item, product: Product | None, facts: Facts) -> Item:
    said: dict[str, Json] = {} if product is None else {"product": str(product)}
    return replace(item, facts={**item.facts, **said, **facts})


def failed(item: Item, why: str) -> Entry:
    return Entry(item.key, State.FAILED, item.name, reason=why, facts=item.facts)
