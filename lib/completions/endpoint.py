"""Chat completions, as the endpoint that the pipeline and the client are handed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ..api.servers import CHAT
from ..endpoint import Endpoint
from ..errors.api_error import ApiError, from_answer
from . import answer as answers
from . import request
from .answer.outcome import calls_of, is_known, message_of, reason_of
from .stream import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CALLING: Final = ("tool_calls", "tool_call", "tool_use", "function_call")


def read_answer(completion: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the doubts about how the choices ended; raise ApiError if there are none, or one holds an error.

    Lenient servers leave the reason out, so it is a doubt and no error.
    """
    choices = completion.get("choices")
    if not isinstance(choices, list):
        raise ApiError("unreadable", "It holds no choices.")
    found = [(number, choice) for number, choice in enumerate(choices) if isinstance(choice, dict)]
    for _, choice in found:
        if choice.get("error"):
            raise from_answer(200, {}, json.dumps({"error": choice["error"]}).encode())
    return tuple(_doubts(found))


def _doubts(found: list[tuple[int, dict[str, Any]]]) -> Iterator[str]:
    unexplained = ", ".join(str(number) for number, choice in found if not choice.get("finish_reason"))
    if unexplained:
        yield (
            f"the server did not say why it ended (no finish_reason for choice {unexplained}); something may be missing"
        )
    for number, choice in found:
        reason = reason_of(choice)
        if not is_known(reason):
            yield f'choice {number} ended with "{reason}", which is not known; it counts as cut off'
        if reason in _CALLING and not calls_of(message_of(choice)):
            yield f'choice {number} ended with "{reason}", but holds no tool calls'


def repair(completion: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the body that asks for a better answer and names what was wrong; None if that is no use."""
    parsed = answers.parse_answer(completion, body)
    if parsed is None or parsed.fits or not parsed.repairable:
        return None
    return {**body, "messages": [*body["messages"], *answers.repair_prompt(parsed.faults, completion)]}


COMPLETIONS: Final = Endpoint(
    path=CHAT,
    build=request.build,
    check=request.check,
    plan=request.plan,
    read_answer=read_answer,
    read_stream=Stream,
    report=answers.report,
    repair=repair,
)
