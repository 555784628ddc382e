"""What a request used, what that costs, and what it may cost at worst.

Money is in US$ by the table of models, an estimate with that table's date; where a price is not known there is no
amount. A budget asks before sending.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


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


_MEMBERS = tuple(member.name for member in fields(Usage))
_COUNTS = tuple(name for name in _MEMBERS if name != "known")


def usage_of(completion: Any) -> Usage:
    """Return the usage of an answer; what is absent or makes no sense counts as 0. Never raises."""
    given = completion.get("usage") if isinstance(completion, dict) else None
    if not isinstance(given, dict):
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
        known="prompt_tokens" in given and "completion_tokens" in given,
    )


def _details(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    details = usage.get(name)
    return details if isinstance(details, dict) else {}


def _tokens(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0
    return max(0, int(value)) if isinstance(value, int) or math.isfinite(value) else 0
