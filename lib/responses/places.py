"""Where a place of the request that is sent stands in the chat request that it was made of. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pysailor import pointer_to

from .items import to_items

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_INDEX = 9
_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_LONGEST: Final = 200
_FORMAT: Final = ("text", "format")
_RENAMED: Final[Mapping[tuple[str, ...], tuple[str, ...]]] = {
    ("reasoning", "effort"): ("reasoning_effort",),
    ("text", "verbosity"): ("verbosity",),
    ("input",): ("messages",),
}


def chat_field(param: str, body: Mapping[str, Any]) -> str:
    """Return the name that a field has in the chat request, for one as the service names it: input[2].content."""
    if len(param) > _LONGEST:
        return param
    steps: list[str | int] = [int(index) if index else name for index, name in _STEP.findall(param)]
    moved = chat_path(steps, body)
    return param if moved == steps else _write(moved)


def chat_pointer(pointer: str, body: Mapping[str, Any]) -> str:
    """Return the pointer into the chat request for one into what is sent."""
    steps: list[str | int] = [
        int(step)
        if step.isascii() and step.isdigit() and len(step) <= _LONGEST_INDEX
        else step.replace("~1", "/").replace("~0", "~")
        for step in pointer.split("/")[1:]
    ]
    return pointer_to(chat_path(steps, body))


def chat_path(steps: list[str | int], body: Mapping[str, Any]) -> list[str | int]:
    """Return the steps that lead to the same place of the chat request."""
    if steps[:1] == ["input"] and len(steps) > 1 and isinstance(steps[1], int):
        return ["messages", _message_of(steps[1], body), *steps[2:]]
    if steps[:1] == ["max_output_tokens"] and body.get("max_output_tokens") is None:
        return ["max_completion_tokens" if body.get("max_completion_tokens") is not None else "max_tokens"]
    if steps[:2] == [*_FORMAT] and not _has_own_format(body):
        return ["response_format", *(["json_schema", *steps[2:]] if len(steps) > len(_FORMAT) else ())]
    if steps[:1] == ["tools"] and len(steps) > 2 and isinstance(steps[1], int):  # noqa: PLR2004 - a member of a tool
        return ["tools", steps[1], *_tool_step(steps[1], body), *steps[2:]]
    for theirs, ours in _RENAMED.items():
        if tuple(steps[: len(theirs)]) == theirs and body.get(ours[0]) is not None:
            return [*ours, *steps[len(theirs) :]]
    return steps


def _has_own_format(body: Mapping[str, Any]) -> bool:
    text = body.get("text")
    return isinstance(text, dict) and text.get("format") is not None


def _message_of(place: int, body: Mapping[str, Any]) -> int:
    """Return which message an input item was made of."""
    messages = body.get("messages")
    before = 0
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        before += len(to_items([message], stored=body.get("store") is True))
        if place < before:
            return index
    return place


def _tool_step(index: int, body: Mapping[str, Any]) -> list[str]:
    """Return the step into a tool that a chat request has and Responses has not."""
    tools = body.get("tools")
    tool = tools[index] if isinstance(tools, list) and index < len(tools) else None
    kind = tool.get("type") if isinstance(tool, dict) else None
    return [kind] if isinstance(tool, dict) and isinstance(kind, str) and isinstance(tool.get(kind), dict) else []


def _write(steps: list[str | int]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".")
