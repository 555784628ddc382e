"""Batch: Collect: an id in; put off until the work has ended, then a message for each request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import InvalidInput

from ..batches import Collector, id_of
from ..endpoint import CheckResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pysailor import Context, HttpRequest, Message

__all__ = ["check", "preview", "process"]


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Iterator[Message]:
    """Emit each answer, then the sum; raise Rebound while there are none, InvalidInput, ApiError or BatchError."""
    return Collector(cfg, ctx).collect(msg.body)


def check(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> CheckResult:
    """Return whether the message names a batch or a response, without looking at it."""
    try:
        id_of(msg.body)
    except InvalidInput as error:
        return CheckResult(tuple(error.faults))
    return CheckResult()


def preview(msg: Message, cfg: Mapping[str, Any], ctx: Context) -> HttpRequest:
    """Return the request that looks at it."""
    return Collector(cfg, ctx).preview(msg.body)
