"""Embed: texts in, a vector for each out, with what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import Message

from ..embeddings import Embedder
from .select_model import embedding_models

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor import Context, HttpRequest

    from ..endpoint import CheckResult

__all__ = ["check", "embedding_models", "preview", "process"]


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Emit the vectors; raise InvalidInput or OverBudget before anything is sent, or ApiError."""
    embeddings = Embedder(cfg, ctx).embed(msg.body)
    return Message(body=embeddings.to_json(msg.body), headers=embeddings.headers())


def check(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> CheckResult:
    """Return which texts are missing or too long, without sending any."""
    return Embedder(cfg, ctx).check(msg.body)


def preview(msg: Message, cfg: Mapping[str, Any], ctx: Context) -> HttpRequest:
    """Return the first request that process would send."""
    return Embedder(cfg, ctx).preview(msg.body)
