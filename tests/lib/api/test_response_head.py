"""The head of an answer, read in one go: nothing may differ from what http.client makes of it."""

from __future__ import annotations

import http.client
import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.api.response_head import FastResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

OK = "HTTP/1.1 200 OK"
HEADS = {
    "a length": [OK, "Content-Type: application/json", "Content-Length: 5"],
    "chunks": [OK, "transfer-encoding: Chunked", "x-request-id: req_1"],
    "chunks and a length": [OK, "Transfer-Encoding: chunked", "Content-Length: 5"],
    "another encoding": [OK, "Transfer-Encoding: gzip", "Content-Length: 5"],
    "neither": [OK, "Content-Type: text/plain"],
    "no header": [OK],
    "the end of the connection": [OK, "Connection: close", "Content-Length: 5"],
    "an older version": ["HTTP/1.0 200 OK", "Content-Length: 5"],
    "an older version that stays": ["HTTP/1.0 200 OK", "Connection: keep-alive", "Content-Length: 5"],
    "an error without words": ["HTTP/1.1 429 ", "Retry-After: 2", "Content-Length: 0"],
    "no words and no blank": ["HTTP/1.1 500", "Content-Length: 5"],
    "no content": ["HTTP/1.1 204 No Content", "Content-Length: 5"],
    "continue first": ["HTTP/1.1 100 Continue", "", OK, "Content-Length: 5"],
    "a length twice": [OK, "Content-Length: 5", "Content-Length: 5"],
    "a length below zero": [OK, "Content-Length: -5"],
    "a length that is not a number": [OK, "Content-Length: five"],
    "a cookie twice": [OK, "Set-Cookie: a=1", "Set-Cookie: b=2", "Content-Length: 5"],
    "a folded line": [OK, "X-Long: a", " b", "Content-Length: 5"],
    "blanks around": [OK, "X-Wide: \t a \t", "Content-Length:5"],
    "letters beyond ASCII": ["HTTP/1.1 200 D\xe9j\xe0", "X-Name: J\xfcrgen", "Content-Length: 5"],
    "a blank in a name": [OK, "X Y: 1", "Content-Length: 5"],
    "a line without a colon": [OK, "nothing", "Content-Length: 5"],
    "a line that is empty but for a colon": [OK, ": x", "Content-Length: 5"],
    "a bare line feed": [OK, "X-A: 1\nX-B: 2", "Content-Length: 5"],
    "too many": [OK, *("X-Many: 1" for _ in range(101)), "Content-Length: 5"],
    "more than is read at once": [OK, f"X-Long: {'x' * 9000}", "Content-Length: 5"],
    "another protocol": ["ICY 200 OK", "Content-Length: 5"],
    "nothing at all": [],
}
BODY = b"5\r\nhello\r\n0\r\n\r\n"


class Wire:
    """What http.client needs of a socket."""

    def __init__(self, sent: bytes) -> None:
        self._sent = sent

    def makefile(self, _: str) -> io.BufferedReader:
        """Return what was sent, to be read as from a socket."""
        return io.BufferedReader(io.BytesIO(self._sent))


def told(kind: type[http.client.HTTPResponse], sent: bytes) -> Mapping[str, Any]:
    """Return all that an answer tells of itself, or what it raises."""
    answer = kind(Wire(sent), method="POST")  # type: ignore[arg-type]  # a socket
    try:
        answer.begin()
        members = {name: value for name, value in vars(answer).items() if name not in ("fp", "headers", "msg")}
        return {
            **members,
            "headers": answer.headers.items(),
            "defects": len(answer.headers.defects),
            "body": answer.read(),
        }
    except http.client.HTTPException as error:
        return {"raised": repr(error)}


@pytest.mark.parametrize("lines", HEADS.values(), ids=HEADS)
def test_every_kind_of_head_is_read_as_http_client_reads_it(lines: list[str]) -> None:
    sent = "\r\n".join([*lines, "", ""]).encode("latin-1") + BODY if lines else b""
    assert told(FastResponse, sent) == told(http.client.HTTPResponse, sent)


names = st.sampled_from(["Content-Length", "Transfer-Encoding", "Connection", "X-A"]) | st.text("aZ9-_: \t", max_size=4)
contents = st.sampled_from(["5", "0", "chunked", "close", "keep-alive", ""]) | st.text(
    "a5, \t\r\n\x00\xe9:", max_size=6
)


@given(st.sampled_from(["HTTP/1.1 200 OK", "HTTP/1.1 404", "HTTP/1.0 200 OK"]), st.lists(st.tuples(names, contents)))
def test_so_is_any_other(first: str, headers: list[tuple[str, str]]) -> None:
    lines = [first, *(f"{name}: {content}" for name, content in headers)]
    sent = "\r\n".join([*lines, "", ""]).encode("latin-1") + BODY
    assert told(FastResponse, sent) == told(http.client.HTTPResponse, sent)
