"""What tests do with sockets."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def receive(connection: socket.socket) -> bytes:
    """Return what comes next; raise ConnectionError if the peer has gone, so that nobody waits for it in a circle."""
    data = connection.recv(65_536)
    if not data:
        raise ConnectionError("the peer has gone")
    return data


@contextmanager
def listening(serve: Callable[[socket.socket], object]) -> Iterator[int]:
    """Run `serve` on a thread, with a socket that listens; yield its port.

    At the end accept() raises OSError there, and so does what clients have left: both are no fault. The thread ends
    before its socket is closed: else it may go on with the number of a socket that is opened later.
    """

    def run() -> None:
        with suppress(OSError):
            serve(listener)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(60)
            assert not thread.is_alive()
