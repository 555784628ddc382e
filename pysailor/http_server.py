"""A small HTTP server on a thread of its own, for what another process, or a component, asks of this one."""

from __future__ import annotations

import threading
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler

_POLL: Final = 0.1


class BackgroundServer(ThreadingHTTPServer):
    """Listens from the moment it is made, answers within the block of a `with`; each request on a thread."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, handler: type[BaseHTTPRequestHandler], name: str) -> None:
        """Open the port, 0 for any that is free; `name` is the thread's. Raise OSError."""
        super().__init__((host, port), handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(_POLL,), name=name, daemon=True)

    @property
    def address(self) -> str:
        """Where it is, for processes on this machine, without a path."""
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Self:
        """Answer from now on."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
