"""From an address to a connection that leads there and nowhere else.

A name is looked up once. What was checked is what is connected to, while the certificate, SNI and the Host header are
the name's: whoever owns the name cannot answer the second question with another address. http.client lets the socket
be made outside; that is why it is used here.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from functools import cached_property
from http.client import HTTPConnection, HTTPSConnection
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlsplit

from pysailor import frozen, named_certificates, names_proxy, tls_context

from . import address_policy
from .errors import AddressRefused, NotFetched, NotThere

if TYPE_CHECKING:
    from collections.abc import Callable

    from .address_policy import Resolve
    from .deadline import ConnectionDeadline

_PORTS = {"http": 80, "https": 443}
_USER = re.compile(r"//[^/]*@")
_LONGEST_SHOWN = 80

T = TypeVar("T")


@frozen
class Target:
    """An address to fetch from, taken apart; `host` is as certificates name it, without brackets."""

    scheme: str
    host: str
    port: int
    path: str
    pointer: str

    @classmethod
    def of(cls, url: str, pointer: str) -> Target:
        """Return the parts of an address; raise NotThere if nothing can be fetched from such a one."""
        from urllib3.exceptions import LocationParseError  # noqa: PLC0415 - loads much, for messages with an address
        from urllib3.util import parse_url  # noqa: PLC0415 - as above

        try:
            parts = parse_url(url)
            port = parts.port
        except LocationParseError as error:
            raise NotThere(f"{quote_url(url)} is not a valid address; check it", pointer=pointer) from error
        if parts.scheme not in _PORTS or not parts.host:
            raise NotThere(
                f"{quote_url(url)} cannot be fetched; it must start with https:// (or http://)", pointer=pointer
            )
        if parts.auth:
            raise NotThere(
                "the address holds a user name, which is not sent on; take an address without", pointer=pointer
            )
        host = parts.host.strip("[]").rstrip(".")
        return cls(str(parts.scheme), host, port or _PORTS[str(parts.scheme)], parts.request_uri, pointer)

    @property
    def url(self) -> str:
        """The address, whole again."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


class Connector:
    """Makes connections. Reads once what the environment says of proxies and certificates; threads may share it."""

    def __init__(self, *, allow_private: bool, resolve: Resolve) -> None:
        """Keep what is allowed, and what resolves names."""
        self._allow_private = allow_private
        self._resolve = resolve
        self._proxies = _proxies() if names_proxy() else {}
        self._certificates = named_certificates()

    def open(self, target: Target, deadline: ConnectionDeadline) -> tuple[HTTPConnection, str]:
        """Return a connection and what to ask for on it; raise AddressRefused, NotFetched, OSError or HTTPException."""
        proxy = self._proxy(target)
        if proxy is not None:
            self.check_behind_proxy(target)
            return self._through_proxy(proxy, target, deadline)
        return self._direct(target, self.addresses(target), deadline), target.path

    def addresses(self, target: Target) -> list[str]:
        """Return the addresses of the target's host, every one of which may be reached; raise AddressRefused."""
        found = self._look_up(target)
        for address in found:
            reason = address_policy.refusal_reason(address, allow_private=self._allow_private)
            if reason is not None:
                is_address = target.host.strip("[]") == address
                which = f"{address} is" if is_address else f"{target.host} leads to {address}, which is"
                raise AddressRefused(f"{which} {reason}", pointer=target.pointer)
        return found

    def leads_outside(self, target: Target) -> bool:
        """Return whether the service, which is elsewhere, can be expected to reach the target by itself."""
        if not address_policy.looks_public(target.host):
            return False
        if not self._allow_private:
            return True
        try:
            return all(address_policy.refusal_reason(address) is None for address in self._look_up(target))
        except NotFetched:
            return True

    def _look_up(self, target: Target) -> list[str]:
        try:
            found = list(self._resolve(target.host, target.port))
        except (OSError, UnicodeError) as error:
            raise NotFetched(
                f"no server has the name {target.host}; check the address", pointer=target.pointer
            ) from error
        if not found:
            raise NotFetched(f"the name {target.host} has no address", pointer=target.pointer)
        return found

    def _direct(self, target: Target, addresses: list[str], deadline: ConnectionDeadline) -> HTTPConnection:
        """Connect to the first of the addresses that takes it."""
        for address in addresses[:-1]:
            try:
                return self._connect(target, address, deadline)
            except ssl.SSLError:
                raise
            except OSError:
                if deadline.is_over:
                    raise
        return self._connect(target, addresses[-1], deadline)

    def _connect(self, target: Target, address: str, deadline: ConnectionDeadline) -> HTTPConnection:
        raw = socket.create_connection((address, target.port), timeout=max(deadline.seconds_left(), 0.001))
        try:
            deadline.watch(raw)
            if target.scheme == "http":
                connection = HTTPConnection(target.host, target.port)
                connection.sock = raw
                return connection
            secured = self._tls.wrap_socket(raw, server_hostname=target.host, do_handshake_on_connect=False)
            raw = secured
            deadline.watch(secured)
            secured.do_handshake()
            connection = HTTPSConnection(target.host, target.port, context=self._tls)
            connection.sock = secured
        except BaseException:
            raw.close()
            raise
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """The certificates that are trusted: those that REQUESTS_CA_BUNDLE names, or else those of requests."""
        return tls_context(self._certificates)

    def _proxy(self, target: Target) -> str | None:
        if not self._proxies:
            return None
        from requests.utils import select_proxy, should_bypass_proxies  # noqa: PLC0415 - for those behind a proxy

        proxy = select_proxy(target.url, self._proxies)
        if proxy is None or should_bypass_proxies(target.url, no_proxy=self._proxies.get("no", "")):
            return None
        return proxy if "://" in proxy else f"http://{proxy}"

    def check_behind_proxy(self, target: Target) -> None:
        """Check the name as well as can be done: the proxy looks it up again, and may know names that we do not."""
        if not address_policy.looks_public(target.host) and not self._allow_private:
            raise AddressRefused(
                f"{target.host} is a name or address of a private network; whoever runs this component can allow such "
                f"with {address_policy.ALLOW_PRIVATE_URLS}=true",
                pointer=target.pointer,
            )
        try:
            self.addresses(target)
        except NotFetched:  # a network that leaves names to the proxy
            return

    def _through_proxy(self, proxy: str, target: Target, deadline: ConnectionDeadline) -> tuple[HTTPConnection, str]:
        """Connect by way of an HTTP proxy: it gets the whole address, or makes a tunnel for TLS."""
        way = urlsplit(proxy)
        if way.scheme != "http" or not way.hostname:
            raise NotFetched(
                f"attachments can be fetched through an http:// proxy only, not {way.scheme}://",
                pointer=target.pointer,
                retryable=False,
            )
        from urllib3.util import make_headers  # noqa: PLC0415 - for those behind a proxy

        said = (
            make_headers(proxy_basic_auth=f"{unquote(way.username)}:{unquote(way.password or '')}")
            if way.username
            else {}
        )
        port, left = way.port or _PORTS["http"], max(deadline.seconds_left(), 0.001)
        if target.scheme == "https":
            tunnel = HTTPSConnection(way.hostname, port, timeout=left, context=self._tls)
            tunnel.set_tunnel(target.host, target.port, said)
            tunnel.connect()
            deadline.watch(tunnel.sock)
            return tunnel, target.path
        plain = HTTPConnection(way.hostname, port, timeout=left)
        plain.connect()
        deadline.watch(plain.sock)
        return plain, target.url


def _proxies() -> dict[str, str]:
    from urllib.request import getproxies  # noqa: PLC0415 - for those behind a proxy

    return getproxies()


class Guard:
    """Opens connections for others where a visitor or a message chose the address: those of the policy, no other.

    Both methods raise OSError alike for a name without an address, for an address that is refused and for a port that
    nobody listens on, so that nobody learns which of them it was.
    """

    def __init__(self, *, allow_private: bool = False, resolve: Resolve = address_policy.look_up) -> None:
        """Keep whether private addresses are allowed, and what resolves names."""
        self._connector = Connector(allow_private=allow_private, resolve=resolve)

    def connect(self, host: str, port: int, seconds: float) -> socket.socket:
        """Look the name up once, and connect to one of the addresses that were checked."""
        end = time.monotonic() + seconds
        *others, last = self._check(host, port, self._connector.addresses)
        for address in others:
            try:
                return socket.create_connection((address, port), timeout=max(end - time.monotonic(), 0.001))
            except OSError:
                continue
        return socket.create_connection((last, port), timeout=max(end - time.monotonic(), 0.001))

    def check_proxied(self, host: str, port: int) -> None:
        """Check the name as well as can be done where a proxy looks it up again."""
        self._check(host, port, self._connector.check_behind_proxy)

    def _check(self, host: str, port: int, check: Callable[[Target], T]) -> T:
        try:
            return check(Target("http", host.strip("[]").rstrip("."), port, "/", ""))
        except (AddressRefused, NotFetched) as error:
            raise ConnectionRefusedError("no connection to this address") from error


def quote_url(url: str) -> str:
    """Return an address for a sentence: not too long, and without the parts that hold secrets (user, query)."""
    open_part = _USER.sub("//", re.split(r"[?#]", url, maxsplit=1)[0])
    plain = "".join(character for character in open_part if character.isprintable())
    return f'"{plain if len(plain) <= _LONGEST_SHOWN else plain[:_LONGEST_SHOWN] + "…"}"'
