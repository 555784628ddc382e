"""The fields that a request may have."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = frozenset(
    (
        *("audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs"),
        *("max_completion_tokens", "max_tokens", "messages", "metadata", "modalities", "model", "moderation", "n"),
        *("parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_options"),
        *("prompt_cache_retention", "reasoning_effort", "response_format", "safety_identifier", "seed"),
        *("service_tier", "stop", "store", "stream", "stream_options", "temperature", "tool_choice", "tools"),
        *("top_logprobs", "top_p", "user", "verbosity", "web_search_options"),
    ),
)
"""Every field that a request may have."""


TOKEN_CAPS = ("max_completion_tokens", "max_tokens")
"""The names of the cap on an answer's tokens, the newer first."""


def number(value: Any) -> float:
    """Give a number as it is, and 0 for anything else, infinity included."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0
    return value if isinstance(value, int) or math.isfinite(value) else 0


def wants_audio(body: Mapping[str, Any]) -> bool:
    """Say whether the answer is to be spoken."""
    modalities = body.get("modalities")
    return isinstance(modalities, list) and "audio" in modalities
