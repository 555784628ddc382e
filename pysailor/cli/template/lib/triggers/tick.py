"""Starts the flow, each time that the platform's clock says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import Context, Message

if TYPE_CHECKING:
    from collections.abc import Mapping


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Return how often this was called; the snapshot remembers it."""
    count = snapshot.get("count", 0) + 1
    ctx.update_snapshot({"count": count})
    return Message(body={"count": count})
