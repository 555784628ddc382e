"""A response becomes a chat completion with one choice, or the error that it tells. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ..completions.answer.api_shape import to_api_shape
from ..completions.answer.outcome import mapping, objects
from ..errors.api_error import ApiError, from_answer
from .items import ITEMS
from .message import IN_CHAT, find_unread, holds_more, is_of_another, logprobs_of, to_message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PENDING: Final = ("queued", "in_progress")
_SAME: Final = ("model", "service_tier", "metadata", "moderation")
_BESIDE: Final = (
    *("status", "incomplete_details", "reasoning", "tool_usage", "input_transformations", "previous_response_id"),
    *("conversation", "background", "completed_at"),
)
"""What has no place in a chat completion and is handed on beside it."""
_COUNTS: Final = {
    "input_tokens": "prompt_tokens",
    "output_tokens": "completion_tokens",
    "input_tokens_details": "prompt_tokens_details",
    "output_tokens_details": "completion_tokens_details",
}
_LONGEST_KIND, _MOST_KINDS = 60, 5
_LATEST: Final = 10**15  # seconds; a later day is none
_BESIDE_OUTPUT: Final = "the answer's text stood beside an empty output (output_text); it was found all the same"
_OF_A_CHAT: Final = (
    "the server answered as Chat Completions do, though it was asked over Responses; set API to Chat Completions"
)
_UNFINISHED: Final = "it says that it is complete, and that a part of it is not finished; it counts as cut off"
_FINISHED: Final = (None, "", "completed")
_BESIDE_CHAT: Final = (
    *("mcp_approval_request", "computer_call", "shell_call", "local_shell_call", "apply_patch_call", "mcp_list_tools"),
    *("web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "mcp_call", "reasoning"),
    *("compaction", "tool_search_call", "tool_search_output", "program", "program_output", "shell_call_output"),
)
"""Items that are known, and that a chat's message has no place for."""
_FOR_A_CLIENT: Final = ("mcp_approval_request", "computer_call", "shell_call", "local_shell_call", "apply_patch_call")
"""Items that wait for an answer which no flow can give."""
_DOCUMENTS: Final = ("json_schema", "json_object")


def read_answer(response: dict[str, Any]) -> tuple[dict[str, Any], Sequence[str]]:
    """Return the chat completion that a response makes, and the doubts about it in sentences.

    Raise ApiError if it tells an error, was cancelled, or is no response.
    """
    error = error_of(response)
    if error is not None:
        raise error
    if not isinstance(response.get("output"), list):
        if objects(response.get("choices")):
            completion, remarks = to_api_shape(response)
            return completion, (_OF_A_CHAT, *remarks)
        raise ApiError("unreadable", "It holds no output.")
    response, remark = _with_output(response)
    completion, remarks = to_api_shape(to_completion(response))
    return completion, (*remark, *remarks, *_doubts(response))


def _with_output(response: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the response with items; a text that stands beside an empty output is the answer all the same."""
    text = response.get("output_text")
    if response["output"] or not isinstance(text, str) or not text:
        return response, ()
    item = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    return {**response, "output": [item]}, (_BESIDE_OUTPUT,)


def error_of(response: Mapping[str, Any]) -> ApiError | None:
    """Return the error of a response that failed or was cancelled, or of a document that is nothing but an error."""
    status, told = response.get("status"), response.get("error")
    if status == "cancelled":
        error = ApiError("response_cancelled")
    elif status == "failed" or told:
        error = read_error(told, {})
    elif response.get("type") == "error" or response.get("object") == "error":
        error = read_error(response, {})
    else:
        return None
    if isinstance(response.get("output"), list):
        error.partial = to_completion(response)
    return error


def read_error(told: Any, headers: Mapping[str, str]) -> ApiError:
    """Return the error that a service tells within an answer whose status says yes."""
    if not told:
        return ApiError("server_error", "It says that it failed, and not why.")
    return from_answer(200, headers, json.dumps({"error": told}).encode("utf-8", "replace"))


def to_completion(response: Mapping[str, Any]) -> dict[str, Any]:
    """Return the completion: one choice, and beside it what a chat has no place for."""
    output, one = response["output"], _is_document(response)
    message = to_message(output, one_document=one)
    if holds_more(output):
        message[ITEMS] = output
    choice = {
        "index": 0,
        "message": message,
        "logprobs": logprobs_of(output, one_document=one),
        "finish_reason": _finish_reason(response, message),
    }
    created = response.get("created_at")
    completion = {
        "id": response.get("id"),
        "object": "chat.completion",
        "created": int(created) if isinstance(created, (int, float)) and abs(created) < _LATEST else None,
        "choices": [choice],
        "usage": _usage(response.get("usage")),
    }
    return {**completion, **{name: response[name] for name in (*_SAME, *_BESIDE) if response.get(name) is not None}}


def _is_document(response: Mapping[str, Any]) -> bool:
    return mapping(mapping(response.get("text")).get("format")).get("type") in _DOCUMENTS


def _status(response: Mapping[str, Any]) -> str | None:
    """Return the status; None for one that is no word."""
    status = response.get("status")
    return status if isinstance(status, str) and status else None


def _is_unfinished(response: Mapping[str, Any]) -> bool:
    """Return whether a part of a complete response is marked as not finished."""
    parts = [item for item in objects(response.get("output")) if item.get("type") in IN_CHAT]
    return response.get("status") == "completed" and any(item.get("status") not in _FINISHED for item in parts)


def _finish_reason(response: Mapping[str, Any], message: Mapping[str, Any]) -> str | None:
    status = _status(response)
    reason = mapping(response.get("incomplete_details")).get("reason")
    if status in PENDING or status is None:
        return None
    if status == "incomplete":
        return "content_filter" if reason == "content_filter" else "length"
    if status != "completed":
        return status
    if _is_unfinished(response):
        return "length"
    if reason:
        return "content_filter" if reason == "content_filter" else "length"
    return "tool_calls" if message.get("tool_calls") else "stop"


def _usage(told: Any) -> Any:
    """Return the usage under the names of a chat; what is absent stays absent, what is not known stays."""
    if not isinstance(told, dict):
        return told
    return {_COUNTS.get(name, name): value for name, value in told.items() if value is not None}


def _doubts(response: Mapping[str, Any]) -> list[str]:
    status = _status(response)
    reason = mapping(response.get("incomplete_details")).get("reason")
    doubts = []
    if status is None:
        doubts.append("the server did not say how it ended (no status); something may be missing")
    elif status not in ("completed", "incomplete", *PENDING):
        doubts.append(f'it ended with the status "{status}", which is not known')
    if status == "completed" and reason:
        doubts.append(f'it says that it is complete, and that it is not ("{reason}"); it counts as cut off')
    if status == "incomplete" and reason not in ("max_output_tokens", "content_filter"):
        doubts.append(f'it was not finished ("{reason or "no reason was told"}")')
    if _is_unfinished(response):
        doubts.append(_UNFINISHED)
    return [*doubts, *_doubts_of_items(response["output"])]


def _doubts_of_items(output: Sequence[Any]) -> Iterator[str]:
    items = objects(output)
    kinds = list(dict.fromkeys(str(item.get("type"))[:_LONGEST_KIND] for item in items))
    waiting = [kind for kind in kinds if kind in _FOR_A_CLIENT and "shell_call_output" not in kinds]
    unknown = [kind for kind in kinds if kind not in (*IN_CHAT, *_BESIDE_CHAT)][:_MOST_KINDS]
    if waiting:
        yield f"the answer waits for what a flow cannot do ({', '.join(waiting)}); it stands in response_items"
    if unknown:
        yield f"the answer holds items that are not known ({', '.join(unknown)}); they stand in response_items"
    if len(items) < len(output):
        yield "the answer holds items that are no objects; they stand in response_items"
    unread = list(dict.fromkeys(kind[:_LONGEST_KIND] for item in items for kind in find_unread(item)))[:_MOST_KINDS]
    if unread:
        yield f"the answer holds parts that cannot be read ({', '.join(unread)}); they stand in response_items"
    if any(map(is_of_another, items)):
        yield "a message in the answer is not the model's own, by its role; it stands in response_items alone"
