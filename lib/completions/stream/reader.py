"""A streamed answer from its first byte to its completion, or to the error that says where it broke."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ...api.sse import LONGEST_EVENT, Event, EventReader, EventTooLong
from ...errors.api_error import ApiError, from_answer
from .merge import Completion

if TYPE_CHECKING:
    from ...api.stream import Piece

_DONE: Final = "[DONE]"
_STATUSES: Final = range(400, 600)
_DECODE: Final = json.JSONDecoder(parse_constant=lambda _: None).decode  # NaN is written by servers and read by nobody


class BrokenStream(ApiError):
    """A streamed answer stopped before its end."""

    def __init__(self, why: str, partial: dict[str, Any], characters: int) -> None:
        super().__init__("cut_off", why)
        self.partial = partial
        self.characters = characters

    def __str__(self) -> str:
        """Return what happened, how much had come, and what to do."""
        came = f"{self.characters} characters had come" if self.characters else "nothing of it had come"
        return f"The streamed answer broke off: {self.why}; {came}. {self.kind.advice}{self._for_support()}"

    def to_json(self) -> dict[str, Any]:
        """Return the members of ApiError and how much had come; not the text itself, since this is logged."""
        return {**super().to_json(), "why": self.why, "characters": self.characters}


class Stream:
    """One streamed answer: feed bytes as they come, and finish at their end.

    `saw_data` tells whether the last feed brought data (comments and pings are none). `done` is true once the server
    has said that nothing follows; the rest is still to be read, so that the connection can be used again.
    """

    def __init__(self, longest_event: int = LONGEST_EVENT) -> None:
        self.done = False
        self.events = 0
        self._reader = EventReader(longest_event)
        self._completion = Completion()

    @property
    def saw_data(self) -> bool:
        """Whether the last feed brought data."""
        return self._reader.saw_data

    def feed(self, received: bytes) -> list[Piece]:
        """Take the next bytes and return the text in them; raise ApiError or BrokenStream."""
        if self.done:
            return []
        try:
            return self._pieces(self._reader.feed(received))
        except EventTooLong as error:
            raise self.broken(str(error)) from error

    def close(self) -> list[Piece]:
        """Return the text that only the end of the bytes makes whole: a last event may lack its blank line."""
        return self._pieces(self._reader.close())

    def finish(self) -> dict[str, Any]:
        """Return the completion now that no more bytes come; raise ApiError or BrokenStream."""
        self.close()
        if not self._completion.has_content:
            raise self.broken("it ended without an answer in it" if self.events else "it ended before anything came")
        unfinished = self._completion.unfinished
        if unfinished and not self.done:
            listed = ", ".join(map(str, unfinished))
            raise self.broken(f"it ended without saying why (no finish_reason for choice {listed})")
        return self._completion.finish()

    def partial(self) -> dict[str, Any]:
        """Return the completion as far as it has come."""
        return self._completion.finish()

    def broken(self, why: str) -> BrokenStream:
        """Return the error for a stream that stops here; the client uses it for what happens to the connection."""
        return BrokenStream(why, self.partial(), self._completion.characters)

    def _pieces(self, events: list[Event]) -> list[Piece]:
        pieces: list[Piece] = []
        for event in events:
            if self.done:
                break
            pieces += self._event(event)
        return pieces

    def _event(self, event: Event) -> list[Piece]:
        text = event.data
        if text.startswith(_DONE):
            self.done = True
            return []
        if event.name == "error":
            raise self._error_in(text, _parse_chunk(text))
        if not text.strip():
            return []
        self.events += 1
        chunk = _parse_chunk(text)
        if chunk is None:
            raise self.broken(f"event {self.events} is not a JSON object")
        if _holds_error(chunk):
            raise self._error_in(text, chunk)
        return self._completion.add(chunk)

    def _error_in(self, text: str, chunk: dict[str, Any] | None) -> ApiError:
        error = _error_of_event(text, chunk)
        error.partial, error.characters = self.partial(), self._completion.characters
        return error


def _parse_chunk(text: str) -> dict[str, Any] | None:
    try:
        chunk = _DECODE(text)
    except (ValueError, RecursionError):
        return None
    return chunk if isinstance(chunk, dict) else None


def _holds_error(chunk: dict[str, Any]) -> bool:
    return bool(chunk.get("error")) or chunk.get("object") == "error" or _error_of_choice(chunk) is not None


def _error_of_choice(chunk: dict[str, Any]) -> Any:
    choices = chunk.get("choices")
    found = [choice.get("error") for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
    return next(filter(None, found), None)


def _error_of_event(text: str, chunk: dict[str, Any] | None) -> ApiError:
    """Return the error that an event tells; a status that it names counts, since that of the answer was 200."""
    said: Any = chunk
    if chunk is not None:
        said = chunk.get("error") or _error_of_choice(chunk) or chunk
    body = text if chunk is None else json.dumps({"error": said})
    code = said.get("code") if isinstance(said, dict) else None
    status = code if isinstance(code, int) and code in _STATUSES else 200
    return from_answer(status, {}, body.encode("utf-8", "replace"))
