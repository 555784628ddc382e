"""Where an answer's head and body begin and end: by httptools, or by http.client where a head is an odd one.

httptools refuses heads that some servers send: bare line feeds, folded lines, a length beside chunks. http.client reads
those, from the bytes that have come and what follows, so that no request is sent again for them.
"""

from __future__ import annotations

import http.client
import io
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import httptools

from .errors import CutOff, Dropped, WrongLength

if TYPE_CHECKING:
    from .wire import Wire

_LARGEST_HEAD = 256 * 1024
_FIRST_FINAL = 200  # a status below only announces the answer
_SWITCHED = 101
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_PLAIN_LENGTHS = re.compile(rb"[ \t]*0*(\d{1,15})[ \t]*(?:,[ \t]*0*\1[ \t]*)*")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_ANNOUNCEMENT = re.compile(rb"HTTP/\d\.\d 1(?!01)\d\d\b")


@lru_cache(maxsize=256)
def _key(name: bytes) -> str:
    """Return the name of a header in lower case."""
    return name.decode("latin-1").lower()


class OddHead(Exception):
    """The parser refuses the head; `received` is all that has come."""

    def __init__(self, received: bytes) -> None:
        super().__init__()
        self.received = received


class Framing(Protocol):
    """Reads from a wire until the body is whole; `pieces` is where it puts the body's bytes."""

    status: int
    headers: dict[str, str]
    pieces: list[bytes]
    is_whole: bool
    keeps: bool

    def receive(self, wire: Wire, end: float) -> None:
        """Read once; raise TimedOut, Dropped or CutOff."""


class ResponseParts:
    """What httptools finds in the bytes as they come. Its `on_` methods are what the parser calls."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.pieces: list[bytes] = []
        self.is_whole = False
        self.keeps = False
        self._received: list[bytes] | None = []  # until the body has begun
        self._parser: Any = httptools.HttpResponseParser(self)

    def receive(self, wire: Wire, end: float) -> None:
        """Read once; raise OddHead for what http.client may understand."""
        try:
            data = wire.receive(end)
        except OSError as fault:
            raise self._broken() from fault
        if not data:
            self._end()
            return
        if self._received is not None:
            self._received.append(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as fault:
            raise Dropped from fault
        except httptools.HttpParserError as fault:
            self._refused(fault)
        if self.is_whole:
            self._parser = None  # the two refer to each other
        elif not self.status and self._received is not None and sum(map(len, self._received)) > _LARGEST_HEAD:
            raise Dropped

    def on_message_begin(self) -> None:
        """After a whole answer another begins, which nobody asked for: the connection cannot be used again."""
        if self.is_whole:
            self.keeps = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a line of the head; those after the body are left out."""
        if self.status or self.is_whole:
            return
        key, text = _key(name), value.decode("latin-1").strip(" \t")
        before = self.headers.get(key)
        self.headers[key] = text if before is None else f"{before}, {text}"

    def on_headers_complete(self) -> None:
        """End the head, unless it only announces another."""
        if self.is_whole:
            return
        status = self._parser.get_status_code()
        if status < _FIRST_FINAL and status != _SWITCHED:
            self.headers.clear()
            return
        self.status = status
        tokens = self.headers.get("connection", "").lower()
        self.keeps = "close" not in tokens and (self._parser.get_http_version() == "1.1" or "keep-alive" in tokens)

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body."""
        if not self.is_whole:
            self.pieces.append(body)
            self._received = None

    def on_message_complete(self) -> None:
        """End the body."""
        if self.status:
            self.is_whole = True

    def _end(self) -> None:
        """End a body at the end of the connection, one that tells no length; raise for any other."""
        framed = "content-length" in self.headers or "transfer-encoding" in self.headers
        if not self.status or framed:
            raise self._broken()
        self.is_whole, self.keeps = True, False

    def _broken(self) -> Dropped | CutOff:
        return CutOff() if self.status else Dropped()

    def _refused(self, fault: httptools.HttpParserError) -> None:
        if self.is_whole:  # what follows the answer belongs to none
            self.keeps = False
        elif self._received is None:
            raise CutOff from fault
        else:
            raise OddHead(b"".join(self._received)) from fault


class Lenient:
    """What http.client finds; the connection is not used again."""

    keeps = False

    def __init__(self, received: bytes) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.pieces: list[bytes] = []
        self.is_whole = False
        self._received = received
        self._source = _Source()
        self._response = http.client.HTTPResponse(self._source, method="POST")  # type: ignore[arg-type]  # makefile()

    def receive(self, wire: Wire, end: float) -> None:
        """Read the head, or once from the body; raise WrongLength for a head that does not tell where the body ends."""
        self._source.wire, self._source.end = wire, end
        try:
            if self.status:
                self._read()
            else:
                self._begin()
        except (OSError, http.client.HTTPException, ValueError) as fault:
            raise (CutOff() if self.status else Dropped()) from fault

    def _begin(self) -> None:
        head, self._source.received = self._read_head()
        self._source.received = _mend_head(head) + self._source.received
        self._response.begin()
        for name, value in self._response.headers.items():
            before = self.headers.get(name.lower())
            self.headers[name.lower()] = value if before is None else f"{before}, {value}"
        self.status = self._response.status

    def _read_head(self) -> tuple[bytes, bytes]:
        """Return the head of the answer, without those that only announce it, and what has come of its body."""
        received = self._received
        while True:
            end = _HEAD_END.search(received)
            if end is None:
                data = self._source.wire.receive(self._source.end)
                if not data or len(received) > _LARGEST_HEAD:
                    raise Dropped
                received += data
            elif _ANNOUNCEMENT.match(received):
                received = received[end.end() :]
            else:
                return received[: end.end()], received[end.end() :]

    def _read(self) -> None:
        data = self._response.read1(64 * 1024)
        if data:
            self.pieces.append(data)
        elif self._response.length:  # read1() says nothing of a body that is shorter than its head tells
            raise http.client.IncompleteRead(b"", self._response.length)
        else:
            self.is_whole = True


class _Source(io.RawIOBase):
    """The bytes that had come, and then those of the wire: what http.client takes for a socket."""

    wire: Wire
    end: float

    received = b""

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.received or self.wire.receive(self.end)
        size = min(len(buffer), len(data))
        buffer[:size] = data[:size]
        self.received = data[size:]
        return size


def _mend_head(head: bytes) -> bytes:
    """Return a head without the lines at which http.client would stop reading, and with one length; raise WrongLength.

    Where the body comes in chunks, what is said of its length does not count.
    """
    first, *lines = _FOLD.sub(b"", head).splitlines()
    parts = (line.partition(b":") for line in lines)
    parted = [(name.strip(), value.strip(b" \t")) for name, colon, value in parts if colon]
    lengths = [value for name, value in parted if name.lower() == b"content-length"]
    kept = [(name, value) for name, value in parted if name.lower() != b"content-length"]
    is_chunked = any(name.lower() == b"transfer-encoding" and value.lower() == b"chunked" for name, value in kept)
    if lengths and not is_chunked:
        plain = _PLAIN_LENGTHS.fullmatch(b",".join(lengths))
        if plain is None:
            raise WrongLength
        kept.append((b"Content-Length", plain[1]))
    return b"\r\n".join([first, *(name + b": " + value for name, value in kept)]) + b"\r\n\r\n"
