"""A call that another thread may stop."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any, Protocol


class Closable(Protocol):
    """What a call needs of a connection to close it: its socket, and whether another call uses it by now."""

    raw_socket: Any
    used_by: Cancel | None


class Cancel(threading.Event):
    """Stops a call from another thread: setting it closes the connection that the call uses."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._connection: Closable | None = None

    def set(self) -> None:
        """Stop the call, now or as soon as it has a connection."""
        with self._lock:
            super().set()
            self._shut()

    def attach(self, connection: Closable) -> None:
        """Close this connection when cancelled, which may have been before."""
        with self._lock:
            connection.used_by = self
            self._connection = connection
            if self.is_set():
                self._shut()

    def release(self) -> None:
        """Close nothing any more."""
        with self._lock:
            self._connection = None

    def _shut(self) -> None:
        connection = self._connection
        if connection is None or connection.used_by is not self or connection.raw_socket is None:
            return  # not connected yet, or another call uses it already
        # TLS through a proxy with TLS has the socket inside
        socket_ = getattr(connection.raw_socket, "socket", connection.raw_socket)
        with suppress(OSError):  # it was closed by then, which is as good
            socket.socket.shutdown(socket_, socket.SHUT_RDWR)  # not TLS's own: another thread may be reading
