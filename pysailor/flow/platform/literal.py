"""Literals: in the platform's mapper every leaf is an expression, in a flow file literals stand apart."""

from __future__ import annotations

import json
from typing import Any, Final

NOT_LITERAL: Final = object()


def read_literal(expression: str) -> Any:
    """Return the value of an expression that is JSON and nothing else, else NOT_LITERAL.

    JSON is JSONata. What would be written in another way, such as 1e3, stays an expression.
    """
    try:
        value = json.loads(expression)
    except (ValueError, RecursionError):
        return NOT_LITERAL
    return value if write_literal(value) == expression else NOT_LITERAL


def write_literal(value: Any) -> str:
    """Return the expression of a literal, as JavaScript's JSON.stringify has it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
