"""Does the practice Gmail refuse, charge and fail as it is told to?"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from googleapiclient.http import BatchHttpRequest
from rehearsal_api import reason
from rehearsal_mail import AUTH, BROKEN, FIXTURES, GMAIL, Gmail, letter, library, posted

from eccs_backup.rehearsal.faults import Fault, Faults
from eccs_backup.rehearsal.identity import scopes
from eccs_backup.rehearsal.mail.prices import LISTS, MailQuota
from eccs_backup.rehearsal.server import MAIL, Rehearsal, serve
from eccs_backup.rehearsal.server import build as built
from eccs_backup.rehearsal.world import SECOND, STUDENT, World

WORLD, MAILBOX, SERVED, SIGNED_IN = FIXTURES


def test_permissions(rehearsal: Rehearsal, world: World) -> None:
    drive_only = Gmail(rehearsal, AUTH + "drive.readonly")
    answer = drive_only.get("profile")
    assert reason(answer) == (403, "insufficientPermissions")
    assert answer.json()["error"]["details"][0]["metadata"]["service"] == "gmail.googleapis.com"
    labels = Gmail(rehearsal, GMAIL + "labels")
    assert labels.get("labels").status_code == 200
    assert reason(labels.get("messages")) == (403, "insufficientPermissions")
    insert = Gmail(rehearsal, GMAIL + "insert")
    assert insert.upload("messages/import", letter(1), "message/rfc822", uploadType="media").status_code == 200
    assert reason(insert.get("messages")) == (403, "insufficientPermissions")
    metadata, id = Gmail(rehearsal, GMAIL + "metadata", "openid"), posted(1).hex
    assert metadata.get(f"messages/{id}", format="metadata").status_code == 200
    assert reason(metadata.get(f"messages/{id}", format="raw")) == (403, "forbidden")
    assert reason(metadata.get("messages", q="in:inbox")) == (403, "forbidden")
    assert Gmail(rehearsal, GMAIL + "readonly").get(f"messages/{id}", format="raw").status_code == 200
    assert requests.get(f"{rehearsal.url}/gmail/v1/users/me/profile").status_code == 401


def test_blocked(rehearsal: Rehearsal, gmail: Gmail) -> None:
    policy = rehearsal.world.policy
    policy.mail_disabled = True
    assert reason(gmail.get("profile")) == (400, "failedPrecondition")
    policy.domain_policy = True
    assert reason(gmail.get("profile")) == (403, "domainPolicy")
    policy.mail_switched_off = True
    answer = gmail.get("profile")
    assert reason(answer) == (403, "accessNotConfigured")
    assert "gmail.googleapis.com" in answer.json()["error"]["details"][1]["metadata"]["activationUrl"]


def test_unknown_things_are_refused(gmail: Gmail) -> None:
    assert reason(gmail.get("messages", pageSize=5)) == (400, "invalidParameter")
    assert reason(gmail.get("messages", includeSpamTrash="perhaps")) == (400, "invalidParameter")
    assert reason(gmail.get("messages", maxResults=-1)) == (400, "invalidArgument")
    assert reason(gmail.get("nothing")) == (404, "notFound")
    assert reason(gmail.get("threads")) == (501, "notImplemented")


def test_prices() -> None:
    new, older = LISTS["2026"], LISTS["older"]
    table = {
        "getProfile": (1, 1),
        "labels.list": (1, 1),
        "labels.get": (1, 1),
        "labels.create": (5, 5),
        "history.list": (2, 2),
        "messages.list": (5, 5),
        "messages.get": (20, 5),
        "messages.import": (25, 25),
        "messages.insert": (25, 25),
        "settings.filters.list": (1, 1),
        "settings.getVacation": (1, 1),
        "threads.get": (40, 10),
    }
    for name, wanted in table.items():
        assert (new.price(f"gmail.users.{name}"), older.price(f"gmail.users.{name}")) == wanted, name
    assert (new.per_minute, older.per_minute) == (6_000, 15_000)


@pytest.mark.parametrize(("kind", "status"), [("userRateLimitExceeded", 403), ("rateLimitExceeded", 429)])
def test_quota(world: World, kind: str, status: int) -> None:
    now = [0.0]
    with serve(world, mail_quota=MailQuota(reason=kind, clock=lambda: now[0])) as rehearsal:
        gmail, id = Gmail(rehearsal), posted(1).hex
        path = f"/gmail/v1/users/me/messages/{id}?format=minimal"
        for _ in range(3):
            assert {status for status, _ in gmail.batch(*[path] * 99)} == {200}
        parts = gmail.batch(*[path] * 5)
        assert [status for status, _ in parts] == [200, 200, 200, status, status]
        assert reason(gmail.get(f"messages/{id}")) == (status, kind)
        assert Gmail(rehearsal, address=SECOND.address).get("profile").status_code == 200
        now[0] += 0.2
        assert gmail.get(f"messages/{id}").status_code == 200
        state = requests.get(f"{rehearsal.url}/rehearsal/state").json()["mail_quota"]
        assert (state["spent"], state["served"], state["refused"], state["capacity"]) == (6_021, 302, 3, 6_000)
        assert state["methods"] == {"gmail.users.getProfile": 1, "gmail.users.messages.get": 301}
        assert rehearsal.quota.spent == 0
        assert requests.post(f"{rehearsal.url}/rehearsal/reset").json()["mail_quota"]["methods"] == {}


def test_batches_go_to_both_services(rehearsal: Rehearsal, world: World) -> None:
    both = Gmail(rehearsal, MAIL, AUTH + "drive.readonly")
    paths = ("/gmail/v1/users/me/profile", "/drive/v3/about?fields=user", "/gmail/v1/users/me/messages/1", "/other")
    for place in ("/batch", "/batch/gmail/v1", "/batch/drive/v3"):
        assert [status for status, _ in both.batch(*paths, place=place)] == [200, 200, 404, 404]
    client, found = library(rehearsal), {}
    batch = BatchHttpRequest(
        callback=lambda id, answer, error: found.__setitem__(id, error or answer),
        batch_uri=f"{rehearsal.url}/batch/gmail/v1",
    )
    for number in (1, 2, 3):
        batch.add(client.users().messages().get(userId="me", id=posted(number).hex, format="raw"))
    batch.add(client.users().labels().create(userId="me", body={"name": "from a batch"}))
    batch.execute(http=client._http)
    assert [base64.urlsafe_b64decode(found[str(at)]["raw"]) for at in (1, 2, 3)] == [letter(1), letter(2), letter(3)]
    assert found["4"]["name"] == "from a batch"
    headers = {"Content-Type": "multipart/mixed; boundary=b"}
    part = "--b\r\nContent-Type: application/http\r\n\r\nGET /gmail/v1/users/me/profile HTTP/1.1\r\n\r\n\r\n"
    assert requests.post(f"{rehearsal.url}/batch", data=part * 101 + "--b--", headers=headers).status_code == 400


def together(count: int, ask: Callable[[], int]) -> list[int]:
    with ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(lambda _: ask(), range(count)))


def test_too_many_at_once(world: World) -> None:
    with serve(world, latency=0.3) as rehearsal:
        assert together(10, lambda: Gmail(rehearsal).get("profile").status_code) == [200] * 10
        assert together(14, lambda: Gmail(rehearsal).get("profile").status_code) == [200] * 10 + [429] * 4
        rehearsal.mail_quota.concurrent = 2
        answers = together(3, lambda: reason(Gmail(rehearsal).get("messages/1"))[0])
        assert answers == [404, 404, 429]
        state = rehearsal.state()["mail_quota"]
        assert isinstance(state, dict)
        assert (state["too_many"], state["most"]) == (5, 10)
        assert Gmail(rehearsal).get("profile").status_code == 200


def test_strict_batches(rehearsal: Rehearsal, gmail: Gmail) -> None:
    calls = ["/gmail/v1/users/me/profile"] * 54
    assert {status for status, _ in gmail.batch(*calls)} == {200}
    rehearsal.gmail.strict_batches = True
    assert {status for status, _ in gmail.batch(*calls[:50])} == {200}
    parts = gmail.batch(*calls)
    assert [status for status, _ in parts] == [200] * 50 + [429, 200, 429, 200]
    error = json.loads(parts[50][1])["error"]
    assert (error["message"], error["errors"][0]["domain"]) == ("Too many concurrent requests for user", "usageLimits")
    assert rehearsal.mail_quota.too_many == 2


def test_scripted_faults_befall_requests_and_parts(world: World) -> None:
    faults, id = Faults(), posted(5).hex
    with serve(world, faults=faults) as rehearsal:
        gmail, path = Gmail(rehearsal), f"/gmail/v1/users/me/messages/{id}?format=raw"
        faults.add(f"messages/{id}", Fault(500), Fault(429), None, Fault(cut_after=40), Fault(garble=True))
        assert reason(gmail.get(f"messages/{id}", format="raw")) == (500, "internalError")
        assert [status for status, _ in gmail.batch("/gmail/v1/users/me/profile", path)] == [200, 429]
        assert [status for status, _ in gmail.batch(path)] == [200]
        assert len(gmail.batch(path)[0][1]) == 40
        assert json.loads(gmail.batch(path)[0][1])["raw"]
        assert rehearsal.state()["faults"] == {"500": 1, "429": 1, "cut": 1}
        faults.add("profile", Fault(expire=True))
        parts = gmail.batch("/gmail/v1/users/me/labels", "/gmail/v1/users/me/profile", "/gmail/v1/users/me/labels")
        assert [status for status, _ in parts] == [200, 401, 401]


def test_bad_day(world: World) -> None:
    seen: set[str] = set()
    with serve(world, faults=Faults.random(0.5, 3)) as rehearsal:
        for number in range(120):
            gmail = Gmail(rehearsal)
            try:
                seen.add(str(gmail.get(f"messages/{posted(number).hex}", format="raw").status_code))
            except BROKEN:
                seen.add("cut")
        assert seen == {"200", "401", "403", "429", "500", "503", "cut"}
        parts: list[tuple[int, Any]] = []
        for number in range(60):
            gmail = Gmail(rehearsal)
            path = f"/gmail/v1/users/me/messages/{posted(number).hex}?format=minimal"
            rehearsal.faults.spare = ("/batch", "/rehearsal/")
            parts += gmail.batch(path, path)
        assert {status for status, _ in parts} == {200, 401, 403, 429, 500, 503}
        assert any(status == 200 and not body.endswith("}") for status, body in parts)


def test_consent_words() -> None:
    short = "readonly insert labels modify send settings.basic settings.sharing"
    for scope in [*(GMAIL + name for name in short.split()), MAIL]:
        english, japanese = scopes.words(scope, False), scopes.words(scope, True)
        assert scope in scopes.known()
        assert english.isascii()
        assert "." not in english
        assert not japanese.isascii()


def test_own_process() -> None:
    assert len(built("mail:30:2000").mail[STUDENT.address].messages) == 30
    command = [sys.executable, "-m", "eccs_backup.rehearsal.server", "--world", "mail:50:2000:3"]
    command += ["--mail-quota", "older", "--seconds", "30"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["messages"] == 50
        headers = {"Authorization": f"Bearer {ready['access_token']}"}
        answer = requests.get(f"{ready['url']}/gmail/v1/users/me/profile", headers=headers)
        assert answer.json()["messagesTotal"] == 50
        state = requests.get(f"{ready['url']}/rehearsal/state").json()["mail_quota"]
        assert (state["spent"], state["capacity"]) == (1, 15_000)
        process.stdin.close()
        assert process.wait(10) == 0
