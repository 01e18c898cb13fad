"""Google's refusals, each against the error of ours."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from eccs_backup.accounts.google_answers import ApiSwitchedOff, explain, is_quota, reasons
from eccs_backup.errors import (
    BackupError,
    BlockedByAdministrator,
    ItemError,
    QuotaExhausted,
    SignInNeeded,
    Throttled,
    Transient,
    Unavailable,
)
from eccs_backup.model import Json, Kind

LINK = "https://console.developers.google.com/apis/api/drive.googleapis.com/overview?project=123456"


def body(reason: str, domain: str = "global", **more: Json) -> bytes:
    error = {"domain": domain, "reason": reason, "message": "secret words of the service", **more}
    return json.dumps({"error": {"code": 403, "message": "secret words", "errors": [error]}}).encode()


def details(*entries: dict[str, Json]) -> bytes:
    error = {"code": 403, "status": "PERMISSION_DENIED", "details": list(entries)}
    return json.dumps({"error": error}).encode()


INFO = "type.googleapis.com/google.rpc.ErrorInfo"
TABLE: list[tuple[int, bytes, type[BackupError], Kind | None]] = [
    (403, body("userRateLimitExceeded", "usageLimits"), Throttled, None),
    (403, body("rateLimitExceeded", "usageLimits"), Throttled, None),
    (403, details({"@type": INFO, "reason": "RATE_LIMIT_EXCEEDED"}), Throttled, None),
    (429, body("rateLimitExceeded"), Throttled, None),
    (429, b"<html>slow down</html>", Throttled, None),
    (429, body("dailyLimitExceeded"), QuotaExhausted, None),
    (403, body("dailyLimitExceeded", "usageLimits"), QuotaExhausted, None),
    (408, b"", Transient, None),
    (500, body("internalError"), Transient, None),
    (502, b"<html>bad gateway</html>", Transient, None),
    (503, body("backendError"), Transient, None),
    (401, body("authError"), SignInNeeded, None),
    (401, b"", SignInNeeded, None),
    (403, body("insufficientPermissions"), SignInNeeded, None),
    (403, details({"@type": INFO, "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}), SignInNeeded, None),
    (403, body("accessNotConfigured", "usageLimits"), ApiSwitchedOff, None),
    (403, details({"@type": INFO, "reason": "SERVICE_DISABLED"}), ApiSwitchedOff, None),
    (403, body("domainPolicy"), BlockedByAdministrator, None),
    (404, body("notFound"), Unavailable, Kind.GONE),
    (403, body("cannotDownloadFile"), Unavailable, Kind.VIEW_ONLY),
    (403, body("insufficientFilePermissions"), Unavailable, Kind.VIEW_ONLY),
    (403, body("appNotAuthorizedToFile"), Unavailable, Kind.REFUSED),
    (403, body("fileNotDownloadable"), Unavailable, Kind.NO_EXPORT),
    (403, body("exportSizeLimitExceeded"), Unavailable, Kind.NO_EXPORT),
    (403, body("cannotDownloadAbusiveFile"), Unavailable, Kind.ABUSE),
    (400, body("badRequest"), Unavailable, Kind.REFUSED),
    (403, body("somethingNew"), Unavailable, Kind.REFUSED),
    (403, body("downloadQuotaExceeded"), ItemError, None),
    (403, b"<html>Sign in to the hotel</html>", ItemError, None),
    (404, b"", ItemError, None),
]


@pytest.mark.parametrize(("status", "answer", "expected", "kind"), TABLE)
def test_every_refusal_has_its_error(
    status: int, answer: bytes, expected: type[BackupError], kind: Kind | None
) -> None:
    error = explain(status, answer, {})
    assert type(error) is expected
    assert error.hint
    assert "secret" not in f"{error} {error.hint}"
    if isinstance(error, Unavailable):
        assert error.obstacle.kind is kind


def test_the_services_own_pause_is_kept() -> None:
    error = explain(429, b"", {"retry-after": "17"})  # httplib2 spells header names in lower case
    assert isinstance(error, Transient)
    assert error.after == 17


@pytest.mark.parametrize(
    "answer",
    [
        body("accessNotConfigured", "usageLimits", extendedHelp=LINK),
        details(
            {"@type": INFO, "reason": "SERVICE_DISABLED", "metadata": {"activationUrl": LINK}},
        ),
        details(
            {"@type": INFO, "reason": "SERVICE_DISABLED", "metadata": {"service": "drive.googleapis.com"}},
            {"@type": "type.googleapis.com/google.rpc.Help", "links": [{"description": "on", "url": LINK}]},
        ),
    ],
)
def test_a_switched_off_api_brings_the_link_that_switches_it_on(answer: bytes) -> None:
    error = explain(403, answer, {})
    assert LINK in error.hint
    assert error.exit_status == 8


@pytest.mark.parametrize("url", ["https://evil.example/", "http://console.cloud.google.com/", "javascript:x"])
def test_only_links_into_the_console_are_shown(url: str) -> None:
    error = explain(403, body("accessNotConfigured", "usageLimits", extendedHelp=url), {})
    assert url not in error.hint
    assert "https://console.cloud.google.com/apis/library" in error.hint


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b'{"error": "invalid_grant", "error_description": "x"}', ["invalid_grant"]),
        (b'[{"error": {"errors": [{"reason": "notFound"}]}}]', ["notFound"]),
        (b'{"error": {"status": "GONE", "errors": [{"reason": "notFound"}]}}', ["notFound", "GONE"]),
        (b'{"error": {"errors": "no list", "details": [1, null, {"reason": null}]}}', []),
        (b'{"error": null}', []),
        (b'{"error": [1]}', []),
        (b"[]", []),
        (b"[" * 100_000, []),
        (b"7", []),
        (b"\xff\xfe\x00", []),
        (b"", []),
    ],
)
def test_odd_bodies_do_no_harm(answer: bytes, expected: list[str]) -> None:
    assert reasons(answer) == expected
    assert explain(403, answer, {}).hint


def test_a_quota_refusal_is_told_from_a_refusal() -> None:
    table: Mapping[tuple[int, str], bool] = {
        (403, "userRateLimitExceeded"): True,
        (429, ""): True,
        (429, "dailyLimitExceeded"): False,
        (403, "cannotDownloadFile"): False,
        (500, "rateLimitExceeded"): False,
    }
    assert {case: is_quota(case[0], [case[1]]) for case in table} == dict(table)
