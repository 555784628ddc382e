"""Ask a real server that answers with the bytes that a test gives it."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lib.api.client import CallOptions, Client
from lib.api.connection import Connection
from lib.api.retry import CallLimits
from lib.completions.endpoint import COMPLETIONS
from tests.support.sockets import listening, receive

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Sequence

    from lib.api.client import ApiAnswer

BODY = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
LIMITS = CallLimits(timeout=60, max_retries=0)


def chunk(delta: dict[str, Any], finish_reason: str | None = None, **choice: Any) -> dict[str, Any]:
    return {"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason, **choice}]}


def event(document: Any) -> bytes:
    return b"data: " + json.dumps(document, ensure_ascii=False).encode() + b"\n\n"


def whole(content: Any, finish_reason: str = "stop", **message: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, **message}
    return {"id": "x", "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}]}


def ask(
    body: bytes | Sequence[bytes],
    content_type: str = "application/json",
    *,
    show: Callable[[str], None] | None = None,
    cut: bool = False,
) -> ApiAnswer:
    """Return what a client makes of an answer that holds these bytes; each is a chunk of its own.

    With `cut` the connection is lost after them.
    """
    pieces = [body] if isinstance(body, bytes) else body
    with _serving(pieces, content_type, cut=cut) as url:
        client = Client(Connection(url, "key"))
        try:
            return client.ask(COMPLETIONS, BODY, CallOptions(LIMITS, logging.getLogger("test")), show)
        finally:
            client.close()


def ask_stream(body: bytes | Sequence[bytes], *, cut: bool = False) -> ApiAnswer:
    """Return what a client makes of these bytes, marked as a stream."""
    return ask(body, "text/event-stream", cut=cut)


@contextmanager
def _serving(pieces: Sequence[bytes], content_type: str, *, cut: bool) -> Iterator[str]:
    with listening(lambda listener: _answer(listener, pieces, content_type, cut)) as port:
        yield f"http://127.0.0.1:{port}/v1"


def _answer(listener: socket.socket, pieces: Sequence[bytes], content_type: str, cut: bool) -> None:
    connection, _ = listener.accept()
    with connection:
        received = b""
        while b"\r\n\r\n" not in received:
            received += receive(connection)
        head, _, body = received.partition(b"\r\n\r\n")
        headers = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
        length = int(headers[b"content-length"])
        while len(body) < length:
            body += receive(connection)
        answer = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        answer += b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece)
        connection.sendall(answer if cut else answer + b"0\r\n\r\n")
