"""Where one file of a mailbox ends and the next begins: the last message of a file may go on in the next one.

A mailbox that is too large for one part is cut, perhaps in the middle of a message. Whether it is shows only when the
next file is there, in another part, which may be read first, or weeks later. So the ends are kept: of each file its
last message, and what stands before its first separator.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Self

from eccs_backup import disk
from eccs_backup.digest import digests
from eccs_backup.errors import of_disk
from eccs_backup.mail.mbox_reading import BLOCK
from eccs_backup.model import Json
from eccs_backup.takeout.mailbox import Series
from eccs_backup.takeout.records import ENDS, Records
from eccs_backup.vault import INNER, Vault

MAY_GO_ON = "Its last message may go on in a file that is missing."


class End(NamedTuple):
    """The ends of one file of a mailbox.

    `path` and `row` are the file's path and the id of its row among the entries. `beginning`: the SHA-256 of what
    stands before the first separator, the end of a message of the file before; empty when there is nothing. Of the last
    message: Gmail's `id`, empty when the file holds no separator; `raw` and `cut`, what stood before and behind it;
    `sha256` of its bytes, empty when the vault held the message already. `stamp` is the part's; `made` is the SHA-256
    of what was saved of the last message, and `done` names what that was put together from: it may not be all of it.
    """

    path: str
    row: str
    beginning: str = ""
    id: str = ""
    raw: str = ""
    cut: str = ""
    sha256: str = ""
    stamp: str = ""
    made: str = ""
    done: str = ""

    @classmethod
    def of(cls, description: dict[str, Json]) -> Self:
        """From the records."""
        return cls(**{name: value for name, value in description.items() if name in cls._fields})  # type: ignore[arg-type]


class Ends:
    """The ends of the files of one export's mailboxes. Writes last with the manifest's next commit."""

    def __init__(self, vault: Vault, records: Records, stamp: str) -> None:
        self._vault, self._records, self._stamp = vault, records, stamp
        self._folder = vault.root / INNER / "takeout"

    def note(self, place: Series, end: End) -> None:
        """Remember the ends of a file."""
        self._records.note(ENDS, f"{end.stamp}/{place.name}#{place.number:05}", end._asdict())

    def get(self, place: Series) -> End | None:
        """The ends of a file that was read before."""
        found = self._records.get(ENDS, f"{self._stamp}/{place.name}#{place.number:05}")
        return End.of(found) if found else None

    def all(self, stamps: Collection[str]) -> dict[str, dict[int, End]]:
        """By the mailbox's name, and the file's number in it. An export's parts may have several stamps."""
        found: dict[str, dict[int, End]] = defaultdict(dict)
        for row in self._records.rows(ENDS):
            stamp, _, rest = row.id.partition("/")
            name, _, number = rest.rpartition("#")
            if stamp in stamps and number.isdigit():
                found[name][int(number)] = End.of(row.description)
        return dict(sorted(found.items()))

    def keep(self, part: Path, sha256: str) -> None:
        """Keep what lies in a part. Raises Stop."""
        try:
            disk.make_folder(self._folder)
            part.replace(self._folder / sha256)
        except OSError as error:
            raise of_disk(error) from error

    def joined(self, place: Series, ends: dict[int, End]) -> Iterator[bytes]:
        """The last message of a file as it stood there, and what the next files go on with. Raises OSError."""
        end, (first, *others) = ends[place.number], kept(place.number, ends)
        yield end.raw.encode("latin-1")
        yield from _blocks(self._folder / first)
        yield end.cut.encode("latin-1")
        for each in others:
            yield from _blocks(self._folder / each)

    def sound(self, names: Iterable[str]) -> bool:
        """Whether what was kept is there, with the bytes that its name tells."""
        try:
            return all(digests(self._folder / name, "sha256")["sha256"] == name for name in names)
        except OSError:
            return False


def kept(number: int, ends: dict[int, End]) -> list[str]:
    """What a file's last message is put together from: names of files in the folder of ends."""
    found = [ends[number].sha256]
    while (following := ends.get(number + 1)) and following.beginning:
        found.append(following.beginning)
        if following.id:
            break
        number += 1
    return found


def trouble(number: int, ends: dict[int, End], *, missing: bool) -> str | None:
    """Why a file's ends cannot be told yet, in a sentence; None when they can.

    `missing`: parts of the export are known to be missing. Takeout writes an empty line behind every message: where
    that is lacking, the last one is not whole.
    """
    end = ends[number]
    if end.beginning and number - 1 not in ends:
        return "It begins in the middle of a message, whose beginning is in a file that is missing."
    if not end.sha256:  # the message is held, or there is none
        return None
    last = number
    while (following := ends.get(last + 1)) and following.beginning and not following.id:
        last += 1
    if last + 1 in ends:
        return None
    if missing or max(ends) > last or last > number or not end.cut:
        return MAY_GO_ON
    return None


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK):
            yield block
