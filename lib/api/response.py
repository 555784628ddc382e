"""What comes back on the socket, read before the deadline: one JSON object, or a stream that becomes one."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from ..errors import api_error as errors
from ..errors.api_error import ApiError
from .http.errors import HttpError, TimedOut, WrongEncoding
from .sse import looks_like_sse

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from .endpoint import StreamReader
    from .http.reply import Reply
    from .stream import Piece

_LARGEST_ANSWER = 64 * 1024 * 1024


class Deadline:
    """Until when to read; after the first data of a stream, also how many seconds of silence are allowed."""

    def __init__(self, end: float, silence: float = float("inf")) -> None:
        self._end = end
        self._silence = silence
        self._stalled_at = float("inf")

    def data_came(self) -> None:
        """Wait from now on for a while, and no longer, for the next data."""
        self._stalled_at = time.monotonic() + self._silence

    @property
    def end(self) -> float:
        """The moment, on the clock of time.monotonic."""
        return min(self._end, self._stalled_at)


def read(
    reply: Reply, end: float, silence: float, read_stream: Callable[[], StreamReader] | None = None
) -> Generator[Piece, None, dict[str, Any]]:
    """Yield the pieces of a streamed answer as they come; return the JSON object that the whole answer is.

    Whether it is streamed, its first bytes say: servers answer one way or the other whatever was asked. `read_stream`
    makes what reads it; without, no answer can be a stream. Raise ApiError.
    """
    request_id = reply.headers.get("x-request-id")
    deadline = Deadline(end, silence)
    try:
        first = reply.read(deadline.end)
        if read_stream is not None and looks_like_sse(first, reply.headers.get("content-type", "")):
            return (yield from _read_stream(read_stream(), reply, first, deadline))
        return _document(reply, _rest(reply, first, deadline))
    except TimedOut as fault:
        raise ApiError(
            "timeout", "The answer had begun, but was not complete in time.", request_id=request_id
        ) from fault
    except WrongEncoding as fault:
        raise ApiError("unreadable", "It is not compressed as it says.", request_id=request_id) from fault
    except HttpError as fault:
        raise ApiError("cut_off", request_id=request_id) from fault


def content(reply: Reply, end: float) -> bytes:
    """Read the body of an error; what cannot be read of it is left out, since the status says the most."""
    deadline = Deadline(end)
    try:
        return _rest(reply, reply.read(deadline.end), deadline)
    except HttpError:
        return b""


def _read_stream(
    stream: StreamReader, reply: Reply, first: bytes, deadline: Deadline
) -> Generator[Piece, None, dict[str, Any]]:
    try:
        yield from _pieces(stream, reply, first, deadline)
        return stream.finish()
    except ApiError as error:
        error.request_id = error.request_id or reply.headers.get("x-request-id")
        raise


def _pieces(stream: StreamReader, reply: Reply, first: bytes, deadline: Deadline) -> Generator[Piece, None, None]:
    received = first
    try:
        while received:  # to the end, also after [DONE]: only then can the connection be used again
            yield from stream.feed(received)
            if stream.saw_data:
                deadline.data_came()
            received = reply.read(deadline.end)
    except TimedOut as fault:
        raise stream.broken("nothing more came in time") from fault
    except HttpError as fault:
        if not stream.done:
            raise stream.broken("the connection was lost") from fault
    yield from stream.close()


def _rest(reply: Reply, first: bytes, deadline: Deadline) -> bytes:
    pieces, size = [first], len(first)
    while piece := reply.read(deadline.end):
        pieces.append(piece)
        size += len(piece)
        if size > _LARGEST_ANSWER:
            raise ApiError("unreadable", f"It is larger than {_LARGEST_ANSWER >> 20} MiB.")
    return b"".join(pieces)


def _document(reply: Reply, content: bytes) -> dict[str, Any]:
    """Return the JSON object that a good answer is; raise ApiError for anything else."""
    status, request_id = reply.status, reply.headers.get("x-request-id")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as fault:
        what = f"It is {reply.headers.get('content-type', 'of no type')}, not JSON." if content else "It is empty."
        raise ApiError("unreadable", what, status=status, request_id=request_id) from fault
    if not isinstance(document, dict):
        raise ApiError("unreadable", "It is no JSON object.", status=status, request_id=request_id)
    if document.get("error"):  # some servers say no with a 200
        raise errors.from_answer(status, reply.headers, content)
    return document
