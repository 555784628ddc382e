"""What a request used, in tokens."""

from __future__ import annotations

from dataclasses import fields, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pysailor import frozen

from .counts import is_count, tokens
from .spellings import find_usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..errors.api_error import Try


@frozen
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
        return dict(zip(_MEMBERS, _READ_MEMBERS(self), strict=True))

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
_READ_MEMBERS = attrgetter(*_MEMBERS)
_COUNTS = tuple(name for name in _MEMBERS if name != "known")


def usage_of(completion: Any) -> Usage:
    """Return the usage of an answer; what is absent or makes no sense counts as 0. Never raises."""
    given, _ = find_usage(completion)
    if given is None:
        return Usage(known=False)
    asked, answered = _details(given, "prompt_tokens_details"), _details(given, "completion_tokens_details")
    prompt, spoken = tokens(given.get("prompt_tokens")), tokens(given.get("completion_tokens"))
    cached = min(tokens(asked.get("cached_tokens")), prompt)
    audio = min(tokens(asked.get("audio_tokens")), prompt - cached)
    return Usage(
        prompt=prompt,
        cached=cached,
        cache_write=min(tokens(asked.get("cache_write_tokens")), prompt - cached - audio),
        completion=spoken,
        reasoning=min(tokens(answered.get("reasoning_tokens")), spoken),
        total=tokens(given.get("total_tokens")) or prompt + spoken,
        audio_prompt=audio,
        audio_completion=min(tokens(answered.get("audio_tokens")), spoken),
        known=is_count(given.get("prompt_tokens")) and is_count(given.get("completion_tokens")) and prompt + spoken > 0,
    )


def despite_lost(usage: Usage, tries: Iterable[Try]) -> tuple[Usage, tuple[str, ...]]:
    """Return the usage, no longer known if a try's answer was lost, and a sentence that says so."""
    lost = sum([each.is_lost for each in tries])
    if not lost:
        return usage, ()
    words = "1 try before the answer was" if lost == 1 else f"{lost} tries before the answer were"
    return replace(usage, known=False), (f"{words} lost, and may have been billed too",)


def _details(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    details = usage.get(name)
    return details if isinstance(details, dict) else {}
