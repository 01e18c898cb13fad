"""The error bodies of Google's APIs: one function per way of saying no.

https://developers.google.com/workspace/drive/api/guides/handle-errors
"""

from __future__ import annotations

from eccs_backup.rehearsal.reply import Headers, Reply, json_reply
from eccs_backup.rehearsal.things import Json

PROJECT = "777000777000"
CONSOLE = "https://console.developers.google.com/apis/api"
DRIVE, GMAIL, ADMIN = "drive.googleapis.com", "gmail.googleapis.com", "admin.googleapis.com"
_TITLES = {DRIVE: "Google Drive API", GMAIL: "Gmail API", ADMIN: "Admin SDK API"}


class Refused(Exception):
    """Ends the handling of a request with this answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def body(
    status: int,
    reason: str,
    message: str,
    *,
    domain: str = "global",
    place: tuple[str, str] | None = None,
    word: str | None = None,
    details: list[Json] | None = None,
    headers: Headers | None = None,
) -> Reply:
    """The usual form. `place` is (kind, name) of the offending part of the request; `word` the newer status."""
    first: dict[str, Json] = {"message": message, "domain": domain, "reason": reason}
    if place is not None:
        first |= {"locationType": place[0], "location": place[1]}
    error: dict[str, Json] = {"code": status, "message": message, "errors": [first]}
    if word is not None:
        error["status"] = word
    if details is not None:
        error["details"] = details
    return json_reply({"error": error}, status, headers)


def refuse(status: int, reason: str, message: str, *, place: tuple[str, str] | None = None) -> Refused:
    """Any refusal in the plain form."""
    return Refused(body(status, reason, message, place=place))


def parameter(name: str, message: str = "Invalid Value", reason: str = "invalidParameter") -> Refused:
    """400: a parameter that does not exist, or a value it cannot have."""
    return refuse(400, reason, message, place=("parameter", name))


def missing(name: str) -> Refused:
    """400: a parameter that has to be there."""
    return parameter(name, f"Required parameter: {name}", "required")


def not_found(id: str, what: str = "File", name: str = "fileId") -> Refused:
    """404: no such thing, or not for you."""
    return refuse(404, "notFound", f"{what} not found: {id}.", place=("parameter", name))


def no_token(known: bool = True) -> Reply:
    """401: no token, an unknown one, or one that has ended."""
    message = "Request had invalid authentication credentials." if known else "Login Required."
    reason = "authError" if known else "required"
    headers: Headers = [(b"www-authenticate", b'Bearer realm="https://accounts.google.com/", error="invalid_token"')]
    shown = "Invalid Credentials" if known else message
    place = ("header", "Authorization")
    return body(401, reason, shown, place=place, word="UNAUTHENTICATED", headers=headers)


def scope_missing(method: str, service: str = DRIVE) -> Reply:
    """403: the person did not tick what this method needs."""
    details: list[Json] = [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            "domain": "googleapis.com",
            "metadata": {"service": service, "method": method},
        }
    ]
    message = "Request had insufficient authentication scopes."
    return body(403, "insufficientPermissions", message, word="PERMISSION_DENIED", details=details)


def api_disabled(service: str = DRIVE) -> Reply:
    """403: the API is not switched on in the client's project; the message holds the link that does it."""
    link = f"{CONSOLE}/{service}/overview?project={PROJECT}"
    message = f"{_TITLES[service]} has not been used in project {PROJECT} before or it is disabled. Enable it: {link}"
    details: list[Json] = [
        {
            "@type": "type.googleapis.com/google.rpc.Help",
            "links": [{"description": "Google developers console API activation", "url": link}],
        },
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "SERVICE_DISABLED",
            "domain": "googleapis.com",
            "metadata": {
                "service": service,
                "consumer": f"projects/{PROJECT}",
                "activationUrl": link,
            },
        },
    ]
    word = "PERMISSION_DENIED"
    return body(403, "accessNotConfigured", message, domain="usageLimits", word=word, details=details)


def domain_policy(name: str = "Drive") -> Reply:
    """403: the administrator keeps this app out of Drive, or Gmail."""
    return body(403, "domainPolicy", f"The domain administrators have disabled {name} apps.")


def no_mail_service() -> Reply:
    """400: this account has no mailbox."""
    return body(400, "failedPrecondition", "Mail service not enabled", word="FAILED_PRECONDITION")


def too_many() -> Reply:
    """429: more requests of one person under way than Gmail allows."""
    message = "Too many concurrent requests for user"
    return body(429, "rateLimitExceeded", message, domain="usageLimits", word="RESOURCE_EXHAUSTED")


def too_fast(reason: str = "userRateLimitExceeded", headers: Headers | None = None) -> Reply:
    """403 `userRateLimitExceeded`, or 429 `rateLimitExceeded`: slower, please."""
    status = 403 if reason == "userRateLimitExceeded" else 429
    message = "User Rate Limit Exceeded" if status == 403 else "Rate Limit Exceeded"
    return body(status, reason, message, domain="usageLimits", headers=headers)


def for_fault(status: int, reason: str | None, headers: Headers) -> Reply:
    """The body that belongs to a scripted status and reason."""
    usual = {
        401: "authError",
        404: "notFound",
        429: "rateLimitExceeded",
        500: "internalError",
        503: "backendError",
    }
    reason = reason or usual.get(status, "forbidden" if status == 403 else "badRequest")
    limit = "LimitExceeded" in reason
    message = f"{'Rate Limit Exceeded' if limit else 'Practised refusal'} ({reason})"
    return body(status, reason, message, domain="usageLimits" if limit else "global", headers=headers)
