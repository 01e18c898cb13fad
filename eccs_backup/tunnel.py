"""TLS connections that are no HTTP: through the proxy and with the CA that the environment names, as all others."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
from urllib.parse import unquote, urlsplit

import certifi
from requests.utils import get_environ_proxies

from eccs_backup.errors import Transient, Unfinished, Unusable
from eccs_backup.http import TIMEOUT, Wire, ca_bundle


def connect(wire: Wire, host: str, port: int, authority: str | None = None) -> ssl.SSLSocket:
    """A connection to `host`, checked; `authority` is a CA in PEM to trust instead of the usual ones.

    `wire.abort` ends it, too. Raises Transient, Unfinished (the certificate), Unusable (the proxy's address), Halted.
    """
    try:
        line = _through_proxy(host, port) or socket.create_connection((host, port), TIMEOUT[0])
        line.settimeout(TIMEOUT[1])
        found = _context(authority).wrap_socket(line, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise Unfinished(
            f"The certificate of {host} could not be checked.",
            hint="Where the network inspects traffic, name its CA file in REQUESTS_CA_BUNDLE.",
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise Transient(
            f"No connection to {host}:{port} ({type(error).__name__}).", hint="Check the network."
        ) from error
    wire.watch(found)
    return found


def _context(authority: str | None) -> ssl.SSLContext:
    if authority is not None:
        return ssl.create_default_context(cadata=authority)
    named = ca_bundle()
    if named is True:
        return ssl.create_default_context(cafile=certifi.where())
    try:
        return ssl.create_default_context(cafile=str(named))
    except IsADirectoryError:
        return ssl.create_default_context(capath=str(named))


def _through_proxy(host: str, port: int) -> socket.socket | None:
    """A connection through the proxy for https, by CONNECT (RFC 9110, 9.3.6); None when there is no proxy."""
    address = get_environ_proxies(f"https://{host}").get("https")
    if not address:
        return None
    parts = urlsplit(address if "//" in address else f"http://{address}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unusable("The address of the proxy cannot be used.", hint="Check HTTPS_PROXY.")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    asked = kind(parts.hostname, parts.port, timeout=TIMEOUT[0])
    headers = {}
    if parts.username is not None:
        named = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Proxy-Authorization"] = f"Basic {base64.b64encode(named.encode()).decode()}"
    asked.set_tunnel(host, port, headers=headers)
    asked.connect()
    return asked.sock
