"""Access tokens of a signed-in account: fresh for every thread, and every way in which they end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from eccs_backup.accounts import home, tokens
from eccs_backup.accounts.google import DRIVE, REMEMBERED, SCOPES, WHO, GoogleTokens, account
from eccs_backup.accounts.google_refusals import WEEK, ended
from eccs_backup.errors import BackupError, BlockedByAdministrator, SignInNeeded, Transient, Unusable
from eccs_backup.http import Wire

HANAKO = "hanako@g.example.ac.jp"
DAY = 24 * 3600.0


class TokenService(ThreadingHTTPServer):
    """Hands out t1, t2, ... for any refresh token; `say` is said instead. As an API it takes the newest only."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked: list[dict[str, list[str]]] = []
        self.say: tuple[int, str] | None = None
        self.good = "t1"
        self.lock = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    server: TokenService
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        with self.server.lock:
            self.server.asked.append(form)
            self.server.good = token = f"t{len(self.server.asked)}"
        answer = {"access_token": token, "expires_in": 3599, "token_type": "Bearer", "scope": DRIVE}
        self.answer(*(self.server.say or (200, json.dumps(answer))))

    def do_GET(self) -> None:
        fresh = self.headers["Authorization"] == f"Bearer {self.server.good}"
        self.answer(200 if fresh else 401, "{}")

    def answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenService]:
    with TokenService() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("ECCS_BACKUP_REHEARSAL", server.url)
        yield server
        server.shutdown()


def signed_in(service: TokenService, *, token: str = "", good_for: float = 3600, consented: float = 0) -> tokens.Token:
    expiry = (datetime.now(UTC) + timedelta(seconds=good_for)).replace(tzinfo=None).isoformat()
    credentials = {
        "type": "authorized_user",
        "client_id": "id",
        "client_secret": "hidden-secret",
        "token_uri": f"{service.url}/token",
        "refresh_token": "hidden-refresh",
        "token": token,
        "expiry": expiry if token else "",
    }
    saved = tokens.Token("google", HANAKO, "read", SCOPES["drive"], credentials, consented, consented)
    tokens.save(saved)
    home.remember(REMEMBERED, HANAKO)
    return saved


def test_the_remembered_account_is_opened_without_asking_google(service: TokenService) -> None:
    signed_in(service, token="held")
    found, address = account(None, SCOPES["drive"])
    assert (address, found.current(), service.asked) == (HANAKO, "held", [])


def test_an_old_token_is_renewed_and_kept_for_the_next_run(service: TokenService) -> None:
    signed_in(service, token="old", good_for=60)
    found, _ = account(HANAKO, SCOPES["drive"], clock=lambda: 77.0)
    assert found.current() == "t1"
    assert service.asked[0]["refresh_token"] == ["hidden-refresh"]
    again, _ = account(None, SCOPES["drive"])
    assert again.current() == "t1"
    assert len(service.asked) == 1
    held = tokens.load("google", HANAKO, "read")
    assert held
    assert held.worked == 77


def test_eight_threads_refused_at_once_refresh_once(service: TokenService) -> None:
    signed_in(service, token="stale")
    found, _ = account(None, SCOPES["drive"])
    wire, start = Wire(found), threading.Barrier(8)

    def call(number: int) -> int:
        start.wait()
        return wire.send("GET", f"{service.url}/file/{number}").status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(call, range(8))) == [200] * 8
    assert len(service.asked) == 1


def test_eight_threads_learn_of_the_end_from_one_question(service: TokenService) -> None:
    signed_in(service)
    service.say = (400, '{"error": "invalid_grant", "error_description": "hidden words"}')
    found, _ = account(None, SCOPES["drive"])

    def call(number: int) -> type[BaseException]:
        with pytest.raises(SignInNeeded) as caught:
            found.current()
        return caught.type

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(call, range(8))) == {SignInNeeded}
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        ((400, '{"error": "invalid_grant"}'), SignInNeeded, "password was changed"),
        ((400, '{"error": "invalid_grant", "error_subtype": "invalid_rapt"}'), SignInNeeded, "time to time"),
        ((400, '{"error": "admin_policy_enforced"}'), BlockedByAdministrator, "administrator"),
        (
            (400, '{"error": "access_denied", "error_subtype": "access_not_configured"}'),
            BlockedByAdministrator,
            "school",
        ),
        ((401, '{"error": "invalid_client"}'), Unusable, "does not know this client"),
        ((401, '{"error": "deleted_client"}'), Unusable, "does not know this client"),
        ((400, '{"error": "something_new"}'), SignInNeeded, "something_new"),
        ((403, "<html>no</html>"), SignInNeeded, "no reason given"),
        ((400, '{"error": {"code": 400}}'), SignInNeeded, "renew"),
        ((200, "<html>Room number?</html>"), Transient, "did not come from Google"),
        ((200, "{}"), Transient, "incomplete"),
        ((200, '{"access_token": 7, "expires_in": "soon"}'), Transient, "incomplete"),
        ((429, "{}"), Transient, "slowly"),
        ((500, "{}"), Transient, "fault"),
        ((503, '{"error": "temporarily_unavailable"}'), Transient, "fault"),
    ],
)
def test_every_refusal_of_the_token_service(
    service: TokenService, answer: tuple[int, str], expected: type[BackupError], words: str
) -> None:
    signed_in(service, consented=1000)
    service.say = answer
    found, _ = account(None, SCOPES["drive"], clock=lambda: 1000 + DAY)
    with pytest.raises(expected, match=words) as caught:
        found.current()
    assert caught.value.hint
    assert "hidden" not in f"{caught.value} {caught.value.hint}"
    assert len(service.asked) == 1


def test_a_fault_is_no_end(service: TokenService) -> None:
    signed_in(service)
    found, _ = account(None, SCOPES["drive"])
    service.say = (503, "")
    with pytest.raises(Transient):
        found.current()
    service.say = None
    assert found.current() == "t2"


def test_a_service_that_is_away_is_worth_repeating(service: TokenService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECCS_BACKUP_REHEARSAL", "http://127.0.0.1:9")
    away = signed_in(service)
    token = replace(away, credentials={**away.credentials, "token_uri": "http://127.0.0.1:9/token"})
    with pytest.raises(Transient):
        GoogleTokens(token).current()


@pytest.mark.parametrize(
    ("worked", "now", "testing"),
    [
        (0, 3 * DAY, False),
        (0, 7 * DAY, True),
        (6.9 * DAY, 8 * DAY, True),
        (2 * DAY, 200 * DAY, True),
        (8 * DAY, 9 * DAY, False),
        (100 * DAY, 200 * DAY, False),
    ],
)
def test_the_seven_day_death_is_told_from_other_ends(worked: float, now: float, testing: bool) -> None:
    error = ended(1000, 1000 + worked, 1000 + now)
    assert ("Testing" in str(error)) is testing
    assert ("Publish app" in error.hint) is testing


def test_after_seven_days_the_way_out_is_named(service: TokenService) -> None:
    signed_in(service, consented=1000)
    service.say = (400, '{"error": "invalid_grant"}')
    found, _ = account(None, SCOPES["drive"], clock=lambda: 1000.0 + WEEK)
    with pytest.raises(SignInNeeded, match="still in Testing") as caught:
        found.current()
    assert "https://console.cloud.google.com/auth/audience" in caught.value.hint


def test_nobody_signed_in() -> None:
    with pytest.raises(SignInNeeded) as caught:
        account(None, SCOPES["drive"])
    assert "eccs-backup auth" in caught.value.hint


def test_another_account_than_the_signed_in_one(service: TokenService) -> None:
    signed_in(service)
    with pytest.raises(SignInNeeded, match="No sign-in to Google is saved for taro") as caught:
        account("taro@example.com", SCOPES["drive"])
    assert "--account taro@example.com" in caught.value.hint


def test_the_only_account_is_found_without_being_remembered(service: TokenService) -> None:
    signed_in(service)
    home.remember(REMEMBERED, None)
    assert account(None, SCOPES["drive"])[1] == HANAKO


def test_a_scope_that_was_not_given_is_named_in_the_pages_words(service: TokenService) -> None:
    tokens.save(replace(signed_in(service), scopes=WHO))
    with pytest.raises(SignInNeeded, match="See and download all your Google Drive files") as caught:
        account(None, SCOPES["drive"])
    assert caught.value.exit_status == 4


def test_a_token_file_cannot_send_the_refresh_token_elsewhere(service: TokenService) -> None:
    saved = signed_in(service)
    tokens.save(replace(saved, credentials={**saved.credentials, "token_uri": "https://evil.example/token"}))
    with pytest.raises(Unusable):
        account(None, SCOPES["drive"])
    assert service.asked == []
