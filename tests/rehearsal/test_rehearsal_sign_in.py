"""Does signing in to the practice account go as it goes with Google, refusals included?"""

from __future__ import annotations

import base64
import hashlib
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import google.auth.exceptions
import pytest
import requests
from google.auth.transport.requests import Request
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials
from google_auth_oauthlib.flow import InstalledAppFlow
from rehearsal_api import FIXTURES, Api, reason

from eccs_backup.rehearsal.identity.grants import CLIENT_ID, CLIENT_SECRET
from eccs_backup.rehearsal.server import Rehearsal
from eccs_backup.rehearsal.world import SECOND, STUDENT

SERVED, SIGNED_IN = FIXTURES

AUTH = "https://www.googleapis.com/auth/"
DRIVE, MAIL = AUTH + "drive.readonly", AUTH + "gmail.readonly"
EMAIL = AUTH + "userinfo.email"
VERIFIER = "v" * 64
DEAD = "http://127.0.0.1:9/"


def address(rehearsal: Rehearsal, **changes: str) -> str:
    """The address of a good request for consent, with changes; an empty value leaves a parameter out."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    query = {
        "client_id": CLIENT_ID,
        "redirect_uri": DEAD,
        "response_type": "code",
        "scope": f"openid email {DRIVE} {MAIL}",
        "state": "s t&ate",
        "access_type": "offline",
        "prompt": "consent",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **changes,
    }
    return f"{rehearsal.url}/o/oauth2/v2/auth?{urlencode({name: value for name, value in query.items() if value})}"


def come_back(rehearsal: Rehearsal, url: str | None = None, **choices: Any) -> dict[str, str]:
    """Where the student's browser ends: the parameters of the redirect."""
    visit = rehearsal.person.visit(url or address(rehearsal), **choices)
    assert visit.url.startswith(DEAD), visit.text
    return {name: values[0] for name, values in parse_qs(urlsplit(visit.url).query).items()}


def token(rehearsal: Rehearsal, **form: str) -> requests.Response:
    whole = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **form}
    return requests.post(f"{rehearsal.url}/token", data=whole)


def exchange(rehearsal: Rehearsal, code: str, **changes: str) -> requests.Response:
    form = {"code": code, "redirect_uri": DEAD, "code_verifier": VERIFIER, **changes}
    return token(rehearsal, grant_type="authorization_code", **form)


def test_code_and_state_come_back(rehearsal: Rehearsal) -> None:
    back = come_back(rehearsal)
    assert back["state"] == "s t&ate"
    assert set(back["scope"].split()) == {"openid", EMAIL, DRIVE, MAIL}
    answer = exchange(rehearsal, back["code"]).json()
    assert answer["expires_in"] == 3599
    assert answer["refresh_token"]
    assert answer["id_token"].count(".") == 2
    assert exchange(rehearsal, back["code"]).json()["error"] == "invalid_grant"


def test_untick_and_cancel(rehearsal: Rehearsal) -> None:
    assert set(come_back(rehearsal, untick=["gmail.readonly"])["scope"].split()) == {"openid", EMAIL, DRIVE}
    assert come_back(rehearsal, cancel=True)["error"] == "access_denied"
    assert come_back(rehearsal, address(rehearsal, scope=DRIVE), untick=[DRIVE])["error"] == "access_denied"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"client_id": "someone"}, 401, "invalid_client"),
        ({"redirect_uri": "https://example.com/"}, 400, "redirect_uri_mismatch"),
        ({"redirect_uri": "urn:ietf:wg:oauth:2.0:oob"}, 400, "redirect_uri_mismatch"),
        ({"response_type": "token"}, 400, "invalid_request"),
        ({"scope": AUTH + "keep.readonly"}, 400, "invalid_scope"),
        ({"scope": f"{DRIVE} {AUTH}nonsense"}, 400, "invalid_scope"),
        ({"scope": ""}, 400, "invalid_scope"),
        ({"code_challenge_method": "plain"}, 400, "invalid_request"),
    ],
)
def test_requests_that_end_in_the_browser(
    rehearsal: Rehearsal, changes: dict[str, str], status: int, code: str
) -> None:
    visit = rehearsal.person.visit(address(rehearsal, **changes))
    assert visit.status == status
    assert f"Error {status}: {code}" in visit.text


@pytest.mark.parametrize(
    ("policy", "status", "code"),
    [
        ({"publishing": "testing"}, 403, "access_denied"),
        ({"publishing": "internal", "organisation": "elsewhere.example"}, 403, "org_internal"),
        ({"page": "admin_policy_enforced"}, 400, "admin_policy_enforced"),
        ({"page": "access_not_configured"}, 400, "access_not_configured"),
    ],
)
def test_policies_that_end_in_the_browser(rehearsal: Rehearsal, policy: dict[str, str], status: int, code: str) -> None:
    for name, value in policy.items():
        setattr(rehearsal.world.policy, name, value)
    visit = rehearsal.person.visit(address(rehearsal))
    assert visit.status == status
    assert f"Error {status}: {code}" in visit.text


def test_page_speaks_two_languages_and_needs_no_script(rehearsal: Rehearsal) -> None:
    url = address(rehearsal)
    japanese = requests.get(url, headers={"Accept-Language": "ja,en;q=0.5"}).text
    english = requests.get(url + "&hl=en", headers={"Accept-Language": "ja"}).text
    assert "続行" in japanese
    assert "Continue" in english
    assert "<script" not in english
    assert STUDENT.address in english
    assert english.count('type="checkbox"') == 2


def test_accounts_and_hints(rehearsal: Rehearsal) -> None:
    def who(url: str, **choices: Any) -> str:
        answer = exchange(rehearsal, come_back(rehearsal, url, **choices)["code"]).json()
        headers = {"Authorization": f"Bearer {answer['access_token']}"}
        return str(requests.get(f"{rehearsal.url}/v1/userinfo", headers=headers).json()["email"])

    assert who(address(rehearsal)) == STUDENT.address
    assert who(address(rehearsal, login_hint=SECOND.address)) == SECOND.address
    assert who(address(rehearsal), account=SECOND.address) == SECOND.address


@pytest.mark.parametrize(
    ("form", "status", "error", "description"),
    [
        ({"grant_type": "authorization_code", "code": "made-up"}, 400, "invalid_grant", "Malformed auth code."),
        ({"client_id": "someone"}, 401, "invalid_client", "The OAuth client was not found."),
        ({"client_secret": "wrong"}, 401, "invalid_client", "The provided client secret is invalid."),
        (
            {"grant_type": "refresh_token", "refresh_token": "x"},
            400,
            "invalid_grant",
            "Token has been expired or revoked.",
        ),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", "Invalid grant_type: password"),
    ],
)
def test_token_refusals(rehearsal: Rehearsal, form: dict[str, str], status: int, error: str, description: str) -> None:
    answer = token(rehearsal, **form)
    assert answer.status_code == status
    assert answer.json() == {"error": error, "error_description": description}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": ""}, "invalid_grant"),
        ({"code_verifier": "w" * 64}, "invalid_grant"),
        ({"redirect_uri": "http://localhost:1/"}, "redirect_uri_mismatch"),
    ],
)
def test_exchange_refusals(rehearsal: Rehearsal, changes: dict[str, str], error: str) -> None:
    answer = exchange(rehearsal, come_back(rehearsal)["code"], **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_refresh_token_only_with_consent(rehearsal: Rehearsal) -> None:
    first = exchange(rehearsal, come_back(rehearsal, address(rehearsal, prompt=""))["code"]).json()
    second = exchange(rehearsal, come_back(rehearsal, address(rehearsal, prompt=""))["code"]).json()
    third = exchange(rehearsal, come_back(rehearsal)["code"]).json()
    online = exchange(rehearsal, come_back(rehearsal, address(rehearsal, access_type=""))["code"]).json()
    assert [("refresh_token" in answer) for answer in (first, second, third, online)] == [True, False, True, False]


def test_tokens_end(rehearsal: Rehearsal) -> None:
    rehearsal.world.policy.publishing = "testing"
    rehearsal.world.policy.test_users = {STUDENT.address}
    answer = exchange(rehearsal, come_back(rehearsal)["code"]).json()
    assert answer["refresh_token_expires_in"] == 604799
    refresh = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    assert token(rehearsal, **refresh).status_code == 200
    days = rehearsal.grants.clock
    rehearsal.grants.clock = lambda: days() + 7 * 24 * 3600 + 1
    assert token(rehearsal, **refresh).json()["error"] == "invalid_grant"


def test_expired_and_revoked(rehearsal: Rehearsal, api: Api) -> None:
    refresh = rehearsal.grants.new_refresh(STUDENT.address, [DRIVE])
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    assert api.get("files").status_code == 200
    rehearsal.grants.expire_all()
    assert reason(api.get("files")) == (401, "authError")
    assert token(rehearsal, **form).status_code == 200
    assert requests.post(f"{rehearsal.url}/revoke", data={"token": refresh}).status_code == 200
    assert token(rehearsal, **form).json()["error_description"] == "Token has been expired or revoked."
    again = requests.post(f"{rehearsal.url}/revoke", data={"token": refresh})
    assert (again.status_code, again.json()["error"]) == (400, "invalid_token")


def test_scopes_are_needed(rehearsal: Rehearsal) -> None:
    def ask(scope: str, path: str, **query: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {rehearsal.access_token([scope])}"}
        return requests.get(f"{rehearsal.url}/drive/v3/{path}", params=query, headers=headers)

    answer = ask(MAIL, "files")
    assert reason(answer) == (403, "insufficientPermissions")
    assert answer.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    metadata = AUTH + "drive.metadata.readonly"
    assert ask(metadata, "files").json()["files"]
    assert reason(ask(metadata, "files/1Thesis", alt="media")) == (403, "insufficientPermissions")
    assert reason(ask(metadata, "drives")) == (403, "insufficientPermissions")
    assert ask(AUTH + "drive.file", "files").json()["files"] == []
    assert requests.get(f"{rehearsal.url}/drive/v3/files").status_code == 401


def test_blocked_at_the_api(rehearsal: Rehearsal, api: Api) -> None:
    rehearsal.world.policy.domain_policy = True
    assert reason(api.get("files")) == (403, "domainPolicy")
    rehearsal.world.policy.drive_disabled = True
    answer = api.get("files")
    assert reason(answer) == (403, "accessNotConfigured")
    details = answer.json()["error"]["details"]
    assert details[1]["reason"] == "SERVICE_DISABLED"
    assert details[1]["metadata"]["activationUrl"].startswith("https://console.")


def test_googles_own_flow(rehearsal: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    scopes = [DRIVE, MAIL, "openid", EMAIL]
    flow = InstalledAppFlow.from_client_secrets_file(str(rehearsal.client_file(tmp_path)), scopes)
    monkeypatch.setattr("webbrowser.get", lambda *_: rehearsal.person)
    rehearsal.person.untick = ["gmail.readonly"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        credentials = flow.run_local_server(port=0, host="127.0.0.1", timeout_seconds=20)
    rehearsal.person.join()
    assert rehearsal.person.visits[0].status == 200
    assert MAIL not in credentials.granted_scopes
    rehearsal.grants.expire_all()
    credentials.refresh(Request())
    assert rehearsal.grants.access(credentials.token) is not None
    rehearsal.grants.revoke_all()
    with pytest.raises(google.auth.exceptions.RefreshError, match="invalid_grant"):
        credentials.refresh(Request())


def test_service_account(rehearsal: Rehearsal, tmp_path: Path) -> None:
    file = str(rehearsal.service_account_file(tmp_path))
    own = service_account.Credentials.from_service_account_file(file, scopes=[DRIVE])
    own.refresh(Request())
    headers = {"Authorization": f"Bearer {own.token}"}
    assert requests.get(f"{rehearsal.url}/drive/v3/files", headers=headers).json()["files"] == []
    delegated = own.with_subject(STUDENT.address)
    with pytest.raises(google.auth.exceptions.RefreshError, match="unauthorized_client"):
        delegated.refresh(Request())
    rehearsal.world.policy.delegated = {DRIVE}
    delegated.refresh(Request())
    access = rehearsal.grants.access(delegated.token)
    assert access is not None
    assert access.address == STUDENT.address


def test_foreign_signature_is_refused(rehearsal: Rehearsal) -> None:
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "e30.e30.AAAA"}
    answer = requests.post(f"{rehearsal.url}/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_credentials_as_the_library_stores_them(rehearsal: Rehearsal) -> None:
    refresh = rehearsal.grants.new_refresh(STUDENT.address, [DRIVE])
    credentials = Credentials(
        None,
        refresh_token=refresh,
        token_uri=f"{rehearsal.url}/token",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
    )
    credentials.refresh(Request())
    assert credentials.valid
