"""The way to one server, looked up once: TLS, and the proxy that the environment names."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy
from urllib3.util.ssltransport import SSLTransport

from .errors import ConnectionRefused, ConnectTimeout, ProxyFailed, UnknownName, Untrusted, WrongAddress

if TYPE_CHECKING:
    from collections.abc import Callable

_PORTS = {"http": 80, "https": 443}
_KEEP_ALIVE = tuple(
    (socket.IPPROTO_TCP, getattr(socket, name), seconds)
    for name, seconds in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
    if hasattr(socket, name)
)  # a router forgets an idle connection without a word; the next request would wait for its whole time limit


@dataclass(frozen=True)
class Proxy:
    """What stands between: its address, whether TLS leads to it, and its own credential."""

    host: str
    port: int
    tls: bool
    headers: dict[str, str]


class ConnectGuard(Protocol):
    """Decides which addresses may be reached."""

    def connect(self, host: str, port: int, seconds: float) -> socket.socket:
        """Connect to the host within the seconds given; raise OSError, also where it may not be reached."""

    def check_proxied(self, host: str, port: int) -> None:
        """Raise OSError if a proxy may not be asked for this host."""


class ServerRoute:
    """Opens connections to the server of one address."""

    def __init__(self, url: str, guard: ConnectGuard | None = None) -> None:
        """Look up what the environment says of this address; raise ValueError for one that does not lead anywhere.

        `guard` opens the connection where not every address may be reached.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS:
            raise ValueError(url)
        found = requests.Session().merge_environment_settings(url, {}, None, None, None)
        self.host, self.tls = parts.hostname or "", parts.scheme == "https"
        self.port = parts.port or _PORTS[parts.scheme]
        self._guard = guard
        self._connect = guard.connect if guard else _open_socket
        self._certificates: Any = found["verify"]
        self._context: ssl.SSLContext | None = None
        self._proxy_url = select_proxy(url, found["proxies"])

    def proxy_headers(self) -> dict[str, str] | None:
        """Return what a proxy without a tunnel wants in each request, None where there is none; raise WrongAddress."""
        return _proxy_of(self._proxy_url).headers if self._proxy_url and not self.tls else None

    def open(self, end: float, watch: Callable[[Any], None]) -> Any:
        """Connect before `end` (on the clock of time.monotonic), and return the socket; raise Unreachable.

        `watch` gets each socket as soon as it is there, so that another thread can shut it.
        """
        if self.tls:
            self._tls_context()  # without certificates there is nothing to connect for
        try:
            wire = self._open_proxied(end) if self._proxy_url else self._connect(self.host, self.port, _left(end))
            watch(wire)
            return self._secure(wire, end, watch) if self.tls else wire
        except TimeoutError as fault:
            raise ConnectTimeout from fault
        except socket.gaierror as fault:
            raise UnknownName from fault
        except ssl.SSLError as fault:
            raise Untrusted from fault
        except UnicodeError as fault:  # a name with parts that are empty or too long
            raise WrongAddress from fault
        except OSError as fault:
            raise ConnectionRefused from fault

    def _open_proxied(self, end: float) -> Any:
        if self._guard is not None:
            self._guard.check_proxied(self.host, self.port)
        proxy = _proxy_of(str(self._proxy_url))
        kind = http.client.HTTPSConnection if proxy.tls else http.client.HTTPConnection
        options: dict[str, Any] = {"context": self._tls_context()} if proxy.tls else {}
        connection = kind(proxy.host, proxy.port, timeout=_left(end), **options)
        if self.tls:
            connection.set_tunnel(self.host, self.port, headers=proxy.headers)
        try:
            connection.connect()
        except ssl.SSLError:
            raise
        except (OSError, http.client.HTTPException) as fault:
            connection.close()
            raise ProxyFailed from fault
        return connection.sock

    def _secure(self, wire: Any, end: float, watch: Callable[[Any], None]) -> Any:
        context, name = self._tls_context(), self.host.rstrip(".")
        try:
            wire.settimeout(_left(end))
            if isinstance(wire, ssl.SSLSocket):  # to the proxy: TLS within TLS
                return SSLTransport(wire, context, server_hostname=name)
            secured = context.wrap_socket(wire, server_hostname=name, do_handshake_on_connect=False)
            watch(secured)
            secured.do_handshake()
        except (OSError, ValueError):
            wire.close()
            raise
        return secured

    def _tls_context(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = _context(self._certificates)
        return self._context


def _context(certificates: Any) -> ssl.SSLContext:
    """Return what trusts these certificates: a file, a folder, or those that come with requests."""
    place = certificates if isinstance(certificates, str) else DEFAULT_CA_BUNDLE_PATH
    is_folder = Path(place).is_dir()
    try:
        context = ssl.create_default_context(cafile=None if is_folder else place, capath=place if is_folder else None)
    except OSError as fault:  # also what is no certificate
        raise Untrusted(f"The certificates at {place} cannot be read.") from fault
    context.set_alpn_protocols(["http/1.1"])
    return context


def _proxy_of(url: str) -> Proxy:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port or _PORTS[parts.scheme]
    except (KeyError, ValueError) as fault:
        raise WrongAddress from fault
    if not parts.hostname:
        raise WrongAddress
    named = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    headers = {} if named == ":" else {"Proxy-Authorization": f"Basic {base64.b64encode(named.encode()).decode()}"}
    return Proxy(parts.hostname, port, parts.scheme == "https", headers)


def _open_socket(host: str, port: int, seconds: float) -> socket.socket:
    wire = socket.create_connection((host, port), timeout=seconds)
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in _KEEP_ALIVE:
        wire.setsockopt(*option)
    return wire


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise ConnectTimeout
    return left
