"""A request and its answer as messages with parts, by OpenTelemetry's conventions for generative AI. Pure.

It is made only where the operator wants what was said in traces. Pictures, files and sound are named, not copied.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_INPUT: Final = "gen_ai.input.messages"
_OUTPUT: Final = "gen_ai.output.messages"
_TEXTS: Final = ("text", "input_text", "output_text", "refusal")


def transcript(request: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the conventions' attributes for a chat request and its answer, of either API."""
    given = request.get("messages", request.get("input"))
    asked = [{"role": "user", "content": given}] if isinstance(given, str) else given
    messages = [_message(one) for one in asked or () if isinstance(one, dict)]
    if isinstance(request.get("instructions"), str):
        messages.insert(0, {"role": "system", "parts": [_text(request["instructions"])]})
    return {_INPUT: messages, _OUTPUT: list(_answers(answer))}


def _answers(answer: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for choice in answer.get("choices") or ():
        reason = str(choice.get("finish_reason") or "").removesuffix("s") or "unknown"  # tool_calls is tool_call there
        yield {**_message(choice.get("message") or {}, "assistant"), "finish_reason": reason}
    for item in answer.get("output") or ():
        yield {**_message(item, "assistant"), "finish_reason": str(answer.get("status") or "unknown")}


def _message(message: Mapping[str, Any], role: str = "user") -> dict[str, Any]:
    role = str(message.get("role") or role)
    if role == "tool":
        told = {"type": "tool_call_response", "id": message.get("tool_call_id"), "response": message.get("content")}
        return {"role": role, "parts": [told]}
    parts = [*_parts(message.get("content")), *map(_call, message.get("tool_calls") or ())]
    if isinstance(message.get("refusal"), str):
        parts.append(_text(message["refusal"]))
    kind = message.get("type")
    if kind == "function_call":
        parts.append(_call(message))
    elif kind == "function_call_output":
        role = "tool"
        told = {"type": "tool_call_response", "id": message.get("call_id"), "response": message.get("output")}
        parts.append(told)
    elif not parts and kind:
        parts.append({"type": str(kind)})
    return {"role": role, "parts": parts}


def _parts(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, str):
        yield _text(content)
    for part in content if isinstance(content, list) else ():
        kind = part.get("type") if isinstance(part, dict) else None
        said = part.get("refusal" if kind == "refusal" else "text") if kind in _TEXTS else None
        yield _text(said) if isinstance(said, str) else {"type": str(kind), "left_out": True}


def _text(said: str) -> dict[str, Any]:
    return {"type": "text", "content": said}


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = call.get("function") or call.get("custom") or call
    arguments = function.get("arguments", function.get("input"))
    with suppress(TypeError, ValueError, RecursionError):
        arguments = json.loads(arguments)
    identity = call.get("call_id") or call.get("id")
    return {"type": "tool_call", "id": identity, "name": function.get("name"), "arguments": arguments}
