"""Which endpoint the lines of a batch asked: as the batch says, or else as the answer to a line looks. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..completions.endpoint import COMPLETIONS
from ..embeddings.vectors import EMBEDDINGS
from ..moderations.result import MODERATIONS
from ..responses.endpoint import RESPONSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..api.endpoint import WholeAnswerFormat
    from ..endpoint import Endpoint

_BY_PATH: Final[Mapping[str, Endpoint | WholeAnswerFormat]] = {
    one.path.rpartition("/")[2]: one for one in (COMPLETIONS, RESPONSES, EMBEDDINGS, MODERATIONS)
}
_BY_MEMBER: Final = (("choices", COMPLETIONS), ("output", RESPONSES), ("results", MODERATIONS), ("data", EMBEDDINGS))
"""The list that an answer of each endpoint has."""


def find_endpoint(path: str) -> Endpoint | WholeAnswerFormat | None:
    """Return the endpoint of a path such as /v1/embeddings; None if there is no such path, or it is not known."""
    return _BY_PATH.get(path.rstrip("/").rpartition("/")[2])


def recognize(answer: Mapping[str, Any]) -> Endpoint | WholeAnswerFormat:
    """Return the endpoint whose answer this looks like; an answer that looks like none is one of a chat."""
    if answer.get("object") == "response":
        return RESPONSES
    return next((one for name, one in _BY_MEMBER if isinstance(answer.get(name), list)), COMPLETIONS)
