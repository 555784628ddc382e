"""Passes messages on; the conditions stand on the edges that leave the step, and the flow decides by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import Context, Message

if TYPE_CHECKING:
    from collections.abc import Mapping


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Return the message unchanged."""
    return Message(body=msg.body, headers=msg.headers, attachments=msg.attachments)
