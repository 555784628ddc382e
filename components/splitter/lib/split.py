"""Splits a message: one for each object that an expression finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import Context, InvalidInput, Message

from .expression import MISSING, Expression

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Iterator[Message]:
    """Yield a message for each object; what is empty is left out, any other value is an error."""
    found = Expression.of(cfg["expression"], ctx).evaluate(msg, ctx)
    if found in (MISSING, None):
        return
    if not isinstance(found, (list, dict)):
        raise InvalidInput(f"Splitting arrays of objects only! The expression gives {found!r}.")
    items = found if isinstance(found, list) else [found]
    for number, item in enumerate(items):
        if item and not isinstance(item, dict):
            raise InvalidInput(f"Splitting arrays of objects only! Number {number} is {str(item)[:100]!r}.")
    for item in items:
        if isinstance(item, dict):
            yield Message(body=item)
