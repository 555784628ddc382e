"""HTTP to the platform's services: connections that are kept, answers that break off, and what the log says of them."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from pysailor.platform.reply import NoReply
from pysailor.platform.rest import ServiceSession, Tries, basic, bearer, send
from tests.support.certificate import write_certificate
from tests.support.sockets import listening
from tests.support.web import Web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def drip(listener: socket.socket, over: threading.Event) -> None:
    """Answer every connection with a byte every now and then."""
    while True:
        with listener.accept()[0] as connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not over.wait(0.02):
                connection.sendall(b"x")


def test_an_answer_that_drips_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    over = threading.Event()
    with listening(lambda listener: drip(listener, over)) as port, ServiceSession() as used:
        url = f"http://127.0.0.1:{port}/step?token=secret"
        began = time.monotonic()
        try:
            with pytest.raises(NoReply, match=r"not complete within 0\.1 seconds"):
                send(used, Tries(2, 0.01), "GET", url, timeout=5, total=0.1)
            assert time.monotonic() - began < 15
        finally:
            over.set()
    assert "/step: Timeout, trying again" in caplog.text
    assert "secret" not in caplog.text


@contextmanager
def answering(*answers: bytes) -> Iterator[str]:
    """Answer one request with each of these, all on one connection as long as it is kept, then close; yield the URL."""

    def serve(listener: socket.socket) -> None:
        connection = None
        for answer in answers:
            if connection is None:
                connection, _ = listener.accept()
            while not connection.recv(65536):
                connection.close()
                connection, _ = listener.accept()
            connection.sendall(answer)
            if answer.endswith(END):
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    with listening(serve) as port:
        yield f"http://127.0.0.1:{port}/"


END = b"!"
"""Ends the body of an answer after which the connection is closed."""
OK = b"HTTP/1.1 200 OK\r\n"
PACKED = gzip.compress(b"hello")


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (OK + b"Content-Length: 5\r\n\r\nhello", b"hello"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(PACKED), PACKED), b"hello"),
        (OK + b"Content-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    ],
    ids=["length", "chunks", "gzip", "empty", "continued"],
)
def test_an_answer_is_read_whole_and_its_connection_is_kept(answer: bytes, body: bytes) -> None:
    with answering(answer, answer, answer) as url, ServiceSession() as used:
        assert [send(used, Tries(1), "GET", url, timeout=60).content for _ in range(3)] == [body] * 3


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (OK + b"Content-Length: 50\r\n\r\nhello!", "ChunkedEncodingError"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n50\r\nhello!", "ChunkedEncodingError"),
        (b"SSH-2.0-OpenSSH_9!", "ConnectionError"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_breaks_off_is_no_answer(answer: bytes, name: str, stream: bool) -> None:
    with answering(answer) as url, ServiceSession() as used, pytest.raises(NoReply) as raised:
        _ = send(used, Tries(1), "GET", url, timeout=60, stream=stream).content
    assert (raised.value.name, raised.value.may_pass) == (name, True)


def test_an_answer_that_broke_off_is_asked_for_again() -> None:
    whole = OK + b"Content-Length: 2\r\n\r\nok"
    with answering(OK + b"Content-Length: 50\r\n\r\nhello!", whole) as url, ServiceSession() as used:
        assert send(used, Tries(2, 0.0), "GET", url, timeout=60).content == b"ok"


@pytest.mark.parametrize("content", [b"not packed", PACKED[:-4]])
def test_a_body_that_cannot_be_unpacked_is_final(content: bytes) -> None:
    answer = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(content), content)
    with answering(answer) as url, ServiceSession() as used, pytest.raises(NoReply) as raised:
        send(used, Tries(3, 60), "GET", url, timeout=60)
    assert (raised.value.name, raised.value.may_pass) == ("ContentDecodingError", False)


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ServiceSession() as used:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(NoReply) as raised:
            send(used, Tries(2, 0.0), "GET", url, timeout=0.05)
    assert raised.value.name == "ReadTimeout"


def test_a_connection_that_the_server_closed_while_it_was_idle_is_not_used_again() -> None:
    closing = OK + b"Content-Length: 3\r\n\r\nok!"
    closed = threading.Semaphore(0)

    def serve(listener: socket.socket) -> None:
        while True:
            with listener.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(closing)
            closed.release()

    with listening(serve) as port, ServiceSession() as used:
        for _ in range(3):
            assert send(used, Tries(1), "GET", f"http://127.0.0.1:{port}/", timeout=60).content == b"ok!"
            assert closed.acquire(timeout=60)


def test_threads_share_a_session() -> None:
    with Web() as web, ServiceSession(bearer("token"), connections=2) as used, ThreadPoolExecutor(8) as pool:
        web.get("/it", body=b"x" * 100_000, wants={"Authorization": "Bearer token"})
        asked = [pool.submit(send, used, Tries(1), "GET", web.url + "/it", timeout=60) for _ in range(40)]
        assert {reply.result().content for reply in asked} == {b"x" * 100_000}


def test_tls_trusts_what_the_environment_names_and_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = write_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Web(tls=context) as web:
        web.get("/it", body=b"ok")
        with ServiceSession() as used, pytest.raises(NoReply) as raised:
            send(used, Tries(1), "GET", web.url + "/it", timeout=60)
        assert raised.value.name == "SSLError"
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        with ServiceSession() as used:
            assert send(used, Tries(1), "GET", web.url + "/it", timeout=60).content == b"ok"
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "absent"))
        with ServiceSession() as used, pytest.raises(OSError, match="absent"):
            send(used, Tries(1), "GET", web.url + "/it", timeout=60)


@pytest.mark.parametrize(
    "url",
    [
        "api.test",
        "ftp://api.test/",
        "http:///x",
        "http://[::1",
        "http://[:::]/",
        "http://a..b/",
        "http://A..b/",
        "http://x:y/",
        "http://x:99999/",
    ],
)
def test_an_address_that_leads_nowhere_is_not_tried_again(url: str) -> None:
    with ServiceSession() as used, pytest.raises(NoReply) as raised:
        send(used, Tries(3, 60), "GET", url, timeout=60)
    assert not raised.value.may_pass


def test_a_token_that_would_not_stay_within_its_header_is_not_sent() -> None:
    with Web() as web, ServiceSession("Bearer a\r\nX-Other: b") as used:
        with pytest.raises(NoReply) as raised:
            send(used, Tries(3, 60), "GET", web.url + "/it", timeout=60)
        assert web.calls == []
    assert raised.value.name == "InvalidHeader"


@pytest.mark.parametrize("path", ["/a%20b?c=d%2Fe&f", "/ä ö", "/a/../b", "/?x={y}"])
def test_an_address_is_asked_for_in_the_same_way_with_and_without_a_proxy(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    for proxy in (False, True):
        with Web() as web, ServiceSession() as used:
            if proxy:
                monkeypatch.setenv("http_proxy", web.url)
                monkeypatch.setenv("no_proxy", "")
            send(used, Tries(1), "GET", web.url + path, timeout=60)
            asked.append([call.path for call in web.calls])
            web.surprises.clear()
    assert asked[0] == asked[1] != []


def test_without_an_authorization_a_netrc_has_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("default login anna password secret\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with Web() as web, ServiceSession() as used:
        web.get("/it", wants={"Authorization": basic("anna", "secret")})
        assert send(used, Tries(1), "GET", web.url + "/it", timeout=60).status_code == 200


def test_a_name_beyond_latin_1_is_sent_all_the_same() -> None:
    assert basic("ä", "ö") == "Basic 5Dr2"
    assert basic("€", "") == "Basic 4oKsOg=="
