"""A Responses request as the chat request that it amounts to, and what is refused although the schema takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ErrorReply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

THOUGHTS = "sandbox-thoughts-"
"""What the encrypted content of the sandbox's own reasoning begins with."""
_SAME = (
    *("model", "temperature", "top_p", "top_logprobs", "parallel_tool_calls", "metadata", "service_tier", "stream"),
    *("safety_identifier", "prompt_cache_key", "prompt_cache_options", "moderation", "user", "store"),
)
_PARTS = {"input_text": "text", "output_text": "text", "input_image": "image_url", "input_file": "file"}
_CALLS = {"function_call": ("function", "arguments"), "custom_tool_call": ("custom", "input")}
_RESULTS = ("function_call_output", "custom_tool_call_output")


def to_chat(body: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the chat request; `items` are all that the model sees, those before the request included."""
    chat: dict[str, Any] = {name: body[name] for name in _SAME if body.get(name) is not None}
    told = [{"role": "system", "content": body["instructions"]}] if body.get("instructions") else []
    chat["messages"] = [*told, *_messages(items)]
    text, reasoning = body.get("text") or {}, body.get("reasoning") or {}
    tools = [_tool(tool) for tool in body.get("tools") or () if tool["type"] in ("function", "custom")]
    more = {
        "max_completion_tokens": body.get("max_output_tokens"),
        "response_format": _format(text.get("format")),
        "verbosity": text.get("verbosity"),
        "reasoning_effort": reasoning.get("effort"),
        "tools": tools or None,
        "tool_choice": _choice(body.get("tool_choice")) if tools else None,
        "logprobs": True if "message.output_text.logprobs" in (body.get("include") or ()) else None,
    }
    if not tools:
        chat.pop("parallel_tool_calls", None)
    return {**chat, **{name: value for name, value in more.items() if value is not None}}


def input_items(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the items of the input; a text is one message of the user."""
    given = body["input"]
    return [{"role": "user", "content": given}] if isinstance(given, str) else list(given)


def first_fault(items: Sequence[Mapping[str, Any]]) -> ErrorReply | None:
    """Return the first rule between items that the input breaks."""
    return next(_faults(items), None)


def _faults(items: Sequence[Mapping[str, Any]]) -> Iterator[ErrorReply]:
    called = {item["call_id"] for item in items if item.get("type") in _CALLS}
    answered = {item["call_id"] for item in items if item.get("type") in _RESULTS}
    for item in items:
        call_id = item.get("call_id")
        if item.get("type") in _CALLS and call_id not in answered:
            yield ErrorReply(f"No tool output found for function call {call_id}.", param="input")
        if item.get("type") in _RESULTS and call_id not in called:
            yield ErrorReply(f"No tool call found for function call output with call_id {call_id}.", param="input")
    for place, item in enumerate(items):
        if item.get("type") == "reasoning":
            yield from _reasoning_faults(place, item, items)


def _reasoning_faults(place: int, item: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Iterator[ErrorReply]:
    known, thoughts = item.get("id"), item.get("encrypted_content")
    if thoughts is None:
        yield ErrorReply(
            f"Item with id '{known}' not found. Items are not persisted when `store` is set to false. Try again with "
            "`store` set to true, or remove this item from your input.",
            status=404,
            param="input",
        )
    elif not str(thoughts).startswith(THOUGHTS):
        yield ErrorReply(
            f"The encrypted content for item {known} could not be verified.", code="invalid_encrypted_content"
        )
    led_to = items[place + 1] if place + 1 < len(items) else {}
    if led_to.get("type") not in (*_CALLS, "message", "reasoning", "web_search_call"):
        yield ErrorReply(
            f"Item '{known}' of type 'reasoning' was provided without its required following item.", param="input"
        )


def _messages(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    for item in items:
        kind = item.get("type", "message")
        if kind in _RESULTS:
            messages.append({"role": "tool", "tool_call_id": item["call_id"], "content": _content(item["output"])})
        elif kind in _CALLS:
            _last_answer(messages).setdefault("tool_calls", []).append(_call(item))
        elif kind == "message" and item["role"] == "assistant":
            answer = _last_answer(messages)
            answer["content"] = f"{answer.get('content') or ''}{_text_of(item['content'])}"
        elif kind == "message":
            messages.append({"role": item["role"], "content": _content(item["content"])})
    return messages


def _last_answer(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the assistant's message at the end, a new one if there is none."""
    if not messages or messages[-1]["role"] != "assistant":
        messages.append({"role": "assistant", "content": None})
    return messages[-1]


def _call(item: Mapping[str, Any]) -> dict[str, Any]:
    kind, member = _CALLS[item["type"]]
    return {"id": item["call_id"], "type": kind, kind: {"name": item["name"], member: item[member]}}


def _text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or part.get("refusal") or "" for part in content)


def _content(content: Any) -> Any:
    return [_part(part) for part in content] if isinstance(content, list) else content


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    kind = _PARTS.get(part["type"], part["type"])
    if kind == "text":
        return {"type": "text", "text": part["text"]}
    rest = {name: value for name, value in part.items() if name not in ("type", "image_url", "detail")}
    if kind == "image_url":
        detail = {"detail": part["detail"]} if part.get("detail") else {}
        return {"type": kind, "image_url": {"url": part.get("image_url") or part.get("file_id"), **detail}}
    return {"type": kind, kind: rest}


def _format(wanted: Mapping[str, Any] | None) -> Any:
    if not wanted or wanted["type"] != "json_schema":
        return wanted
    return {"type": "json_schema", "json_schema": {name: value for name, value in wanted.items() if name != "type"}}


def _tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    kind = tool["type"]
    rest = {name: value for name, value in tool.items() if name != "type" and value is not None}
    if kind == "custom" and (rest.get("format") or {}).get("type") == "grammar":
        grammar = {name: value for name, value in rest["format"].items() if name != "type"}
        rest["format"] = {"type": "grammar", "grammar": grammar}
    return {"type": kind, kind: rest}


def _choice(choice: Any) -> Any:
    if not isinstance(choice, dict):
        return choice
    kind = choice["type"]
    if kind == "allowed_tools":
        allowed = [_choice(tool) for tool in choice["tools"]]
        return {"type": kind, kind: {"mode": choice["mode"], "tools": allowed}}
    return {"type": kind, kind: {"name": choice["name"]}} if "name" in choice else None
