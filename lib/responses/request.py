"""A chat request becomes the body of a Responses request: nothing is added that was not asked for, but two defaults.

The service keeps answers and makes tools strict unless it is told not to; chat does neither. So both are sent. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .items import ITEMS, to_items

if TYPE_CHECKING:
    from collections.abc import Mapping

STATES: Final = ("previous_response_id", "conversation")
"""Fields by which the service finds what was said before."""
LEAST_TOKENS: Final = 16
"""The lowest cap on an answer that the endpoint takes."""
CAPS: Final = ("max_completion_tokens", "max_tokens")
_WRITTEN: Final = frozenset(
    (
        *(
            *CAPS,
            "model",
            "messages",
            "reasoning_effort",
            "reasoning",
            "verbosity",
            "text",
            "response_format",
            "tools",
        ),
        *("tool_choice", "logprobs", "include", "stream_options", "web_search_options", "store", "seed", "n", "stop"),
        *("presence_penalty", "frequency_penalty", "logit_bias", "modalities"),
    )
)
"""What is written in another way, or left out; everything else goes as it is, also what nobody knows."""
LOGPROBS: Final = "message.output_text.logprobs"
_NO_PARAMETERS: Final[Mapping[str, Any]] = {"type": "object", "properties": {}}


def write(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what goes over the wire."""
    store = body.get("store", False)
    written = {
        "model": body.get("model"),
        "input": to_items(_new_messages(body), stored=store is True),
        "max_output_tokens": write_cap(body),
        "reasoning": _merge(body.get("reasoning"), "effort", body.get("reasoning_effort")),
        "text": _text(body),
        "tools": _tools(body),
        "tool_choice": _choice(body.get("tool_choice")),
        "include": _include(body),
        "stream_options": _stream_options(body.get("stream_options")),
    }
    passed = {name: value for name, value in body.items() if name not in _WRITTEN}
    return {**{name: value for name, value in written.items() if value is not None}, **passed, "store": store}


def _new_messages(body: Mapping[str, Any]) -> Any:
    """Return the messages; where the service knows what was said, without what it would find twice by its ids."""
    messages = body.get("messages")
    if not is_continued(body) or not isinstance(messages, list):
        return messages
    return [
        {name: value for name, value in message.items() if name != ITEMS} if message.__class__ is dict else message
        for message in messages
    ]


def is_continued(body: Mapping[str, Any]) -> bool:
    """Return whether the service has the conversation so far."""
    return any(body.get(name) is not None for name in STATES)


def write_cap(body: Mapping[str, Any]) -> Any:
    """Return the cap on an answer, None without one; one that is lower than the endpoint takes is raised."""
    cap = next((body[name] for name in CAPS if body.get(name) is not None), None)
    return LEAST_TOKENS if cap.__class__ is int and 0 < cap < LEAST_TOKENS else cap


def _merge(given: Any, name: str, value: Any) -> Any:
    """Return an object with a member more; what stands in the object goes before it."""
    if value is None or (given is not None and not isinstance(given, dict)):
        return given
    return {name: value, **(given or {})}


def _text(body: Mapping[str, Any]) -> Any:
    text = _merge(body.get("text"), "verbosity", body.get("verbosity"))
    return _merge(text, "format", write_format(body.get("response_format")))


def write_format(wanted: Any) -> Any:
    """Return a response format of a chat as `text.format` has it."""
    schema = wanted.get("json_schema") if isinstance(wanted, dict) else None
    if not isinstance(schema, dict) or wanted.get("type") != "json_schema":
        return wanted
    return {"type": "json_schema", **schema, "strict": schema.get("strict") is True}


def _tools(body: Mapping[str, Any]) -> Any:
    tools = body.get("tools")
    written = [_tool(tool) for tool in tools] if isinstance(tools, list) else tools
    search = body.get("web_search_options")
    if not isinstance(search, dict) or (isinstance(written, list) and any(map(is_search, written))):
        return written
    return [*(written if isinstance(written, list) else ()), write_search(search)]


def _tool(tool: Any) -> Any:
    kind = tool.get("type") if tool.__class__ is dict else None
    given = tool.get(kind) if kind in ("function", "custom") else None
    if not isinstance(given, dict):
        return tool
    if kind == "function":
        parameters = given.get("parameters")
        flat = {"type": kind, **given, "parameters": _NO_PARAMETERS if parameters is None else parameters}
        return {**flat, "strict": given.get("strict") is True}
    custom = {"type": kind, **given}
    grammar = mapping_in(given.get("format"), "grammar")
    return {**custom, "format": {"type": "grammar", **grammar}} if grammar is not None else custom


def is_search(tool: Any) -> bool:
    """Return whether a tool searches the web."""
    kind = tool.get("type") if tool.__class__ is dict else None
    return isinstance(kind, str) and kind.startswith("web_search")


def write_search(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tool that a chat's web_search_options are."""
    place = options.get("user_location")
    approximate = mapping_in(place, "approximate")
    flat = {"user_location": {"type": "approximate", **approximate}} if approximate is not None else {}
    return {"type": "web_search", **options, **flat}


def _choice(choice: Any) -> Any:
    kind = choice.get("type") if isinstance(choice, dict) else None
    inner = mapping_in(choice, str(kind))
    if inner is None:
        return choice
    if kind == "allowed_tools" and isinstance(inner.get("tools"), list):
        return {"type": kind, **inner, "tools": [_choice(tool) for tool in inner["tools"]]}
    return {"type": kind, **inner}


def mapping_in(value: Any, name: str) -> dict[str, Any] | None:
    """Return the object that a member holds, None if there is none."""
    held = value.get(name) if isinstance(value, dict) else None
    return held if isinstance(held, dict) else None


def _include(body: Mapping[str, Any]) -> Any:
    given = body.get("include")
    if body.get("logprobs") is not True or (given is not None and not isinstance(given, list)):
        return given
    return [*(given or ()), *([] if LOGPROBS in (given or ()) else [LOGPROBS])]


def _stream_options(options: Any) -> Any:
    if not isinstance(options, dict):
        return options
    return {name: value for name, value in options.items() if name != "include_usage"} or None
