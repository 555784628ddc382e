"""One time limit over everything a connection does: a socket's own limit counts anew from each piece."""

from __future__ import annotations

import socket
import threading
import time
from typing import Self


class ConnectionDeadline:
    """Shuts the connection that it was told of when the time is over. A context manager."""

    def __init__(self, end: float) -> None:
        """Start no clock yet; `end` is on that of time.monotonic."""
        self._end = end
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(max(self.seconds_left(), 0), self._shut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return self.seconds_left() <= 0

    def seconds_left(self) -> float:
        """Return the seconds left."""
        return self._end - time.monotonic()

    def watch(self, connection: socket.socket) -> None:
        """Watch this connection from now on."""
        with self._lock:
            self._socket = connection
        if self.is_over:
            self._shut()

    def _shut(self) -> None:
        with self._lock:
            if self._socket is None:
                return
            try:
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # below TLS, whose own state is another thread's
            except OSError:  # it was closed by then, which is as good
                return
