"""A server that sends bytes as they stand, and counts what it was sent: connections, and requests in each."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tests.support.sockets import listening, receive

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Iterator


class WireServer:
    """Runs `serve` on each connection, one after another; `requests` holds the requests of each connection."""

    def __init__(self, serve: Callable[[WireServer, socket.socket], None], tls: ssl.SSLContext | None = None) -> None:
        self._serve = serve
        self._tls = tls
        self.requests: list[list[bytes]] = []
        self.port = 0

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Listen; yield the address."""
        with listening(self._accept) as self.port:
            yield f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def read_request(self, connection: socket.socket) -> bytes:
        """Read one request whole and count it; b"" when the client has gone."""
        received = b""
        while b"\r\n\r\n" not in received:
            data = connection.recv(65536)
            if not data:
                return b""
            received += data
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += receive(connection)
        self.requests[-1].append(head + b"\r\n\r\n" + body)
        return self.requests[-1][-1]

    def _accept(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            self.requests.append([])
            with suppress(OSError), connection:
                wrapped = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
                with wrapped:
                    self._serve(self, wrapped)


def answering(*replies: bytes) -> WireServer:
    """Return a server that answers each request of a connection with the next of these, and then hangs up."""

    def serve(server: WireServer, connection: socket.socket) -> None:
        for reply in replies:
            if not server.read_request(connection):
                return
            connection.sendall(reply)

    return WireServer(serve)
