"""Moderate: a text and pictures in; whether they are harmful, in which way and how much, out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import Message

from ..moderations import Moderator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor import Context, HttpRequest

    from ..endpoint import CheckResult

__all__ = ["check", "preview", "process"]


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Emit what the service says; raise InvalidInput or NotFetched before it is asked, ApiError, or ContentFlagged."""
    moderation = Moderator(cfg, ctx, msg.attachments).moderate(msg.body)
    return Message(body=moderation.to_json(), headers=moderation.headers())


def check(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> CheckResult:
    """Return what is wrong with a message, without sending it."""
    return Moderator(cfg, ctx).check(msg.body)


def preview(msg: Message, cfg: Mapping[str, Any], ctx: Context) -> HttpRequest:
    """Return the first request that process would send, before pictures are fetched."""
    return Moderator(cfg, ctx).preview(msg.body)
