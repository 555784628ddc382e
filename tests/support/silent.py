"""A server that takes a request and keeps silent, to cancel calls that wait for it."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.sockets import listening, receive

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Iterator


@dataclass
class Silent:
    """A server that takes one request and says no more than `sent`; `asked` and `gone` tell how far it is."""

    sent: bytes = b""
    tls: ssl.SSLContext | None = None
    hangs_up: bool = False
    asked: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    received: bytes = b""

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Return its base URL."""
        with listening(self._serve) as port:
            yield f"{'https' if self.tls else 'http'}://127.0.0.1:{port}/v1"

    def _serve(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        try:
            with suppress(OSError), connection:  # the client may go at any moment
                self._answer(self.tls.wrap_socket(connection, server_side=True) if self.tls else connection)
        finally:
            self.gone.set()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            while not self.received.endswith(b"}"):
                self.received += receive(connection)
            connection.sendall(self.sent)
            self.asked.set()
            self.hangs_up or connection.recv(65536)
