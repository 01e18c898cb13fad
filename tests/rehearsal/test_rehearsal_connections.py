"""Do the practice services show connected apps, an administrator's view of tokens, and mails from services?"""

from __future__ import annotations

import email
import email.policy
import html
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from google.auth.transport.requests import Request
from google.oauth2.service_account import Credentials
from rehearsal_api import reason
from rehearsal_mail import Gmail

from eccs_backup.rehearsal.identity import scopes
from eccs_backup.rehearsal.mail.mailbox import Mailbox, Message
from eccs_backup.rehearsal.mail.student_mail_services import service_mail
from eccs_backup.rehearsal.server import Rehearsal, build, serve
from eccs_backup.rehearsal.world import ADMIN, MAIL_CASES, SECOND, SERVICE_CASES, SERVICE_IDS, STUDENT, student

APPS = "https://www.googleapis.com/auth/drive.apps.readonly"
SECURITY = "https://www.googleapis.com/auth/admin.directory.user.security"


@pytest.fixture(name="rehearsal", scope="module")
def served() -> Iterator[Rehearsal]:
    with serve(student(services=True)) as running:
        yield running


@pytest.fixture(name="box", scope="module")
def filled() -> Mailbox:
    box = Mailbox(STUDENT.address)
    service_mail(box)
    return box


def get(rehearsal: Rehearsal, path: str, scope: str, address: str | None = None, **query: str) -> requests.Response:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {rehearsal.access_token((scope,), address)}"
    return session.get(f"{rehearsal.url}/{path}", params=query)


def test_apps_of_drive(rehearsal: Rehearsal) -> None:
    answer = get(rehearsal, "drive/v3/apps", APPS).json()
    assert answer["kind"] == "drive#appList"
    rows = answer["items"]
    assert len(rows) == len({row["id"] for row in rows}) == 8
    assert Counter(row["authorized"] for row in rows) == {True: 7, False: 1}
    assert {row["installed"] for row in rows} == {row["hasDriveWideScope"] for row in rows} == {True, False}
    assert any("chrome.google.com/webstore" in row.get("productUrl", "") for row in rows)
    assert any("<b>" in row["name"] for row in rows)
    assert any("productUrl" not in row for row in rows)
    some = get(rehearsal, "drive/v3/apps", APPS, fields="items(name,authorized)", languageCode="ja").json()
    assert {name for row in some["items"] for name in row} == {"name", "authorized"}
    assert "items" in get(rehearsal, "drive/v3/apps", APPS, SECOND.address).json()
    assert get(rehearsal, "drive/v3/apps", APPS, SECOND.address).json()["items"] == []


def test_apps_of_drive_need_their_permission(rehearsal: Rehearsal) -> None:
    refused = get(rehearsal, "drive/v3/apps", "https://www.googleapis.com/auth/drive.readonly")
    assert reason(refused) == (403, "insufficientPermissions")
    assert reason(get(rehearsal, "drive/v3/apps", APPS, fields="items(title)")) == (400, "invalidParameter")
    assert reason(get(rehearsal, "drive/v3/apps", APPS, appFilterExtensions="pdf")) == (501, "notImplemented")


def tokens(rehearsal: Rehearsal, user: str, address: str | None, scope: str = SECURITY) -> requests.Response:
    return get(rehearsal, f"admin/directory/v1/users/{user}/tokens", scope, address)


def test_tokens_for_an_administrator(rehearsal: Rehearsal, tmp_path: Path) -> None:
    rehearsal.world.policy.delegated.add(SECURITY)
    path = rehearsal.service_account_file(tmp_path)
    credentials = Credentials.from_service_account_file(path, scopes=[SECURITY], subject=ADMIN.address)
    session = requests.Session()
    session.trust_env = False
    credentials.refresh(Request(session))
    address = f"{rehearsal.url}/admin/directory/v1/users/{STUDENT.address}/tokens"
    answer = session.get(address, headers={"Authorization": f"Bearer {credentials.token}"}).json()
    assert answer["kind"] == "admin#directory#tokenList"
    rows = answer["items"]
    assert len(rows) == len({row["clientId"] for row in rows}) == 8
    assert {row["anonymous"] for row in rows} == {row["nativeApp"] for row in rows} == {True, False}
    assert all(row["scopes"] and row["userKey"] == STUDENT.sub for row in rows)
    assert tokens(rehearsal, STUDENT.sub, ADMIN.address).json()["items"] == rows
    assert "items" not in tokens(rehearsal, ADMIN.address, ADMIN.address).json()
    assert reason(tokens(rehearsal, "nobody@g.example.ac.jp", ADMIN.address)) == (404, "notFound")
    assert reason(tokens(rehearsal, SECOND.address, ADMIN.address)) == (404, "notFound")


def test_tokens_are_not_for_everyone(rehearsal: Rehearsal) -> None:
    message = "Not Authorized to access this resource/api"
    refused = tokens(rehearsal, STUDENT.address, STUDENT.address)
    assert refused.status_code == 403
    assert refused.json()["error"] == {
        "code": 403,
        "message": message,
        "errors": [{"message": message, "domain": "global", "reason": "forbidden"}],
    }
    assert reason(tokens(rehearsal, STUDENT.address, ADMIN.address, APPS)) == (403, "insufficientPermissions")
    assert reason(get(rehearsal, "admin/directory/v1/users", SECURITY)) == (403, "insufficientPermissions")
    assert reason(get(rehearsal, "admin/directory/v1/users/a/tokens/b/c", SECURITY)) == (404, "notFound")
    one = f"admin/directory/v1/users/{STUDENT.address}/tokens/x"
    assert reason(get(rehearsal, one, SECURITY, ADMIN.address)) == (501, "notImplemented")
    anybody = requests.Session()
    anybody.trust_env = False
    assert anybody.get(f"{rehearsal.url}/{one}").status_code == 401


def test_the_directory_may_be_switched_off() -> None:
    with serve(student()) as rehearsal:
        rehearsal.world.policy.directory_disabled = True
        refused = tokens(rehearsal, STUDENT.address, ADMIN.address)
        assert reason(refused) == (403, "accessNotConfigured")
        assert "Admin SDK API" in refused.json()["error"]["message"]


def test_the_permissions_have_words() -> None:
    assert {APPS, SECURITY} <= scopes.known()
    for scope in (APPS, SECURITY):
        assert scopes.words(scope, japanese=True) != scopes.words(scope, japanese=False) != scope.rpartition("/")[2]


def parsed(box: Mailbox, key: str) -> EmailMessage:
    body = bytes(box.messages[int(SERVICE_IDS[key], 16)].body)
    return email.message_from_bytes(body, policy=email.policy.default)  # type: ignore[return-value]


def text(message: EmailMessage) -> str:
    part: Any = message.get_body(("plain",))
    return str(part.get_content())


def test_service_mails_are_apart_from_the_cases() -> None:
    with_them, without = student(services=True), student()
    assert set(without.mail[STUDENT.address].messages) == {int(id, 16) for id in MAIL_CASES}
    assert set(with_them.mail[STUDENT.address].messages) == {int(id, 16) for id in (*MAIL_CASES, *SERVICE_CASES)}
    assert len(SERVICE_IDS) == len(SERVICE_CASES) >= 40
    assert not set(MAIL_CASES) & set(SERVICE_CASES)
    assert build("services").mail[STUDENT.address].order == with_them.mail[STUDENT.address].order


def test_service_mails_are_whole(box: Mailbox) -> None:
    used: Counter[str] = Counter()
    for key, id in SERVICE_IDS.items():
        message, mail = box.messages[int(id, 16)], parsed(box, key)
        assert not mail.defects, key
        assert mail["Delivered-To"] == STUDENT.address
        assert mail["Authentication-Results"].startswith("mx.google.com;")
        assert 0 <= message.date / 1000 - parsedate_to_datetime(mail["Date"]).timestamp() < 5
        assert text(mail).strip()
        assert message.id >> 20 == message.date
        for signature in mail.get_all("DKIM-Signature", []):
            domain = str(signature).split("d=")[1].partition(";")[0]
            assert f"dkim=pass header.i=@{domain}" in mail["Authentication-Results"]
        used.update(message.labels)
    assert {f"CATEGORY_{name}" for name in ("UPDATES", "PROMOTIONS", "SOCIAL", "FORUMS")} < set(used)
    assert used["SPAM"] == used["TRASH"] == 1


def test_who_signed_and_who_did_not(box: Mailbox) -> None:
    results = {key: str(parsed(box, key)["Authentication-Results"]) for key in SERVICE_IDS}
    failing = {key for key, found in results.items() if "dmarc=fail" in found}
    assert failing == {"Phish", "PhishSpam"}
    assert all("dkim=" not in results[key] and "spf=softfail" in results[key] for key in failing)
    assert "dmarc" not in results["CircleMail"]
    assert "dkim=pass header.i=@sendgrid.net" in results["QiitaConfirm"]
    assert "dkim=pass header.i=@qiita.com" in results["QiitaConfirm"]
    assert parsed(box, "OverleafConfirm")["Feedback-ID"].endswith(":AmazonSES")
    assert parsed(box, "RakutenNews")["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsed(box, "MynaviNews")["List-Unsubscribe"].startswith("<mailto:")
    assert parsed(box, "GitHubVerify")["List-Unsubscribe"] is None


def test_googles_alerts_are_of_both_templates(box: Mailbox) -> None:
    first = {key: text(parsed(box, key)).splitlines()[0] for key in SERVICE_IDS if key.startswith(("Gran", "Allowed"))}
    assert first["GrantedOverleaf"] == f"Overleaf was granted access to your Google Account {STUDENT.address}"
    assert first["AllowedNotion"] == "You allowed Notion access to some of your Google Account data"
    assert first["AllowedSlack"] == "あなたは Slack に Google アカウントのデータの一部へのアクセスを許可しました"
    assert "<b>Pro</b>" in first["GrantedHtml"]
    for key in first:
        assert parsed(box, key)["Subject"] in ("Security alert", "セキュリティ通知")
        assert parsed(box, key)["Message-ID"].endswith("@notifications.google.com>")


def test_service_mails_are_found(rehearsal: Rehearsal) -> None:
    gmail = Gmail(rehearsal)
    keys = {id: key for key, id in SERVICE_IDS.items()}

    def found(q: str) -> set[str]:
        return {keys.get(row["id"], "") for row in gmail.json("messages", q=q, maxResults=500).get("messages", [])}

    alerts = found('from:no-reply@accounts.google.com {"was granted access" "You allowed" "アクセスを許可"}')
    assert alerts == {
        "GrantedOverleaf", "GrantedHtml", "AllowedNotion", "AllowedSlack", "GrantedZoom",
        "GoogleDevice",  # it says what to do if the access was not granted
    }  # fmt: skip
    assert "PhishSpam" in found("in:anywhere from:accounts.google.com")
    joined = found('subject:(ようこそ OR "会員登録完了" OR welcome)')
    assert {"SpotifyWelcome", "RakutenJoined", "GitHubWelcome", "InstagramMail", "CookpadJoined"} <= joined
    assert found("category:promotions list:nothing") == set()
    assert found("list:tex-users.lists.example.org") == {"TexList"}
    assert found("from:jal.com") == {"JalJoined", "JalTicket"}


def test_snippets_are_what_one_reads(rehearsal: Rehearsal) -> None:
    gmail = Gmail(rehearsal)
    for form in ("minimal", "metadata", "full", "raw"):
        shown = gmail.json(f"messages/{SERVICE_IDS['GrantedHtml']}", format=form)
        assert shown["snippet"].startswith("ノート共有 &lt;b&gt;Pro&lt;/b&gt; was granted access")
        assert len(html.unescape(shown["snippet"])) == 200
    path = f"messages/{SERVICE_IDS['RakutenJoined']}"
    some = gmail.json(path, format="metadata", metadataHeaders=["From", "Subject"])
    assert some["snippet"].startswith("山田 花子 様 このたびは、楽天会員に")
    assert len(some["payload"]["headers"]) == 2


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"Content-Type: text/html\r\n\r\n<head><title>t</title></head><p>a &amp; b</p>", "a &amp; b"),
        (b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0=", ""),
        (b"Content-Type:\r\n multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nfirst\r\n--x--", "first"),
        (b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA-", "?"),
        (b"Subject: only\r\n", ""),
    ],
)
def test_snippets_of_odd_mails(body: bytes, shown: str) -> None:
    with serve(student()) as rehearsal:
        rehearsal.world.mail[STUDENT.address].add(Message(5, 5, 0, body))
        assert Gmail(rehearsal).json("messages/5", format="minimal")["snippet"] == shown
