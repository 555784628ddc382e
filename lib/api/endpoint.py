"""What HTTP has to know of an endpoint: where it is, and how its answers are read. It does not know which there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeAlias

from ..errors.api_error import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .stream import Piece

    ReadAnswer: TypeAlias = Callable[[dict[str, Any]], tuple[dict[str, Any], Sequence[str]]]


class StreamReader(Protocol):
    """Reads one streamed answer: takes bytes as they come, and returns the whole answer at their end."""

    @property
    def saw_data(self) -> bool:
        """Whether the last bytes held data; comments and pings do not count."""

    @property
    def done(self) -> bool:
        """Whether the server has said that nothing follows."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing of the answer is lost if the stream stops here."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was odd about the stream, in sentences."""

    def feed(self, received: bytes) -> Sequence[Piece]:
        """Return the text in the next bytes; raise ApiError."""

    def close(self) -> Sequence[Piece]:
        """Return the text that only the end of the bytes makes whole."""

    def finish(self) -> dict[str, Any]:
        """Return the answer now that no more bytes come; raise ApiError."""

    def broken(self, why: str) -> ApiError:
        """Return the error for a stream that stops here."""


class AnswerFormat(Protocol):
    """An endpoint, as far as HTTP goes."""

    @property
    def path(self) -> str:
        """Where it is, beneath the base URL."""

    def read_stream(self) -> StreamReader:
        """Return a reader for one streamed answer."""

    def read_answer(self, answer: dict[str, Any]) -> tuple[dict[str, Any], Sequence[str]]:
        """Return a whole answer in the API's own shape, and the doubts about it in sentences.

        Raise ApiError if it is no answer of this endpoint.
        """


@dataclass(frozen=True, slots=True)
class WholeAnswerFormat:
    """An endpoint that never streams: its answers hold a list, `member`, of which errors speak as `what`."""

    path: str
    member: str
    what: str

    def read_stream(self) -> NoReturn:
        """Raise ApiError: answers come whole."""
        raise ApiError("unreadable", "It is a stream.")

    def read_answer(self, answer: dict[str, Any]) -> tuple[dict[str, Any], Sequence[str]]:
        """Return the answer; raise ApiError if the list is not in it."""
        if not isinstance(answer.get(self.member), list):
            raise ApiError("unreadable", f"It holds no {self.what}.")
        return answer, ()
