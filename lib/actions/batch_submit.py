"""Batch: Submit: a list of requests in, one batch out, which is answered within a day at half the price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..batches import Submitter
from ..models.auto import AUTO
from . import select_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor import Context, HttpRequest, Message

    from ..endpoint import CheckResult

__all__ = ["check", "models", "preview", "process"]
_MODERATING = ("omni-moderation-latest", "omni-moderation-2024-09-26")
_AUTOMATIC = {"embeddings": "text-embedding-3-small", "moderations": _MODERATING[0]}
"""What Automatic stands for, where no chat model is meant."""


def models(cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, str]:
    """Return the models that the credential can use, of the kind that the step's API asks."""
    if cfg.get("api") == "moderations":
        return {name: name for name in _MODERATING}
    if cfg.get("api") == "embeddings":
        return select_model.embedding_models({**cfg, "embeddingModel": cfg.get("model")}, ctx)
    return select_model.models(cfg, ctx)


def _with_model(cfg: Mapping[str, Any]) -> Mapping[str, Any]:
    automatic = _AUTOMATIC.get(str(cfg.get("api")))
    return {**cfg, "model": automatic} if automatic and cfg.get("model") == AUTO else cfg


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Create the batch and emit its id; raise InvalidInput or OverBudget before anything is sent, or ApiError."""
    return Submitter(select_model.resolve_model(_with_model(cfg), ctx), ctx, msg, snapshot).submit()


def check(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> CheckResult:
    """Return what is wrong with any of the requests, and what may be, without sending one."""
    return Submitter(select_model.guess_model(_with_model(cfg), ctx), ctx, msg, snapshot).check()


def preview(msg: Message, cfg: Mapping[str, Any], ctx: Context) -> HttpRequest:
    """Return the request that creates the batch, once its file is uploaded."""
    return Submitter(select_model.guess_model(_with_model(cfg), ctx), ctx, msg).preview()
