"""Chat completions, as the endpoint that the pipeline and the client are handed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..api.servers import CHAT
from ..endpoint import Endpoint
from ..errors.api_error import ApiError
from . import answer as answers
from . import request
from .stream import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_answer(completion: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a doubt if choices ended without a reason; raise ApiError if there are none.

    Lenient servers leave the reason out, so it is a doubt and no error.
    """
    choices = completion.get("choices")
    if not isinstance(choices, list):
        raise ApiError("unreadable", "It holds no choices.")
    unexplained = [
        str(number)
        for number, choice in enumerate(choices)
        if isinstance(choice, dict) and not choice.get("finish_reason")
    ]
    if not unexplained:
        return ()
    listed = ", ".join(unexplained)
    return (f"the server did not say why it ended (no finish_reason for choice {listed}); something may be missing",)


def repair(completion: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the body that asks for a better answer and names what was wrong; None if that is no use."""
    parsed = answers.parsed(completion, body)
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
