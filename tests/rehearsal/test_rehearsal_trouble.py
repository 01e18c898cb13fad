"""Do ordered faults, quotas, batches and the separate process do what they say?"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from email.utils import parsedate_to_datetime
from typing import Any

import httplib2
import pytest
import requests
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import BatchHttpRequest
from rehearsal_api import FIXTURES, Api, reason

from eccs_backup.rehearsal.faults import Fault, Faults
from eccs_backup.rehearsal.quota import Quota, price
from eccs_backup.rehearsal.server import Rehearsal, serve
from eccs_backup.rehearsal.world import plain, student

SERVED, SIGNED_IN = FIXTURES

THESIS = {"alt": "media"}
BROKEN = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


def library(rehearsal: Rehearsal) -> Any:
    """Google's client, pointed at the rehearsal."""
    options = {"api_endpoint": f"{rehearsal.url}/drive/v3/"}
    credentials = Credentials(rehearsal.access_token())
    return build("drive", "v3", credentials=credentials, client_options=options, static_discovery=True)


def test_googles_client_lists_and_reads(rehearsal: Rehearsal) -> None:
    drive = library(rehearsal)
    page = drive.files().list(pageSize=10, fields="nextPageToken,files(id)").execute()
    assert len(page["files"]) == 10
    assert drive.about().get(fields="user").execute()["user"]["me"] is True
    assert len(drive.files().get_media(fileId="1Thesis").execute()) == 180_000
    assert drive.files().export(fileId="1Doc-document", mimeType="application/pdf").execute().startswith(b"%PDF")
    assert drive.files().download(fileId="1Doc-vid", mimeType="video/mp4").execute()["done"] is False
    with pytest.raises(HttpError) as caught:
        drive.files().get(fileId="1None").execute()
    assert caught.value.error_details[0]["reason"] == "notFound"


def test_batch_counts_each_call(rehearsal: Rehearsal) -> None:
    drive = library(rehearsal)
    found: dict[str, Any] = {}
    batch = BatchHttpRequest(
        callback=lambda id, answer, error: found.__setitem__(id, error or answer),
        batch_uri=f"{rehearsal.url}/batch/drive/v3",
    )
    for id in ("1Thesis", "1None", "1Film"):
        batch.add(drive.files().get(fileId=id, fields="id,size"), request_id=id)
    batch.execute(http=drive._http)
    assert found["1Thesis"] == {"id": "1Thesis", "size": "180000"}
    assert found["1None"].resp.status == 404
    assert rehearsal.quota.spent == 3 * 5


def test_batch_limits(rehearsal: Rehearsal) -> None:
    url = f"{rehearsal.url}/batch/drive/v3"
    headers = {"Content-Type": "multipart/mixed; boundary=b"}
    part = "--b\r\nContent-Type: application/http\r\n\r\nGET /drive/v3/files HTTP/1.1\r\n\r\n\r\n"
    for body in ("", part * 101 + "--b--"):
        assert requests.post(url, data=body, headers=headers).status_code == 400


def test_prices_and_bucket() -> None:
    methods = [
        ("drive.files.list", False),
        ("drive.files.get", True),
        ("drive.files.get", False),
        ("drive.files.export", False),
    ]
    assert [price(*method) for method in methods] == [100, 200, 5, 200]
    now = [0.0]
    quota = Quota(600, clock=lambda: now[0])
    assert [quota.take("a", 200) for _ in range(4)] == [True, True, True, False]
    assert quota.take("b", 200)
    now[0] += 19
    assert not quota.take("a", 200)
    now[0] += 1
    assert quota.take("a", 200)
    assert (quota.spent, quota.served, quota.refused) == (1000, 5, 2)


@pytest.mark.parametrize(("kind", "status"), [("userRateLimitExceeded", 403), ("rateLimitExceeded", 429)])
def test_quota_refuses(kind: str, status: int) -> None:
    with serve(student(), quota=Quota(450, reason=kind, clock=lambda: 0.0)) as rehearsal:
        api = Api(rehearsal)
        assert [api.get("files/1Thesis", alt="media").status_code for _ in range(2)] == [200, 200]
        assert reason(api.get("files/1Thesis", alt="media")) == (status, kind)
        state = requests.get(f"{rehearsal.url}/rehearsal/state").json()
        assert state["quota"] == {"spent": 400, "served": 2, "refused": 1, "capacity": 450}
        assert requests.post(f"{rehearsal.url}/rehearsal/reset").json()["quota"]["refused"] == 0
        assert api.get("files/1Thesis", alt="media").status_code == 200


def faulty(*faults: Fault | None, pattern: str = "files/1Thesis.*alt=media") -> Any:
    return serve(student(), faults=Faults({pattern: faults}))


def test_scripts_run_in_order_and_end() -> None:
    refusals = Fault(429, headers={"Retry-After": "1"}), None, Fault(503)
    with faulty(*refusals) as rehearsal:
        api = Api(rehearsal)
        first = api.get("files/1Thesis", **THESIS)
        assert (reason(first), first.headers["Retry-After"]) == ((429, "rateLimitExceeded"), "1")
        assert [api.get("files/1Thesis", **THESIS).status_code for _ in range(3)] == [200, 503, 200]
        assert api.get("files/1Film").status_code == 200
        assert [seen.fault_name for seen in rehearsal.log] == ["429", "", "503", "", ""]
        assert rehearsal.log[0].path == "/drive/v3/files/1Thesis"
        rehearsal.log.clear()
        assert len(rehearsal.log) == 0


@pytest.mark.parametrize("after", [0, 1000, 179_999])
@pytest.mark.parametrize("chunked", [False, True])
def test_cut_bodies(after: int, chunked: bool) -> None:
    with faulty(Fault(cut_after=after, chunked=chunked)) as rehearsal:
        api = Api(rehearsal)
        url = f"{rehearsal.url}/drive/v3/files/1Thesis?alt=media"
        got: list[bytes] = []
        with api.session.get(url, stream=True) as answer:
            assert ("Content-Length" in answer.headers) is not chunked
            with pytest.raises(BROKEN):
                got.extend(answer.iter_content(100))
        assert len(b"".join(got)) <= after
        assert len(api.get("files/1Thesis", **THESIS).content) == 180_000


def test_garbled_ignored_and_changed() -> None:
    with faulty(None, Fault(garble=True), Fault(ignore_range=True), Fault(change=True)) as rehearsal:
        api = Api(rehearsal)
        start = api.json("changes/startPageToken")["startPageToken"]
        good, bad = (api.get("files/1Thesis", **THESIS).content for _ in range(2))
        assert len(good) == len(bad)
        assert good != bad
        whole = api.get("files/1Thesis", {"Range": "bytes=100-"}, **THESIS)
        assert (whole.status_code, whole.content) == (200, good)
        assert api.json("changes", pageToken=start)["changes"] == []
        changed = api.get("files/1Thesis", **THESIS).content
        assert changed != good
        assert api.json("changes", pageToken=start)["changes"][0]["fileId"] == "1Thesis"
        assert api.json("files/1Thesis", fields="md5Checksum")["md5Checksum"] == hashlib.md5(changed).hexdigest()


def test_what_nobody_could_notice_is_not_done() -> None:
    with faulty(Fault(garble=True), pattern="1NoSums") as rehearsal:
        api = Api(rehearsal)
        assert api.get("files/1NoSums", **THESIS).content == api.get("files/1NoSums", **THESIS).content
        assert rehearsal.state()["faults"] == {}


def test_token_that_ends_in_the_middle() -> None:
    with faulty(Fault(expire=True)) as rehearsal:
        api = Api(rehearsal)
        assert [api.get("files/1Thesis", **THESIS).status_code for _ in range(2)] == [401, 401]
        assert Api(rehearsal).get("files/1Thesis", **THESIS).status_code == 200


def test_listing_page_cut_in_the_middle() -> None:
    with faulty(Fault(cut_after=50, chunked=True), pattern="/files\\?") as rehearsal:
        api = Api(rehearsal)
        with pytest.raises(BROKEN):
            api.get("files")
        assert api.json("files")["files"]


def test_bad_day_is_repeatable_and_passes() -> None:
    def run(seed: int) -> tuple[list[str], dict[str, int]]:
        faults = Faults.random(0.5, seed)
        seen = []
        for number in range(300):
            fault = faults.next(f"/drive/v3/files/{number % 7}", "alt=media")
            seen.append(fault.label if fault else "")
        return seen, faults.counts

    one, counts = run(3)
    assert one == run(3)[0] != run(4)[0]
    assert len(counts) > 10
    for file in range(7):
        line = [bool(label) for label in one[file::7]]
        assert not any(all(line[at : at + 3]) for at in range(len(line) - 2))
    assert Faults.random(1.0).next("/token", "") is None
    assert Faults.random(1.0).next("/rehearsal/state", "") is None


def test_waits_are_said_in_four_ways() -> None:
    faults = Faults.random(1.0, 1)
    waits = {}
    for number in range(400):
        fault = faults.next(f"/drive/v3/files/{number}", "")
        assert fault is not None
        if fault.label.startswith("429"):
            waits[fault.label] = fault.headers.get("Retry-After")
    assert waits["429 seconds"] == "1"
    assert waits["429 no wait"] is None
    assert parsedate_to_datetime(str(waits["429 HTTP date"])).tzinfo is not None
    assert str(waits["429 ISO date"]).endswith("Z")


def test_latency_and_rate() -> None:
    with serve(plain(3, 50_000, 50_000), latency=0.05, rate=500_000) as rehearsal:
        api = Api(rehearsal)
        begun = time.monotonic()
        answer = api.get("files/1Blob1-0000001", **THESIS)
        assert len(answer.content) == 50_000
        assert 0.14 < time.monotonic() - begun < 2


def test_own_process() -> None:
    command = [sys.executable, "-m", "eccs_backup.rehearsal.server"]
    command += ["--world", "plain:5:10:20", "--quota", "--seconds", "30"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        headers = {"Authorization": f"Bearer {ready['access_token']}"}
        assert len(requests.get(f"{ready['url']}/drive/v3/files", headers=headers).json()["files"]) == 6
        assert requests.get(f"{ready['url']}/rehearsal/state").json()["quota"]["served"] == 1
        process.stdin.close()
        assert process.wait(10) == 0


def test_httplib2_reads_keep_alive(rehearsal: Rehearsal) -> None:
    connection = httplib2.Http()
    headers = {"authorization": f"Bearer {rehearsal.access_token()}"}
    for _ in range(3):
        status, body = connection.request(f"{rehearsal.url}/drive/v3/files/1Empty?alt=media", headers=headers)
        assert (status.status, body) == (200, b"")
