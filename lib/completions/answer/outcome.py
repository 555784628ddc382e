"""How an answer ended, whatever its finish_reason says."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from .ending import Ending, guess_ending

if TYPE_CHECKING:
    from collections.abc import Mapping


class Outcome(StrEnum):
    """How one choice of an answer ended; the next step can route on it. PENDING: it is made in the background."""

    COMPLETE = "complete"
    TRUNCATED = "truncated"
    FILTERED = "filtered"
    REFUSED = "refused"
    TOOL_CALLS = "tool_calls"
    EMPTY = "empty"
    PENDING = "pending"


_BAD: Final[Mapping[Ending, Outcome]] = {
    Ending.REFUSED: Outcome.REFUSED,
    Ending.FILTERED: Outcome.FILTERED,
    Ending.LENGTH: Outcome.TRUNCATED,
    Ending.BROKEN_OFF: Outcome.TRUNCATED,
    Ending.UNKNOWN: Outcome.TRUNCATED,
}


def outcome(completion: Mapping[str, Any]) -> Outcome:
    """Return the outcome of the first choice; an answer without choices is empty."""
    found = choices(completion)
    return outcome_of(found[0]) if found else Outcome.EMPTY


def outcome_of(choice: Mapping[str, Any]) -> Outcome:
    """Return the outcome of one choice.

    The message counts before the reason: a forced tool call ends with `stop`, and reasoning that used up all tokens
    ends with `length` and no content, which is a cut-off answer and not an empty one. Only an ending that is known to
    be good, or not told at all, makes an answer complete.
    """
    message, ending = message_of(choice), guess_ending(choice)
    if refusal_of(message):
        return Outcome.REFUSED
    if ending is not Ending.GOOD and ending in _BAD:
        return _BAD[ending]
    if calls_of(message):
        return Outcome.TOOL_CALLS
    if not (text_of(message).strip() or message.get("audio") or message.get("images")):
        return Outcome.EMPTY
    return Outcome.TRUNCATED if ending is Ending.CALLING else Outcome.COMPLETE  # the calls that it tells of are lost


def choices(completion: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the choices that are objects; some servers send null for one."""
    return objects(completion.get("choices"))


def message_of(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a choice's message; an empty one when there is none."""
    message = choice.get("message")
    return message if isinstance(message, dict) else {}


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
    content = message.get("content")
    if not isinstance(content, list):
        return ""
    parts = [part.get("refusal") for part in objects(content)]
    return "".join(part for part in parts if isinstance(part, str))


def calls_of(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the raw tool calls; the deprecated function_call counts as one without an id."""
    found, legacy = message.get("tool_calls"), message.get("function_call")
    calls = objects(found) if found else []
    return calls or ([{"type": "function", "function": legacy}] if legacy and isinstance(legacy, dict) else [])


def mapping(value: Any) -> Mapping[str, Any]:
    """Return the value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects in a list, and none of anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
