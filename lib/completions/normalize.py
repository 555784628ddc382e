"""Small slips of a request's body that can be corrected for certain. Pure; what changes a text is reported.

Whole numbers that come as 100.0 become 100. Blanks around a model's name or an address go away, line ends within base64
too, and an empty list of tool calls. Half characters (lone surrogates), which no server can read, become U+FFFD.
"""

from __future__ import annotations

import json
from operator import is_
from typing import TYPE_CHECKING, Any

import orjson

from pysailor import InvalidInput

from .preflight.facts.fields import integer_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BLANKS = " \t\r\n"
_PART_TEXTS = {
    "image_url": ("url",),
    "file": ("file_url", "file_data", "file_id"),
    "input_audio": ("data",),
}
"""What a content part holds that is an address, an id or base64."""
_MOST_DEPTH = 200
"""Levels below the body."""
_DEEPEST_WRITTEN = 254
"""Levels that orjson writes; what is deeper is an error."""
_CONTAINERS = (dict, list)


def normalize(body: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the body without such slips, and a sentence for each kind that was corrected; the given body stays.

    Raise InvalidInput for one that is nested so deep that it could not be written as JSON.
    """
    notes: dict[str, None] = {}
    mended, replaced = _replace_half_characters(dict(body))
    if replaced:
        notes["half characters (lone surrogates) were replaced by \N{REPLACEMENT CHARACTER}"] = None
    for name in integer_fields().intersection(mended):
        mended[name] = _whole(mended[name])
    if isinstance(mended.get("logit_bias"), dict):
        mended["logit_bias"] = {key: _whole(value) for key, value in mended["logit_bias"].items()}
    model = mended.get("model")
    if isinstance(model, str) and model != model.strip():
        mended["model"] = model.strip()
        notes["blanks around the model's name were removed"] = None
    messages = mended.get("messages")
    if isinstance(messages, list) and not all(map(_is_plain, messages)):
        mended["messages"] = _map(messages, lambda message: _message(message, notes))
    return mended, tuple(notes)


def _is_plain(message: Any) -> bool:
    """Return whether nothing in a message could be corrected, as in most: it is a text, and calls no tools."""
    return message.__class__ is dict and message.get("content").__class__ is str and "tool_calls" not in message


def _message(message: Any, notes: dict[str, None]) -> Any:
    if message.__class__ is not dict:
        return message
    if message.get("tool_calls") == [] and message.get("role") == "assistant":
        message = {name: value for name, value in message.items() if name != "tool_calls"}
        notes["an empty list of tool calls was left out"] = None
    if message.get("content").__class__ is list:
        content = _map(message["content"], lambda part: _part(part, notes))
        return message if content is message["content"] else {**message, "content": content}
    return message


def _part(part: Any, notes: dict[str, None]) -> Any:
    kind = part.get("type") if part.__class__ is dict else None
    given = part.get(kind) if isinstance(kind, str) and kind in _PART_TEXTS else None
    if given.__class__ is not dict:
        return part
    trimmed = {name: _trim(given[name]) for name in _PART_TEXTS[str(kind)] if isinstance(given.get(name), str)}
    changed = {name: text for name, text in trimmed.items() if text != given[name]}
    if not changed:
        return part
    notes["blanks or line ends in an address or in base64 were removed"] = None
    return {**part, kind: {**given, **changed}}


def _trim(text: str) -> str:
    """Return an address without blanks around it, base64 without any."""
    if not any(blank in text for blank in _BLANKS):
        return text
    if text.lstrip()[:5].lower() == "data:" or ":" not in text[:20]:  # base64 has no colon, every address has one
        head, comma, data = text.partition(",") if ":" in text[:20] else ("", "", text)
        joined = "".join(data.split()) if _is_base64_head(head) else data.strip()
        return f"{head.strip()}{comma}{joined}"
    return text.strip()


def _is_base64_head(head: str) -> bool:
    return not head or "base64" in head.lower()


def _whole(value: Any) -> Any:
    return int(value) if value.__class__ is float and value.is_integer() else value


def _map(items: list[Any], change: Callable[[Any], Any]) -> list[Any]:
    """Return the list with each item changed; the same object if none was."""
    changed = [change(item) for item in items]
    return items if all(map(is_, changed, items)) else changed


def _replace_half_characters(body: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    if _is_usual(body) or not _has_half_characters(body):
        return body, False
    text = json.dumps(body, ensure_ascii=False)
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # two halves in a row become one
    mended: dict[str, Any] = json.loads(whole)
    return mended, True


def _is_usual(body: dict[str, Any]) -> bool:
    """Return whether a body certainly is Unicode, and not too deep: orjson writes neither what is not, nor deeper.

    It is put so deep into tuples that what is deeper than allowed comes below the deepest level that orjson writes.
    """
    inside: object = body
    for _ in range(_DEEPEST_WRITTEN - _MOST_DEPTH - 1):
        inside = (inside,)
    try:
        orjson.dumps(inside)
    except TypeError:
        return False
    return True


def _has_half_characters(value: Any) -> bool:
    """Return whether any text inside is not Unicode; raise InvalidInput for a value that is nested too deep."""
    waiting, depth = [value], 0
    texts: list[Any] = []
    while waiting:
        if depth > _MOST_DEPTH:
            raise InvalidInput(f"is nested deeper than {_MOST_DEPTH} levels; make it flatter")
        inner: list[Any] = []
        for holder in waiting:
            if holder.__class__ is dict:
                texts += holder
            for one in holder.values() if holder.__class__ is dict else holder:
                if one.__class__ is str:
                    if not one.isascii():
                        texts.append(one)
                elif one.__class__ is dict or one.__class__ is list:
                    inner.append(one)
        waiting, depth = inner, depth + 1
    return not all(map(_is_unicode, set(texts)))


def _is_unicode(text: Any) -> bool:
    if text.__class__ is not str or text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
