"""What Google's APIs refuse with, and the error of ours that says what happens next."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from requests.structures import CaseInsensitiveDict

from eccs_backup.errors import (
    BackupError,
    BlockedByAdministrator,
    ItemError,
    QuotaExhausted,
    SignInNeeded,
    Stop,
    Throttled,
    Transient,
    Unavailable,
)
from eccs_backup.http import retry_after
from eccs_backup.model import Json, Kind

RATE = frozenset({"userRateLimitExceeded", "rateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
"""Reasons that mean "slower, please": the request is good and will be taken later."""
DAILY = frozenset({"dailyLimitExceeded", "dailyLimitExceededUnreg"})
CONSOLES = frozenset({"console.cloud.google.com", "console.developers.google.com"})
BY_HAND = (
    "Ask your administrator to allow this client (Admin console: Security, API controls, App access "
    "control); without that, save your data by hand at https://takeout.google.com"
)
"""The manual road when an organisation keeps this program out."""


class ApiSwitchedOff(Stop):
    """The client's project does not offer the API. Exit status 8, "blocked".

    Signing in again would not help (4), no option or file is wrong (2): as with an administrator's refusal,
    something has to be switched on in a console first. The hint holds the link that does it.
    """

    exit_status = 8


class Answer(NamedTuple):
    """A refusal as it arrived: HTTP status, reason codes, headers, and the `error` object of the body."""

    status: int
    reasons: list[str]
    headers: Mapping[str, str]
    error: dict[str, Json]


def reasons(body: bytes) -> list[str]:
    """The reason codes of a Google error body, the most telling first; empty when it is not Google's.

    Both forms are read: `errors[].reason` (Drive, Gmail) and `details[].reason` (newer APIs), then the
    `status` word; and `error` alone (the token service). https://cloud.google.com/apis/design/errors
    """
    found = _parsed(body).get("error")
    if isinstance(found, str):
        return [found]
    return list(_reasons(found)) if isinstance(found, dict) else []


def is_quota(status: int, reasons: list[str]) -> bool:
    """Whether the refusal says that the minute's quota is spent; the day's quota is another matter."""
    if DAILY.intersection(reasons):
        return False
    return status == 429 or (status == 403 and bool(RATE.intersection(reasons)))


def explain(status: int, body: bytes, headers: Mapping[str, str]) -> BackupError:
    """The error for a refusal (HTTP status 400 or more) by one of Google's APIs; never raises.

    Judged by reason codes, not by message texts.
    https://developers.google.com/workspace/drive/api/guides/handle-errors
    """
    found = _parsed(body).get("error")
    error = found if isinstance(found, dict) else {}
    answer = Answer(status, reasons(body), CaseInsensitiveDict(headers), error)
    if is_quota(status, answer.reasons):
        return Throttled("Google asks us to go more slowly.", after=retry_after(answer.headers))
    for reason in answer.reasons:
        if make := REFUSALS.get(reason):
            return make(answer)
    return _by_status(answer)


def _by_status(answer: Answer) -> BackupError:
    if answer.status >= 500 or answer.status == 408:
        after = retry_after(answer.headers)
        return Transient(f"Google has a fault of its own (HTTP {answer.status}).", after=after)
    if answer.status == 401:
        return _sign_in(answer)
    code = answer.reasons[0] if answer.reasons else ""
    if code:
        return Unavailable(f"Google refused this ({code[:60]}, HTTP {answer.status}).", hint=_ASK_OWNER)
    # A body that is not Google's may come from a proxy or a hotel's sign-in page: no verdict on the item.
    return ItemError(
        f"Something between here and Google refused this (HTTP {answer.status}).",
        hint="Check that the network lets you reach Google, then run the same command again.",
    )


_ASK_OWNER = "Open it in the browser; if it opens there, save it by hand, otherwise ask its owner for a copy."


def _sign_in(answer: Answer) -> SignInNeeded:
    return SignInNeeded("Google no longer takes this sign-in.")


def _not_ticked(answer: Answer) -> SignInNeeded:
    return SignInNeeded(
        "The permission for this was not given when you signed in.",
        hint="Sign in again with: eccs-backup auth - and tick every box on Google's page.",
    )


def _switched_off(answer: Answer) -> ApiSwitchedOff:
    return ApiSwitchedOff(
        "An API is not switched on in the project that your client belongs to.",
        hint=f"Open {activation_link(answer.error)} and press Enable; in five minutes run this again.",
    )


def _blocked(answer: Answer) -> BlockedByAdministrator:
    return BlockedByAdministrator("Your organisation does not let this program read your data.", hint=BY_HAND)


def _tomorrow(answer: Answer) -> QuotaExhausted:
    return QuotaExhausted("Google's limit for today is reached.")


def _too_often(answer: Answer) -> ItemError:
    return ItemError(
        "Google has handed out this file too often today.",
        hint="Run the same command again tomorrow; it goes on where it stopped.",
    )


def _unavailable(kind: Kind, sentence: str, hint: str = _ASK_OWNER) -> Callable[[Answer], BackupError]:
    return lambda answer: Unavailable(sentence, kind=kind, hint=hint)


class ForwardingDisabled(BlockedByAdministrator):
    """The administrator has switched forwarding off for everybody."""


def _forwarding_disabled(answer: Answer) -> BackupError:
    return ForwardingDisabled("Your organisation has switched forwarding off.", hint="Ask your administrator.")


MESSAGES = {"Forwarding features disabled by administrator": "forwardingDisabled"}
"""Refusals that have no reason code of their own, by their words."""

REFUSALS: Mapping[str, Callable[[Answer], BackupError]] = {
    **dict.fromkeys(DAILY, _tomorrow),
    "forwardingDisabled": _forwarding_disabled,
    "authError": _sign_in,
    "insufficientPermissions": _not_ticked,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": _not_ticked,
    "accessNotConfigured": _switched_off,
    "SERVICE_DISABLED": _switched_off,
    "domainPolicy": _blocked,
    "downloadQuotaExceeded": _too_often,
    "notFound": _unavailable(
        Kind.GONE, "It is no longer there.", "Look in the trash, or ask whoever owned it for a copy."
    ),
    "cannotDownloadFile": _unavailable(Kind.VIEW_ONLY, "Its owner does not allow downloading."),
    "insufficientFilePermissions": _unavailable(Kind.VIEW_ONLY, "You may not download it."),
    "appNotAuthorizedToFile": _unavailable(Kind.REFUSED, "Google keeps this file from programs like ours."),
    "fileNotDownloadable": _unavailable(Kind.NO_EXPORT, "Google has no file form of it."),
    "exportSizeLimitExceeded": _unavailable(Kind.NO_EXPORT, "It is too large for Google to convert."),
    "cannotDownloadAbusiveFile": _unavailable(
        Kind.ABUSE,
        "Google holds it to be harmful and gives it to nobody but its owner.",
        "Ask its owner to download it.",
    ),
}
"""Reason code -> the error; what is not here is judged by the HTTP status."""


def activation_link(error: Mapping[str, Json]) -> str:
    """Where the API that this `error` object names is switched on: always a page of Google's console."""
    for url in _links(error):
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.netloc in CONSOLES and url.isprintable():
            return url
    return "https://console.cloud.google.com/apis/library"


def _links(error: Mapping[str, Json]) -> Iterator[str]:
    for detail in _objects(error.get("details")):
        metadata = detail.get("metadata")
        if isinstance(metadata, dict):
            yield str(metadata.get("activationUrl", ""))
        yield from (str(link.get("url", "")) for link in _objects(detail.get("links")))
    yield from (str(entry.get("extendedHelp", "")) for entry in _objects(error.get("errors")))


def _reasons(error: Mapping[str, Json]) -> Iterator[str]:
    if (message := str(error.get("message"))) in MESSAGES:
        yield MESSAGES[message]
    for name in ("errors", "details"):
        yield from (str(entry["reason"]) for entry in _objects(error.get(name)) if entry.get("reason"))
    if status := error.get("status"):
        yield str(status)


def _objects(value: Json) -> Iterator[dict[str, Json]]:
    yield from (entry for entry in value if isinstance(entry, dict)) if isinstance(value, list) else ()


def _parsed(body: bytes) -> dict[str, Json]:
    """The body as an object; of a list (streaming APIs send one) its first; {} when it is no JSON."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    first = next(_objects(found), {})
    return found if isinstance(found, dict) else first
