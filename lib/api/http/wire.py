"""One connected socket, read and written before a moment on the clock of time.monotonic."""

from __future__ import annotations

import select
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pysailor import socket_waits

from .errors import Dropped, TimedOut

if TYPE_CHECKING:
    from mmap import mmap

    from pysailor import SocketWaits

    from ..cancel import Cancel

_AT_FIRST = 8 * 1024
_AT_ONCE = 64 * 1024
_NEAR = 0.05  # seconds
_IN_ONE_PIECE = 64 * 1024  # above, copying head and body together costs more than a second system call


class Wire:
    """A socket that is kept for many requests; `used_by` is what may stop the one under way."""

    used_by: Cancel | None = None
    raw_socket: Any = None
    _poll: Any = None
    _waits: SocketWaits | None = None
    _is_new = True
    _room = _AT_FIRST
    """Bytes that are set aside for what comes next, while it is waited for: few, until there is more."""

    def take(self, connected: Any) -> None:
        """Use this socket from now on: first the plain one, then the one with TLS on it."""
        self.raw_socket = connected
        self._waits, self._is_new = None, True

    def is_quiet(self) -> bool:
        """Whether nothing came since the last answer: what came would be the end of the connection."""
        if self._waits is not None:
            return self._waits.is_quiet()
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self.raw_socket, select.POLLIN)
        return not self._poll.poll(0)

    def receive(self, end: float) -> bytes:
        """Return what is there, b"" at the end of the connection; raise TimedOut, or OSError."""
        try:
            if self._waits is not None:
                return self._waits.receive(_AT_ONCE, end)
            self._wait_until(end)
            data = bytes(self.raw_socket.recv(self._room))
        except TimeoutError as fault:
            raise TimedOut from fault
        if len(data) == self._room:
            self._room = _AT_ONCE
        return data

    def send(self, head: bytes, body: bytes | mmap, end: float) -> None:
        """Send a request whole; raise TimedOut, or Dropped when the other side no longer reads."""
        self._room = _AT_FIRST
        if self._is_new:
            self._waits, self._is_new = socket_waits(self.raw_socket), False
        try:
            if self._waits is not None:
                self._send_by(self._waits, head, body, end)
                return
            self._wait_until(end)
            if len(body) <= _IN_ONE_PIECE:
                self.raw_socket.sendall(head + body[:])
            else:
                self.raw_socket.sendall(head)
                self.raw_socket.sendall(body)
        except TimeoutError as fault:
            raise TimedOut from fault
        except OSError as fault:
            raise Dropped from fault

    def _send_by(self, waits: SocketWaits, head: bytes, body: bytes | mmap, end: float) -> None:
        if len(body) <= _IN_ONE_PIECE:
            waits.send(head + body[:], end)
        else:
            waits.send(head, end)
            waits.send(body, end)

    def close(self) -> None:
        """Close the socket, if there is one."""
        if self._waits is not None:
            self._waits.close()
            self._waits = None
        if self.raw_socket is not None:
            with suppress(OSError):
                self.raw_socket.close()

    def _wait_until(self, end: float) -> None:
        """Have the socket wait at most until then, give or take a hundredth, at most a twentieth of a second.

        Only what differs more is set: setting is a system call, during which other threads take Python's lock.
        """
        left = end - time.monotonic()
        if left <= 0:
            raise TimedOut
        current = self.raw_socket.gettimeout()
        if current is None or abs(current - left) > min(left / 100, _NEAR):
            self.raw_socket.settimeout(left)
