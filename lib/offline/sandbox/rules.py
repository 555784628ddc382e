"""What the API refuses although its schema takes it: rules between fields, limits that stand in its prose only.

Each rule is a function of the request that yields errors; they are asked in the order in which they are listed last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import errors, tool_rules
from .errors import ErrorReply
from .tool_rules import TOOL_NAME, name_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Rule = Callable[[Mapping[str, Any]], Iterator[ErrorReply]]

_PERSON_NAME = r"^[^\s<|\\/>]+$"
_MOST_METADATA, _LONGEST_KEY, _LONGEST_VALUE = 16, 64, 512
_MOST_BIAS = 100
_INT64 = 2**63


def first_error(request: Mapping[str, Any]) -> ErrorReply | None:
    """Return the first rule that the request breaks, as its error, or None; the schema has accepted it already."""
    return next((error for rule in _RULES for error in rule(request)), None)


# --- conversation ----------------------------------------------------------------------------------------------------


def _tool_messages(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    """Tool calls are answered, all of them, before anything else is said; nothing else is answered."""
    waiting: list[str] = []
    for index, message in enumerate(request["messages"]):
        role = message["role"]
        if role == "tool":
            if message["tool_call_id"] not in waiting:
                yield _orphan(index)
                return
            waiting.remove(message["tool_call_id"])
        elif waiting:
            yield _refuse_unanswered(index, waiting)
            return
        elif role == "assistant":
            waiting = [call["id"] for call in message.get("tool_calls") or ()]
    if waiting:
        yield _refuse_unanswered(len(request["messages"]) - 1, waiting)


def _orphan(index: int) -> ErrorReply:
    return ErrorReply(
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        param=f"messages.[{index}].role",
    )


def _refuse_unanswered(index: int, ids: list[str]) -> ErrorReply:
    return ErrorReply(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        f"The following tool_call_ids did not have response messages: {', '.join(ids)}",
        param=f"messages.[{index}].role",
    )


def _assistant_says_something(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    for index, message in enumerate(request["messages"]):
        if message["role"] != "assistant":
            continue
        if message.get("tool_calls") == []:
            yield errors.empty_array(f"messages[{index}].tool_calls")
        said = any(message.get(name) for name in ("tool_calls", "function_call", "audio", "refusal"))
        if message.get("content") is None and not said:
            yield ErrorReply(
                "Invalid value for 'content': expected a string, got null.", param=f"messages.[{index}].content"
            )


def _message_names(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    for index, message in enumerate(request["messages"]):
        if "name" in message:
            yield from name_errors(message["name"], f"messages[{index}].name", _PERSON_NAME)
        for position, call in enumerate(message.get("tool_calls") or () if message["role"] == "assistant" else ()):
            where = f"messages[{index}].tool_calls[{position}].{call['type']}.name"
            yield from name_errors(call[call["type"]]["name"], where, TOOL_NAME)


def _files(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    for index, message in enumerate(request["messages"]):
        content = message.get("content")
        for position, part in enumerate(content if isinstance(content, list) else ()):
            if part["type"] == "file" and not {"file_id", "file_data"} & set(part["file"]):
                yield errors.missing(f"messages[{index}].content[{position}].file.file_id")


# --- options that need others ----------------------------------------------------------------------------------------


def _token_caps(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    caps = [name for name in ("max_tokens", "max_completion_tokens") if request.get(name) is not None]
    if len(caps) > 1:
        yield ErrorReply(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            param="max_tokens",
            code="invalid_parameter_combination",
        )
    yield from (errors.out_of_bounds(name, request[name], 1, "below") for name in caps if request[name] < 1)


def _stream_options(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    if request.get("stream_options") is not None and not request.get("stream"):
        yield ErrorReply(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options"
        )


def _needs_company(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    """Refuse a field where the one that it speaks of is not there."""
    for name, company in (
        ("tool_choice", "tools"),
        ("parallel_tool_calls", "tools"),
        ("function_call", "functions"),
    ):
        if name in request and company not in request:
            yield ErrorReply(
                f"Invalid value for '{name}': '{name}' is only allowed when '{company}' are specified.", param=name
            )


def _top_logprobs(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    if request.get("top_logprobs") is not None and not request.get("logprobs"):
        yield ErrorReply(
            "Invalid value for 'top_logprobs': 'top_logprobs' is only allowed when 'logprobs' is enabled.",
            param="top_logprobs",
        )


def _audio(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    if "audio" in (request.get("modalities") or ()):
        if request.get("audio") is None:
            yield errors.missing("audio")
        yield errors.unsupported_value("modalities", "'audio'", "Only 'text' is supported.")


def _prediction(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    if request.get("prediction") is None:
        return
    excluded = {
        "n": (request.get("n") or 1) > 1,
        "logprobs": bool(request.get("logprobs")),
        "presence_penalty": (request.get("presence_penalty") or 0) > 0,
        "frequency_penalty": (request.get("frequency_penalty") or 0) > 0,
        "tools": "tools" in request,
        "max_completion_tokens": request.get("max_completion_tokens") is not None,
    }
    for name in (name for name, is_there in excluded.items() if is_there):
        yield ErrorReply(f"'{name}' is not supported together with 'prediction'.", param=name)


def _prompt_cache(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    if request.get("prompt_cache_retention") and (request.get("prompt_cache_options") or {}).get("ttl"):
        yield ErrorReply(
            "Setting 'prompt_cache_retention' and 'prompt_cache_options.ttl' at the same time is not supported.",
            param="prompt_cache_retention",
            code="invalid_parameter_combination",
        )


# --- formats and limits ----------------------------------------------------------------------------------------------


def _json_object(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    if (request.get("response_format") or {}).get("type") != "json_object":
        return
    if not any("json" in text.lower() for message in request["messages"] for text in texts(message)):
        yield ErrorReply(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
            param="messages",
        )


def texts(message: Mapping[str, Any]) -> Iterator[str]:
    """Return the texts of a message's content."""
    content = message.get("content")
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else ():
        if part.get("type") == "text":
            yield part["text"]


def _metadata(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    metadata = request.get("metadata") or {}
    if len(metadata) > _MOST_METADATA:
        yield ErrorReply(
            f"Invalid 'metadata': too many properties. Expected an object with at most {_MOST_METADATA} properties, "
            f"but got an object with {len(metadata)} properties instead.",
            param="metadata",
            code="object_above_max_properties",
        )
    for key, value in metadata.items():
        if len(key) > _LONGEST_KEY:
            yield errors.too_long("metadata", "string", len(key), _LONGEST_KEY)
        if len(value) > _LONGEST_VALUE:
            yield errors.too_long(f"metadata.{key}", "string", len(value), _LONGEST_VALUE)


def _logit_bias(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    for key, value in (request.get("logit_bias") or {}).items():
        if not (key.isascii() and key.isdigit()):
            yield ErrorReply(
                f"Invalid key in 'logit_bias': {key}. You should only be submitting non-negative integers.",
                param="logit_bias",
            )
        if abs(value) > _MOST_BIAS:
            side, bound = ("above", _MOST_BIAS) if value > 0 else ("below", -_MOST_BIAS)
            yield errors.out_of_bounds(f"logit_bias.{key}", value, bound, side)


def _seed(request: Mapping[str, Any]) -> Iterator[ErrorReply]:
    seed = request.get("seed")
    if seed is not None and not -_INT64 <= seed < _INT64:
        side, bound = ("above", _INT64 - 1) if seed > 0 else ("below", -_INT64)
        yield errors.out_of_bounds("seed", seed, bound, side)


_RULES: tuple[Rule, ...] = (
    _token_caps,
    _stream_options,
    tool_rules.tools,
    tool_rules.functions,
    _needs_company,
    tool_rules.tool_choice,
    _assistant_says_something,
    _message_names,
    _files,
    _tool_messages,
    _json_object,
    tool_rules.json_schema,
    _top_logprobs,
    _audio,
    _prediction,
    _prompt_cache,
    _metadata,
    _logit_bias,
    _seed,
)
