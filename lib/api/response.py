"""What comes back on the socket, read before the deadline: one JSON object, or a stream that becomes one."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import urllib3.exceptions

from ..errors import api_error as errors
from ..errors.api_error import ApiError
from .sse import looks_like_sse

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Generator

    import requests

    from .endpoint import StreamReader
    from .stream import Piece

_LARGEST_ANSWER = 64 * 1024 * 1024
_AT_ONCE = 64 * 1024


class Deadline:
    """Until when to read; after the first data of a stream, also how many seconds of silence are allowed."""

    def __init__(self, end: float, silence: float = float("inf")) -> None:
        self._end = end
        self._silence = silence
        self._stalled_at = float("inf")

    def data_came(self) -> None:
        """Wait from now on for a while, and no longer, for the next data."""
        self._stalled_at = time.monotonic() + self._silence

    def left(self) -> float:
        """Return the seconds left."""
        return min(self._end, self._stalled_at) - time.monotonic()


def read(
    response: requests.Response, end: float, silence: float, read_stream: Callable[[], StreamReader] | None = None
) -> Generator[Piece, None, dict[str, Any]]:
    """Yield the pieces of a streamed answer as they come; return the JSON object that the whole answer is.

    Whether it is streamed, its first bytes say: servers answer one way or the other whatever was asked. `read_stream`
    makes what reads it; without, no answer can be a stream. Raise ApiError.
    """
    request_id = response.headers.get("x-request-id")
    deadline = Deadline(end, silence)
    try:
        first = _next(response, deadline)
        if read_stream is not None and looks_like_sse(first, response.headers.get("content-type", "")):
            return (yield from _read_stream(read_stream(), response, first, deadline))
        return _document(response, _rest(response, first, deadline))
    except urllib3.exceptions.ReadTimeoutError as fault:
        raise ApiError(
            "timeout", "The answer had begun, but was not complete in time.", request_id=request_id
        ) from fault
    except urllib3.exceptions.DecodeError as fault:
        raise ApiError("unreadable", "It is not compressed as it says.", request_id=request_id) from fault
    except (urllib3.exceptions.HTTPError, OSError) as fault:
        raise ApiError("cut_off", request_id=request_id) from fault


def content(response: requests.Response, end: float) -> bytes:
    """Read the body of an error; what cannot be read of it is left out, since the status says the most."""
    deadline = Deadline(end)
    try:
        return _rest(response, _next(response, deadline), deadline)
    except (urllib3.exceptions.HTTPError, OSError):
        return b""


def _read_stream(
    stream: StreamReader, response: requests.Response, first: bytes, deadline: Deadline
) -> Generator[Piece, None, dict[str, Any]]:
    try:
        yield from _pieces(stream, response, first, deadline)
        return stream.finish()
    except ApiError as error:
        error.request_id = error.request_id or response.headers.get("x-request-id")
        raise


def _pieces(
    stream: StreamReader, response: requests.Response, first: bytes, deadline: Deadline
) -> Generator[Piece, None, None]:
    received = first
    try:
        while received:  # to the end, also after [DONE]: only then can the connection be used again
            yield from stream.feed(received)
            if stream.saw_data:
                deadline.data_came()
            received = _next(response, deadline)
    except urllib3.exceptions.ReadTimeoutError as fault:
        raise stream.broken("nothing more came in time") from fault
    except (urllib3.exceptions.HTTPError, OSError) as fault:
        if not stream.done:
            raise stream.broken("the connection was lost") from fault
    yield from stream.close()


def _rest(response: requests.Response, first: bytes, deadline: Deadline) -> bytes:
    pieces, size = [first], len(first)
    while not _is_whole(response) and (piece := _next(response, deadline)):
        pieces.append(piece)
        size += len(piece)
        if size > _LARGEST_ANSWER:
            raise ApiError("unreadable", f"It is larger than {_LARGEST_ANSWER >> 20} MiB.")
    return b"".join(pieces)


def _is_whole(response: requests.Response) -> bool:
    """Return whether all of the answer's length has come; a decoder may still hold some of what is compressed."""
    return response.raw.length_remaining == 0 and "content-encoding" not in response.headers


def _next(response: requests.Response, deadline: Deadline) -> bytes:
    """Read what is there, within the time left: the socket's own limit counts anew from each read."""
    connection = _socket(response)
    if connection is not None:
        set_timeout(connection, max(deadline.left(), 0.001))
    return bytes(response.raw.read1(_AT_ONCE, decode_content=True))


def set_timeout(socket_: Any, seconds: float | None) -> None:
    """Have a socket wait at most so long, give or take a hundredth, at most a twentieth of a second.

    Only what differs more is set: setting is a system call, during which other threads take Python's lock.
    """
    current = socket_.gettimeout()
    if seconds is None or current is None or abs(current - seconds) > min(seconds / 100, 0.05):
        socket_.settimeout(seconds)


def _socket(response: requests.Response) -> socket.socket | None:
    """Return the socket that the answer comes on; None once all of it has come."""
    return getattr(getattr(response.raw, "connection", None), "raw_socket", None)


def _document(response: requests.Response, content: bytes) -> dict[str, Any]:
    """Return the JSON object that a good answer is; raise ApiError for anything else."""
    status, request_id = response.status_code, response.headers.get("x-request-id")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as fault:
        what = f"It is {response.headers.get('content-type', 'of no type')}, not JSON." if content else "It is empty."
        raise ApiError("unreadable", what, status=status, request_id=request_id) from fault
    if not isinstance(document, dict):
        raise ApiError("unreadable", "It is no JSON object.", status=status, request_id=request_id)
    if document.get("error"):  # some servers say no with a 200
        raise errors.from_answer(status, response.headers, content)
    return document
