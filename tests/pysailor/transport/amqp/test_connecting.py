"""A worker that gives up while one of its connections is still being opened."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from pysailor.transport.amqp import Amqp
from pysailor.transport.base import Unreachable

if TYPE_CHECKING:
    from tests.support.relay import StepQueues


@pytest.mark.parametrize("scheme", ["amqp", "amqps"])
def test_the_other_connection_is_closed(step: StepQueues, scheme: str) -> None:
    rest: list[bytes] = []

    def serve() -> None:
        hung_up, silent = (listener.accept()[0] for _ in range(2))
        hung_up.close()
        silent.settimeout(60)
        with silent, suppress(ConnectionResetError):
            while piece := silent.recv(65_536):
                rest.append(piece)
            rest.append(b"")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        server = threading.Thread(target=serve)
        server.start()
        uri = f"{scheme}://guest:guest@127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(Unreachable):
            Amqp(step.settings(uri=uri, reconnect_attempts=0)).connect()
        server.join()
    assert rest[-1] == b""


def test_what_is_open_when_the_loop_ends_is_closed(step: StepQueues) -> None:
    amqp = Amqp(step.settings())
    amqp.connect()
    used = [connection._connection._transport._sock for connection in (amqp._reading, amqp._writing)]
    amqp._io.end(None)  # as if pika's loop had failed for good
    amqp.close()
    assert [one.fileno() for one in used] == [-1, -1]
