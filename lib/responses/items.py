"""The messages of a chat become input items: one or more for each message, in order. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .message import agrees

if TYPE_CHECKING:
    from collections.abc import Mapping

ITEMS: Final = "response_items"
"""The member of an assistant's message that carries the items of its answer, for the next request."""
_BREAKPOINT: Final = "prompt_cache_breakpoint"
_SERVICE_ONLY: Final = ("status", "created_by")
"""What the service writes into an item and does not take back."""
_OWN_IDS: Final = ("message", "function_call", "custom_tool_call")
"""Items whose id is left out: then nothing is looked up, and no reasoning item is asked for by its id."""


def to_items(messages: Any, *, stored: bool) -> list[Any]:
    """Return the input items of messages; `stored` says that the service keeps what it reasoned."""
    items: list[Any] = []
    custom: set[str] = set()
    for message in messages if isinstance(messages, list) else ():
        if message.__class__ is not dict:
            items.append(message)
        elif message.get("role") == "assistant":
            items += _assistant(message, custom, stored=stored)
        elif message.get("role") == "tool":
            items.append(_tool_result(message, custom))
        else:
            items.append({"role": message.get("role"), "content": _input_content(message.get("content"))})
    return items


def _assistant(message: Mapping[str, Any], custom: set[str], *, stored: bool) -> list[Any]:
    given = message.get("tool_calls")
    calls = [_call(call) for call in given] if isinstance(given, list) else []
    ids = [call.get("call_id") for call in calls if call["type"] == "custom_tool_call"]
    custom.update(one for one in ids if isinstance(one, str))
    kept = message.get(ITEMS)
    if isinstance(kept, list) and agrees(kept, message):
        return _replay_all(kept, stored=stored)
    parts = _output_parts(message)
    said = [{"type": "message", "role": "assistant", "content": parts}] if parts else []
    return [*said, *calls]


def _replay_all(kept: list[Any], *, stored: bool) -> list[Any]:
    """Return the items as they are sent back; reasoning that led to nothing is left out, as it would be refused."""
    items = [item for item in (_replay(item, stored=stored) for item in kept) if item is not None]
    while items and items[-1].get("type") == "reasoning":
        items.pop()
    return items


def _output_parts(message: Mapping[str, Any]) -> list[Any]:
    content = message.get("content")
    parts = [_output_part(part) for part in content] if isinstance(content, list) else []
    if isinstance(content, str) and (content or not message.get("tool_calls")):
        parts = [_output_text(content)]
    if message.get("refusal"):
        parts.append({"type": "refusal", "refusal": message["refusal"]})
    return parts


def _output_text(text: Any) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": []}


def _output_part(part: Any) -> Any:
    is_text = part.__class__ is dict and part.get("type") == "text"
    return _output_text(part.get("text")) if is_text else part


def _call(call: Any) -> dict[str, Any]:
    if call.__class__ is not dict:
        return {"type": "function_call"}
    kind = "custom" if call.get("type") == "custom" else "function"
    called = call.get(kind)
    item_type = "custom_tool_call" if kind == "custom" else "function_call"
    return {"type": item_type, "call_id": call.get("id"), **(called if isinstance(called, dict) else {})}


def _tool_result(message: Mapping[str, Any], custom: set[str]) -> dict[str, Any]:
    call_id = message.get("tool_call_id")
    is_custom = isinstance(call_id, str) and call_id in custom
    kind = "custom_tool_call_output" if is_custom else "function_call_output"
    return {"type": kind, "call_id": call_id, "output": _input_content(message.get("content"))}


def _input_content(content: Any) -> Any:
    return [_input_part(part) for part in content] if isinstance(content, list) else content


def _input_part(part: Any) -> Any:
    """Return a content part as input takes it; a kind that chat does not know stays as it is."""
    if part.__class__ is not dict:
        return part
    kind = part.get("type")
    if kind == "text":
        written = {"type": "input_text", "text": part.get("text")}
    elif kind == "image_url":
        image = part.get("image_url")
        written = {"type": "input_image", **(_picture(image) if isinstance(image, dict) else {"image_url": image})}
    elif kind == "file" and isinstance(part.get("file"), dict):
        written = {"type": "input_file", **part["file"]}
    else:
        return part
    return {**written, _BREAKPOINT: part[_BREAKPOINT]} if _BREAKPOINT in part else written


def _picture(image: Mapping[str, Any]) -> dict[str, Any]:
    return {"image_url" if name == "url" else name: value for name, value in image.items()}


def _replay(item: Any, *, stored: bool) -> Any:
    """Return an item of an earlier answer as it is sent back, None for one that would be refused."""
    if item.__class__ is not dict:
        return None
    kind = item.get("type")
    left = {name: value for name, value in item.items() if value is not None and name not in _SERVICE_ONLY}
    if kind in _OWN_IDS:
        left.pop("id", None)
    elif kind == "reasoning":
        left.pop("content", None)
        left.setdefault("summary", [])
        if "encrypted_content" not in left and not stored:
            return None
    elif kind is None:
        return None
    else:
        return {name: value for name, value in item.items() if value is not None}
    return left
