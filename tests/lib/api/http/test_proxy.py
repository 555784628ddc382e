"""A proxy leads to the server, or it is told why not, in time; nothing is sent before it does."""

from __future__ import annotations

import threading
import time
from logging import getLogger
from typing import TYPE_CHECKING

import pytest

from lib.api.cancel import Cancel
from lib.api.client import CallOptions, Client
from lib.api.connection import Connection
from lib.api.retry import CallLimits
from lib.completions.endpoint import COMPLETIONS
from lib.errors.api_error import ApiError

from ....support.wire_server import WireServer

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable


def fail(
    monkeypatch: pytest.MonkeyPatch,
    serve: Callable[[WireServer, socket.socket], None],
    cancel: Cancel | None = None,
    url: str = "https://api.example/v1",
    seconds: float = 10,
) -> tuple[ApiError, list[list[bytes]]]:
    """Return how a call over this proxy fails, and what the proxy was sent."""
    proxy = WireServer(serve)
    with proxy.listening() as address:
        monkeypatch.setenv("no_proxy", "")
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, address.replace("//", "//us%40er:p%3Aw@"))
        limits = CallLimits(timeout=10, connect_timeout=seconds, max_retries=0)
        with pytest.raises(ApiError) as caught:
            Client(Connection(url, "key")).ask(
                COMPLETIONS, {"model": "m"}, CallOptions(limits, getLogger(), cancel=cancel)
            )
    return caught.value, proxy.requests


def saying(reply: bytes) -> Callable[[WireServer, socket.socket], None]:
    def serve(server: WireServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(reply)

    return serve


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "a user name and a password"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "It answered 403 (Forbidden)."),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 502\n\n", "It answered 502."),
        (b"SSH-2.0\r\n", "It did not answer in HTTP."),
        (b"", "It did not answer in HTTP."),
    ],
)
def test_a_proxy_that_does_not_lead_there_is_told_with_its_words(
    monkeypatch: pytest.MonkeyPatch, reply: bytes, says: str
) -> None:
    error, requests = fail(monkeypatch, saying(reply))
    assert error.code == "unreachable"
    assert says in error.why
    sent = requests[0][0].decode()
    assert sent.startswith("CONNECT api.example:443 HTTP/1.1\r\nHost: api.example:443\r\n")
    assert "Proxy-Authorization: Basic dXNAZXI6cDp3\r\n" in sent
    assert "key" not in sent


def drip(server: WireServer, connection: socket.socket) -> None:
    server.read_request(connection)
    for byte in b"HTTP/1.1 200 Connection established" + b"!" * 300:
        connection.sendall(bytes([byte]))
        time.sleep(0.1)


def test_a_proxy_that_drips_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    assert fail(monkeypatch, drip, seconds=0.3)[0].code == "unreachable"
    assert time.monotonic() - began < 20


def test_a_call_is_stopped_while_the_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    cancel = Cancel()

    def serve(server: WireServer, connection: socket.socket) -> None:
        server.read_request(connection)
        threading.Thread(target=cancel.set).start()
        connection.recv(1)

    assert fail(monkeypatch, serve, cancel)[0].code == "cancelled"


def test_a_proxy_without_a_tunnel_that_wants_a_password_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    reply = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    assert fail(monkeypatch, saying(reply), url="http://api.example/v1")[0].code == "unreachable"


def test_a_proxy_of_another_kind_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1080")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(ApiError) as caught:
        Client(Connection("https://api.example/v1", "key")).ask(
            COMPLETIONS, {"model": "m"}, CallOptions(CallLimits(max_retries=0), getLogger())
        )
    assert "not socks5" in caught.value.why
