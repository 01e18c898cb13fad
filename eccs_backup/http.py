"""Every connection to a service: one way to send, to sign, to honour proxies and CAs, and to read a body."""

from __future__ import annotations

import math
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urlsplit
from weakref import WeakSet

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from eccs_backup.errors import BackupError, Halted, ItemError, Transient, Unfinished, Unusable
from eccs_backup.retry import Halt

BLOCK = 1 << 18
"""The most bytes handed on at once."""
TIMEOUT = (15, 90)
"""Seconds to connect, and seconds without a byte."""
RENEWALS = 2
BROKEN = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)
MISLED = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    urllib3.exceptions.LocationValueError,
)
"""An address that is none; Python's own functions raise a bare ValueError for others."""


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
    redirect leads to another host. `count` is the number of requests sent so far. `abort` may be called by any thread.
    """

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._proxies: dict[tuple[str, str], dict[str, str]] = {}
        self._verify = ca_bundle()
        self._lock = threading.Lock()
        self._sockets = _Sockets()
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
        """One request; a refused token is renewed, twice at most.

        Raises Transient when it breaks, ItemError when it is sent on to an impossible address, Stop.
        """
        if self._tokens is None:
            return self._send(method, url, dict(headers or {}), data, stream)
        token = self._tokens.current()
        for _ in range(RENEWALS):
            response = self._send(method, url, _signed(headers, token), data, stream)
            if response.status_code != 401:
                return response
            response.close()
            token = self._tokens.renew(token)
        return self._send(method, url, _signed(headers, token), data, stream)

    def session(self) -> requests.Session:
        """This thread's session, for libraries that want one. It signs nothing."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False  # ~/.netrc must not sign for us, and the environment is read once, not per call
            session.verify = self._verify
            session.proxies = get_environ_proxies("https://www.googleapis.com")
            session.mount("http://", _Adapter(self._sockets))
            session.mount("https://", _Adapter(self._sockets))
            with self._lock:
                self._sessions.append(session)
        return session

    def close(self) -> None:
        """Close every thread's connections."""
        for session in self._sessions:
            session.close()

    def abort(self) -> None:
        """Break off every connection, so that no thread waits for an answer any more: it gets Halted."""
        self._sockets.shut()

    def watch(self, one: socket.socket) -> None:
        """Let `abort` end this connection, too. Raises Halted after it."""
        self._sockets.add(one)

    def _send(
        self, method: str, url: str, headers: dict[str, str], data: bytes | str | Mapping[str, str] | None, stream: bool
    ) -> requests.Response:
        with self._lock:
            self.count += 1
        self._sockets.check()
        try:
            response = self.session().request(
                method,
                url,
                headers=headers,
                data=data,
                stream=stream,
                timeout=TIMEOUT,
                proxies=self._proxies_for(url),
            )
        except (ValueError, *BROKEN) as error:
            self._sockets.check()
            misled = isinstance(error, MISLED) or not isinstance(error, BROKEN)
            raise _misled(url, error) if misled else broken(url, error) from error
        self._sockets.check()
        return response

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


class Hangup(Halt):
    """Tells every thread of a run to stop, also those that wait for an answer over `wire`."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    def set(self) -> None:
        """Stop."""
        super().set()
        self._wire.abort()


class _Sockets:
    """The open sockets of all threads. A body may outlive its connection, but not its socket."""

    def __init__(self) -> None:
        self._open: WeakSet[Any] = WeakSet()
        self._lock, self._shut = threading.Lock(), False

    def add(self, one: Any) -> None:
        """A new one. Raises Halted when the others are shut."""
        with self._lock:
            self._open.add(one)
        self.check()

    def shut(self) -> None:
        """Wake whoever reads or writes. Not closed: the number could be another file's before they notice."""
        with self._lock:
            self._shut = True
            for one in self._open:
                _shut(one)

    def check(self) -> None:
        """Raise Halted once all are shut: what ends then may look like a body's end."""
        if self._shut:
            raise Halted("Interrupted.")


def _shut(one: Any) -> None:
    with suppress(OSError):  # it was never connected, or is closed already
        socket.socket.shutdown(getattr(one, "socket", one), socket.SHUT_RDWR)  # `socket`: TLS inside a proxy's TLS


class _Adapter(HTTPAdapter):
    """Reports every socket that it opens."""

    def __init__(self, sockets: _Sockets) -> None:
        self.sockets = sockets
        super().__init__(pool_connections=4, pool_maxsize=2)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The pool of connections to the request's host."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if "ConnectionCls" not in vars(pool):  # one that we have not seen
            pool.ConnectionCls = _reporting(pool.ConnectionCls, self.sockets)
        return pool


def _reporting(kind: Any, sockets: _Sockets) -> Any:
    class Reporting(kind):  # type: ignore[misc]
        def connect(self) -> None:
            super().connect()
            sockets.add(self.sock)

    return Reporting


def _misled(url: str, error: Exception) -> BackupError:
    """The error for an address that is none: the person's own, or one that the service sent us on to."""
    if isinstance(error, requests.exceptions.InvalidProxyURL):
        return Unusable("The address of the proxy cannot be used.", hint="Check HTTPS_PROXY and HTTP_PROXY.")
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return ItemError(f"{parts.hostname} sent us on to an address that cannot be reached.")
    except ValueError:
        pass
    address = url.partition("?")[0]  # what follows may be a signature
    return Unusable(f"{address} is not an address that can be reached.", hint="See that it is written correctly.")


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
    """The body as it arrives, each piece at most `BLOCK` bytes. Raises Transient when it is cut short, Halted.

    `read1` hands on what is there: a connection that breaks loses nothing that had arrived.
    """
    try:
        while block := response.raw.read1(BLOCK):
            yield block
    except BROKEN as error:
        _check(response)
        raise broken(response.url, error) from error
    _check(response)


def _check(response: requests.Response) -> None:
    """Raise Halted when the connections were broken off."""
    adapter = getattr(response, "connection", None)
    if isinstance(adapter, _Adapter):
        adapter.sockets.check()


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
