"""A whole answer in the API's own shape, whatever shape a server gave it. What is corrected is remarked upon.

Streamed answers come here too, after their chunks were merged, so that both are treated alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ...cost.spellings import find_usage
from .calls import normalize_calls, normalize_function
from .content import (
    CONTENT_AS_NUMBER,
    CONTENT_AS_OBJECT,
    CONTENT_IN_PARTS,
    OTHER_PARTS,
    join_surrogates,
    read_index,
    split_parts,
    write_scalar,
)
from .ending import raw_reason

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_MESSAGE: Final = "the answer stood where none is expected (no message in the choice); it was found all the same"
NO_CHOICE: Final = "an entry of choices held no answer; it was left out"
ONE_CHOICE: Final = "the choices came as one object instead of a list"
WRAPPED: Final = "the answer stood within the member {name}"
_STREAMED: Final = ("delta", "text")


def to_api_shape(completion: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the completion in the API's shape, and a sentence for each kind of correction."""
    remarks: dict[str, None] = {}
    completion, wrapped = unwrap(completion)
    if wrapped:
        remarks[wrapped] = None
    mended = dict(completion)
    choices = completion.get("choices")
    if isinstance(choices, list):
        mended["choices"] = list(_choices(choices, str(completion.get("id")), remarks))
    usage, remark = find_usage(completion)
    if remark:
        remarks[remark] = None
        mended["usage"] = usage
    return mended, tuple(remarks)


def unwrap(document: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Return what holds the choices, and a remark if that is not the document itself."""
    choices = document.get("choices")
    if isinstance(choices, list):
        return document, ""
    if isinstance(choices, dict) and ("message" in choices or "delta" in choices):
        return {**document, "choices": [choices]}, ONE_CHOICE
    if choices is not None:
        return document, ""
    for name, held in document.items():
        if isinstance(held, dict) and isinstance(held.get("choices"), list):
            return held, WRAPPED.format(name=name)
    return document, ""


def _choices(choices: list[Any], answer_id: str, remarks: dict[str, None]) -> Iterator[dict[str, Any]]:
    """Yield the choices that hold a message."""
    for place, choice in enumerate(choices):
        mended = _choice(choice, place, answer_id, remarks) if isinstance(choice, dict) else None
        if mended is None or not isinstance(mended.get("message"), dict):
            remarks[NO_CHOICE] = None
        else:
            yield mended


def _choice(choice: dict[str, Any], place: int, answer_id: str, remarks: dict[str, None]) -> dict[str, Any]:
    index = read_index(choice.get("index"))
    mended = {**choice, "index": place if index is None else index}
    if choice.get("finish_reason") is None and raw_reason(choice):
        mended["finish_reason"] = raw_reason(choice)
    message = choice.get("message")
    if not isinstance(message, dict):
        message = _elsewhere(choice)
        if message is None:
            return mended
        remarks[NO_MESSAGE] = None
    mended["message"] = _message(message, f"{answer_id} {place}", remarks)
    if mended.keys().isdisjoint(_STREAMED):
        return mended
    return {key: value for key, value in mended.items() if key not in _STREAMED}


def _elsewhere(choice: dict[str, Any]) -> dict[str, Any] | None:
    """Return the message of a choice that has none: as a chunk or the former completions have it, or its text alone."""
    delta, text = choice.get("delta"), choice.get("text")
    if isinstance(delta, dict):
        return delta
    if text is None:
        text = choice.get("message") or delta
    return {"role": "assistant", "content": text} if isinstance(text, str) else None


def _message(message: dict[str, Any], answer_id: str, remarks: dict[str, None]) -> dict[str, Any]:
    mended = dict(message)
    content = message.get("content")
    if isinstance(content, (list, dict)):
        mended |= _join_parts(content, message, remarks)
    elif isinstance(content, str):
        mended["content"] = join_surrogates(content)
    elif (written := write_scalar(content)) is not None:
        remarks[CONTENT_AS_NUMBER] = None
        mended["content"] = written
    if message.get("tool_calls"):
        mended["tool_calls"] = normalize_calls(message["tool_calls"], answer_id, remarks)
    if isinstance(message.get("function_call"), dict):
        mended["function_call"] = normalize_function(message["function_call"], remarks)
    return mended


def _join_parts(parts: list[Any] | dict[str, Any], message: dict[str, Any], remarks: dict[str, None]) -> dict[str, Any]:
    remarks[CONTENT_AS_OBJECT if isinstance(parts, dict) else CONTENT_IN_PARTS] = None
    texts, others = split_parts([parts] if isinstance(parts, dict) else parts)
    found: dict[str, Any] = {"content": None}
    for member, text in texts:
        before = found.get(member) or ("" if member == "content" else message.get(member) or "")
        found[member] = join_surrogates(before + text)
    if others:
        remarks[OTHER_PARTS] = None
        found["content_parts"] = others
    return found
