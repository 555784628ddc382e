"""Where an answer begins and ends: nothing may differ from what http.client makes of it."""

from __future__ import annotations

import http.client
import io
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.api.http.errors import CutOff, Dropped, WrongLength
from lib.api.http.framing import Framing, Lenient, OddHead, ResponseParts

OK = "HTTP/1.1 200 OK"
HEADS = {
    "a length": [OK, "Content-Type: application/json", "Content-Length: 5"],
    "chunks": [OK, "transfer-encoding: Chunked", "x-request-id: req_1"],
    "chunks and a length": [OK, "Transfer-Encoding: chunked", "Content-Length: 5"],
    "neither": [OK, "Content-Type: text/plain"],
    "no header": [OK],
    "the end of the connection": [OK, "Connection: close", "Content-Length: 5"],
    "an older version": ["HTTP/1.0 200 OK", "Content-Length: 5"],
    "an error without words": ["HTTP/1.1 429 ", "Retry-After: 2", "Content-Length: 0"],
    "no words and no blank": ["HTTP/1.1 500", "Content-Length: 5"],
    "no content": ["HTTP/1.1 204 No Content", "X-A: 1"],
    "continue first": ["HTTP/1.1 100 Continue", "", OK, "Content-Length: 5"],
    "a length twice": [OK, "Content-Length: 5", "Content-Length: 5"],
    "a cookie twice": [OK, "Set-Cookie: a=1", "Set-Cookie: b=2", "Content-Length: 5"],
    "blanks around": [OK, "X-Wide: \t a \t", "Content-Length:5"],
    "letters beyond ASCII": ["HTTP/1.1 200 D\xe9j\xe0", "X-Name: J\xfcrgen", "Content-Length: 5"],
    "a blank in a name": [OK, "X Y: 1", "Content-Length: 5"],
    "a bare line feed": [OK, "X-A: 1\nX-B: 2", "Content-Length: 5"],
    "more than is read at once": [OK, f"X-Long: {'x' * 9000}", "Content-Length: 5"],
    "another protocol": ["ICY 200 OK", "Content-Length: 5"],
}
BODY = b"5\r\nhello\r\n0\r\n\r\n"


class Bytes:
    """A wire that has just these bytes to read, so many at a time."""

    def __init__(self, sent: bytes, at_once: int) -> None:
        self._sent = io.BytesIO(sent)
        self._at_once = at_once

    def receive(self, _end: float) -> bytes:
        """Return the next bytes."""
        return self._sent.read(self._at_once)


def ours(sent: bytes, at_once: int) -> Any:
    """Return what we make of the bytes: status and body, or the kind of failure."""
    wire: Any = Bytes(sent, at_once)
    framing: Framing = ResponseParts()
    try:
        while not framing.is_whole:
            try:
                framing.receive(wire, 0)
            except OddHead as odd:
                framing = Lenient(odd.received)
    except Dropped:
        return "no answer"
    except WrongLength:
        return "no length"
    except CutOff:
        return framing.status, "cut off"
    return framing.status, b"".join(framing.pieces)


class Source:
    """What http.client takes for a socket."""

    def __init__(self, sent: bytes) -> None:
        self._sent = sent

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what was sent, to be read as from a socket."""
        return io.BufferedReader(io.BytesIO(self._sent))


def theirs(sent: bytes) -> Any:
    """Return what http.client makes of the bytes, in the same form."""
    answer = http.client.HTTPResponse(Source(sent), method="POST")  # type: ignore[arg-type]  # a socket
    try:
        answer.begin()
    except (http.client.HTTPException, OSError, ValueError):
        return "no answer"
    try:
        return answer.status, answer.read()
    except (http.client.HTTPException, OSError, ValueError):
        return answer.status, "cut off"


@pytest.mark.parametrize("at_once", [1, 7, 65536])
@pytest.mark.parametrize("lines", HEADS.values(), ids=HEADS)
def test_every_kind_of_head_is_read_as_http_client_reads_it(lines: list[str], at_once: int) -> None:
    sent = "\r\n".join([*lines, "", ""]).encode("latin-1") + BODY
    assert ours(sent, at_once) == theirs(sent)


names = st.sampled_from(["Content-Length", "Transfer-Encoding", "Connection", "X-A"]) | st.text(
    "aZ9-_", min_size=1, max_size=4
)
contents = st.sampled_from(["5", "0", "chunked", "close", "keep-alive", ""]) | st.text("a5, \t\xe9:", max_size=6).map(
    lambda text: text.replace(",", ",\r\n ")
)


@given(
    st.sampled_from(["HTTP/1.1 200 OK", "HTTP/1.1 404", "HTTP/1.0 200 OK"]),
    st.lists(st.tuples(names, contents), max_size=4, unique_by=lambda line: line[0].strip().lower()),
    st.sampled_from([1, 3, 65536]),
)
def test_an_answer_that_both_understand_is_the_same(first: str, headers: list[tuple[str, str]], at_once: int) -> None:
    lines = [first, *(f"{name}: {content}" for name, content in headers)]
    sent = "\r\n".join([*lines, "", ""]).encode("latin-1") + BODY
    found = ours(sent, at_once)
    expected = theirs(one_length(sent))
    assert found == expected or "cut off" in (found, found[1]) or found in ("no answer", "no length"), (found, expected)


def one_length(sent: bytes) -> bytes:
    """Return the bytes with a length that is told twice told once: http.client reads none of the two."""
    return re.sub(rb"(?i)(content-length:)[ \t]*(\d+),\s*\2[ \t]*\r\n", rb"\1 \2\r\n", sent)


PLAIN = ["5", " 5 ", "\t5", "05", "5,5", "5, 05", "\r\n 5", "5\r\n ", "5,\r\n 5"]
NOT_PLAIN = ["", ",", ",\r\n 5", "5,", "5,,5", "5,6", "+5", "-5", "5 5", "5\r\n 5", "0x5", "5.0", "1e1", "5_0", "5;a"]
NOT_PLAIN += ["9" * 30, "\xb2", "\u0665".encode().decode("latin-1"), "\xa05", "5\x0b"]


@pytest.mark.parametrize("at_once", [1, 3, 65536])
@pytest.mark.parametrize("more", [[], ["X-A: 1\nX-B: 2"], ["Content-Length: 5"]], ids=["alone", "odd", "beside 5"])
@pytest.mark.parametrize("length", PLAIN + NOT_PLAIN, ids=ascii)
def test_only_one_whole_number_is_a_length(length: str, more: list[str], at_once: int) -> None:
    sent = "\r\n".join([OK, *more, f"Content-Length: {length}", "", ""]).encode("latin-1") + b"hello and more"
    assert ours(sent, at_once) == ((200, b"hello") if length in PLAIN else "no length")


@pytest.mark.parametrize("length", NOT_PLAIN, ids=ascii)
def test_chunks_end_by_themselves_whatever_is_said_of_their_length(length: str) -> None:
    sent = "\r\n".join([OK, "Transfer-Encoding: chunked", f"Content-Length: {length}", "", ""]).encode("latin-1")
    assert ours(sent + BODY, 65536) == (200, b"hello")


@given(st.binary(max_size=200), st.sampled_from([1, 65536]))
def test_no_bytes_at_all_are_more_than_an_answer_or_a_failure(sent: bytes, at_once: int) -> None:
    assert ours(sent, at_once) == "no answer" or isinstance(ours(sent, at_once)[0], int)


def read_all(framing: Framing, wire: Any) -> None:
    while not framing.is_whole:
        framing.receive(wire, 0)


def test_a_head_without_end_is_given_up() -> None:
    class Endless:
        received = 0

        def receive(self, _end: float) -> bytes:
            self.received += 65536
            return b"HTTP/1.1 200 OK\r\nX-A: " + b"x" * 65536 if self.received == 65536 else b"x" * 65536

    wire: Any = Endless()
    framing = ResponseParts()
    with pytest.raises((Dropped, OddHead)):
        read_all(framing, wire)
    assert wire.received < 2_000_000
