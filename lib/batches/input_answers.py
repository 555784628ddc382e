"""The answer to a line that holds an input, as a message's members: vectors, or what a moderation found. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..cost.usage import Usage
from ..embeddings.result import read_usage
from ..embeddings.vectors import EMBEDDINGS, read_vectors
from ..moderations.result import MODERATIONS, Moderation, combine, read_result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..api.endpoint import WholeAnswerFormat

INPUT_ENDPOINTS: Final[Mapping[str, WholeAnswerFormat]] = {one.path: one for one in (EMBEDDINGS, MODERATIONS)}
"""The endpoints whose requests hold an input and no messages, by their paths."""
FREE: Final = Decimal(0)
_NOT_OF_A_LINE: Final = ("tries",)


class InputAnswer(NamedTuple):
    """What is emitted, what it took, and the doubts about it in sentences; a moderation is free."""

    members: dict[str, Any]
    usage: Usage
    doubts: tuple[str, ...] = ()
    is_free: bool = False


def read_input_answer(path: str, answer: dict[str, Any], request: Mapping[str, Any]) -> InputAnswer:
    """Return what an answer holds; raise ApiError if it is not whole, or not what was asked for.

    `request` is what was sent, empty if that is not known.
    """
    body, doubts = INPUT_ENDPOINTS[path].read_answer(answer)
    if path == MODERATIONS.path:
        return InputAnswer(_moderation(body), Usage(0, known=True), tuple(doubts), is_free=True)
    count = len(body["data"]) if not request else count_inputs(request.get("input"))
    dimensions = request.get("dimensions")
    vectors, more = read_vectors(body, count, dimensions if dimensions.__class__ is int else None)
    placed = {"embeddings": vectors} if holds_several(request.get("input"), count) else {"embedding": vectors[0]}
    told = {"model": body.get("model"), "dimensions": len(vectors[0]), "count": len(vectors)}
    return InputAnswer({**placed, **told}, read_usage(body), (*doubts, *more))


def count_inputs(given: Any) -> int:
    """Return how many texts an input of /embeddings has: a list of numbers is the tokens of one."""
    return len(given) if isinstance(given, list) and not _is_tokens(given) else 1


def holds_several(given: Any, count: int) -> bool:
    """Return whether an input is a list of texts; of one that is not known, the count tells."""
    return count > 1 or (isinstance(given, list) and not _is_tokens(given))


def _is_tokens(given: Sequence[Any]) -> bool:
    return bool(given) and all(one.__class__ is int for one in given)


def _moderation(answer: Mapping[str, Any]) -> dict[str, Any]:
    found = combine([read_result(answer)], {})
    told = Moderation(**found, model=str(answer.get("model") or ""), tries=(), request_id=None, seconds=0.0).to_json()
    return {name: value for name, value in told.items() if name not in _NOT_OF_A_LINE}
