"""An answer as it comes: status and headers at once, the body piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .encoding import decoder_of
from .framing import Framing, Lenient, OddHead, ResponseParts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

    from .wire import Wire


class Reply:
    """An answer whose head has come. Leaving it closes the connection, unless the body was read to its end."""

    def __init__(self, wire: Wire, end: float, give_back: Callable[[Wire], None]) -> None:
        """Read the head before `end`; raise TimedOut, Dropped or WrongEncoding.

        `give_back` gets the wire once the body is whole, if it can carry another request.
        """
        self._wire: Wire | None = wire
        self._give_back = give_back
        self._framing: Framing = ResponseParts()
        self._end = end
        try:
            while not self._framing.status:
                self._receive()
            self._decoder = decoder_of(self.headers.get("content-encoding"))
        except BaseException:
            self.close()
            raise
        self._body = self._parts()

    @property
    def status(self) -> int:
        """The status code."""
        return self._framing.status

    @property
    def headers(self) -> dict[str, str]:
        """The headers by their names in lower case; the values of one that came twice are joined by commas."""
        return self._framing.headers

    def read(self, end: float) -> bytes:
        """Return the next part of the body, b"" once it is whole; raise TimedOut, CutOff or WrongEncoding."""
        self._end = end
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

    def _parts(self) -> Iterator[bytes]:
        framing, decoder = self._framing, self._decoder
        while framing.pieces or not framing.is_whole:
            data = b"".join(framing.pieces)
            framing.pieces.clear()
            if not data:
                self._receive()
            elif decoder is None:
                yield data
            else:
                yield from filter(None, decoder.decode(data))
        if decoder is not None:
            decoder.finish()

    def _receive(self) -> None:
        wire = self._wire
        if wire is None:
            raise RuntimeError("the answer was closed")
        try:
            self._framing.receive(wire, self._end)
        except OddHead as odd:
            self._framing = Lenient(odd.received)
        if self._framing.is_whole:
            self._wire = None
            self._give_back(wire) if self._framing.keeps else wire.close()
