"""TLS connections that are no HTTP: through the proxy and with the CA that the environment names, as all others."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
from pathlib import Path
from typing import TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

import certifi
from requests.utils import get_environ_proxies, select_proxy
from urllib3.util.ssltransport import SSLTransport

from eccs_backup.errors import Transient, Unfinished, Unusable
from eccs_backup.http import TIMEOUT, Wire, ca_bundle

Connection: TypeAlias = ssl.SSLSocket | SSLTransport
PORTS = {"http": 80, "https": 443}


def connect(wire: Wire, host: str, port: int, authority: str | None = None) -> Connection:
    """A connection to `host`, checked; `authority` is a CA in PEM to trust instead of the usual ones.

    `wire.abort` ends it, too. Raises Transient, Unfinished (the certificate), Unusable (the proxy's address), Halted.
    """
    asked = host  # whose certificate is being checked
    try:
        proxy = _proxy(host, port)
        if proxy is None:
            line = socket.create_connection((host, port), TIMEOUT[0])
        else:
            asked = str(proxy.hostname)
            line = _through(proxy, host, port)
            asked = host
        line.settimeout(TIMEOUT[1])
        return _encrypted(wire, line, host, _context(authority))
    except ssl.SSLCertVerificationError as error:
        raise Unfinished(
            f"The certificate of {asked} could not be checked.",
            hint="Where the network inspects traffic, name its CA file in REQUESTS_CA_BUNDLE.",
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise Transient(
            f"No connection to {host}:{port} ({type(error).__name__}).", hint="Check the network."
        ) from error


def _encrypted(wire: Wire, line: socket.socket, host: str, context: ssl.SSLContext) -> Connection:
    """TLS over a connection, or within the proxy's own; `wire.abort` ends even the handshake."""
    if isinstance(line, ssl.SSLSocket):
        wire.watch(line)
        return SSLTransport(line, context, host)
    found = context.wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
    wire.watch(found)
    found.do_handshake()
    return found


def _context(authority: str | None = None) -> ssl.SSLContext:
    if authority is not None:
        return ssl.create_default_context(cadata=authority)
    named = ca_bundle()
    if named is True:
        return ssl.create_default_context(cafile=certifi.where())
    if Path(str(named)).is_dir():
        return ssl.create_default_context(capath=str(named))
    return ssl.create_default_context(cafile=str(named))


def _proxy(host: str, port: int) -> SplitResult | None:
    """The proxy for https to that host, or None. Raises Unusable."""
    url = f"https://{host}:{port}"
    address = select_proxy(url, get_environ_proxies(url))
    if not address:
        return None
    parts = urlsplit(address if "//" in address else f"http://{address}")
    try:
        usable = parts.scheme in PORTS and parts.hostname and parts.port != 0
    except ValueError:  # a port that is none
        usable = False
    if not usable:
        raise Unusable("The address of the proxy cannot be used.", hint="Check HTTPS_PROXY.")
    return parts


def _through(proxy: SplitResult, host: str, port: int) -> socket.socket:
    """A connection through the proxy, by CONNECT (RFC 9110, 9.3.6). Raises Transient when the proxy refuses."""
    name = str(proxy.hostname)
    line = socket.create_connection((name, proxy.port or PORTS[proxy.scheme]), TIMEOUT[0])
    try:
        if proxy.scheme == "https":
            line = _context().wrap_socket(line, server_hostname=name)
        line.sendall(_question(proxy, f"{host}:{port}"))
        with http.client.HTTPResponse(line, method="CONNECT") as answer:
            answer.begin()
            status = answer.status
        if status // 100 != 2:
            meant = {407: "its name and password are wanted", 403: "it does not allow that"}
            raise Transient(
                f"The proxy did not connect to {host}:{port} ({meant.get(status, status)}).",
                hint="Check HTTPS_PROXY and NO_PROXY.",
            )
    except BaseException:
        line.close()
        raise
    return line


def _question(proxy: SplitResult, target: str) -> bytes:
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.username is not None:
        named = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(named.encode()).decode()}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")
