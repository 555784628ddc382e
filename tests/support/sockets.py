"""What tests do with sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket


def receive(connection: socket.socket) -> bytes:
    """Return what comes next; raise ConnectionError if the peer has gone, so that nobody waits for it in a circle."""
    data = connection.recv(65_536)
    if not data:
        raise ConnectionError("the peer has gone")
    return data
