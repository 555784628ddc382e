"""HTTP to the platform's services: how long one try may take, and what the log says of one that failed."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

import pytest
import requests

from pysailor.platform.rest import Tries, send, session


def drip(listener: socket.socket, over: threading.Event) -> None:
    """Answer every connection with a byte every now and then."""
    while not over.is_set():
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not over.wait(0.02):
                connection.sendall(b"x")


def test_an_answer_that_drips_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener, session() as used:
        thread = threading.Thread(target=drip, args=(listener, over))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/step?token=secret"
        began = time.monotonic()
        try:
            with pytest.raises(requests.Timeout, match=r"not complete within 0\.1 seconds"):
                send(used, Tries(2, 0.01), "GET", url, timeout=5, total=0.1)
            assert time.monotonic() - began < 15
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(60)
    assert "/step: Timeout, trying again" in caplog.text
    assert "secret" not in caplog.text
