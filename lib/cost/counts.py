"""Numbers as services write them: counts of tokens, amounts of money, members that may be missing. Pure."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from typing import Any, Final

_LONGEST_COUNT: Final = 18  # digits


def member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def is_count(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() and value.isdigit() and len(value) <= _LONGEST_COUNT
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def tokens(value: Any) -> int:
    if value.__class__ is int:
        return max(0, value)
    if value is None:
        return 0
    if isinstance(value, str) and is_count(value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0
    return max(0, int(value)) if isinstance(value, int) or math.isfinite(value) else 0


def money(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None
