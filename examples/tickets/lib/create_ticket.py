"""Opens a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import Context, Message

from .client import Client
from .queues import queues

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["process", "queues"]


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Open the ticket and return it, with its number."""
    ticket = {"subject": msg.body["subject"], "queue": cfg["queue"]}
    return Message(body=Client.of(cfg, ctx).post("/tickets", ticket, ctx))
