"""Do the practice Drive's downloads, ranges and exports behave, and are their checksums true?"""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from xml.dom import minidom

import pytest
import requests
from rehearsal_api import FIXTURES, Api, reason

from eccs_backup.rehearsal.content import BLOCK, Literal, Noise
from eccs_backup.rehearsal.documents import DOCX, EXPORTS, PDF
from eccs_backup.rehearsal.server import Rehearsal, serve
from eccs_backup.rehearsal.world import File, World, large, listing, plain

SERVED, SIGNED_IN = FIXTURES


def media(api: Api, id: str, asked: str | None = None, **query: str) -> requests.Response:
    headers = {"Range": asked} if asked else None
    return api.get(f"files/{id}", headers, alt="media", supportsAllDrives="true", **query)


@pytest.mark.parametrize(
    "content", [Noise(7, 3 * BLOCK + 17), Literal(bytes(range(256)) * 9), Noise(1, 5), Noise(1, 0)]
)
def test_content_reads_the_same_from_anywhere(content: Noise | Literal) -> None:
    whole = b"".join(content.read(0, content.size))
    assert len(whole) == content.size
    for start, stop in ((0, 9), (3, 40), (BLOCK - 3, BLOCK + 30), (BLOCK + 5, BLOCK + 6), (content.size, content.size)):
        assert b"".join(content.read(start, min(stop, content.size))) == whole[start:stop]
    assert content.digests().sha256 == hashlib.sha256(whole).hexdigest()


def test_seeds_and_blocks_differ() -> None:
    one, other = (b"".join(Noise(seed, 2 * BLOCK).read(0, 2 * BLOCK)) for seed in (1, 2))
    assert len({one[:BLOCK], one[BLOCK:], other[:BLOCK], other[BLOCK:]}) == 4


@pytest.mark.parametrize("id", ["1Thesis", "1Film", "1Block", "1Empty", "1LabDeep", "1GivenChild", "1Encrypted"])
def test_checksums_are_true(api: Api, id: str) -> None:
    said = api.json(f"files/{id}", fields="size,md5Checksum,sha1Checksum,sha256Checksum", supportsAllDrives="true")
    data = media(api, id).content
    assert len(data) == int(said["size"])
    for name in ("md5", "sha1", "sha256"):
        assert hashlib.new(name, data).hexdigest() == said[f"{name}Checksum"]


@pytest.mark.parametrize(
    ("asked", "part", "place"),
    [
        ("bytes=0-", slice(0, None), "bytes 0-179999/180000"),
        ("bytes=10-19", slice(10, 20), "bytes 10-19/180000"),
        ("bytes=179990-999999", slice(179990, None), "bytes 179990-179999/180000"),
        ("bytes=-5", slice(-5, None), "bytes 179995-179999/180000"),
    ],
)
def test_ranges(api: Api, asked: str, part: slice, place: str) -> None:
    answer = media(api, "1Thesis", asked)
    assert (answer.status_code, answer.headers["Content-Range"]) == (206, place)
    assert answer.content == media(api, "1Thesis").content[part]


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "lines=1-2", "bytes=-"])
def test_other_ranges_get_everything(api: Api, asked: str) -> None:
    answer = media(api, "1Thesis", asked)
    assert (answer.status_code, len(answer.content)) == (200, 180_000)


@pytest.mark.parametrize(("id", "asked"), [("1Thesis", "bytes=180000-"), ("1Empty", "bytes=0-")])
def test_ranges_beyond_the_end(api: Api, id: str, asked: str) -> None:
    answer = media(api, id, asked)
    assert answer.status_code == 416
    assert answer.headers["Content-Range"].startswith("bytes */")


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("1Gone", (404, "notFound")),
        ("1Busy", (403, "downloadQuotaExceeded")),
        ("1ViewOnly", (403, "cannotDownloadFile")),
        ("1Restricted", (403, "cannotDownloadFile")),
        ("1Dlp", (403, "cannotDownloadFile")),
        ("1ClubLocked", (403, "cannotDownloadFile")),
        ("1Abusive", (403, "cannotDownloadAbusiveFile")),
        ("1Doc-document", (403, "fileNotDownloadable")),
        ("1Study", (403, "fileNotDownloadable")),
    ],
)
def test_downloads_that_are_refused(api: Api, id: str, expected: tuple[int, str]) -> None:
    assert reason(media(api, id)) == expected


def test_abuse_can_be_acknowledged_by_the_owner_only(api: Api) -> None:
    assert media(api, "1Abusive", acknowledgeAbuse="true").status_code == 200
    assert reason(media(api, "1AbusiveForeign", acknowledgeAbuse="true")) == (403, "cannotDownloadAbusiveFile")


def _whole(mime: str, data: bytes) -> bool:
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            names = archive.namelist()
            for name in names:
                if name.endswith((".xml", ".rels", ".opf")):
                    minidom.parseString(archive.read(name))
            return "[Content_Types].xml" in names or names[0] == "mimetype" or names == ["index.html"]
    marks = {
        PDF: data.startswith(b"%PDF-") and data.endswith(b"%%EOF\n"),
        "image/png": data.startswith(b"\x89PNG") and b"IEND" in data,
        "image/jpeg": data.startswith(b"\xff\xd8") and data.endswith(b"\xff\xd9"),
        "image/svg+xml": data.startswith(b"<svg"),
        "application/rtf": data.startswith(b"{\\rtf1") and data.endswith(b"}"),
        "video/mp4": data[4:8] == b"ftyp" and b"moov" in data and b"mdat" in data,
    }
    return marks.get(mime, len(data) > 5)


@pytest.mark.parametrize("kind", list(EXPORTS))
def test_exports_are_whole_files(kind: str) -> None:
    for mime, writer in EXPORTS[kind].items():
        assert _whole(mime, writer("題 <1> & \\ {2}", "行 (1)")), mime


def test_pdf_table_points_at_its_objects() -> None:
    data = EXPORTS["application/vnd.google-apps.document"][PDF]("題", "line")
    place = int(data.rpartition(b"startxref\n")[2].split()[0])
    rows = data[place:].split(b"\n")[3:9]
    for number, row in enumerate(rows, start=1):
        assert data[int(row[:10]) :].startswith(b"%d 0 obj" % number)


def test_two_exports_differ_and_have_no_length(api: Api) -> None:
    one, two = (api.get("files/1Doc-document/export", mimeType="text/plain") for _ in range(2))
    assert one.content != two.content
    assert "Content-Length" not in one.headers


@pytest.mark.parametrize(
    ("id", "mime", "expected"),
    [
        ("1DocLarge", DOCX, (403, "exportSizeLimitExceeded")),
        ("1DocPdf", PDF, (500, "internalError")),
        ("1Doc-document", "image/png", (400, "badRequest")),
        ("1Doc-vid", "video/mp4", (400, "badRequest")),
        ("1Kind-form", PDF, (403, "fileNotDownloadable")),
        ("1Kind-site", "text/html", (403, "fileNotDownloadable")),
        ("1Kind-map", PDF, (403, "fileNotDownloadable")),
        ("1Kind-drive-sdk", PDF, (403, "fileNotDownloadable")),
        ("1ViewOnlyDoc", PDF, (403, "cannotDownloadFile")),
        ("1Thesis", PDF, (403, "fileNotExportable")),
    ],
)
def test_exports_that_are_refused(api: Api, id: str, mime: str, expected: tuple[int, str]) -> None:
    assert reason(api.get(f"files/{id}/export", mimeType=mime)) == expected


def link(api: Api, id: str, mime: str = DOCX) -> str:
    return str(api.json(f"files/{id}", fields="exportLinks", supportsAllDrives="true")["exportLinks"][mime])


def test_export_links_go_beyond_the_limit(api: Api) -> None:
    answer = api.session.get(link(api, "1DocLarge"))
    assert answer.headers["Content-Type"] == DOCX
    assert len(answer.content) > 10 << 20
    assert _whole(DOCX, answer.content)


def test_export_links_show_strangers_a_sign_in_page(api: Api) -> None:
    for answer in (requests.get(link(api, "1DocLarge")), api.session.get(link(api, "1DocSignIn"))):
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_token_carried_to_another_host_is_noticed(api: Api, rehearsal: Rehearsal) -> None:
    address = link(api, "1DocElsewhere")
    assert api.session.get(address).headers["Content-Type"] == DOCX
    assert rehearsal.leaks == []
    target = api.session.get(address, allow_redirects=False).headers["Location"]
    assert target.startswith("http://localhost:")
    assert api.session.get(target).status_code == 200
    assert len(rehearsal.leaks) == 1


def _operate(api: Api, id: str, **query: str) -> requests.Response:
    url = f"{api.rehearsal.url}/drive/v3/"
    operation = api.session.post(f"{url}files/{id}/download", params=query)
    if operation.status_code != 200:
        return operation
    name = operation.json()["name"]
    assert operation.json()["done"] is False
    assert api.json(f"operations/{name}")["done"] is False
    finished = api.json(f"operations/{name}")
    assert finished["done"] is True
    address = finished["response"]["downloadUri"]
    assert requests.get(address).status_code == 401
    return api.session.get(address)


@pytest.mark.parametrize(("id", "mime"), [("1DocSignIn", DOCX), ("1Doc-vid", "video/mp4"), ("1LabDoc", PDF)])
def test_long_downloads(api: Api, id: str, mime: str) -> None:
    answer = _operate(api, id, mimeType=mime)
    assert answer.headers["Content-Type"] == mime
    assert _whole(mime, answer.content)


def test_long_download_of_a_blob(api: Api) -> None:
    assert _operate(api, "1Thesis").content == media(api, "1Thesis").content
    assert reason(_operate(api, "1Thesis", mimeType=PDF)) == (400, "badRequest")
    assert reason(_operate(api, "1Doc-document")) == (400, "badRequest")
    assert reason(api.get("operations/none")) == (404, "notFound")


def test_edits_show_at_once(api: Api, rehearsal: Rehearsal) -> None:
    before = media(api, "1Thesis").content
    rehearsal.world.edit("1Thesis")
    after = media(api, "1Thesis").content
    assert len(before) == len(after)
    assert before != after
    rehearsal.world.put(
        File("1New", "新しい.txt", parent="1Study", owner=rehearsal.world.person.address, content=Literal(b"x"))
    )
    assert media(api, "1New").content == b"x"
    rehearsal.world.trash("1New")
    assert api.json("files/1New", fields="explicitlyTrashed") == {"explicitlyTrashed": True}


@pytest.mark.parametrize("world", [plain(300, 10, 20), large(5 << 20), listing(300)])
def test_worlds_for_measuring(world: World) -> None:
    with serve(world) as running:
        api = Api(running)
        files = api.everything(fields="nextPageToken,files(id,size,md5Checksum)")
        blobs = [file for file in files if "size" in file]
        assert len(blobs) in (1, 300)
        data = media(api, blobs[-1]["id"]).content
        assert hashlib.md5(data).hexdigest() == blobs[-1]["md5Checksum"]


def test_nothing_is_imported_from_the_rest() -> None:
    import eccs_backup.rehearsal

    for path in Path(eccs_backup.rehearsal.__path__[0]).rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.lstrip().startswith(("import eccs_backup", "from eccs_backup")):
                assert "eccs_backup.rehearsal" in line, path
