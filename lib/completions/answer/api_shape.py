"""A whole answer in the API's own shape, whatever shape a server gave it. What is mended is remarked upon.

Streamed answers come here too, after their chunks were merged, so that both are treated alike.
"""

from __future__ import annotations

from typing import Any, Final

from ...cost.usage import find_usage
from .calls import normalize_calls
from .content import CONTENT_IN_PARTS, OTHER_PARTS, join_surrogates, split_parts
from .ending import written_reason

NO_MESSAGE: Final = "the answer stood where none is expected (no message in the choice); it was found all the same"
_STREAMED: Final = ("delta", "text")


def to_api_shape(completion: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the completion with what servers write in other ways mended, and a sentence for each kind of mending."""
    remarks: dict[str, None] = {}
    mended = dict(completion)
    choices = completion.get("choices")
    if isinstance(choices, list):
        mended["choices"] = [
            _choice(choice, place, str(completion.get("id")), remarks) if isinstance(choice, dict) else choice
            for place, choice in enumerate(choices)
        ]
    usage, remark = find_usage(completion)
    if remark:
        remarks[remark] = None
        mended["usage"] = usage
    return mended, tuple(remarks)


def _choice(choice: dict[str, Any], place: int, answer_id: str, remarks: dict[str, None]) -> dict[str, Any]:
    index = choice.get("index")
    mended = {**choice, "index": index if isinstance(index, int) else place}
    if choice.get("finish_reason") is None and written_reason(choice):
        mended["finish_reason"] = written_reason(choice)
    message = choice.get("message")
    if not isinstance(message, dict):
        message = _elsewhere(choice)
        if message is None:
            return mended
        remarks[NO_MESSAGE] = None
    mended["message"] = _message(message, f"{answer_id} {place}", remarks)
    return {key: value for key, value in mended.items() if key not in _STREAMED}


def _elsewhere(choice: dict[str, Any]) -> dict[str, Any] | None:
    """Return the message of a choice that has none: as a chunk has it, or as the former completions have it."""
    delta, text = choice.get("delta"), choice.get("text")
    if isinstance(delta, dict):
        return delta
    return {"role": "assistant", "content": text} if isinstance(text, str) else None


def _message(message: dict[str, Any], answer_id: str, remarks: dict[str, None]) -> dict[str, Any]:
    mended = dict(message)
    content = message.get("content")
    if isinstance(content, list):
        mended |= _join_parts(content, message, remarks)
    elif isinstance(content, str):
        mended["content"] = join_surrogates(content)
    if message.get("tool_calls"):
        mended["tool_calls"] = normalize_calls(message["tool_calls"], answer_id, remarks)
    return mended


def _join_parts(parts: list[Any], message: dict[str, Any], remarks: dict[str, None]) -> dict[str, Any]:
    texts, others = split_parts(parts)
    remarks[CONTENT_IN_PARTS] = None
    found: dict[str, Any] = {"content": None}
    for member, text in texts:
        before = found.get(member) or ("" if member == "content" else message.get(member) or "")
        found[member] = join_surrogates(before + text)
    if others:
        remarks[OTHER_PARTS] = None
        found["content_parts"] = others
    return found
