"""How an answer ended, whatever its finish_reason says."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Outcome(StrEnum):
    """How one choice of an answer ended; the next step can route on it."""

    COMPLETE = "complete"
    TRUNCATED = "truncated"
    FILTERED = "filtered"
    REFUSED = "refused"
    TOOL_CALLS = "tool_calls"
    EMPTY = "empty"


# how servers write the ends; compared in lower case, with _ for blanks and hyphens, and without the prefix of an enum
_PREFIX: Final = "finish_reason_"
_GOOD: Final = frozenset(
    [
        "stop",
        "stopped",
        "stop_sequence",
        "end",
        "end_turn",
        "eos",
        "eos_token",
        "end_of_text",
        "complete",
        "completed",
        "normal",
        "success",
        "finished",
        "tool_calls",
        "tool_call",
        "tool_use",
        "function_call",
    ]
)
_TRUNCATED: Final = frozenset(
    [
        "length",
        "max_tokens",
        "max_output_tokens",
        "max_length",
        "max_new_tokens",
        "model_length",
        "token_limit",
        "error",
        "error_limit",
        "abort",
        "aborted",
        "cancel",
        "canceled",
        "cancelled",
        "user_cancel",
        "interrupted",
        "incomplete",
        "timeout",
        "overloaded",
        "insufficient_system_resource",
        "malformed_function_call",
        "unexpected_tool_call",
        "other",
        "network_error",
        "context_length_exceeded",
        "model_context_window_exceeded",
        "pause_turn",
    ]
)
_FILTERED: Final = frozenset(
    [
        "content_filter",
        "content_filtered",
        "filter",
        "safety",
        "recitation",
        "blocklist",
        "prohibited_content",
        "spii",
        "image_safety",
        "sensitive",
        "error_toxic",
        "guardrail_intervened",
    ]
)
_REFUSED: Final = frozenset({"refusal", "refused"})


def outcome(completion: Mapping[str, Any]) -> Outcome:
    """Return the outcome of the first choice; an answer without choices is empty."""
    found = choices(completion)
    return outcome_of(found[0]) if found else Outcome.EMPTY


def outcome_of(choice: Mapping[str, Any]) -> Outcome:
    """Return the outcome of one choice.

    The message counts before the reason: a forced tool call ends with `stop`, and reasoning that used up all tokens
    ends with `length` and no content, which is a cut-off answer and not an empty one.
    """
    message, reason = message_of(choice), reason_of(choice)
    if refusal_of(message) or reason in _REFUSED:
        return Outcome.REFUSED
    if reason in _FILTERED:
        return Outcome.FILTERED
    if reason in _TRUNCATED or not is_known(reason):
        return Outcome.TRUNCATED
    if calls_of(message):
        return Outcome.TOOL_CALLS
    said = text_of(message).strip() or message.get("audio") or message.get("images")
    return Outcome.COMPLETE if said else Outcome.EMPTY


def reason_of(choice: Mapping[str, Any]) -> str:
    """Return how the choice ended, in one spelling; "" if the server does not say."""
    ending = choice.get("finish_reason")
    if not isinstance(ending, str):
        return ""
    return ending.strip().lower().replace("-", "_").replace(" ", "_").removeprefix(_PREFIX)


def is_known(reason: str) -> bool:
    """Return whether it is known what this end means; one that is not said is not in doubt here."""
    return not reason or reason in _GOOD | _TRUNCATED | _FILTERED | _REFUSED


def choices(completion: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the choices that are objects; some servers send null for one."""
    return objects(completion.get("choices"))


def message_of(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a choice's message; an empty one when there is none."""
    return mapping(choice.get("message"))


def text_of(message: Mapping[str, Any]) -> str:
    """Return the message's text, also where a server sends it as a list of parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    texts = [part.get("text") for part in objects(content)]
    return "".join(text for text in texts if isinstance(text, str))


def refusal_of(message: Mapping[str, Any]) -> str:
    """Return the model's own words of refusal, or ""."""
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal.strip():
        return refusal
    parts = [part.get("refusal") for part in objects(message.get("content"))]
    return "".join(part for part in parts if isinstance(part, str))


def calls_of(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the raw tool calls; the deprecated function_call counts as one without an id."""
    found = objects(message.get("tool_calls"))
    legacy = mapping(message.get("function_call"))
    return found or ([{"type": "function", "function": legacy}] if legacy else [])


def mapping(value: Any) -> Mapping[str, Any]:
    """Return the value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects in a list, and none of anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
