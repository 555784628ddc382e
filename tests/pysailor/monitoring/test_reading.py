"""What `pysailor top` reads of a worker."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pysailor.monitoring.reading import read_metrics
from tests.support.sockets import listening

if TYPE_CHECKING:
    import socket


def read_answer(answer: bytes) -> None:
    """Ask a server that answers this and hangs up."""

    def serve(listener: socket.socket) -> None:
        with listener.accept()[0] as connection:
            connection.recv(65_536)
            connection.sendall(answer)

    with listening(serve) as port:
        read_metrics(f"http://127.0.0.1:{port}/metrics")


@pytest.mark.parametrize("body", [b"", b"# HELP pysailor_info Who", b'pysailor_info{step="a"} 1\n'])
def test_the_answer_of_a_worker_that_ends_meanwhile_is_no_answer(body: bytes) -> None:
    with pytest.raises(OSError, match="cut off"):
        read_answer(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + body)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\n"])
def test_neither_is_an_answer_without_a_body(answer: bytes) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - the reason is the library's
        read_answer(answer)


def test_an_answer_that_never_ends_is_no_answer() -> None:
    ended = threading.Event()

    def drip(listener: socket.socket) -> None:
        with listener.accept()[0] as connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while not ended.wait(0.01):
                connection.sendall(b"data: x\n\n")

    with listening(drip) as port:
        try:
            with pytest.raises(OSError, match="does not end"):
                read_metrics(f"http://127.0.0.1:{port}/metrics", patience=0.2)
        finally:
            ended.set()


@pytest.mark.parametrize("answer", [b"SSH-2.0-server\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nx 1\n"])
def test_what_is_no_http_is_no_worker(answer: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        read_answer(answer)
