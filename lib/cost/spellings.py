"""A usage wherever and under whatever names a service tells it, brought to the API's own names. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .counts import is_count, member, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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


def _candidates(completion: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield what may be the usage, with its place, the usual one first."""
    for place in _PLACES:
        if isinstance(completion.get(place), dict):
            yield place, completion[place]
    choices = completion.get("choices")
    for choice in reversed(choices) if isinstance(choices, list) else ():
        for holder, name in ((choice, "the last choice"), (member(choice, "message"), "the message")):
            if isinstance(member(holder, "usage"), dict):
                yield name, member(holder, "usage")
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
        prompt = _add_up(prompt, cached, written)
    if completion is not None and any(name in found for name in _THOUGHTS_APART):
        completion = _add_up(completion, thoughts)
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


def _add_up(*counts: Any) -> Any:
    """Return the sum of the counts that are there, or the first that makes no sense, which is then not known."""
    senseless = [count for count in counts if count is not None and not is_count(count)]
    return senseless[0] if senseless else sum(map(tokens, counts))


def _first(found: Mapping[str, Any], spellings: tuple[str, ...], names: list[str]) -> Any:
    """Return the first member that is there; its name is noted unless it is the API's own, which stands first."""
    name = next((name for name in spellings if is_count(found.get(name))), None)
    if name is None:
        return found.get(spellings[0])
    if name != spellings[0]:
        names.append(name)
    return found[name]


def _detail(details: Mapping[str, Any], found: Mapping[str, Any], spellings: tuple[str, ...], names: list[str]) -> Any:
    """Return a count from the details, or else from the usage itself, whose name is noted."""
    inner = next((name for name in spellings if is_count(details.get(name))), None)
    outer = next((name for name in spellings if is_count(found.get(name))), None)
    if inner == spellings[0] and (details[inner] or outer is None or not found[outer]):
        return details[inner]
    holder, name = (details, inner) if inner and (details[inner] or not outer) else (found, outer)
    if name is None:
        return next((held[one] for held in (details, found) for one in spellings if held.get(one) is not None), None)
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
