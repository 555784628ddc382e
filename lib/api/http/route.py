"""The way to one server, looked up once: TLS, and the proxy that the environment names."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit

from pysailor import named_certificates, names_proxy, tls_context

from .errors import ConnectionRefused, ConnectTimeout, ProxyFailed, UnknownName, Untrusted, WrongAddress

if TYPE_CHECKING:
    from collections.abc import Callable

_LARGEST_HEAD = 64 * 1024
_HEAD = re.compile(
    rb"(?:HTTP/\d\.\d 1\d\d[^\n]*\n(?:[^\r\n]+\r?\n)*\r?\n)*"
    rb"HTTP/\d\.\d (?P<status>\d{3})(?P<words>[^\n]*)\n(?:[^\r\n]+\r?\n)*\r?\n"
)
"""What a proxy answers to CONNECT, after what only announces it."""
_PORTS = {"http": 80, "https": 443}
_KEEP_ALIVE = tuple(
    (socket.IPPROTO_TCP, getattr(socket, name), seconds)
    for name, seconds in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
    if hasattr(socket, name)
)  # a router forgets an idle connection without a word; the next request would wait for its whole time limit
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL")
"""What OpenSSL says of a server that answers in plain text."""


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
        self.host, self.tls = parts.hostname or "", parts.scheme == "https"
        self.port = parts.port or _PORTS[parts.scheme]
        self._guard = guard
        self._connect = guard.connect if guard else _open_socket
        self._certificates = named_certificates()
        self._context: ssl.SSLContext | None = None
        self._proxy_url = _proxy_for(url) if names_proxy() else None

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
            if self._proxy_url:
                wire = self._open_proxied(end, watch)
            else:
                wire = self._connect(self.host, self.port, _left(end))
                watch(wire)
            return self._secure(wire, end, watch) if self.tls else wire
        except TimeoutError as fault:
            raise ConnectTimeout from fault
        except socket.gaierror as fault:
            raise UnknownName from fault
        except ssl.SSLError as fault:
            raise self._explain_tls(fault) from fault
        except UnicodeError as fault:  # a name with parts that are empty or too long
            raise WrongAddress from fault
        except OSError as fault:
            raise ConnectionRefused from fault

    def _explain_tls(self, fault: ssl.SSLError) -> Untrusted | WrongAddress:
        if not self._proxy_url and fault.reason in _NO_TLS:
            text = f"{self.host}:{self.port} answers, but does not speak TLS: write http:// in place of https://."
            return WrongAddress(text)
        why = getattr(fault, "verify_message", "")
        return Untrusted(f"The reason: {why.rstrip('.')}." if why else "")

    def _open_proxied(self, end: float, watch: Callable[[Any], None]) -> Any:
        if self._guard is not None:
            self._guard.check_proxied(self.host, self.port)
        proxy = _proxy_of(str(self._proxy_url))
        wire: Any = None
        try:
            wire = _open_socket(proxy.host, proxy.port, _left(end))
            watch(wire)
            if proxy.tls:
                wire = self._secure_socket(wire, proxy.host, end, watch)
            if self.tls:
                self._open_tunnel(wire, proxy, end)
        except BaseException as fault:
            if wire is not None:
                wire.close()
            if isinstance(fault, OSError) and not isinstance(fault, ssl.SSLError):
                raise ProxyFailed from fault
            raise
        return wire

    def _open_tunnel(self, wire: Any, proxy: Proxy, end: float) -> None:
        """Ask the proxy to lead to the server; raise ProxyFailed, with what it said, or OSError."""
        name = f"[{self.host}]" if ":" in self.host else self.host.encode("idna").decode()
        place = f"{name}:{self.port}"
        lines = [
            f"CONNECT {place} HTTP/1.1",
            f"Host: {place}",
            *(f"{key}: {word}" for key, word in proxy.headers.items()),
        ]
        wire.settimeout(_left(end))
        wire.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
        received = b""
        while not (head := _HEAD.match(received)):
            wire.settimeout(_left(end))  # of the whole: a proxy may drip
            data = wire.recv(_LARGEST_HEAD)
            received += data
            if not data or len(received) > _LARGEST_HEAD:
                raise ProxyFailed("It did not answer in HTTP.")
        if head["status"] == b"407":
            raise ProxyFailed("It wants a user name and a password, or other ones (407).")
        if not head["status"].startswith(b"2"):
            words = head["words"].decode("latin-1").strip()
            raise ProxyFailed(f"It answered {head['status'].decode()}{f' ({words})' if words else ''}.")

    def _secure(self, wire: Any, end: float, watch: Callable[[Any], None]) -> Any:
        context, name = self._tls_context(), self.host.rstrip(".")
        try:
            wire.settimeout(_left(end))
            if isinstance(wire, ssl.SSLSocket):  # to the proxy: TLS within TLS
                from urllib3.util.ssltransport import SSLTransport  # noqa: PLC0415 - for few

                return SSLTransport(wire, context, server_hostname=name)
            return self._secure_socket(wire, name, end, watch)
        except (OSError, ValueError):
            wire.close()
            raise

    def _secure_socket(self, wire: Any, name: str, end: float, watch: Callable[[Any], None]) -> Any:
        wire.settimeout(_left(end))
        secured = self._tls_context().wrap_socket(wire, server_hostname=name, do_handshake_on_connect=False)
        watch(secured)
        secured.do_handshake()
        return secured

    def _tls_context(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = _context(self._certificates)
        return self._context


def _context(certificates: str | None) -> ssl.SSLContext:
    try:
        context = tls_context(certificates)
    except OSError as fault:  # also what is no certificate
        place = f"at {certificates}" if certificates else "that come with the package certifi"
        raise Untrusted(f"The certificates {place} cannot be read.") from fault
    context.set_alpn_protocols(["http/1.1"])
    return context


def _proxy_for(url: str) -> str | None:
    from requests import Session  # noqa: PLC0415 - takes 40 ms to load, for those behind a proxy
    from requests.utils import select_proxy  # noqa: PLC0415 - as above

    found = Session().merge_environment_settings(url, {}, None, None, None)
    return select_proxy(url, found["proxies"])


def _proxy_of(url: str) -> Proxy:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as fault:
        raise WrongAddress from fault
    if not parts.hostname:
        raise WrongAddress
    if parts.scheme not in _PORTS:
        raise WrongAddress(f"A proxy must be one of http or https, not {parts.scheme}.")
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
