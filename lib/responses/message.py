"""The output items of an answer as one message of a chat. Pure; what is no item is passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..completions.answer.calls import write_arguments
from ..completions.answer.outcome import calls_of, mapping, objects, refusal_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PLAIN: Final = frozenset({"type", "id", "status", "role", "content", "call_id", "name", "arguments", "input"})
"""The members of items that a chat's message has a place for, or that nobody needs again."""
IN_CHAT: Final = ("message", "function_call", "custom_tool_call")
"""Items that a chat's message has a place for."""
_TEXTS: Final = ("output_text", "text")
_INPUT_ONLY: Final = (
    *("item_reference", "function_call_output", "custom_tool_call_output", "computer_call_output"),
    *("local_shell_call_output", "apply_patch_call_output", "mcp_approval_response", "configuration_update"),
    *("additional_tools", "compaction_trigger"),
)
_PAUSE: Final = "\n\n"


def to_message(output: Any, *, one_document: bool = False) -> dict[str, Any]:
    """Return the assistant's message that the items make.

    All texts are joined. With `one_document`, as JSON is, only one message counts: the final answer, else the first.
    """
    items = objects(output)
    spoken = _spoken(items, one_document=one_document)
    parts = [part for item in spoken for part in parts_of(item)]
    texts = [part for part in parts if part.get("type") in _TEXTS and isinstance(part.get("text"), str)]
    refusals = [str(part["refusal"]) for part in parts if part.get("type") == "refusal" and part.get("refusal")]
    message: dict[str, Any] = {
        "role": "assistant",
        "content": "".join(part["text"] for part in texts) if texts else None,
        "refusal": "".join(refusals) or None,
    }
    calls = [call for item in items if (call := _call(item)) is not None]
    more = {
        "tool_calls": calls,
        "annotations": list(_citations(texts)),
        "reasoning_content": _PAUSE.join(_summaries(items)),
    }
    return {**message, **{name: value for name, value in more.items() if value}}


def parts_of(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the parts of a message; some servers write its text without parts."""
    content = item.get("content")
    if isinstance(content, str):
        return [{"type": "output_text", "text": content}]
    return objects([content] if isinstance(content, dict) else content)


def logprobs_of(output: Any, *, one_document: bool = False) -> dict[str, Any] | None:
    """Return the log probabilities of the text in the shape of a chat; None if there are none."""
    spoken = _spoken(objects(output), one_document=one_document)
    found = [one for item in spoken for part in parts_of(item) for one in objects(part.get("logprobs"))]
    return {"content": found, "refusal": None} if found else None


def is_of_another(item: Mapping[str, Any]) -> bool:
    """Return whether a message is by its role not the model's own, so that it is no answer."""
    return item.get("type") == "message" and item.get("role") not in (None, "", "assistant")


def holds_more(output: Any) -> bool:
    """Return whether the items, a list, hold what a chat's message has no place for, so that they are to be kept."""
    return any(
        item.get("type") not in IN_CHAT
        or is_of_another(item)
        or any(value is not None and name not in _PLAIN for name, value in item.items())
        or any(mark.get("type") != "url_citation" for mark in _marks(item))
        or any(find_unread(item))
        for item in objects(output)
    ) or any(item.__class__ is not dict for item in output)


def find_unread(item: Mapping[str, Any]) -> Iterator[str]:
    """Yield what each part of a message is whose words no chat's message can hold."""
    content = item.get("content")
    if item.get("type") != "message" or content in (None, "", []) or isinstance(content, str):
        return
    for part in content if isinstance(content, list) else [content]:
        kind = part.get("type") if isinstance(part, dict) else None
        name = "refusal" if kind == "refusal" else "text"
        if kind not in (*_TEXTS, "refusal") or not isinstance(part.get(name), str):
            yield kind if isinstance(kind, str) and kind else "without a type"


def agrees(items: list[Any], message: Mapping[str, Any]) -> bool:
    """Return whether the items are an answer's, and still say what the message says: it may have been changed since."""
    return not any(_is_input(item) for item in objects(items)) and any(
        _says(to_message(items, one_document=one), message) for one in (False, True)
    )


def _is_input(item: Mapping[str, Any]) -> bool:
    """Return whether no model can have made an item: then somebody else slipped it in, as a system message perhaps."""
    kind = item.get("type", "message")
    if kind == "message":
        return bool(item.get("role", "assistant") != "assistant")
    return kind in _INPUT_ONLY


def _says(made: Mapping[str, Any], message: Mapping[str, Any]) -> bool:
    same_text = text_of(made) == text_of(message) and refusal_of(made) == refusal_of(message)
    return same_text and [_call_parts(call) for call in calls_of(made)] == [
        _call_parts(call) for call in calls_of(message)
    ]


def _call_parts(call: Mapping[str, Any]) -> tuple[Any, ...]:
    part = mapping(call.get("custom") or call.get("function"))
    return call.get("id"), part.get("name"), part.get("arguments", part.get("input"))


def _spoken(items: list[Mapping[str, Any]], *, one_document: bool) -> list[Mapping[str, Any]]:
    """Return the messages that are the answer: without commentary, where a final answer follows."""
    said = [item for item in items if item.get("type") == "message" and not is_of_another(item)]
    final = [item for item in said if item.get("phase") == "final_answer"]
    if final:
        said = [item for item in said if item.get("phase") != "commentary"]
    if one_document and len(said) > 1:
        return final[:1] or said[:1]
    return said


def _call(item: Mapping[str, Any]) -> dict[str, Any] | None:
    if item.get("type") == "function_call":
        function = {"name": item.get("name"), "arguments": _as_text(item.get("arguments"))}
        return {"id": item.get("call_id", item.get("id")), "type": "function", "function": function}
    if item.get("type") == "custom_tool_call":
        custom = {"name": item.get("name"), "input": _as_text(item.get("input"))}
        return {"id": item.get("call_id", item.get("id")), "type": "custom", "custom": custom}
    return None


def _as_text(value: Any) -> Any:
    return write_arguments(value) if isinstance(value, (dict, list)) else value


def _summaries(items: list[Mapping[str, Any]]) -> Iterator[str]:
    for item in items:
        if item.get("type") == "reasoning":
            for part in (*objects(item.get("summary")), *objects(item.get("content"))):
                if isinstance(part.get("text"), str) and part["text"]:
                    yield part["text"]


def _citations(texts: list[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the cited pages, their places counted from the beginning of the whole text."""
    before = 0
    for part in texts:
        for mark in objects(part.get("annotations")):
            if mark.get("type") == "url_citation":
                cited = {name: value for name, value in mark.items() if name != "type"}
                yield {"type": "url_citation", "url_citation": {**cited, **_shift(cited, before)}}
        before += len(part["text"])


def _shift(cited: Mapping[str, Any], before: int) -> dict[str, int]:
    places = {name: cited.get(name) for name in ("start_index", "end_index")}
    return {name: place + before for name, place in places.items() if place.__class__ is int}


def _marks(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for part in parts_of(item) if item.get("type") == "message" else ():
        yield from objects(part.get("annotations"))
