"""Google's metadata calls: googleapiclient's methods, sent over our `Wire`."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eccs_backup.accounts.google_answers import explain
from eccs_backup.errors import BackupError, ItemError, SignInNeeded, Transient
from eccs_backup.http import Wire
from eccs_backup.model import Json

if TYPE_CHECKING:  # httplib2 and googleapiclient cost a third of a second: loaded when a service is built
    import httplib2
    from googleapiclient.http import HttpRequest


SIGN_IN_PAGE = "Open a page in the browser: the network may want you to sign in to it first."

NONSENSE = (ValueError, RecursionError)
"""What googleapiclient stumbles with over an answer in no UTF-8, or nested without end."""


def service(name: str, version: str, wire: Wire, endpoint: str | None = None) -> Any:
    """The methods of one Google API, for all threads; its description ships with googleapiclient.

    `endpoint` is the address in front of the method's path, for a rehearsal ("http://127.0.0.1:8765/drive/v3/").
    Call the methods through `execute`. Typed Any because the methods are made at run time.
    """
    from googleapiclient.discovery import build

    logging.getLogger("googleapiclient").setLevel(logging.ERROR)  # refusals are ours to tell, and to repeat
    return build(
        name,
        version,
        http=Transport(wire),
        static_discovery=True,
        cache_discovery=False,
        client_options={"api_endpoint": endpoint} if endpoint else None,
    )


def execute(request: HttpRequest) -> dict[str, Json]:
    """Send a request made by `service` once. Raises what `explain` says, Transient, Stop."""
    from googleapiclient.errors import HttpError

    try:
        # `retry.patiently` repeats; a second one here would multiply the pauses
        answer = request.execute(num_retries=0)
    except HttpError as error:
        raise explain(error.status_code, error.content, error.resp) from error
    except NONSENSE as error:
        raise _not_google() from error
    # googleapiclient hands on what is no JSON, such as a hotel's sign-in page
    if not isinstance(answer, dict):
        raise _not_google()
    return answer


def execute_together(requests: Sequence[HttpRequest], batch_uri: str) -> list[dict[str, Any] | BackupError]:
    """Send up to 100 requests as one; the answers in their order, each with its own refusal.

    The whole may be answered with 200 although its parts were refused.
    https://developers.google.com/workspace/drive/api/guides/performance#batch-requests
    Raises what `explain` says of the whole, Transient, Stop.
    """
    from googleapiclient.errors import BatchError, HttpError
    from googleapiclient.http import BatchHttpRequest

    answers: dict[str, dict[str, Any] | BackupError] = {}

    def note(number: str, answer: object, error: Exception | None) -> None:
        if isinstance(error, HttpError):
            answers[number] = explain(error.status_code, error.content, error.resp)
        elif isinstance(answer, dict):
            answers[number] = answer

    batch = BatchHttpRequest(batch_uri=batch_uri)
    for number, request in enumerate(requests):
        batch.add(request, callback=note, request_id=str(number))
    try:
        batch.execute()
    except HttpError as error:
        raise explain(error.status_code, error.content, error.resp) from error
    # ... and here also over one without a Content-Type, or with a part that has no head
    except (BatchError, *NONSENSE, LookupError, AttributeError, TypeError) as error:
        raise Transient("Google's answer to several questions made no sense.", hint=SIGN_IN_PAGE) from error
    lost = Transient("Google left a question without an answer.")
    return _renewed(requests, [answers.get(str(number), lost) for number in range(len(requests))])


def _renewed(
    requests: Sequence[HttpRequest], answers: list[dict[str, Any] | BackupError]
) -> list[dict[str, Any] | BackupError]:
    """The answers, after a token ended: the wire renews it only for a question that is sent alone. Raises Stop."""
    ended = [place for place, answer in enumerate(answers) if isinstance(answer, SignInNeeded)]
    for place in ended[:1]:
        try:
            answers[place] = execute(requests[place])
        except (ItemError, Transient) as error:
            answers[place] = error
    for place in ended[1:]:
        answers[place] = Transient("The sign-in ended among several questions.")
    return answers


def _not_google() -> Transient:
    return Transient("The answer did not come from Google.", hint=SIGN_IN_PAGE)


class Transport:
    """What googleapiclient takes for an `httplib2.Http`; safe for threads, as httplib2's own is not.

    Only `request` is offered, for bodies that are text or bytes. Redirects, proxies and CAs are the wire's.
    https://googleapis.github.io/google-api-python-client/docs/thread_safety.html
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        redirections: int = 5,
        connection_type: object = None,
    ) -> tuple[httplib2.Response, bytes]:
        """Send it; returns the response's head and its whole body. Raises Transient, Stop."""
        import httplib2

        response = self._wire.send(method, uri, headers=headers, data=body)
        about = {**response.headers, "status": str(response.status_code)}
        head = httplib2.Response(about)  # type: ignore[no-untyped-call]
        head.reason = response.reason
        return head, response.content

    def close(self) -> None:
        """The wire is closed by its owner."""
