"""Does the practice Drive list, describe and refuse as the real one is documented to?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from rehearsal_api import FIXTURES, Api, reason

from eccs_backup.rehearsal.server import Rehearsal
from eccs_backup.rehearsal.world import CASES, FOLDER, SECOND, STUDENT

SERVED, SIGNED_IN = FIXTURES

ALL = {"supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}


def ids(files: list[dict[str, str]]) -> set[str]:
    return {file["id"] for file in files}


def test_every_case_is_listed_somewhere(api: Api, rehearsal: Rehearsal) -> None:
    seen = ids(api.everything(corpora="user", **ALL))
    for drive in api.json("drives")["drives"]:
        seen |= ids(api.everything(corpora="drive", driveId=drive["id"], **ALL))
    other = ids(Api(rehearsal, SECOND.address).everything())
    assert seen | other | {"1Unlisted", "1HiddenFolder"} == set(CASES)
    assert not seen & other


def test_pages_are_short_and_one_is_empty(api: Api) -> None:
    first = api.json("files", pageSize=1000)
    second = api.json("files", pageSize=1000, pageToken=first["nextPageToken"])
    assert 0 < len(first["files"]) < 1000
    assert second["files"] == []
    assert "nextPageToken" in second


def test_page_token_belongs_to_its_question(api: Api) -> None:
    token = api.json("files")["nextPageToken"]
    assert reason(api.get("files", pageToken=token, q="trashed=false")) == (400, "invalid")
    assert reason(api.get("files", pageToken="nonsense")) == (400, "invalid")


def test_default_fields_are_four(api: Api) -> None:
    assert set(api.json("files")["files"][0]) == {"kind", "id", "name", "mimeType"}
    assert set(api.json("files/1Thesis")) == {"kind", "id", "name", "mimeType"}


def test_fields_cut_the_answer(api: Api) -> None:
    page = api.json("files", fields="files(id,owners/emailAddress,capabilities(canDownload))", q="name='双子.txt'")
    assert page == {
        "files": [
            {"id": f"1Twin-{n}", "owners": [{"emailAddress": STUDENT.address}], "capabilities": {"canDownload": True}}
            for n in (1, 2)
        ]
    }


@pytest.mark.parametrize("fields", ["files(id", "files(id,nonsense)", "nonsense", "files(id),,kind", "files(owners/x)"])
def test_bad_fields_are_refused(api: Api, fields: str) -> None:
    assert reason(api.get("files", fields=fields)) == (400, "invalidParameter")


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("files", {"pageSize": "1001"}, (400, "invalidParameter")),
        ("files", {"pageSize": "many"}, (400, "invalidParameter")),
        ("files", {"colour": "red"}, (400, "invalidParameter")),
        ("files", {"supportsAllDrives": "yes"}, (400, "invalidParameter")),
        ("files", {"corpora": "mine"}, (400, "invalid")),
        ("files", {"corpora": "drive", **ALL}, (400, "invalid")),
        ("files", {"corpora": "allDrives"}, (400, "invalid")),
        ("files", {"includeItemsFromAllDrives": "true"}, (400, "invalid")),
        ("files", {"corpora": "drive", "driveId": "0ANone", **ALL}, (404, "notFound")),
        ("files", {"q": "trashed is false"}, (400, "invalid")),
        ("files", {"orderBy": "size"}, (400, "invalid")),
        ("drives", {"pageSize": "101"}, (400, "invalidParameter")),
        ("about", {}, (400, "required")),
        ("changes", {}, (400, "required")),
        ("changes", {"pageToken": "1"}, (400, "invalid")),
        ("changes", {"pageToken": "999999"}, (400, "invalid")),
        ("files/1Thesis/export", {}, (400, "required")),
        ("files/1None", {}, (404, "notFound")),
        ("files/1LabDeep", {}, (404, "notFound")),
        ("files/1Gone", {}, (404, "notFound")),
        ("files/1HiddenFolder", {}, (404, "notFound")),
        ("nothing/here", {}, (404, "notFound")),
        ("files/1Given/permissions", {}, (403, "insufficientFilePermissions")),
        ("replies", {}, (404, "notFound")),
    ],
)
def test_refusals(api: Api, path: str, query: dict[str, str], expected: tuple[int, str]) -> None:
    assert reason(api.get(path, **query)) == expected


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("'1Study' in parents", {"1Thesis", "1Film", "1Block", "1Foreign"}),
        ("'1Study' in parents and mimeType='video/mp4'", {"1Film"}),
        ("'1Cycle' in parents or name = '卒業論文.pdf' and not 'me' in owners", {"1ToCycle", "1ToRoot"}),
        ("name = 'it\\'s \\'quoted\\' \"twice\".txt'", {"1Name-Quote"}),
        ("starred=true", {"1Starred"}),
        ("modifiedTime < '1980-01-01T00:00:00'", {"1Old", "1BeforeEpoch"}),
        ("trashed=true", {"1Trashed", "1TrashedFolder", "1InTrash", "1DocTrashed"}),
        ("sharedWithMe and mimeType='application/vnd.google-apps.folder'", {"1GivenFolder", "1GivenInner"}),
    ],
)
def test_queries(api: Api, q: str, expected: set[str]) -> None:
    assert ids(api.everything(q=q)) == expected


def test_trash_is_listed_unless_asked_otherwise(api: Api) -> None:
    assert {"1Trashed", "1InTrash"} <= ids(api.everything())
    assert not {"1Trashed", "1InTrash"} & ids(api.everything(q="trashed=false"))
    inner = api.json("files/1InTrash", fields="trashed,explicitlyTrashed")
    assert inner == {"trashed": True, "explicitlyTrashed": False}


def test_all_drives_search_is_incomplete(api: Api) -> None:
    page = api.json("files", corpora="allDrives", **ALL)
    assert page["incompleteSearch"] is True
    found = ids(api.everything(corpora="allDrives", **ALL))
    assert "1LabCommon" in found
    assert "1ClubCommon" not in found


def test_alone_shared_item_of_a_strange_drive(api: Api) -> None:
    assert "1StrangeFile" not in ids(api.everything(corpora="user"))
    found = {
        file["id"]: file for file in api.everything(corpora="user", fields="nextPageToken,files(id,driveId)", **ALL)
    }
    assert found["1StrangeFile"]["driveId"] == "0AStrangeDrive"


def test_who_owns_what(api: Api) -> None:
    fields = "ownedByMe,parents,sharedWithMeTime,sharingUser"
    assert "parents" not in api.json("files/1InHidden", fields=fields)
    assert api.json("files/1InHidden", fields="ownedByMe") == {"ownedByMe": True}
    foreign = api.json("files/1Foreign", fields=fields)
    assert foreign["ownedByMe"] is False
    assert foreign["parents"] == ["1Study"]
    assert "sharedWithMeTime" in foreign
    assert "ownedByMe" not in api.json("files/1LabDeep", fields=fields + ",driveId", supportsAllDrives="true")


def test_values_have_the_types_of_the_schema(api: Api) -> None:
    film = api.json("files/1Film", fields="*")
    assert isinstance(film["size"], str)
    assert isinstance(film["version"], str)
    assert len(film["md5Checksum"]) == 32
    root = api.json("files/root", fields="id,mimeType")
    assert root == {"id": STUDENT.root, "mimeType": FOLDER}
    assert "md5Checksum" not in api.json("files/1Doc-document", fields="*")
    assert "sha256Checksum" not in api.json("files/1Md5Only", fields="*")


def test_shortcut_targets(api: Api) -> None:
    details = api.json("files/1ToUnlisted", fields="shortcutDetails")["shortcutDetails"]
    assert details["targetResourceKey"] == "0-practiceKey"
    assert api.get("files/1Unlisted").status_code == 404
    key = {"X-Goog-Drive-Resource-Keys": "1Unlisted/0-practiceKey"}
    assert api.get("files/1Unlisted", headers=key).status_code == 200
    assert api.get("files/1NeverThere").status_code == 404


def test_restrictions_are_described(api: Api) -> None:
    fields = "capabilities(canDownload),copyRequiresWriterPermission,downloadRestrictions"
    assert api.json("files/1ViewOnly", fields=fields) == {
        "capabilities": {"canDownload": False},
        "copyRequiresWriterPermission": True,
    }
    newer = api.json("files/1Restricted", fields=fields)
    assert newer["capabilities"] == {"canDownload": False}
    assert newer["downloadRestrictions"]["itemDownloadRestriction"]["restrictedForReaders"] is True


def test_log_of_changes(api: Api, rehearsal: Rehearsal) -> None:
    start = api.json("changes/startPageToken")["startPageToken"]
    assert api.json("changes", pageToken=start)["changes"] == []
    rehearsal.world.rename("1Thesis", "最終版.pdf")
    rehearsal.world.edit("1Thesis")
    rehearsal.world.delete("1Starred")
    rehearsal.world.edit("1LabDeep")
    page = api.json("changes", pageToken=start, fields="newStartPageToken,changes(fileId,removed,file(name,version))")
    assert page["changes"] == [
        {"fileId": "1Thesis", "removed": False, "file": {"name": "最終版.pdf", "version": "3"}},
        {"fileId": "1Starred", "removed": True},
    ]
    assert api.json("changes", pageToken=page["newStartPageToken"])["changes"] == []
    assert len(api.json("changes", pageToken=start, includeRemoved="false")["changes"]) == 1


def test_each_shared_drive_has_its_log(api: Api, rehearsal: Rehearsal) -> None:
    lab = {"driveId": "0ALabDrive", **ALL}
    start = api.json("changes/startPageToken", driveId="0ALabDrive", supportsAllDrives="true")["startPageToken"]
    rehearsal.world.edit("1LabDeep")
    rehearsal.world.edit("1ClubCommon")
    assert [change["fileId"] for change in api.json("changes", pageToken=start, **lab)["changes"]] == ["1LabDeep"]
    both = api.json("changes", pageToken=start, **ALL)["changes"]
    assert {change["fileId"] for change in both} == {"1LabDeep", "1ClubCommon"}


def test_moving_between_drives(api: Api, rehearsal: Rehearsal) -> None:
    start = api.json("changes/startPageToken")["startPageToken"]
    rehearsal.world.move("1Thesis", "0ALabDrive")
    mine = api.json("changes", pageToken=start)["changes"]
    assert [(change["fileId"], change["removed"]) for change in mine] == [("1Thesis", True)]
    theirs = api.json("changes", pageToken=start, driveId="0ALabDrive", **ALL)["changes"]
    assert [(change["fileId"], change["removed"]) for change in theirs] == [("1Thesis", False)]
    assert "1Thesis" not in ids(api.everything())


def test_a_folder_moves_with_all_that_is_in_it(api: Api, rehearsal: Rehearsal) -> None:
    lab = {"driveId": "0ALabDrive", **ALL}
    start = api.json("changes/startPageToken", driveId="0ALabDrive", supportsAllDrives="true")["startPageToken"]
    rehearsal.world.move("1Study", "1LabData")
    news = api.json("changes", pageToken=start, **lab)["changes"]
    assert {change["fileId"] for change in news} == {"1Study", "1Thesis", "1Film", "1Block", "1Foreign"}
    assert "1Thesis" not in ids(api.everything())
    rehearsal.world.move("1Study", STUDENT.root)
    assert "1Thesis" in ids(api.everything())
    rehearsal.world.delete("1Study")
    assert not {"1Study", "1Thesis"} & ids(api.everything())


def test_an_edited_document_stays_a_document(api: Api, rehearsal: Rehearsal) -> None:
    rehearsal.world.edit("1Doc-document")
    file = api.json("files/1Doc-document", fields="version,md5Checksum,modifiedTime")
    assert file["version"] == "2"
    assert file["modifiedTime"] > "2026"
    assert "md5Checksum" not in file


def test_losing_a_shared_drive(api: Api, rehearsal: Rehearsal) -> None:
    start = api.json("changes/startPageToken")["startPageToken"]
    club = rehearsal.world.drives["0AClubDrive"]
    rehearsal.world.join(replace(club, members={"tanaka.jiro@g.example.ac.jp": "organizer"}))
    assert [drive["id"] for drive in api.json("drives")["drives"]] == ["0ALabDrive"]
    assert api.get("files", corpora="drive", driveId=club.id, **ALL).status_code == 404
    news = api.json("changes", pageToken=start, **ALL)["changes"]
    assert [(change["changeType"], change["driveId"], change["removed"]) for change in news] == [
        ("drive", club.id, True)
    ]


def test_changes_show_what_is_asked_of_a_file(api: Api, rehearsal: Rehearsal) -> None:
    start = api.json("changes/startPageToken")["startPageToken"]
    rehearsal.world.rename("1Thesis", "新しい題")
    (plain,) = api.json("changes", pageToken=start)["changes"]
    assert set(plain["file"]) == {"kind", "id", "name", "mimeType"}
    (full,) = api.json("changes", pageToken=start, fields="changes")["changes"]
    assert full["file"]["size"] == "180000"
    (some,) = api.json("changes", pageToken=start, fields="changes(file(owners(me)))")["changes"]
    assert some == {"file": {"owners": [{"me": True}]}}


def test_comments_and_revisions(api: Api, rehearsal: Rehearsal) -> None:
    assert reason(api.get("files/1Doc-document/comments")) == (400, "required")
    assert len(api.json("files/1Doc-document/comments", fields="comments(content)")["comments"]) == 2
    rehearsal.world.edit("1Thesis")
    assert len(api.json("files/1Thesis/revisions")["revisions"]) == 2


def test_about_and_permissions(api: Api) -> None:
    about = api.json("about", fields="user,storageQuota,exportFormats")
    assert about["user"]["emailAddress"] == STUDENT.address
    assert "application/vnd.google-apps.document" in about["exportFormats"]
    assert int(about["storageQuota"]["usage"]) > 24 << 20
    roles = [row["role"] for row in api.json("files/1Open/permissions", fields="permissions(role)")["permissions"]]
    assert roles == ["owner", "reader", "reader"]
