"""Why an answer ended: the finish_reason of every server, in one of a few classes."""

from __future__ import annotations

import re
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Ending(Enum):
    """What a finish_reason means. UNTOLD: the server gave none; UNKNOWN: nobody knows what it means."""

    GOOD = auto()
    CALLING = auto()
    LENGTH = auto()
    BROKEN_OFF = auto()
    FILTERED = auto()
    REFUSED = auto()
    UNTOLD = auto()
    UNKNOWN = auto()


# Compared in lower case, with _ between the words, and without the prefix of an enum.
_WORDS: Final[Mapping[Ending, str]] = {
    Ending.GOOD: """
        stop stopped stop_sequence stop_token stop_word stop_words stop_string stop_str stop_limit_reached end
        ended end_turn end_of_turn end_of_text end_of_sequence end_of_stream endoftext eos eos_token eos_found
        eot eot_id eog im_end end_token complete completed completion normal natural success succeeded finish
        finished done ok message_stop
    """,
    Ending.CALLING: """
        tool_calls tool_call tool_use tool tools tool_calling toolcalls toolcall function_call function_calls
        function_calling requires_action
    """,
    Ending.LENGTH: """
        length max_tokens max_token max_output_tokens max_completion_tokens max_length max_new_tokens
        max_tokens_reached max_context_length model_length token_limit token_limit_reached length_limit limit
        error_limit output_limit out_of_tokens context_length context_length_exceeded context_window
        context_window_exceeded model_context_window_exceeded budget_exceeded
    """,
    Ending.BROKEN_OFF: """
        error errored failed failure internal_error server_error model_error abort aborted cancel canceled
        cancelled cancellation user_cancel user_cancelled interrupted interrupt incomplete partial unfinished
        in_progress timeout timed_out deadline_exceeded overload overloaded no_capacity capacity rate_limit
        insufficient_system_resource insufficient_system_resources out_of_memory oom preempted shutdown
        disconnect disconnected network_error connection_error malformed_function_call malformed_tool_call
        malformed_response unexpected_tool_call too_many_tool_calls missing_thought_signature language repetition
        repeat no_image other image_other unspecified pause_turn pause
    """,
    Ending.FILTERED: """
        content_filter content_filtered content_filters filter filtered safety safety_filter moderation moderated
        flagged blocked block recitation blocklist prohibited_content spii image_safety image_prohibited_content
        image_recitation model_armor sensitive error_toxic toxic unsafe policy_violation content_policy
        content_policy_violation guardrail guardrails guardrail_intervened
    """,
}
_KNOWN: Final = {word: ending for ending, words in _WORDS.items() for word in words.split()}
_BAD: Final = frozenset({Ending.LENGTH, Ending.BROKEN_OFF, Ending.FILTERED})
_LONGEST: Final = 100
_UNTOLD: Final = frozenset({"", "null", "none", "undefined", "nil"})
_PREFIX: Final = re.compile(r"^(finish|stop|end|done|completion)_?reason_")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER_NAMES: Final = ("finishReason", "done_reason")
_LIKELY: Final = (
    (
        re.compile("filter|safe|moderat|prohibit|block|sensitiv|toxic|polic|guardrail|violat|censor"),
        Ending.FILTERED,
    ),
    (re.compile("rate|abort|cancel|error|fail|time|resource|capacity|memory|overload"), Ending.BROKEN_OFF),
    (re.compile("length|max|limit|token|context"), Ending.LENGTH),
    (re.compile("refus|declin"), Ending.REFUSED),
)


def ending_of(choice: Mapping[str, Any]) -> Ending:
    """Return what a choice's finish_reason means."""
    reason = reason_of(choice)
    if reason in _UNTOLD:
        return Ending.UNTOLD
    ending = _KNOWN.get(reason, Ending.UNKNOWN)
    if ending is Ending.GOOD and isinstance(native := choice.get("native_finish_reason"), str):
        native_ending = _KNOWN.get(_spell(native[:_LONGEST]), ending)
        return native_ending if native_ending in _BAD else ending  # a gateway's own word may hide the model's
    return ending


def has_reason(choice: Mapping[str, Any]) -> bool:
    """Return whether the server told why a choice ended."""
    return reason_of(choice) not in _UNTOLD


def guess_ending(choice: Mapping[str, Any]) -> Ending:
    """Return the ending; of one that nobody knows the one that its words suggest, which is never a good one."""
    ending = ending_of(choice)
    if ending is not Ending.UNKNOWN:
        return ending
    reason = reason_of(choice)
    return next((likely for words, likely in _LIKELY if words.search(reason)), ending)


def reason_of(choice: Mapping[str, Any]) -> str:
    """Return the finish_reason in one spelling; "" if the server does not tell it."""
    return _spell(raw_reason(choice)[:_LONGEST])


@lru_cache(maxsize=256)
def _spell(reason: str) -> str:
    word = _CAMEL.sub("_", reason.strip().rpartition(".")[2]).lower()
    return _PREFIX.sub("", re.sub(r"[^a-z0-9]+", "_", word).strip("_"))


def raw_reason(choice: Mapping[str, Any]) -> str:
    """Return the finish_reason as the server wrote it, also where it stands under another name or in an object."""
    found = choice.get("finish_reason")
    if found is None:
        found = next((choice[name] for name in _OTHER_NAMES if choice.get(name)), None)
    if isinstance(found, dict):
        found = found.get("type") or found.get("reason") or found.get("name") or "unknown object"
    if isinstance(found, list):
        found = "unknown list"
    return "" if found is None else str(found)
