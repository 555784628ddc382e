"""Chat completions, as the endpoint that the pipeline and the client are handed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ..attachments import inline
from ..cost.usage import usage_of
from ..endpoint import Endpoint
from ..errors.api_error import ApiError, from_answer
from . import answer as answers
from . import request
from .answer.api_shape import NO_CHOICE, to_api_shape
from .answer.ending import Ending, ending_of, raw_reason
from .answer.outcome import calls_of, message_of, outcome_of
from .answer.service_error import find_error
from .step_memory import StepMemory
from .stream import Stream
from .usage_option import relax

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_ITEMS: Final = "response_items"


def read_answer(completion: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the completion in the API's own shape, and the doubts about it.

    Raise ApiError if it holds no choices, or an error. Lenient servers leave the reason out of a choice, so that is a
    doubt and no error.
    """
    error = find_error(completion)
    if error is not None:
        raise from_answer(200, {}, json.dumps({"error": error}).encode())
    mended, remarks = to_api_shape(completion)
    if not isinstance(mended.get("choices"), list):
        raise ApiError("unreadable", "It holds no choices.")
    if not mended["choices"] and NO_CHOICE in remarks:
        raise ApiError("unreadable", "None of its choices holds a message.")
    found = [
        (number, choice, ending)
        for number, choice in enumerate(mended["choices"])
        if isinstance(choice, dict) and (ending := ending_of(choice)) is not Ending.GOOD
    ]
    return mended, (*remarks, *_doubts(found)) if found else remarks


def _doubts(found: Sequence[tuple[int, Mapping[str, Any], Ending]]) -> Iterator[str]:
    """Yield what is odd about the endings of these choices, each with its number."""
    unexplained = ", ".join(str(number) for number, _, ending in found if ending is Ending.UNTOLD)
    if unexplained:
        yield (
            f"the server did not say why it ended (no finish_reason for choice {unexplained}); something may be missing"
        )
    for number, choice, ending in found:
        reason = raw_reason(choice)
        if ending is Ending.UNKNOWN:
            yield f'choice {number} ended with "{reason}", which is not known; it counts as {outcome_of(choice)}'
        elif ending is Ending.BROKEN_OFF:
            yield f'choice {number} was broken off by the service ("{reason}")'
        elif ending is Ending.CALLING and not calls_of(message_of(choice)):
            yield f'choice {number} ended with "{reason}", but holds no tool calls'


def repair(completion: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the body that asks for a better answer and names what was wrong; None if that is no use."""
    parsed = answers.parse_answer(completion, body)
    if parsed is None or parsed.fits or not parsed.repairable:
        return None
    return {**body, "messages": [*body["messages"], *answers.repair_prompt(parsed.faults, completion)]}


def without_response_items(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the body as this endpoint takes it: without what the messages of another one carry along."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not any(map(_carries_items, messages)):
        return body
    kept = [
        {name: value for name, value in message.items() if name != _ITEMS} if _carries_items(message) else message
        for message in messages
    ]
    return {**body, "messages": kept}


def keep_name(field: str, _body: Mapping[str, Any]) -> str:
    """Return the name of a field that a refusal names: it is the body's own."""
    return field


def _carries_items(message: Any) -> bool:
    return message.__class__ is dict and _ITEMS in message


def can_stream(body: Mapping[str, Any]) -> bool:
    """Return whether a body says nothing of streaming, and asks for one answer in words."""
    return "stream" not in body and "audio" not in body and body.get("n") in (None, 1)


COMPLETIONS: Final = Endpoint(
    path="chat/completions",
    build=request.build,
    check=request.check,
    plan=request.plan,
    surcharges=request.surcharges,
    read_answer=read_answer,
    read_stream=Stream,
    report=answers.report,
    repair=repair,
    attach=inline,
    usage=usage_of,
    memory=StepMemory.of,
    relax=relax,
    can_stream=can_stream,
    write=without_response_items,
    name_field=keep_name,
)
