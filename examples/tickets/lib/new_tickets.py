"""Starts a flow for each new ticket. The snapshot holds the number of the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import Context, Message

from .client import Client
from .queues import queues

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["process", "queues"]


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Iterator[Message]:
    """Yield the tickets since the last time; each is remembered when it is safe, so none is lost."""
    after = snapshot.get("after", 0)
    for ticket in Client.of(cfg, ctx).get("/tickets", ctx, queue=cfg["queue"], after=after):
        yield Message(body=ticket)
        ctx.update_snapshot({"after": ticket["id"]})
