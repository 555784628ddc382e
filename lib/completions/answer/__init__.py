"""Answers are not trusted: what one is worth, the value in it, the tool calls in it. Pure; raises nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .outcome import Outcome, choices, message_of, outcome_of, refusal_of, text_of
from .parsing import parsed, parsed_choice, repair_prompt, wants_json
from .tool_calls import tool_calls_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Outcome", "parsed", "repair_prompt", "report", "text_of_first"]


def text_of_first(completion: Mapping[str, Any]) -> str:
    """Give the text of the first choice; "" where there is none."""
    found = choices(completion)
    return text_of(message_of(found[0])) if found else ""


def report(completion: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """Give what stands beside the completion in the emitted message.

    `outcome` always; `refusal` where the model refused; `parsed` or `parse_error` where JSON was asked for and the
    model did not ask for tools first; `tool_calls` where there are any, each with its `error` or None. With several
    choices, `choices` holds the same for each, and the rest tells of the first.
    """
    told = [_reported(choice, request) for choice in choices(completion)]
    if not told:
        told = [_reported({}, request)]
    return {**told[0], "choices": told} if len(told) > 1 else told[0]


def _reported(choice: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    worth = outcome_of(choice)
    told: dict[str, Any] = {"outcome": worth.value}
    refusal = refusal_of(message_of(choice))
    if refusal:
        told["refusal"] = refusal
    if wants_json(request) and worth != Outcome.TOOL_CALLS:
        told |= parsed_choice(choice, request).to_json()
    calls = tool_calls_of(choice, request)
    if calls:
        told["tool_calls"] = [call.to_json() for call in calls]
    return told
