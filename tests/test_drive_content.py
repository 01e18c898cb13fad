"""The bytes of Drive files when an answer is odd: which road is taken, what is believed, and who gets the token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import responses

from eccs_backup.errors import Changed, ItemError, Throttled, Transient, Unavailable
from eccs_backup.http import Wire
from eccs_backup.model import Digest, Item, Key, Kind, Step
from eccs_backup.pace import Bucket
from eccs_backup.rehearsal.documents import EXPORTS
from eccs_backup.rehearsal.faults import Fault
from eccs_backup.rehearsal.making import blob, document
from eccs_backup.rehearsal.reply import Reply
from eccs_backup.rehearsal.things import SharedDrive, Trouble
from eccs_backup.rehearsal.world import FRIEND, GOOGLE, SECOND, STUDENT, World
from eccs_backup.sources import Source
from eccs_backup.sources.google_drive import GoogleDrive, checks
from eccs_backup.sources.google_drive.content import Content
from eccs_backup.sources.google_drive.documents import may_be
from test_drive_listing import LAB, Desk, Open, open_desk

__all__ = ["open_desk"]

FORM = {"1S": ("spreadsheet", "csv"), "1V": ("vid", "mp4"), "1D": ("document", "docx")}


def read(source: Source, item: Item) -> bytes:
    with source.open(item) as stream:
        return b"".join(stream.chunks)


def of(desk: Desk, id: str) -> Callable[[], bytes]:
    """Reads the item of a fresh listing."""
    source = desk.connect(formats=("csv",))
    item = next(item for item in source.items() if item.key.id.partition("#")[0] == id)
    return lambda: read(source, item)


def with_documents() -> World:
    world = World([STUDENT, SECOND])
    world.fill([document(id, f"the {kind}", kind) for id, (kind, _) in FORM.items()])
    return world


def ended(code: int) -> Callable[[Any], object]:
    return lambda answer: answer.update(done=True, error={"code": code, "message": "So it ended."})


@pytest.mark.parametrize("code", [4, 8, 10, 13, 14])
def test_a_preparation_that_may_go_well_later(open_desk: Open, code: int) -> None:
    desk = open_desk(with_documents())
    read_vid = of(desk, "1V")
    desk.tamper("/download", ended(code))
    with pytest.raises(Transient):
        read_vid()
    assert read_vid()


def test_a_preparation_that_failed_is_not_explained(open_desk: Open) -> None:
    desk = open_desk(with_documents())
    read_vid = of(desk, "1V")
    desk.tamper("/download", ended(3))
    with pytest.raises(ItemError) as caught:
        read_vid()
    assert not isinstance(caught.value, Unavailable)


@pytest.mark.parametrize(
    "change",
    [
        lambda answer: answer.update(done=True),
        lambda answer: answer.update(done=True, response={"downloadUri": 5}),
        lambda answer: answer.pop("name"),
    ],
)
def test_a_preparation_that_makes_no_sense(open_desk: Open, change: Callable[[Any], object]) -> None:
    desk = open_desk(with_documents())
    read_vid = of(desk, "1V")
    desk.tamper("/download", change)
    with pytest.raises(Transient):
        read_vid()


NEVER = Fault(403, "exportSizeLimitExceeded")
FOR_NOW = Fault(403, "downloadQuotaExceeded")
PASSING = Fault(500)
ROADS = {
    "passing": ((PASSING, FOR_NOW, NEVER), Transient),
    "for now": ((FOR_NOW, NEVER, NEVER), ItemError),
    "never": ((NEVER, NEVER, NEVER), Unavailable),
}


@pytest.mark.parametrize(("faults", "error"), ROADS.values(), ids=ROADS)
def test_an_item_is_given_up_only_when_every_road_is_closed(
    open_desk: Open, faults: tuple[Fault, Fault, Fault], error: type[Exception]
) -> None:
    desk = open_desk(with_documents())
    read_document = of(desk, "1D")
    for road, fault in zip((r"/export\?", r"fields=exportLinks", r"/download\?"), faults, strict=True):
        desk.server.app.faults.add(road, fault)
    with pytest.raises(error) as caught:
        read_document()
    assert isinstance(caught.value, Unavailable) is (error is Unavailable)


def test_a_page_of_a_sign_in_in_place_of_a_refusal(open_desk: Open) -> None:
    world = World([STUDENT, SECOND])
    world.fill([document("1D", "d", "document", trouble=Trouble.SIGN_IN_PAGE)])
    desk = open_desk(world)
    read_document = of(desk, "1D")
    desk.server.app.faults.add(r"/export\?", NEVER)
    desk.server.app.faults.add(r"/download\?", NEVER)
    with pytest.raises(Unavailable):
        read_document()


def test_a_quota_that_is_spent_is_spent_on_every_road(open_desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float | None] = []
    monkeypatch.setattr(Bucket, "refused", lambda self, after=None: told.append(after))
    desk = open_desk(with_documents())
    read_document = of(desk, "1D")
    desk.server.log.clear()
    desk.server.app.faults.add(r"/export\?", Fault(429, "rateLimitExceeded", {"Retry-After": "7"}))
    with pytest.raises(Throttled):
        read_document()
    assert told == [7.0]
    assert len(desk.server.log) == 1


def test_a_refused_download_slows_everybody_down(open_desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float | None] = []
    monkeypatch.setattr(Bucket, "refused", lambda self, after=None: told.append(after))
    world = World([STUDENT, SECOND])
    world.fill([blob("1B", "b.txt")])
    desk = open_desk(world)
    read_file = of(desk, "1B")
    desk.server.app.faults.add("alt=media", Fault(403, "userRateLimitExceeded", {"Retry-After": "9"}))
    with pytest.raises(Throttled):
        read_file()
    assert told == [9.0]


def portal(desk: Desk, *places: str) -> None:
    """The campus network answers in place of these."""
    front = desk.server.app
    behind = front._reply

    async def reply(asked: Any, receive: Any, fault: Any) -> Reply | None:
        if any(place in asked.path for place in places):
            return Reply(
                200, b'{"error":"Please sign in to the campus network"}', [(b"content-type", b"application/json")]
            )
        return await behind(asked, receive, fault)

    front._reply = reply  # type: ignore[method-assign]


def test_another_thing_is_not_taken_for_the_document(open_desk: Open) -> None:
    desk = open_desk(with_documents())
    read_sheet = of(desk, "1S")
    portal(desk, "/export")
    assert read_sheet().startswith(b'"the spreadsheet"')
    portal(desk, "/docs", "/operations")
    with pytest.raises(Transient):
        read_sheet()


def test_every_form_that_is_offered_is_recognised() -> None:
    from eccs_backup.sources.google_drive.documents import SUFFIXES

    for mimes in EXPORTS.values():
        for mime in mimes:
            assert may_be(SUFFIXES[mime], mime), mime


@pytest.mark.parametrize(
    ("suffix", "sent", "good"),
    [
        ("csv", "text/csv; charset=utf-8", True),
        ("csv", "Text/CSV", True),
        ("csv", "application/json", False),
        ("csv", "application/octet-stream", False),
        ("csv", "", False),
        ("md", "text/x-markdown; charset=UTF-8", True),
        ("ods", "application/vnd.oasis.opendocument.spreadsheet", True),
        ("ods", "application/x-vnd.oasis.opendocument.spreadsheet", True),
        ("docx", "application/octet-stream", True),
        ("docx", "text/html", False),
        ("docx", "application/pdf", False),
        ("json", f"{GOOGLE}script+json", True),
        ("json", "application/json", False),
    ],
)
def test_what_may_be_a_document(suffix: str, sent: str, good: bool) -> None:
    assert may_be(suffix, sent) is good


def test_only_who_may_say_so_gets_what_is_harmful(open_desk: Open) -> None:
    world = World([STUDENT, SECOND], [SharedDrive(LAB, "Lab", {STUDENT.address: "organizer"})])
    world.fill([blob("1L", "macro.xlsm", LAB, drive=LAB, trouble=Trouble.ABUSIVE)])
    desk = open_desk(world)
    assert of(desk, "1L")()
    world.drives[LAB] = SharedDrive(LAB, "Lab", {FRIEND: "organizer", STUDENT.address: "reader"})
    desk.server.app.faults.add("acknowledgeAbuse", None, Fault(403, "insufficientFilePermissions"))
    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            of(desk, "1L")()
        assert caught.value.obstacle.kind is Kind.ABUSE


class Secret:
    """A token that may be told to Google alone."""

    def current(self) -> str:
        return "secret"

    def renew(self, stale: str) -> str:
        return "secret"


def content() -> Content:
    return Content(
        Wire(Secret()), Bucket(GoogleDrive.pace), None, lambda request, price: {}, None, lambda seconds: None
    )


ELSEWHERE = [
    r"https://evil.example\@docs.google.com/x",
    r"https://docs.google.com\.evil.example/x",
    "https://evil.example/x",
    "https://docs.google.com.evil.example/x",
    "https://evilgoogle.com/x",
    "https://[",
    "https://docs.google.com:99999/x",
    "https://docs.google.com:8443/x",
    "http://docs.google.com/x",
    "https://docs.google.com@evil.example/",
    "https://me@docs.google.com/",
    "https://evil.example#@docs.google.com/",
    "https://docs.google.com%2f@evil.example",
    "https://docs.google.com\t.evil.example/",
    "https://docs.google.com/\r\nHost: evil.example",
    " https://docs.google.com/",
    "//docs.google.com/",
    "file:///etc/passwd",
    "",
]


@responses.activate
@pytest.mark.parametrize("url", ELSEWHERE)
def test_the_token_goes_to_google_alone(url: str) -> None:
    with pytest.raises(ItemError, match="outside Google"):
        content()._get(url, {})
    assert len(responses.calls) == 0


@pytest.mark.parametrize(
    "url",
    [
        "https://docs.google.com/feeds/download/documents/export/Export?id=1&exportFormat=docx",
        "https://www.googleapis.com/drive/v3/files/1?alt=media",
        "https://doc-0s-docs.googleusercontent.com/docs/securesc/x",
        "https://docs.google.com:443/x",
    ],
)
def test_google_is_google(url: str) -> None:
    checks.address(url)


MEDIA = "https://www.googleapis.com/drive/v3/files/1B"


def file(digest: Digest | None = None) -> Item:
    return Item(Key("drive", "1B"), (Step("1B", "b.txt"),), "r", size=20, digest=digest)


@responses.activate
def test_another_length_means_another_file() -> None:
    for total in ("21", "20"):
        headers = {"Content-Range": f"bytes 10-19/{total}"}
        responses.add("GET", MEDIA, b"0123456789", status=206, headers=headers)
    listed = file(Digest("md5", "0" * 32))
    with pytest.raises(Changed), content().blob(listed, 10, 20):
        pass
    with content().blob(listed, 10, 20) as stream:
        assert stream.start == 10


@responses.activate
@pytest.mark.parametrize(
    ("headers", "good"),
    [({}, False), ({"Content-Length": "20"}, True), ({"Transfer-Encoding": "Chunked"}, True)],
)
def test_a_body_has_to_say_where_it_ends(headers: dict[str, str], good: bool) -> None:
    responses.add("GET", MEDIA, b"0" * 20, headers=headers)
    listed = file()
    if good:
        with content().blob(listed, 0, None) as stream:
            assert b"".join(stream.chunks) == b"0" * 20
    else:
        with pytest.raises(Transient), content().blob(listed, 0, None):
            pass


@responses.activate
def test_a_document_has_to_say_where_it_ends() -> None:
    responses.add("GET", f"{MEDIA}/export", b"a,b", content_type="text/csv")
    item = Item(Key("drive", "1B#csv"), (Step("1B", "b.csv"),), "r", format="csv")
    place = Content(Wire(), Bucket(GoogleDrive.pace), _NoOtherRoad(), _refuse, None, lambda seconds: None)
    with pytest.raises(Transient, match="where it ends"), place.document(item):
        pass


class _NoOtherRoad:
    """Drive's client, whose every method leads nowhere."""

    def __getattr__(self, name: str) -> Any:
        return lambda **words: self


def _refuse(request: object, price: str) -> dict[str, Any]:
    raise Unavailable("not this way")


@responses.activate
def test_neither_a_file_nor_a_refusal() -> None:
    responses.add("GET", MEDIA, status=204, headers={"Content-Length": "0"})
    with pytest.raises(Transient), content().blob(file(), 0, None):
        pass
