"""What a message holds, in the shapes that servers write it in."""

from __future__ import annotations

import json
from typing import Any, Final

CONTENT_IN_PARTS: Final = "the content came as a list of parts; its texts were joined"
CONTENT_AS_OBJECT: Final = "the content came as an object; it is text now"
CONTENT_AS_NUMBER: Final = "the content came as a number or a yes or no; it is text now"
OTHER_PARTS: Final = "the content holds parts that are no text; they stand in content_parts"

_MEMBERS: Final = {"text": "content", "output_text": "content", "refusal": "refusal"}
_THOUGHTS: Final = ("thinking", "reasoning", "reasoning_text")

_LONGEST_INDEX = 18


def split_parts(parts: list[Any]) -> tuple[list[tuple[str, str]], list[Any]]:
    """Return the texts in a list of parts, each with the message's member that it belongs to, and the other parts."""
    texts: list[tuple[str, str]] = []
    others: list[Any] = []
    for part in parts:
        found = _text_of(part)
        if found is None:
            others.append(part)
        else:
            texts.append(found)
    return texts, others


def write_scalar(value: Any) -> str | None:
    """Return a number, or true or false, as JSON has it; None for anything else."""
    return json.dumps(value) if isinstance(value, (int, float)) else None


def read_index(value: Any) -> int | None:
    """Return an index, also one that came as text; None if it is none. Thousands of digits are none: Python says so."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST_INDEX:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def join_surrogates(text: str) -> str:
    r"""Return the text with characters put together whose two \u halves came apart; a lone half is replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _text_of(part: Any) -> tuple[str, str] | None:
    if isinstance(part, str):
        return "content", part
    if not isinstance(part, dict):
        return None
    if "type" not in part and not isinstance(part.get("text"), str):
        return ("content", _write(part)) if part else None
    kind = part.get("type", "text")
    for thought in _THOUGHTS:
        if kind == thought:
            return "reasoning_content", _join_text(part.get(thought, part.get("text")))
    member = _MEMBERS.get(kind) if isinstance(kind, str) else None
    text = part.get("text") if isinstance(part.get("text"), str) else part.get("refusal")
    return (member, text) if member and isinstance(text, str) else None


def _write(value: dict[str, Any]) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return ""


def _join_text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(text for _, text in split_parts(value)[0])
    return value if isinstance(value, str) else ""
