"""Answers as servers write them: compressed in many ways, or given before all of the request was read."""

from __future__ import annotations

import gzip
import socket
import threading
import zlib
from typing import TYPE_CHECKING

import pytest

from pysailor.platform.reply import NoReply
from pysailor.platform.rest import ServiceSession, Tries, send
from tests.support.web import Web

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = b"hello " * 50_000
PACKED = gzip.compress(TEXT)
_raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
RAW = _raw.compress(TEXT) + _raw.flush()


@pytest.fixture
def session() -> Iterator[ServiceSession]:
    with ServiceSession() as session:
        yield session


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("gzip", PACKED),
        ("X-GZIP", PACKED),
        ("gzip", gzip.compress(TEXT[:7]) + gzip.compress(TEXT[7:])),
        ("gzip", PACKED + b"what follows the end"),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", RAW),
        ("deflate, gzip", gzip.compress(zlib.compress(TEXT))),
        ("identity", TEXT),
    ],
    ids=["gzip", "old name", "two members", "more behind it", "zlib", "deflate", "twice", "not at all"],
)
def test_a_compressed_body_is_read(session: ServiceSession, encoding: str, content: bytes) -> None:
    with Web() as web:
        web.get("/it", body=content, headers={"Content-Encoding": encoding})
        assert send(session, Tries(1), "GET", web.url + "/it", timeout=60).content == TEXT


@pytest.mark.parametrize("status", [200, 204, 304])
def test_what_has_no_body_needs_no_encoding(session: ServiceSession, status: int) -> None:
    with Web() as web:
        web.get("/it", status=status, headers={"Content-Encoding": "gzip"})
        answer = send(session, Tries(1), "GET", web.url + "/it", timeout=60)
    assert (answer.status_code, answer.content) == (status, b"")


def test_no_piece_is_much_larger_than_asked_for_however_well_it_was_compressed(session: ServiceSession) -> None:
    with Web() as web:
        web.get("/it", body=gzip.compress(bytes(20_000_000)), headers={"Content-Encoding": "gzip"})
        with send(session, Tries(1), "GET", web.url + "/it", timeout=60, stream=True) as answer:
            sizes = [len(piece) for piece in answer.pieces(65_536)]
    assert sum(sizes) == 20_000_000
    assert max(sizes) <= 65_536


def refuse_early(listener: socket.socket) -> None:
    """Answer one request after its head, and read no more of it."""
    connection, _ = listener.accept()
    with connection:
        connection.recv(64)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge")
        connection.shutdown(socket.SHUT_RDWR)


def test_a_server_that_refuses_a_body_before_it_has_all_of_it_is_heard(session: ServiceSession) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=refuse_early, args=(listener,))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/objects"
        answer = send(session, Tries(1), "POST", url, data=bytes(30_000_000), timeout=60)
        thread.join(60)
    assert (answer.status_code, answer.content) == (413, b"large")


def test_a_query_without_a_path_is_asked_of_the_root(session: ServiceSession) -> None:
    with Web() as web:
        web.get("/?token=a")
        assert send(session, Tries(1), "GET", web.url + "?token=a", timeout=60).status_code == 200


@pytest.mark.parametrize("value", ["m:\n folded", "m:\r\nX-Other: b", "m:世"])
def test_a_header_that_cannot_be_sent_is_told_as_such(session: ServiceSession, value: str) -> None:
    with Web() as web, pytest.raises(NoReply) as raised:
        send(session, Tries(3, 60), "GET", web.url + "/it", headers={"x-request-id": value}, timeout=60)
    assert (raised.value.name, raised.value.may_pass, web.calls) == ("InvalidHeader", False, [])
