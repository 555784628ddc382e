"""A chat completion of the sandbox as the response that the other endpoint would give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .request import THOUGHTS

if TYPE_CHECKING:
    from collections.abc import Mapping

_PAGE = "https://example.com/sandbox"
_ECHOED = (
    *("instructions", "max_output_tokens", "max_tool_calls", "metadata", "previous_response_id", "prompt_cache_key"),
    *("reasoning", "safety_identifier", "temperature", "text", "tool_choice", "tools", "top_p", "truncation"),
    *("parallel_tool_calls", "background", "store", "top_logprobs"),
)
_NO_PICTURES = {
    "input_tokens": 0,
    "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
    "output_tokens": 0,
    "total_tokens": 0,
}
_USUAL = {"tool_choice": "auto", "tools": [], "parallel_tool_calls": True, "store": True, "truncation": "disabled"}


def to_response(body: Mapping[str, Any], completion: Mapping[str, Any], *, reasons: bool) -> dict[str, Any]:
    """Return the response object, as far as the completion goes: without choices there is no output."""
    digest = completion["id"].removeprefix("chatcmpl-")
    response = {
        "id": f"resp_{digest}",
        "object": "response",
        "created_at": completion["created"],
        **{name: body.get(name, _USUAL.get(name)) for name in _ECHOED},
        "model": completion["model"],
        "service_tier": completion["service_tier"],
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "usage": _usage(completion["usage"]),
    }
    if "choices" not in completion:
        return response
    choice = completion["choices"][0]
    response["output"] = [*_before(body, digest, reasons=reasons), *_items(body, choice, digest)]
    if searches(body):
        response["tool_usage"] = {"image_gen": _NO_PICTURES, "web_search": {"num_requests": 1}}
    return {**response, **_ending(choice["finish_reason"])}


def searches(body: Mapping[str, Any]) -> bool:
    """Return whether the web is searched: it is whenever the request offers to."""
    return any(tool["type"].startswith("web_search") for tool in body.get("tools") or ())


def _before(body: Mapping[str, Any], digest: str, *, reasons: bool) -> list[dict[str, Any]]:
    """Return what comes before the answer: the reasoning, and the search."""
    asked = (body.get("reasoning") or {}).get("summary")
    summary = [{"type": "summary_text", "text": "The sandbox does not think."}] if asked else []
    thought = {
        "type": "reasoning",
        "id": f"rs_{digest}",
        "summary": summary,
        "encrypted_content": f"{THOUGHTS}{digest}",
    }
    action = {"type": "search", "query": "sandbox"}
    search = {"type": "web_search_call", "id": f"ws_{digest}", "status": "completed", "action": action}
    return [*([thought] if reasons else ()), *([search] if searches(body) else ())]


def _items(body: Mapping[str, Any], choice: Mapping[str, Any], digest: str) -> list[dict[str, Any]]:
    message = choice["message"]
    parts: list[dict[str, Any]] = []
    if message["content"] is not None:
        text: dict[str, Any] = {"type": "output_text", "text": message["content"], "annotations": [], "logprobs": []}
        if searches(body):
            cited = {"start_index": 0, "end_index": len(message["content"]), "url": _PAGE, "title": "Sandbox"}
            text["annotations"] = [{"type": "url_citation", **cited}]
        if choice.get("logprobs"):
            text["logprobs"] = choice["logprobs"]["content"]
        parts.append(text)
    if message.get("refusal"):
        parts.append({"type": "refusal", "refusal": message["refusal"]})
    status = "incomplete" if choice["finish_reason"] in ("length", "content_filter") else "completed"
    head = {"type": "message", "id": f"msg_{digest}", "role": "assistant", "status": status}
    calls = [_call(call, index, digest) for index, call in enumerate(message.get("tool_calls") or ())]
    return [*([{**head, "content": parts}] if parts else ()), *calls]


def _call(call: Mapping[str, Any], index: int, digest: str) -> dict[str, Any]:
    if call["type"] == "custom":
        return {"type": "custom_tool_call", "id": f"ctc_{digest}{index}", "call_id": call["id"], **call["custom"]}
    return {
        "type": "function_call",
        "id": f"fc_{digest}{index}",
        "status": "completed",
        "call_id": call["id"],
        **call["function"],
    }


def _ending(finish_reason: str) -> dict[str, Any]:
    reasons = {"length": "max_output_tokens", "content_filter": "content_filter"}
    if finish_reason not in reasons:
        return {}
    return {"status": "incomplete", "incomplete_details": {"reason": reasons[finish_reason]}}


def _usage(usage: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "input_tokens": usage["prompt_tokens"],
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": usage["completion_tokens"],
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage["total_tokens"],
    }
