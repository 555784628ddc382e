"""Batch: Collect: the id of a batch in; put off until it has ended, then a message for each of its requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import InvalidInput

from ..batches import Collector, batch_id_of
from ..endpoint import CheckResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pysailor import Context, HttpRequest, Message

__all__ = ["check", "preview", "process"]


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Iterator[Message]:
    """Emit each answer, then the sum; raise Rebound while there are none, InvalidInput, ApiError or BatchError."""
    return Collector(cfg, ctx).collect(msg.body)


def check(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> CheckResult:
    """Return whether the message names a batch, without looking at it."""
    try:
        batch_id_of(msg.body)
    except InvalidInput as error:
        return CheckResult(tuple(error.faults))
    return CheckResult()


def preview(msg: Message, cfg: Mapping[str, Any], ctx: Context) -> HttpRequest:
    """Return the request that looks at the batch."""
    return Collector(cfg, ctx).preview(msg.body)
