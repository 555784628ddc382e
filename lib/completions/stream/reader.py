"""A streamed answer from its first byte to its completion, or to the error that says where it broke."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from ...api import lenient_json
from ...api.event_stream import LONGEST_WORDS, EventStream
from ...api.sse import LONGEST_EVENT, ONE_LINE_END
from ...errors.api_error import ApiError, from_answer
from ..answer.api_shape import unwrap
from ..answer.service_error import find_error
from .merge import Completion

if TYPE_CHECKING:
    from ...api.sse import Event
    from ...api.stream import Piece

_ENDS_DONE: Final = re.compile(r"\[DONE\]\s*$")
_STATUSES: Final = range(400, 600)
_DECODE: Final = json.JSONDecoder().decode


class BrokenStream(ApiError):
    """A streamed answer stopped before its end."""

    def __init__(self, why: str, partial: dict[str, Any], characters: int) -> None:
        super().__init__("cut_off", why)
        self.partial = partial
        self.characters = characters

    def sentence(self) -> str:
        """Return what happened, how much had come, and what to do."""
        came = f"{self.characters} characters had come" if self.characters else "nothing of it had come"
        said = f' The service said: "{self.text}"' if self.text else ""
        return f"The streamed answer broke off: {self.why}; {came}.{said} {self.kind.advice}{self._for_support()}"

    def to_json(self) -> dict[str, Any]:
        """Return the members of ApiError and how much had come; not the text itself, since this is logged."""
        return {**super().to_json(), "why": self.why, "characters": self.characters}


class Stream(EventStream):
    """A streamed completion, put together on the way."""

    def __init__(self, longest_event: int = LONGEST_EVENT) -> None:
        super().__init__(longest_event)
        self._completion = Completion()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was odd about the stream, in sentences."""
        return (*super().remarks, *self._completion.remarks)

    @property
    def is_complete(self) -> bool:
        """Whether every choice that began has ended, so that nothing is lost if the stream stops here."""
        completion = self._completion
        return self.done or (completion.has_content and not completion.unfinished and not completion.ends_early)

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

    def _event(self, event: Event) -> list[Piece]:
        text = event.data
        chunks = self._parse(text)
        if event.name == "error":
            raise self._error_in(text, chunks[0] if chunks else None)
        if not text.strip():
            return []
        self.events += 1
        if chunks is None and self.is_complete:
            self._remarks[f"event {self.events} of the stream could not be read, and was left out"] = None
        elif chunks is None:
            raise self._error_of_text(text)
        return [piece for chunk in chunks or () for piece in self._add(text, chunk)]

    def _add(self, text: str, chunk: dict[str, Any]) -> list[Piece]:
        if find_error(chunk) is not None:
            raise self._error_in(text, chunk)
        inner, remark = unwrap(chunk)
        if remark:
            self._remarks[remark] = None
        return self._completion.add(inner)

    def _error_of_text(self, text: str) -> ApiError:
        """Return the error for an event that is not a chunk: what a service says in plain words keeps its class."""
        broken = self.broken(f"event {self.events} is not a JSON object")
        if not text.lstrip().startswith("{") and len(text) <= LONGEST_WORDS:
            error = self._error_in(text, None)
            if error.code != "unknown":
                return error
            broken.text = error.text
        return broken

    def _parse(self, text: str) -> list[dict[str, Any]] | None:
        """Return the chunks in an event; almost always it is one."""
        try:
            return [self._parse_one(text)]
        except (ValueError, RecursionError):
            pass
        try:
            values, remarks = lenient_json.parse_all(text)
        except (ValueError, RecursionError):
            return None
        chunks = [value for value in values if isinstance(value, dict)]
        if not chunks or len(chunks) < len(values):
            return None
        self._remarks.update(dict.fromkeys(remarks))
        if len(chunks) > 1:
            self._remarks[ONE_LINE_END] = None
        self.done = self.done or _ENDS_DONE.search(text) is not None
        return chunks

    @staticmethod
    def _parse_one(text: str) -> dict[str, Any]:
        chunk = None if lenient_json.may_be_odd(text) else _DECODE(text)
        if not isinstance(chunk, dict):
            raise ValueError("is no JSON object")  # noqa: TRY004 - an object or not, it is read another way
        return chunk

    def _error_in(self, text: str, chunk: dict[str, Any] | None) -> ApiError:
        error = _error_of_event(text, chunk)
        error.partial, error.characters = self.partial(), self._completion.characters
        return error


def _error_of_event(text: str, chunk: dict[str, Any] | None) -> ApiError:
    """Return the error that an event tells; a status that it names counts, since that of the answer was 200."""
    said: Any = chunk
    if chunk is not None:
        said = find_error(chunk) or chunk
    body = text if chunk is None else json.dumps({"error": said})
    code = said.get("code") if isinstance(said, dict) else None
    status = code if isinstance(code, int) and code in _STATUSES else 200
    return from_answer(status, {}, body.encode("utf-8", "replace"))
