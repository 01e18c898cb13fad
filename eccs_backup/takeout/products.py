"""What product a file of a Takeout belongs to: by its content, its suffix and its depth, never by a folder's name.

Folders and most files are called in the account's language, but lie equally deep in all: Keep's notes in the product's
own folder, chats two folders below it. So content counts at its product's depth only; in Drive there may be anything,
an older Takeout with all its products as well. Layouts and keys are those that importers and their test data have:
https://github.com/purarue/google_takeout_parser (English, German; activity, YouTube, Chrome, Play),
https://github.com/simulot/immich-go (photos), https://github.com/obsidianmd/obsidian-importer (Keep),
https://github.com/ONLYOFFICE/DocSpace-server (Drive, account), https://github.com/hanshuebner/herold (mail settings),
https://github.com/abrignoni/RLEAPP (chat), https://locationhistoryformat.com . Classroom's keys are those of its API.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeAlias

from eccs_backup.mail.mbox_reading import is_takeout
from eccs_backup.model import Json
from eccs_backup.takeout import photos
from eccs_backup.takeout.photos import LARGEST, MOST, document, known, names, text

HEAD = 4096
"""Bytes of a file's beginning that are looked at."""
NEAR = 512
"""Bytes of it within which most kinds of JSON show what they are."""
MOST_FOLDERS = 10_000
"""Folders below "Takeout/" of which is remembered what lies in them; an export has a hundred at most."""
_ROOT = "Takeout/"
_Look: TypeAlias = Callable[[str, int, bytes], "Product | None"]


class Product(StrEnum):
    """What the person knows the service as."""

    MAIL = "mail"
    SETTINGS = "settings"  # of mail: filters, addresses, signatures
    DRIVE = "drive"
    PHOTOS = "photos"
    CONTACTS = "contacts"
    CALENDAR = "calendar"
    TASKS = "tasks"
    KEEP = "keep"
    CHAT = "chat"
    GROUPS = "groups"
    CLASSROOM = "classroom"
    YOUTUBE = "youtube"
    ACTIVITY = "activity"
    CHROME = "chrome"
    LOCATION = "location"
    MAPS = "maps"
    FIT = "fit"
    PLAY = "play"
    BLOGGER = "blogger"
    ACCOUNT = "account"
    LOG = "log"  # which device used which service, and when
    INDEX = "index"  # the page that tells what the export holds
    OTHER = "other"


_JSON = [
    (product, frozenset(depths), reach, b'"%b"' % first, [b'"%b"' % key for key in others])
    for product, depths, reach, first, *others in (
        (Product.PHOTOS, {2}, HEAD, b"photoTakenTime"),
        (Product.PHOTOS, {2}, NEAR, b"title", b"access", b"date"),
        (Product.PHOTOS, {2}, NEAR, b"albumData"),
        (Product.KEEP, {1}, HEAD, b"isTrashed", b"isPinned"),
        (Product.KEEP, {1}, HEAD, b"userEditedTimestampUsec"),
        (Product.CHAT, {3}, HEAD, b"user_type"),
        (Product.CHAT, {3}, HEAD, b"topic_id", b"messages"),
        (Product.CHAT, {1}, NEAR, b"conversations", b"conversation_id"),
        (Product.TASKS, {1}, NEAR, b"tasks#taskLists"),
        (Product.TASKS, {1}, NEAR, b"tasks#tasks"),
        (Product.SETTINGS, {2}, NEAR, b"forwardingEmail"),
        (Product.YOUTUBE, {2}, NEAR, b"contentDetails", b"videoId"),
        (Product.CHROME, {1}, NEAR, b"Browser History"),
        (Product.LOCATION, {1}, NEAR, b"latitudeE7"),
        (Product.LOCATION, {1}, NEAR, b"semanticSegments"),
        (Product.LOCATION, {3}, NEAR, b"timelineObjects"),
        (Product.MAPS, {1, 2}, NEAR, b"FeatureCollection", b"google_maps_url"),
        (Product.FIT, {2}, NEAR, b"Data Source", b"Data Points"),
        (Product.FIT, {2}, NEAR, b"fitnessActivity"),
        (Product.PLAY, {1}, NEAR, b"install", b"firstInstallationTime"),
        (Product.PLAY, {1}, NEAR, b"purchaseHistory"),
        (Product.ACCOUNT, {1}, NEAR, b"givenName", b"emails"),
        (Product.CLASSROOM, {2, 3, 4}, HEAD, b"courseState"),
    )
]
"""Keys or values that a product's JSON has, by the number of folders above the file: the first in so many bytes."""
_SETTINGS = re.compile(rb'\s*\{\s*"(?:filters?|addresses)"\s*:')
_HEADER = re.compile(rb'"header"\s*:\s*"((?:[^"\\]|\\.){1,200})"')
_OF_YOUTUBE = re.compile(rb'[^\n]{0,2000}\n"?(?:[^\n]{0,200}?\bUC[\w-]{22}\b|[\w-]{11}"?,\s?"?\d{4}-\d\d-\d\d[T ])')
"""A row of CSV with the id of a channel, or the id of a video and when it was put into a list."""
_CALENDAR_NAME = re.compile(rb"(?im)^X-WR-CALNAME(?:;[^:\r\n]*)?:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)")


def of(path: str, head: bytes) -> Product | None:
    """The product of a file by its first HEAD bytes; None when they say nothing, as a picture's. Never raises.

    `path` is the member's, with or without "Takeout/". `Folders` has the last word.
    """
    inner = path.removeprefix(_ROOT)
    look = _LOOKS.get(inner[inner.rfind(".") + 1 :].lower())
    return look(inner, inner.count("/"), head[:HEAD]) if look else None


def _json(path: str, depth: int, head: bytes) -> Product | None:
    near = head[:NEAR]
    for product, depths, reach, first, others in _JSON:
        if depth in depths and first in (near if reach == NEAR else head) and all(key in head for key in others):
            return product
    if "-info" in path and b'"viewers_can_download"' in head:
        return Product.DRIVE
    if depth == 2 and b'"header"' in near and b'"time"' in head and (header := _HEADER.search(head)):
        return _of_activity(path, header[1])
    return Product.SETTINGS if depth == 2 and _SETTINGS.match(head) else None


def _of_activity(path: str, header: bytes) -> Product:
    """YouTube's own history is written as the activity is: there the folder is a product's name, which here is none."""
    folder = path.split("/")[1].lower()
    return Product.YOUTUBE if header.startswith(b"YouTube") and not folder.startswith("youtube") else Product.ACTIVITY


def _html(path: str, depth: int, head: bytes) -> Product | None:
    if depth == 0:
        return Product.INDEX
    if depth == 1 and path.endswith((".SubscriberInfo.html", ".ChangeHistory.html")):
        return Product.ACCOUNT
    if depth == 1 and b"NETSCAPE-Bookmark-file-1" in head[:200]:
        return Product.CHROME
    return Product.ACTIVITY if depth == 2 and b".mdl-cell" in head else None


def _csv(path: str, depth: int, head: bytes) -> Product | None:
    name = path[path.rfind("/") + 1 :]
    if depth == 1 and (b"Gaia ID" in head[:200] or name.startswith(("Activities - A list", "Devices - A list"))):
        return Product.LOG
    return Product.YOUTUBE if depth in (2, 3) and _OF_YOUTUBE.match(head) else None


def _mbox(path: str, depth: int, head: bytes) -> Product | None:
    """Separators of a group's mails look like Gmail's: https://github.com/dcarrero/mboxshell (issue 23)."""
    if depth > 2 and (path.split("/")[1] == "googlegroups.com" or b"\nX-Google-Groups:" in head):
        return Product.GROUPS
    return Product.MAIL if is_takeout(head) else None


def _vcf(path: str, depth: int, head: bytes) -> Product | None:
    """A group's contacts are a file in a folder of the group's name, and both are called alike."""
    named = depth == 2 and path.split("/")[1] == path.split("/")[2][:-4]
    return Product.CONTACTS if named and b"BEGIN:VCARD" in head[:20] else None


def _ics(path: str, depth: int, head: bytes) -> Product | None:
    return Product.CALENDAR if depth == 1 and b"BEGIN:VCALENDAR" in head[:20] and b"//Google" in head else None


def _containing(product: Product, depths: set[int], mark: bytes) -> _Look:
    return lambda path, depth, head: product if depth in depths and mark in head else None


_LOOKS: Mapping[str, _Look] = {
    "json": _json, "html": _html, "csv": _csv, "mbox": _mbox, "vcf": _vcf, "ics": _ics,
    "tcx": _containing(Product.FIT, {2}, b"<TrainingCenterDatabase"),
    "atom": _containing(Product.BLOGGER, {2, 3}, b"blogger.com"),
}  # fmt: skip


class Folders:
    """What lies in the folders below "Takeout/", which tells what the files are whose own content says nothing.

    A folder is Drive when anything in it is Drive's, for no other holds all kinds of files; else YouTube when anything
    is YouTube's, whose pages look as those of activity; else mail when a mailbox lies in it; else what most of it is;
    and when nothing is known, what suffixes make likely. The order does not matter: ask when all were seen.
    """

    _LIKELY: Mapping[str, Product] = {
        **dict.fromkeys(("docx", "xlsx", "pptx"), Product.DRIVE),
        "vcf": Product.CONTACTS, "ics": Product.CALENDAR,
    }  # fmt: skip

    def __init__(self) -> None:
        self._known: dict[str, Counter[Product]] = {}
        self._likely: dict[str, Counter[Product]] = {}

    def saw(self, path: str, product: Product | None) -> None:
        """A file of the export, and what `of` said of it."""
        top, depth = _top(path)
        if product is Product.MAIL and depth != 1:
            return  # an old mailbox that is kept somewhere
        found = product or self._LIKELY.get(path[path.rfind(".") + 1 :].lower())
        votes = self._known if product else self._likely
        if top and found and (top in votes or len(votes) < MOST_FOLDERS):
            votes.setdefault(top, Counter())[found] += 1

    def of(self, path: str, said: Product | None = None) -> Product:
        """The product of a file; `said` is what `products.of` said of it."""
        if said in (Product.MAIL, Product.INDEX):
            return said
        folder = self._verdict(_top(path)[0])
        if folder is Product.DRIVE or (folder is Product.YOUTUBE and said is Product.ACTIVITY):
            return folder
        if said is None and folder is Product.MAIL and not path.lower().endswith(".mbox"):
            return Product.SETTINGS
        return said or folder

    def _verdict(self, top: str) -> Product:
        votes = self._known.get(top) or self._likely.get(top) or Counter()
        for product in (Product.DRIVE, Product.YOUTUBE, Product.MAIL):
            if product in votes:
                return product
        return max(Product, key=lambda product: votes[product]) if votes else Product.OTHER


def _top(path: str) -> tuple[str, int]:
    """The folder below "Takeout/", empty for a file in it, and the number of folders above the file."""
    inner = path.removeprefix(_ROOT)
    top, slash, _ = inner.partition("/")
    return top if slash else "", inner.count("/")


def facts(product: Product, path: str, content: bytes) -> dict[str, Json]:
    """What a person would look for in the records, of a whole file; nothing of one above LARGEST. Never raises.

    Times in Unix seconds; texts and lists are cut.
    """
    told = _FACTS.get(product)
    return known(told(content)) if told and len(content) <= LARGEST else {}


def _of_photos(content: bytes) -> dict[str, Json]:
    if found := photos.sidecar(content):
        return photos.facts(found)
    album = photos.album(content)
    return {"album": album.title, "description": album.description, "date": album.date} if album else {}


def _of_note(content: bytes) -> dict[str, Json]:
    note = document(content)
    marks = {"trashed": "isTrashed", "archived": "isArchived", "pinned": "isPinned"}
    return {
        "title": text(note.get("title")),
        "labels": [*names(note.get("labels"))],
        **{name: note.get(key) is True for name, key in marks.items()},
        "edited": _micros(note.get("userEditedTimestampUsec")),
        "created": _micros(note.get("createdTimestampUsec")),
    }


def _of_tasks(content: bytes) -> dict[str, Json]:
    lists = [each for each in _list(document(content).get("items")) if isinstance(each, dict)]
    titles: list[Json] = [text(each.get("title")) for each in lists[:MOST]]
    return {"lists": len(lists), "tasks": sum(len(_list(each.get("items"))) for each in lists), "titles": titles}


def _of_chat(content: bytes) -> dict[str, Json]:
    value = document(content)
    user, messages = value.get("user"), value.get("messages")
    return {
        "messages": len(messages) if isinstance(messages, list) else None,
        "group": text(value.get("name")),
        "members": [*names(value.get("members"))],
        "user": text(user.get("name")) if isinstance(user, dict) else "",
    }


def _of_contacts(content: bytes) -> dict[str, Json]:
    return {"cards": _count(b"VCARD", content)}


def _of_calendar(content: bytes) -> dict[str, Json]:
    found = _CALENDAR_NAME.search(content)
    name = re.sub(rb"\r?\n[ \t]", b"", found[1]).decode("utf-8", "replace") if found else ""
    return {"events": _count(b"VEVENT", content), "calendar": text(re.sub(r"\\([,;\\])", r"\1", name).strip())}


_FACTS: Mapping[Product, Callable[[bytes], dict[str, Json]]] = {
    Product.PHOTOS: _of_photos, Product.KEEP: _of_note, Product.TASKS: _of_tasks, Product.CHAT: _of_chat,
    Product.CONTACTS: _of_contacts, Product.CALENDAR: _of_calendar,
}  # fmt: skip


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _count(kind: bytes, content: bytes) -> int:
    return len(re.findall(rb"(?im)^BEGIN:%b[ \t\r]*$" % kind, content))


def _micros(value: Json) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    return value // 1_000_000 if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**18 else None
