"""The way to one server, looked up once; each connection on it can be closed by the call that uses it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    import requests

    from .response import Cancel

_ADDRESSES = 100  # remembered at most; on some servers the model is part of the address
_CONNECTIONS = 1000  # more than any prefetch; a connection is made only when one is needed


class Stoppable:
    """What makes a connection of urllib3 one that can be closed at any time, also before the answer's first byte.

    `wire` is its socket, also once http.client has let go of it: of an answer without a length it does so at the head.
    """

    calls: threading.local
    sock: Any
    wire: Any = None
    used_by: Cancel | None = None

    def connect(self) -> None:
        """Connect, unless the call was cancelled meanwhile."""
        super().connect()  # type: ignore[misc]  # urllib3's, of whatever kind
        self.wire = self.sock
        self._tell()

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request for the call that this thread makes."""
        self._tell()
        super().request(*args, **kwargs)  # type: ignore[misc]  # urllib3's, of whatever kind

    def _tell(self) -> None:
        cancel: Cancel | None = getattr(self.calls, "cancel", None)
        if cancel is not None:
            cancel.closes(self)


class Adapter(HTTPAdapter):
    """Looks up the way to its one server once, which stays the same; each time anew it costs a seventh of a call."""

    def __init__(self) -> None:
        super().__init__(pool_connections=2, pool_maxsize=_CONNECTIONS)
        self._pool: Any = None
        self._certified: Any = None
        self._targets: dict[str | None, str] = {}
        self._calls = threading.local()

    def send_for(self, cancel: Cancel, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send as send() does; from now on `cancel` closes the connection that is used."""
        self._calls.cancel = cancel
        try:
            return self.send(request, **options)
        finally:
            self._calls.cancel = None

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """Give the pool of connections, through the proxy if there is one."""
        pool: Any = self._pool
        if pool is None:
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            if not issubclass(pool.ConnectionCls, Stoppable):
                pool.ConnectionCls = type("Connection", (Stoppable, pool.ConnectionCls), {"calls": self._calls})
            self._pool = pool
        return pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Set a pool's certificates before its first use."""
        if conn is not self._certified:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
            self._certified = conn

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Give what stands in the request's first line."""
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
