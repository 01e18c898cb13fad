"""The product of a file is told by what it is, in every language, and by what lies beside it."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eccs_backup.takeout import products
from eccs_backup.takeout.products import HEAD, Folders, Product, facts
from takeout import export_files
from takeout.export_names import NAMES
from takeout.export_photos import as_json

ACCOUNT = "yamada.hanako@g.example.ac.jp"
MAIL = b"From 1628424719502045299@xxx Tue Mar 19 09:13:51 +0000 2019\r\nX-GM-THRID: 1\r\n\r\n"
NOTE = {"color": "DEFAULT", "isTrashed": False, "isPinned": True, "isArchived": False, "title": "買い物"}
PAGE = b'<html><head><title>My Activity History</title><style type="text/css">\nbody {}\n.mdl-cell {}'
CALENDAR = b"BEGIN:VCALENDAR\r\nPRODID:-//Google Inc//Google Calendar 70.9054//EN\r\n"


def _export(language: str) -> Iterator[tuple[str, str, bytes]]:
    """Product, path and content of everything in an export."""
    for product, files in export_files.products(language, ACCOUNT).items():
        yield from ((product, path, data) for path, data in files.items())


def _folders(files: list[tuple[str, bytes]]) -> Folders:
    folders = Folders()
    for path, data in files:
        folders.saw(path, products.of(path, data[:HEAD]))
    return folders


@pytest.mark.parametrize("language", NAMES)
@pytest.mark.parametrize("root", ["Takeout/", ""])
def test_every_file_of_an_export(language: str, root: str) -> None:
    every = [(product, root + path.removeprefix("Takeout/"), data) for product, path, data in _export(language)]
    every.append(("mail", f"{root}{NAMES[language]['mail']}/x.mbox", MAIL))
    every.append(("index", f"{root}Archiv_Übersicht.html", b"<html>"))
    random.Random(language).shuffle(every)
    folders = _folders([(path, data) for _, path, data in every])
    for product, path, data in every:
        wanted = Product.SETTINGS if product == "mail" and not path.endswith(".mbox") else product
        said = products.of(path, data[:HEAD])
        assert said in (wanted, None)
        assert folders.of(path, said) == wanted, path


@pytest.mark.parametrize(
    ("path", "head", "product"),
    [
        ("Gmail/Alle E-Mails.mbox", MAIL, Product.MAIL),
        ("Mail/User Settings/Filters.json", b'{"filter":[{"query":"subject:foo"}]}', Product.SETTINGS),
        ("Gmail/Nutzereinstellungen/Blockierte Adressen.json", b'{\n "addresses" : []}', Product.SETTINGS),
        ("Fotos/2019/a.jpg.json", b'{"description": "' + b"x" * 2000 + b'", "photoTakenTime" : {}}', Product.PHOTOS),
        ("Fotos/Reise/Metadaten.json", b'{"albumData": {"title": "Reise"}}', Product.PHOTOS),
        ("Keep/a.json", b'{"userEditedTimestampUsec": 1}', Product.KEEP),
        ("Google Chat/Groups/DM x/messages.json", b'{"messages": [{"text": "a", "topic_id": "b"}]}', Product.CHAT),
        ("Groups/googlegroups.com/Eigene/g@googlegroups.com/x.mbox", MAIL, Product.GROUPS),
        ("Groups/g.example.ac.jp/g@g.example.ac.jp/x.mbox", MAIL + b"\nX-Google-Groups: g", Product.GROUPS),
        ("A/Search/A.json", b'[{"header": "Search", "title": "a", "time": "2024"}]', Product.ACTIVITY),
        ("A/YouTube/A.json", b'[{"header": "YouTube", "title": "a", "time": "2024"}]', Product.ACTIVITY),
        ("Y/Verlauf/W.json", b'[{"header": "YouTube Music", "title": "a", "time": "2024"}]', Product.YOUTUBE),
        ("Y/playlists/likes.json", b'[{"contentDetails": {"videoId": "J1tF-DKKt7k"}}]', Product.YOUTUBE),
        ("Y/Abos/Abos.csv", "チャンネル ID,URL\nUCA6DtnbZ2KJckyTYfXOwQNA,http".encode(), Product.YOUTUBE),
        ("Y/comments/c.csv", b"ID,Channel\nUgxtiXQkY7gqHbldJ1F4AaABAg,UCA6DtnbZ2KJckyTYfXOwQNA,2", Product.YOUTUBE),
        ("Y/playlists/p.csv", b"Video ID,Created\nWtOskFeLmr4,2023-09-19T17:42:53+00:00", Product.YOUTUBE),
        ("A/Chrome/MyActivity.html", PAGE, Product.ACTIVITY),
        ("Chrome/Verlauf.json", b'{"Browser History": [{}]}', Product.CHROME),
        ("Chrome/Lesezeichen.html", b"<!DOCTYPE NETSCAPE-Bookmark-file-1>", Product.CHROME),
        ("L/Records.json", b'{"locations": [{"latitudeE7": 351324213}]}', Product.LOCATION),
        ("L/S/2019/2019_AUGUST.json", b'{"timelineObjects": []}', Product.LOCATION),
        ("Fit/A/x.tcx", b"<?xml?><TrainingCenterDatabase>", Product.FIT),
        ("Play/I.json", b'[{"install":{"doc":{},"firstInstallationTime":"2022"}}]', Product.PLAY),
        ("Blogger/Blogs/Mine/feed.atom", b"<feed><id>tag:blogger.com,1999:blog-1</id>", Product.BLOGGER),
        ("Cuenta de Google/me.SubscriberInfo.html", b"<html>", Product.ACCOUNT),
        ("Profil/Profil.json", b'{"name": {"givenName": "a"}, "emails": []}', Product.ACCOUNT),
        ("Log/A.csv", b"Gaia ID,Activity Timestamp,IP Address", Product.LOG),
        ("archive_browser.html", b"<html>", Product.INDEX),
    ],
)
def test_what_content_says(path: str, head: bytes, product: Product) -> None:
    assert products.of(path, head) is product
    assert products.of(f"Takeout/{path}", head) is product


@pytest.mark.parametrize(
    ("path", "head"),
    [
        ("Fotos/2019/a.jpg", b"\xff\xd8\xff"),
        ("Drive/a.pdf", b"%PDF"),
        ("Drive/a", b""),
        ("Drive/a.json", b""),
        ("Drive/a.mbox", b"From me@example.com Tue Mar 19 09:13:51 2019\n"),
        ("Drive/archive_browser.html", b"<html>"),
        ("Drive/a-info.json", b'{"title": "a"}'),
        ("Drive/a/b/c/Takeout/Keep/a.json", as_json(NOTE)),
        ("Drive/a/b/c/Takeout/Photos/2019/a.json", b'{"photoTakenTime": {}}'),
        ("Drive/friends.vcf", b"BEGIN:VCARD"),
        ("Drive/a.ics", b"BEGIN:VCALENDAR\nPRODID:-//Mine//EN\n"),
        ("Keep/quote.json", as_json({"textContent": '"isTrashed": false, "isPinned": true'})),
        ("Keep/far.json", b'{"a": "' + b" " * HEAD + b'", "userEditedTimestampUsec": 1}'),
        ("Drive/x/numbers.csv", b"a,b\n1,2\n"),
    ],
)
def test_what_content_does_not_say(path: str, head: bytes) -> None:
    assert products.of(path, head) is None


def test_in_drive_there_may_be_anything() -> None:
    info = as_json({"title": "a", "viewers_can_download": True, "content_last_modified": "2024", "permissions": []})
    files = [
        ("Takeout/ドライブ/深い/a.docx-info.json", info),
        *((f"Takeout/ドライブ/{number}.json", as_json(NOTE)) for number in range(9)),
        ("Takeout/ドライブ/old.mbox", MAIL),
        ("Takeout/ドライブ/a.jpg", b""),
        ("Takeout/Keep/a.json", as_json(NOTE)),
    ]
    folders = _folders(files)
    assert folders.of("Takeout/ドライブ/a.jpg") is Product.DRIVE
    assert folders.of("Takeout/ドライブ/1.json", Product.KEEP) is Product.DRIVE
    assert folders.of("Takeout/ドライブ/old.mbox", Product.MAIL) is Product.MAIL  # its messages became mail
    assert folders.of("Takeout/Keep/a.png") is Product.KEEP
    assert folders.of("Takeout/elsewhere/a.png") is Product.OTHER
    assert folders.of("Takeout/a.png") is Product.OTHER


def test_pages_of_youtube_look_like_those_of_activity() -> None:
    watched, other = "Takeout/Y/Verlauf/Wiedergabeverlauf.html", "Takeout/A/Suche/MeineAktivitäten.html"
    subscribed = ("Takeout/Y/Abos/Abos.csv", b"ID,URL\nUCA6DtnbZ2KJckyTYfXOwQNA,http")
    folders = _folders([(watched, PAGE), ("Takeout/Y/Verlauf/Suchverlauf.html", PAGE), subscribed, (other, PAGE)])
    assert folders.of(watched, products.of(watched, PAGE)) is Product.YOUTUBE
    assert folders.of("Takeout/Y/Videos/a.mp4") is Product.YOUTUBE
    assert folders.of(other, products.of(other, PAGE)) is Product.ACTIVITY


def test_when_nothing_is_known_suffixes_tell() -> None:
    folders = _folders(
        [("D/a.docx", b"PK"), ("D/b/c.XLSX", b"PK"), ("D/a.ics", b""), ("K/x.ics", b""), ("P/a.jpg", b"")]
    )
    found = [folders.of(path) for path in ("D/a.docx", "D/a.jpg", "K/y.ics", "P/a.jpg", "M/-002.mbox")]
    assert found == [Product.DRIVE, Product.DRIVE, Product.CALENDAR, Product.OTHER, Product.OTHER]
    mail = _folders([("M/a.mbox", MAIL), ("N/b/c.mbox", MAIL)])
    assert mail.of("M/a-002.mbox") is Product.MAIL
    assert mail.of("M/設定/署名.json") is Product.SETTINGS
    assert mail.of("N/b/d.json") is Product.OTHER


def test_the_order_does_not_matter_and_memory_is_bounded() -> None:
    seen = [("a/1", Product.KEEP), ("a/2", Product.CHAT), ("a/3", Product.CHAT), ("a/4", None), ("b/1", Product.TASKS)]
    for order in itertools.permutations(seen):
        folders = Folders()
        for path, product in order:
            folders.saw(path, product)
        assert (folders.of("a/x"), folders.of("b/x")) == (Product.CHAT, Product.TASKS)
    ties = [Folders(), Folders()]
    for folders, order in zip(ties, ("keep chat", "chat keep"), strict=True):
        for product in order.split():
            folders.saw("a/x", Product(product))
    assert ties[0].of("a/x") is ties[1].of("a/x")
    many = Folders()
    for number in range(products.MOST_FOLDERS + 9):
        many.saw(f"{number}/a", Product.KEEP)
    assert many.of("0/x") is Product.KEEP
    assert many.of(f"{products.MOST_FOLDERS + 1}/x") is Product.OTHER


def test_facts_of_an_export() -> None:
    found = {path: facts(Product(product), path, data) for product, path, data in _export("ja") if product != "log"}
    told = {path.rpartition("/")[2]: value for path, value in found.items() if value}
    assert told["買い物.json"] == {"title": "買い物", "labels": ["研究"], "pinned": True, "edited": 1_552_986_831}
    assert told["Tasks.json"] == {"lists": 1, "tasks": 1, "titles": ["My Tasks"]}
    assert told["すべての連絡先.vcf"] == {"cards": 5}
    assert told["ゼミ.ics"] == {"events": 4}
    assert told["messages.json"] == {"messages": 3}
    assert told["group_info.json"] == {"group": "Space AAAA0x_y", "members": ["Hanako Yamada"]}
    assert told["user_info.json"] == {"user": "Hanako Yamada"}
    assert told["IMG_0001.jpg.supplemental-metadata(1).json"]["title"] == "IMG_0001.jpg"
    assert told["メタデータ.json"] == {"album": "卒業旅行", "date": 1_560_000_000}


def test_facts_are_bounded() -> None:
    labels = [{"name": "x" * 999}] * 99
    found = facts(Product.KEEP, "a", as_json({"title": "é" * 999, "labels": labels, "createdTimestampUsec": "1000000"}))
    assert found == {"title": "é" * 200, "labels": ["x" * 200] * 50, "created": 1}
    lists = {"items": [{"title": "t", "items": [1, 2]}] * 60 + [7]}
    assert facts(Product.TASKS, "a", as_json(lists)) == {"lists": 60, "tasks": 120, "titles": ["t"] * 50}
    assert facts(Product.TASKS, "a", as_json(lists) + b" " * (1 << 20)) == {}
    assert facts(Product.CHAT, "a", b'{"messages": []}') == {"messages": 0}
    assert facts(Product.DRIVE, "a", b"{}") == {}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"X-WR-CALNAME:\xe3\x82\xbc\xe3\x83\x9f\r\n", "ゼミ"),
        (b"X-WR-CALNAME;VALUE=TEXT:a\\, b\\; \r\n c\n", "a, b; c"),
        (b"SUMMARY:X-WR-CALNAME:no\n", None),
        (b"x-wr-calname:" + b"a" * 999, "a" * 200),
        (b"X-WR-CALNAME:\xff\n", "\ufffd"),
    ],
)
def test_the_name_of_a_calendar(line: bytes, name: str | None) -> None:
    content = CALENDAR + line + b"\nBEGIN:VEVENT\nDESCRIPTION:BEGIN:VEVENT\nEND:VEVENT\n"
    assert facts(Product.CALENDAR, "a.ics", content) == {"events": 1, **({"calendar": name} if name else {})}


PART = st.sampled_from(["a", "Takeout", "", "..", "x.json", "y.vcf", "z.csv", "\ud800", "m.mbox", ".html", "i.ics"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["title", "labels", "items", "messages", "members", "user", "name", "photoTakenTime", "people",
                         "geoData", "latitude", "timestamp", "albumData", "userEditedTimestampUsec", "date"]), inner),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(
    st.lists(PART, max_size=5).map("/".join),
    JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=99),
)
@example("a/b.json", b"[" * 5000)
@example("a/b.json", b'{"items": ' + b"9" * 5000 + b"}")
def test_rubbish(path: str, content: bytes) -> None:
    said = products.of(path, content[:HEAD])
    folders = Folders()
    folders.saw(path, said)
    assert isinstance(folders.of(path, said), Product)
    for product in Product:
        json.dumps(facts(product, path, content), allow_nan=False).encode()
