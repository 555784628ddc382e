"""How much of a conversation goes along with the next question. Pure.

What is left of a conversation must still be one that the API takes: a tool call stands with all of its results or not
at all, and the system text is always there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

ChatMessage = Mapping[str, Any]
Count = Callable[[ChatMessage], int]
"""Returns the tokens of one message."""

_SYSTEM = ("system", "developer")
_RESULT = ("tool", "function")
_LEGACY = "function_call"  # the calls of before tools have no id, and one result


def window(
    system: Iterable[ChatMessage],
    messages: Iterable[ChatMessage],
    *,
    last: int | None = None,
    tokens: int | None = None,
    count: Count | None = None,
    open_call: bool = False,
) -> list[ChatMessage]:
    """Return the system text and the newest of the messages, oldest first.

    `last`: at most so many messages; 0 is none, None is all. The system text does not count.
    `tokens`: what is given holds at most so many, as `count` tells, the system text included; that alone may hold more.
    A tool call and its results enter whole or not. Calls that lack a result, and results that lack their call, are left
    out, wherever they stand; `open_call` keeps a call that is the very last thing, for one who now adds its results.
    System messages among `messages` move to the front.
    """
    given = list(messages)
    front = [*system, *(message for message in given if message.get("role") in _SYSTEM)]
    said = [message for message in given if message.get("role") not in _SYSTEM]
    groups = _whole(_tail(said, last), open_call=open_call)
    if tokens is not None:
        groups = _affordable(groups, tokens, front, count)
    return front + [message for group in groups for message in group]


def _tail(messages: list[ChatMessage], last: int | None) -> list[ChatMessage]:
    if last is None:
        return messages
    if last < 0:
        raise ValueError(f"a window of {last} messages: 0 is none, None is all")
    return messages[len(messages) - min(last, len(messages)) :]  # messages[-0:] would be all of them


def _whole(messages: list[ChatMessage], *, open_call: bool) -> list[list[ChatMessage]]:
    """Return the messages in groups that may stand alone: one message, or a call with exactly its results."""
    groups: list[list[ChatMessage]] = []
    at = 0
    while at < len(messages):
        end = at + 1
        while end < len(messages) and messages[end].get("role") in _RESULT:
            end += 1
        group = _keep_answered(messages[at], messages[at + 1 : end], keep_open=open_call and end == len(messages))
        if group:
            groups.append(group)
        at = end
    return groups


def _keep_answered(first: ChatMessage, results: Sequence[ChatMessage], *, keep_open: bool) -> list[ChatMessage]:
    """Return the message with the results that belong to it; nothing, if it cannot stand."""
    if first.get("role") in _RESULT:
        return []
    wanted = _called_ids(first)
    kept, missing = [], set(wanted)
    for result in results:
        if _answered_id(result) in missing:
            missing.discard(_answered_id(result))
            kept.append(result)
    return [first, *kept] if not missing or keep_open else []


def _called_ids(message: ChatMessage) -> set[Any]:
    if message.get("role") != "assistant":
        return set()
    calls = {call.get("id") for call in message.get("tool_calls") or () if isinstance(call, Mapping)}
    return calls | ({_LEGACY} if message.get(_LEGACY) else set())


def _answered_id(result: ChatMessage) -> Any:
    return _LEGACY if result.get("role") == "function" else result.get("tool_call_id")


def _affordable(
    groups: list[list[ChatMessage]], tokens: int, front: list[ChatMessage], count: Count | None
) -> list[list[ChatMessage]]:
    if count is None:
        raise ValueError("a window by tokens needs a count")
    left = tokens - sum(map(count, front))
    for at in reversed(range(len(groups))):
        left -= sum(map(count, groups[at]))
        if left < 0:
            return groups[at + 1 :]
    return groups
