"""Numbers as services write them: counts of tokens, amounts of money, members that may be missing. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

_LONGEST_COUNT: Final = 18  # digits
_LARGEST_COUNT: Final = 10**_LONGEST_COUNT
_LARGEST_AMOUNT: Final = 10**9


def member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def is_count(value: Any) -> bool:
    """Return whether a value is a count: a whole number of at most 18 digits, as a number or as text."""
    if value.__class__ is int:
        return bool(0 <= value < _LARGEST_COUNT)
    if isinstance(value, str):
        return value.isascii() and value.isdigit() and len(value) <= _LONGEST_COUNT
    return isinstance(value, float) and value.is_integer() and 0 <= value < _LARGEST_COUNT


def tokens(value: Any) -> int:
    """Return the count that a value is, 0 for one that is none."""
    return int(value) if value and is_count(value) else 0


def money(value: Any, parts: int = 1) -> Decimal | None:
    """Return an amount in so many parts of a dollar each; None for what is none, or more than a billion dollars."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        amount = Decimal(str(value)) / parts
    except (ArithmeticError, ValueError):
        return None
    return amount if amount.is_finite() and 0 <= amount <= _LARGEST_AMOUNT else None
