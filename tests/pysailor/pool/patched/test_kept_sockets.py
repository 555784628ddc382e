"""A socket on gevent's hub, read and written on its inside."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from pysailor import pool
from tests.support.sockets import receive
from tests.support.ticks import others_go_on_during

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pair() -> Iterator[tuple[pool.SocketWaits, socket.socket]]:
    near, far = socket.socketpair()
    waits = pool.socket_waits(near)
    assert waits is not None
    with near, far, closing(waits):
        yield waits, far


def soon(seconds: float = 60.0) -> float:
    return time.monotonic() + seconds


Pair = tuple[pool.SocketWaits, socket.socket]


def test_waiting_for_bytes_holds_nobody(pair: Pair) -> None:
    waits, far = pair
    received: list[bytes] = []
    assert others_go_on_during(lambda: received.append(waits.receive(10, soon())), lambda: far.sendall(b"abc"))
    assert received == [b"abc"]


def test_more_than_was_asked_for_is_there_the_next_time(pair: Pair) -> None:
    waits, far = pair
    far.sendall(b"abcdef")
    assert [waits.receive(4, soon()), waits.receive(4, soon())] == [b"abcd", b"ef"]


def test_the_end_is_no_bytes(pair: Pair) -> None:
    waits, far = pair
    far.shutdown(socket.SHUT_WR)
    assert waits.receive(10, soon()) == b""


def test_a_wait_ends_soon_after_its_time(pair: Pair) -> None:
    waits, _ = pair
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        waits.receive(10, began + 0.1)
    assert 0.1 <= time.monotonic() - began < 20


def test_a_time_that_is_over_receives_and_sends_nothing(pair: Pair) -> None:
    waits, far = pair
    far.sendall(b"late")
    with pytest.raises(TimeoutError):
        waits.receive(10, time.monotonic())
    with pytest.raises(TimeoutError):
        waits.send(b"late", time.monotonic())


def test_what_the_kernel_does_not_take_at_once_is_sent_all_the_same(pair: Pair) -> None:
    waits, far = pair
    data = bytes(range(256)) * 16_384
    received = bytearray()

    def read() -> None:
        while len(received) < len(data):
            received.extend(receive(far))

    reader = threading.Thread(target=read)
    reader.start()
    waits.send(data, soon())
    reader.join(60)
    assert bytes(received) == data


def test_a_socket_is_quiet_until_something_comes_or_it_ends(pair: Pair) -> None:
    waits, far = pair
    assert waits.is_quiet()
    far.sendall(b"x")
    assert not waits.is_quiet()
    waits.receive(10, soon())
    assert waits.is_quiet()
    far.close()
    assert not waits.is_quiet()


def test_what_ends_while_nobody_waits_costs_no_turns_of_the_loop(pair: Pair) -> None:
    waits, far = pair
    far.sendall(b"x")
    waits.receive(10, soon())
    far.close()
    used = time.process_time()
    time.sleep(0.2)
    assert time.process_time() - used < 0.1


def test_closing_wakes_whoever_waits(pair: Pair) -> None:
    waits, _ = pair
    threading.Timer(0.05, waits.close).start()
    with pytest.raises(TimeoutError):
        waits.receive(10, soon())


def test_a_wait_that_timed_out_can_be_followed_by_another(pair: Pair) -> None:
    waits, far = pair
    with pytest.raises(TimeoutError):
        waits.receive(10, soon(0.06))
    threading.Timer(0.02, far.sendall, (b"abc",)).start()
    assert waits.receive(10, soon()) == b"abc"
