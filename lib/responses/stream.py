"""A streamed response from its first byte to its terminal event, or to the error that says where it broke."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ..api import lenient_json
from ..api.event_stream import LONGEST_WORDS, EventStream
from ..api.sse import LONGEST_EVENT
from ..api.stream import Piece
from ..completions.answer.content import join_surrogates
from ..completions.answer.outcome import choices, mapping, message_of, text_of
from ..completions.stream import BrokenStream
from .answer import PENDING, error_of, read_error, to_completion
from .progress import ResponseProgress

if TYPE_CHECKING:
    from ..api.sse import Event
    from ..errors.api_error import ApiError

_DECODE: Final = json.JSONDecoder().decode
_ENDED: Final = ("completed", "incomplete", "failed", "cancelled")
_NO_RESPONSE: Final = "the last event of the stream held no response; the answer is what had come"
_OTHER_WORDS: Final = "what came piece by piece is not what the answer says in the end; the answer is the latter"


class ResponseStream(EventStream):
    """A streamed response.

    The response that the terminal event holds is the answer; what came before it is for whoever watches.
    """

    def __init__(self, longest_event: int = LONGEST_EVENT) -> None:
        super().__init__(longest_event)
        self._progress = ResponseProgress()
        self._response: dict[str, Any] | None = None
        self._shown: list[str] = []

    @property
    def is_complete(self) -> bool:
        """Whether the terminal event has come, so that nothing is lost if the stream stops here."""
        return self._response is not None

    def close(self) -> list[Piece]:
        """Return the text that only the end of the bytes makes whole: a last event may lack its blank line."""
        return [] if self.done else super().close()

    def finish(self) -> dict[str, Any]:
        """Return the response now that no more bytes come; raise ApiError or BrokenStream."""
        self.close()
        if self._response is not None:
            return self._progress.complete(self._response)
        if self.done and self._progress.has_items:
            return self._progress.response()
        if not self.events:
            raise self.broken("it ended before anything came")
        raise self.broken("it ended before the event that says how the answer ended")

    def partial(self) -> dict[str, Any]:
        """Return the completion as far as it has come."""
        return to_completion(self._progress.response())

    def broken(self, why: str) -> BrokenStream:
        """Return the error for a stream that stops here; the client uses it for what happens to the connection."""
        kept = self._progress.kept_as
        where = f"; the service keeps what it made as {kept}" if kept else ""
        return BrokenStream(f"{why}{where}", self.partial(), self._progress.characters)

    def _event(self, event: Event) -> list[Piece]:
        text = event.data
        if not text.strip():
            return []
        self.events += 1
        documents = _parse(text)
        if documents is None:
            return self._unreadable(event)
        pieces: list[Piece] = []
        for document in documents:
            pieces += self._take(document, event.name)
        self._shown += [piece.text for piece in pieces if piece.kind == "content"]
        return pieces

    def _take(self, document: dict[str, Any], name: str) -> list[Piece]:
        kind = document.get("type")
        kind = kind if isinstance(kind, str) else name
        if kind == "error" or (document.get("error") and not kind.startswith("response.")):
            raise self._with_partial(read_error(_error_of(document), _headers(document)))
        if self.is_complete:
            return []
        response = document.get("response")
        if not isinstance(response, dict):
            if kind.removeprefix("response.") not in _ENDED:
                return self._progress.add(kind, document)
            response = {**self._progress.response(), "status": kind.removeprefix("response.")}
            self._remarks[_NO_RESPONSE] = None
        elif kind.removeprefix("response.") in _ENDED and response.get("status") in (None, "", *PENDING):
            response = {**response, "status": kind.removeprefix("response.")}
        self._progress.keep(response)
        if kind.removeprefix("response.") in _ENDED or response.get("status") in _ENDED:
            self._end(response)
            return self._rest(response)
        return []

    def _rest(self, response: dict[str, Any]) -> list[Piece]:
        """Return the text that the answer holds beyond what came of it; remark upon another one."""
        is_read = isinstance(response.get("output"), list)
        whole = text_of(message_of(choices(to_completion(response))[0])) if is_read else ""
        shown = "".join(self._shown)
        if not whole or whole == shown:
            return []
        if not whole.startswith(shown):
            self._remarks[_OTHER_WORDS] = None
            return []
        return [Piece(0, "content", join_surrogates(whole[len(shown) :]))]

    def _end(self, response: dict[str, Any]) -> None:
        error = error_of(response)
        if error is not None:
            raise self._with_partial(error)
        self._response = response

    def _with_partial(self, error: ApiError) -> ApiError:
        error.partial, error.characters = self.partial(), self._progress.characters
        return error

    def _unreadable(self, event: Event) -> list[Piece]:
        """Pass over an event that is no object: the terminal one holds everything. What is an error in words is one."""
        told = read_error(event.data[:LONGEST_WORDS], {}) if len(event.data) <= LONGEST_WORDS else None
        if event.name == "error" or (told is not None and told.code != "unknown" and not event.data.startswith("{")):
            raise self._with_partial(told or read_error(event.data[:LONGEST_WORDS], {}))
        self._remarks[f"event {self.events} of the stream could not be read, and was left out"] = None
        return []


def _parse(text: str) -> list[dict[str, Any]] | None:
    """Return the objects in an event, almost always one; None if it holds anything else."""
    try:
        found: list[Any] = [_DECODE(text)] if not lenient_json.may_be_odd(text) else lenient_json.parse_all(text)[0]
    except (ValueError, RecursionError):
        return None
    return found if found and all(isinstance(one, dict) for one in found) else None


def _error_of(document: dict[str, Any]) -> Any:
    """Return the error of an event: nested, as the service sends it, or flat, as it documents it."""
    nested = mapping(document.get("error"))
    names = ("type", "code", "message", "param")
    flat = {name: document[name] for name in names if document.get(name) is not None and document[name] != "error"}
    told = {**flat, **{name: nested[name] for name in names if nested.get(name) is not None}}
    return told or document.get("error")


def _headers(document: dict[str, Any]) -> dict[str, str]:
    held = mapping(document.get("headers")) or mapping(mapping(document.get("error")).get("headers"))
    return {str(name).lower(): str(value) for name, value in held.items()}
