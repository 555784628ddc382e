"""A response cut into the events of a stream, in the order in which the service sends them; no [DONE] at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..answers import tokens
from ..reply import Packet, encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_STREAMED = {
    "function_call": ("arguments", "function_call_arguments"),
    "custom_tool_call": ("input", "custom_tool_call_input"),
}
_SHOWN = {"output_text": "text", "refusal": "refusal"}


def event_packets(response: Mapping[str, Any], wait: float = 0.0) -> list[Packet]:
    """Return the whole stream, one event a packet, `wait` seconds before each but the first."""
    events = [{**event, "sequence_number": number} for number, event in enumerate(_events(response))]
    lines = [b"event: %b\ndata: %b\n\n" % (event["type"].encode(), encode(event)) for event in events]
    return [Packet(line, wait if number else 0.0) for number, line in enumerate(lines)]


def _events(response: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    begun = {**response, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for place, item in enumerate(response["output"]):
        yield from _item(place, item)
    yield {"type": f"response.{response['status']}", "response": response}


def _item(place: int, item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    at = {"item_id": item["id"], "output_index": place}
    yield {"type": "response.output_item.added", "output_index": place, "item": _opening(item)}
    for inner, part in enumerate(item.get("content") or ()):
        yield from _part({**at, "content_index": inner}, part)
    for inner, part in enumerate(item.get("summary") or ()):
        yield from _summary({**at, "summary_index": inner}, part)
    if item["type"] in _STREAMED:
        member, stem = _STREAMED[item["type"]]
        for token in tokens(item[member]):
            yield {"type": f"response.{stem}.delta", **at, "delta": token}
        yield {"type": f"response.{stem}.done", **at, "name": item["name"], member: item[member]}
    if item["type"] == "web_search_call":
        for state in ("in_progress", "searching", "completed"):
            yield {"type": f"response.web_search_call.{state}", **at}
    yield {"type": "response.output_item.done", "output_index": place, "item": item}


def _opening(item: Mapping[str, Any]) -> dict[str, Any]:
    empty = {name: "" for name in ("arguments", "input") if name in item}
    lists: dict[str, Any] = {name: [] for name in ("content", "summary") if name in item}
    state = {"status": "in_progress"} if "status" in item else {}
    return {**item, **empty, **lists, **state}


def _part(at: Mapping[str, Any], part: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    member = _SHOWN[part["type"]]
    empty: dict[str, Any] = {"annotations": [], "logprobs": []} if part["type"] == "output_text" else {}
    yield {"type": "response.content_part.added", **at, "part": {"type": part["type"], member: "", **empty}}
    likely: dict[str, Any] = {"logprobs": []} if part["type"] == "output_text" else {}
    for token in tokens(part[member]):
        yield {"type": f"response.{part['type']}.delta", **at, "delta": token, **likely}
    for number, mark in enumerate(part.get("annotations") or ()):
        yield {
            "type": "response.output_text.annotation.added",
            **at,
            "annotation_index": number,
            "annotation": mark,
        }
    yield {"type": f"response.{part['type']}.done", **at, member: part[member], **likely}
    yield {"type": "response.content_part.done", **at, "part": part}


def _summary(at: Mapping[str, Any], part: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    empty = {"type": "summary_text", "text": ""}
    yield {"type": "response.reasoning_summary_part.added", **at, "part": empty}
    for token in tokens(part["text"]):
        yield {"type": "response.reasoning_summary_text.delta", **at, "delta": token}
    yield {"type": "response.reasoning_summary_text.done", **at, "text": part["text"]}
    yield {"type": "response.reasoning_summary_part.done", **at, "part": part}
