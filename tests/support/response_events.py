"""Streams of the Responses API, written after its reference: the events of an answer, and the bytes they become."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD = {"id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-5.5", "tools": [], "tool_choice": "auto"}
USAGE = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
TEXT = "Naïve café 🙂 end."
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]}
MESSAGE = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": TEXT, "annotations": []}],
}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": '{"a":1}'}
CUSTOM = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_2", "name": "g", "input": "x y"}
OUTPUT: list[dict[str, Any]] = [THOUGHT, MESSAGE, CALL, CUSTOM]


def response(status: str = "completed", output: Iterable[dict[str, Any]] = OUTPUT, **more: Any) -> dict[str, Any]:
    usage = USAGE if status in ("completed", "incomplete") else None
    return {**HEAD, "status": status, "output": list(output), "usage": usage, **more}


def started() -> list[dict[str, Any]]:
    begun = response("in_progress", ())
    return [{"type": "response.created", "response": begun}, {"type": "response.in_progress", "response": begun}]


def answered() -> list[dict[str, Any]]:
    """Return the events of an answer with reasoning, text and two calls, up to the terminal one."""
    events = started()
    for place, item in enumerate(OUTPUT):
        at = {"output_index": place, "item_id": item["id"]}
        events.append({"type": "response.output_item.added", "output_index": place, "item": opening(item)})
        events += of_item(at, item)
        events.append({"type": "response.output_item.done", "output_index": place, "item": item})
    return events


def opening(item: dict[str, Any]) -> dict[str, Any]:
    return {
        name: "" if name in ("arguments", "input") else [] if isinstance(value, list) else value
        for name, value in item.items()
    }


def of_item(at: dict[str, Any], item: dict[str, Any]) -> list[dict[str, Any]]:
    if item is THOUGHT:
        inner = {**at, "summary_index": 0}
        return [
            {"type": "response.reasoning_summary_part.added", **inner, "part": {"type": "summary_text", "text": ""}},
            *deltas("response.reasoning_summary_text", inner, "Hm.", "text"),
            {"type": "response.reasoning_summary_part.done", **inner, "part": item["summary"][0]},
        ]
    if item is MESSAGE:
        inner = {**at, "content_index": 0}
        return [
            {"type": "response.content_part.added", **inner, "part": {"type": "output_text", "text": ""}},
            *deltas("response.output_text", inner, TEXT, "text"),
            {"type": "response.content_part.done", **inner, "part": item["content"][0]},
        ]
    if item is CALL:
        return deltas("response.function_call_arguments", at, item["arguments"], "arguments")
    return deltas("response.custom_tool_call_input", at, item["input"], "input")


def deltas(stem: str, at: dict[str, Any], text: str, whole: str) -> list[dict[str, Any]]:
    cut = [text[start : start + 3] for start in range(0, len(text), 3)]
    return [
        *({"type": f"{stem}.delta", **at, "delta": bit} for bit in cut),
        {"type": f"{stem}.done", **at, whole: text},
    ]


def sse(events: Iterable[dict[str, Any]], *, ascii_only: bool = True) -> bytes:
    """Return the bytes of a stream, numbered as the service numbers them."""
    lines = []
    for number, event in enumerate(events):
        data = json.dumps({**event, "sequence_number": number}, ensure_ascii=ascii_only)
        lines.append(f"event: {event['type']}\ndata: {data}\n\n")
    return "".join(lines).encode()


def whole(status: str = "completed", **more: Any) -> bytes:
    """Return the whole stream of an answer."""
    return sse([*answered(), {"type": f"response.{status}", "response": response(status, **more)}])
