"""An answer as it comes: status and headers at once, the body piece by piece."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from .encoding import Decoder, decoders_of, is_packed
from .framing import Framing, Lenient, OddHead, ResponseParts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

    from .wire import Wire


class Reply:
    """An answer whose head has come. Leaving it closes the connection, unless the body was read to its end."""

    def __init__(self, wire: Wire, end: float, give_back: Callable[[Wire], None]) -> None:
        """Read the head before `end`; raise TimedOut, Dropped, WrongLength or CutOff.

        `give_back` gets the wire once the body is whole, if it can carry another request.
        """
        self._wire: Wire | None = wire
        self._give_back = give_back
        self._framing: Framing = ResponseParts()
        self._end = end
        self.status = 0
        """The status code."""
        self.headers: dict[str, str] = {}
        """The headers by their names in lower case; the values of one that came twice are joined by commas."""
        try:
            while not self.status:
                self._receive()
        except BaseException:
            self.close()
            raise
        encoding = self.headers.get("content-encoding")
        self._decoders = decoders_of(encoding) if encoding else []
        self._body: Iterator[bytes] | None = None

    @property
    def plain_whole(self) -> bytes:
        """The body, if all of it came with the head and its head says that it is not compressed; else b""."""
        return b"" if self._decoders or not self._framing.is_whole else b"".join(self._framing.pieces)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was odd about the body so far, in sentences."""
        return tuple(dict.fromkeys(decoder.remark for decoder in self._decoders if decoder.remark))

    def read(self, end: float) -> bytes:
        """Return the next part of the body, b"" once it is whole; raise TimedOut, CutOff or WrongEncoding."""
        self._end = end
        if self._body is None:
            self._body = self._decode()
        return next(self._body, b"")

    def close(self) -> None:
        """Close the connection, unless it was given back."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _decode(self) -> Iterator[bytes]:
        body = self._parts()
        first = next(body, b"")
        if not self._decoders and is_packed(first):
            self._decoders = [Decoder("")]
        body = chain([first], body)
        for decoder in self._decoders:
            body = _unpack(decoder, body)
        yield from filter(None, body)

    def _parts(self) -> Iterator[bytes]:
        while self._framing.pieces or not self._framing.is_whole:
            data = b"".join(self._framing.pieces)
            self._framing.pieces.clear()
            if data:
                yield data
            else:
                self._receive()

    def _receive(self) -> None:
        wire = self._wire
        if wire is None:
            raise RuntimeError("the answer was closed")
        framing = self._framing
        try:
            framing.receive(wire, self._end)
        except OddHead as odd:
            framing = self._framing = Lenient(odd.received)
        self.status, self.headers = framing.status, framing.headers
        if framing.is_whole:
            self._wire = None
            self._give_back(wire) if framing.keeps else wire.close()


def _unpack(decoder: Decoder, body: Iterator[bytes]) -> Iterator[bytes]:
    for data in body:
        yield from decoder.decode(data)
    yield from decoder.finish()
