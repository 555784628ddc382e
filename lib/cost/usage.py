"""What a request used, in tokens, wherever and under whatever names a service tells it."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..errors.api_error import Try


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer, or of several added up.

    `cached`, `cache_write` and `audio_prompt` are part of `prompt`; `reasoning` and `audio_completion` are part of
    `completion`. `known` is false if an answer said nothing about its usage: then these are lower bounds.
    """

    prompt: int = 0
    cached: int = 0
    cache_write: int = 0
    completion: int = 0
    reasoning: int = 0
    total: int = 0
    audio_prompt: int = 0
    audio_completion: int = 0
    known: bool = True

    def __add__(self, other: Usage) -> Usage:
        """Return the usage of both rounds or tries."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in _COUNTS}
        return Usage(**sums, known=self.known and other.known)

    def to_json(self) -> dict[str, Any]:
        """Return the members by their names."""
        return {name: getattr(self, name) for name in _MEMBERS}

    def to_units(self) -> dict[str, int]:
        """Return what there is to count: tokens by what they were, of which some are part of others."""
        units = {
            "input_tokens": self.prompt,
            "cached_input_tokens": self.cached,
            "output_tokens": self.completion,
            "reasoning_tokens": self.reasoning,
        }
        return {name: count for name, count in units.items() if count}


_MEMBERS = tuple(member.name for member in fields(Usage))
_COUNTS = tuple(name for name in _MEMBERS if name != "known")

_PROMPT: Final = (
    "prompt_tokens",
    "input_tokens",
    "promptTokenCount",
    "prompt_token_count",
    "inputTokenCount",
    "input_token_count",
    "inputTokens",
    "promptTokens",
    "prompt_eval_count",
    "prompt_n",
)
_COMPLETION: Final = (
    "completion_tokens",
    "output_tokens",
    "candidatesTokenCount",
    "candidates_token_count",
    "outputTokenCount",
    "output_token_count",
    "outputTokens",
    "completionTokens",
    "eval_count",
    "predicted_n",
    "generated_tokens",
)
_TOTAL: Final = ("total_tokens", "totalTokenCount", "total_token_count", "totalTokens")
_CACHED: Final = (
    "cached_tokens",
    "prompt_cache_hit_tokens",
    "cache_read_input_tokens",
    "cachedContentTokenCount",
    "cached_content_token_count",
    "cache_read_tokens",
    "cached_input_tokens",
    "cacheReadInputTokens",
    "cacheReadInputTokenCount",
    "num_cached_tokens",
    "cache_read",
    "cache_n",
)
_CACHE_WRITE: Final = (
    "cache_write_tokens",
    "cache_creation_input_tokens",
    "cache_creation_tokens",
    "cache_write_input_tokens",
    "cacheWriteInputTokens",
    "cacheWriteInputTokenCount",
    "cache_creation",
)
_REASONING: Final = ("reasoning_tokens", "thoughtsTokenCount", "thoughts_token_count", "reasoningTokens")
_THOUGHTS_APART: Final = ("thoughtsTokenCount", "thoughts_token_count")  # not part of the answer's tokens
_CACHE_APART: Final = ("input_tokens", "inputTokens")  # beside these names, cached tokens are not part of the input
_IN_PROMPT: Final = ("prompt_tokens_details", "input_tokens_details", "input_token_details")
_IN_COMPLETION: Final = ("completion_tokens_details", "output_tokens_details", "output_token_details")
_OWN_NAMES: Final = frozenset(
    {"prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details", "completion_tokens_details"}
)
_OWN_DETAILS: Final = frozenset(
    {"cached_tokens", "cache_write_tokens", "audio_tokens", "text_tokens", "image_tokens", "reasoning_tokens"}
    | {"accepted_prediction_tokens", "rejected_prediction_tokens"}
)
_LONGEST_COUNT: Final = 18  # digits
_PLACES: Final = (
    "usage",
    "usageMetadata",
    "usage_metadata",
    "token_usage",
    "tokenUsage",
    "timings",
    "x_usage",
    "amazon-bedrock-invocationMetrics",
)
_COSTS: Final = ("cost", "total_cost", "cost_in_usd", "cost_usd", "estimated_cost")
_TICKS: Final = "cost_in_usd_ticks"
_TOLD_COSTS: Final = (_TICKS, *_COSTS)
_TICKS_OF_A_DOLLAR: Final = 10_000_000_000
_SEARCHES: Final = ("num_search_queries", "web_search_requests", "num_web_search_requests", "searches", "num_requests")


def usage_of(completion: Any) -> Usage:
    """Return the usage of an answer; what is absent or makes no sense counts as 0. Never raises."""
    given, _ = find_usage(completion)
    if given is None:
        return Usage(known=False)
    asked, answered = _details(given, "prompt_tokens_details"), _details(given, "completion_tokens_details")
    prompt, spoken = _tokens(given.get("prompt_tokens")), _tokens(given.get("completion_tokens"))
    cached = min(_tokens(asked.get("cached_tokens")), prompt)
    audio = min(_tokens(asked.get("audio_tokens")), prompt - cached)
    return Usage(
        prompt=prompt,
        cached=cached,
        cache_write=min(_tokens(asked.get("cache_write_tokens")), prompt - cached - audio),
        completion=spoken,
        reasoning=min(_tokens(answered.get("reasoning_tokens")), spoken),
        total=_tokens(given.get("total_tokens")) or prompt + spoken,
        audio_prompt=audio,
        audio_completion=min(_tokens(answered.get("audio_tokens")), spoken),
        known=_is_told(given.get("prompt_tokens")) and _is_told(given.get("completion_tokens")) and prompt + spoken > 0,
    )


def find_usage(completion: Any) -> tuple[dict[str, Any] | None, str]:
    """Return an answer's usage under the API's names; None if it tells none.

    The text is empty where the usage stood in its own place under its own names; else it tells where it was found.
    """
    if not isinstance(completion, dict):
        return None, ""
    given = completion.get("usage")
    if isinstance(given, dict) and _is_standard(given):
        return given, ""
    for place, found in _candidates(completion):
        named = _rename(found)
        if named is not None:
            moved, names = named
            told = f" in {place}" if place != "usage" else ""
            called = f" as {', '.join(names)}" if names else ""
            return moved, f"the usage was told{told}{called}" if told or called else ""
    return (given if isinstance(given, dict) else None), ""


def despite_lost(usage: Usage, tries: Iterable[Try]) -> tuple[Usage, tuple[str, ...]]:
    """Return the usage, no longer known if a try's answer was lost, and a sentence that says so."""
    lost = sum(each.is_lost for each in tries)
    if not lost:
        return usage, ()
    words = "1 try before the answer was" if lost == 1 else f"{lost} tries before the answer were"
    return replace(usage, known=False), (f"{words} lost, and may have been billed too",)


def read_cost(completion: Any) -> tuple[Decimal, str] | None:
    """Return what the service says that the answer cost, in US$, and under which name; None if it does not say."""
    given = completion.get("usage") if isinstance(completion, dict) else None
    if not isinstance(given, dict) or given.keys().isdisjoint(_TOLD_COSTS):
        return None
    ticks = _money(given.get(_TICKS))
    if ticks is not None:
        return ticks / _TICKS_OF_A_DOLLAR, f"usage.{_TICKS}"
    for name in _COSTS:
        told = given.get(name)
        told = told.get("total_cost", told.get("total")) if isinstance(told, dict) else told
        amount = _money(told)
        if amount is not None:
            own = _upstream_cost(given)
            return (
                (amount, f"usage.{name}")
                if own is None
                else (amount + own, f"usage.{name}, and what your own key paid")
            )
    return None


def _upstream_cost(usage: Mapping[str, Any]) -> Decimal | None:
    """Return what a gateway says that the provider charged to the user's own key there, beside the gateway's fee."""
    details = usage.get("cost_details")
    if usage.get("is_byok") is not True or not isinstance(details, dict):
        return None
    return _money(details.get("upstream_inference_cost"))


def count_searches(completion: Any) -> int | None:
    """Return how many searches the web was asked for the answer; None if the answer does not say."""
    given = completion.get("usage") if isinstance(completion, dict) else None
    if not isinstance(given, dict):
        return None
    nested = [given.get(name) for name in ("server_tool_use", "server_tool_use_details", "web_search")]
    for held in (given, *(one for one in nested if isinstance(one, dict))):
        for name in _SEARCHES:
            if name in held:
                return _tokens(held[name])
    return None


def count_hosted_calls(completion: Any) -> Counter[str]:
    """Return how often each kind of tool ran at the service for an answer that tells of its items."""
    message = _first_message(completion)
    items = message.get("response_items")
    calls = Counter(
        str(item.get("type")) for item in (items if isinstance(items, list) else ()) if isinstance(item, dict)
    )
    told = _member(_member(completion, "tool_usage"), "web_search")
    if _is_count(_member(told, "num_requests")):
        calls["web_search_call"] = _tokens(told["num_requests"])
    return calls


def _first_message(completion: Any) -> Mapping[str, Any]:
    choices = _member(completion, "choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = _member(first, "message")
    return message if isinstance(message, dict) else {}


def _candidates(completion: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield what may be the usage, with its place, the usual one first."""
    for place in _PLACES:
        if isinstance(completion.get(place), dict):
            yield place, completion[place]
    choices = completion.get("choices")
    for choice in reversed(choices) if isinstance(choices, list) else ():
        for holder, name in ((choice, "the last choice"), (_member(choice, "message"), "the message")):
            if isinstance(_member(holder, "usage"), dict):
                yield name, _member(holder, "usage")
    for place, held in completion.items():
        if place in (*_PLACES, "choices") or not isinstance(held, dict):
            continue
        for name in (*_PLACES, "tokens", "billed_units"):
            if isinstance(held.get(name), dict):
                yield f"{place}.{name}", held[name]
    yield "the answer itself", completion


def _rename(found: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]] | None:
    """Return a usage under the API's names, and which others it had; None if it counts nothing."""
    if _is_standard(found):
        return dict(found), []
    names: list[str] = []
    asked, answered = _find_details(found, _IN_PROMPT, names), _find_details(found, _IN_COMPLETION, names)
    prompt = _first(found, _PROMPT, names)
    completion = _first(found, _COMPLETION, names)
    if prompt is None and completion is None:
        return None
    total = _first(found, _TOTAL, names)
    cached, written = _detail(asked, found, _CACHED, names), _detail(asked, found, _CACHE_WRITE, names)
    thoughts = _detail(answered, found, _REASONING, names)
    if (
        prompt is not None
        and any(name in found for name in _CACHE_APART)
        and any(name in found for name in (*_CACHED, *_CACHE_WRITE))
    ):
        prompt = _tokens(prompt) + _tokens(cached) + _tokens(written)
    if completion is not None and any(name in found for name in _THOUGHTS_APART):
        completion = _tokens(completion) + _tokens(thoughts)
    if not names:
        return dict(found), names
    counts = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}
    details = {"cached_tokens": cached, "cache_write_tokens": written}
    renamed = {**found, **_drop_missing(counts), "prompt_tokens_details": {**asked, **_drop_missing(details)}}
    renamed["completion_tokens_details"] = {**answered, **_drop_missing({"reasoning_tokens": thoughts})}
    return renamed, names


def _is_standard(found: Mapping[str, Any]) -> bool:
    """Return whether all names are the API's own, so that nothing is to be looked for."""
    asked, answered = found.get("prompt_tokens_details"), found.get("completion_tokens_details")
    return (
        "prompt_tokens" in found
        and found.keys() <= _OWN_NAMES
        and (asked is None or (isinstance(asked, dict) and asked.keys() <= _OWN_DETAILS))
        and (answered is None or (isinstance(answered, dict) and answered.keys() <= _OWN_DETAILS))
    )


def _first(found: Mapping[str, Any], spellings: tuple[str, ...], names: list[str]) -> Any:
    """Return the first member that is there; its name is noted unless it is the API's own, which stands first."""
    name = next((name for name in spellings if _is_count(found.get(name))), None)
    if name is None:
        return found.get(spellings[0])
    if name != spellings[0]:
        names.append(name)
    return found[name]


def _detail(details: Mapping[str, Any], found: Mapping[str, Any], spellings: tuple[str, ...], names: list[str]) -> Any:
    """Return a count from the details, or else from the usage itself, whose name is noted."""
    inner = next((name for name in spellings if _is_count(details.get(name))), None)
    outer = next((name for name in spellings if _is_count(found.get(name))), None)
    if inner == spellings[0] and (details[inner] or outer is None or not found[outer]):
        return details[inner]
    holder, name = (details, inner) if inner and (details[inner] or not outer) else (found, outer)
    if name is None:
        return None
    if holder[name]:
        names.append(name)
    return holder[name]


def _find_details(found: Mapping[str, Any], spellings: tuple[str, ...], names: list[str]) -> dict[str, Any]:
    name = next((name for name in spellings if isinstance(found.get(name), dict)), None)
    if name is not None and name != spellings[0] and any(found[name].values()):
        names.append(name)
    return dict(found[name]) if name else {}


def _drop_missing(counts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: count for name, count in counts.items() if count is not None}


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _details(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    details = usage.get(name)
    return details if isinstance(details, dict) else {}


def _is_told(value: Any) -> bool:
    return _is_count(value) and not (isinstance(value, (int, float)) and value < 0)


def _is_count(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() and value.isdigit() and len(value) <= _LONGEST_COUNT
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _tokens(value: Any) -> int:
    if isinstance(value, str) and _is_count(value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0
    return max(0, int(value)) if isinstance(value, int) or math.isfinite(value) else 0


def _money(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None
