"""One request is sent once, whatever the server does; connections are kept where they can be."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from typing import TYPE_CHECKING

import pytest

from lib.api.cancel import Cancel
from lib.api.http.errors import (
    ConnectionRefused,
    CutOff,
    Dropped,
    HttpError,
    TimedOut,
    UnknownName,
    Untrusted,
    WrongAddress,
)
from lib.api.http.pool import ConnectionPool
from lib.api.http.request import Template
from lib.api.http.route import ServerRoute
from tests.support.certificate import write_certificate
from tests.support.wire_server import WireServer, answering

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"


def asked(
    pool: ConnectionPool, address: str, body: bytes = b"{}", seconds: float = 60, cancel: Cancel | None = None
) -> bytes:
    """Send one request and return the body of its answer."""
    end = time.monotonic() + seconds
    with pool.send(Template("POST", f"{address}/v1", {}).request(body), cancel, end, end) as reply:
        return b"".join(iter(lambda: reply.read(end), b""))


def reset(connection: socket.socket) -> None:
    """End a connection at once, without a word."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_a_connection_serves_one_request_after_another() -> None:
    server = answering(WHOLE, WHOLE, WHOLE)
    with server.listening() as address:
        pool = ConnectionPool(ServerRoute(address))
        assert [asked(pool, address) for _ in range(3)] == [b"{}"] * 3
        pool.close()
    assert [len(each) for each in server.requests] == [3]


@pytest.mark.parametrize(
    "reply",
    [
        LAST,
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        WHOLE + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        WHOLE + b"x",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
    ],
    ids=["it says so", "an old server", "an answer that nobody asked for", "more than its length", "an odd head"],
)
def test_a_connection_that_cannot_serve_again_is_not_used_again(reply: bytes) -> None:
    server = answering(reply, WHOLE)
    with server.listening() as address:
        pool = ConnectionPool(ServerRoute(address))
        assert [asked(pool, address) for _ in range(2)] == [b"{}"] * 2
        pool.close()
    assert [len(each) for each in server.requests] == [1, 1]


def test_a_connection_that_the_server_closed_meanwhile_is_not_used() -> None:
    server = answering(WHOLE)
    with server.listening() as address:
        pool = ConnectionPool(ServerRoute(address))
        for _ in range(3):
            assert asked(pool, address) == b"{}"
            wait_until_closed(pool)
    assert [len(each) for each in server.requests] == [1, 1, 1]


def wait_until_closed(pool: ConnectionPool) -> None:
    """Wait until the end of the connection that was used last has come here."""
    (wire,) = pool._idle
    end = time.monotonic() + 60
    while wire.is_quiet() and time.monotonic() < end:
        pass


def after_a_request(sent: bytes, *, resets: bool = False) -> Callable[[WireServer, socket.socket], None]:
    """Return what reads one request, sends these bytes and ends the connection."""

    def serve(server: WireServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(sent)
        if resets:
            reset(connection)

    return serve


no_answer = after_a_request(b"")
a_reset_in_the_body = after_a_request(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", resets=True)
CUT_OFF = {
    "no answer": (no_answer, Dropped),
    "half a head": (after_a_request(b"HTTP/1.1 200 OK\r\nContent-"), Dropped),
    "no HTTP": (after_a_request(b"SSH-2.0-OpenSSH_9.2\r\n"), Dropped),
    "another protocol": (
        after_a_request(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"),
        Dropped,
    ),
    "a reset": (after_a_request(b"", resets=True), Dropped),
    "half a body": (after_a_request(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}"), CutOff),
    "half a chunk": (after_a_request(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}"), CutOff),
    "no last chunk": (after_a_request(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"), CutOff),
    "an odd head and half": (after_a_request(b"HTTP/1.1 200 OK\nContent-Length: 3\n\n{}"), CutOff),
    "a reset in the body": (a_reset_in_the_body, CutOff),
}


@pytest.mark.parametrize(("serve", "kind"), CUT_OFF.values(), ids=CUT_OFF)
@pytest.mark.parametrize("is_kept", [False, True], ids=["at first", "on a kept connection"])
def test_what_is_cut_off_is_never_an_answer_and_never_sent_again(
    serve: Callable[[WireServer, socket.socket], None], kind: type[HttpError], *, is_kept: bool
) -> None:
    def first_one_that_is_whole(server: WireServer, connection: socket.socket) -> None:
        if is_kept:
            server.read_request(connection)
            connection.sendall(WHOLE)
        serve(server, connection)

    server = WireServer(first_one_that_is_whole)
    with server.listening() as address:
        pool = ConnectionPool(ServerRoute(address))
        if is_kept:
            asked(pool, address)
        with pytest.raises((kind, Dropped) if serve is a_reset_in_the_body else kind):
            asked(pool, address)
    assert sum(map(len, server.requests)) == 1 + is_kept


def test_a_connection_that_is_reset_at_once_is_tried_once() -> None:
    server = WireServer(lambda _server, connection: reset(connection))
    with server.listening() as address, pytest.raises((Dropped, ConnectionRefused)):  # as soon as it is noticed
        asked(ConnectionPool(ServerRoute(address)), address)
    assert len(server.requests) <= 1


@pytest.mark.parametrize("size", [10, 300_000, 8_000_000])
def test_a_refusal_that_comes_before_all_was_read_is_heard(size: int) -> None:
    def refuse(_server: WireServer, connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    with WireServer(refuse).listening() as address:
        assert asked(ConnectionPool(ServerRoute(address)), address, b"x" * size) == b"no"


def test_a_large_request_arrives_as_it_was_sent() -> None:
    server = answering(LAST)
    with server.listening() as address:
        asked(ConnectionPool(ServerRoute(address)), address, bytes(range(256)) * 4000)
    assert server.requests[0][0].endswith(bytes(range(256)) * 4000)


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
def test_the_time_limit_holds_wherever_the_answer_stands(sent: bytes) -> None:
    over = threading.Event()

    def hang(server: WireServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(sent)
        over.wait(60)

    with WireServer(hang).listening() as address:
        start = time.monotonic()
        with pytest.raises(TimedOut):
            asked(ConnectionPool(ServerRoute(address)), address, seconds=0.2)
        over.set()
    assert time.monotonic() - start < 20


def test_a_request_that_nobody_reads_is_given_up_in_time() -> None:
    over = threading.Event()

    def never_read(_server: WireServer, _connection: socket.socket) -> None:
        over.wait(60)

    with WireServer(never_read).listening() as address:
        with pytest.raises(TimedOut):
            asked(ConnectionPool(ServerRoute(address)), address, b"x" * 50_000_000, seconds=0.3)
        over.set()


def test_a_cancel_of_an_earlier_call_does_not_end_a_later_one() -> None:
    with answering(WHOLE, WHOLE).listening() as address:
        pool, early = ConnectionPool(ServerRoute(address)), Cancel()
        asked(pool, address, cancel=early)
        early.set()
        assert asked(pool, address) == b"{}"
        pool.close()


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("http://127.0.0.1:1", ConnectionRefused),
        ("http://no-such-name.invalid", UnknownName),
        (f"http://{'x' * 70}.example", WrongAddress),
    ],
)
def test_what_cannot_be_reached_is_told_apart(address: str, kind: type[HttpError]) -> None:
    with pytest.raises(kind):
        asked(ConnectionPool(ServerRoute(address)), address)


def test_a_certificate_that_is_not_trusted_ends_it_before_anything_is_sent(tmp_path: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*write_certificate(tmp_path))
    server = WireServer(no_answer, tls=context)
    with server.listening() as address, pytest.raises(Untrusted):
        asked(ConnectionPool(ServerRoute(address)), address)
    assert not any(server.requests)
