"""The values of fields that every model takes, also one that does not take the field otherwise."""

from __future__ import annotations

from typing import Any

DEFAULTS: dict[str, tuple[Any, ...]] = {
    "temperature": (1,),
    "top_p": (1,),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "logprobs": (False,),
    "logit_bias": ({},),
    "verbosity": ("medium",),
    "reasoning_effort": (),
}


def is_default(name: str, value: Any) -> bool:
    """Return whether a field has its default, as if it were left out."""
    return any(value == default for default in DEFAULTS.get(name, ()))
