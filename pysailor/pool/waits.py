"""A kept socket on gevent's hub: read and written on its inside, waited for by one watcher that stays.

gevent's own sockets are written in Python, make a timer for each wait and tell the kernel of each; a request has three
waits. Here the watcher stays from request to request, and one timer looks after the time limits of all.
"""

from __future__ import annotations

import socket
import ssl
import time
from typing import TYPE_CHECKING, Any, Final

import gevent

if TYPE_CHECKING:
    from mmap import mmap

    from . import SocketWaits

SWEEP: Final = 0.05
"""Seconds between two looks at the time limits."""
_LARGEST_RECORD: Final = 16_384


class Sweeper:
    """Wakes those whose time is over."""

    def __init__(self) -> None:
        self._waiting: dict[KeptSocket, float] = {}
        self._timer: Any = None

    def begin(self, waiting: KeptSocket, end: float) -> None:
        """Wake this one at `end`, a moment later at most."""
        self._waiting[waiting] = end
        if self._timer is None:
            self._timer = gevent.get_hub().loop.timer(SWEEP, SWEEP)
            self._timer.start(self._sweep)

    def end(self, waiting: KeptSocket) -> None:
        """Do not wake it."""
        del self._waiting[waiting]

    def _sweep(self) -> None:
        if not self._waiting:
            self._timer.close()
            self._timer = None
            return
        now = time.monotonic()
        for waiting in [each for each, end in self._waiting.items() if end <= now]:
            waiting.wake()


class KeptSocket:
    """A plain socket."""

    def __init__(self, connected: Any, sweeper: Sweeper) -> None:
        self._socket = connected
        self._inner: Any = connected._sock  # noqa: SLF001 - the socket that gevent's own stands around
        self._sweeper = sweeper
        self._hub = gevent.get_hub()
        self._watcher: Any = self._hub.loop.io(connected.fileno(), 1)
        self._is_watching = False
        self._greenlet: Any = None
        self._wait_number = 0
        self._came = False
        self._is_empty = True

    def receive(self, size: int, end: float) -> bytes:
        """Return what came, at most `size` bytes and b"" at the end; raise TimeoutError at `end` (monotonic)."""
        while True:
            if end <= time.monotonic():
                raise TimeoutError
            if self._is_empty:
                self._wait(end)
            data = self._take(size)
            if data is not None:
                self._is_empty = self._took_all(len(data), size)
                return data
            self._is_empty = True

    def send(self, data: bytes | mmap, end: float) -> None:
        """Send; most of what is sent fits into the kernel's buffer."""
        if end <= time.monotonic():
            raise TimeoutError
        try:
            sent = self._put(data)
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            sent = 0
        if sent < len(data):
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            self._socket.sendall(memoryview(data)[sent:])

    def is_quiet(self) -> bool:
        """Return whether the connection stands and nothing came; nothing is taken."""
        try:
            self._inner.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        self._watcher.stop()
        self._watcher.close()
        self._is_watching = False
        self.wake()

    def wake(self) -> None:
        """End the wait, if there is one: its time is over, or the socket is closed."""
        if self._greenlet is not None:
            self._hub.loop.run_callback(self._resume, self._wait_number)

    def _take(self, size: int) -> bytes | None:
        try:
            return bytes(self._inner.recv(size))
        except BlockingIOError:
            return None

    def _put(self, data: bytes | mmap) -> int:
        return int(self._inner.send(data))

    def _took_all(self, received: int, size: int) -> bool:
        return 0 < received < size

    def _wait(self, end: float) -> None:
        """Return when there is something to read; raise TimeoutError."""
        self._came = False
        if not self._is_watching:
            self._watcher.start(self._on_event)
            self._is_watching = True
        self._greenlet = gevent.getcurrent()
        self._wait_number += 1
        self._sweeper.begin(self, end)
        try:
            self._hub.switch()
        finally:
            self._greenlet = None
            self._sweeper.end(self)
        if not self._came:
            raise TimeoutError

    def _on_event(self) -> None:
        if self._greenlet is None:  # the other side closed what is kept: it would come again and again
            self._watcher.stop()
            self._is_watching = False
        else:
            self._came = True
            self._greenlet.switch()

    def _resume(self, number: int) -> None:
        if self._greenlet is not None and number == self._wait_number:
            self._greenlet.switch()


class KeptTlsSocket(KeptSocket):
    """A socket with TLS on it, whose handshake is done."""

    def __init__(self, connected: Any, sweeper: Sweeper) -> None:
        super().__init__(connected, sweeper)
        self._tls: Any = connected._sslobj  # noqa: SLF001 - as above
        self._is_empty = False

    def _take(self, size: int) -> bytes | None:
        try:
            return bytes(self._tls.read(size))
        except ssl.SSLWantReadError:
            return None
        except ssl.SSLEOFError:  # cut off without a farewell, as many servers do
            return b""

    def _put(self, data: bytes | mmap) -> int:
        sent = 0
        while sent < len(data):
            try:
                sent += self._tls.write(memoryview(data)[sent : sent + _LARGEST_RECORD])
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                break
        return sent

    def _took_all(self, received: int, size: int) -> bool:  # noqa: ARG002 - what is decrypted already is not seen
        return False


def waits_for(connected: Any, sweeper: Sweeper) -> SocketWaits | None:
    """Return the quick way for a socket of gevent's; None for TLS within TLS, and whatever else there is."""
    if getattr(connected, "_sslobj", None) is not None:
        return KeptTlsSocket(connected, sweeper)
    return KeptSocket(connected, sweeper) if isinstance(connected, socket.socket) else None
