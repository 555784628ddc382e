"""Answers are not trusted: how one ended, the value in it, the tool calls in it. Pure; raises nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .missing import find_missing
from .outcome import Outcome, choices, message_of, outcome_of, refusal_of, text_of
from .parsing import Why, parse_answer, parse_choice, repair_prompt, wants_json
from .tool_calls import tool_calls_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Outcome", "parse_answer", "repair_prompt", "report", "text_of_first"]


def text_of_first(completion: Mapping[str, Any]) -> str:
    """Return the text of the first choice; "" where there is none."""
    found = choices(completion)
    return text_of(message_of(found[0])) if found else ""


def report(completion: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands beside the completion in the emitted message.

    `outcome` always; `refusal` where the model refused; `parsed` or `parse_error` where JSON was asked for and the
    model did not ask for tools first; `tool_calls` where there are any, each with its `error` or None. With several
    choices, `choices` holds the same for each, and the rest tells of the first. `warnings` tells what was asked for and
    did not come, and what stood around the JSON, in sentences.
    """
    found = [(choice, outcome_of(choice)) for choice in choices(completion)]
    warnings = dict.fromkeys(find_missing(found, request))
    reports = [_report_choice(choice, outcome, request, warnings) for choice, outcome in found or [({}, Outcome.EMPTY)]]
    several = {"choices": reports} if len(reports) > 1 else {}
    remarked = {"warnings": list(warnings)} if warnings else {}
    return {**reports[0], **several, **remarked}


def _report_choice(
    choice: Mapping[str, Any], outcome: Outcome, request: Mapping[str, Any], warnings: dict[str, None]
) -> dict[str, Any]:
    members: dict[str, Any] = {"outcome": outcome.value}
    refusal = refusal_of(message_of(choice))
    if refusal:
        members["refusal"] = refusal
    if wants_json(request) and outcome != Outcome.TOOL_CALLS:
        found = parse_choice(choice, request)
        members |= found.to_json()
        warnings.update(dict.fromkeys(found.remarks))
        if found.why is Why.NOT_JSON:
            warnings["JSON was asked for, and the answer is none"] = None
    calls = tool_calls_of(choice, request)
    if calls:
        members["tool_calls"] = [call.to_json() for call in calls]
    return members
