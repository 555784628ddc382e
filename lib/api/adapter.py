"""The way to one server, looked up once; each connection on it can be closed by the call that uses it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

from .response import set_timeout
from .response_head import FastResponse

if TYPE_CHECKING:
    from .cancel import Cancel

REQUEST_ID = "X-Client-Request-Id"
PER_REQUEST = (REQUEST_ID, "Content-Length")
"""The headers that differ from request to request."""

_ADDRESSES = 100  # remembered at most; on some servers the model is part of the address
_CONNECTIONS = 1000  # more than any prefetch; a connection is made only when one is needed
_IN_ONE_PIECE = 64 * 1024  # so large a request may be to be sent at once; above, copying costs more than a system call


class SocketWithLazyTimeout:
    """A socket whose time limit is set only where it changes: at a system call another thread takes Python's lock."""

    def __init__(self, socket_: Any) -> None:
        self._socket = socket_

    def settimeout(self, seconds: float | None) -> None:
        """Wait at most about so long."""
        set_timeout(self._socket, seconds)

    def __getattr__(self, name: str) -> Any:
        """Return the socket's own."""
        return getattr(self._socket, name)


class CancellableConnection:
    """What makes a connection of urllib3 one that can be closed at any time, also before the answer's first byte.

    `raw_socket` is its socket, also once http.client has let go of it, as it does at the head of an
    answer without a length.
    A small request is sent in one piece, where urllib3 sends head and body each by itself.
    """

    current: CurrentCall
    lines: dict[tuple[str, Any], bytes]
    sock: Any
    timeout: Any
    raw_socket: Any = None
    used_by: Cancel | None = None
    _held: list[bytes] | None = None

    def connect(self) -> None:
        """Connect, unless the call was cancelled meanwhile."""
        super().connect()  # type: ignore[misc]  # urllib3's, of whatever kind
        self.raw_socket = self.sock
        self.sock = SocketWithLazyTimeout(self.raw_socket)
        self._attach()

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request for the call that this thread makes, within the time that is left for it."""
        self._attach()
        if self.sock is not None:
            self.timeout = self.current.left  # not that of connecting: it is done
        held: list[bytes] = []
        self._held = held
        try:
            super().request(*args, **kwargs)  # type: ignore[misc]  # urllib3's, of whatever kind
        finally:
            self._held = None
        for piece in [b"".join(held)] if sum(map(len, held)) <= _IN_ONE_PIECE else held:
            self.send(piece)

    def putheader(self, header: str, *values: Any) -> None:
        """Add a line to the head; one that all requests of a client have in common is checked and written once."""
        line = self.lines.get((header, values))
        if line is not None:
            self._output(line)  # type: ignore[attr-defined]  # http.client's
            return
        super().putheader(header, *values)  # type: ignore[misc]  # urllib3's, of whatever kind
        if header not in PER_REQUEST and len(values) == 1:
            self.lines[header, values] = f"{header}: {values[0]}".encode("latin-1")

    def send(self, data: bytes) -> None:
        """Send, or hold what belongs to a request until all of it is there."""
        if self._held is not None:
            self._held.append(data)
        else:
            super().send(data)  # type: ignore[misc]  # urllib3's, of whatever kind

    def _attach(self) -> None:
        if self.current.cancel is not None:
            self.current.cancel.attach(self)


class CurrentCall(threading.local):
    """The call that a thread makes: what cancels it, and the seconds that were left when it began."""

    cancel: Cancel | None = None
    left: float | None = None


class Adapter(HTTPAdapter):
    """Looks up the way to its one server once, which stays the same; each time anew it costs a seventh of a call."""

    def __init__(self) -> None:
        super().__init__(pool_connections=2, pool_maxsize=_CONNECTIONS)
        self._pool: Any = None
        self._certified: Any = None
        self._targets: dict[str | None, str] = {}
        self._current = CurrentCall()

    def send_for(
        self, cancel: Cancel, request: requests.PreparedRequest, timeout: tuple[float, float], **options: Any
    ) -> requests.Response:
        """Send as send() does; from now on `cancel` closes the connection that is used."""
        self._current.cancel = cancel
        self._current.left = timeout[1]
        try:
            return self.send(request, timeout=timeout, **options)
        finally:
            self._current.cancel = None

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Return the answer as requests does, but for cookies and the text's encoding: an API has no use for them."""
        answer = requests.Response()
        answer.status_code, answer.reason = resp.status, resp.reason
        answer.headers = resp.headers  # urllib3's dictionary looks up a name in any case, too
        answer.url, answer.request, answer.raw = str(req.url), req, resp
        return answer

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """Return the pool of connections, through the proxy if there is one."""
        pool: Any = self._pool
        if pool is None:
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            if not issubclass(pool.ConnectionCls, CancellableConnection):
                shared = {"current": self._current, "lines": {}, "response_class": FastResponse}
                pool.ConnectionCls = type("Connection", (CancellableConnection, pool.ConnectionCls), shared)
            self._pool = pool
        return pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Set a pool's certificates before its first use."""
        if conn is not self._certified:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
            self._certified = conn

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Return what stands in the request's first line."""
        target = self._targets.get(request.url)
        if target is None:
            if len(self._targets) >= _ADDRESSES:
                self._targets.clear()
            target = self._targets[request.url] = super().request_url(request, proxies)
        return target

    def close(self) -> None:
        """Close the connections and forget the pool, which cannot be used again."""
        self._pool = None
        super().close()
