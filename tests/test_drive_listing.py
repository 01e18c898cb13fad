"""Listings of Drive that something moves under, leaves out, or answers with nonsense."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from conftest import signed_in
from eccs_backup import vault
from eccs_backup.catalogue import ManifestCatalogue
from eccs_backup.errors import BackupError, Throttled, Transient, Unfinished
from eccs_backup.http import Wire
from eccs_backup.model import Item, Kind
from eccs_backup.pace import Bucket
from eccs_backup.rehearsal import refusals
from eccs_backup.rehearsal import world as worlds
from eccs_backup.rehearsal.drive import batch
from eccs_backup.rehearsal.faults import Fault, Faults
from eccs_backup.rehearsal.making import blob, document, folder
from eccs_backup.rehearsal.reply import Reply, json_reply
from eccs_backup.rehearsal.server import Rehearsal, serve
from eccs_backup.rehearsal.things import Change, SharedDrive
from eccs_backup.rehearsal.world import FRIEND, SECOND, STUDENT, TEACHER, World
from eccs_backup.retry import Halt
from eccs_backup.sources import Row, Setup
from eccs_backup.sources.google_drive import GoogleDrive
from eccs_backup.sources.google_drive.listing import ROUNDS, USER

LAB = "0ALab"
Answer = Callable[[str, str, str, Mapping[bytes, bytes]], Reply]


class Hurry(Halt):
    """Lets nobody wait."""

    def sleep(self, seconds: float) -> None:
        self.check()


@dataclass
class Desk:
    """A practice server, what was listed from it so far, and ways to make trouble."""

    server: Rehearsal
    catalogue: ManifestCatalogue
    wire: Wire = field(init=False)

    def __post_init__(self) -> None:
        self.wire = Wire(self)

    def current(self) -> str:
        return self.server.access_token()

    def renew(self, stale: str) -> str:
        return self.server.access_token()

    @property
    def world(self) -> World:
        return self.server.world

    def connect(self, **options: object) -> GoogleDrive:
        """As at the beginning of a run."""
        setup = Setup(self.wire, self.catalogue, STUDENT.address, self.server.url, options, Hurry())
        return GoogleDrive.connect(setup)

    def listed(self, **options: object) -> dict[str, Item]:
        """What a run lists."""
        found = list(self.connect(**options).items())
        assert len({item.key for item in found}) == len(found), "a thing was listed twice"
        return {item.key.id: item for item in found}

    def names(self, **options: object) -> dict[str, str]:
        return {id: item.name for id, item in self.listed(**options).items()}

    def answer(self, make: Callable[[Answer, str, str, str, Mapping[bytes, bytes]], Reply]) -> None:
        """Put `make` in front of the API; it gets what is behind it, method, path, query and headers."""
        drive = self.server.app.drive
        behind = drive.answer
        drive.answer = lambda *asked: make(behind, *asked)  # type: ignore[method-assign]

    def tamper(self, ending: str, change: Callable[[Any], object], times: int = 1) -> None:
        """Change the JSON of so many answers to paths with this ending."""
        left = [times]

        def make(behind: Answer, method: str, path: str, query: str, headers: Mapping[bytes, bytes]) -> Reply:
            reply = behind(method, path, query, headers)
            if not path.endswith(ending) or not left[0]:
                return reply
            left[0] -= 1
            found = json.loads(reply.body)
            change(found)
            return Reply(200, json.dumps(found).encode(), [(b"content-type", b"application/json; charset=UTF-8")])

        self.answer(make)

    def before(self, ending: str, act: Callable[[int], object], query: str = "", times: int = 1) -> None:
        """Act before so many requests with this end of the path and part of the query are answered."""
        done: list[int] = []

        def make(behind: Answer, method: str, path: str, asked: str, headers: Mapping[bytes, bytes]) -> Reply:
            if path.endswith(ending) and query in asked and len(done) < times:
                done.append(0)
                act(len(done) - 1)
            return behind(method, path, asked, headers)

        self.answer(make)


@pytest.fixture
def open_desk(tmp_path: Path) -> Iterator[Callable[[World], Desk]]:
    with vault.trial(tmp_path / "none") as place:
        servers = []

        def opened(world: World) -> Desk:
            server = serve(world, faults=Faults())
            servers.append(server)
            return Desk(server.__enter__(), ManifestCatalogue(place.manifest, "drive"))

        yield opened
        for server in servers:
            server.__exit__(None, None, None)


Open = Callable[[World], Desk]


def lab(**members: str) -> SharedDrive:
    """A shared drive; the student's role in it is `me`."""
    people = {FRIEND: "organizer"} | ({STUDENT.address: members["me"]} if "me" in members else {})
    return SharedDrive(LAB, "Lab", people)


def with_lab(me: str = "organizer") -> World:
    world = World([STUDENT, SECOND], [lab(me=me)])
    world.fill([blob("1L", "paper.pdf", LAB, drive=LAB), blob("1O", "other.txt")])
    return world


def test_what_was_to_be_saved_is_not_left_out_at_a_second_look(open_desk: Open) -> None:
    desk = open_desk(worlds.student())
    source = desk.connect()
    item = next(item for item in source.items() if item.key.id == "1Foreign")
    assert source.refresh(item) == item
    listed = next(item for item in source.items() if item.key.id == "1Doc-document#docx")
    desk.world.rename("1Doc-document", "another name")
    assert source.refresh(listed).path == listed.path


@pytest.mark.parametrize("fault", [Fault(garble=True), Fault(change=True)], ids=["garbled", "changed"])
def test_anothers_file_in_an_own_folder_survives_trouble(
    fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World([STUDENT, SECOND])
    world.fill([folder("1F", "F"), blob("1X", "x.pdf", "1F", owner=TEACHER, readers=(STUDENT.address,))])
    with serve(world, faults=Faults({r"1X\?alt=media": [fault]})) as server:
        assert signed_in(server, tmp_path / "home", monkeypatch).run("drive-export", tmp_path / "out").exit_code == 0
    assert (tmp_path / "out/drive/My Drive/F/x.pdf").exists()


def test_a_shared_drive_that_changed_is_listed_afresh(open_desk: Open) -> None:
    world = with_lab("reader")
    world.fill([blob("1S", "secret.pdf", LAB, drive=LAB, locked=True)])
    desk = open_desk(world)
    obstacle = desk.listed()["1S"].obstacle
    assert obstacle is not None
    assert obstacle.kind is Kind.VIEW_ONLY
    desk.server.log.clear()
    world.join(lab(me="organizer"))
    assert desk.listed()["1S"].obstacle is None
    assert [seen for seen in desk.server.log if seen.path.endswith("/files") and LAB in seen.query]


def test_a_shared_drive_that_changed_by_its_own_log(open_desk: Open) -> None:
    desk = open_desk(with_lab())
    before = desk.names()
    told: list[str] = []

    def make(behind: Answer, method: str, path: str, query: str, headers: Mapping[bytes, bytes]) -> Reply:
        reply = behind(method, path, query, headers)
        if not path.endswith("/changes") or LAB not in query or told:
            return reply
        told.append(query)
        answer = json.loads(reply.body)
        answer["changes"].append({"changeType": "drive", "driveId": LAB})
        return json_reply(answer)

    desk.answer(make)
    desk.server.log.clear()
    assert desk.names() == before
    assert [seen for seen in desk.server.log if seen.path.endswith("/files") and LAB in seen.query]


def test_a_form_that_may_only_be_looked_at(open_desk: Open) -> None:
    world = World([STUDENT, SECOND])
    world.fill([document("1F", "form", "form", owner=TEACHER, readers=(STUDENT.address,), locked=True)])
    obstacle = open_desk(world).listed(shared_with_me=True)["1F"].obstacle
    assert obstacle is not None
    assert obstacle.kind is Kind.VIEW_ONLY


def test_a_right_that_no_log_tells_of_is_noticed(open_desk: Open) -> None:
    world = World([STUDENT, SECOND])
    world.fill([blob("1V", "view.pdf", owner=TEACHER, readers=(STUDENT.address,), locked=True), blob("1O", "o.txt")])
    desk = open_desk(world)
    assert desk.listed()["1V"].obstacle is not None
    assert not [seen for seen in desk.server.log if seen.path.startswith("/batch")], "it has just been listed"
    world.files["1V"].locked = False
    desk.server.log.clear()
    found = desk.listed(shared_with_me=True)
    assert found["1V"].obstacle is None
    assert len(desk.server.log) <= 5
    world.delete("1V")
    assert "1V" not in desk.listed()


def test_a_file_that_moves_while_the_drives_are_listed(open_desk: Open) -> None:
    desk = open_desk(with_lab())
    desk.before("/files", lambda _: desk.world.move("1L", STUDENT.root), query=f"driveId={LAB}")
    assert desk.names() == {"1L": "My Drive/paper.pdf", "1O": "My Drive/other.txt"}


@pytest.mark.parametrize("listed_before", [False, True])
def test_files_that_keep_moving_while_the_logs_are_read(open_desk: Open, listed_before: bool) -> None:
    world = with_lab()
    ids = [f"1M{number}" for number in range(ROUNDS + 1)]
    world.fill([blob(id, id, LAB, drive=LAB) for id in ids])
    desk = open_desk(world)
    if listed_before:
        desk.listed()
    desk.before("/changes", lambda at: world.move(ids[at], STUDENT.root), query=LAB, times=len(ids))
    names = desk.names()
    moved = [id for id in ids if world.files[id].drive is None]
    assert len(moved) >= ROUNDS
    assert [id for id in moved if names.get(id) != f"My Drive/{id}"] == []


def test_a_drive_that_is_left_gives_its_shared_files_back(open_desk: Open) -> None:
    world = World([STUDENT, SECOND], [lab(me="writer")])
    world.fill([blob("1L", "paper.pdf", LAB, drive=LAB, readers=(STUDENT.address,)), blob("1O", "other.txt")])
    desk = open_desk(world)
    assert desk.names(shared_with_me=True)["1L"] == "Shared drives/Lab/paper.pdf"
    world.join(lab())
    assert desk.names(shared_with_me=True)["1L"] == "Shared with me/paper.pdf"
    assert LAB not in desk.catalogue.logs()
    world.join(lab(me="writer"))
    assert desk.names(shared_with_me=True)["1L"] == "Shared drives/Lab/paper.pdf"


def test_a_row_left_over_from_before_one_joined(open_desk: Open) -> None:
    desk = open_desk(with_lab())
    desk.listed()
    token = desk.catalogue.token(USER)
    assert token
    desk.catalogue.update(USER, [Row("1L", {"id": "1L", "name": "paper.pdf", "driveId": LAB})], (), token)
    assert desk.names()["1L"] == "Shared drives/Lab/paper.pdf"


def test_the_tops_of_drives_in_the_log_of_changes(open_desk: Open) -> None:
    desk = open_desk(with_lab())
    before = desk.names()
    for id, log in ((STUDENT.root, STUDENT.address), (LAB, LAB)):
        desk.world.changes.append(Change(id, "2024-01-01T00:00:00.000Z", frozenset({log})))
    assert desk.names() == before


def test_a_drive_that_is_left_out_once_is_asked_for(open_desk: Open) -> None:
    desk = open_desk(with_lab())
    before = desk.names()
    desk.tamper("/drives", lambda answer: answer["drives"].clear())
    assert desk.names() == before


def test_a_log_that_is_refused_after_the_listing(open_desk: Open) -> None:
    desk = open_desk(with_lab())
    desk.server.app.faults.add(r"/changes\?", Fault(404, "notFound"))
    put: list[str] = []

    def make(behind: Answer, method: str, path: str, query: str, headers: Mapping[bytes, bytes]) -> Reply:
        reply = behind(method, path, query, headers)
        if path.endswith("/files") and not put:
            put.append(desk.world.put(blob("1N", "new.txt")).id)
        return reply

    desk.answer(make)
    assert desk.names()["1N"] == "My Drive/new.txt"


def test_without_the_conversion_table_no_document_is_judged(open_desk: Open) -> None:
    world = World([STUDENT, SECOND])
    world.fill([document("1D", "thesis", "document")])
    desk = open_desk(world)
    desk.tamper("/about", lambda answer: answer.pop("exportFormats"))
    assert set(desk.listed()) == {"1D#docx"}
    desk.tamper("/about", lambda answer: answer.pop("exportFormats"), times=99)
    with pytest.raises(Transient):
        desk.connect()


ENDLESS = {
    "files": {"files": [], "nextPageToken": "again"},
    "drives": {"drives": [], "nextPageToken": "again"},
    "changes": {"changes": [], "nextPageToken": "again"},
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_a_page_that_is_followed_by_itself(open_desk: Open, kind: str) -> None:
    desk = open_desk(with_lab())
    asked: list[str] = []

    def make(behind: Answer, method: str, path: str, query: str, headers: Mapping[bytes, bytes]) -> Reply:
        if not path.endswith(f"/{kind}"):
            return behind(method, path, query, headers)
        asked.append(query)
        assert len(asked) < 100
        return json_reply(ENDLESS[kind])  # type: ignore[arg-type]

    desk.answer(make)
    with pytest.raises((Transient, Unfinished)):
        desk.listed()


def first(name: str, value: object) -> Callable[[Any], object]:
    return lambda answer: answer["files"][0].__setitem__(name, value)


NONSENSE: dict[str, Callable[[Any], object]] = {
    "no id": lambda answer: answer["files"][0].pop("id"),
    "an empty id": first("id", ""),
    "no files": lambda answer: (answer.pop("files"), answer.pop("kind")),
    "files that are none": lambda answer: answer["files"].append("x"),
    "size abc": first("size", "abc"),
    "size 1.5": first("size", 1.5),
    "size True": first("size", True),
    "size below 0": first("size", "-5"),
    "size beyond all": first("size", "9" * 30),
    "short sum": first("sha256Checksum", "abc"),
    "no sum": first("md5Checksum", "z" * 32),
    "name 5": first("name", 5),
    "parents that are none": first("parents", [5]),
    "time 5": first("modifiedTime", 5),
    "half a search": lambda answer: answer.__setitem__("incompleteSearch", True),
    "a token that is none": lambda answer: answer.__setitem__("nextPageToken", 5),
}


@pytest.mark.parametrize("change", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_in_a_listing(open_desk: Open, change: Callable[[Any], object]) -> None:
    desk = open_desk(with_lab())
    desk.tamper("/files", change)
    assert set(desk.listed()) == {"1L", "1O"}
    desk.catalogue.forget(USER)
    desk.tamper("/files", change, times=99)
    with pytest.raises(Unfinished):
        desk.listed()


NONSENSE_IN_LOGS: dict[str, Callable[[Any], object]] = {
    "no position": lambda answer: answer.pop("newStartPageToken"),
    "nothing": lambda answer: answer.clear(),
    "no id": lambda answer: answer["changes"].append({"changeType": "file"}),
    "no drive": lambda answer: answer["changes"].append({"changeType": "drive"}),
    "another file": lambda answer: answer["changes"].append({"fileId": "1O", "file": {"id": "1L"}}),
    "size abc": lambda answer: answer["changes"].append({"fileId": "1O", "file": {"id": "1O", "size": "abc"}}),
}


@pytest.mark.parametrize("change", NONSENSE_IN_LOGS.values(), ids=NONSENSE_IN_LOGS)
def test_nonsense_in_a_log_of_changes(open_desk: Open, change: Callable[[Any], object]) -> None:
    desk = open_desk(with_lab())
    before = desk.names()
    desk.tamper("/changes", change)
    assert desk.names() == before
    desk.tamper("/changes", change, times=99)
    with pytest.raises(Unfinished):
        desk.listed()


@pytest.mark.parametrize(
    "time", ["0001-01-01", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2024-01-01T00:00:00", "never"]
)
def test_a_time_nobody_can_reckon_with(open_desk: Open, time: str) -> None:
    desk = open_desk(with_lab())
    desk.tamper("/files", first("modifiedTime", time))
    item = desk.listed()["1O"]
    assert item.modified is None
    assert item.facts["modifiedTime"] == time


PAGE = "<title>ログイン</title>".encode("shift_jis")
HTML = [(b"content-type", b"text/html")]
STRANGE = {
    "a page": Reply(200, PAGE, HTML),
    "a page, refused": Reply(403, PAGE, HTML),
    "no type": Reply(200, b"hello"),
    "nothing": Reply(200, b""),
    "a list": Reply(200, b"[]"),
    "an empty object": Reply(200, b"{}"),
    "without end": Reply(200, b"[" * 100_000),
    "a long number": Reply(200, b'{"id":' + b"9" * 5000 + b"}"),
    "no parts": Reply(200, b"--x\r\n\r\nhello\r\n--x--", [(b"content-type", b"multipart/mixed; boundary=x")]),
    "other parts": Reply(
        200,
        b"--x\r\nContent-ID: <response-a+7>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}\r\n--x--",
        [(b"content-type", b"multipart/mixed; boundary=x")],
    ),
}


@pytest.mark.parametrize("reply", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("place", ["about", "batch", "1O"])
def test_an_answer_that_is_not_googles(
    open_desk: Open, place: str, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk(with_lab())
    source = desk.connect()
    item = next(item for item in source.items() if item.key.id == "1O")
    copy = replace(reply, headers=list(reply.headers))
    monkeypatch.setattr(batch, "answer", lambda *asked: copy if place == "batch" else pytest.fail("a batch"))
    desk.answer(lambda behind, *asked: copy if asked[1].endswith(place) else behind(*asked))
    with pytest.raises(BackupError) as caught:
        source.refresh(item) if place == "1O" else desk.listed()
    assert caught.value.exit_status == 3


def test_a_refusal_of_a_listing_slows_everybody_down(open_desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float | None] = []
    monkeypatch.setattr(Bucket, "refused", lambda self, after=None: told.append(after))
    desk = open_desk(with_lab())
    source = desk.connect()
    item = next(item for item in source.items() if item.key.id == "1O")
    desk.server.app.faults.add("/files/1O", Fault(429, "rateLimitExceeded", {"Retry-After": "7"}))
    with pytest.raises(Throttled):
        source.refresh(item)
    desk.server.app.faults.add("/batch", Fault(429, "rateLimitExceeded", {"Retry-After": "8"}))
    desk.listed()
    assert told == [7.0, 8.0]
    refused: list[str] = []

    def make(behind: Answer, method: str, path: str, query: str, headers: Mapping[bytes, bytes]) -> Reply:
        if not path.endswith("/changes") or refused:
            return behind(method, path, query, headers)
        refused.append(query)
        return refusals.too_fast()

    desk.answer(make)
    desk.listed()
    assert told == [7.0, 8.0, None]


@pytest.mark.parametrize("ending", ["/drives", "/changes"])
def test_an_empty_list_may_be_left_out(open_desk: Open, ending: str) -> None:
    desk = open_desk(World([STUDENT, SECOND]))
    desk.world.put(blob("1A", "a.txt"))
    desk.tamper(ending, lambda answer: answer.pop(ending[1:]), times=9)
    assert set(desk.listed()) == {"1A"}


def test_half_a_character_in_a_name_can_be_written_down(open_desk: Open, tmp_path: Path) -> None:
    desk = open_desk(with_lab())
    desk.tamper("/files", lambda answer: [file.update(name="\ud83dhalf") for file in answer["files"]], times=9)
    desk.tamper("/drives", lambda answer: [drive.update(name="\udc00lab") for drive in answer["drives"]], times=9)
    for item in desk.listed().values():
        for step in item.path:
            step.name.encode("utf-8")
