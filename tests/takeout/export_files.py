"""Everything in an invented Google Takeout but its mail: files by product, named in the account's language.

Layouts are those that public importers know; groups: https://github.com/dcarrero/mboxshell .
"""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from takeout.export_names import NAMES
from takeout.export_photos import as_json, photos, picture

ROOT = "Takeout/"


@cache
def products(language: str, account: str) -> dict[str, dict[str, bytes]]:
    """Every member that is no mailbox, by product (words of ours, in English) and path; always the same bytes."""
    names = NAMES[language]
    made = {
        "mail": _mail_settings(names, account),
        "drive": _drive(account),
        "photos": photos(names),
        "contacts": _contacts(names),
        "calendar": _calendar(account),
        "keep": _keep(names),
        "tasks": _tasks(),
        "chat": _chat(account),
        "groups": _groups(names),
        "youtube": _youtube(names),
        "activity": _activity(names),
        "account": {f"{account.split('@')[0]}.SubscriberInfo.html": b"<!DOCTYPE html><title>Google</title>"},
        "log": {"Activities - A list of Google services.csv": _csv([["Date", "IP"], ["2026-10-01", "192.0.2.7"]])},
    }
    return {
        product: {f"{ROOT}{names[product]}/{path}": data for path, data in files.items()}
        for product, files in made.items()
    }


def _mail_settings(names: Mapping[str, str], account: str) -> dict[str, bytes]:
    folder = names["settings"]
    return {
        f"{folder}/Filters.json": as_json({"filters": []}),
        f"{folder}/Forwarding Addresses.json": as_json([{"forwardingEmail": account}]),
    }


# --- drive --------------------------------------------------------------------------------------------------------


def _drive(account: str) -> dict[str, bytes]:
    rng = random.Random("drive")
    twin = rng.randbytes(20_000)
    files = {
        "report.pdf": b"%PDF-1.7\n" + rng.randbytes(50_000) + b"\n%%EOF\n",
        "copy of report.bin": twin,
        "研究/2024/データ.bin": twin,
        "研究/卒業論文.docx": office("word/document.xml", "卒業論文"),
        "研究/表.xlsx": office("xl/workbook.xml", "表"),
        "slides.pptx": office("ppt/presentation.xml", "slides"),
        "empty.txt": b"",
        "no extension": b"text\n",
        "zeros.img": bytes(1 << 20),
        "a name [with] (brackets) & signs!.txt": b"signs\n",
        "Größe und Maß.txt": "Größe\n".encode(),
        "archive_browser.html": b"<html>a file of the person's own that is called so</html>",
        "letters.mbox": b"From me@example.com Tue Mar 19 09:13:51 2019\nSubject: a file of one's own\n\nbody\n\n",
        "contacts-info.json": b'{"a file": "of the person\'s own that is called like a sidecar"}',
        "project/takeout-20200101T000000Z-001.zip": _small_zip(),
    }
    with_info = ("report.pdf", "研究/卒業論文.docx", "研究/表.xlsx", "slides.pptx", "empty.txt")
    return files | {f"{path}-info.json": _info(path, account) for path in with_info}


def _info(path: str, account: str) -> bytes:
    """What Takeout says of a file of Drive's; native documents have it, and shared ones."""
    owner = {"name": "Hanako Yamada", "id": "0123", "kind": "drive#permission", "type": "user", "role": "owner"}
    return as_json(
        {
            "title": path.rpartition("/")[2],
            "starred": path.startswith("研"),
            "viewers_can_download": True,
            "editors_can_edit_access": True,
            "last_modified_by_any_user": "2024-02-03T04:05:06Z",
            "last_modified_by_me": "2024-02-03T04:05:06Z",
            "content_last_modified": "2024-02-03T04:05:06Z",
            "created": "2023-01-02T03:04:05Z",
            "permissions": [{**owner, "email_address": account, "self_link": "https://example.org/"}],
        }
    )


def office(main: str, text: str) -> bytes:
    """A document that is a zip with a part of XML, as docx, xlsx and pptx are."""
    kinds = {"word": "wordprocessingml.document", "xl": "spreadsheetml.sheet", "ppt": "presentationml.presentation"}
    kind = f"application/vnd.openxmlformats-officedocument.{kinds[main.split('/')[0]]}.main+xml"
    types = (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{main}" ContentType="{kind}"/></Types>'
    )
    return _zipped({"[Content_Types].xml": types.encode(), main: f"<document>{text}</document>".encode()})


def _small_zip() -> bytes:
    return _zipped({"Takeout/Tasks/Tasks.json": b'{"kind": "tasks#taskLists", "items": []}'})


def _zipped(members: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 2, 3, 4, 5, 6)), data)
    return made.getvalue()


# --- the others ---------------------------------------------------------------------------------------------------


def _contacts(names: Mapping[str, str]) -> dict[str, bytes]:
    cards = "".join(_card(number) for number in range(5)).encode()
    every = names["all contacts"]
    return {
        f"{every}/{every}.vcf": cards,
        "友人/友人.vcf": _card(0).encode(),
        f"{every}/Hanako.jpg": picture("h.jpg", 50),
    }


def _card(number: int) -> str:
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"FN:友人 {number}", f"N:{number};友人;;;"]
    return "\r\n".join([*lines, f"EMAIL;TYPE=INTERNET:friend{number}@example.com", "END:VCARD", ""])


def _calendar(account: str) -> dict[str, bytes]:
    event = (
        "BEGIN:VEVENT\r\nUID:{0}@google.com\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20260320T010000Z\r\n"
        "SUMMARY:卒業式 {0}\r\nEND:VEVENT\r\n"
    )
    events = "".join(event.format(number) for number in range(4))
    head = "BEGIN:VCALENDAR\r\nPRODID:-//Google Inc//Google Calendar 70.9054//EN\r\nVERSION:2.0\r\n"
    whole = f"{head}{events}END:VCALENDAR\r\n"
    return {f"{account}.ics": whole.encode(), "ゼミ.ics": whole.replace("卒業式", "輪講").encode()}


def _keep(names: Mapping[str, str]) -> dict[str, bytes]:
    files: dict[str, bytes] = {f"{names['labels']}.txt": "研究\nto do\n".encode(), "photo.png": picture("p.png", 60)}
    for number, title in enumerate(("買い物", "2019-03-19T18_13_51.189+09_00", "Idea")):
        note = {"color": "DEFAULT", "isTrashed": False, "isPinned": number == 0, "isArchived": False, "title": title}
        texts = {"textContent": f"text {number}", "userEditedTimestampUsec": 1_552_986_831_000_000 + number}
        files[f"{title}.json"] = as_json({**note, **texts, "labels": [{"name": "研究"}]})
        files[f"{title}.html"] = (
            f"<!DOCTYPE html><title>{title}</title><div class='content'>text {number}</div>".encode()
        )
    return files


def _tasks() -> dict[str, bytes]:
    task = {
        "id": "t",
        "title": "論文を出す",
        "task_type": "INTERNAL_TASK",
        "status": "needsAction",
        "kind": "tasks#task",
    }
    lists = {
        "kind": "tasks#taskLists",
        "items": [{"kind": "tasks#tasks", "id": "l", "title": "My Tasks", "items": [task]}],
    }
    return {"Tasks.json": as_json(lists)}


def _chat(account: str) -> dict[str, bytes]:
    person = {"name": "Hanako Yamada", "email": account, "user_type": "Human"}
    when = "Tuesday, March 19, 2019 at 9:13:51 AM UTC"
    message = {"creator": person, "created_date": when, "text": "おはよう", "topic_id": "x"}
    files = {"Users/User 1234/user_info.json": as_json({"user": person, "membership_info": []})}
    for group in ("DM abcDEF123", "Space AAAA0x_y"):
        files[f"Groups/{group}/messages.json"] = as_json({"messages": [message] * 3})
        files[f"Groups/{group}/group_info.json"] = as_json({"name": group, "members": [person]})
    files["Groups/DM abcDEF123/File-photo.jpg"] = picture("c.jpg", 70)
    return files


def _groups(names: Mapping[str, str]) -> dict[str, bytes]:
    """Mails of a group are no mails of the account, although their separators look alike: the number is none of
    Gmail's. https://github.com/dcarrero/mboxshell"""
    head = (
        "From 2866812551168{0}@xxx Thu Apr 16 09:53:04 +0000 2015\r\nX-GM-THRID: 28616527183872\r\n"
        "X-Google-Groups: my-seminar\r\nX-BeenThere: my-seminar@googlegroups.com\r\n"
        "Subject: Topic {0}\r\nDate: Thu, 16 Apr 2015 18:53:04 +0900\r\n"
    )
    pinned = "X-Gmail-Labels: =?UTF-8?Q?Las_respuestas_del_tema_est=C3=A1n_bloqueadas?=\r\n"
    topics = "".join(f"{head.format(number)}{pinned * (number == 1)}\r\ntext\r\n\r\n" for number in range(3))
    folder = f"googlegroups.com/{names['owned groups']}/my-seminar@googlegroups.com"
    return {
        f"{folder}/{names['topics']}.mbox": topics.encode(),
        f"{folder}/info.csv": _csv([["Name", "Email"], ["輪講", "my-seminar@googlegroups.com"]]),
        f"{folder}/members.csv": _csv([["Email", "Role"], ["a@example.com", "owner"]]),
    }


def _youtube(names: Mapping[str, str]) -> dict[str, bytes]:
    watched = [{"header": "YouTube", "title": "Watched a lecture", "time": "2024-01-01T00:00:00.000Z"}]
    return {
        f"{names['history']}/{names['watched']}.json": as_json(watched),
        f"{names['videos']}/my lecture.mp4": picture("v.mp4", 80),
        "subscriptions/subscriptions.csv": _csv([["Channel Id", "Title"], ["UC1", "大学"]]),
    }


def _activity(names: Mapping[str, str]) -> dict[str, bytes]:
    entry = {"header": "Search", "title": "Searched for it", "time": "2024-01-01T00:00:00.000Z", "products": ["Search"]}
    return {
        f"{names['search']}/{names['my activity']}.json": as_json([entry]),
        f"YouTube/{names['my activity']}.html": b"<!DOCTYPE html><title>My Activity History</title><p>Watched</p>",
    }


def padding(count: int, language: str) -> Iterator[tuple[str, bytes]]:
    """More files of Drive's, so that every part has some."""
    folder = f"{ROOT}{NAMES[language]['drive']}/series"
    for number in range(count):
        yield f"{folder}/{number:04}.bin", random.Random(f"series {number}").randbytes(99)


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    made = io.StringIO()
    csv.writer(made).writerows(rows)
    return made.getvalue().encode()
