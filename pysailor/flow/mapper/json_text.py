"""Values of the engine as text, as JavaScript writes them: 15 digits, every letter as it is, functions as nothing."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any, Final

from jsonata.jexception import JException
from jsonata.utils import Utils

from .callables import is_function
from .moment import Moment

_EXPONENT_FROM: Final = 1e21
_EXPONENT_BELOW: Final = 1e-6


def write(value: Any, indent: str = "", before: str = "\n") -> str:
    """Return a value as JSON, on one line unless there is an indent."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None or value is Utils.NULL_VALUE:
        return "null"
    if isinstance(value, (int, float)):
        return json.dumps(value) if isinstance(value, bool) else write_number(value)
    if isinstance(value, Moment):
        return write(value.to_json())
    return '""' if is_function(value) else _write_many(value, indent, before)


def write_number(value: float) -> str:
    """Return a number with at most 15 digits."""
    if not math.isfinite(value):
        raise JException("D1001", -1)
    rounded = float(f"{value:.15g}")
    size = abs(rounded)
    if rounded.is_integer() and size < _EXPONENT_FROM:
        return str(int(rounded))
    if _EXPONENT_BELOW <= size < _EXPONENT_FROM:
        return format(Decimal(repr(rounded)), "f")
    mantissa, _, exponent = repr(rounded).partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent):+d}"


def _write_many(value: Any, indent: str, before: str) -> str:
    within = before + indent if indent else ""
    if isinstance(value, dict):
        colon = ": " if indent else ":"
        members = ((name, member) for name, member in value.items() if member is not None)
        parts = [f"{write(name)}{colon}{write(member, indent, within)}" for name, member in members]
        signs = "{}"
    else:
        parts, signs = [write(item, indent, within) for item in value], "[]"
    if not parts:
        return signs
    return signs[0] + within + f",{within}".join(parts) + (before if indent else "") + signs[1]
