"""What is written at once, and what is left to pika."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pika")
from pika.adapters.utils.io_services_utils import _AsyncPlaintextTransport
from pika.adapters.utils.selector_ioloop_adapter import SelectorIOServicesAdapter

from pysailor import pool
from pysailor.transport.amqp.pika_access import access
from pysailor.transport.amqp.pika_access.connection import CorkedConnection
from tests.support.sockets import receive

if TYPE_CHECKING:
    from collections.abc import Iterator


class Protocol:
    """What pika's transport tells."""

    def __init__(self, loop: Any) -> None:
        self.loop = loop
        self.lost: list[Exception | None] = []
        self.came: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        self.came.append(data)
        self.loop.stop()

    def connection_lost(self, error: Exception | None) -> None:
        self.lost.append(error)
        self.loop.stop()


class Line:
    """A connection over a pair of sockets, with pika's own transport."""

    def __init__(self) -> None:
        self.near, self.far = socket.socketpair(socket.AF_UNIX)
        self.near.setblocking(False)
        self.loop = pool.current().io_loop()
        self.protocol = Protocol(self.loop)
        self.connection = object.__new__(CorkedConnection)
        self.connection._held = None
        self.connection.frames_sent = self.connection.bytes_sent = 0
        self.connection._transport = _AsyncPlaintextTransport(
            self.near, self.protocol, SelectorIOServicesAdapter(self.loop)
        )

    def run(self) -> None:
        self.loop.call_later(20, self.loop.stop)
        self.loop.start()


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.near.close()
    made.far.close()
    made.loop.close()


def test_what_the_socket_takes_is_written_before_the_call_returns(line: Line) -> None:
    line.connection.send(2, [b"one ", b"two"])
    assert line.far.recv(100, socket.MSG_DONTWAIT) == b"one two"
    line.connection.cork()
    line.connection.send(1, [b"three "])
    line.connection._adapter_emit_data(b"four")
    with pytest.raises(BlockingIOError):
        line.far.recv(100, socket.MSG_DONTWAIT)
    line.connection.uncork()
    assert line.far.recv(100, socket.MSG_DONTWAIT) == b"three four"


def test_what_the_socket_does_not_take_follows_in_order(line: Line) -> None:
    pieces = [bytes([number]) * 300_000 for number in range(10)]
    for piece in pieces:
        line.connection.send(1, [piece])
    got: list[bytes] = []

    def read() -> None:
        while sum(map(len, got)) < 3_000_000:
            got.append(receive(line.far))
        line.loop.add_callback_threadsafe(line.loop.stop)

    reader = threading.Thread(target=read)
    reader.start()
    line.run()
    reader.join()
    assert b"".join(got) == b"".join(pieces)
    line.connection.send(1, [b"then"])
    assert line.far.recv(100, socket.MSG_DONTWAIT) == b"then"


def test_a_broken_socket_is_pikas_to_tell(line: Line) -> None:
    line.far.close()
    line.connection.send(1, [b"lost"])
    line.run()
    assert [type(error) for error in line.protocol.lost] in ([BrokenPipeError], [type(None)])


def test_a_turn_is_one_read_and_nothing_is_left_behind(line: Line) -> None:
    access().read_in_large_pieces(line.connection)
    sent = bytes(range(256)) * 1024
    with _sending(line.far, sent):
        while len(b"".join(line.protocol.came)) < len(sent):
            line.run()
    assert b"".join(line.protocol.came) == sent
    assert max(map(len, line.protocol.came)) <= 65_536


@contextmanager
def _sending(to: socket.socket, data: bytes) -> Iterator[None]:
    thread = threading.Thread(target=to.sendall, args=(data,))
    thread.start()
    yield
    thread.join()
