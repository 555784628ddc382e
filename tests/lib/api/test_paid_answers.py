"""An answer that has come whole is kept, however badly it was sent; what is not whole never passes as one."""

from __future__ import annotations

import gzip
import json
from logging import getLogger
from typing import TYPE_CHECKING

import pytest

from lib.api.client import CallOptions, Client
from lib.api.connection import Connection
from lib.api.retry import CallLimits
from lib.completions.endpoint import COMPLETIONS
from lib.errors.api_error import ApiError

from ...support.wire_server import WireServer

if TYPE_CHECKING:
    import socket

BODY = json.dumps(
    {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}]}
).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNK = b"%x\r\n%s\r\n" % (len(BODY), BODY)


def length(body: bytes, more: int = 0) -> bytes:
    return b"Content-Length: %d\r\n\r\n" % (len(body) + more) + body


def ask(sent: bytes, *, hang_up: bool = True, timeout: float = 5, retries: int = 2) -> tuple[str, str, int]:
    """Return the text or the error's code, the warnings or the error's words, and how many requests were sent."""

    def serve(server: WireServer, connection: socket.socket) -> None:
        server.read_request(connection)
        connection.sendall(sent)
        if not hang_up:
            connection.recv(1)

    server = WireServer(serve)
    with server.listening() as address:
        client = Client(Connection(f"{address}/v1", "key"))
        options = CallOptions(CallLimits(timeout=timeout, max_retries=retries), getLogger())
        try:
            got = client.ask(COMPLETIONS, {"model": "m", "messages": []}, options)
            said, told = got.body["choices"][0]["message"]["content"], "; ".join(got.warnings)
        except ApiError as error:
            said, told = error.code, error.text or error.why
        finally:
            client.close()
    return said, told, sum(map(len, server.requests))


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (HEAD + length(BODY, 9), "the connection was lost"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK, "the connection was lost"),
        (HEAD + b"Content-Encoding: gzip\r\n" + length(gzip.compress(BODY)[:-8]), "not compressed to its end"),
        (HEAD + b"Content-Encoding: gzip\r\n" + length(BODY), "not compressed as its head said"),
        (HEAD + length(gzip.compress(BODY)), "not compressed as its head said"),
        (HEAD + b"Content-Encoding: br\r\n" + length(BODY), ""),
        (HEAD + b"Content-Length: %d, %d\r\n\r\n" % (len(BODY), len(BODY)) + BODY, ""),
        (HEAD + b"no colon in this line\r\n" + length(BODY), ""),
        (HEAD + b"X-A : 1\r\n" + length(BODY), ""),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" + HEAD.replace(b"\r\n", b"\n") + length(BODY), ""),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK.replace(b"\r\n", b"  \r\n", 1) + b"0\r\n\r\n", ""),
        (HEAD + length(BODY + b"\x00\x00\n"), ""),
    ],
)
def test_an_answer_that_is_whole_is_kept_and_marked(sent: bytes, told: str) -> None:
    said, warnings, requests = ask(sent)
    assert (said, requests) == ("Hello", 1)
    assert told in warnings


def test_an_answer_whose_connection_never_ends_is_kept() -> None:
    said, warnings, requests = ask(HEAD + b"\r\n" + BODY, hang_up=False, timeout=1)
    assert (said, requests) == ("Hello", 1)
    assert "nothing more came in time" in warnings


PIECE = json.dumps({"choices": [{"index": 0, "delta": {"content": "Hel"}}]}).encode()


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + length(BODY[:60], 100),
        HEAD + length(PIECE, 100),
        HEAD + b"Content-Encoding: gzip\r\n" + length(gzip.compress(BODY)[:-40]),
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n",
    ],
)
def test_half_an_answer_never_passes_and_is_not_asked_for_again(sent: bytes) -> None:
    said, _, requests = ask(sent)
    assert (said in ("cut_off", "unreadable"), requests) == (True, 1)


REFUSAL = json.dumps({"error": {"message": "maximum context length is 5"}}).encode()


@pytest.mark.parametrize(
    ("sent", "code", "words"),
    [
        (b"HTTP/1.1 400 Bad\r\n" + length(REFUSAL, 99), "context_length", "maximum context length is 5"),
        (b"HTTP/1.1 429 X\r\nContent-Encoding: br\r\n" + length(b"\x8b\x05"), "rate_limit", ""),
        (b"HTTP/1.1 400 X\r\nContent-Encoding: gzip\r\n" + length(REFUSAL), "context_length", "maximum context"),
        (b"HTTP/1.1 400 X\r\nContent-Encoding: gzip\r\n" + length(gzip.compress(REFUSAL)), "context_length", "maximum"),
    ],
)
def test_a_refusal_keeps_its_class_and_words_however_it_was_sent(sent: bytes, code: str, words: str) -> None:
    said, told, _ = ask(sent, retries=0)
    assert said == code
    assert words in told
