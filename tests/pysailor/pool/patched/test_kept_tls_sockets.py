"""A socket with TLS on gevent's hub."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from pysailor import pool
from pysailor.pool.waits import KeptTlsSocket
from tests.support.certificate import write_certificate
from tests.support.sockets import receive
from tests.support.ticks import others_go_on_during

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Pair = tuple[pool.SocketWaits, socket.socket]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    certificate, key = write_certificate(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    client = ssl.create_default_context(cafile=certificate)
    client.check_hostname = False
    near, far = socket.socketpair()
    secured: list[ssl.SSLSocket] = []
    accepting = threading.Thread(target=lambda: secured.append(server.wrap_socket(far, server_side=True)))
    accepting.start()
    connected = client.wrap_socket(near)
    accepting.join()
    waits = pool.socket_waits(connected)
    assert isinstance(waits, KeptTlsSocket)
    with connected, secured[0], closing(waits):
        yield waits, secured[0]


def soon(seconds: float = 60.0) -> float:
    return time.monotonic() + seconds


def test_waiting_for_bytes_holds_nobody(pair: Pair) -> None:
    waits, far = pair
    received: list[bytes] = []
    assert others_go_on_during(lambda: received.append(waits.receive(10, soon())), lambda: far.sendall(b"abc"))
    assert received == [b"abc"]


def test_what_is_decrypted_already_is_got_without_another_event(pair: Pair) -> None:
    waits, far = pair
    far.sendall(b"abcdef")
    assert [waits.receive(4, soon()), waits.receive(4, soon())] == [b"abcd", b"ef"]


def test_several_megabytes_go_both_ways(pair: Pair) -> None:
    waits, far = pair
    data = bytes(range(256)) * 12_000
    received = bytearray()

    def echo() -> None:
        while len(received) < len(data):
            received.extend(receive(far))
        far.sendall(received)

    echoing = threading.Thread(target=echo)
    echoing.start()
    waits.send(data, soon())
    back = bytearray()
    while len(back) < len(data):
        back.extend(waits.receive(65_536, soon()))
    echoing.join()
    assert bytes(back) == bytes(received) == data


def test_a_connection_that_is_cut_without_a_farewell_ends(pair: Pair) -> None:
    waits, far = pair
    socket.socket.shutdown(far, socket.SHUT_RDWR)
    try:
        assert waits.receive(10, soon()) == b""
    except OSError as fault:
        assert not isinstance(fault, TimeoutError)  # noqa: PT017 - either way, it is no wait until the end


def test_a_wait_ends_soon_after_its_time(pair: Pair) -> None:
    waits, _ = pair
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        waits.receive(10, began + 0.1)
    assert time.monotonic() - began < 20
