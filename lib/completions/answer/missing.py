"""What was asked for and did not come."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from .outcome import Outcome, calls_of, mapping, message_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_CALL_IN_TEXT: Final = re.compile(
    r"<tool_call>|<function_calls?>|<function=|\[TOOL_CALLS\]|<\|tool_calls?|<\uff5ctool\u2581call|<\|python_tag\|>"
)
"""How models write a call that a server is to take out of their text."""

_ABOUT_CALLS: Final = frozenset({"tool_choice", "function_call", "parallel_tool_calls"})
_FINISHED = (Outcome.COMPLETE, Outcome.TOOL_CALLS, Outcome.EMPTY)


def find_missing(found: Sequence[tuple[Mapping[str, Any], Outcome]], request: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each thing that the request asked for and the choices that were found do not hold."""
    asked = request.get("n")
    number = int(asked) if isinstance(asked, (int, float)) and not isinstance(asked, bool) and asked >= 1 else 1
    if len(found) < number:
        came = "none came" if not found else f"{len(found)} came"
        yield f"{_count(number)} asked for (n), {came}"
    for place, (choice, outcome) in enumerate(found):
        if outcome in _FINISHED:
            yield from _find_in_choice(choice, f"choice {place}", outcome, request)
        if request.get("tools") and outcome is Outcome.COMPLETE and _CALL_IN_TEXT.search(text_of(message_of(choice))):
            yield f"the text looks like a tool call, which the server did not take out of it (choice {place})"


def _count(number: int) -> str:
    return "1 answer was" if number == 1 else f"{number} answers were"


def _find_in_choice(
    choice: Mapping[str, Any], name: str, outcome: Outcome, request: Mapping[str, Any]
) -> Iterator[str]:
    message = message_of(choice)
    if request.get("logprobs") is True and text_of(message) and not mapping(choice.get("logprobs")).get("content"):
        yield f"logprobs were asked for and did not come ({name})"
    if not _ABOUT_CALLS.isdisjoint(request) and any(request.get(field) is not None for field in _ABOUT_CALLS):
        yield from _find_missing_calls(calls_of(message), name, request)
    if outcome is Outcome.TOOL_CALLS:
        return
    if "audio" in _as_list(request.get("modalities")) and not message.get("audio"):
        yield f"a spoken answer (audio) was asked for and did not come ({name})"


def _find_missing_calls(calls: list[Mapping[str, Any]], name: str, request: Mapping[str, Any]) -> Iterator[str]:
    choice = request.get("tool_choice") or request.get("function_call")
    wanted = _named_tool(choice)
    called = [str((mapping(call.get("function")) or mapping(call.get("custom"))).get("name")) for call in calls]
    if wanted is not None and wanted not in called:
        instead = f"{', '.join(called)} came instead" if called else "did not come"
        yield f"a call of the tool {wanted} was asked for (tool_choice), and {instead} ({name})"
    elif not calls and (
        choice == "required" or mapping(mapping(choice).get("allowed_tools")).get("mode") == "required"
    ):
        yield f"a tool call was required (tool_choice), and none came ({name})"
    if request.get("parallel_tool_calls") is False and len(calls) > 1:
        yield f"one tool call at a time was asked for (parallel_tool_calls), and {len(calls)} came ({name})"


def _named_tool(choice: Any) -> str | None:
    """Return the tool that a choice names."""
    given = mapping(choice)
    found = (mapping(given.get("function")) or mapping(given.get("custom")) or given).get("name")
    return found if isinstance(found, str) else None


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
