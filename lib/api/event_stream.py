"""What streamed answers of all endpoints have in common: bytes in, text out, until the server says that it is done."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from .sse import LONGEST_EVENT, Event, EventReader, EventTooLong

if TYPE_CHECKING:
    from ..errors.api_error import ApiError
    from .stream import Piece

LONGEST_WORDS: Final = 500
"""Characters of an event that is not JSON and may be a refusal in words."""
_DONE: Final = re.compile(r'\s*(?:data:\s*)*"?\[DONE\]')


class EventStream(ABC):
    """One streamed answer: feed bytes as they come, and finish at their end.

    `saw_data` tells whether the last feed brought data (comments and pings are none). `done` is true once the server
    has said that nothing follows; the rest is still to be read, so that the connection can be used again.
    """

    def __init__(self, longest_event: int = LONGEST_EVENT) -> None:
        self.done = False
        self.events = 0
        self._reader = EventReader(longest_event)
        self._remarks: dict[str, None] = {}

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was odd about the stream, in sentences."""
        return (*self._reader.remarks, *self._remarks)

    @property
    def saw_data(self) -> bool:
        """Whether the last feed brought data."""
        return self._reader.saw_data

    def feed(self, received: bytes) -> list[Piece]:
        """Take the next bytes and return the text in them; raise ApiError."""
        if self.done:
            return []
        try:
            return self._pieces(self._reader.feed(received))
        except EventTooLong as error:
            raise self.broken(str(error)) from error

    def close(self) -> list[Piece]:
        """Return the text that only the end of the bytes makes whole: a last event may lack its blank line."""
        return self._pieces(self._reader.close())

    @abstractmethod
    def broken(self, why: str) -> ApiError:
        """Return the error for a stream that stops here; the client uses it for what happens to the connection."""

    @abstractmethod
    def _event(self, event: Event) -> list[Piece]:
        """Take one event and return the text in it; raise ApiError."""

    def _pieces(self, events: list[Event]) -> list[Piece]:
        pieces: list[Piece] = []
        for event in events:
            if self.done:
                break
            if not event.data.startswith("{") and _DONE.match(event.data):
                self.done = True
            else:
                pieces += self._event(event)
        return pieces
