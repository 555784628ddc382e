"""Lets messages through for which an expression is true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import Context, Message, StepError

from .expression import MISSING, Expression

if TYPE_CHECKING:
    from collections.abc import Mapping


class AssertionFailed(StepError):
    """A message for which the filter's expression is not true, where the step takes that for an error.

    Look at the message; untick Assertion if such messages are to be left out without an error.
    """

    code = "assertion_failed"


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message | None:
    """Return the body in a message of its own, or None where the expression is not true as in JavaScript."""
    found = Expression.of(cfg["expression"], ctx).evaluate(msg, ctx)
    if is_true(found):
        added = (
            {"addedMetadata": {"result": found}} if cfg["addMetadataToResponse"] and isinstance(msg.body, dict) else {}
        )
        return Message(body={**msg.body, **added} if added else msg.body)
    if cfg["assertion"]:
        raise AssertionFailed(f"The message does not satisfy the filter: {cfg['expression'][:200]}")
    return None


def is_true(value: Any) -> bool:
    """Return whether JavaScript takes a value for true: "false", [] and {} are; "", 0, null and undefined are not."""
    if isinstance(value, (list, dict)):
        return True
    return value is not MISSING and bool(value)
