"""What comes back on the socket, read before the deadline: one JSON object, or a stream that becomes one."""

from __future__ import annotations

import json
import re
import time
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from ..errors import api_error as errors
from ..errors.api_error import ApiError
from . import lenient_json
from .http.encoding import unknown_encoding
from .http.errors import CutOff, HttpError, TimedOut, WrongEncoding
from .sse import NO_DATA_FIELD, NOT_TYPED, as_events, is_undecided, looks_like_sse

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from .endpoint import StreamReader
    from .http.reply import Reply
    from .stream import Piece

ODD_STATUS: Final = "it came with the status {status}, and 200 is usual; something may be missing"
_USUAL = (200, 201)
_MOST_UNDECIDED = 64 * 1024
_LARGEST_ANSWER = 64 * 1024 * 1024
_LARGEST_REFUSAL = 8 * 1024 * 1024
_LONGEST_REFUSAL = 5.0  # seconds to read what a refusal says: its status is known, and another try may be waiting
_LOST: dict[type[HttpError], str] = {
    TimedOut: "nothing more came in time after the end of the answer",
    CutOff: "the connection was lost after the end of the answer",
    WrongEncoding: "the answer was not compressed to its end; all of it had come",
}
_OF_A_PIECE = b'"delta"'  # a streamed piece is a whole object too, and not the whole answer
_CHARSET = re.compile(r"charset=[\"']?([\w-]+)", re.IGNORECASE)


class Document(NamedTuple):
    """A JSON object, and sentences on what was odd about the bytes that it came in; whether it came in pieces."""

    body: dict[str, Any]
    remarks: tuple[str, ...] = ()
    is_streamed: bool = False


class ReadLimit:
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


def read_plain(reply: Reply) -> Document | None:
    """Return the JSON object of an answer that came whole and plain; None for any other, of which nothing was read."""
    if reply.status not in _USUAL:
        return None
    document = lenient_json.parse_plain(reply.plain_whole)
    return None if document is None or errors.is_error(document) else Document(document)


def read(
    reply: Reply, end: float, silence: float, read_stream: Callable[[], StreamReader] | None = None
) -> Generator[Piece, None, Document]:
    """Yield the pieces of a streamed answer as they come; return the JSON object that the whole answer is.

    Whether it is streamed, its first bytes say: servers answer one way or the other whatever was asked. `read_stream`
    makes what reads it; without, no answer can be a stream. Raise ApiError.
    """
    request_id = reply.headers.get("x-request-id")
    limit = ReadLimit(end, silence)
    try:
        first = _first(reply, limit)
        if read_stream is not None and looks_like_sse(first, reply.headers.get("content-type", "")):
            return (yield from _read_stream(read_stream(), reply, first, limit))
        content, lost = _rest(reply, first, limit)
        if lost is None:
            return (yield from _whole(reply, content, read_stream))
        if not _is_one_object(content):
            raise lost
        document = yield from _whole(reply, content, None)
        return document._replace(remarks=(*document.remarks, _LOST.get(type(lost), _LOST[CutOff])))
    except TimedOut as fault:
        raise ApiError(
            "timeout", "The answer had begun, but was not complete in time.", request_id=request_id
        ) from fault
    except WrongEncoding as fault:
        raise ApiError("unreadable", "It is not compressed as it says.", request_id=request_id) from fault
    except HttpError as fault:
        raise ApiError("cut_off", request_id=request_id) from fault


def save(reply: Reply, end: float, file: IO[bytes]) -> Document:
    """Write the whole body into the file, in place of what it holds; raise ApiError, or OSError of the file."""
    file.seek(0)
    file.truncate()
    try:
        while piece := reply.read(end):
            file.write(piece)
    except TimedOut as fault:
        raise ApiError("timeout", "The file had begun, but was not complete in time.") from fault
    except HttpError as fault:
        raise ApiError("cut_off") from fault
    return Document({}, reply.remarks)


def content(reply: Reply, end: float) -> bytes:
    """Read the body of an error; what cannot be read of it is left out, since the status says the most."""
    limit = ReadLimit(min(end, time.monotonic() + _LONGEST_REFUSAL))
    return _rest(reply, b"", limit, _LARGEST_REFUSAL)[0]


def _read_stream(
    stream: StreamReader, reply: Reply, first: bytes, limit: ReadLimit
) -> Generator[Piece, None, Document]:
    is_typed = "event-stream" in reply.headers.get("content-type", "").lower()
    try:
        ending = yield from _pieces(stream, reply, first, limit)
        body = stream.finish()
        return Document(
            body,
            (*_odd_status(reply), *(() if is_typed else (NOT_TYPED,)), *ending, *reply.remarks, *stream.remarks),
            is_streamed=True,
        )
    except ApiError as error:
        error.request_id = error.request_id or reply.headers.get("x-request-id")
        raise


def _pieces(
    stream: StreamReader, reply: Reply, first: bytes, limit: ReadLimit
) -> Generator[Piece, None, tuple[str, ...]]:
    """Yield the pieces; return what was odd about the end: a complete answer is kept, however its connection ends."""
    received, lost = first, ""
    try:
        while received:  # to the end, also after [DONE]: only then can the connection be used again
            yield from stream.feed(received)
            if stream.saw_data:
                limit.data_came()
            received = reply.read(limit.end)
    except TimedOut as fault:
        lost = "nothing more came in time"
        if not stream.is_complete:
            raise stream.broken(lost) from fault
    except HttpError as fault:
        lost = "the connection was lost"
        if not stream.is_complete:
            raise stream.broken(lost) from fault
    yield from stream.close()
    return (f"{lost} after the end of the answer",) if lost and not stream.done else ()


def _first(reply: Reply, limit: ReadLimit) -> bytes:
    """Return the first bytes, at least so many that they tell a stream from JSON."""
    first = more = reply.read(limit.end)
    while more and is_undecided(first) and len(first) < _MOST_UNDECIDED:
        more = reply.read(limit.end)
        first += more
    return first


def _rest(
    reply: Reply, first: bytes, limit: ReadLimit, largest: int = _LARGEST_ANSWER
) -> tuple[bytes, HttpError | None]:
    """Return all that comes, and what kept the rest from coming; of a refusal (`largest`) no more than is read."""
    pieces, size = [first], len(first)
    try:
        while piece := reply.read(limit.end):
            pieces.append(piece)
            size += len(piece)
            if size > largest:
                if largest == _LARGEST_REFUSAL:
                    break
                raise ApiError("unreadable", f"It is larger than {_LARGEST_ANSWER >> 20} MiB.")
    except HttpError as fault:
        return b"".join(pieces), fault
    return b"".join(pieces), None


def _is_one_object(content: bytes) -> bool:
    """Return whether what has come is one whole JSON object, so that nothing of it is missing."""
    if _OF_A_PIECE in content or not content.rstrip().endswith(b"}"):
        return False
    try:
        return isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False


def _charset(reply: Reply) -> str:
    found = _CHARSET.search(reply.headers.get("content-type", ""))
    return found[1] if found else ""


def _whole(
    reply: Reply, content: bytes, read_stream: Callable[[], StreamReader] | None
) -> Generator[Piece, None, Document]:
    """Return the JSON object that a good answer is; of chunks that stand one after the other, what they become.

    Raise ApiError for anything else.
    """
    text, remarks = lenient_json.decode(content, _charset(reply))
    remarks += (*_odd_status(reply), *reply.remarks)
    try:
        documents, odd = lenient_json.parse_all(text)
    except (ValueError, RecursionError) as fault:
        what = _not_json(reply) if content else "It is empty."
        if packed := unknown_encoding(reply.headers.get("content-encoding")):
            raise _unreadable(reply, f"It is compressed as {packed}, which was not asked for.") from fault
        raise errors.unreadable(what, reply.status, reply.headers, content) from fault
    remarks += odd
    is_stream = len(documents) > 1 and all(isinstance(one, dict) for one in documents)
    if is_stream and read_stream is not None:
        stream = read_stream()
        yield from stream.feed(as_events(documents))
        yield from stream.close()
        return Document(stream.finish(), (NO_DATA_FIELD, *remarks, *stream.remarks), is_streamed=True)
    if documents and errors.is_error(documents[0]):  # some servers refuse with a 200
        raise errors.from_answer(reply.status, reply.headers, content)
    if read_stream is None and documents and isinstance(documents[0], list):  # a list of models that is nothing else
        return Document({"data": documents[0]}, remarks)
    if not documents or not isinstance(documents[0], dict):
        raise _unreadable(reply, "It is not a JSON object." if documents else "It is empty.")
    return Document(documents[0], (*remarks, lenient_json.MORE) if len(documents) > 1 else remarks)


def _not_json(reply: Reply) -> str:
    kind = reply.headers.get("content-type", "of no type")
    return f"It is {kind}, not JSON." if "json" not in kind else f"It calls itself {kind}, and is not valid JSON."


def _odd_status(reply: Reply) -> tuple[str, ...]:
    """Return what is odd about the status of an answer, in sentences."""
    return () if reply.status in _USUAL else (ODD_STATUS.format(status=reply.status),)


def _unreadable(reply: Reply, why: str) -> ApiError:
    return ApiError("unreadable", why, status=reply.status, request_id=reply.headers.get("x-request-id"))
