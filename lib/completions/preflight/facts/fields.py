"""The fields that a request may have."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCHEMA = Path(__file__).parents[3] / "schemas" / "sendRequest.in.json"


@cache
def known_fields() -> frozenset[str]:
    """Return the name of every field that a request may have, as the step's own schema declares them."""
    declared: dict[str, Any] = json.loads(_SCHEMA.read_text(encoding="utf-8"))["properties"]
    return frozenset(declared)


@cache
def integer_fields() -> frozenset[str]:
    """Return the name of every field that is a whole number."""
    declared: dict[str, Any] = json.loads(_SCHEMA.read_text(encoding="utf-8"))["properties"]
    return frozenset(name for name, one in declared.items() if one.get("type") == "integer")


TOKEN_CAPS = ("max_completion_tokens", "max_tokens")
"""The names of the cap on an answer's tokens, the newer first."""


def number(value: Any) -> float:
    """Return a number as it is, and 0 for anything else, infinity included."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0
    return value if isinstance(value, int) or math.isfinite(value) else 0


def wants_audio(body: Mapping[str, Any]) -> bool:
    """Return whether the answer is to be spoken."""
    modalities = body.get("modalities")
    return isinstance(modalities, list) and "audio" in modalities
