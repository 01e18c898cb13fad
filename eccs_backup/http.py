"""Every connection to a service: one way to send, to sign, to honour proxies and CAs, and to read a body."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from eccs_backup.errors import Transient, Unfinished, Unusable

BLOCK = 1 << 18
"""The most bytes handed on at once."""
TIMEOUT = (15, 90)
"""Seconds to connect, and seconds without a byte."""
BROKEN = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


class Tokens(Protocol):
    """Where access tokens come from; shared by all threads."""

    def current(self) -> str:
        """An access token good for the next minutes. Raises SignInNeeded, Transient."""

    def renew(self, stale: str) -> str:
        """A token to use instead of `stale`, which the service refused. Raises SignInNeeded, Transient."""


class Wire:
    """Sends requests, each thread over a session of its own; signs them when it was given tokens.

    Proxies (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`) and an own CA (`REQUESTS_CA_BUNDLE`,
    `CURL_CA_BUNDLE`, `SSL_CERT_FILE`) come from the environment. The Authorization header is dropped when a
    redirect leads to another host. `count` is the number of requests sent so far.
    """

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._proxies: dict[tuple[str, str], dict[str, str]] = {}
        self._verify = ca_bundle()
        self._lock = threading.Lock()
        self.count = 0

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | str | Mapping[str, str] | None = None,
        stream: bool = False,
    ) -> requests.Response:
        """One request; a refused token is renewed once. Raises Transient when it breaks, Stop."""
        if self._tokens is None:
            return self._send(method, url, dict(headers or {}), data, stream)
        token = self._tokens.current()
        response = self._send(method, url, _signed(headers, token), data, stream)
        if response.status_code == 401:
            response.close()
            token = self._tokens.renew(token)
            response = self._send(method, url, _signed(headers, token), data, stream)
        return response

    def session(self) -> requests.Session:
        """This thread's session, for libraries that want one. It signs nothing."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False  # ~/.netrc must not sign for us, and the environment is read once, not per call
            session.verify = self._verify
            session.proxies = get_environ_proxies("https://www.googleapis.com")
            session.mount("http://", HTTPAdapter(pool_connections=4, pool_maxsize=2))
            session.mount("https://", HTTPAdapter(pool_connections=4, pool_maxsize=2))
            with self._lock:
                self._sessions.append(session)
        return session

    def close(self) -> None:
        """Close every thread's connections."""
        for session in self._sessions:
            session.close()

    def _send(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        data: bytes | str | Mapping[str, str] | None,
        stream: bool,
    ) -> requests.Response:
        with self._lock:
            self.count += 1
        try:
            return self.session().request(
                method,
                url,
                headers=headers,
                data=data,
                stream=stream,
                timeout=TIMEOUT,
                proxies=self._proxies_for(url),
            )
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
            raise Unusable(f"{urlsplit(url).netloc or url} is not an address that can be reached.") from error
        except BROKEN as error:
            raise broken(url, error) from error

    def _proxies_for(self, url: str) -> dict[str, str]:
        parts = urlsplit(url)
        known = self._proxies.get((parts.scheme, parts.netloc))
        if known is None:
            known = dict(get_environ_proxies(url))
            self._proxies[parts.scheme, parts.netloc] = known
        return known


def ca_bundle() -> str | bool:
    """The CA file or folder that the environment names, or True for the one `requests` ships."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        if path := os.environ.get(name):
            return path
    return True


def broken(url: str, error: Exception) -> Transient | Unfinished:
    """The error for a connection that failed; names the host and the kind of failure, never the whole address."""
    host = urlsplit(url).netloc
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Unfinished(  # no use in trying again
            f"The certificate of {host} could not be checked.",
            hint="Where the network inspects traffic, name its CA file in REQUESTS_CA_BUNDLE.",
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return Transient(f"The proxy did not connect to {host}.", hint="Check HTTPS_PROXY and NO_PROXY.")
    return Transient(f"The connection to {host} broke ({type(error).__name__}).", hint="Check the network.")


def blocks(response: requests.Response) -> Iterator[bytes]:
    """The body as it arrives, each piece at most `BLOCK` bytes. Raises Transient when it is cut short.

    `read1` hands on what is there: a connection that breaks loses nothing that had arrived.
    """
    try:
        while block := response.raw.read1(BLOCK):
            yield block
    except BROKEN as error:
        raise broken(response.url, error) from error


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds the service asks us to wait: `Retry-After` in seconds, as an HTTP date or as an ISO date.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after gives the first two; Zoom and some Google front ends
    send the third.
    """
    text = headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    except ValueError:
        pass
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            when = parse(text)
        except ValueError:
            continue
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())
    return None


def _signed(headers: Mapping[str, str] | None, token: str) -> dict[str, str]:
    return {**(headers or {}), "Authorization": f"Bearer {token}"}
