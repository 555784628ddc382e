"""Tool calls as they may be used: raw text, parsed value and what is wrong, side by side.

Arguments are text that a model wrote. Only a call without an error may be executed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pysailor import Fault, frozen

from ..json_schema import BadSchema
from .calls import write_arguments
from .ending import Ending, guess_ending
from .outcome import Outcome, calls_of, mapping, message_of, objects, outcome_of
from .schema_check import Unusable, find_faults, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNFINISHED: Final = {
    Outcome.TRUNCATED: "the answer was cut off, so this call may be half of one; allow more tokens for the answer",
    Outcome.FILTERED: "the provider's content filter stopped the answer, so this call may be half of one",
    Outcome.REFUSED: "the model refused to answer, so its calls do not count",
}
_BROKEN_OFF: Final = "the service broke the answer off, so this call may be half of one; ask again"


@frozen
class ToolCall:
    """One call: `arguments` is the parsed value (a custom tool's text as it is), None where it cannot be read.

    `arguments_raw` is always the text that the model wrote. `faults` have pointers into the arguments.
    """

    id: str | None
    name: str
    arguments: Any
    arguments_raw: str
    faults: tuple[Fault, ...] = ()
    type: str = "function"

    @property
    def error(self) -> str | None:
        """What keeps the call from being executed, as one line; None if nothing does."""
        return "; ".join(map(str, self.faults)) or None

    def to_json(self) -> dict[str, Any]:
        """Return `{"id", "type", "name", "arguments", "arguments_raw", "error"}`."""
        return {
            "id": self.id,
            "type": self.type,
            "name": self.name,
            "arguments": self.arguments,
            "arguments_raw": self.arguments_raw,
            "error": self.error,
        }


def tool_calls_of(choice: Mapping[str, Any], request: Mapping[str, Any]) -> list[ToolCall]:
    """Return one choice's tool calls, checked."""
    calls = calls_of(message_of(choice))
    if not calls:
        return []
    outcome = outcome_of(choice)
    stopped = _UNFINISHED.get(outcome)
    if outcome is Outcome.TRUNCATED and guess_ending(choice) is not Ending.LENGTH:
        stopped = _BROKEN_OFF
    offered = _parameters_by_name(request)
    return [_check_call(call, offered, stopped) for call in calls]


def _parameters_by_name(request: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """Return the parameters' schema of each offered tool, by type and name."""
    tools = [(str(tool.get("type", "function")), tool) for tool in objects(request.get("tools"))]
    named = [(kind, mapping(tool.get(kind))) for kind, tool in tools if kind in ("function", "custom")]
    named += [("function", function) for function in objects(request.get("functions"))]
    return {(kind, str(tool.get("name"))): tool.get("parameters") for kind, tool in named}


def _check_call(call: Mapping[str, Any], offered: Mapping[tuple[str, str], Any], stopped: str | None) -> ToolCall:
    custom = call.get("type") == "custom" or "custom" in call
    kind = "custom" if custom else "function"
    part = mapping(call.get(kind))
    name = part["name"] if isinstance(part.get("name"), str) else ""
    given = call["id"] if isinstance(call.get("id"), str) else None
    raw = _text_of_arguments(part.get("input" if custom else "arguments"))
    if stopped:
        return ToolCall(given, name, None, raw, (Fault("", stopped),), kind)
    arguments, faults = (raw, []) if custom else _check_arguments(raw, offered.get((kind, name)))
    return ToolCall(given, name, arguments, raw, tuple(_check_offered(kind, name, offered) or faults), kind)


def _check_offered(kind: str, name: str, offered: Mapping[tuple[str, str], Any]) -> list[Fault]:
    if (kind, name) in offered:
        return []
    names = ", ".join(tool for _, tool in offered) or "none"
    said = f"{json.dumps(name, ensure_ascii=False)} is not a {kind} tool of this request" if name else "names no tool"
    return [Fault("", f"{said}; offered: {names}")]


def _check_arguments(raw: str, schema: Any) -> tuple[Any, list[Fault]]:
    """Return the arguments' value and what is wrong; no text at all means no arguments."""
    try:
        value = parse_json(raw) if raw.strip() else {}
    except Unusable as error:
        return None, [error.fault]
    value = {} if value is None else value
    if not isinstance(value, dict):
        return None, [Fault("", "must be an object with the tool's parameters")]
    try:
        return value, find_faults(value, True if schema is None else schema)
    except BadSchema as error:
        return value, [Fault("", f"cannot be checked, since the tool's parameters are no JSON Schema: {error}")]


def _text_of_arguments(value: Any) -> str:
    """Return arguments as text; some servers send the object itself."""
    if value is None or isinstance(value, str):
        return value or ""
    return write_arguments(value)
