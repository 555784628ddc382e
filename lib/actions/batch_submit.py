"""Batch: Submit: a list of requests in, one batch out, which is answered within a day at half the price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..batches import Submitter
from .select_model import guess_model, models, resolve_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor import Context, HttpRequest, Message

    from ..endpoint import CheckResult

__all__ = ["check", "models", "preview", "process"]


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Create the batch and emit its id; raise InvalidInput or OverBudget before anything is sent, or ApiError."""
    return Submitter(resolve_model(cfg, ctx), ctx, msg, snapshot).submit()


def check(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> CheckResult:
    """Return what is wrong with any of the requests, and what may be, without sending one."""
    return Submitter(guess_model(cfg, ctx), ctx, msg, snapshot).check()


def preview(msg: Message, cfg: Mapping[str, Any], ctx: Context) -> HttpRequest:
    """Return the request that creates the batch, once its file is uploaded."""
    return Submitter(guess_model(cfg, ctx), ctx, msg).preview()
